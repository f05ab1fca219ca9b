"""Claims: who gets a task, what a token is good for, and what comes back when it is good for nothing any more."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

import pytest

from teammcp import Deferred, Forbidden, InvalidInput, NotFound, Refused, hookimpl
from teammcp.features.tasks import TaskChange
from teammcp.testing import Member, MovedClock, TestTeam

SECOND = 1000


async def create(member: Member, title: str = "build it", **more: Any) -> int:
    task_id: int = (await member.call("create_task", title=title, **more)).task.id
    return task_id


async def get(member: Member, task_id: int) -> Any:
    return (await member.call("get_task", task_id=task_id)).task


async def history(member: Member, task_id: int) -> list[Any]:
    found: list[Any] = (await member.call("get_task_history", task_id=task_id)).history
    return found


@pytest.fixture
async def ann(team: TestTeam) -> Member:
    return await team.agent("ann")


@pytest.fixture
async def bob(team: TestTeam) -> Member:
    return await team.agent("bob")


# -- taking ----------------------------------------------------------------------------------------------------------


async def test_a_claim_gives_a_lease_and_a_token(ann: Member, clock: MovedClock, team: TestTeam) -> None:
    task = await create(ann, lease_seconds=60, progress_seconds=600)
    claim = await ann.call("claim_task", task_id=task)
    assert (claim.ok, claim.task_id, claim.fencing_token, claim.reason) == (True, task, 1, None)
    assert claim.lease_expires_at == clock.now() + 60 * SECOND
    assert claim.progress_due_at == clock.now() + 600 * SECOND
    assert (claim.task.status, claim.task.assignee, claim.task.lease.agent) == ("doing", "ann", "ann")
    assert "fencing_token 1" in claim.text()
    shown = await get(ann, task)
    assert (shown.status, shown.assignee, shown.started_at) == ("doing", "ann", clock.now())
    (event,) = await team.events("task.claimed")
    assert (event.actor, event.subject) == ("ann", str(task))


async def test_a_lost_answer_is_asked_for_again(ann: Member, team: TestTeam) -> None:
    task = await create(ann)
    first, again = [await ann.call("claim_task", task_id=task) for _ in range(2)]
    assert again == first
    assert len(await team.events("task.claimed")) == 1


async def test_who_comes_second_is_told_who_was_first(ann: Member, bob: Member) -> None:
    task = await create(ann)
    await ann.call("claim_task", task_id=task)
    claim = await bob.call("claim_task", task_id=task)
    assert (claim.ok, claim.reason, claim.taken_by, claim.fencing_token) == (False, "taken_by", "ann", None)
    assert "taken_by ann" in claim.text()


async def test_a_task_that_is_kept_for_somebody_is_taken_by_nobody_else(ann: Member, bob: Member) -> None:
    task = await create(ann, assignee="bob")
    assert (await ann.call("claim_task", task_id=task)).taken_by == "bob"
    assert (await ann.call("claim_next_task")).reason == "none"
    assert (await bob.call("claim_task", task_id=task)).ok


async def test_what_waits_for_another_task_cannot_be_claimed(ann: Member) -> None:
    first, second = await create(ann), await create(ann)
    task = await create(ann, depends_on=[first, second])
    claim = await ann.call("claim_task", task_id=task)
    assert (claim.ok, claim.reason, claim.pending_deps) == (False, "deps_unmet", [first, second])
    await ann.call("done_task", task_id=first)
    assert (await ann.call("claim_task", task_id=task)).pending_deps == [second]
    await ann.call("done_task", task_id=second)
    assert (await ann.call("claim_task", task_id=task)).ok


@pytest.mark.parametrize("status", ["doing", "blocked", "done", "failed", "cancelled"])
async def test_only_what_is_to_be_done_can_be_claimed(ann: Member, status: str) -> None:
    task = await create(ann, status=status)
    claim = await ann.call("claim_task", task_id=task)
    assert (claim.ok, claim.reason, claim.status) == (False, "not_open", status)


async def test_a_task_that_is_not_there_cannot_be_claimed(ann: Member) -> None:
    for operation, more in (("claim_task", {}), ("release_task", {"fencing_token": 1})):
        with pytest.raises(NotFound):
            await ann.call(operation, task_id=99, **more)


async def test_next_is_the_most_pressing_then_the_oldest(ann: Member) -> None:
    order = ["low", "medium", "high", "urgent", "medium", "urgent"]
    tasks = [await create(ann, priority=priority) for priority in order]
    claims = [(await ann.call("claim_next_task")).task_id for _ in order]
    assert claims == [tasks[place] for place in (3, 5, 2, 1, 4, 0)]
    nothing = await ann.call("claim_next_task")
    assert (nothing.ok, nothing.reason) == (False, "none")
    assert "nothing" in nothing.text()


async def test_next_is_something_that_the_agent_can_do(ann: Member, bob: Member) -> None:
    await create(ann, "needs both", requires=["python", "review"], priority="urgent")
    one = await create(ann, "needs one", requires=["Python"], priority="high")
    plain = await create(ann, "needs none")
    await bob.call("update_agent_profile", capabilities=["python", "go"])
    assert (await bob.call("claim_next_task")).task_id == one
    assert (await bob.call("claim_next_task")).task_id == plain
    assert (await bob.call("claim_next_task")).reason == "none"
    await bob.call("update_agent_profile", capabilities=["review", "python"])
    assert (await bob.call("claim_next_task")).task.title == "needs both"


async def test_next_is_also_what_is_kept_for_the_agent(ann: Member, bob: Member) -> None:
    free, mine = await create(ann), await create(ann, assignee="bob")
    assert [(await bob.call("claim_next_task")).task_id for _ in range(2)] == [free, mine]


async def test_next_follows_a_task_from_lane_to_lane(ann: Member, bob: Member) -> None:
    task = await create(ann)
    await ann.call("update_task", task_id=task, requires=["magic"])
    assert (await bob.call("claim_next_task")).reason == "none"
    await ann.call("update_task", task_id=task, requires=[], assignee="ann")
    assert (await bob.call("claim_next_task")).reason == "none"
    await ann.call("update_task", task_id=task, assignee="bob", status="blocked")
    assert (await bob.call("claim_next_task")).reason == "none"
    await ann.call("update_task", task_id=task, status="todo")
    assert (await bob.call("claim_next_task")).task_id == task


async def test_a_private_task_is_claimed_by_those_who_see_it(ann: Member, bob: Member, team: TestTeam) -> None:
    await ann.call("create_channel", id="plans", type="topic")
    task = await create(ann, channel="plans")
    assert (await bob.call("claim_next_task")).reason == "none"
    for operation, more in (
        ("claim_task", {}),
        ("update_task_progress", {"fencing_token": 1}),
        ("complete_task", {"fencing_token": 1}),
        ("fail_task", {"fencing_token": 1}),
        ("release_task", {"fencing_token": 1}),
    ):
        with pytest.raises(NotFound):
            await bob.call(operation, task_id=task, **more)
    assert (await ann.call("claim_next_task")).task_id == task
    (event,) = await team.events("task.claimed")
    assert event.channel == "plans"


async def test_an_observer_claims_nothing(ann: Member, team: TestTeam) -> None:
    observer = await team.agent("eve", access="observer")
    with pytest.raises(Forbidden):
        await observer.call("claim_task", task_id=await create(ann))


async def test_fifty_agents_get_a_thousand_tasks_once_each(team: TestTeam) -> None:
    agents = [await team.agent(f"a{number}") for number in range(50)]
    boss = agents[0]
    for start in range(0, 1000, 100):
        await asyncio.gather(*(create(boss, f"task {number}") for number in range(start, start + 100)))
    claimed: list[tuple[int, int]] = []

    async def work(agent: Member) -> None:
        while (claim := await agent.call("claim_next_task")).ok:
            claimed.append((claim.task_id, claim.fencing_token))

    await asyncio.gather(*(work(agent) for agent in agents))
    assert sorted(claimed) == [(task, 1) for task in range(1, 1001)]
    assert len(await team.events("task.claimed")) == 1000


async def test_many_who_want_the_same_task_and_one_who_gets_it(team: TestTeam) -> None:
    agents = [await team.agent(f"a{number}") for number in range(20)]
    task = await create(agents[0])
    claims = await asyncio.gather(*(agent.call("claim_task", task_id=task) for agent in agents))
    assert Counter(claim.ok for claim in claims) == {True: 1, False: 19}
    assert len({claim.task.assignee if claim.ok else claim.taken_by for claim in claims}) == 1


# -- working ---------------------------------------------------------------------------------------------------------


async def test_progress_is_kept_and_renews(ann: Member, clock: MovedClock) -> None:
    task = await create(ann)
    token = (await ann.call("claim_task", task_id=task)).fencing_token
    clock.advance(minutes=1)
    answer = await ann.call("update_task_progress", task_id=task, fencing_token=token, progress=40, comment="half way")
    assert (answer.ok, answer.status) == (True, "doing")
    assert answer.lease_expires_at == clock.now() + 90 * SECOND
    assert answer.progress_due_at == clock.now() + 1800 * SECOND
    assert (await get(ann, task)).progress == 40
    assert (await history(ann, task))[-1].comment == "half way"
    blocked = await ann.call("update_task_progress", task_id=task, fencing_token=token, status="blocked")
    assert blocked.status == "blocked"
    assert (await get(ann, task)).lease.agent == "ann"
    back = await ann.call("update_task_progress", task_id=task, fencing_token=token, status="doing")
    assert (back.status, (await get(ann, task)).progress) == ("doing", 40)


async def test_complete_tells_what_it_unblocked(ann: Member) -> None:
    first, second = await create(ann), await create(ann)
    last = await create(ann, depends_on=[first, second])
    tokens = [(await ann.call("claim_next_task")).fencing_token for _ in range(2)]
    answer = await ann.call("complete_task", task_id=first, fencing_token=tokens[0], result="works")
    assert (answer.ok, answer.status, answer.unblocked) == (True, "done", [])
    answer = await ann.call("complete_task", task_id=second, fencing_token=tokens[1])
    assert answer.unblocked == [last]
    done = await get(ann, first)
    assert (done.status, done.result, done.progress, done.lease) == ("done", "works", 100, None)
    assert (await ann.call("claim_next_task")).task_id == last


async def test_a_released_task_goes_back_to_where_it_came_from(ann: Member, bob: Member) -> None:
    free, kept = await create(ann, priority="high"), await create(ann, assignee="bob")
    for task, assignee in ((free, None), (kept, "bob")):
        token = (await bob.call("claim_task", task_id=task)).fencing_token
        answer = await bob.call("release_task", task_id=task, fencing_token=token, comment="not for me")
        assert (answer.ok, answer.status, answer.attempts) == (True, "todo", 0)
        shown = await get(ann, task)
        assert (shown.status, shown.assignee, shown.lease) == ("todo", assignee, None)
        assert (await history(ann, task))[-1].comment == "not for me"
    assert (await ann.call("claim_next_task")).task_id == free


async def test_a_failed_attempt_counts_until_the_last(ann: Member, bob: Member, team: TestTeam) -> None:
    task = await create(ann, max_attempts=2)
    token = (await bob.call("claim_task", task_id=task)).fencing_token
    answer = await bob.call("fail_task", task_id=task, fencing_token=token, comment="no disk")
    assert (answer.ok, answer.requeued, answer.attempts, answer.status) == (True, True, 1, "todo")
    token = (await bob.call("claim_task", task_id=task)).fencing_token
    answer = await bob.call("fail_task", task_id=task, fencing_token=token, comment="no disk again")
    assert (answer.ok, answer.requeued, answer.attempts, answer.status) == (True, False, 2, "failed")
    shown = await get(ann, task)
    assert (shown.status, shown.lease, shown.attempts) == ("failed", None, 2)
    assert shown.closed_at is not None
    for member in (ann, team.owner):  # its creator, and who manages, because nobody is above the creator
        (message,) = (await member.call("get_history", channel="dm:system")).messages
        assert "no disk again" in message.content
        assert f"Task {task} (build it) of bob" in message.content


async def test_the_creators_superior_hears_of_the_last_failure_instead_of_all_managers(
    ann: Member, team: TestTeam
) -> None:
    boss = await team.agent("boss")
    await ann.call("update_agent_profile", reports_to="boss")
    task = await create(ann, max_attempts=1)
    token = (await ann.call("claim_task", task_id=task)).fencing_token
    await ann.call("fail_task", task_id=task, fencing_token=token)
    assert len((await boss.call("get_history", channel="dm:system")).messages) == 1
    for member in (ann, team.owner):  # who did it, and who need not be bothered
        with pytest.raises(NotFound):
            await member.call("get_history", channel="dm:system")


# -- tokens ----------------------------------------------------------------------------------------------------------

CALLS = ("update_task_progress", "complete_task", "fail_task", "release_task")


async def all_stale(member: Member, task: int, token: int) -> list[Any]:
    answers = [await member.call(operation, task_id=task, fencing_token=token) for operation in CALLS]
    assert [(answer.ok, answer.reason) for answer in answers] == [(False, "stale_token")] * len(CALLS)
    return answers


async def test_another_ones_token_is_good_for_nothing(ann: Member, bob: Member, team: TestTeam) -> None:
    task = await create(ann)
    token = (await ann.call("claim_task", task_id=task)).fencing_token
    before = await get(ann, task)
    for answer in await all_stale(bob, task, token):
        assert (answer.current_assignee, answer.status, answer.current_fencing_token) == ("ann", "doing", None)
    assert await get(ann, task) == before
    assert [event.kind for event in await team.events() if event.subject == str(task)] == [
        "task.created",
        "task.claimed",
    ]


async def test_an_old_token_is_dead_and_the_new_one_is_told_to_its_holder_only(ann: Member, bob: Member) -> None:
    task = await create(ann)
    first = (await ann.call("claim_task", task_id=task)).fencing_token
    await ann.call("release_task", task_id=task, fencing_token=first)
    await all_stale(ann, task, first)
    second = (await ann.call("claim_task", task_id=task)).fencing_token
    assert second > first
    assert {answer.current_fencing_token for answer in await all_stale(ann, task, first)} == {second}
    assert {answer.current_fencing_token for answer in await all_stale(bob, task, first)} == {None}
    shown = (await bob.call("get_task", task_id=task)).model_dump_json()
    assert "fencing_token" not in shown


async def test_a_token_is_good_for_one_end_however_many_ask_at_once(ann: Member) -> None:
    task = await create(ann)
    token = (await ann.call("claim_task", task_id=task)).fencing_token
    calls = ("complete_task", "fail_task", "release_task", "complete_task")
    answers = await asyncio.gather(*(ann.call(call, task_id=task, fencing_token=token) for call in calls))
    assert Counter(answer.reason for answer in answers) == {None: 1, "stale_token": 3}
    ends = [entry.action for entry in await history(ann, task) if entry.action not in ("created", "claimed")]
    assert len(ends) == 1


@pytest.mark.parametrize("end", ["complete_task", "fail_task", "release_task"])
async def test_a_token_dies_with_the_claim(ann: Member, end: str) -> None:
    task = await create(ann, max_attempts=1)
    token = (await ann.call("claim_task", task_id=task)).fencing_token
    assert (await ann.call(end, task_id=task, fencing_token=token)).ok
    before = await get(ann, task)
    await all_stale(ann, task, token)
    assert await get(ann, task) == before


@pytest.mark.parametrize(
    "change", [{"status": "todo"}, {"status": "done"}, {"status": "cancelled"}, {"assignee": "bob"}]
)
async def test_a_token_dies_when_the_task_is_taken_away(ann: Member, bob: Member, change: dict[str, str]) -> None:
    task = await create(bob)
    token = (await ann.call("claim_task", task_id=task)).fencing_token
    changed = (await bob.call("update_task", task_id=task, **change)).task
    assert changed.lease is None
    await all_stale(ann, task, token)
    await bob.call("update_task", task_id=task, status="todo", assignee="")
    assert (await ann.call("claim_task", task_id=task)).fencing_token == token + 1


async def test_a_token_survives_a_change_of_other_things(ann: Member, bob: Member) -> None:
    task = await create(bob)
    token = (await ann.call("claim_task", task_id=task)).fencing_token
    await bob.call("update_task", task_id=task, title="build it well", priority="urgent", labels=["now"])
    for status in ("blocked", "doing"):
        await ann.call("update_task", task_id=task, status=status)
    assert (await ann.call("complete_task", task_id=task, fencing_token=token)).ok


async def test_the_same_call_again_gives_the_same_answer(ann: Member) -> None:
    await create(ann)
    claims = [await ann.call("claim_next_task", idem_key="one") for _ in range(2)]
    assert claims[0] == claims[1]
    done = {"task_id": claims[0].task_id, "fencing_token": claims[0].fencing_token, "idem_key": "two"}
    answers = [await ann.call("complete_task", **done) for _ in range(2)]
    assert answers[0] == answers[1]
    assert answers[0].ok


async def test_no_task_is_no_answer_to_be_kept(ann: Member) -> None:
    assert (await ann.call("claim_next_task", idem_key="again")).reason == "none"
    task = await create(ann)
    assert (await ann.call("claim_next_task", idem_key="again")).task_id == task


@pytest.mark.parametrize(
    ("field", "value"), [("fencing_token", 0), ("fencing_token", "x"), ("progress", 101), ("status", "done")]
)
async def test_a_wrong_argument_is_named(ann: Member, field: str, value: object) -> None:
    arguments = {"task_id": await create(ann), "fencing_token": 1, field: value}
    with pytest.raises(InvalidInput, match=field):
        await ann.call("update_task_progress", **arguments)


# -- over REST -------------------------------------------------------------------------------------------------------


async def test_the_same_over_rest(ann: Member, bob: Member) -> None:
    task = await create(ann, "first")
    claim = await ann.http.post(f"/api/tasks/{task}/claim", json={})
    assert claim.status_code == 200, claim.text
    body = claim.json()
    assert body["ok"]
    assert body["lease_expires_at"].endswith("Z")
    taken = await bob.http.post(f"/api/tasks/{task}/claim", json={})
    assert (taken.status_code, taken.json()["reason"], taken.json()["taken_by"]) == (200, "taken_by", "ann")
    token = {"fencing_token": body["fencing_token"]}
    progress = await ann.http.post(f"/api/tasks/{task}/progress", json={**token, "progress": 50})
    assert progress.json()["ok"], progress.text
    assert (await bob.http.post(f"/api/tasks/{task}/release", json=token)).json()["reason"] == "stale_token"
    assert (await ann.http.post(f"/api/tasks/{task}/fail", json=token)).json()["requeued"]
    token = {"fencing_token": (await bob.http.post("/api/tasks/claim-next", json={})).json()["fencing_token"]}
    assert (await bob.http.post(f"/api/tasks/{task}/complete", json=token)).json()["ok"]
    assert (await bob.http.post("/api/tasks/claim-next", json={})).json()["reason"] == "none"
    assert (await bob.http.post("/api/tasks/99/claim", json={})).status_code == 404


# -- with other features and plugins ---------------------------------------------------------------------------------


async def test_to_complete_sets_the_linked_state_as_the_agent_who_did_it(ann: Member, bob: Member) -> None:
    await bob.call("set_state", project_id="app", field="phase", value="alpha")
    link = {"related_state_project": "app", "related_state": "phase", "target_value": "beta"}
    task = await create(bob, **link)
    token = (await ann.call("claim_task", task_id=task)).fencing_token
    with pytest.raises(Forbidden):  # ann does not own the field, and no plugin makes an approval of it
        await ann.call("complete_task", task_id=task, fencing_token=token)
    assert (await ann.call("release_task", task_id=task, fencing_token=token)).ok
    token = (await bob.call("claim_task", task_id=task)).fencing_token
    assert (await bob.call("complete_task", task_id=task, fencing_token=token)).ok
    field = (await ann.call("get_state", project_id="app", field="phase")).root
    assert (field.value, field.updated_by) == ("beta", "bob")


class Waits:
    """A plugin that makes changes of the state wait."""

    @hookimpl
    def before_state_change(self, change: Any) -> Any:
        return Deferred({"approval_id": 7})


@pytest.mark.teammcp(install={"waits": Waits()})
async def test_a_linked_state_that_waits_for_an_approval_is_told_of(ann: Member) -> None:
    task = await create(ann, related_state="phase", target_value="beta")
    token = (await ann.call("claim_task", task_id=task)).fencing_token
    answer = await ann.call("complete_task", task_id=task, fencing_token=token)
    assert (answer.ok, answer.state_pending, answer.approval) == (True, True, {"approval_id": 7})
    assert (await get(ann, task)).state_pending


class Rules:
    """A plugin with a say about tasks."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, dict[str, Any]]] = []

    @hookimpl
    def before_task_change(self, context: Any, change: TaskChange) -> Any:
        self.seen.append((change.action, change.values))
        if change.action == "claimed" and "hands off" in change.task.title:
            raise Refused("Not this one.")
        if change.action == "progress":
            return change.model_copy(update={"values": {**change.values, "progress": 50}})
        return None


