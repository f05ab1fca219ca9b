"""The examples in docs/state.md do what the page says."""

from __future__ import annotations

from pathlib import Path

from teammcp.testing import TestTeam
from tests.doc_examples import read_examples, run_examples

EXAMPLES = read_examples(Path(__file__).parent.parent / "docs" / "state.md")


async def test_the_examples_run_and_answer_what_is_shown(team: TestTeam) -> None:
    assert len(EXAMPLES) > 5
    await run_examples(await team.agent("alice"), EXAMPLES)
