"""One stateless POST of `tools/call` to xrouter's MCP server (`xrouter mcp --http`, with --replay or without)."""

import asyncio
import os
import weakref
from dataclasses import dataclass

import aiohttp

DEFAULT_URL = "http://127.0.0.1:7331/mcp"
# Of a single attempt. A candidate that reasons takes minutes.
TIMEOUT_S = float(os.environ.get("XROUTER_CALL_TIMEOUT_S", "600"))
ATTEMPTS = 4
# Not this candidate's failure, but a run that cannot go on: without these every rollout would quietly score low.
BROKEN = {
    "invalid_request",
    "unknown_model",
    "invalid_config",
    "missing_key",
    "authentication_failed",
    "budget_exceeded",
    "ledger_unavailable",
}


class McpServerError(RuntimeError):
    """The server did not do its work; nothing is known about the candidate. The run should stop."""


@dataclass
class CallResult:
    """`cost_usd` is None where something was spent and nobody knows how much."""

    text: str
    ok: bool
    cost_usd: float | None
    # Answered from a recording: its score is the recorded one.
    recorded: bool


_sessions: "weakref.WeakKeyDictionary" = weakref.WeakKeyDictionary()


async def call_model(arguments: dict) -> CallResult:
    """Arguments of the tool `call_model`. The same arguments under the same trajectory_id are paid for once, so
    that a lost connection may be tried again."""
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call"}
    body["params"] = {"name": "call_model", "arguments": arguments}
    reply = await _post(body)
    if "error" in reply:
        raise McpServerError(f"The MCP server refused the call: {reply['error'].get('message')}")
    return _result(reply["result"])


def _result(result: dict) -> CallResult:
    if not result.get("isError"):
        output = result["structuredContent"]
        recorded = "recorded_id" in output
        return CallResult(output["text"], True, output.get("cost_usd"), recorded)
    text = "\n".join(part.get("text", "") for part in result.get("content", []))
    facts = result.get("_meta", {}).get("xrouter/error")
    if facts is None or facts["code"] in BROKEN:
        raise McpServerError(text)
    # Before a call has begun there is no episode, and nothing was spent.
    cost = facts.get("cost_usd") if "episode_id" in facts else 0.0
    return CallResult(text, False, cost, False)


async def _post(body: dict) -> dict:
    url = os.environ.get("XROUTER_MCP_URL", DEFAULT_URL)
    token = os.environ.get("XROUTER_MCP_TOKEN", "")
    # Both kinds, or the server refuses.
    headers = {"authorization": f"Bearer {token}", "accept": "application/json, text/event-stream"}
    for attempt in range(ATTEMPTS):
        try:
            async with _session().post(url, json=body, headers=headers) as response:
                if response.status == 200:
                    return await response.json()
                problem = f"HTTP {response.status}: {(await response.text())[:500]}"
                if response.status != 503:
                    raise McpServerError(f"{url} answered {problem}. Check XROUTER_MCP_URL and XROUTER_MCP_TOKEN.")
        except (aiohttp.ClientError, asyncio.TimeoutError) as error:
            problem = f"{type(error).__name__}: {error}"
        if attempt + 1 < ATTEMPTS:
            await asyncio.sleep(0.5 * 2**attempt)
    raise McpServerError(f"{url} did not answer ({problem}). Is `xrouter mcp --http` running?")


def _session() -> aiohttp.ClientSession:
    loop = asyncio.get_running_loop()
    session = _sessions.get(loop)
    if session is None or session.closed:
        timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
        # The server has a queue of its own; without a limit here it sees all rollouts and shares its turns out.
        session = aiohttp.ClientSession(timeout=timeout, connector=aiohttp.TCPConnector(limit=0))
        _sessions[loop] = session
    return session


async def close() -> None:
    """Closes this event loop's connections."""
    session = _sessions.pop(asyncio.get_running_loop(), None)
    if session is not None:
        await session.close()
