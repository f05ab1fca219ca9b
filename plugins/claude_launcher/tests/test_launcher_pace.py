"""What a program says is written down as fast as anybody reads; a flood leaves the others their share."""

from __future__ import annotations

import asyncio

from hypothesis import given
from hypothesis import strategies as st
from teammcp_claude_launcher.entries import LARGEST, Entry, Noted, Plan, Said, Step, Thought, Tool, TurnOver
from teammcp_claude_launcher.runner.fitting import Grown
from teammcp_claude_launcher.runner.keepers.pace import AT_ONCE, EACH_SECOND, LITTLE, Pace
from teammcp_claude_launcher.testing import MovedTime

CHUNK = "x" * 5000


def paced() -> tuple[Pace, list[Entry], MovedTime]:
    written: list[Entry] = []
    clock = MovedTime()
    return Pace(clock, written.append), written, clock


def size(written: list[Entry]) -> int:
    return sum(len(entry.model_dump_json()) for entry in written)


def used_up(pace: Pace, written: list[Entry]) -> None:
    """Let a pace's share be used up."""
    for _ in range(AT_ONCE // LITTLE):
        pace.add(Thought(text="x" * LITTLE))
    pace.flush()
    written.clear()


def test_what_comes_no_faster_than_it_is_read_is_written_at_once_and_whole() -> None:
    pace, written, _ = paced()
    said: list[Entry] = [Said(text="a"), Thought(text=CHUNK), Said(text="b"), TurnOver(outcome="done")]
    for entry in said:
        pace.add(entry)
    assert written == said


async def test_a_flood_becomes_few_entries_which_say_how_much_is_left_out() -> None:
    pace, written, clock = paced()
    keeping = asyncio.create_task(pace.keep())
    for number in range(20_000):
        pace.add(Thought(text=CHUNK))
        if number % 4000 == 0:
            await clock.advance(1)
    await clock.advance(30)
    pace.add(TurnOver(outcome="done", answer="done"))
    keeping.cancel()
    assert len(written) < 250
    assert size(written) < AT_ONCE + 10 * EACH_SECOND
    assert any("characters left out" in entry.text for entry in written if isinstance(entry, Thought))
    assert written[-1] == TurnOver(outcome="done", answer="done")


async def test_what_was_put_off_is_written_when_there_is_a_share_again() -> None:
    pace, written, clock = paced()
    keeping = asyncio.create_task(pace.keep())
    used_up(pace, written)
    for text in ("one", "two"):
        pace.add(Said(text=text))
    assert written == []
    await asyncio.sleep(0)  # it begins to wait
    await clock.advance(5)
    assert written == [Said(text="one\n\ntwo")]
    pace.add(Said(text="three"))
    assert written[-1] == Said(text="three")
    keeping.cancel()


def test_what_has_a_meaning_waits_for_nothing_and_comes_behind_what_was_said_before() -> None:
    pace, written, _ = paced()
    used_up(pace, written)
    pace.add(Said(text=CHUNK))
    pace.add(Noted(text="hm"))
    pace.add(TurnOver(outcome="done"))
    said, noted, over = written
    assert isinstance(said, Said)
    assert len(said.text) < LITTLE + 100
    assert "left out" in said.text
    assert (noted, over) == (Noted(text="hm"), TurnOver(outcome="done"))


def test_of_a_tool_and_a_plan_the_last_counts_and_no_tool_is_lost() -> None:
    pace, written, _ = paced()
    used_up(pace, written)
    for number in range(1000):
        pace.add(Tool(id=f"t{number}", name="Bash", status="running"))
        pace.add(Tool(id=f"t{number}", name="Bash", status="done", output=CHUNK))
        pace.add(Plan(steps=[Step(text=str(number), status="doing")]))
    pace.flush()
    last = {entry.id: entry.status for entry in written if isinstance(entry, Tool)}
    assert last == {f"t{number}": "done" for number in range(1000)}
    assert size(written) < 1000 * 2 * LITTLE
    assert [entry for entry in written if isinstance(entry, Plan)][-1].steps[0].text == "999"


@given(parts=st.lists(st.text(max_size=30)), most=st.integers(2, 60), shown=st.integers(2, 80))
def test_a_text_that_grows_is_whole_or_says_how_much_of_it_is_missing(parts: list[str], most: int, shown: int) -> None:
    grown = Grown(most)
    for part in parts:
        grown.add(part)
    while parts and not parts[0]:
        parts = parts[1:]
    whole, most = "\n\n".join(parts), min(most, shown)
    text = grown.text(shown)
    if len(whole) <= most:
        assert text == whole
        return
    head = 2 * most // 3
    assert text == f"{whole[:head]}\n… {len(whole) - most} characters left out …\n{whole[head - most :]}"


def test_no_entry_is_larger_than_one_may_be() -> None:
    pace, written, _ = paced()
    used_up(pace, written)
    for _ in range(100):
        pace.add(Said(text=CHUNK))
    pace.flush()
    assert max(map(size, ([entry] for entry in written))) < LARGEST
