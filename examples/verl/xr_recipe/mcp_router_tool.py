"""The tools of `router_tools.yaml`: one for each candidate, and `select_response`."""

import re
from typing import Any, Optional
from uuid import uuid4

from verl.tools.base_tool import BaseTool
from verl.tools.schemas import ToolResponse

from .mcp_server import McpServerError, call_model
from .trajectory import SELECT, Answer, Trajectory

# What the router's tokenizer or parser would read as structure; as in the served policy, such text gets an
# invisible character into it and so stays text.
FRAMING = re.compile(r"<(?=\|[A-Za-z_]+\|>|/?(?:tool_call|tool_response|tools)>)")


def neutralise(text: str) -> str:
    return FRAMING.sub("<\u2060", text)


class McpRouterTool(BaseTool):
    """Calls one candidate through xrouter's MCP server, at this row's price.

    The cost of every call, failed ones included, goes to the trajectory. A failed call is a text for the router;
    a server that does not work ends the run, since its rollouts would say nothing about the policy.
    """

    def __init__(self, config, tool_schema):
        super().__init__(config, tool_schema)
        self._rows: dict[str, dict] = {}

    async def create(self, instance_id: Optional[str] = None, **kwargs) -> tuple[str, ToolResponse]:
        instance_id = instance_id or uuid4().hex
        self._rows[instance_id] = kwargs.get("create_kwargs") or {}
        return instance_id, ToolResponse()

    async def execute(self, instance_id: str, parameters: dict[str, Any], **kwargs):
        agent_data = kwargs["agent_data"]
        trajectory: Trajectory = agent_data.xrouter
        row = self._rows[instance_id]
        candidate = row["candidate"]
        trajectory.calls += 1
        arguments = {
            "model": candidate,
            "messages": list(agent_data.tools_kwargs["request"]["messages"]),
            # Names the call, so that one that is tried again is not paid for again.
            "trajectory_id": f"{agent_data.request_id}:{trajectory.calls}",
            **self._written(parameters),
        }
        try:
            result = await call_model(arguments)
        except McpServerError as error:
            trajectory.broken = error
            raise
        if result.cost_usd is None:
            trajectory.unknown_costs += 1
        else:
            trajectory.cost_usd += result.cost_usd * row["cost_scale"]
        metrics = {"cost_usd": result.cost_usd, "ok": result.ok}
        if not result.ok:
            trajectory.failed_calls += 1
            return ToolResponse(text=neutralise(f"Error calling {self.name}: {result.text}")), 0.0, metrics
        before = sum(answer.tool == self.name for answer in trajectory.answers)
        trajectory.answers.append(Answer(self.name, candidate, result.text, result.recorded))
        text = neutralise(result.text)
        # A second answer of one tool needs a name to be selected by.
        return ToolResponse(text=text if before == 0 else f"[{self.name}#{before + 1}]\n{text}"), 0.0, metrics

    def _written(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """What the router wrote, as far as its tool takes it."""
        takes = self.tool_schema.function.parameters.properties
        written: dict[str, Any] = {}
        prompt = parameters.get("optimized_system_prompt")
        if "optimized_system_prompt" in takes and isinstance(prompt, str) and prompt.strip():
            written["optimized_system_prompt"] = prompt
        temperature = parameters.get("temperature")
        if "temperature" in takes and type(temperature) in (int, float) and 0 <= temperature <= 2:
            written["temperature"] = temperature
        return written

    async def release(self, instance_id: str, **kwargs) -> None:
        self._rows.pop(instance_id, None)


class SelectResponseTool(BaseTool):
    """Runs only where the selection named nothing: the agent loop ends the trajectory where it did."""

    async def execute(self, instance_id: str, parameters: dict[str, Any], **kwargs):
        target = neutralise(str(parameters.get("model_call_name", "")))[:200]
        return ToolResponse(text=f"Error calling {SELECT}: {target} not found in the conversation context."), 0.0, {}
