"""Every hook is documented, shown in an example that runs, and called."""

from __future__ import annotations

import ast
import functools
import importlib.util
import inspect
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from teammcp import hookimpl
from teammcp import hooks as contracts
from teammcp.config import Settings
from teammcp.errors import Refused, Unauthorized
from teammcp.features.notifications import Notification, Notifier
from teammcp.features.notifications.jobs import work_off
from teammcp.features.wakes import Wake
from teammcp.keys import new_key
from teammcp.operations import Context
from teammcp.runtimes import AgentRun, AgentStart
from teammcp.testing import MovedClock, TestTeam, serve

EXAMPLES = Path(__file__).parent.parent / "docs" / "plugins" / "examples"
HOOKS = {name: found for name, found in vars(contracts).items() if hasattr(found, "teammcp_spec")}


class Bell:
    """Brings a way to notify."""

    @hookimpl
    def register_notifiers(self) -> list[Notifier]:
        notifier = Silent()
        notifier.name, notifier.title = "bell", "A bell"
        return [notifier]


class Silent(Notifier):
    """Delivers to nowhere."""

    async def deliver(self, notification: Notification) -> None:
        assert notification.address == "desk"


async def use_everything(team: TestTeam, clock: MovedClock) -> None:
    """Do at least one thing for every hook that is called while a server runs."""
    await team.register_owner()
    owner, bob, carol = team.owner, await team.agent("bob", role="Reviewer"), await team.agent("carol")
    sent = await owner.call("send_message", channel="general", content="!time for teh @bob to look")
    await owner.call("edit_message", id=sent.id, content="another text")
    for change in ("add_reaction", "remove_reaction"):
        await bob.call(change, message_id=sent.id, emoji="✅")
    await owner.call("delete_message", id=sent.id)
    await owner.call("send_dm", recipient="bob", content="look at #12")
    await owner.call("set_state", field="phase", value="Plan")
    made = await owner.call("create_task", title="Look", channel="general", priority="urgent")
    for status in ("doing", "blocked", "doing"):
        await owner.call("update_task", task_id=made.task.id, status=status)
    await owner.call("done_task", task_id=made.task.id, result="seen")
    async with bob.mcp() as client:
        await client.list_resources()
        for tool in ("get_inbox", "get_agents"):
            assert not (await client.call_tool(tool, {})).is_error
    await owner.log_in()
    for path in ("/plugins", "/channels/dm:bob:owner"):
        assert (await owner.http.get(path)).status_code == 200
    with pytest.raises(Unauthorized):  # nobody of the core knows this key, so that plugins are asked
        team.server.identity.authenticate(new_key(team.name))
    assert (await team.client(new_key(team.name)).get("/api/me")).status_code == 401
    dropped = {"operation": "set_state", "arguments": {"project_id": "default", "field": "phase", "value": "Build"}}
    Context.inside(team.team).notify("deferred_dropped", **dropped, proposer="bob", reason="not yet")
    inside = Context.inside(team.team)
    assert inside.server.plugins.collect("register_runtimes") is not None
    await inside.before("before_agent_start", AgentStart(agent="bob", machine="here", runtime="echo", cause="owner"))
    await inside.before("before_wake", Wake(agent="bob", session="claude:1", rings=0))
    run = AgentRun(1, team.team.directory.agents["bob"], "here", "echo", "crashed", "It ended with 1.", 1)
    for hook in ("agent_started", "agent_stopped", "agent_crashed"):
        inside.notify(hook, run=run)
    await bob.call("wait_for_messages", timeout=0)
    await bob.call("set_notification_address", notifier="bell", address="desk")
    await owner.call("send_dm", recipient="bob", content="wake up")
    await work_off(team.team)
    await owner.call("retire_agent", name="carol")
    await owner.call("send_message", channel="general", content=f"where is @{carol.name}?")
    clock.advance(minutes=10)
    team.team.presence.sweep()
    clock.jump(hours=1)
    team.server.time.look()
    await team.server.settle()


async def run_with(plugins: dict[str, Any], settings: Settings, clock: MovedClock) -> dict[str, Any]:
    """Start a server with these plugins, use everything, stop it; what became of the plugins."""
    async with serve(settings, clock, {**plugins, "bell": Bell()}) as app:
        team = TestTeam(app, app.server, "default")
        try:
            await use_everything(team, clock)
        finally:
            await team.close()
    return dict(app.server.plugins.plugins)


def recording(function: Callable[..., Any], called: set[str]) -> Callable[..., Any]:
    """A hook implementation that notes that it was called."""

    @functools.wraps(function)
    def call(*arguments: Any, **named: Any) -> Any:
        called.add(function.__name__)
        return function(*arguments, **named)

    call.__signature__ = inspect.signature(function)  # type: ignore[attr-defined]
    return call


def test_every_hook_says_of_what_type_its_arguments_and_its_answer_are() -> None:
    """What may be anything is an ``object``: nobody can use it without looking, as with Any."""
    tree = ast.parse(inspect.getsource(contracts))
    assert [node for node in ast.walk(tree) if isinstance(node, ast.Name) and node.id == "Any"] == []
    for hook in HOOKS.values():
        assert {*inspect.signature(hook).parameters, "return"} == inspect.get_annotations(hook).keys(), hook.__name__


def load_example(name: str) -> ModuleType:
    """The example of one hook as a module."""
    spec = importlib.util.spec_from_file_location(f"example_{name}", EXAMPLES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_hook_has_its_contract_and_an_example() -> None:
    assert {path.stem for path in EXAMPLES.glob("*.py")} == set(HOOKS)
    assert [name for name, hook in HOOKS.items() if not inspect.getdoc(hook)] == []
    assert [name for name in HOOKS if not load_example(name).__doc__] == []


async def test_every_hook_is_called(settings: Settings, clock: MovedClock) -> None:
    called: set[str] = set()
    probe = ModuleType("probe")
    for name, hook in HOOKS.items():
        setattr(probe, name, hookimpl(recording(hook, called)))
    await run_with({"probe": probe}, settings, clock)
    assert set(HOOKS) == called


async def test_every_example_works_as_it_stands(settings: Settings, clock: MovedClock) -> None:
    called: set[str] = set()
    examples = {name: load_example(name) for name in HOOKS}
    for name, module in examples.items():
        setattr(module, name, recording(getattr(module, name), called))
    found = await run_with({f"example-{name}": module for name, module in examples.items()}, settings, clock)
    faults = {name: info.error or info.last_fault for name, info in found.items() if info.error or info.faults}
    assert faults == {}
    assert set(HOOKS) == called


@pytest.mark.teammcp(install={"rule": load_example("before_message"), "clock": load_example("message_sent")})
async def test_the_examples_do_what_they_say(team: TestTeam) -> None:
    await team.owner.call("send_message", channel="general", content="!time is teh question")
    await team.server.settle()
    history = await team.owner.call("get_history", channel="general")
    assert [message.content for message in history.messages] == ["!time is the question", "It is 12:00 UTC."]


@pytest.mark.teammcp(install={"rule": load_example("before_task_change"), "call": load_example("task_created")})
async def test_the_examples_about_tasks_do_what_they_say(team: TestTeam) -> None:
    task = (await team.owner.call("create_task", title="Look", priority="urgent", channel="general")).task
    assert task.labels == ["pager"]
    with pytest.raises(Refused, match="what came of the task"):
        await team.owner.call("done_task", task_id=task.id)
    await team.server.settle()
    history = await team.owner.call("get_history", channel="general")
    assert [message.content for message in history.messages] == [f"Who takes task {task.id}: Look?"]
