"""The field of the shared state that goes with a task: set as whoever finishes it, by the state's own rules."""

from __future__ import annotations

from typing import Any

import pytest

from teammcp import Conflict, Deferred, Forbidden, hookimpl, operations
from teammcp.testing import Member, TestTeam


@pytest.fixture
async def alice(team: TestTeam) -> Member:
    """A member that owns the field ``phase``."""
    alice = await team.agent("alice")
    await alice.call("set_state", project_id="site", field="phase", value="plan")
    return alice


@pytest.fixture
async def bob(team: TestTeam) -> Member:
    return await team.agent("bob")


LINK = {"related_state_project": "site", "related_state": "phase", "target_value": {"step": ["build"]}}


async def make(member: Member, **more: Any) -> int:
    return int((await member.call("create_task", title="Build it", **{**LINK, **more})).task.id)


async def phase(member: Member) -> Any:
    return (await member.call("get_state", project_id="site", field="phase")).root


async def test_it_is_set_when_the_task_is_done(alice: Member) -> None:
    task_id = await make(alice)
    await alice.call("update_task", task_id=task_id, status="doing")
    assert (await phase(alice)).version == 1
    answer = await alice.call("done_task", task_id=task_id)
    field = await phase(alice)
    assert (field.value, field.version, field.updated_by) == ({"step": ["build"]}, 2, "alice")
    assert (answer.task.state_pending, answer.approval) == (False, None)
    history = await alice.call("get_state_history", project_id="site", field="phase")
    assert history.root[0].reason == f"task {task_id} is done"


@pytest.mark.parametrize("way", ["done_task", "update_task", "complete_task"])
async def test_who_may_not_set_it_cannot_finish_the_task(alice: Member, bob: Member, way: str) -> None:
    task_id = await make(alice, assignee="bob")
    arguments: dict[str, Any] = {"status": "done"} if way == "update_task" else {}
    if way == "complete_task":
        arguments["fencing_token"] = (await bob.call("claim_task", task_id=task_id)).fencing_token
    with pytest.raises(Forbidden, match="alice"):
        await bob.call(way, task_id=task_id, **arguments)
    assert (await phase(alice)).value == "plan"
    assert (await bob.call("get_task", task_id=task_id)).task.status != "done"


async def test_the_value_is_the_one_that_is_given_along(alice: Member) -> None:
    task_id = await make(alice)
    await alice.call("update_task", task_id=task_id, status="done", target_value=0, related_state="other")
    fields = await alice.call("get_state", project_id="site", field="other")
    assert fields.root.value == 0
    assert (await phase(alice)).value == "plan"


async def test_done_again_sets_nothing_again(alice: Member) -> None:
    task_id = await make(alice)
    await alice.call("done_task", task_id=task_id)
    await alice.call("done_task", task_id=task_id, result="more to say")
    assert (await phase(alice)).version == 2
    await alice.call("update_task", task_id=task_id, status="todo")
    await alice.call("done_task", task_id=task_id)
    assert (await phase(alice)).version == 3


class Changing:
    """A plugin that links the task to something else while its end is being checked."""

    def __init__(self) -> None:
        self.task_id = 0

    @hookimpl
    async def before_state_change(self, context: Any, change: Any) -> None:
        task_id, self.task_id = self.task_id, 0
        if task_id:
            await context.call("update_task", task_id=task_id, target_value="else")


changing = Changing()


@pytest.mark.teammcp(install={"changing": changing})
async def test_another_link_at_the_same_moment_is_noticed(alice: Member) -> None:
    task_id = changing.task_id = await make(alice)
    with pytest.raises(Conflict) as caught:
        await alice.call("done_task", task_id=task_id)
    assert caught.value.code == "task_changed"
    assert (await phase(alice)).value == "plan"
    assert (await alice.call("get_task", task_id=task_id)).task.status == "todo"


class Waiting:
    """As the plugin approvals does: what others want to set waits until it is granted."""

    @hookimpl
    def before_state_change(self, context: Any, change: Any) -> Any:
        if context.grant is not None:
            return change.model_copy(update={"allowed": True})
        return None if change.allowed else Deferred({"approval": 7, "value": change.value})


@pytest.mark.teammcp(install={"waiting": Waiting()})
@pytest.mark.parametrize("way", ["done_task", "complete_task"])
async def test_a_task_whose_field_waits_for_an_approval_says_so_until_it_is_given(
    team: TestTeam, alice: Member, bob: Member, way: str
) -> None:
    task_id = await make(alice, assignee="bob")
    arguments: dict[str, Any] = {}
    if way == "complete_task":
        arguments["fencing_token"] = (await bob.call("claim_task", task_id=task_id)).fencing_token
    answer = await bob.call(way, task_id=task_id, **arguments)
    assert answer.approval == {"approval": 7, "value": {"step": ["build"]}}
    task = (await bob.call("get_task", task_id=task_id)).task
    assert (task.status, task.state_pending) == ("done", True)
    assert (await phase(alice)).value == "plan"

    await alice.call("set_state", project_id="site", field="phase", value="something else")
    await team.server.settle()
    assert (await bob.call("get_task", task_id=task_id)).task.state_pending

    proposer = team.team.directory.agent("bob")
    assert proposer is not None
    granted = operations.Context.inside(team.team).on_behalf_of(proposer, "approval 7")
    arguments = {"project_id": "site", "field": "phase", "value": {"step": ["build"]}}
    await operations.call(granted, "set_state", arguments)
    await team.server.settle()
    assert not (await bob.call("get_task", task_id=task_id)).task.state_pending
    entry = (await bob.call("get_task_history", task_id=task_id)).history[-1]
    assert (entry.actor, entry.action) == ("system", "state set")


@pytest.mark.teammcp(install={"waiting": Waiting()})
async def test_of_what_is_dropped_only_the_tasks_of_its_proposer_hear(
    team: TestTeam, alice: Member, bob: Member
) -> None:
    carol = await team.agent("carol")
    tasks = {name: await make(alice, assignee=name) for name in ("bob", "carol")}
    for member, name in ((bob, "bob"), (carol, "carol")):
        await member.call("done_task", task_id=tasks[name])
    arguments = {"project_id": "site", "field": "phase", "value": {"step": ["build"]}}
    inside = operations.Context.inside(team.team)
    for operation, proposer in (("set_state", "bob"), ("conclude_state", "carol"), ("set_state", "alice")):
        given = {"operation": operation, "arguments": arguments, "proposer": proposer, "reason": "no"}
        inside.notify("deferred_dropped", **given)
    await team.server.settle()
    found = {name: (await alice.call("get_task", task_id=task_id)).task for name, task_id in tasks.items()}
    assert {name: task.state_pending for name, task in found.items()} == {"bob": False, "carol": True}


async def test_only_the_server_settles_that(team: TestTeam, alice: Member) -> None:
    task_id = await make(alice)
    with pytest.raises(Forbidden):
        await team.owner.call("settle_task_state", task_id=task_id)
