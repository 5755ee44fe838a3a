"""What can be checked of examples/verl on a real verl without a GPU. Reads a JSON task, prints JSON results.

task: {"export": DIR, "tokenizer": DIR, "overrides": [..], "mcp": {"model", "tool", "query"} | null,
       "advantages": {"rewards": [[..]]}, "loss": {"old": [..], "new": [..], "advantages": [..]}}
"""

import asyncio
import json
import os
import sys
from contextlib import redirect_stdout
from types import SimpleNamespace

import numpy as np
import torch
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf
from transformers import AutoTokenizer

import verl.trainer.config as trainer_config
from verl.experimental.agent_loop.agent_loop import DictConfigWrap, ToolListWrap
from verl.tools.tool_registry import load_all_tools
from verl.trainer.ppo.core_algos import compute_grpo_outcome_advantage, compute_policy_loss_vanilla
from verl.utils.dataset.rl_dataset import RLHFDataset
from verl.workers.rollout.replica import TokenOutput
from xrouter_verl.agent_loop import RouterAgentLoop
from xrouter_verl.reward import compute_score


def composed(overrides):
    with initialize_config_dir(config_dir=os.path.dirname(trainer_config.__file__), version_base=None):
        return compose("ppo_trainer", overrides=overrides)


class Writer:
    """Stands where the model would: writes these turns, one after the other."""

    def __init__(self, tokenizer, turns):
        self.tokenizer, self.turns, self.prompts = tokenizer, list(turns), []

    async def generate(self, request_id, prompt_ids, sampling_params, **kwargs):
        self.prompts.append(self.tokenizer.decode(prompt_ids))
        ids = self.tokenizer.encode(self.turns.pop(0) + "<|im_end|>", add_special_tokens=False)
        return TokenOutput(token_ids=ids, log_probs=[0.0] * len(ids))


def call(name, **arguments):
    return f"<tool_call>\n{json.dumps({'name': name, 'arguments': arguments})}\n</tool_call>"


def scripts(tools):
    ask = [call(tool, optimized_system_prompt="Be exact.", temperature=0.2) for tool in tools[:2]]
    select = call("select_response", model_call_name=tools[0])
    think = "<think>\nwhy\n</think>\n"
    return {
        "select": [think + "\n".join(ask), think + select],
        "synthesis": [think + ask[0], think + "Both say four."],
        "direct": [think + "Four."],
        "unknown selection": [think + call("select_response", model_call_name="nobody"), think + ask[0], think + select],
        "prompt missing": [think + call(tools[0]), think + "Four."],
        "never ends": [think + ask[0]] * 8,
    }


async def roll_out(config, tokenizer, tools, row, turns):
    writer = Writer(tokenizer, turns)
    loop = RouterAgentLoop(
        trainer_config=DictConfigWrap(config),
        server_manager=writer,
        tokenizer=tokenizer,
        processor=None,
        dataset_cls=RLHFDataset,
        data_config=DictConfigWrap(config.data),
        hf_model_type="qwen2",
        tools=ToolListWrap(tools),
    )
    output = await loop.run(
        {}, raw_prompt=row["raw_prompt"], tools_kwargs=row["tools_kwargs"], extra_info=row["extra_info"]
    )
    fields = {key: value for key, value in output.extra_fields.items() if key.startswith("xrouter_")}
    info = {**row["extra_info"], **output.extra_fields}
    score = compute_score(row["data_source"], "", row["reward_model"]["ground_truth"], info)
    return {"fields": fields, "reward": score, "generations": len(writer.prompts), "last_prompt": writer.prompts[-1]}


async def one_call(tools, mcp):
    tool = next(tool for tool in tools if tool.name == mcp["tool"])
    tool.config["model"] = mcp["model"]
    data = SimpleNamespace(
        extra_fields={},
        request_id="trajectory-1",
        tools_kwargs={"query": mcp["query"], "price_factors": json.dumps({mcp["tool"]: 2.0})},
    )
    results = []
    for parameters in ({"optimized_system_prompt": "Be exact."}, {"optimized_system_prompt": "Be exact."}, {}):
        response, _, metrics = await tool.execute("1", parameters, agent_data=data)
        results.append({"text": response.text, "metrics": metrics})
    return {"results": results, "calls": data.extra_fields["xrouter_calls"]}


def advantages(groups):
    rewards = [reward for group in groups for reward in group]
    index = np.array([at for at, group in enumerate(groups) for _ in group])
    scores = torch.tensor(rewards, dtype=torch.float64).unsqueeze(1)
    mask = torch.ones_like(scores)
    values, _ = compute_grpo_outcome_advantage(scores, mask, index, norm_adv_by_std_in_grpo=False)
    return values.squeeze(1).tolist()


def loss(config, numbers):
    column = lambda values: torch.tensor(values, dtype=torch.float64).unsqueeze(1)
    actor = OmegaConf.create(
        {key: config.actor_rollout_ref.actor[key] for key in ("clip_ratio", "clip_ratio_low", "clip_ratio_high", "clip_ratio_c")}
        | {"global_batch_info": {}, "policy_loss": {"loss_mode": "vanilla"}}
    )
    value, _ = compute_policy_loss_vanilla(
        column(numbers["old"]), column(numbers["new"]), column(numbers["advantages"]),
        torch.ones(len(numbers["old"]), 1), "token-mean", actor,
    )
    return value.item()


async def main():
    task = json.load(sys.stdin)
    config = composed(task["overrides"])
    tokenizer = AutoTokenizer.from_pretrained(task["tokenizer"])
    tools = load_all_tools(os.path.join(task["export"], "tools.yaml"), None)
    dataset = RLHFDataset(os.path.join(task["export"], "train.parquet"), tokenizer, config.data)
    row = dataset[0]
    names = list(row["extra_info"]["tool_selection"])[1:]
    os.environ["XROUTER_MODE"] = "replay"
    ends = {name: await roll_out(config, tokenizer, tools, row, turns) for name, turns in scripts(names).items()}
    os.environ["XROUTER_MODE"] = "live"
    return {
        "algorithm": OmegaConf.to_container(config.algorithm, resolve=False),
        "rollout": OmegaConf.to_container(config.actor_rollout_ref.rollout.multi_turn, resolve=False),
        "tools": [tool.name for tool in tools],
        "rows": len(dataset),
        "selection": names,
        "kwargs": row["tools_kwargs"],
        "extra_info": {key: row["extra_info"][key] for key in ("lambda", "cost_ref_usd")},
        "ends": ends,
        "mcp": await one_call(tools, task["mcp"]),
        "advantages": advantages(task["advantages"]["rewards"]),
        "loss": loss(config, task["loss"]),
    }


with redirect_stdout(sys.stderr):
    results = asyncio.run(main())
json.dump(results, sys.stdout)
