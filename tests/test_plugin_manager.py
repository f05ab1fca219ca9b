"""Plugins: finding and registering them, the order of hooks, and that a broken one harms nobody."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from types import ModuleType
from typing import Any

import pytest
from pydantic import BaseModel, Field

from teammcp import Deferred, Refused, deprecated, hookimpl
from teammcp import hooks as contracts
from teammcp.errors import PluginFailed
from teammcp.plugins import PluginManager
from teammcp.plugins.contracts import hook_kind, is_plain


class Log:
    """A plugin that writes down that it was told."""

    def __init__(self, name: str, heard: list[str]) -> None:
        self.name = name
        self.heard = heard

    @hookimpl
    async def message_sent(self, message: Any) -> None:
        self.heard.append(f"{self.name}:{message}")


class Answer:
    """A plugin whose before hook and ask hooks give one answer, or raise it."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer

    def _give(self, value: Any = None) -> Any:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer(value) if callable(self.answer) else self.answer

    @hookimpl
    def before_message(self, draft: Any) -> Any:
        return self._give(draft)

    @hookimpl
    def notices(self) -> Any:
        return self._give()

    @hookimpl
    async def inbox_section(self) -> Any:
        return self._give()

    @hookimpl
    def authenticate(self) -> Any:
        return self._give()

    @hookimpl
    def register_event_kinds(self) -> Any:
        return self._give()


def manager(**plugins: Any) -> PluginManager:
    found = PluginManager({})
    for name, plugin in plugins.items():
        found.register(name, plugin)
    return found


def states(found: PluginManager) -> dict[str, str]:
    return {name: info.state for name, info in found.plugins.items()}


# -- registration ------------------------------------------------------------------------------------------------------


def test_a_plugin_is_listed_with_its_hooks() -> None:
    found = manager(log=Log("a", []))
    info = found.plugins["log"]
    assert (info.state, info.hooks, info.faults, info.error) == ("active", ["message_sent"], 0, None)
    assert found.handles("message_sent")
    assert not found.handles("message_edited")


class Misspelt:
    @hookimpl
    def mesage_sent(self, message: Any) -> None:
        raise AssertionError


class WrongArgument:
    @hookimpl
    def message_sent(self, massage: Any) -> None:
        raise AssertionError


class OldWrapper:
    @hookimpl(hookwrapper=True)
    def before_message(self, draft: Any) -> Any:
        yield


class Wrapper:
    @hookimpl(wrapper=True)
    def before_message(self, draft: Any) -> Any:
        return (yield)


class AsyncContribution:
    @hookimpl
    async def register_operations(self) -> Any:
        raise AssertionError


class AsyncKeys:
    @hookimpl
    async def authenticate(self) -> Any:
        raise AssertionError


@pytest.mark.parametrize(
    ("plugin", "reason"),
    [
        (Misspelt(), "mesage_sent"),
        (WrongArgument(), "massage"),
        (OldWrapper(), "wrappers are not supported"),
        (Wrapper(), "wrappers are not supported"),
        (AsyncContribution(), "register_operations: .* plain function"),
        (AsyncKeys(), "authenticate: .* plain function"),
    ],
)
async def test_a_plugin_that_does_not_fit_is_switched_off_and_says_why(plugin: Any, reason: str) -> None:
    heard: list[str] = []
    found = manager(first=Log("first", heard), bad=plugin, last=Log("last", heard))
    assert states(found) == {"first": "active", "bad": "failed", "last": "active"}
    error = found.plugins["bad"].error
    assert error is not None
    with pytest.raises(AssertionError, match=reason):
        raise AssertionError(error)
    await found.notify("message_sent", context=None, message="hi")
    assert heard == ["first:hi", "last:hi"]
    assert await found.before("before_message", "draft", context=None) == "draft"


async def test_two_plugins_of_one_name_are_not_both_loaded(caplog: pytest.LogCaptureFixture) -> None:
    heard: list[str] = []
    found = manager(log=Log("first", heard))
    found.register("log", Log("second", heard))
    await found.notify("message_sent", context=None, message="hi")
    assert heard == ["first:hi"]
    assert "a plugin called log already" in caplog.text


class FakeEntryPoint:
    def __init__(self, name: str, load: Callable[[], Any], requires: list[str] | None = None) -> None:
        self.name = name
        self.load = load
        self.dist = type("Distribution", (), {"version": "1.2.3", "requires": requires})()


