#!/usr/bin/env sh
# train_dapo.sh as a job on a Ray cluster. On the head `ray start --head --dashboard-host 0.0.0.0`, on the others
# `ray start --address HEAD:6379`; DATA and MODEL must be readable under the same path everywhere.
set -eu
: "${RAY_ADDRESS:?set RAY_ADDRESS, for example http://head:8265}"
: "${DATA:?set DATA to the folder that xrouter export verl wrote}"
: "${NODES:?set NODES to the number of machines}"
HERE=$(cd "$(dirname "$0")" && pwd)

# Keys and modes of the rollouts go along; the working folder carries the package to every machine.
exec ray job submit --address "$RAY_ADDRESS" --working-dir "$HERE" --runtime-env-json "$(printf \
  '{"env_vars": {"DATA": "%s", "NODES": "%s", "GPUS": "%s", "MODEL": "%s", "XROUTER_MODE": "%s", "XROUTER_MCP_URL": "%s", "XROUTER_MCP_TOKEN": "%s", "XROUTER_GRADER": "%s"}}' \
  "$DATA" "$NODES" "${GPUS:-8}" "${MODEL:-Qwen/Qwen2.5-7B-Instruct}" "${XROUTER_MODE:-replay}" \
  "${XROUTER_MCP_URL:-}" "${XROUTER_MCP_TOKEN:-}" "${XROUTER_GRADER:-}")" -- sh train_dapo.sh "$@"
