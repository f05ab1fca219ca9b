"""Checks that any runtime has to pass, each where the runtime declares what the check is about.

Each is given a `Subject`: the runtime, and a program that does as it is told.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import os
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
import pytest

from teammcp import Capabilities, McpServer, NotInstalled, PermissionAnswer, Runtime, TurnEnd

from .runtime_kit import KEY, KEY_VARIABLE, Subject, Trial, pong

Check = Callable[[Subject], Awaitable[None]]
CHECKS: list[tuple[str, Check]] = []
"""All checks, each with the capability that it needs; an empty one needs none."""
NOWHERE = "f5b7c3d2-0000-4000-8000-000000000000"
"""A conversation that is not there."""
SOON = 5.0
"""Seconds within which a program ends that is asked to, or was killed."""
YES, NO = PermissionAnswer(True), PermissionAnswer(False, "Not today.")


def checks_of(runtime: type[Runtime]) -> list[Check]:
    """The checks that apply to a runtime, for ``pytest.mark.parametrize``."""
    declared = {name for name, has in dataclasses.asdict(runtime.capabilities).items() if has}
    return [check for needed, check in CHECKS if not needed or needed in declared]


def check(needed: str = "") -> Callable[[Check], Check]:
    """Register a check of a capability, or of all runtimes."""
    assert not needed or needed in {field.name for field in dataclasses.fields(Capabilities)}

    def register(check: Check) -> Check:
        CHECKS.append((needed, check))
        return check

    return register


@check()
async def finds_its_program(subject: Subject) -> None:
    """It finds its program where it is, and says how to install it where it is not."""
    options = subject.launch().options
    found = await subject.runtime.find(options, subject.environment["PATH"])
    assert Path(found.path).is_file(), found
    with pytest.raises(NotInstalled, match=r"\w+"):
        await subject.runtime.find(options, "/nowhere")


@check()
async def answers_a_turn(subject: Subject) -> None:
    """It takes a turn up, once, before it says anything, and ends it."""
    async with subject.start() as trial:
        sent = await trial.send(subject.prompts.say)
        assert await trial.heard.until_ended() == TurnEnd("done")
        assert trial.heard.all("taken_up") == [sent]
        assert pong(trial)
        order = [heard.what for heard in trial.heard.heard if heard.what in ("taken_up", "text", "turn_ended")]
        assert order[0] == "taken_up"
        assert order[-1] == "turn_ended"
        assert trial.session.pid > 0
        assert trial.session.written > 0


@check()
async def lasts_as_declared(subject: Subject) -> None:
    """It waits for the next turn, or ends with the first, as it declares."""
    async with subject.start() as trial:
        await trial.turn(subject.prompts.say)
        if subject.runtime.capabilities.lasting:
            assert await trial.turn(subject.prompts.say) == TurnEnd("done")
            assert len(trial.heard.all("taken_up")) == 2
            assert _is_running(trial)
        else:
            assert await _ended(trial) == 0


@check("mid_turn")
async def takes_a_turn_up_while_another_runs(subject: Subject) -> None:
    """What is sent while it works joins the running turn, and reaches the model."""
    async with subject.start() as trial:
        first = await trial.send(subject.prompts.rest)
        await trial.until_tool("running")
        second = await trial.send("The word is marmalade.")
        await trial.heard.until_ended()
        assert trial.heard.all("taken_up") == [first, second]
        assert len(trial.heard.all("turn_ended")) == 1
        await trial.turn(subject.prompts.recall.format(word="marmalade"))
        assert "yes, marmalade" in trial.said()


@check("permission")
async def is_allowed(subject: Subject) -> None:
    """What is allowed happens."""
    path = subject.launch().folder / "allowed"
    async with subject.start(answer=YES) as trial:
        assert (await trial.turn(subject.prompts.write.format(path=path))).outcome == "done"
        [question] = trial.heard.all("ask")
        assert question.tool
        assert str(path) in str(question.input)
        assert path.exists()
        assert trial.last_tool().status == "done"


@check("permission")
async def is_denied(subject: Subject) -> None:
    """What is denied does not happen, and the program goes on."""
    path = subject.launch().folder / "denied"
    async with subject.start(answer=NO) as trial:
        await trial.turn(subject.prompts.write.format(path=path))
        assert len(trial.heard.all("ask")) == 1
        assert not path.exists()
        assert trial.last_tool().status == "failed"
        assert (await trial.turn(subject.prompts.say)).outcome == "done"


@check("permission")
async def takes_no_answer_for_a_no(subject: Subject) -> None:
    """A question that cannot be answered is denied."""
    path = subject.launch().folder / "unanswered"
    async with subject.start(answer=RuntimeError("The server is away.")) as trial:
        await trial.turn(subject.prompts.write.format(path=path))
        assert not path.exists()


@check("permission")
async def withdraws_its_question_when_it_ends(subject: Subject) -> None:
    """A question that is open when the program is closed is cancelled, and nothing happens."""
    path = subject.launch().folder / "withdrawn"
    async with subject.start() as trial:
        trial.heard.silent.set()
        await trial.send(subject.prompts.write.format(path=path))
        await trial.heard.until(lambda: bool(trial.heard.all("ask")), "the question")
        await trial.session.close()
        await _ended(trial)
        await trial.heard.until(lambda: trial.heard.cancelled == 1, "its end")
        assert not path.exists()


@check("interrupt")
async def breaks_a_turn_off_and_goes_on(subject: Subject) -> None:
    """A turn that is broken off ends as interrupted, and the next one is an ordinary one."""
    async with subject.start() as trial:
        await trial.session.interrupt()  # nothing to break off
        await trial.send(subject.prompts.work)
        await _taken_up(subject, trial, 1)
        await trial.session.interrupt()
        assert (await trial.heard.until_ended()).outcome == "interrupted"
        assert await trial.turn(subject.prompts.say) == TurnEnd("done")


@check("resume")
async def goes_on_with_a_conversation(subject: Subject) -> None:
    """A later session knows what was said in an earlier one, and says that it goes on with it."""
    async with subject.start() as trial:
        [(conversation, resumed)] = trial.heard.all("conversation")
        assert conversation
        assert not resumed
        await trial.turn(f"The word is marmalade.\n{subject.prompts.say}")
        await trial.session.close()
        await _ended(trial)
    async with subject.start(conversation) as trial:
        assert trial.heard.all("conversation") == [(conversation, True)]
        await trial.turn(subject.prompts.recall.format(word="marmalade"))
        assert "yes, marmalade" in trial.said()


@check("resume")
async def goes_on_after_it_was_killed(subject: Subject) -> None:
    """What was said before the program was killed is known."""
    async with subject.start() as trial:
        await trial.turn(f"The word is marmalade.\n{subject.prompts.say}")
        await trial.send(subject.prompts.work)
        await _taken_up(subject, trial, 2)
        await _kill(trial)
        conversation = trial.heard.conversation_id
    async with subject.start(conversation) as trial:
        assert trial.heard.all("conversation") == [(conversation, True)]
        await trial.turn(subject.prompts.recall.format(word="marmalade"))
        assert "yes, marmalade" in trial.said()


@check("resume")
async def does_not_claim_to_go_on_with_what_is_not_there(subject: Subject) -> None:
    """Asked to go on with a conversation that is not there, it begins another, and says so."""
    async with subject.start(NOWHERE) as trial:
        [(conversation, resumed)] = trial.heard.all("conversation")
        assert conversation != NOWHERE
        assert not resumed
        assert await trial.turn(subject.prompts.say) == TurnEnd("done")


@check("usage")
async def tells_what_it_uses_once(subject: Subject) -> None:
    """Every turn tells what it has used itself, also in a conversation that goes on."""
    async with subject.start() as trial:
        await trial.turn(subject.prompts.say)
        await trial.turn(subject.prompts.say)
        first, second = trial.used_in_turns()
        conversation = trial.heard.conversation_id
        await trial.session.close()
        await _ended(trial)
    assert first.tokens_in + first.tokens_out > 0 or first.cost_usd > 0
    assert first == second, "A model that answers from a script uses the same for the same."
    if subject.runtime.capabilities.resume:
        async with subject.start(conversation) as trial:
            await trial.turn(subject.prompts.say)
            assert trial.used_in_turns() == [first]


@check("tools")
async def is_given_the_teams_tools(subject: Subject) -> None:
    """The program comes to the team's MCP server with the agent's key."""
    async with _mcp_server() as (url, keys):
        with_tools = dataclasses.replace(subject, mcp=McpServer("teammcp", url, KEY_VARIABLE))
        async with with_tools.start() as trial:
            await trial.turn(subject.prompts.say)
            async with asyncio.timeout(subject.seconds):
                assert await keys.get() == f"Bearer {KEY}"


@check()
async def keeps_the_key_out_of_sight(subject: Subject) -> None:
    """The agent's key is on no command line and in no file, also after a tool was used."""
    async with subject.start() as trial:
        if subject.runtime.capabilities.lasting:
            await trial.turn(subject.prompts.leave)
        await trial.send(subject.prompts.work)
        await trial.heard.until(lambda: trial.session.pid > 0, "the process")
        for process in await asyncio.to_thread(trial.session.family().find):
            assert KEY not in " ".join(process.cmdline())
        assert files_with(KEY, subject.folder) == []


