"""What can be checked of examples/verl on a real verl without a GPU. Reads a task as JSON, prints results as JSON.

Nothing of verl is replaced but the model: `Writer` stands where SGLang would generate.
"""

import asyncio
import json
import os
import sys
from contextlib import redirect_stdout
from types import SimpleNamespace

import hydra
import numpy as np
import torch
import verl.trainer.config as trainer_config
from omegaconf import OmegaConf
from tensordict import TensorDict
from transformers import AutoTokenizer
from verl import DataProto
from verl.experimental.agent_loop.agent_loop import AgentLoopWorker, DictConfigWrap, ToolListWrap
from verl.tools.tool_registry import load_all_tools
from verl.trainer.ppo.core_algos import compute_grpo_outcome_advantage, compute_policy_loss_vanilla
from verl.trainer.ppo.reward import get_custom_reward_fn, resolve_reward_manager_cls
from verl.utils.config import omega_conf_to_dataclass, validate_config
from verl.utils.dataset.rl_dataset import RLHFDataset, collate_fn
from verl.workers.rollout.replica import TokenOutput
from xr_recipe import mcp_server
from xr_recipe.trajectory import Trajectory


class Writer:
    """Writes these turns in each trajectory, one after the other, and keeps the prompts it was given."""

    def __init__(self, tokenizer, turns):
        self.tokenizer, self.turns, self.prompts, self.left = tokenizer, turns, [], {}

    async def generate(self, request_id, prompt_ids, sampling_params, **kwargs):
        self.prompts.append(self.tokenizer.decode(prompt_ids))
        turn = self.left.setdefault(request_id, list(self.turns)).pop(0)
        ids = self.tokenizer.encode(turn + "<|im_end|>", add_special_tokens=False)
        return TokenOutput(token_ids=ids, log_probs=[0.0] * len(ids))


def composed(overrides):
    with hydra.initialize_config_dir(config_dir=os.path.dirname(trainer_config.__file__), version_base=None):
        return hydra.compose("ppo_trainer", overrides=overrides)


def loop_of(config, tokenizer, tools, writer):
    """As AgentLoopWorker makes it."""
    entry = OmegaConf.load(config.actor_rollout_ref.rollout.agent.agent_loop_config_path)[0]
    return hydra.utils.instantiate(
        config=entry,
        trainer_config=DictConfigWrap(config),
        server_manager=writer,
        tokenizer=tokenizer,
        processor=None,
        dataset_cls=RLHFDataset,
        data_config=DictConfigWrap(config.data),
        hf_model_type="qwen2",
        tools=ToolListWrap(tools),
    )


async def roll_out(config, tokenizer, tools, manager, row, turns):
    writer = Writer(tokenizer, turns)
    try:
        loop = loop_of(config, tokenizer, tools, writer)
        output = await loop.run(
            {}, raw_prompt=row["raw_prompt"], tools_kwargs=row["tools_kwargs"], extra_info=row["extra_info"]
        )
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}", "generations": len(writer.prompts)}
    learned = [token for token, mask in zip(output.response_ids, output.response_mask) if mask]
    return {
        "fields": {key: value for key, value in output.extra_fields.items() if key.startswith("xr_")},
        "keys": sorted(output.extra_fields),
        "reward": await rewarded(manager, row, output),
        "generations": len(writer.prompts),
        "prompts": writer.prompts,
        "learned": tokenizer.decode(learned),
    }


async def rewarded(manager, row, output):
    """Through verl's own reward manager, as the reward loop calls it."""
    ids = torch.tensor([output.response_ids])
    batch = TensorDict({"responses": ids, "attention_mask": torch.ones_like(ids)}, batch_size=1)
    plain = {"data_source": row["data_source"], "reward_model": row["reward_model"], "extra_info": dict(row["extra_info"])}
    held = {key: np.array([value], dtype=object) for key, value in plain.items()}
    held["tool_extra_fields"] = np.array([output.extra_fields], dtype=object)
    held["__num_turns__"] = np.array([output.num_turns])
    return await manager.run_single(DataProto(batch=batch, non_tensor_batch=held))


async def by_worker(config, rows, turns):
    """Several trajectories at once through the worker that verl runs on every node, up to the batch for training."""
    writer = Writer(None, turns)
    worker = AgentLoopWorker(config, writer)
    writer.tokenizer = worker.tokenizer
    keys = ("raw_prompt", "agent_name", "extra_info", "tools_kwargs", "index", "data_source", "reward_model")
    held = {key: np.array([row[key] for row in rows] + [None], dtype=object)[:-1] for key in keys}
    dummy = TensorDict({"dummy_tensor": torch.zeros(len(rows), 1)}, batch_size=len(rows))
    output = await worker.generate_sequences(DataProto(batch=dummy, non_tensor_batch=held))
    return {
        "shape": list(output.batch["responses"].shape),
        "learned": output.batch["response_mask"].sum(-1).tolist(),
        "ends": output.non_tensor_batch["xr_end"].tolist(),
        "candidates": output.non_tensor_batch["xr_selected"].tolist(),
        "generations": len(writer.prompts),
    }


