"""The examples on a page of the guide: a curl command, and on the next line what of its answer is shown."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

from teammcp.testing import Member

EXAMPLE = re.compile(r"^    (curl .+)\n    ([\[{].+)$", re.MULTILINE)


def read_examples(page: Path) -> list[tuple[str, str]]:
    """Each command of a page, and the JSON below it."""
    return EXAMPLE.findall(page.read_text(encoding="utf-8"))


async def run_examples(member: Member, examples: list[tuple[str, str]]) -> None:
    """Run examples in their order, and hold the answers against what is shown."""
    for command, shown in examples:
        answer = await run(member, command)
        assert holds(answer, json.loads(shown)), (command, answer)


async def run(member: Member, command: str) -> Any:
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
