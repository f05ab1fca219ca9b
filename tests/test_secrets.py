"""Secrets of plugins: encrypted at rest, bound to their place, unreadable with another key, lost by nothing."""

from __future__ import annotations

import logging
import sqlite3
import stat
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from pydantic import SecretStr

from teammcp import (
    Context,
    InvalidInput,
    Result,
    Secrets,
    SecretUnreadable,
    StartError,
    Transaction,
    Work,
    hookimpl,
    operation,
)
from teammcp.config import Settings, load_settings
from teammcp.secrets import SecretKeys, queries
from teammcp.testing import MovedClock, TestTeam, serve

VALUE = "xoxb-correct-horse-battery-staple-é"


class Done(Result):
    """Nothing to say."""


@operation("POST /api/remember")
async def remember(context: Context, name: str, value: SecretStr, fail: bool = False) -> Work[Done]:
    """Keep a secret."""
    secrets = context.secrets("vault")

    def work(tx: Transaction) -> Done:
        secrets.set(tx, name, value)
        if fail:
            raise InvalidInput("no")
        return Done()

    return work


@operation("POST /api/forget")
async def forget(context: Context, name: str) -> Work[Done]:
    """Forget a secret."""
    secrets = context.secrets("vault")

    def work(tx: Transaction) -> Done:
        secrets.delete(tx, name)
        return Done()

    return work


class Vault:
    """Contributes the operations above."""

    @hookimpl
    def register_operations(self) -> list[Any]:
        return [remember, forget]


pytestmark = pytest.mark.teammcp(install={"vault": Vault()})


async def read(team: TestTeam, name: str, plugin: str = "vault") -> str | None:
    context = Context.inside(team.team)
    value: str | None = await context.read(context.secrets(plugin).get, name)
    return value


async def keep(team: TestTeam, name: str = "token", value: str = VALUE) -> None:
    await Context.inside(team.team).call("remember", name=name, value=value)


@asynccontextmanager
async def opened(settings: Settings, clock: MovedClock, **changes: Any) -> Any:
    """A server of the same folder, and its team."""
    async with serve(settings.model_copy(update=changes), clock, {"vault": Vault()}) as app:
        team = TestTeam(app, app.server, "default")  # type: ignore[attr-defined]
        yield team
        await team.close()


def everything_of(home: Path) -> bytes:
    """All that a copy of the databases would hold."""
    return b"".join(path.read_bytes() for path in sorted(home.rglob("*")) if path.is_file() and "team.db" in path.name)


async def test_a_secret_is_what_was_kept_and_nothing_else_of_that_name(team: TestTeam) -> None:
    assert await read(team, "token") is None
    await keep(team)
    await keep(team, "other", "b")
    await keep(team, "other", "c")
    assert [await read(team, name) for name in ("token", "other", "third")] == [VALUE, "c", None]
    assert await read(team, "token", "another-plugin") is None
    context = Context.inside(team.team)
    assert await context.read(context.secrets("vault").names) == ["other", "token"]
    await team.owner.call("forget", name="other")
    assert await context.read(context.secrets("vault").names) == ["token"]


async def test_a_change_that_fails_keeps_nothing(team: TestTeam) -> None:
    with pytest.raises(InvalidInput):
        await team.owner.call("remember", name="token", value=VALUE, fail=True)
    assert await read(team, "token") is None