@check()
async def ends_when_it_is_closed(subject: Subject) -> None:
    """Closed, it ends by itself, soon, and nothing of it is left."""
    async with subject.start() as trial:
        if subject.runtime.capabilities.lasting:
            await trial.turn(subject.prompts.say)
        await trial.session.close()
        assert await _ended(trial) in (0, -signal.SIGTERM)
        assert not await asyncio.to_thread(trial.session.family().find)


@check()
async def shows_that_it_was_killed(subject: Subject) -> None:
    """Killed in the midst of a turn, it is seen to have ended, and its turn is not said to be over."""
    async with subject.start() as trial:
        await trial.send(subject.prompts.work)
        await trial.heard.until(lambda: trial.session.pid > 0, "the process")
        await asyncio.sleep(subject.settles)
        begun = time.monotonic()
        assert await _kill(trial) == -signal.SIGKILL
        assert time.monotonic() - begun < SOON
        assert not trial.heard.all("turn_ended")
        assert isinstance(trial.session.last_output(), str)
        if subject.runtime.capabilities.lasting:
            with pytest.raises(BrokenPipeError):
                await trial.send(subject.prompts.say)


@check()
async def finds_what_its_program_has_left(subject: Subject) -> None:
    """A process that a tool has left in a session of its own is found, and ended."""
    async with subject.start() as trial:
        await trial.turn(subject.prompts.leave)
        left = [process for process in await asyncio.to_thread(trial.session.family().find) if _sleeps(process)]
        assert len(left) == 1
        if _is_running(trial):
            assert os.getsid(left[0].pid) != os.getsid(trial.session.pid)
            await _kill(trial)
            assert _alive(left[0]), "The check wants a process that outlives the program."
        assert not await trial.session.family().end(0)
        assert not _alive(left[0])


