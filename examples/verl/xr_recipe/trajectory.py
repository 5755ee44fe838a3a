"""What one trajectory has done so far. The agent loop keeps it; the tools write into it."""

import re
from dataclasses import dataclass, field

SELECT = "select_response"


@dataclass
class Answer:
    tool: str
    candidate: str
    text: str
    recorded: bool


@dataclass
class Trajectory:
    answers: list[Answer] = field(default_factory=list)
    calls: int = 0
    failed_calls: int = 0
    # At this row's prices, failed calls included.
    cost_usd: float = 0.0
    # Calls that cost something nobody knows.
    unknown_costs: int = 0
    end: str = "unfinished"
    answer: str = ""
    selected: Answer | None = None
    # Set where the run, not the trajectory, is broken.
    broken: Exception | None = None

    def find(self, target: object) -> Answer | None:
        """The answer a selection names: `tool#2` the second of that tool, the tool alone its latest."""
        if not isinstance(target, str):
            return None
        named, _, ordinal = target.strip().partition("#")
        of_tool = [answer for answer in self.answers if answer.tool == named]
        if ordinal == "":
            return of_tool[-1] if of_tool else None
        at = int(ordinal) - 1 if re.fullmatch(r"[0-9]{1,4}", ordinal) else -1
        return of_tool[at] if 0 <= at < len(of_tool) else None

    def fields(self) -> dict:
        """For the reward and the metrics. The same keys in every trajectory: verl puts them side by side."""
        return {
            "xr_end": self.end,
            "xr_answer": self.answer,
            "xr_selected": self.selected.candidate if self.selected else "",
            "xr_selected_recorded": bool(self.selected and self.selected.recorded),
            "xr_calls": self.calls,
            "xr_failed_calls": self.failed_calls,
            "xr_cost_usd": self.cost_usd,
            "xr_unknown_costs": self.unknown_costs,
        }
