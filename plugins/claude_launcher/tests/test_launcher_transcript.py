"""A run's transcript: entries brought together into what a page shows."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st
from teammcp_claude_launcher.entries import (
    Answered,
    Asked,
    Change,
    Conversation,
    Ended,
    Entry,
    Noted,
    Plan,
    Said,
    State,
    Step,
    TakenUp,
    Tool,
    TurnOver,
    TurnWritten,
    Used,
    Withheld,
)
from teammcp_claude_launcher.pages.transcript import Transcript, transcript


def told(*entries: Entry) -> Transcript:
    """The transcript of these, numbered from 1, a second apart."""
    return transcript((number, 1000 * number, entry) for number, entry in enumerate(entries, 1))


def kinds(found: Transcript) -> list[str]:
    return [item.entry.kind for item in found.items]


def test_a_tool_that_is_told_again_stands_once_with_all_that_was_told() -> None:
    change = Change(path="a.py", before="x", after="y")
    found = told(
        Tool(id="1", name="Edit", status="running", title="a.py", input={"path": "a.py"}),
        Said(text="meanwhile"),
        Tool(id="1", name="Edit", status="done", output="written", changes=[change]),
    )
    assert kinds(found) == ["tool", "text"]
    tool = found.items[0]
    expected = ("a.py", {"path": "a.py"}, "written", [change])
    assert isinstance(tool.entry, Tool)
    assert (tool.entry.title, tool.entry.input, tool.entry.output, tool.entry.changes) == expected
    assert (tool.at, tool.until, tool.entry.status) == (1000, 3000, "done")


def test_an_answer_stands_at_its_question() -> None:
    found = told(Asked(id="q", tool="Bash"), Answered(id="q", allowed=True, by="approvals"))
    assert kinds(found) == ["question"]
    assert found.items[0].answered == Answered(id="q", allowed=True, by="approvals")
    assert kinds(told(Answered(id="q", allowed=False))) == ["answer"]


def test_a_question_knows_whether_the_changes_it_is_about_stand_above_it() -> None:
    edit = Tool(id="1", name="Edit", status="running", changes=[Change(path="a.py", before="x", after="y")])
    question = Asked(id="q", tool="Edit", input={"path": "a.py"})
    others = (edit.model_copy(update={"status": "done"}), edit.model_copy(update={"name": "Write"}), Said(text="so"))
    assert told(edit, question).items[-1].seen_above
    for other in others:
        assert not told(other, question).items[-1].seen_above
    assert not told(edit, Said(text="so"), question).items[-1].seen_above


def test_a_turn_says_when_it_was_taken_up() -> None:
    found = told(TurnWritten(turn="t", message_ids=[7, 8]), TakenUp(turn="t"), TakenUp(turn="another"))
    assert (kinds(found), found.items[0].taken_at, found.message_ids()) == (["turn"], 2000, [7, 8])


def test_what_a_turn_used_stands_at_its_end_whether_told_before_or_after() -> None:
    used, over = Used(tokens_in=5, tokens_out=1, cost_usd=0.5, model="m"), TurnOver(outcome="done")
    (end,) = told(used, used, over).items
    assert end.used == Used(tokens_in=10, tokens_out=2, cost_usd=1.0, model="m")
    (end,) = told(over, used).items
    assert end.used == used
    end, more, again, _, following = told(used, over, used, used, Said(text="x"), over).items
    assert (end.used, more.entry, again.entry) == (used, used, used), "what is told later still has a line of its own"
    assert following.used is None


def test_a_turns_answer_is_not_shown_twice() -> None:
    found = told(Said(text="Done.\n"), TurnOver(outcome="done", answer="Done."))
    assert isinstance(end := found.items[1].entry, TurnOver)
    assert end.answer == ""
    found = told(Said(text="Looking"), TurnOver(outcome="done", answer="Done."))
    assert isinstance(end := found.items[1].entry, TurnOver)
    assert end.answer == "Done."


def test_what_says_nothing_is_left_out() -> None:
    plan = Plan(steps=[Step(text="look", status="doing")])
    found = told(
        State(state="working"),
        State(state="waiting", reason="Bash"),
        Conversation(id="c", resumed=False),
        plan,
        plan,
        State(state="working", reason="no sign of life yet"),
        Conversation(id="c", resumed=True),
    )
    assert kinds(found) == ["plan", "state", "conversation"]


def test_a_reader_asks_again_from_the_first_that_may_change() -> None:
    running = Tool(id="1", name="Bash", status="running")
    assert told().open_from == 1
    assert told(Said(text="a"), running, Said(text="b")).open_from == 2
    assert told(Said(text="a"), running, Tool(id="1", name="Bash", status="failed")).open_from == 4
    assert told(Asked(id="q", tool="Bash"), running).open_from == 1
    turn = [TurnWritten(turn="t"), TakenUp(turn="t"), running]
    assert told(*turn, TurnOver(outcome="done"), Noted(text="n")).open_from == 6
    assert told(*turn, TurnWritten(turn="next"), TurnOver(outcome="done"), Noted(text="n")).open_from == 4
    assert told(TurnWritten(turn="t"), running, Ended(reason="crashed")).open_from == 4


ENTRIES = st.one_of(
    st.builds(TurnWritten, turn=st.sampled_from("ab")),
    st.builds(TakenUp, turn=st.sampled_from("ab")),
    st.builds(Said, text=st.sampled_from(["x", "y"])),
    st.builds(
        Tool, id=st.sampled_from("12"), name=st.just("Bash"), status=st.sampled_from(["running", "done", "failed"])
    ),
    st.builds(Asked, id=st.sampled_from("12"), tool=st.just("Bash")),
    st.builds(Answered, id=st.sampled_from("12"), allowed=st.booleans()),
    st.builds(Used, tokens_in=st.integers(0, 5)),
    st.builds(TurnOver, outcome=st.just("done"), answer=st.sampled_from(["", "x"])),
    st.builds(Plan, steps=st.just([])),
    st.builds(Ended, reason=st.just("stopped")),
    st.builds(Withheld),
)


def test_what_is_withheld_is_one_line_until_something_else_is_seen() -> None:
    shown = told(Withheld(), Withheld(), TurnOver(outcome="done"), Withheld(), Withheld(), Ended(reason="stopped"))
    assert [item.entry.kind for item in shown.items] == ["withheld", "turn_ended", "withheld", "ended"]


@given(st.lists(ENTRIES, max_size=25), st.data())
def test_a_page_that_follows_shows_what_a_new_one_does(entries: Sequence[Entry], data: st.DataObject) -> None:
    """What a page does not ask for again has not changed."""
    count = data.draw(st.integers(0, len(entries)))
    first, whole = told(*entries[:count]), told(*entries)
    kept = {item.seq: item for item in whole.items}
    for item in first.items:
        if item.seq < first.open_from and isinstance(item.entry, Tool):
            continue  # a program may tell of a tool again that it has called done
        if item.seq < first.open_from:
            after = kept[item.seq]
            assert (after.entry, after.taken_at, after.answered, after.used) == (
                item.entry,
                item.taken_at,
                item.answered,
                item.used,
            )
