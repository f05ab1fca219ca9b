"""Keepers: from a message to a turn, from a turn to an answer, from an end to the next run."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from teammcp_claude_launcher.entries import NO_SIGN
from teammcp_claude_launcher.runner import journal, process
from teammcp_claude_launcher.runner.journal import Journal
from teammcp_claude_launcher.runner.keepers import keeper
from teammcp_claude_launcher.runner.keepers.run import BREAKS_OFF

from teammcp import (
    AgentStart,
    Capabilities,
    Context,
    PermissionQuestion,
    Refused,
    TeamError,
    TokenUsage,
    hookimpl,
)
from teammcp.testing import Member, TestTeam

from .keeping import Stage, until
from .runners import heard_from_server
from .scripted import ALL, PuppetPlugin, Puppets


class Refusals:
    """A plugin that may refuse every run."""

    why = ""
    asked = 0

    @hookimpl
    def before_agent_start(self, context: Context, start: AgentStart) -> None:
        if self.why:
            self.asked += 1
            raise Refused(self.why)


REFUSALS = Refusals()
PLUGINS = {"puppets": PuppetPlugin(), "refusals": REFUSALS}
SETTINGS = {"machine": "here", "local_runner": False, "stop_seconds": 3, "sign_seconds": 10}
pytestmark = pytest.mark.teammcp(install=PLUGINS, plugins={"claude_launcher": SETTINGS})


@pytest.fixture
def stage(team: TestTeam, tmp_path: Path) -> Stage:
    return Stage(team, tmp_path / "runner", Puppets(), Puppets(replace(ALL, mid_turn=False), "quiet"))


async def test_an_agent_is_started_takes_a_message_up_answers_it_and_falls_asleep(stage: Stage) -> None:
    async with stage.running():
        await stage.start(limits={"idle_minutes": 1})
        program = await stage.session()
        message = await stage.tell("What is new?")
        turn = await stage.turn(program)
        assert "What is new?" in turn.text
        assert await stage.receipt(message) == "handed_over"
        program.take()
        await stage.reached(message, "offered")
        program.end_turn("Nothing.")
        assert await stage.said() == ["Nothing."]
        await stage.clock.advance(61)
        assert await stage.ended() == ["asleep"]
        assert not stage.runtime.alive


async def test_what_comes_in_the_middle_of_a_turn_joins_it_or_waits_for_its_end_all_together(
    stage: Stage,
) -> None:
    async with stage.running():
        await stage.start("bob", answers="output")
        bob = await stage.session()
        await stage.tell("first")
        await stage.turn(bob)
        bob.take()
        await stage.tell("second")
        assert "second" in (await stage.turn(bob, 2)).text
        bob.take()
        bob.end_turn("both")

        await stage.start("eve", runtime="quiet", answers="output")
        [eve] = await until(lambda: stage.runtimes["quiet"].sessions, "the program of eve")
        await stage.tell("first", "eve")
        await stage.turn(eve)
        eve.take()
        ids = [await stage.tell(text, "eve") for text in ("second", "third")]
        for each in ids:
            await stage.reached(each, "handed_over", "eve")
        assert len(eve.turns) == 1
        eve.end_turn("one")
        text = (await stage.turn(eve, 2)).text
        assert "second" in text
        assert "third" in text
        assert [len(bob.turns), len(eve.turns)] == [2, 2]


async def test_an_answer_with_what_no_text_may_hold_is_sent_legible_and_its_turn_is_over(stage: Stage) -> None:
    stage.runtime.script = None
    async with stage.running():
        await stage.start()
        program = await stage.session()
        message = await stage.tell("What is in the file?")
        await stage.turn(program)
        program.take()
        program.end_turn("nul \x00, half \ud83d", detail="\ud83d")
        assert await stage.said() == ["nul \ufffd, half ?"]
        await stage.reached(message, "answered")


async def test_each_conversation_is_answered_where_it_is_and_none_that_the_agent_has_answered_itself(
    stage: Stage, team: TestTeam
) -> None:
    stage.runtime.script = None
    async with stage.running():
        bob = await stage.start()
        program = await stage.session()
        await stage.tell("in private")
        await stage.turn(program)
        public = (await stage.owner.call("send_message", channel="general", content="@bob in public")).id
        program.take()
        await stage.reached(public, "handed_over")
        assert len(program.turns) == 1
        program.end_turn("a private answer")
        assert "in public" in (await stage.turn(program, 2)).text
        program.take()
        program.end_turn("a public answer")
        assert await stage.said() == ["a private answer"]

        async def answered() -> bool:
            found = (await stage.owner.call("get_history", channel="general")).messages
            return [(each.content, each.reply_to) for each in found if each.from_agent == "bob"] == [
                ("a public answer", public)
            ]

        await until(answered, "the public answer")

        await stage.tell("again")
        await stage.turn(program, 3)
        program.take()
        member = team.member("bob", stage.key("bob"))
        await member.call("send_dm", recipient="owner", content="by my tools")
        program.end_turn("I have answered")
        await stage.tell("and now?")
        await stage.turn(program, 4)
        program.take()
        program.end_turn("Now this.")
        assert await stage.said(count=3) == ["a private answer", "by my tools", "Now this."]
        output = await stage.owner.call("get_agent_output", agent="bob")
        assert [chunk.text for chunk in output.chunks] == [
            "a private answer",
            "a public answer",
            "I have answered",
            "Now this.",
        ]
        assert bob.name == "bob"


async def test_what_the_agent_has_read_by_itself_is_not_written_to_it(stage: Stage, team: TestTeam) -> None:
    stage.runtime.capabilities = replace(ALL, mid_turn=False)  # type: ignore[misc]
    async with stage.running():
        await stage.start()
        program = await stage.session()
        await stage.tell("first")
        await stage.turn(program)
        program.take()
        second = await stage.tell("second")
        await stage.reached(second, "handed_over")
        await team.member("bob", stage.key("bob")).call("get_inbox")
        program.end_turn("yes")
        await stage.tell("third")
        text = (await stage.turn(program, 2)).text
        assert "third" in text
        assert "second" not in text


async def test_a_crash_is_seen_at_once_and_what_was_not_taken_up_is_written_again(stage: Stage) -> None:
    async with stage.running():
        await stage.start()
        first = await stage.session()
        message = await stage.tell("do it")
        await stage.turn(first)
        first.exit(3)
        assert await stage.ended() == ["crashed"]
        [run] = await stage.runs()
        assert (run.exit_code, run.last_output) == (3, "the last line")
        assert run.detail == "The program ended with 3.", "what it wrote is not for all who see why it ended"
        assert len(stage.runtime.sessions) == 1, "not at once"
        await stage.clock.advance(1.1)
        second = await stage.session(2)
        assert second.launch.conversation == "talk-1"
        turn = await stage.turn(second)
        assert "do it" in turn.text
        assert "may have reached you before" in turn.text
        assert await stage.receipt(message) == "handed_over"
        second.take()
        await stage.reached(message, "offered")
        second.exit(-9)
        await stage.ended(count=2)
        await stage.clock.advance(2.1)
        third = await stage.session(3)
        turn = await stage.turn(third)
        assert "ended unexpectedly" in turn.text
        assert "do it" not in turn.text
        stage.runtime.resumes = False
        third.exit(1)
        await stage.ended(count=3)
        await stage.clock.advance(4.1)
        fourth = await stage.session(4)
        turn = await stage.turn(fourth)
        assert "ended unexpectedly" in turn.text
        assert "do it" in turn.text
        fourth.take()
        fourth.end_turn("done")
        assert await stage.said() == ["done"]
        assert (await stage.runs())[0].state == "idle"


async def test_what_crashes_too_often_is_not_started_again_until_somebody_does(stage: Stage) -> None:
    async with stage.running():
        await stage.start(limits={"restarts": 2})
        for number in (1, 2, 3):
            (await stage.session(number)).exit(1)
            await stage.ended(count=number)
            await stage.clock.advance(10)
        await stage.tell("hello?")
        await stage.clock.advance(400)
        assert len(stage.runtime.sessions) == 3
        home = await stage.owner.call("get_agent_home", name="bob")
        assert "3 times in five minutes" in home.held
        await stage.owner.call("start_agent", name="bob")
        assert "hello?" in (await stage.turn(await stage.session(4))).text


@pytest.mark.parametrize(
    ("limit", "story"), [({"run_tokens": 100}, "100 of 100 tokens"), ({"run_cost_usd": 0.3}, "$0.30 of $0.30")]
)
async def test_a_run_that_has_used_up_what_it_may_is_ended_at_once_and_its_agent_held(
    stage: Stage, limit: dict[str, float], story: str
) -> None:
    async with stage.running():
        await stage.start(limits=limit)
        program = await stage.session()
        await stage.tell("work")
        await stage.turn(program)
        program.take()
        program.listener.usage(TokenUsage(tokens_in=60, cost_usd=0.2))
        await stage.clock.advance(1)
        assert program.lives
        program.listener.usage(TokenUsage(tokens_out=40, cost_usd=0.1))
        assert await stage.ended() == ["over_limit"]
        assert not stage.runtime.alive

        async def is_held() -> bool:
            return story in (await stage.owner.call("get_agent_home", name="bob")).held

        await until(is_held, "the agent to be held")


async def test_a_program_is_watched_for_a_sign_for_silence_and_for_memory(stage: Stage) -> None:
    async with stage.running():
        await stage.start(limits={"quiet_minutes": 5, "memory_mb": 100})
        first = await stage.session()
        await stage.tell("work")
        await stage.turn(first)
        await stage.clock.advance(11)

        async def is_silent() -> bool:
            return (await stage.runs())[0].state_reason == NO_SIGN

        await until(is_silent, "word that there is no sign")
        first.take()

        async def is_at_work() -> bool:
            run = (await stage.runs())[0]
            return (run.state, run.state_reason) == ("working", "")

        await until(is_at_work, "word that there is one")
        for _ in range(4):
            await stage.clock.advance(200)
            first.listener.thought("hm")
        assert first.lives
        await stage.clock.advance(301)
        assert await stage.ended() == ["hung"]
        await stage.clock.advance(2)
        second = await stage.session(2)
        await stage.turn(second)
        second.take()
        second.grow(200 * 1024 * 1024)
        await stage.clock.advance(16)
        assert await stage.ended(count=2) == ["hung", "over_memory"]


async def test_what_is_heard_besides_is_no_sign_of_a_turn(stage: Stage) -> None:
    async with stage.running():
        await stage.start()
        program = await stage.session()
        await stage.tell("work")
        await stage.turn(program)
        await stage.clock.advance(6)
        program.listener.note("It waits for an empty prompt.")
        await stage.clock.advance(5)

        async def is_silent() -> bool:
            return (await stage.runs())[0].state_reason == NO_SIGN

        await until(is_silent, "word that there is no sign")
        program.listener.note("It still waits.")
        await stage.clock.advance(1)
        assert await is_silent()


async def test_who_waits_for_a_program_that_is_not_ready_is_told_within_seconds_and_once(stage: Stage) -> None:
    async def state() -> tuple[str, str]:
        run = (await stage.runs())[0]
        return run.state, run.state_reason

    def waits(count: int) -> bool:
        keeper = stage.keepers._keepers.get("bob")
        kept = keeper._deliveries.waiting() if keeper is not None else []
        return len([each for each in kept if each.starts_since is not None]) == count

    async def told(member: Member) -> list[str]:
        return [text for text in await heard_from_server(member) if "no sign of working" in text]

    async with stage.running():
        ann, cleo = [await stage.team.agent(name) for name in ("ann", "cleo")]
        stage.runtime.is_ready.clear()
        await stage.start()
        await ann.call("send_dm", recipient="bob", content="Your brief: go.")
        await until(lambda: waits(1), "the first to wait")
        await stage.clock.advance(9)
        assert (await state(), await told(ann)) == (("starting", ""), [])
        await cleo.call("send_dm", recipient="bob", content="And I?")
        await until(lambda: waits(2), "the second to wait")
        await stage.clock.advance(2)
        await until(lambda: told(ann), "word to the first")
        assert (await state(), await told(cleo)) == (("starting", NO_SIGN), [])
        await stage.clock.advance(9)
        await until(lambda: told(cleo), "word to the second")

        stage.runtime.refuses = "It is not logged in."
        stage.runtime.is_ready.set()
        assert await stage.ended() == ["not_started"]
        stage.runtime.refuses = ""
        stage.runtime.is_ready.clear()
        await stage.clock.advance(2)
        await until(lambda: stage.clock.next_wake > 0, "the next run")
        await stage.clock.advance(15)
        stage.runtime.is_ready.set()
        turn = await stage.turn(await stage.session())
        assert "Your brief: go." in turn.text

        async def is_at_work() -> bool:
            return await state() == ("working", "")

        await until(is_at_work, "word that it is ready")
        await stage.clock.advance(11)

        async def is_silent() -> bool:
            return await state() == ("working", NO_SIGN)

        await until(is_silent, "word that it does not work on it")
        assert [len(await told(each)) for each in (ann, cleo)] == [1, 1]
        stage.runtime.last.take()
        await until(is_at_work, "word that it works")


async def test_it_is_stopped_while_it_works_while_it_starts_and_while_it_does_not_listen(stage: Stage) -> None:
    async with stage.running():
        await stage.start()
        first = await stage.session()
        await stage.tell("work")
        await stage.turn(first)
        first.take()
        first.is_stubborn = True
        await stage.owner.call("stop_agent", name="bob")
        await until(lambda: first.is_asked_to_end, "the program to be asked to end")
        assert first.lives
        await stage.clock.advance(3.1)
        assert await stage.ended() == ["stopped"]
        assert not first.lives
        stage.runtime.is_ready.clear()
        await stage.owner.call("start_agent", name="bob")

        async def is_starting() -> bool:
            return (await stage.runs())[0].state == "starting"

        await until(is_starting, "the next run")
        await stage.owner.call("stop_agent", name="bob")
        assert await stage.ended(count=2) == ["stopped", "stopped"]
        stage.runtime.is_ready.set()
        await stage.owner.call("start_agent", name="bob")
        second = await stage.session(2)
        await stage.owner.call("restart_agent", name="bob")
        assert await stage.ended(count=3) == ["stopped", "stopped", "restarted"]
        third = await stage.session(3)
        assert [second.lives, third.lives] == [False, True]
        assert not third.turns, "what was stopped is not gone on with"


async def test_a_run_that_cannot_be_written_down_ends_as_soon_as_that_can(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal, "RETRY", 0.01)
    async with stage.running():
        [seat] = stage.runner.seats.values()
        with monkeypatch.context() as full:
            full.setattr(Journal, "_write", refuse)
            await stage.start()
            await until(lambda: seat.journal.last >= 2, "a run that is granted, and its end")
            await stage.owner.call("stop_agent", name="bob")
        assert await stage.ended() == ["not_started"]
        [run] = await stage.runs()
        assert "The disk is full." in run.detail
        assert not stage.runtime.sessions


async def test_a_runner_that_can_write_nothing_ends_its_programs_and_itself(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeper, "LAST_WRITES", 0.05)
    monkeypatch.setattr(process, "LAST_REPORT", 0.05)
    await stage.up()
    await stage.connected()
    await stage.start()
    session = await stage.session()
    await stage.tell("work")
    await stage.turn(session)
    monkeypatch.setattr(Journal, "_write", refuse)
    monkeypatch.setattr(stage.runner._store, "write", refuse_all)
    async with asyncio.timeout(10):
        await stage.down()
    assert not session.lives


def refuse(*_: object) -> None:
    raise TeamError("The disk is full.")


async def refuse_all(*_: object) -> None:
    refuse()


async def test_a_turn_that_a_lost_key_has_cut_off_is_gone_on_with_unless_somebody_stops_the_agent(stage: Stage) -> None:
    async with stage.running():
        await stage.start()
        first = await stage.session()
        await stage.tell("work")
        await stage.turn(first)
        first.take()
        await stage.owner.call("rotate_key", name="bob")
        assert await stage.ended() == ["stopped"]
        assert "new_key=true" in (await stage.runs())[0].detail
        await stage.owner.call("start_agent", name="bob", new_key=True)
        second = await stage.session(2)
        assert "ended unexpectedly" in (await stage.turn(second)).text
        second.take()
        await stage.owner.call("rotate_key", name="bob")
        await stage.ended(count=2)
        await stage.owner.call("stop_agent", name="bob")

        await until(lambda: not stage.orders.homes[0].wanted, "the order to stop")
        await stage.owner.call("start_agent", name="bob", new_key=True)
        third = await stage.session(3)
        await stage.tell("other work")
        text = (await stage.turn(third)).text
        assert "other work" in text
        assert "ended unexpectedly" not in text


async def test_a_turn_in_whose_middle_an_agent_moves_is_gone_on_with_on_its_new_machine(
    stage: Stage, team: TestTeam, tmp_path: Path
) -> None:
    there = Stage(team, tmp_path / "there", Puppets(), machine="there")
    async with stage.running(), there.running():
        await stage.start()
        first = await stage.session()
        done = await stage.tell("done work")
        await stage.turn(first)
        first.take()
        first.end_turn("did it")
        await stage.reached(done, "answered")
        message = await stage.tell("half of the work")
        await stage.turn(first, 2)
        first.take()
        await stage.reached(message, "offered")
        await stage.owner.call("start_agent", name="bob", machine="there")
        assert await stage.ended() == ["stopped"]

        async def has_moved() -> bool:
            await there.clock.advance(5)
            return bool(there.runtime.sessions)

        await until(has_moved, "its program there")
        turn = await there.turn(there.runtime.last)
        assert "half of the work" in turn.text
        assert "done work" not in turn.text
        assert "check first what of it you had done already" in turn.text
        there.runtime.last.take()
        there.runtime.last.end_turn("did the rest")
        await stage.reached(message, "answered")
        assert await stage.said(count=2) == ["did it", "did the rest"]
        assert not first.lives


async def test_a_new_key_renews_what_runs_with_the_old_one_and_its_turn_is_gone_on_with(stage: Stage) -> None:
    async with stage.running():
        await stage.start()
        first = await stage.session()
        await stage.tell("work")
        await stage.turn(first)
        first.take()
        await stage.owner.call("start_agent", name="bob", new_key=True)
        assert await stage.ended() == ["restarted"]
        second = await stage.session(2)
        assert second.launch.environment["TEAMMCP_KEY"] != first.launch.environment["TEAMMCP_KEY"]
        assert "ended unexpectedly" in (await stage.turn(second)).text


async def test_permissions_follow_the_policy_and_silence_is_no_yes(stage: Stage) -> None:
    async with stage.running():
        for policy, allowed in (("allow", True), ("deny", False), ("ask", False)):
            await stage.start(policy, policy=policy)
            program = await until(lambda: stage.runtime.sessions and stage.runtime.last, "a program")
            await until(lambda: stage.runtime.last.launch.agent == policy, "its program")  # noqa: B023
            program = stage.runtime.last
            answer = await program.listener.ask(PermissionQuestion("1", "Bash", {"command": "ls"}))
            assert answer.allowed is allowed
            if policy == "ask":
                assert "no approvals are installed" in answer.message


async def test_a_runner_that_is_killed_goes_on_where_it_was(stage: Stage) -> None:
    async with stage.running():
        await stage.start("bob")
        await stage.start("eve")
        await until(lambda: len(stage.runtime.sessions) == 2, "both programs")
        programs = {session.launch.agent: session for session in stage.runtime.sessions}
        bob, eve = programs["bob"], programs["eve"]
        taken, untaken = await stage.tell("bob's work", "bob"), await stage.tell("eve's work", "eve")
        await stage.turn(bob)
        await stage.turn(eve)
        bob.take()
        await stage.reached(taken, "offered", "bob")
        await stage.kill()
    async with stage.running():
        await until(lambda: len(stage.runtime.sessions) == 4, "both programs again")
        again = {session.launch.agent: session for session in stage.runtime.sessions[2:]}
        turn = await stage.turn(again["bob"])
        assert "ended unexpectedly" in turn.text
        assert "bob's work" not in turn.text
        turn = await stage.turn(again["eve"])
        assert "eve's work" in turn.text
        again["eve"].take()
        await stage.reached(untaken, "offered", "eve")
        assert await stage.ended("bob") == ["runner_killed"]
        assert await stage.ended("eve") == ["runner_killed"]


async def test_while_the_server_is_away_the_turn_goes_on_and_everything_is_said_once_afterwards(stage: Stage) -> None:
    async with stage.running():
        await stage.start()
        program = await stage.session()
        message = await stage.tell("work")
        await stage.turn(program)
        stage.network.cut()
        program.take()
        program.listener.usage(TokenUsage(10, 20, 0.5, "model"))
        program.end_turn("done")
        await stage.clock.advance(30)
        assert await stage.receipt(message) == "handed_over"
        stage.network.mend()

        async def is_back() -> bool:
            await stage.clock.advance(5)
            return await stage.receipt(message) == "answered"

        await until(is_back, "the answer")
        assert await stage.said() == ["done"]
        usage = await stage.owner.call("get_usage", agent="bob")
        assert usage.agents[0].days[-1].tokens_in == 10
        assert program.lives
        assert len(program.turns) == 1


async def test_nothing_is_begun_while_all_are_paused_and_nothing_runs_twice(stage: Stage) -> None:
    async with stage.running():
        await stage.start()
        program = await stage.session()
        await stage.owner.call("pause_agents", reason="lunch")
        await until(lambda: stage.keepers._paused, "the pause")
        message = await stage.tell("work")
        await stage.clock.advance(1)
        assert await stage.receipt(message) == "stored"
        await stage.owner.call("resume_agents")
        assert "work" in (await stage.turn(program)).text
        await stage.owner.call("start_agent", name="bob")
        await stage.clock.advance(1)
        assert stage.runtime.sessions == [program]


async def test_a_program_that_does_not_last_runs_once_for_each_turn(stage: Stage) -> None:
    stage.runtime.capabilities = Capabilities(lasting=False)  # type: ignore[misc]
    async with stage.running():
        await stage.start()
        await stage.clock.advance(1)
        assert stage.runtime.sessions == []
        for number in (1, 2):
            message = await stage.tell(f"work {number}")
            program = await stage.session(number)
            await stage.turn(program)
            program.end_turn(f"did {number}")
            await stage.reached(message, "answered")
        assert await stage.ended(count=2) == ["finished", "finished"]
        assert await stage.said() == ["did 1", "did 2"]


@pytest.mark.teammcp(install=PLUGINS, plugins={"claude_launcher": {**SETTINGS, "at_once": 1}})
async def test_who_has_nothing_to_do_makes_room_for_who_waits_and_who_works_does_not(stage: Stage) -> None:
    async with stage.running():
        await stage.start("bob")
        bob = await stage.session()
        await stage.tell("work", "bob")
        await stage.turn(bob)
        bob.take()
        await stage.start("eve")
        await stage.clock.advance(60)
        assert stage.runtime.sessions == [bob]
        bob.end_turn("done")
        eve = await stage.session(2)
        assert eve.launch.agent == "eve"
        assert not bob.lives
        assert await stage.ended("bob") == ["asleep"]
        await stage.tell("more", "bob")
        again = await stage.session(3)
        assert (again.launch.agent, again.launch.conversation) == ("bob", "talk-1")
        assert stage.runtime.alive == [again]


async def test_of_a_program_that_does_not_break_off_its_turn_it_is_said_how_it_ends(stage: Stage) -> None:
    async with stage.running():
        await stage.start()
        program = await stage.session()
        program.is_stubborn = True
        await stage.tell("work")
        await stage.turn(program)
        await stage.owner.call("interrupt_agent", name="bob")
        assert await stage.noted() == ["The program was told to break off its turn."]
        await stage.clock.advance(BREAKS_OFF)
        assert "stop_agent ends it" in (await stage.noted(2))[1]


async def test_a_turn_is_broken_off_and_the_program_takes_the_next_message(stage: Stage) -> None:
    async with stage.running():
        await stage.start()
        program = await stage.session()
        with pytest.raises(TeamError, match="in no turn"):
            await stage.owner.call("interrupt_agent", name="bob")
        message = await stage.tell("work")
        await stage.turn(program)
        await stage.owner.call("interrupt_agent", name="bob")
        assert program.interrupted == 1
        assert await stage.noted() == ["The program was told to break off its turn."]
        await stage.reached(message, "offered")
        await stage.tell("other work")
        assert "other work" in (await stage.turn(program, 2)).text

        async def works() -> bool:
            return bool((await stage.owner.call("get_agent_process", name="bob")).run.state == "working")

        await until(works, "the report of the second turn")


async def test_an_agent_that_is_away_from_a_machine_leaves_nothing_there_and_can_come_back(stage: Stage) -> None:
    async with stage.running():
        await stage.start()
        program = await stage.session()
        await stage.tell("work")
        await stage.turn(program)
        orders = stage.orders
        stage.keepers.apply(orders.model_copy(update={"homes": []}))
        stage.team_clock.advance(seconds=40)  # nobody holds its messages any more
        stage.keepers.apply(orders)
        again = await stage.session(2)
        assert not program.lives
        assert await stage.ended() == ["stopped"]
        assert "work" in (await stage.turn(again)).text
        await stage.owner.call("retire_agent", name="bob")
        assert await stage.ended(count=2) == ["stopped", "stopped"]
        assert stage.runtime.alive == []


async def test_a_run_that_is_refused_is_asked_for_again_but_not_at_once(stage: Stage) -> None:
    REFUSALS.why = "not today"
    try:
        async with stage.running():
            await stage.start()
            await until(lambda: REFUSALS.asked == 1, "the first question")
            await stage.clock.advance(50)
            assert REFUSALS.asked == 1
            await stage.clock.advance(11)
            await until(lambda: REFUSALS.asked == 2, "the second question")
            await stage.tell("please")
            await until(lambda: REFUSALS.asked == 3, "the third question")
            REFUSALS.why = ""
            await stage.clock.advance(61)
            assert "please" in (await stage.turn(await stage.session())).text
    finally:
        REFUSALS.why = ""


async def test_what_cannot_be_started_says_why_and_is_tried_again(stage: Stage) -> None:
    async with stage.running():
        stage.runtime.refuses = "There is no puppet here."
        await stage.start()
        assert await stage.ended() == ["not_started"]
        [run] = await stage.runs()
        assert run.detail == "There is no puppet here."
        stage.runtime.refuses = ""
        await stage.clock.advance(2)
        assert (await stage.session()).lives


async def test_a_restart_with_a_new_conversation_begins_one_whether_its_program_runs_or_sleeps(stage: Stage) -> None:
    async with stage.running():
        await stage.start(limits={"idle_minutes": 1})

        async def talks() -> bool:
            return [run.conversation for run in await stage.runs()] == ["talk-1"]

        await until(talks, "its conversation")
        await stage.owner.call("restart_agent", name="bob")
        assert (await stage.session(2)).launch.conversation == "talk-1"
        await stage.owner.call("restart_agent", name="bob", new_conversation=True)
        assert (await stage.session(3)).launch.conversation is None
        await stage.tell("What is new?")
        await stage.turn(await stage.session(3))
        stage.runtime.last.take()
        stage.runtime.last.end_turn("Nothing.")
        await stage.said()
        await stage.clock.advance(61)
        await stage.ended(count=3)
        await stage.owner.call("restart_agent", name="bob", new_conversation=True)
        assert (await stage.session(4)).launch.conversation is None