@check()
async def does_not_do_what_it_does_not_declare(subject: Subject) -> None:
    """A session that cannot be interrupted says so, and only a terminal has a screen."""
    async with subject.start() as trial:
        assert (trial.session.terminal is not None) == subject.runtime.capabilities.terminal
        if not subject.runtime.capabilities.interrupt:
            with pytest.raises(NotImplementedError):
                await trial.session.interrupt()


def files_with(secret: str, folder: Path) -> list[Path]:
    """Files below a folder that hold something."""
    found = []
    for file in folder.rglob("*"):
        with contextlib.suppress(OSError):  # it is no file, or is gone already
            if secret.encode() in file.read_bytes():
                found.append(file)
    return found


async def _ended(trial: Trial) -> int:
    try:
        async with asyncio.timeout(SOON):
            return await trial.session.wait()
    except TimeoutError:
        raise AssertionError(f"The program has not ended within {SOON:g} s. Heard: {trial.heard.heard}") from None


async def _taken_up(subject: Subject, trial: Trial, turns: int) -> None:
    """Wait until so many turns are in the model's hands. Without a receipt nothing may be heard of the last one yet."""
    expected = turns if subject.runtime.capabilities.receipt else turns - 1
    await trial.heard.until(lambda: len(trial.heard.all("taken_up")) >= expected, "the receipt")
    await asyncio.sleep(subject.settles)


async def _kill(trial: Trial) -> int:
    os.kill(trial.session.pid, signal.SIGKILL)
    return await _ended(trial)


def _is_running(trial: Trial) -> bool:
    try:
        return _alive(psutil.Process(trial.session.pid))
    except psutil.NoSuchProcess:
        return False


def _alive(process: psutil.Process) -> bool:
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def _sleeps(process: psutil.Process) -> bool:
    try:
        return bool(process.cmdline()[-1:] == ["300"])
    except psutil.Error:
        return False


@asynccontextmanager
async def _mcp_server() -> AsyncIterator[tuple[str, asyncio.Queue[str]]]:
    """A server that knows no MCP; its address, and the headers ``Authorization`` that it is sent."""
    keys: asyncio.Queue[str] = asyncio.Queue()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        headers = {}
        while (line := (await reader.readline()).decode().strip()) != "":
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        if "mcp-method" in headers:  # a runtime that looks whether the tools are there, before it starts its program
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")
        else:
            if "authorization" in headers:
                keys.put_nowait(headers["authorization"])
            writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/mcp", keys
