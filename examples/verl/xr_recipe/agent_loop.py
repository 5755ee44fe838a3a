"""verl's tool agent loop with the rules of routing.

A trajectory ends as one of
  direct       the router answered itself, without an answer of a candidate
  select       a lone select_response named an answer
  synthesis    the router wrote the answer after candidates had answered
  malformed    no text and no call, a call that cannot be read, or select_response beside other calls
  turn_limit   calls in the last turn, whose results nobody would read; they are not made
  cut          longer than the response may be
The first three can succeed; what the reward makes of them is in reward.py.
"""

import json
from typing import Any

from verl.experimental.agent_loop.tool_agent_loop import AgentState, ToolAgentLoop

from .trajectory import SELECT, Trajectory
from .turn import RouterTurnParser

DEFAULT_TURNS = 4


class RouterAgentLoop(ToolAgentLoop):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        # verl would stop at its limit without reading what the last turn says.
        self.max_turns = self.max_assistant_turns or DEFAULT_TURNS
        self.max_assistant_turns = None
        self.tool_parser = RouterTurnParser(self.tokenizer)

    async def _handle_pending_state(self, agent_data, sampling_params: dict[str, Any]) -> AgentState:
        agent_data.xrouter = Trajectory()
        # The tools as this row has them: its pool in its order, at its prices.
        agent_data._active_tool_schemas = json.loads(agent_data.tools_kwargs["request"]["schemas"])
        return await super()._handle_pending_state(agent_data, sampling_params)

    async def _handle_generating_state(
        self, agent_data, sampling_params: dict[str, Any], ignore_termination: bool = False
    ) -> AgentState:
        read = len(agent_data.messages)
        await super()._handle_generating_state(agent_data, sampling_params, ignore_termination)
        trajectory: Trajectory = agent_data.xrouter
        if len(agent_data.messages) == read:
            return self._finish(agent_data, "cut")
        text = agent_data.messages[-1]["content"]
        calls = agent_data.tool_calls
        if "<tool_call>" in text:
            return self._finish(agent_data, "malformed")
        if not calls:
            trajectory.answer = text
            written = "synthesis" if trajectory.answers else "direct"
            return self._finish(agent_data, written if text else "malformed")
        if any(call.name == SELECT for call in calls):
            if len(calls) > 1:
                return self._finish(agent_data, "malformed")
            trajectory.selected = trajectory.find(json.loads(calls[0].arguments).get("model_call_name"))
            if trajectory.selected:
                trajectory.answer = trajectory.selected.text
                return self._finish(agent_data, "select")
        if agent_data.assistant_turns >= self.max_turns:
            return self._finish(agent_data, "turn_limit")
        return AgentState.PROCESSING_TOOLS

    async def _handle_processing_tools_state(self, agent_data) -> AgentState:
        state = await super()._handle_processing_tools_state(agent_data)
        return self._finish(agent_data, "cut") if state == AgentState.TERMINATED else state

    async def _call_tool(self, tool_call, tools_kwargs: dict[str, Any], agent_data):
        answered = await super()._call_tool(tool_call, tools_kwargs, agent_data)
        # verl turns whatever a tool raises into a text for the model.
        if agent_data.xrouter.broken:
            raise agent_data.xrouter.broken
        return answered

    @staticmethod
    def _finish(agent_data, end: str) -> AgentState:
        agent_data.xrouter.end = end
        written = {"xr_router_tokens": sum(agent_data.response_mask)}
        agent_data.extra_fields.update(agent_data.xrouter.fields() | written)
        return AgentState.TERMINATED
