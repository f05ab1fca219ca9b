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
    return int((await member.call("create_task", **{"title": "Build it", **LINK, **more})).task.id)


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


@pytest.mark.parametrize("way", ["done_task", "update_task", "complete_task"])
@pytest.mark.parametrize("deputy", ["alice", "owner"])
async def test_a_task_gets_nobody_to_set_what_who_linked_it_may_not(
    team: TestTeam, alice: Member, bob: Member, way: str, deputy: str
) -> None:
    boss = {"alice": alice, "owner": team.owner}[deputy]
    task_id = await make(bob, title="Water the plants", assignee=deputy)
    arguments: dict[str, Any] = {"status": "done"} if way == "update_task" else {}
    if way == "complete_task":
        arguments["fencing_token"] = (await boss.call("claim_task", task_id=task_id)).fencing_token
    with pytest.raises(Forbidden, match="bob linked task"):
        await boss.call(way, task_id=task_id, **arguments)
    assert (await phase(alice)).value == "plan"
    await team.owner.call("update_task", task_id=task_id, related_state="")
    await boss.call(way, task_id=task_id, **arguments)
    assert (await phase(alice)).value == "plan"


async def test_the_link_is_whose_who_changed_it_last(team: TestTeam, alice: Member, bob: Member) -> None:
    task_id = await make(bob, assignee="alice")
    await team.owner.call("update_task", task_id=task_id, title="Build all", **LINK)
    assert (await bob.call("get_task", task_id=task_id)).task.state_linked_by == "bob", "nothing of it was changed"
    await team.owner.call("update_task", task_id=task_id, target_value="built")
    assert (await bob.call("get_task", task_id=task_id)).task.state_linked_by == "owner"
    await bob.call("update_task", task_id=task_id, target_value="sold")
    with pytest.raises(Forbidden, match="bob linked task"):
        await alice.call("done_task", task_id=task_id)


async def test_a_right_that_is_lost_is_lost_for_links_too(team: TestTeam, alice: Member, bob: Member) -> None:
    task_id = await make(alice, assignee="owner")
    await team.owner.call("retire_agent", name="alice")
    with pytest.raises(Forbidden, match="alice was retired"):
        await team.owner.call("done_task", task_id=task_id)


async def test_the_link_of_a_claimed_task_stays_as_its_holder_saw_it(
    team: TestTeam, alice: Member, bob: Member
) -> None:
    task_id = int((await bob.call("create_task", title="Water the plants", assignee="alice")).task.id)
    await alice.call("claim_task", task_id=task_id)
    with pytest.raises(Forbidden, match="has claimed"):
        await bob.call("update_task", task_id=task_id, **LINK)
    await bob.call("update_task", task_id=task_id, title="Water all plants")
    answer = await team.owner.call("update_task", task_id=task_id, **LINK)
    assert answer.task.state_linked_by == "owner"


async def test_every_text_of_a_task_tells_what_finishing_it_sets(team: TestTeam, alice: Member, bob: Member) -> None:
    task_id = await make(bob, assignee="alice")
    told = (await alice.call("get_history", channel="dm:alice:system")).messages[-1].content
    assert "sets site.phase" in told.replace("\\", "")
    claim = await alice.call("claim_task", task_id=task_id)
    listed = await alice.call("list_tasks")
    for text in (claim.text(), listed.text(), (await alice.call("get_task", task_id=task_id)).text()):
        assert "site.phase" in text
        assert "build" in text
        assert "bob" in text


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
