"""The pages of the launcher, used as people without JavaScript use them."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import get_args

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel
from teammcp_claude_launcher.entries import Ended, EndReason, Entry, Plan, Said, State, Step, Tool

from teammcp import Context
from teammcp.testing import Member, TestTeam

from .launched import Birds, everything, polly_at_home
from .runners import FakeRunner

pytestmark = pytest.mark.teammcp(install={"birds": Birds()}, plugins={"claude_launcher": {"machine": "here"}})


@pytest.fixture
async def owner(team: TestTeam) -> Member:
    await team.owner.log_in()
    return team.owner


@pytest.fixture
async def bob(team: TestTeam) -> Member:
    """A member who may look, and say something."""
    bob = await team.agent("bob", kind="human")
    await bob.log_in()
    return bob


@pytest.fixture
async def box(team: TestTeam, owner: Member) -> AsyncIterator[FakeRunner]:
    """A machine on which polly lives, who is to run."""
    async with polly_at_home(team) as runner:
        yield runner


async def shown(member: Member, path: str) -> str:
    answer = await member.http.get(path)
    assert answer.status_code == 200, answer.text
    return answer.text


def words(page: str) -> str:
    """What is to be read on it."""
    return " ".join(re.sub(r"<[^>]+>", " ", page.partition("<main")[2]).split())


async def test_a_copy_of_a_runner_that_was_turned_away_is_shown_with_where_it_lies(
    team: TestTeam, owner: Member, box: FakeRunner
) -> None:
    assert "A copy" not in words(await shown(owner, "/launcher/machines"))
    await Context.inside(team.team).call("note_copy", machine=box.machine, place="/copied on desk")
    assert "turned away just now: /copied on desk." in words(await shown(owner, "/launcher/machines"))


# -- a run -----------------------------------------------------------------------------------------------------------


async def test_a_run_shows_all_that_happened_in_it(owner: Member, bob: Member, box: FakeRunner) -> None:
    asked = await bob.call("send_dm", recipient="polly", content="Please mend *it*")
    run = await box.begin("polly")
    await box.tell(run, *everything(asked.id))
    page = await shown(bob, f"/launcher/runs/{run}")
    read = words(page)
    for part in (
        "waits for an answer",
        "<em>it</em>",
        "in a direct message",
        "A message that you may not read, or that is gone",
        "1 of 2 done",
        '<span class="ansi-green">green</span> &lt;b&gt;',
        'class="line line-removed"',
        "new file",
        "&lt;script&gt;",
        "send_message",
        "no such channel",
        "not allowed",
        "keep it",
        "no sign of life yet",
        "<strong>works</strong>",
        "Told by the launcher",
        "turn broken off",
        "not taken up yet",
    ):
        assert part in page or part in read, part
    assert "1,234 tokens" in read
    assert "$0.0042" in read
    assert page.count("<strong>works</strong>") == 1
    assert "<img" not in page.partition("transcript")[2]
    assert "mcp__" not in read
    other = words(await shown(owner, f"/launcher/runs/{run}"))
    assert "Please mend" not in other
    assert "A message of bob that you may not read" in other
    assert "A message of bob" not in read


async def test_the_page_of_an_ended_run_leads_to_the_one_that_goes_on(owner: Member, box: FakeRunner) -> None:
    first = await box.begin("polly")
    await box.tell(first, Ended(reason="crashed"))
    start = 'action="/launcher/agents/polly/start"'
    assert start in await shown(owner, f"/launcher/runs/{first}")
    second = await box.begin("polly", request="polly-2")
    page = await shown(owner, f"/launcher/runs/{first}")
    assert f'href="/launcher/runs/{second}"' in page
    assert start not in page


NUMBERS = st.integers(0, 10**6)
VALUES = st.one_of(st.none(), st.integers(-(2**63), 2**63 - 1), st.text(), st.lists(st.text()))
FIELDS = {
    "input": st.dictionaries(st.text(max_size=8), VALUES, max_size=3),
    "exit_code": st.none() | st.integers(-64, 255),
    "message_ids": st.lists(st.integers(1, 10**6), max_size=3),
    "cost_usd": st.floats(0, 100),
    "task": st.none() | st.integers(1, 10**6),
    **dict.fromkeys(("pid", "tokens_in", "tokens_out"), NUMBERS),
}


def any_of(kind: type[BaseModel]) -> st.SearchStrategy[Entry]:
    """Any entry of a kind, with all that it can hold."""
    fields = {name: FIELDS.get(name, ...) for name in kind.model_fields if name != "kind"}
    return st.builds(kind, **fields)  # type: ignore[arg-type]


def drawn(count: int) -> list[Entry]:
    """So many entries of all kinds and shapes."""
    found: list[Entry] = []

    @settings(max_examples=count, database=None, derandomize=True, phases=[Phase.generate])
    @given(st.one_of([any_of(kind) for kind in get_args(get_args(Entry)[0])]))
    def take(entry: Entry) -> None:
        found.append(entry)

    take()
    return found


async def test_whatever_a_run_tells_is_shown(bob: Member, box: FakeRunner) -> None:
    entries = [each for each in drawn(400) if not isinstance(each, Ended)]
    assert len({each.kind for each in entries}) == len(get_args(get_args(Entry)[0])) - 1
    run = await box.begin("polly")
    for start in range(0, len(entries), 80):
        batch = entries[start : start + 80]
        await box.tell(run, *batch)
        assert (await bob.http.get(f"/launcher/runs/{run}")).status_code == 200, batch
    await box.tell(run, Plan(steps=[Step(text="all is done", status="done")]), Plan(steps=[]))
    assert "1 of 1 done" in words(await shown(bob, f"/launcher/runs/{run}"))
    for path in ("/launcher", "/launcher/agents/polly/runs", "/agents/polly", "/"):
        await shown(bob, path)


async def test_what_is_new_is_told_with_what_it_changes_and_nothing_else(bob: Member, box: FakeRunner) -> None:
    run = await box.begin("polly")
    await box.tell(run, Said(text="first"), Tool(id="1", name="Bash", status="running"), Said(text="second"))
    page = await shown(bob, f"/launcher/runs/{run}")
    assert 'data-last="3" data-open="2"' in page
    await box.tell(run, Tool(id="1", name="Bash", status="done", output="all is well"), Said(text="third"))
    answer = await bob.http.get(f"/launcher/runs/{run}/news?after=3&since=2", headers={"X-Fragment": "figures,items"})
    assert re.findall(r'id="(item-\d+)"', answer.text) == ["item-2", "item-3", "item-5"]
    assert "all is well" in answer.text
    assert 'data-last="5" data-open="6"' in answer.text


async def test_every_end_says_what_it_means_and_what_to_do(bob: Member, box: FakeRunner) -> None:
    run = await box.begin("polly")
    await box.tell(
        run,
        Said(text="hello"),
        Ended(reason="crashed", detail="It was ended by signal 9.", exit_code=137, last_output="Segmentation <fault>"),
    )
    read = words(await shown(bob, f"/launcher/runs/{run}"))
    for part in ("exit code 137", "by signal 9", "Segmentation &lt;fault&gt;", "read its last output"):
        assert part in read
    assert "Stop" not in read
    listed = words(await shown(bob, "/launcher/agents/polly/runs"))
    assert "crashed" in listed
    assert (await bob.http.get("/launcher/runs/4711")).status_code == 404


@pytest.mark.parametrize("reason", ["runner_killed", "runner_ended", "server_gone"])
async def test_an_agent_whose_runner_was_away_is_asleep_and_not_broken(
    bob: Member, box: FakeRunner, reason: EndReason
) -> None:
    run = await box.begin("polly")
    await box.tell(run, State(state="idle"), Ended(reason=reason))
    page = await shown(bob, "/launcher")
    assert "its last run failed" not in page
    assert "asleep" in words(page)
    assert "a message wakes it" in words(await shown(bob, f"/launcher/runs/{run}"))


async def test_a_long_run_is_read_page_by_page(bob: Member, box: FakeRunner) -> None:
    run = await box.begin("polly")
    for start in range(0, 250, 50):
        await box.tell(run, *(Said(text=f"word {number}.") for number in range(start, start + 50)))
    page = await shown(bob, f"/launcher/runs/{run}")
    assert ("word 249." in page, "word 50." in page, "word 49." in page) == (True, True, False)
    earlier = re.search(rf'href="(/launcher/runs/{run}\?before=\d+)"', page)
    assert earlier is not None
    page = await shown(bob, earlier[1])
    assert ("word 49." in page, "word 0." in page, "word 50." in page) == (True, True, False)
    assert "What came before" not in page
    assert f'href="/launcher/runs/{run}">To the newest' in page


async def test_one_says_something_to_a_run(bob: Member, box: FakeRunner) -> None:
    run = await box.begin("polly")
    answer = await bob.submit(f"/launcher/runs/{run}/say", content="Stop that", next=f"/launcher/runs/{run}")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/launcher/runs/{run}")
    history = await bob.call("get_history", channel="dm:polly")
    assert history.messages[-1].content == "Stop that"
    empty = await bob.submit(f"/launcher/runs/{run}/say", content="")
    assert empty.status_code == 400
    assert "content" in words(empty.text)


async def test_a_run_whose_machine_is_gone_is_never_said_to_work(team: TestTeam, owner: Member, bob: Member) -> None:
    async with polly_at_home(team) as box:
        run = await box.begin("polly")
        await box.tell(run, State(state="working"))
        assert "working" in words(await shown(bob, "/launcher"))
    await team.server.settle()
    for path in (f"/launcher/runs/{run}", "/launcher", "/agents/polly", "/"):
        page = await shown(bob, path)
        assert "not reachable" in words(page)
        assert "state-working" not in page
        assert "last heard of" in words(page) or path in {"/agents/polly", "/"}
