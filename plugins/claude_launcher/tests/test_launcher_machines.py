"""Machines join with a token, connect with a key, are asked and told, and are revoked."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest
from teammcp_claude_launcher import machines
from teammcp_claude_launcher.entries import Started
from teammcp_claude_launcher.machines.admission import BACK
from teammcp_claude_launcher.machines.connections import NotAdmitted, Stream
from teammcp_claude_launcher.protocol import Answer, Ask, Hello, Interrupt, Orders, Ping, Settled

from teammcp import Conflict, Forbidden, hash_key
from teammcp.testing import MovedClock, SocketEnded, SocketRefused, TestTeam

from .runners import JOIN, PATH, FakeRunner, join


async def only_machine(team: TestTeam) -> Any:
    (machine,) = (await team.owner.call("list_machines")).root
    return machine


async def live_on(team: TestTeam, agent: str, machine: str) -> None:
    await team.agent(agent)
    await team.owner.call("start_agent", name=agent, machine=machine, runtime="command", new_key=True)


# -- joining ---------------------------------------------------------------------------------------------------------


async def test_a_machine_joins_with_a_token_and_connects_with_its_key(team: TestTeam) -> None:
    runner = await join(team, "box")
    async with runner.connected():
        machine = await only_machine(team)
        assert (machine.name, machine.connected, machine.platform, machine.is_local) == ("box", True, "Linux", False)
        assert [each.name for each in machine.runtimes] == ["command"]
    await team.server.settle()
    assert not (await only_machine(team)).connected
    kinds = [event.kind for event in await team.events("machine.added", "machine.connected", "machine.lost")]
    assert kinds == ["machine.added", "machine.connected", "machine.lost"]


async def test_a_token_is_good_once_and_for_a_quarter_of_an_hour(team: TestTeam, clock: MovedClock) -> None:
    made = await team.owner.call("make_join_token")
    assert f"--url http://127.0.0.1:3100 --token {made.token}" in made.command
    assert made.only_here
    client = team.client()
    first = await client.post(JOIN, json={"token": made.token, "name": "box.example.org"})
    assert first.json()["machine"] == "box"
    assert (await client.post(JOIN, json={"token": made.token, "name": "two"})).status_code == 403
    late = (await team.owner.call("make_join_token")).token
    clock.advance(minutes=15)
    refused = await client.post(JOIN, json={"token": late, "name": "two"})
    assert (refused.status_code, refused.json()["error"]) == (403, "wrong_token")


async def test_names_of_machines_are_taken_once_and_the_servers_own_is_not_given_away(team: TestTeam) -> None:
    own = machines.local_name(team.server)
    names = [(await join(team, name)).machine for name in ("box", "box", own)]
    assert names == ["box", "box-2", f"{own}-2"]


async def test_what_joins_without_token_or_name_is_told_what_to_send(team: TestTeam) -> None:
    bodies: list[Any] = [{}, {"token": "x"}, {"token": "x", "name": "  "}, {"token": 1, "name": "a"}, []]
    for body in bodies:
        answer = await team.client().post(JOIN, json=body)
        assert (answer.status_code, "send JSON with 'token' and 'name'" in answer.json()["detail"]) == (400, True)


@pytest.mark.teammcp(register_rate=3)
async def test_who_tries_tokens_is_made_to_wait(team: TestTeam) -> None:
    codes = []
    for number in range(5):
        wrong = {"token": f"tmcp_default_{number:043}", "name": "box"}
        codes.append((await team.client(address="192.0.2.9").post(JOIN, json=wrong)).status_code)
    assert codes[-1] == 429
    assert codes[0] == 403


async def test_managers_make_tokens_and_nobody_is_told_them_afterwards(team: TestTeam) -> None:
    member = await team.agent("ann")
    for name in ("make_join_token", "revoke_machine"):
        with pytest.raises(Forbidden):
            await member.call(name, **({} if name == "make_join_token" else {"machine": "box"}))
    token = (await team.owner.call("make_join_token")).token
    runner = await join(team, "box")
    logged = json.dumps([event.as_dict() for event in await team.events()])
    assert token not in logged
    assert runner.key not in logged


# -- connecting ------------------------------------------------------------------------------------------------------


async def test_nobody_connects_without_the_key_of_a_machine(team: TestTeam) -> None:
    for key in ("", "tmcp_default_" + "x" * 43, "tmcp_nobody_" + "x" * 43, "nonsense"):
        with pytest.raises(SocketRefused) as refused:
            async with team.websocket(PATH, authorization=f"Bearer {key}"):
                pass
        assert refused.value.status == 401


async def test_the_key_of_a_member_opens_no_runners_connection_and_the_other_way_round(team: TestTeam) -> None:
    with pytest.raises(SocketRefused):
        async with team.websocket(PATH, authorization=f"Bearer {team.owner.key}"):
            pass
    runner = await join(team)
    assert (await team.client(runner.key).get("/api/me")).status_code == 401


async def test_a_runner_of_another_protocol_is_told_to_update(team: TestTeam) -> None:
    runner = await join(team)
    async with team.websocket(PATH, authorization=f"Bearer {runner.key}") as socket:
        await socket.send(json.dumps({**runner.hello().model_dump(), "protocol": 2, "new": "field"}))
        with pytest.raises(SocketEnded) as ended:
            await socket.receive()
    assert ended.value.code == 4426
    assert "the server is too old" in ended.value.reason


async def test_what_is_not_understood_ends_the_connection(team: TestTeam) -> None:
    runner = await join(team)
    for text in ("", "{}", '{"kind": "report"}', '{"kind": "settled", "runs": []}'):
        async with team.websocket(PATH, authorization=f"Bearer {runner.key}") as socket:
            await socket.send(text)
            with pytest.raises(SocketEnded) as ended:
                await socket.receive()
        assert ended.value.code == 4400


async def drained(socket: Any) -> None:
    """Take all that comes until the connection ends."""
    while True:
        await socket.receive()


@pytest.mark.parametrize("number", [-1, 2**63, 10**400])
async def test_a_number_that_no_database_takes_is_not_understood(team: TestTeam, number: int) -> None:
    runner = await join(team)
    line = {"seq": 1, "run": 1, "at": 0, "entry": {"kind": "text", "text": "x"}}
    frames: list[dict[str, Any]] = [
        {"kind": "report", "entries": [{**line, name: number}]} for name in ("seq", "run", "at")
    ]
    frames += [{"kind": "settled", "runs": [number]}, {"kind": "answer", "id": number}]
    for frame in frames:
        async with team.websocket(PATH, authorization=f"Bearer {runner.key}") as socket:
            await socket.send(runner.hello().model_dump_json())
            await socket.receive()
            await socket.send(json.dumps(frame))
            with pytest.raises(SocketEnded) as ended:
                await drained(socket)
        assert ended.value.code == 4400


async def test_a_runner_that_is_started_again_comes_in_at_once_in_place_of_its_last_connection(team: TestTeam) -> None:
    """The server may take that one for alive, as after a power cut. A process that hears of it is to end."""
    runner = await join(team)
    async with runner.connected(), FakeRunner(team, runner.machine, runner.key).connected():
        with pytest.raises(SocketEnded) as ended:
            await runner.receive(Orders)
        assert ended.value.code == 4410
        assert (await only_machine(team)).connected
    await team.server.settle()
    assert len(await team.events("machine.lost")) == 1


async def refusal_of(runner: FakeRunner) -> SocketEnded:
    """How a runner is turned away."""
    with pytest.raises(SocketEnded) as ended:
        async with runner.connected():
            pass
    return ended.value


@asynccontextmanager
async def answering(runner: FakeRunner) -> AsyncIterator[None]:
    """A runner that is connected, and says that it is there when it is asked."""

    async def answer() -> None:
        while True:
            ask = await runner.receive(Ask)
            assert ask.question == Ping()
            await runner.send(Answer(id=ask.id))

    async with runner.connected():
        answers = asyncio.create_task(answer())
        yield
        assert not answers.done(), "it was thrown out"
        answers.cancel()
        await asyncio.wait([answers])


async def test_a_copy_of_a_runner_that_works_is_turned_away_for_good_and_people_see_where_it_lies(
    team: TestTeam, clock: MovedClock
) -> None:
    runner = await join(team)
    async with answering(runner):
        for _ in range(2):
            refusal = await refusal_of(runner.copied("elsewhere"))
            assert (refusal.code, refusal.reason) == (4410, "/runner there")
        machine = await only_machine(team)
        assert (machine.connected, machine.copy_place) == (True, "/runner elsewhere")
        assert len(await team.events("machine.copied")) == 1
        assert await team.events("machine.lost") == []
        clock.advance(days=1)
        machine = await only_machine(team)
        assert (machine.copy_place, machine.copy_at) == ("", None)


async def test_a_copy_waits_while_it_is_not_known_whether_the_first_one_works(
    team: TestTeam, clock: MovedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("teammcp_claude_launcher.machines.connections.ANSWER_SECONDS", 0.01)
    runner = await join(team)
    copy = runner.copied("elsewhere")
    async with runner.connected():
        assert (await refusal_of(copy)).code == 4409, "it is connected, and does not answer"
    await team.server.settle()
    clock.advance(seconds=BACK - 1)
    assert (await refusal_of(copy)).code == 4409, "it may have lost its connection"
    async with runner.connected():
        pass
    await team.server.settle()
    await team.server.teams.close("default")
    await team.server.teams.reopen("default")
    clock.advance(seconds=BACK - 1)
    assert (await refusal_of(copy)).code == 4409, "it may not have come back to a server that was started anew"
    async with runner.connected():
        assert (await only_machine(team)).copy_at is None


async def test_a_runner_that_was_moved_comes_in_once_the_first_one_has_been_gone_for_a_while(
    team: TestTeam, clock: MovedClock
) -> None:
    runner = await join(team)
    async with runner.connected():
        pass
    await team.server.settle()
    clock.advance(seconds=BACK)
    moved = runner.copied("elsewhere")
    async with answering(moved):
        assert (await refusal_of(runner)).code == 4410, "it is the copy now"


async def test_of_two_copies_that_come_at_once_one_is_let_in(team: TestTeam, clock: MovedClock) -> None:
    runner = await join(team)
    clock.advance(seconds=BACK)
    links, both_tried = machines.links(team.team), asyncio.Barrier(2)
    let_in: list[str] = []
    turned_away: list[int] = []

    async def connect(installation: str) -> None:
        try:
            async with answering(runner.copied(installation)):
                let_in.append(installation)
                await both_tried.wait()
        except SocketEnded as ended:
            turned_away.append(ended.code)
            await both_tried.wait()

    with links.coming(runner.machine, "first"), pytest.raises(NotAdmitted), links.coming(runner.machine, "second"):
        pass
    async with asyncio.timeout(10):
        await asyncio.gather(connect("a"), connect("b"))
    assert len(let_in) == 1
    assert turned_away in ([4409], [4410]), "one that comes a moment later is known for a copy"


async def test_more_runners_than_strangers_may_come_from_one_address(
    team: TestTeam, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("teammcp.routes.sockets.OF_STRANGERS", 1)
    async with AsyncExitStack() as stack:
        for number in range(3):
            runner = await join(team, f"box-{number}")
            await stack.enter_async_context(runner.connected())
        assert all(machine.connected for machine in (await team.owner.call("list_machines")).root)


async def test_a_team_that_is_closed_for_a_moment_lets_its_runners_come_again(team: TestTeam) -> None:
    runner = await join(team)
    async with runner.connected():
        await team.server.teams.close("default")
        with pytest.raises(SocketEnded) as ended:
            await runner.receive(Orders)
        assert ended.value.code == 1001
    with pytest.raises(SocketRefused) as refused:
        async with runner.connected():
            pass
    assert refused.value.status == 503, "the key is as good as before"
    await team.server.teams.reopen("default")
    async with runner.connected():
        assert (await only_machine(team)).connected


# -- orders and questions --------------------------------------------------------------------------------------------


async def test_orders_come_after_settling_and_at_every_change(team: TestTeam) -> None:
    runner = await join(team)
    async with runner.connected():
        assert runner.orders is not None
        assert runner.orders.homes == []
        await live_on(team, "bob", runner.machine)
        orders = await runner.receive(Orders)
        (home,) = orders.homes
        assert (home.agent, home.wanted, hash_key(home.key) != "") == ("bob", True, True)
        await team.owner.call("stop_agent", name="bob")
        assert not (await runner.receive(Orders)).homes[0].wanted


async def test_a_question_is_answered_by_the_runner(team: TestTeam) -> None:
    runner = await join(team)
    async with runner.connected():
        asking = asyncio.create_task(machines.links(team.team).ask(runner.machine, Interrupt(agent="bob")))
        ask = await runner.receive(Ask)
        assert ask.question == Interrupt(agent="bob")
        await runner.send(Answer(id=ask.id, data={"fine": True}))
        assert await asking == {"fine": True}
        refusing = asyncio.create_task(machines.links(team.team).ask(runner.machine, Interrupt(agent="bob")))
        ask = await runner.receive(Ask)
        await runner.send(Answer(id=ask.id, error="no_program", detail="bob's program does not run."))
        with pytest.raises(Conflict, match="does not run") as refused:
            await refusing
        assert refused.value.code == "no_program"


async def test_a_question_to_nobody_and_one_that_is_cut_off_have_a_remedy(team: TestTeam) -> None:
    runner = await join(team)
    links = machines.links(team.team)
    async with runner.connected():
        asking = asyncio.create_task(links.ask(runner.machine, Interrupt(agent="bob")))
        await runner.receive(Ask)
    with pytest.raises(Conflict, match="teammcp runner run") as cut:
        await asking
    assert cut.value.code == "machine_unreachable"
    with pytest.raises(Conflict, match="teammcp runner run"):
        await links.ask(runner.machine, Interrupt(agent="bob"))


async def test_a_runner_that_does_not_answer_is_not_waited_for(team: TestTeam, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("teammcp_claude_launcher.machines.connections.ANSWER_SECONDS", 0.01)
    runner = await join(team)
    async with runner.connected():
        with pytest.raises(Conflict, match="has not answered") as silent:
            await machines.links(team.team).ask(runner.machine, Interrupt(agent="bob"))
        assert silent.value.code == "machine_silent"


async def test_a_terminal_is_watched_until_it_is_over(team: TestTeam) -> None:
    runner = await join(team)

    async def watch() -> list[bytes]:
        async with machines.links(team.team).watch(runner.machine, "bob") as written:
            return [part async for part in written]

    async with runner.connected():
        watching = asyncio.create_task(watch())
        ask = await runner.receive(Ask)
        number = ask.question.watch.to_bytes(4)
        await runner.socket.send(number + b"screen")
        await runner.send(Answer(id=ask.id))
        await runner.socket.send(bytes(3) + b"\xff" + b"of another watch")
        await runner.socket.send(number + b"more")
        await runner.socket.send(number)
        assert await watching == [b"screen", b"more"]
        ask = await runner.receive(Ask)
        assert (ask.question.kind, ask.question.watch.to_bytes(4)) == ("unwatch", number)
        await runner.send(Answer(id=ask.id))


async def test_a_watcher_that_reads_too_slowly_is_let_go() -> None:
    stream = Stream()
    for _ in range(3):
        stream.add(bytes(500_000))
    assert [len(part) async for part in stream] == [500_000, 500_000]


# -- revoking --------------------------------------------------------------------------------------------------------


async def test_a_revoked_machine_is_cut_off_at_once_and_its_agents_get_new_keys(team: TestTeam) -> None:
    runner = await join(team, "box")
    await live_on(team, "bob", "box")
    async with runner.connected():
        assert runner.orders is not None
        key = runner.orders.homes[0].key
        run = await runner.begin("bob")
        await runner.tell(run, Started())
        revoked = await team.owner.call("revoke_machine", machine="box")
        assert (revoked.agents, revoked.runs) == (["bob"], [run])
        with pytest.raises(SocketEnded) as ended:
            await runner.receive(Orders)
        assert ended.value.code == 4401
    with pytest.raises(SocketRefused) as refused:
        async with runner.connected():
            pass
    assert (refused.value.status, refused.value.problem["error"]) == (401, "machine_revoked")
    assert (await team.client(key).get("/api/me")).status_code == 401
    shown = await team.owner.call("get_run", run_id=run)
    assert (shown.state, shown.reason) == ("ended", "revoked")
    machine = await only_machine(team)
    assert (machine.connected, machine.revoked_by) == (False, "owner")
    with pytest.raises(Conflict, match="was revoked by owner"):
        await team.owner.call("revoke_machine", machine="box")
    assert (await join(team, "box")).machine == "box-2"


async def test_what_a_connection_says_after_it_was_revoked_changes_nothing(team: TestTeam) -> None:
    runner = await join(team, "box")
    async with runner.connected(settle=False):
        await team.owner.call("revoke_machine", machine="box")
        await runner.send(Settled(runs=[]))
        with pytest.raises(SocketEnded):
            await runner.receive(Hello)
