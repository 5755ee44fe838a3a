"""Candidates as tools of verl. What a rollout did is noted in `agent_data.extra_fields` for the reward."""

import json
import os

from verl.tools.base_tool import BaseTool
from verl.tools.schemas import ToolResponse

from . import calls

PROMPT_MISSING = "Error calling {}: optimized_system_prompt is required when calling the tool."
NOT_FOUND = "Error calling select_response: {} not found in the conversation context."


def notes(agent_data):
    """The rollout's notes: the same keys in every trajectory, as verl requires."""
    fields = agent_data.extra_fields
    fields.setdefault("xrouter_calls", [])
    fields.setdefault("xrouter_selected", None)
    return fields


class CallModelTool(BaseTool):
    """Asks one candidate. A failed call is a text for the router, and its cost counts too."""

    async def execute(self, instance_id, parameters, agent_data=None, **kwargs):
        fields = notes(agent_data)
        model = self.config["model"]
        prompt = parameters.get("optimized_system_prompt") if isinstance(parameters, dict) else None
        if not isinstance(prompt, str) or not prompt.strip():
            return ToolResponse(text=PROMPT_MISSING.format(self.name)), None, {}
        factor = json.loads(agent_data.tools_kwargs["price_factors"]).get(self.name, 1.0)
        try:
            if os.environ.get("XROUTER_MODE", "replay") == "replay":
                outcome = calls.replayed(self.name, model, agent_data.tools_kwargs)
            else:
                outcome = await calls.called(
                    model, parameters, agent_data.tools_kwargs, agent_data.request_id
                )
        except Exception as error:  # noqa: BLE001 - whatever failed, the rollout goes on and is judged
            fields["xrouter_calls"].append({"tool": self.name, "cost_usd": 0.0, "score": 0.0, "text": ""})
            return ToolResponse(text=f"Error calling {self.name}: {error}"), None, {}
        cost = outcome["cost_usd"]
        fields["xrouter_calls"].append(
            {
                "tool": self.name,
                "cost_usd": None if cost is None else cost * factor,
                "score": outcome["score"],
                "text": outcome["text"],
            }
        )
        return ToolResponse(text=outcome["text"]), None, {"cost_usd": cost}


class SelectTool(BaseTool):
    """Releases an answer. It ends the rollout where it is called alone and names one; see agent_loop.py."""

    async def execute(self, instance_id, parameters, agent_data=None, **kwargs):
        target = str(parameters.get("model_call_name", "")) if isinstance(parameters, dict) else ""
        if find_call(notes(agent_data)["xrouter_calls"], target) is None:
            return ToolResponse(text=NOT_FOUND.format(target)), None, {}
        return ToolResponse(
            text="Error calling select_response: it must be called alone, after the answers are in."
        ), None, {}


def find_call(made, target):
    """The latest call of the tool that is named."""
    for call in reversed(made):
        if call["tool"] == target.strip():
            return call
    return None
