#!/usr/bin/env sh
# One replica of the router model on one GPU. MODEL is a local folder or a Hugging Face id.
set -eu
: "${MODEL:=Salesforce/xRouter}"
: "${ROUTER_KEY:?set ROUTER_KEY to a key of your own}"
: "${PORT:=30000}"

exec python -m sglang.launch_server \
  --model-path "$MODEL" --served-model-name "${ROUTER_MODEL:-xrouter-7b}" \
  --host "${HOST:-127.0.0.1}" --port "$PORT" --api-key "$ROUTER_KEY" \
  --context-length 32768 --dtype bfloat16 \
  --tool-call-parser qwen25 --grammar-backend xgrammar \
  --sampling-defaults openai \
  --enable-metrics --enable-cache-report \
  --schedule-policy lpm --max-queued-requests 256 --mem-fraction-static 0.85
