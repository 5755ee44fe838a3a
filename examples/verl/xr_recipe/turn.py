"""What a router wrote in one turn: its visible text, and its calls."""

import json
import re

from verl.experimental.agent_loop.tool_parser import FunctionCall, HermesToolParser

THINK = re.compile(r"<think>.*?</think>", re.DOTALL)
CALL = re.compile(r"<tool_call>(.*?)</tool_call>", re.DOTALL)


def strip_think(text: str) -> str:
    """Without its thoughts, also one that the template opened, and one that was not finished."""
    text = THINK.sub("", text)
    if "</think>" in text:
        text = text.rsplit("</think>", 1)[1]
    return text.split("<think>", 1)[0].strip()


def parse_turn(text: str) -> tuple[str, list[FunctionCall]]:
    """Calls that cannot be read stay in the text, so that the loop sees `<tool_call>` there."""
    calls: list[FunctionCall] = []

    def take(match: re.Match) -> str:
        try:
            call = json.loads(match.group(1))
        except ValueError:
            return match.group(0)
        name = call.get("name") if isinstance(call, dict) else None
        arguments = call.get("arguments") if isinstance(call, dict) else None
        if not isinstance(name, str) or not isinstance(arguments, dict):
            return match.group(0)
        calls.append(FunctionCall(name=name, arguments=json.dumps(arguments, ensure_ascii=False)))
        return ""

    content = CALL.sub(take, strip_think(text))
    return content.strip(), calls


class RouterTurnParser(HermesToolParser):
    """verl's own drops a call it cannot read, and takes calls that were only thought about."""

    async def extract_tool_calls(self, responses_ids, tools=None):
        return parse_turn(self.tokenizer.decode(responses_ids, skip_special_tokens=True))
