#!/usr/bin/env sh
# The gateway in front of several replicas: cache-aware, with retries, a circuit breaker and health checks.
# WORKERS: their URLs, separated by spaces, without /v1. `pip install smg==1.13.0`, or its predecessor
# `sglang-router`, which takes the same flags.
set -eu
: "${WORKERS:?set WORKERS, for example \"http://10.0.0.1:30000 http://10.0.0.2:30000\"}"
: "${ROUTER_KEY:?set ROUTER_KEY to the key of the workers; clients then send the same}"

# shellcheck disable=SC2086 # the URLs are meant to be split
set -- --worker-urls $WORKERS --policy cache_aware \
  --host "${HOST:-127.0.0.1}" --port "${PORT:-30000}" --api-key "$ROUTER_KEY" \
  --prometheus-host "${METRICS_HOST:-127.0.0.1}" --prometheus-port "${METRICS_PORT:-29000}"

if command -v smg >/dev/null 2>&1; then exec smg launch "$@"; fi
exec python -m sglang_router.launch_router "$@"
