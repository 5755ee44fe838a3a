#!/usr/bin/env sh
# DAPO on one node, or on a Ray cluster where RAY_ADDRESS is set. DATA: folder of `xrouter export verl`.
set -eu
: "${DATA:?set DATA to the folder that xrouter export verl wrote}"
: "${MODEL:=Qwen/Qwen2.5-7B-Instruct}"
: "${GPUS:=8}"
: "${NODES:=1}"
HERE=$(cd "$(dirname "$0")" && pwd)
export PYTHONPATH="$HERE${PYTHONPATH:+:$PYTHONPATH}"

# - norm_adv_by_std_in_grpo=False: where all rollouts of a group succeed, their rewards differ by cost alone, and
#   dividing by their deviation gives a saving of a cent the weight of a right answer: lambda cancels.
# - max_assistant_turns=4 executes three rounds of calls: verl stops before the tools of the last turn.
# - max_tool_response_length: the default of 256 characters would cut every answer.
# - filter_groups on the shaped reward drops groups in which nothing can be learned.
exec python3 -m verl.trainer.main_ppo \
  data.train_files="$DATA/train.parquet" data.val_files="$DATA/validation.parquet" \
  data.return_raw_chat=True data.max_prompt_length=16384 data.max_response_length=8192 \
  data.train_batch_size="${BATCH:-512}" data.filter_overlong_prompts=True \
  actor_rollout_ref.model.path="$MODEL" \
  actor_rollout_ref.actor.optim.lr=1e-6 actor_rollout_ref.actor.optim.lr_warmup_steps=10 \
  actor_rollout_ref.actor.optim.weight_decay=0.1 \
  actor_rollout_ref.actor.ppo_mini_batch_size="${MINI_BATCH:-128}" \
  actor_rollout_ref.actor.clip_ratio_low=0.2 actor_rollout_ref.actor.clip_ratio_high=0.28 \
  actor_rollout_ref.actor.clip_ratio_c=10 actor_rollout_ref.actor.loss_agg_mode=token-mean \
  actor_rollout_ref.actor.use_kl_loss=False actor_rollout_ref.actor.entropy_coeff=0 \
  actor_rollout_ref.rollout.name=sglang actor_rollout_ref.rollout.mode=async \
  actor_rollout_ref.rollout.n=8 actor_rollout_ref.rollout.temperature=1.0 \
  actor_rollout_ref.rollout.multi_turn.enable=True \
  actor_rollout_ref.rollout.multi_turn.format=hermes \
  actor_rollout_ref.rollout.multi_turn.max_assistant_turns=4 \
  actor_rollout_ref.rollout.multi_turn.max_parallel_calls=4 \
  actor_rollout_ref.rollout.multi_turn.max_tool_response_length=16384 \
  actor_rollout_ref.rollout.multi_turn.tool_config_path="$DATA/tools.yaml" \
  actor_rollout_ref.rollout.agent.agent_loop_config_path="$HERE/agent_loop.yaml" \
  actor_rollout_ref.rollout.agent.default_agent_loop=xrouter_agent \
  algorithm.adv_estimator=grpo algorithm.norm_adv_by_std_in_grpo=False algorithm.use_kl_in_reward=False \
  algorithm.filter_groups.enable=True algorithm.filter_groups.metric=score \
  algorithm.filter_groups.max_num_gen_batches=10 \
  reward.custom_reward_function.path="$HERE/xrouter_verl/reward.py" \
  reward.custom_reward_function.name=compute_score \
  trainer.n_gpus_per_node="$GPUS" trainer.nnodes="$NODES" trainer.total_epochs="${EPOCHS:-1}" \
  trainer.project_name=xrouter trainer.experiment_name="${NAME:-router-dapo}" \
  "$@"