async def test_a_copy_of_the_database_reveals_nothing(
    team: TestTeam, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    await keep(team)
    await keep(team, "same", VALUE)
    copy = everything_of(settings.home)
    assert b"vault" in copy
    assert VALUE.encode() not in copy
    assert b"xoxb" not in copy
    sealed = await team.team.database.read(lambda reader: reader.all("SELECT sealed FROM secrets"))
    assert len({row["sealed"] for row in sealed}) == 2, "the same text is sealed in another way each time"
    assert "xoxb" not in caplog.text
    assert "xoxb" not in repr([event.data for event in await team.events()])


async def test_that_a_secret_changed_is_an_event_for_nobody_but_the_log(team: TestTeam) -> None:
    await keep(team)
    await team.owner.call("forget", name="token")
    await team.owner.call("forget", name="token")
    events = await team.events("secret.set", "secret.deleted")
    assert [(event.kind, event.subject, event.actor, event.agents) for event in events] == [
        ("secret.set", "vault/token", "system", ()),
        ("secret.deleted", "vault/token", "owner", ()),
    ]


async def test_the_key_is_made_when_it_is_needed_and_readable_by_its_owner_alone(
    team: TestTeam, settings: Settings
) -> None:
    path = settings.home / "secret-key"
    assert not path.exists()
    await keep(team)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_bytes() not in everything_of(settings.home)


def test_many_who_need_the_first_key_at_once_get_the_same(tmp_path: Path) -> None:
    threads = 8
    with ThreadPoolExecutor(threads) as pool:
        for number in range(20):
            home = tmp_path / str(number)
            home.mkdir()
            keys, together = SecretKeys(load_settings(home=home)), Barrier(threads)

            def first(keys: SecretKeys = keys, together: Barrier = together) -> str:
                together.wait()
                keys.make()
                return keys.newest().id

            assert {made.result() for made in [pool.submit(first) for _ in range(threads)]} == {keys.newest().id}
            assert SecretKeys(load_settings(home=home)).ids == keys.ids, "what is on the disk is what has sealed"


async def test_what_is_sealed_for_one_place_is_opened_in_no_other(team: TestTeam) -> None:
    await keep(team)

    def move(tx: Transaction) -> None:
        row = queries.find(tx, "vault", "token")
        assert row is not None
        queries.put(tx, "vault", "renamed", row["key_id"], row["sealed"], 0)
        queries.put(tx, "thief", "token", row["key_id"], row["sealed"], 0)
        queries.put(tx, "vault", "cut", row["key_id"], row["sealed"][:8], 0)

    await team.team.database.write(move)
    for plugin, name in (("vault", "renamed"), ("thief", "token"), ("vault", "cut")):
        with pytest.raises(SecretUnreadable, match="another team, plugin or name, or has been changed"):
            await read(team, name, plugin)
    assert await read(team, "token") == VALUE


@pytest.mark.parametrize("name", ["", "x" * 201, "two\nlines"])
async def test_a_name_is_short_and_can_be_seen(team: TestTeam, name: str) -> None:
    with pytest.raises(InvalidInput, match="name"):
        await keep(team, name)


async def test_a_secret_outlives_the_server(settings: Settings, clock: MovedClock) -> None:
    async with opened(settings, clock) as team:
        await keep(team)
    async with opened(settings, clock) as team:
        assert await read(team, "token") == VALUE


async def test_with_another_key_nothing_is_read_and_nothing_is_lost(settings: Settings, clock: MovedClock) -> None:
    async with opened(settings, clock) as team:
        await keep(team)
    path = settings.home / "secret-key"
    right = path.read_text()
    path.write_text("another-key-of-more-than-32-characters-0123\n")
    async with opened(settings, clock) as team:
        with pytest.raises(SecretUnreadable, match=r"has not.*secret-key.*TEAMMCP_SECRET_KEY.*enter the secrets anew"):
            await read(team, "token")
        await keep(team, "new", "n")
        assert await read(team, "new") == "n"
        (problem,) = [each for each in await team.server.health.problems() if each.part == "secrets"]
        assert problem.team == "default"
    path.write_text(path.read_text() + right)
    async with opened(settings, clock) as team:
        assert [await read(team, "token"), await read(team, "new")] == [VALUE, "n"]
        assert not [each for each in await team.server.health.problems() if each.part == "secrets"]


async def test_a_key_that_is_gone_is_not_replaced_in_silence(settings: Settings, clock: MovedClock) -> None:
    async with opened(settings, clock) as team:
        await keep(team)
    path = settings.home / "secret-key"
    right = path.read_text()
    path.unlink()
    async with opened(settings, clock) as team:
        with pytest.raises(SecretUnreadable, match="is gone"):
            await keep(team, "new", "n")
        assert not path.exists()
    path.write_text(right)
    async with opened(settings, clock) as team:
        assert await read(team, "token") == VALUE


async def test_a_new_key_takes_the_place_of_an_old_one_without_a_word_of_what_it_seals(
    settings: Settings, clock: MovedClock
) -> None:
    old, new = SecretStr("o" * 40), SecretStr("n" * 40)
    async with opened(settings, clock, secret_key=old) as team:
        await keep(team)
    assert not (settings.home / "secret-key").exists()
    both = SecretStr(f"{new.get_secret_value()}, {old.get_secret_value()}")
    async with opened(settings, clock, secret_key=both) as team:
        assert await read(team, "token") == VALUE
    async with opened(settings, clock, secret_key=new) as team:
        assert await read(team, "token") == VALUE
    async with opened(settings, clock, secret_key=old) as team:
        with pytest.raises(SecretUnreadable):
            await read(team, "token")


def test_a_key_that_could_be_guessed_ends_the_start(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TEAMMCP_HOME", str(tmp_path))
    monkeypatch.setenv("TEAMMCP_SECRET_KEY", f"{'x' * 40},hunter2")
    with pytest.raises(StartError, match=r"secret_key.*at least 32 characters") as error:
        load_settings()
    assert "hunter2" not in str(error.value)


async def test_an_object_of_secrets_shows_none(team: TestTeam) -> None:
    await keep(team)
    context = Context.inside(team.team)
    assert VALUE not in repr(vars(context.secrets("vault")))
    assert isinstance(context.secrets("vault"), Secrets)


async def test_the_table_holds_no_plain_text_even_while_it_is_written(team: TestTeam, settings: Settings) -> None:
    await keep(team)
    with sqlite3.connect(settings.home / "teams" / "default" / "team.db") as connection:
        (sealed,) = connection.execute("SELECT sealed FROM secrets").fetchone()
    assert len(sealed) > len(VALUE)
