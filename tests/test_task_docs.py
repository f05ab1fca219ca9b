"""The examples in docs/tasks.md do what the page says."""

from __future__ import annotations

import json
from pathlib import Path

from teammcp.testing import TestTeam
from tests.doc_examples import EXAMPLE, holds, run

PAGE = Path(__file__).parent.parent / "docs" / "tasks.md"


async def test_the_examples_run_and_answer_what_is_shown(team: TestTeam) -> None:
    alice = await team.agent("alice")
    await team.agent("bob")
    examples = EXAMPLE.findall(PAGE.read_text(encoding="utf-8"))
    assert len(examples) == 4
    for command, shown in examples:
        answer = await run(alice, command)
        assert holds(answer, json.loads(shown)), (command, answer)
        if "Build the log-in" in command:  # what the rest of the page takes for granted: 4 waits for 3
            for depends_on in ([], [], [3]):
                await alice.call("create_task", title="more", depends_on=depends_on)
