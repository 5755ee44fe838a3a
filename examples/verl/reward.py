"""The success-gated reward, with cost relative to the pool's dearest model at this row's prices.

    reward = success * (K - min(charge, CAP)) - (1 - success) * min(PHI * charge, CAP)
    charge = lambda * cost of all calls / cost_ref

Raw USD would be a penalty of a few thousandths; relative cost means the same in every pool. Set PHI to 0 for
the published form, in which a failure costs nothing.
"""

import importlib
import os

K = float(os.environ.get("XROUTER_REWARD_K", "1"))
CAP = float(os.environ.get("XROUTER_REWARD_CAP", "1"))
PHI = float(os.environ.get("XROUTER_REWARD_PHI", "0.1"))


def compute_score(data_source, solution_str, ground_truth, extra_info=None, **kwargs):
    """For `reward.custom_reward_function`; further keys become metrics of verl."""
    info = extra_info or {}
    made = list(info.get("xrouter_calls") or [])
    costs = [call["cost_usd"] for call in made]
    # A cost nobody knows is not free: it counts like the dearest call.
    reference = float(info["cost_ref_usd"])
    cost = sum(reference if c is None else c for c in costs)
    charge = float(info["lambda"]) * cost / reference
    success = judge(info, ground_truth, made)
    score = success * (K - min(charge, CAP)) - (1 - success) * min(PHI * charge, CAP)
    return {
        "score": score,
        "success": success,
        "cost_usd": cost,
        "calls": len(made),
        "released": 1.0 if info.get("xrouter_end") in ("direct", "select", "synthesis") else 0.0,
    }


def judge(info, ground_truth, made):
    """0..1. A released answer that was recorded has its recorded score; any other text needs a grader."""
    if info.get("xrouter_end") == "select":
        chosen = next((c for c in reversed(made) if c["tool"] == info.get("xrouter_selected")), None)
        if chosen is not None and chosen["score"] is not None:
            return float(chosen["score"])
    elif info.get("xrouter_end") not in ("direct", "synthesis"):
        return 0.0
    grader = os.environ.get("XROUTER_GRADER")
    if not grader:
        # In replay nobody can say whether words of the router's own are right: they earn nothing.
        return 0.0
    module, name = grader.rsplit(":", 1)
    return float(getattr(importlib.import_module(module), name)(info.get("xrouter_answer", ""), ground_truth, info))
