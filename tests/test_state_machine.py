"""The shared state as a state machine: whatever members try, in whatever order, only what they may do happens."""

from __future__ import annotations

import asyncio
import itertools
import tempfile
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from teammcp import TeamError
from teammcp.config import load_settings
from teammcp.testing import NO_LIMITS, Member, MovedClock, TestTeam, all_plugins_but, serve
from tests.live import LOOK

NAMES = ("ann", "bob", "maria")  # maria is a manager
FIELDS = st.sampled_from(["a", "b"])
ACTORS = st.sampled_from([*NAMES, "owner"])
VALUES = st.none() | st.booleans() | st.integers(0, 9) | st.lists(st.text(max_size=3), max_size=2)


@dataclass(frozen=True)
class Expected:
    """What a field should be; of a deleted one only the version counts."""

    version: int = 0
    there: bool = False
    value: Any = None
    owner: str = ""
    approver: str | None = None
    required: bool = False

    def may_write(self, actor: str) -> bool:
        if not self.there or actor == "owner":
            return True
        if not self.required:
            return self.may_manage(actor)
        return actor == "maria" if self.approver is None else actor == self.approver

    def may_manage(self, actor: str) -> bool:
        return not self.there or actor in (self.owner, "maria", "owner")


class StateMachine(RuleBasedStateMachine):
    """Each run has a project of its own in one team that all runs share."""

    runner: ClassVar[asyncio.Runner]
    members: ClassVar[dict[str, Member]]
    projects: ClassVar[itertools.count[int]] = itertools.count()

    @initialize()
    def begin(self) -> None:
        self.project = f"run-{next(self.projects)}"
        self.fields = {"a": Expected(), "b": Expected()}
        self.writes = 0

    def call(self, actor: str, operation: str, **arguments: Any) -> Any:
        """A call's result, or the code of its error."""
        try:
            return self.runner.run(self.members[actor].call(operation, project_id=self.project, **arguments))
        except TeamError as error:
            return error.code

    @rule(
        actor=ACTORS,
        field=FIELDS,
        value=VALUES,
        behind=st.none() | st.integers(0, 2),
        owner=st.none() | st.sampled_from(NAMES),
        approver=st.none() | st.sampled_from(["", *NAMES]),
        required=st.none() | st.booleans(),
    )
    def set(
        self,
        actor: str,
        field: str,
        value: Any,
        behind: int | None,
        owner: str | None,
        approver: str | None,
        required: bool | None,
    ) -> None:
        now = self.fields[field]
        current = now.version if now.there else 0
        given = {"owner": owner, "approver": approver, "approval_required": required}
        given = {key: part for key, part in given.items() if part is not None}
        expected = {} if behind is None else {"expected_version": max(0, current - behind)}
        outcome = self.call(actor, "set_state", field=field, value=value, **given, **expected)
        if expected.get("expected_version", current) != current:
            assert outcome == "version_conflict"
        elif not now.may_write(actor) or (given and not now.may_manage(actor)):
            assert outcome == ("approval_required" if now.required else "not_owner")
        else:
            assert (outcome.version, outcome.created) == (now.version + 1, not now.there)
            before = now if now.there else Expected(owner=actor)
            self.writes += 1
            self.fields[field] = replace(
                before,
                version=now.version + 1,
                there=True,
                value=value,
                owner=before.owner if owner is None else owner,
                approver=before.approver if approver is None else approver or None,
                required=before.required if required is None else required,
            )

    @rule(actor=ACTORS, field=FIELDS)
    def delete(self, actor: str, field: str) -> None:
        now = self.fields[field]
        outcome = self.call(actor, "delete_state", field=field)
        if not now.there:
            assert outcome == "state_not_found"
        elif not now.may_write(actor):
            assert outcome == ("approval_required" if now.required else "not_owner")
        else:
            assert outcome.version == now.version + 1
            self.writes += 1
            self.fields[field] = Expected(version=now.version + 1)

    @rule(actor=ACTORS, values=st.tuples(VALUES, VALUES))
    def conclude(self, actor: str, values: tuple[Any, Any]) -> None:
        conclusions = [{"field": name, "value": value} for name, value in zip(self.fields, values, strict=True)]
        outcome = self.call(actor, "conclude_state", conclusions=conclusions)
        if not all(now.may_write(actor) for now in self.fields.values()):
            assert outcome in {"approval_required", "not_owner"}
            return
        self.writes += 2
        for (name, now), value in zip(self.fields.items(), values, strict=True):
            before = now if now.there else Expected(owner=actor)
            self.fields[name] = replace(before, version=now.version + 1, there=True, value=value)

    @invariant()
    def what_is_read_is_what_was_written(self) -> None:
        if not hasattr(self, "project"):
            return
        listed = self.call("ann", "get_state").root
        found = {item.field: item for item in listed.items}
        assert listed.total == len(found)
        assert set(found) == {name for name, now in self.fields.items() if now.there}
        for name, item in found.items():
            seen = Expected(item.version, True, item.value, item.owner, item.approver, item.approval_required)
            assert seen == self.fields[name]

    def teardown(self) -> None:
        if not hasattr(self, "project"):
            return
        entries = self.call("ann", "get_state_history", limit=200).root
        assert len(entries) == self.writes
        for name, now in self.fields.items():
            mine = [entry for entry in reversed(entries) if entry.field == name]
            assert [entry.version for entry in mine] == list(range(1, now.version + 1))
            for earlier, later in itertools.pairwise(mine):
                assert later.old_value == earlier.value


class TestState(StateMachine.TestCase):  # type: ignore[valid-type, misc]
    """The machine, with a team to run in."""

    settings = settings(max_examples=15, stateful_step_count=25, deadline=None)

    @classmethod
    def setUpClass(cls) -> None:
        cls.runner = StateMachine.runner = asyncio.Runner()
        cls.stack = AsyncExitStack()
        StateMachine.members = cls.runner.run(cls.open())

    @classmethod
    async def open(cls) -> dict[str, Member]:
        home = Path(cls.stack.enter_context(tempfile.TemporaryDirectory()))
        only_core = load_settings(home=home, disabled_plugins=all_plugins_but(LOOK), **NO_LIMITS)
        app = await cls.stack.enter_async_context(serve(only_core, MovedClock()))
        team = TestTeam(app, app.server, "default")
        cls.stack.push_async_callback(team.close)
        await team.register_owner()
        levels = {"maria": "manager"}
        members = {name: await team.agent(name, access=levels.get(name, "member")) for name in NAMES}
        return {**members, "owner": team.owner}

    @classmethod
    def tearDownClass(cls) -> None:
        cls.runner.run(cls.stack.aclose())
        cls.runner.close()