RULES = Rules()


@pytest.mark.teammcp(install={"rules": RULES})
async def test_a_plugin_has_a_say_in_claims(ann: Member, bob: Member) -> None:
    task, forbidden = await create(ann), await create(ann, "hands off")
    claim = await ann.call("claim_next_task")
    assert claim.task_id == task
    token = {"task_id": task, "fencing_token": claim.fencing_token}
    await ann.call("update_task_progress", **token, progress=90)
    assert (await get(ann, task)).progress == 50
    for operation, arguments in (("claim_task", {"task_id": forbidden}), ("claim_next_task", {})):
        with pytest.raises(Refused, match="Not this one"):
            await bob.call(operation, **arguments)
    await ann.call("complete_task", **token, result="done so")
    assert ("claimed", {}) in RULES.seen
    assert ("completed", {"result": "done so"}) in RULES.seen


@pytest.mark.teammcp(install={"rules": Rules()})
async def test_next_is_the_first_that_no_plugin_keeps_back(ann: Member) -> None:
    for title in ("hands off", "hands off as well"):
        await create(ann, title, priority="urgent")
    await create(ann, "later", priority="low")
    first = await create(ann, "hands on")
    assert (await ann.call("claim_next_task")).task_id == first


@pytest.mark.teammcp(install={"rules": Rules()})
async def test_with_such_a_plugin_too_each_task_goes_to_one(team: TestTeam) -> None:
    agents = [await team.agent(f"a{number}") for number in range(5)]
    tasks = [await create(agents[0]) for _ in range(10)]
    claimed = []

    async def work(agent: Member) -> None:
        while (claim := await agent.call("claim_next_task")).reason != "none":
            if claim.ok:
                claimed.append(claim.task_id)
            else:
                assert claim.reason == "taken_by"

    await asyncio.gather(*(work(agent) for agent in agents))
    assert sorted(claimed) == tasks


async def test_the_creator_hears_that_it_is_done(ann: Member, bob: Member) -> None:
    task = await create(ann)
    token = (await bob.call("claim_task", task_id=task)).fencing_token
    await bob.call("complete_task", task_id=task, fencing_token=token, result="works")
    (message,) = (await ann.call("get_history", channel="dm:system")).messages
    assert message.content == f"bob finished task {task}: build it — works"
    assert message.metadata == {"task_id": task, "occasion": "ended"}
