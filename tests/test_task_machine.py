"""Tasks and leases as a state machine: whatever members do and whoever dies, nothing is lost and nobody is doubled."""

from __future__ import annotations

import asyncio
import itertools
import json
from typing import Any

from hypothesis import HealthCheck
from hypothesis import settings as profile
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

import teammcp.mcp.server  # noqa: F401 - else a thread imports it while hypothesis moves the limit of recursion
from teammcp import Conflict, InvalidInput, NotFound
from teammcp.config import Settings
from teammcp.features.tasks.claims.jobs import reap
from teammcp.testing import MovedClock, TestTeam, serve

NAMES = ("ann", "bob", "cat")
SKILLS = {"ann": [], "bob": ["go"], "cat": ["go", "rust"]}
CLOSED = {"done", "failed", "cancelled"}
EXAMPLES = itertools.count()
STATUSES = ("todo", "doing", "blocked", *sorted(CLOSED))

who = st.sampled_from(NAMES)
number = st.integers(0, 40)
status = st.sampled_from(STATUSES)
Row = dict[str, Any]


class TaskMachine(RuleBasedStateMachine):
    """Members of one team, and what they were told, against the rows of the database after each step."""

    def __init__(self, runner: asyncio.Runner, app: Any, clock: MovedClock) -> None:
        super().__init__()
        self.runner = runner
        self.server = app.server
        self.clock = clock
        self.rows: dict[int, Row] = {}
        self.depends: dict[int, set[int]] = {}
        self.tokens: list[tuple[str, int, int]] = []
        """Everything that was ever handed out: agent, task, token."""
        self.last_call: dict[str, int] = {}
        runner.run(self._furnish(app))

    async def _furnish(self, app: Any) -> None:
        """A team of this example's own."""
        name = f"example-{next(EXAMPLES)}"
        await self.server.create_team(name)
        self.team = TestTeam(app, self.server, name)
        await self.team.register_owner()
        self.members = {name: await self.team.agent(name, capabilities=SKILLS[name]) for name in NAMES}
        self.members["owner"] = self.team.owner

    async def _clear(self) -> None:
        await self.team.close()
        await self.server.settle()
        await self.server.delete_team(self.team.name)

    # -- help -----------------------------------------------------------------------------------------------------

    def _call(self, name: str, operation: str, **arguments: Any) -> Any:
        self.last_call[name] = self.clock.now()
        return self.runner.run(self.members[name].call(operation, **arguments))

    def _attempt(self, name: str, operation: str, **arguments: Any) -> Any:
        """A call that the rules may refuse: of a circle, what was deleted, or a task with others below it."""
        try:
            return self._call(name, operation, **arguments)
        except (Conflict, InvalidInput, NotFound):
            return None

    def _task(self, place: int) -> int:
        tasks = sorted(self.rows)
        return tasks[place % len(tasks)]

    def _look(self) -> None:
        def query(reader: Any) -> tuple[list[Any], list[Any]]:
            tasks = reader.all("SELECT * FROM tasks")
            return tasks, reader.all("SELECT * FROM task_dependencies")

        tasks, edges = self.runner.run(self.team.team.database.read(query))
        self.rows = {row["id"]: dict(row) for row in tasks}
        self.depends = {task: set() for task in self.rows}
        for edge in edges:
            self.depends[edge["task_id"]].add(edge["depends_on"])

    def _claimable(self, name: str) -> list[tuple[int, int]]:
        """What a member may take, best first, without any index."""
        return sorted(
            (row["priority"], task)
            for task, row in self.rows.items()
            if row["status"] == "todo"
            and not row["deleted"]
            and row["assignee"] in (None, name)
            and set(json.loads(row["requires"])) <= set(SKILLS[name])
            and all(self.rows[other]["status"] == "done" for other in self.depends[task])
        )

    def _live(self, name: str, task: int, token: int) -> bool:
        row = self.rows[task]
        return (row["lease_agent"], row["fencing_token"]) == (name, token)

    # -- what members do --------------------------------------------------------------------------------------------

    @rule(
        name=who,
        parent=st.none() | number,
        needs=st.lists(number, max_size=3),
        priority=st.sampled_from(["urgent", "medium", "low"]),
        assignee=st.none() | who,
        requires=st.sampled_from([[], [], ["go"], ["rust", "go"]]),
        attempts=st.integers(1, 3),
        at=st.sampled_from(["todo", "todo", "todo", "doing", "done"]),
    )
    def create(
        self,
        name: str,
        parent: int | None,
        needs: list[int],
        priority: str,
        assignee: str | None,
        requires: list[str],
        attempts: int,
        at: str,
    ) -> None:
        there = bool(self.rows)
        before = set(self.rows)
        self._attempt(
            name,
            "create_task",
            title="a task",
            parent_id=self._task(parent) if parent is not None and there else None,
            depends_on=sorted({self._task(one) for one in needs}) if there else [],
            priority=priority,
            assignee=assignee,
            requires=requires,
            max_attempts=attempts,
            status=at,
            lease_seconds=30,
            progress_seconds=120,
        )
        self._look()
        assert before <= set(self.rows)

    @precondition(lambda self: self.rows)
    @rule(name=who, place=number)
    def claim(self, name: str, place: int) -> None:
        task = self._task(place)
        claim = self._attempt(name, "claim_task", task_id=task)
        row = self.rows[task]
        if claim is None:
            assert row["deleted"]
            return
        unmet = sorted(other for other in self.depends[task] if self.rows[other]["status"] != "done")
        free = row["status"] == "todo" and row["assignee"] in (None, name)
        assert claim.ok == (row["lease_agent"] == name or (free and not unmet))
        if claim.ok:
            again = row["lease_agent"] == name
            assert claim.fencing_token == row["fencing_token"] + (not again)
            self.tokens.append((name, task, claim.fencing_token))
        elif claim.reason == "deps_unmet":
            assert claim.pending_deps == unmet
        elif claim.reason == "taken_by":
            assert claim.taken_by == row["assignee"] != name
        else:
            assert (claim.reason, claim.status) == ("not_open", row["status"])

    @rule(name=who)
    def claim_next(self, name: str) -> None:
        expected = self._claimable(name)
        claim = self._call(name, "claim_next_task")
        assert claim.ok == bool(expected)
        if claim.ok:
            assert claim.task_id == expected[0][1]
            self.tokens.append((name, claim.task_id, claim.fencing_token))

    @precondition(lambda self: self.tokens)
    @rule(
        place=number,
        call=st.sampled_from(["update_task_progress", "complete_task", "fail_task", "release_task"]),
        progress=st.none() | st.integers(0, 100),
        at=st.sampled_from([None, "doing", "blocked"]),
        thief=st.none() | who,
    )
    def use_a_token(self, place: int, call: str, progress: int | None, at: str | None, thief: str | None) -> None:
        name, task, token = self.tokens[-1 - place % len(self.tokens)]
        name = thief or name
        more = {"progress": progress, "status": at} if call == "update_task_progress" else {}
        before = self.rows[task]
        answer = self._attempt(name, call, task_id=task, fencing_token=token, **more)
        self._look()
        if answer is None:
            assert before["deleted"]
            return
        assert answer.ok == ((before["lease_agent"], before["fencing_token"]) == (name, token))
        if not answer.ok:
            assert answer.reason == "stale_token"
            assert self.rows[task] == before
            return
        if call == "update_task_progress":
            assert self.rows[task]["status"] == (at or before["status"])
            return
        assert not self._live(name, task, token)
        if call == "complete_task":
            freed = {
                other
                for other, needed in self.depends.items()
                if task in needed and self.rows[other]["status"] == "todo" and not self.rows[other]["deleted"]
                if all(self.rows[one]["status"] == "done" for one in needed)
            }
            assert set(answer.unblocked) == freed

    @precondition(lambda self: self.rows)
    @rule(place=number, to=status)
    def set_status(self, place: int, to: str) -> None:
        self._attempt("owner", "update_task", task_id=self._task(place), status=to)

    @precondition(lambda self: self.rows)
    @rule(place=number, assignee=who)
    def reassign(self, place: int, assignee: str) -> None:
        self._attempt("owner", "update_task", task_id=self._task(place), assignee=assignee)

    @precondition(lambda self: self.rows)
    @rule(place=number, needs=st.lists(number, max_size=3))
    def depend(self, place: int, needs: list[int]) -> None:
        others = sorted({self._task(one) for one in needs})
        self._attempt("owner", "update_task", task_id=self._task(place), depends_on=others)

    @precondition(lambda self: self.rows)
    @rule(place=number)
    def finish(self, place: int) -> None:
        self._attempt("owner", "done_task", task_id=self._task(place))

    @precondition(lambda self: self.rows)
    @rule(place=number, whole=st.booleans())
    def delete(self, place: int, whole: bool) -> None:
        self._attempt("owner", "delete_task", task_id=self._task(place), with_subtasks=whole)

    @rule(name=who)
    def beat(self, name: str) -> None:
        self._call(name, "heartbeat")

    @rule(seconds=st.sampled_from([1, 10, 29, 30, 31, 60, 120]))
    def wait(self, seconds: int) -> None:
        """Time passes, and the reaper comes."""
        before = self.rows
        self.clock.advance(seconds=seconds)
        self.runner.run(reap(self.team.team))
        self._look()
        now = self.clock.now()
        for task, old in before.items():
            if old["lease_agent"] is None:
                continue
            alive = max(old["lease_expires_at"], self.last_call[old["lease_agent"]] + old["lease_seconds"] * 1000)
            over = alive <= now or old["progress_due_at"] <= now
            new = self.rows[task]
            assert (new["lease_agent"] is None) == over
            if over:
                last = old["attempts"] + 1 == old["max_attempts"]
                assert (new["status"], new["attempts"]) == ("failed" if last else "todo", old["attempts"] + 1)
                assert last or new["assignee"] == old["previous_assignee"]

    # -- what always holds --------------------------------------------------------------------------------------------

    @invariant()
    def nobody_is_doubled_and_nothing_is_lost(self) -> None:
        old = self.rows
        self._look()
        assert set(old) <= set(self.rows)
        for task, row in self.rows.items():
            assert row["status"] in STATUSES
            assert row["fencing_token"] >= old.get(task, row)["fencing_token"]
            assert (row["closed_at"] is not None) == (row["status"] in CLOSED)
            leased = [row[column] is not None for column in ("lease_agent", "lease_expires_at", "progress_due_at")]
            assert len(set(leased)) == 1
            if leased[0]:
                assert row["assignee"] == row["lease_agent"]
                assert row["status"] in ("doing", "blocked")
                assert not row["deleted"]
            if not row["deleted"]:
                assert row["unmet"] == sum(self.rows[one]["status"] != "done" for one in self.depends[task])
        holders = [(task, name) for name, task, token in self.tokens if self._live(name, task, token)]
        assert len({task for task, _ in holders}) == len(set(holders))

    @invariant()
    def progress_goes_up(self) -> None:
        for task, row in self.rows.items():
            if row["deleted"]:
                continue
            children = [
                child
                for child in self.rows.values()
                if child["parent_id"] == task and not child["deleted"] and child["status"] != "cancelled"
            ]
            weights = sum(child["weight"] for child in children)
            mean = sum(child["weight"] * child["progress"] for child in children) / weights if weights else None
            expected = 100 if row["status"] == "done" else row["own_progress"] if mean is None else mean
            assert abs(row["progress"] - expected) <= 0.5

    def teardown(self) -> None:
        self.runner.run(self._clear())


def test_no_sequence_of_steps_breaks_tasks_or_leases(settings: Settings) -> None:
    clock = MovedClock()
    with asyncio.Runner() as runner:
        running = serve(settings, clock)
        app = runner.run(running.__aenter__())
        try:
            run_state_machine_as_test(
                lambda: TaskMachine(runner, app, clock),
                settings=profile(
                    max_examples=20, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
                ),
            )
        finally:
            runner.run(running.__aexit__(None, None, None))
