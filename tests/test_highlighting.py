"""Code of others is coloured within a limited time, whatever is in it, and nobody else waits for it."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from pygments.lexers import get_all_lexers

from teammcp.markdown import highlighting, render_markdown
from teammcp.markdown.highlighting import LATE, PLAIN, Highlighter, highlight, page_budget
from teammcp.testing import TestTeam
from tests.hostile_code import KNOWN, short
from tests.timing import quickest
from tests.webkit import visiting

SCALA = dict(KNOWN)["scala"]
LIMIT = 4.0
"""Seconds within which a text has its answer on a machine that does other things as well; its limit is 0.2."""


@pytest.fixture
def highlighter(monkeypatch: pytest.MonkeyPatch) -> Iterator[Highlighter]:
    fresh = Highlighter()
    monkeypatch.setattr(highlighting, "_highlighter", fresh)
    yield fresh
    fresh.close()


def test_code_has_colours(highlighter: Highlighter) -> None:
    assert '<span class="k">def</span>' in str(highlight("def f(): pass\n", "Python").html)
    assert (
        highlight("<b>\n", "html").html
        == '<span class="p">&lt;</span><span class="nt">b</span><span class="p">&gt;</span>\n'
    )


@pytest.mark.parametrize(("language", "code"), KNOWN, ids=[language for language, _ in KNOWN])
def test_no_code_takes_long(highlighter: Highlighter, language: str, code: str) -> None:
    began = time.monotonic()
    assert highlight(code, language) == LATE
    assert time.monotonic() - began < LIMIT
    assert highlight("x = 1\n", "python").final, "the next one is coloured"


def test_what_took_too_long_is_not_tried_again(highlighter: Highlighter) -> None:
    highlight(SCALA, "scala")
    assert [highlight(SCALA, "scala") for _ in range(100)] == [LATE] * 100
    assert quickest(lambda: [highlight(SCALA, "scala") for _ in range(100)], time.monotonic) < 0.1


def test_a_page_waits_for_all_its_code_no_longer_than_its_budget(highlighter: Highlighter) -> None:
    hostile = [f"```scala\n{SCALA}{number}\n```" for number in range(50)]
    highlight("x = 1\n", "python")
    began = time.monotonic()
    with page_budget():
        html = [render_markdown(text) for text in hostile]
    assert time.monotonic() - began < 2
    assert all("\\\\" in each for each in html), "all of it is shown"


def test_what_came_too_late_is_coloured_the_next_time(highlighter: Highlighter) -> None:
    text = "```python\ndef late(): pass\n```"
    with page_budget(0):
        assert "<span" not in render_markdown(text)
    assert '<span class="k">def</span>' in render_markdown(text)


def test_only_some_may_wait_at_once(highlighter: Highlighter, monkeypatch: pytest.MonkeyPatch) -> None:
    go_on = threading.Event()

    def stuck(_job: object) -> highlighting.Coloured:
        go_on.wait(30)
        return PLAIN

    monkeypatch.setattr(highlighter, "_do", stuck)
    threads = [
        threading.Thread(target=highlight, args=(f"x{number}", "python")) for number in range(highlighting.WAITING)
    ]
    for thread in threads:
        thread.start()
    while highlighter.waiting < highlighting.WAITING:
        time.sleep(0.01)
    assert highlight("one more", "python") == LATE
    go_on.set()
    for thread in threads:
        thread.join(30)


def test_what_nobody_can_colour_is_plain(highlighter: Highlighter) -> None:
    assert highlight("x", "no-such-language") == PLAIN
    assert highlight("x" * (highlighting.LONGEST + 1), "python") == PLAIN
    assert highlight("x", "python onmouseover=alert(1)") == PLAIN
    assert highlight("", "python") == PLAIN
    assert highlight("\ud83d", "python").final


def test_a_process_that_was_ended_is_replaced(highlighter: Highlighter) -> None:
    highlight("a = 1\n", "python")
    assert highlighter.process is not None
    highlighter.process.kill()
    highlighter.process.wait()
    assert highlight("a = 2\n", "python").html is not None


def test_without_a_process_code_is_plain(highlighter: Highlighter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/no/such/python")
    assert highlight("a = 1\n", "python") == LATE


def test_nothing_runs_before_there_is_code_nor_long_after_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(highlighting, "IDLE_SECONDS", 0.2)
    highlighter = Highlighter()
    assert highlighter.process is None
    assert highlighter.colour("a = 1\n", "python").html is not None
    process = highlighter.process
    assert process is not None
    process.wait(30)
    assert highlighter.colour("a = 2\n", "python").html is not None, "it starts again"
    highlighter.close()


@pytest.mark.skipif(os.name != "posix", reason="what is tried is SIGKILL")
@pytest.mark.parametrize("code", ["x = 1", SCALA], ids=["waiting", "busy"])
def test_the_process_dies_with_a_server_that_is_killed(code: str) -> None:
    program = textwrap.dedent(
        f"""
        import threading, time
        from teammcp.markdown import highlighting
        highlighting.highlight("a", "python")
        threading.Thread(target=highlighting.highlight, args=({code!r}, "scala"), daemon=True).start()
        time.sleep(0.05)
        print(highlighting._highlighter.process.pid, flush=True)
        time.sleep(60)
        """
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as server:
        assert server.stdout is not None
        worker = int(server.stdout.readline())
        server.kill()
    deadline = time.monotonic() + 20
    while _runs(worker) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _runs(worker)


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{pid}/stat")
    return not (status.exists() and status.read_text().rpartition(")")[2].split()[0] == "Z")


def test_pygments_runs_in_the_process_alone() -> None:
    program = "import sys, teammcp.app, teammcp.markdown as m, teammcp.web.values as v\n"
    program += "m.render_markdown('```python\\nx = 1\\n```'); v.rendered({'a': 1})\nsys.exit('pygments' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], timeout=60).returncode == 0


async def test_a_channel_full_of_hostile_code_holds_up_nobody(team: TestTeam, highlighter: Highlighter) -> None:
    alice = await team.agent("alice")
    for language, code in KNOWN:
        await alice.call("send_message", channel="general", content=f"```{language}\n{code}\n```")
    browser = await visiting(team, team.owner.key)
    longest = 0.0

    async def others() -> None:
        nonlocal longest
        while True:
            began = time.monotonic()
            await alice.call("get_me")
            longest = max(longest, time.monotonic() - began)
            await asyncio.sleep(0.01)

    asking = asyncio.create_task(others())
    began = time.monotonic()
    assert (await browser.get("/channels/general")).status == 200
    assert time.monotonic() - began < LIMIT
    asking.cancel()
    assert longest < 1


@pytest.mark.sweep
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("alias", [aliases[0] for _, aliases, _, _ in get_all_lexers(plugins=False) if aliases])
def test_every_lexer_has_its_limit(alias: str) -> None:
    for code in short():
        began = time.monotonic()
        highlight(code, alias)
        assert time.monotonic() - began < LIMIT, code
