"""The success-gated reward, with cost relative to what the pool's dearest candidate costs on average.

    charge = lambda * cost of all calls and of the router's own tokens / cost_ref_usd
    reward = success * (success_reward - min(charge, cost_max)) - (1 - success) * min(failure_charge * charge, cost_max)

The same as `reward` of xrouter's own training (src/learn/dapo.ts). Nothing is caught here: a row that cannot be
scored stops the run and says why, where a silent 0 would teach the router that it was wrong.
"""

import importlib
import json
import os

DATA_SOURCES = {"xrouter-easy", "xrouter-medium", "xrouter-hard", "xrouter-unsolved"}
ENDED_WELL = {"direct", "select", "synthesis"}


def compute_score(
    data_source,
    solution_str,
    ground_truth,
    extra_info,
    success_reward: float = 1.0,
    cost_max: float = 1.0,
    failure_charge: float = 1.0,
    router_usd_per_mtok: float = 0.0,
    **kwargs,
):
    """For `reward.custom_reward_function`; the settings are its `reward_kwargs`. Keys beside `score` become metrics.

    `router_usd_per_mtok` is what a million tokens that the router writes cost; they count like a candidate's.

    Raises:
        ValueError: for a data source that is not ours, or an answer nobody can score.
        KeyError: where the agent loop's notes are missing.
    """
    if data_source not in DATA_SOURCES:
        raise ValueError(f"{data_source!r} is not a data source of `xrouter export verl`.")
    if "xr_end" not in extra_info:
        raise KeyError("The notes of RouterAgentLoop are missing: use the reward manager `naive`, not `dapo`.")
    reference = extra_info["cost_ref_usd"]
    # A call whose cost nobody knows is not free: it counts as the dearest candidate.
    cost = extra_info["xr_cost_usd"] + extra_info["xr_unknown_costs"] * reference
    cost += extra_info["xr_router_tokens"] * router_usd_per_mtok / 1e6
    charge = extra_info["lambda"] * cost / reference
    success = success_of(json.loads(ground_truth), extra_info)
    known = 0.0 if success is None else success
    gained = known * (success_reward - min(charge, cost_max))
    return {
        "score": gained - (1 - known) * min(failure_charge * charge, cost_max),
        "acc": known,
        "scored": 0.0 if success is None else 1.0,
        "ended_well": float(extra_info["xr_end"] in ENDED_WELL),
        "direct": float(extra_info["xr_end"] == "direct"),
        "cost_usd": cost,
        "charge": charge,
        "calls": extra_info["xr_calls"],
        "failed_calls": extra_info["xr_failed_calls"],
    }


def success_of(truth: dict, extra_info: dict) -> float | None:
    """0..1. None: text of the router's own that nothing can be held against; it earns nothing, and `scored` shows
    how often that is.

    XROUTER_SCORER=module:function judges answers: (answer, truth, extra_info) -> 0..1. Without it a recorded answer
    has its recorded score, and the router's own text is compared with the table's `answer`, where there is one.
    """
    end = extra_info["xr_end"]
    if end not in ENDED_WELL:
        return 0.0
    if end == "select" and extra_info["xr_selected_recorded"]:
        return float(truth["scores"][extra_info["xr_selected"]])
    scorer = os.environ.get("XROUTER_SCORER")
    if scorer:
        module, _, name = scorer.partition(":")
        return float(getattr(importlib.import_module(module), name)(extra_info["xr_answer"], truth, extra_info))
    if end == "select":
        raise ValueError("Answers of live calls need a scorer: set XROUTER_SCORER=module:function.")
    if truth.get("answer") is None:
        return None
    return float(_plain(extra_info["xr_answer"]) == _plain(truth["answer"]))


def _plain(text: str) -> str:
    return " ".join(text.casefold().split()).strip(" .")
