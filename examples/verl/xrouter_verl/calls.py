"""Where an answer comes from: a recorded table, which costs nothing, or xrouter's MCP server.

Both return {"text", "cost_usd", "score"}; the score is None where nobody has judged the answer yet.
"""

import asyncio
import json
import os
import urllib.request

TIMEOUT_S = 600


def replayed(tool, model, kwargs):
    """The recorded outcome of this prompt. The answer's text was not recorded, so a line stands for it."""
    outcome = json.loads(kwargs["outcomes"]).get(tool)
    if outcome is None:
        raise KeyError(f"{model} was not recorded for {kwargs['row_id']}")
    return {"text": f"[answer of {tool}]", "cost_usd": outcome["cost_usd"], "score": outcome["score"]}


async def called(model, parameters, kwargs, trajectory_id):
    """One stateless `tools/call` of `call_model`: `xrouter mcp --http`."""
    arguments = {
        "model": model,
        "messages": [{"role": "user", "content": kwargs["query"]}],
        "optimized_system_prompt": parameters["optimized_system_prompt"],
        "trajectory_id": trajectory_id,
    }
    if isinstance(parameters.get("temperature"), (int, float)):
        arguments["temperature"] = min(2.0, max(0.0, parameters["temperature"]))
    body = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "tools/call",
        "params": {"name": "call_model", "arguments": arguments},
    }
    reply = await asyncio.to_thread(_post, body)
    if "error" in reply:
        raise RuntimeError(reply["error"].get("message", "the MCP server refused the call"))
    result = reply["result"]
    if result.get("isError"):
        raise RuntimeError(" ".join(part.get("text", "") for part in result.get("content", [])))
    structured = result["structuredContent"]
    return {"text": structured["text"], "cost_usd": structured.get("cost_usd"), "score": None}


def _post(body):
    headers = {
        "content-type": "application/json",
        # Both, or the server answers -32000.
        "accept": "application/json, text/event-stream",
    }
    token = os.environ.get("XROUTER_MCP_TOKEN")
    if token:
        headers["authorization"] = f"Bearer {token}"
    url = os.environ.get("XROUTER_MCP_URL", "http://127.0.0.1:7331/mcp")
    request = urllib.request.Request(url, data=json.dumps(body).encode(), headers=headers)
    with urllib.request.urlopen(request, timeout=TIMEOUT_S) as response:
        text = response.read().decode()
    if text.startswith(("event:", "data:", ":")):
        data = [line[5:].strip() for line in text.splitlines() if line.startswith("data:")]
        return json.loads(data[-1])
    return json.loads(text)
