"""The examples in docs/state.md do what the page says."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

from teammcp.testing import Member, TestTeam

PAGE = Path(__file__).parent.parent / "docs" / "state.md"
EXAMPLE = re.compile(r"^    (curl .+)\n    ([\[{].+)$", re.MULTILINE)


async def run(member: Member, command: str) -> Any:
    """What the server answers to a curl command of the page."""
    words = shlex.split(command)
    (address,) = [word for word in words if word.startswith("http")]
    path = address.removeprefix("http://127.0.0.1:3100")
    if "--json" not in words:
        return (await member.http.get(path)).json()
    return (await member.http.post(path, json=json.loads(words[words.index("--json") + 1]))).json()


def holds(answer: Any, shown: Any) -> bool:
    """Whether an answer has everything that the page shows of it."""
    if isinstance(shown, dict):
        return isinstance(answer, dict) and all(key in answer and holds(answer[key], shown[key]) for key in shown)
    if isinstance(shown, list):
        return len(answer) == len(shown) and all(map(holds, answer, shown))
    return bool(answer == shown)


async def test_the_examples_run_and_answer_what_is_shown(team: TestTeam) -> None:
    alice = await team.agent("alice")
    examples = EXAMPLE.findall(PAGE.read_text(encoding="utf-8"))
    assert len(examples) > 5
    for command, shown in examples:
        answer = await run(alice, command)
        assert holds(answer, json.loads(shown)), (command, answer)
