#!/usr/bin/env sh
# train_dapo.sh as a job on a Ray cluster: on the head `ray start --head --dashboard-host 0.0.0.0`, on the others
# `ray start --address HEAD:6379`. DATA, MODEL and this folder must be readable under the same path on every node,
# and XROUTER_MCP_URL must name a host that all of them reach.
set -eu
: "${RAY_ADDRESS:?set RAY_ADDRESS, for example http://head:8265}"
: "${NODES:?set NODES to the number of machines}"
: "${DATA:?set DATA to the folder that xrouter export verl wrote}"
: "${XROUTER_MCP_URL:?set XROUTER_MCP_URL, for example http://head:7331/mcp}"
: "${XROUTER_MCP_TOKEN:?set XROUTER_MCP_TOKEN to the token of xrouter mcp --http}"
HERE=$(cd "$(dirname "$0")" && pwd)
export DATA="$(cd "$DATA" && pwd)" PYTHONPATH="$HERE${PYTHONPATH:+:$PYTHONPATH}"

# What every worker of the job needs, from the environment of this shell.
ENVIRONMENT=$(python3 - <<'PYTHON'
import json, os
names = "PYTHONPATH DATA MODEL GPUS NODES TP BATCH MINI_BATCH EPOCHS NAME XROUTER_MCP_URL XROUTER_MCP_TOKEN XROUTER_SCORER"
print(json.dumps({"env_vars": {name: os.environ[name] for name in names.split() if name in os.environ}}))
PYTHON
)
exec ray job submit --address "$RAY_ADDRESS" --runtime-env-json "$ENVIRONMENT" -- sh "$HERE/train_dapo.sh" "$@"