class ForLater(Log):
    """A plugin for a version that is not there yet."""

    requires_teammcp = ">=99,<100"


class Unreadable(Log):
    """A plugin that does not say it as it is said."""

    requires_teammcp = "newest"


@pytest.mark.parametrize(
    ("plugin", "line"),
    [
        (ForLater("", []), "It needs TeamMCP <100,>=99 (requires_teammcp); this is "),
        (Unreadable("", []), "requires_teammcp: 'newest' is no version specifier; write one like '>=0.2,<0.4'."),
    ],
)
async def test_a_plugin_for_another_version_is_switched_off_and_one_line_says_why(plugin: Any, line: str) -> None:
    found = manager(other=plugin)
    assert states(found) == {"other": "failed"}
    assert (found.plugins["other"].error or "").startswith(line)
    assert "Traceback" not in (found.plugins["other"].error or "")
    assert not found.handles("message_sent")


def test_what_a_distribution_depends_on_is_looked_at_before_its_code_is_run(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded: list[str] = []
    points = [
        FakeEntryPoint(name, partial(loaded.append, name), [*requires, "click"])
        for name, requires in {
            "fits": ["teammcp>=0.1"],
            "later": ["teammcp[all] >=99"],
            "unsaid": [],
            "extra": ["teammcp>=99 ; extra == 'dev'"],
        }.items()
    ]
    monkeypatch.setattr("teammcp.plugins.manager.installed", lambda: points)
    found = PluginManager({})
    found.discover()
    assert loaded == ["fits", "unsaid", "extra"]
    assert "It needs TeamMCP >=99 (its distribution)" in (found.plugins["later"].error or "")


def test_what_is_to_go_warns_and_is_named_beside_the_plugin_that_calls_it() -> None:
    @deprecated("9.0", instead="new_way")
    def old_way(number: int) -> int:
        return number + 1

    found = manager(log=Log("log", []), bystander=ModuleType("somewhere_else"))
    with pytest.warns(DeprecationWarning, match="old_way goes with version 9.0; use new_way instead"):
        assert old_way(1) == 2
    assert "old_way goes with version 9.0; use new_way instead." in found.plugins["log"].deprecated[0]
    assert found.plugins["bystander"].deprecated == []


def test_installed_plugins_are_found_and_broken_or_disabled_ones_are_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded: list[str] = []

    def broken() -> Any:
        raise ImportError("no module named nonsense")

    def unwanted() -> Any:
        loaded.append("unwanted")

    points = [
        FakeEntryPoint("works", lambda: Log("works", [])),
        FakeEntryPoint("broken", broken),
        FakeEntryPoint("unwanted", unwanted),
    ]
    monkeypatch.setattr("teammcp.plugins.manager.installed", lambda: points)
    found = PluginManager({}, disabled=["unwanted"])
    found.discover()
    assert states(found) == {"broken": "failed", "unwanted": "disabled", "works": "active"}
    assert found.plugins["works"].version == "1.2.3"
    assert "no module named nonsense" in (found.plugins["broken"].error or "")
    assert loaded == []  # not even its code is run


# -- settings ----------------------------------------------------------------------------------------------------------


class Settings(BaseModel):
    limit: int = Field(3, ge=1)


class Configured:
    @hookimpl
    def register_settings(self) -> Any:
        return Settings


def test_a_plugins_settings_are_checked_and_offered() -> None:
    found = PluginManager({}, settings={"configured": {"limit": 5}})
    found.register("configured", Configured())
    assert found.settings["configured"] == Settings(limit=5)


def test_wrong_settings_switch_the_plugin_off_and_name_the_field() -> None:
    found = PluginManager({}, settings={"configured": {"limit": 0}})
    found.register("configured", Configured())
    assert states(found) == {"configured": "failed"}
    assert "[plugins.configured]" in (found.plugins["configured"].error or "")
    assert "limit" in (found.plugins["configured"].error or "")


# -- notify ------------------------------------------------------------------------------------------------------------


async def test_one_plugins_exception_changes_nothing_for_the_others(caplog: pytest.LogCaptureFixture) -> None:
    class Bad:
        @hookimpl
        async def message_sent(self) -> None:
            raise RuntimeError("on purpose")

    heard: list[str] = []
    found = manager(a=Log("a", heard), bad=Bad(), b=Log("b", heard))
    for message in ("one", "two"):
        await found.notify("message_sent", context=None, message=message)
    assert heard == ["a:one", "b:one", "a:two", "b:two"]
    info = found.plugins["bad"]
    assert (info.state, info.faults) == ("active", 2)
    assert "on purpose" in (info.last_fault or "")
    assert "plugin bad failed in message_sent" in caplog.text


async def test_hooks_are_called_in_the_order_of_registration_first_and_last_apart() -> None:
    class First(Log):
        @hookimpl(tryfirst=True)
        async def message_sent(self, message: Any) -> None:
            self.heard.append("first")

    class Last(Log):
        @hookimpl(trylast=True)
        async def message_sent(self, message: Any) -> None:
            self.heard.append("last")

    heard: list[str] = []
    found = manager(
        last=Last("", heard), a=Log("a", heard), b=Log("b", heard), first=First("", heard), c=Log("c", heard)
    )
    await found.notify("message_sent", context=None, message="")
    assert heard == ["first", "a:", "b:", "c:", "last"]


# -- before ------------------------------------------------------------------------------------------------------------


async def test_a_value_passes_through_every_rule() -> None:
    found = manager(a=Answer(lambda draft: draft + "a"), none=Answer(None), b=Answer(lambda draft: draft + "b"))
    assert await found.before("before_message", "draft-", context=None) == "draft-ab"


async def test_the_first_rule_that_refuses_or_defers_decides() -> None:
    refused = manager(a=Answer(Refused("no")), b=Answer(Deferred("later")))
    with pytest.raises(Refused, match="no"):
        await refused.before("before_message", "draft", context=None)
    deferred = manager(a=Answer(Deferred("later")), b=Answer(Refused("no")))
    assert await deferred.before("before_message", "draft", context=None) == Deferred("later")
    assert refused.plugins["a"].faults == 0  # a refusal is no fault


@pytest.mark.parametrize("answer", [RuntimeError("crash"), 5, ["draft"]])
async def test_a_rule_that_fails_refuses_the_change_and_is_named(answer: Any) -> None:
    found = manager(fine=Answer(None), rule=Answer(answer))
    with pytest.raises(PluginFailed, match="'rule'") as caught:
        await found.before("before_message", "draft", context=None)
    assert "crash" not in caught.value.detail  # the log says more; strangers need not know
    assert (found.plugins["rule"].faults, found.plugins["fine"].faults) == (1, 0)


# -- ask and contribute ------------------------------------------------------------------------------------------------


async def test_answers_are_gathered_and_a_crash_is_no_answer() -> None:
    found = manager(
        a=Answer({"mentions": 1}), bad=Answer(RuntimeError("crash")), none=Answer(None), b=Answer({"dms": 2})
    )
    assert await found.ask("inbox_section", context=None) == [{"mentions": 1}, {"dms": 2}]
    assert found.answers("notices", context=None, reader=None) == [{"mentions": 1}, {"dms": 2}]
    assert found.plugins["bad"].faults == 2


def test_the_first_answer_counts_and_a_crash_is_passed_over() -> None:
    found = manager(none=Answer(None), bad=Answer(RuntimeError("crash")), a=Answer("ann"), b=Answer("bob"))
    assert found.first("authenticate", team=None, key_hash="") == "ann"
    assert found.plugins["bad"].faults == 1
    assert manager(none=Answer(None)).first("authenticate", team=None, key_hash="") is None


def test_a_plugin_that_cannot_contribute_is_switched_off() -> None:
    found = manager(a=Answer({"a": "1"}), bad=Answer(RuntimeError("crash")), none=Answer(None))
    assert found.collect("register_event_kinds") == [("a", {"a": "1"})]
    assert states(found) == {"a": "active", "bad": "failed", "none": "active"}
    assert found.first("authenticate", team=None, key_hash="") == {"a": "1"}  # it takes no part in anything now
    assert found.plugins["bad"].faults == 0


# -- specifications ----------------------------------------------------------------------------------------------------


def hooks() -> list[str]:
    return [name for name, value in vars(contracts).items() if hasattr(value, "teammcp_spec")]


def test_there_are_hooks() -> None:
    assert {"before_message", "message_sent", "register_operations", "authenticate"} <= set(hooks())


@pytest.mark.parametrize("hook", hooks())
def test_every_hook_has_a_kind_and_a_contract(hook: str) -> None:
    assert hook_kind(hook) in {"contribute", "before", "ask", "notify"}
    contract = getattr(contracts, hook).__doc__
    assert hook_kind(hook) != "contribute" or is_plain(hook)
    assert contract.strip().endswith((".", "`.", "``."))
