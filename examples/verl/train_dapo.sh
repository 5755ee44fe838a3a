#!/usr/bin/env sh
# DAPO on one node, or over several that Ray joins (train_ray.sh).
#   DATA   folder of `xrouter export verl`          XROUTER_MCP_URL, XROUTER_MCP_TOKEN   of `xrouter mcp --http`
#   MODEL  router to start from                     GPUS, NODES, TP, BATCH, MINI_BATCH, EPOCHS, NAME
# Further arguments are verl's own and override what stands here.
set -eu
: "${DATA:?set DATA to the folder that xrouter export verl wrote}"
: "${XROUTER_MCP_TOKEN:?set XROUTER_MCP_TOKEN to the token of xrouter mcp --http}"
HERE=$(cd "$(dirname "$0")" && pwd)
DATA=$(cd "$DATA" && pwd)
export PYTHONPATH="$HERE${PYTHONPATH:+:$PYTHONPATH}"

# Why these differ from verl's defaults:
# - norm_adv_by_std_in_grpo=False: where all trajectories of a group succeed, their rewards differ by cost alone.
#   Divided by their deviation, a difference of a cent weighs as much as right against wrong: lambda cancels.
# - filter_groups.metric=reward: groups whose shaped rewards are all equal teach nothing and are drawn anew. By
#   accuracy alone, the groups that differ only in cost would go too.
# - reward_manager naive: `dapo` does not hand the agent loop's notes to the reward.
# - max_tool_response_length: the default of 256 characters would cut every answer.
# - max_parallel_calls: the default of 1 would drop all calls of a turn but the first.
exec python3 -m verl.trainer.main_ppo \
  data.train_files="$DATA/train.parquet" \
  data.val_files="$DATA/val.parquet" \
  data.return_raw_chat=True \
  data.max_prompt_length=16384 \
  data.max_response_length=8192 \
  data.filter_overlong_prompts=True \
  data.train_batch_size="${BATCH:-128}" \
  actor_rollout_ref.model.path="${MODEL:-Qwen/Qwen2.5-7B-Instruct}" \
  actor_rollout_ref.model.enable_gradient_checkpointing=True \
  actor_rollout_ref.actor.optim.lr=1e-6 \
  actor_rollout_ref.actor.optim.lr_warmup_steps=10 \
  actor_rollout_ref.actor.optim.weight_decay=0.1 \
  actor_rollout_ref.actor.ppo_mini_batch_size="${MINI_BATCH:-32}" \
  actor_rollout_ref.actor.use_dynamic_bsz=True \
  actor_rollout_ref.actor.ppo_max_token_len_per_gpu=32768 \
  actor_rollout_ref.actor.clip_ratio_low=0.2 \
  actor_rollout_ref.actor.clip_ratio_high=0.28 \
  actor_rollout_ref.actor.clip_ratio_c=10.0 \
  actor_rollout_ref.actor.loss_agg_mode=token-mean \
  actor_rollout_ref.actor.use_kl_loss=False \
  actor_rollout_ref.actor.entropy_coeff=0 \
  actor_rollout_ref.rollout.name=sglang \
  actor_rollout_ref.rollout.mode=async \
  actor_rollout_ref.rollout.n=8 \
  actor_rollout_ref.rollout.temperature=1.0 \
  actor_rollout_ref.rollout.top_p=1.0 \
  actor_rollout_ref.rollout.tensor_model_parallel_size="${TP:-1}" \
  actor_rollout_ref.rollout.gpu_memory_utilization=0.6 \
  actor_rollout_ref.rollout.multi_turn.enable=True \
  actor_rollout_ref.rollout.multi_turn.format=hermes \
  actor_rollout_ref.rollout.multi_turn.max_assistant_turns=4 \
  actor_rollout_ref.rollout.multi_turn.max_parallel_calls=4 \
  actor_rollout_ref.rollout.multi_turn.max_tool_response_length=16000 \
  actor_rollout_ref.rollout.multi_turn.tool_config_path="$DATA/router_tools.yaml" \
  actor_rollout_ref.rollout.agent.agent_loop_config_path="$HERE/agent_loop.yaml" \
  actor_rollout_ref.rollout.agent.default_agent_loop=xrouter_agent \
  algorithm.adv_estimator=grpo \
  algorithm.norm_adv_by_std_in_grpo=False \
  algorithm.use_kl_in_reward=False \
  algorithm.filter_groups.enable=True \
  algorithm.filter_groups.metric=reward \
  reward.reward_manager.name=naive \
  reward.custom_reward_function.path="$HERE/reward.py" \
  reward.custom_reward_function.name=compute_score \
  trainer.n_gpus_per_node="${GPUS:-8}" \
  trainer.nnodes="${NODES:-1}" \
  trainer.total_epochs="${EPOCHS:-1}" \
  trainer.logger='["console"]' \
  trainer.project_name=xrouter \
  trainer.experiment_name="${NAME:-router-dapo}" \
  "$@"
