"""verl's tool agent loop, which does not know that `select_response` ends a rollout. This one does."""

import json
import re

from verl.experimental.agent_loop.agent_loop import register
from verl.experimental.agent_loop.tool_agent_loop import AgentState, ToolAgentLoop

from .tools import find_call, notes

THINK = re.compile(r"<think>.*?(?:</think>|$)", re.DOTALL)
SPECIAL = re.compile(r"<\|[a-z_]+\|>")


@register("xrouter_agent")
class RouterAgentLoop(ToolAgentLoop):
    """Marks how a rollout ended, in `extra_fields`: direct, select, synthesis or malformed."""

    async def run(self, sampling_params, **kwargs):
        output = await super().run(sampling_params, **kwargs)
        fields = output.extra_fields
        fields.setdefault("xrouter_calls", [])
        fields.setdefault("xrouter_selected", None)
        fields.setdefault("xrouter_end", "malformed")
        fields.setdefault("xrouter_answer", "")
        return output

    async def _handle_generating_state(self, agent_data, sampling_params, ignore_termination=False):
        state = await super()._handle_generating_state(agent_data, sampling_params, ignore_termination)
        fields = notes(agent_data)
        if state == AgentState.TERMINATED:
            # Cut off, or the turns are used up, with calls still open: nothing was released.
            if agent_data.tool_calls or agent_data.messages[-1]["role"] != "assistant":
                return state
            content = agent_data.messages[-1].get("content") or ""
            text = SPECIAL.sub("", THINK.sub("", content)).strip()
            if text and "<tool_call>" not in text:
                fields["xrouter_answer"] = text
                fields["xrouter_end"] = "synthesis" if fields["xrouter_calls"] else "direct"
            return state
        if state == AgentState.PROCESSING_TOOLS and len(agent_data.tool_calls) == 1:
            chosen = self._selected(agent_data.tool_calls[0], fields["xrouter_calls"])
            if chosen is not None:
                fields["xrouter_selected"] = chosen["tool"]
                fields["xrouter_answer"] = chosen["text"]
                fields["xrouter_end"] = "select"
                return AgentState.TERMINATED
        return state

    @staticmethod
    def _selected(tool_call, made):
        if tool_call.name != "select_response":
            return None
        try:
            arguments = json.loads(tool_call.arguments)
        except (TypeError, ValueError):
            return None
        return find_call(made, str(arguments.get("model_call_name", ""))) if isinstance(arguments, dict) else None