async def executed(tools, calls):
    """Tools alone, against a server that calls candidates."""
    by_name = {tool.name: tool for tool in tools}
    trajectory = Trajectory()
    texts = []
    for at, call in enumerate(calls):
        data = SimpleNamespace(xrouter=trajectory, request_id=f"t{at}", tools_kwargs={"request": {"messages": call["messages"]}})
        tool = by_name[call["tool"]]
        instance, _ = await tool.create(create_kwargs=call["create_kwargs"])
        response, _, _ = await tool.execute(instance, call["parameters"], agent_data=data)
        await tool.release(instance)
        texts.append(response.text)
    await mcp_server.close()
    return {"texts": texts, **trajectory.fields()}


def advantages(groups, by_std):
    scores = torch.tensor([[reward] for group in groups for reward in group], dtype=torch.float64)
    index = np.array([at for at, group in enumerate(groups) for _ in group])
    values, _ = compute_grpo_outcome_advantage(
        scores, torch.ones_like(scores), index, norm_adv_by_std_in_grpo=by_std
    )
    return values.squeeze(1).tolist()


def loss(config, old, new, given):
    def column(values):
        return torch.tensor(values, dtype=torch.float64).unsqueeze(1)

    actor = config.actor_rollout_ref.actor
    kept = {key: actor[key] for key in ("clip_ratio", "clip_ratio_low", "clip_ratio_high", "clip_ratio_c")}
    settings = OmegaConf.create({**kept, "global_batch_info": {}})
    mask = torch.ones(len(old), 1, dtype=torch.float64)
    value, _ = compute_policy_loss_vanilla(column(old), column(new), column(given), mask, actor.loss_agg_mode, settings)
    return value.item()


def point_at(server):
    os.environ["XROUTER_MCP_URL"], os.environ["XROUTER_MCP_TOKEN"] = server["url"], server["token"]


async def main():
    task = json.load(sys.stdin)
    config = composed(task["overrides"])
    # As the trainer checks them before it starts.
    validate_config(config, use_reference_policy=False, use_critic=False)
    omega_conf_to_dataclass(config.algorithm)
    omega_conf_to_dataclass(config.actor_rollout_ref.rollout)
    tokenizer = AutoTokenizer.from_pretrained(task["tokenizer"])
    tools = load_all_tools(config.actor_rollout_ref.rollout.multi_turn.tool_config_path, None)
    train = RLHFDataset(config.data.train_files, tokenizer, config.data)
    val = RLHFDataset(config.data.val_files, tokenizer, config.data)
    batch = collate_fn([train[0], train[1]])
    row = next(train[at] for at in range(len(train)) if train[at]["extra_info"]["id"] == task["row"])
    manager_class = resolve_reward_manager_cls(config)
    manager = manager_class(config=config, tokenizer=tokenizer, compute_score=get_custom_reward_fn(config))

    point_at(task["recording"])
    ends = {name: await roll_out(config, tokenizer, tools, manager, row, turns) for name, turns in task["scripts"].items()}
    same = [val[at % len(val)] for at in range(4)]
    batched = await by_worker(config, same, task["scripts"]["select"])
    variants = {}
    for name, change in task["variants"].items():
        info = {**row["extra_info"], **ends["select"]["fields"], **change.get("extra_info", {})}
        for key in change.get("without", []):
            del info[key]
        source = change.get("data_source", row["data_source"])
        try:
            score = get_custom_reward_fn(config)(source, "", row["reward_model"]["ground_truth"], info, **change.get("settings", {}))
        except (KeyError, ValueError) as error:
            score = f"{type(error).__name__}: {error}"
        variants[name] = score
    os.environ["XROUTER_MCP_TOKEN"] = "not the token of it"
    wrong_token = await roll_out(config, tokenizer, tools, manager, row, task["scripts"]["select"])
    await mcp_server.close()
    point_at(task["lab"])
    called = await executed(tools, task["calls"])
    return {
        "algorithm": OmegaConf.to_container(config.algorithm, resolve=True),
        "actor": OmegaConf.to_container(config.actor_rollout_ref.actor, resolve=False),
        "multi_turn": OmegaConf.to_container(config.actor_rollout_ref.rollout.multi_turn, resolve=True),
        "reward_manager": manager_class.__name__,
        "tools": [[type(tool).__name__, tool.tool_schema.model_dump(exclude_unset=True)] for tool in tools],
        "rows": [len(train), len(val)],
        "batch": sorted(batch),
        "row": {key: row[key] for key in ("raw_prompt", "extra_info", "reward_model", "data_source", "tools_kwargs")},
        "ends": ends,
        "batched": batched,
        "variants": variants,
        "wrong_token": wrong_token,
        "called": called,
        "advantages": {name: advantages(task["groups"], by_std) for name, by_std in (("plain", False), ("std", True))},
        "loss": loss(config, **task["loss"]),
    }


with redirect_stdout(sys.stderr):
    results = asyncio.run(main())
json.dump(results, sys.stdout)
