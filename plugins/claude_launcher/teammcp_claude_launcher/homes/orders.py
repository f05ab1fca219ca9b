"""Orders: what a runner is to know of the agents on its machine. They say what should be, and all of it, each time."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from teammcp import Context, Reader, Row, Secrets, SecretUnreadable, Team

from .. import credentials, machines, runs, tasks
from ..protocol import Home, Orders
from ..settings import PLUGIN, LauncherSettings
from . import keys, queries
from .guides import guide_of
from .models import HomeLimits

VERSION_BYTES = 6


async def orders(team: Team, machine: str) -> Orders:
    """What the runner of a machine is to know now."""
    context = Context.inside(team)
    return await context.read(_orders, context, machine)


def _orders(reader: Reader, context: Context, machine: str) -> Orders:
    settings: LauncherSettings = context.settings(PLUGIN)
    store, pause = keys.secrets(context), queries.pause(reader)
    spent = tasks.spent(reader, context)
    local = machine == machines.local_name(context.server)
    return Orders(
        team=context.team.name,
        homes=[
            _home(reader, context, store, row, _task(reader, row) if spent else None)
            for row in queries.homes_on(reader, machine)
        ],
        paused="" if pause is None else _why(pause),
        spent=spent,
        at_once=settings.at_once,
        gone_seconds=60 * settings.server_gone_minutes if local else None,
    )


def _why(pause: Row) -> str:
    said = f": {pause['reason']}" if pause["reason"] else ""
    return f"paused by {pause['paused_by']}{said}"


def _task(reader: Reader, row: Row) -> int | None:
    """The task that an agent's run works on now."""
    run = runs.live_run(reader, row["agent"])
    task: int | None = None if run is None else run["task"]
    return task


def _home(reader: Reader, context: Context, store: Secrets, row: Row, task: int | None) -> Home:
    key, environment, wrong = _secrets(reader, context, store, row)
    home = Home(
        agent=row["agent"],
        key=key,
        runtime=row["runtime"],
        options=json.loads(row["options"]),
        model=row["model"],
        workspace=row["workspace"],
        folder=row["folder"] or _own_folder(context, row),
        wide=bool(row["wide"]),
        environment=environment,
        guide=guide_of(context.team, row),
        policy=row["policy"],
        answers=row["answers"],
        limits=HomeLimits.model_validate_json(row["limits"]).over(context.settings(PLUGIN)),
        wanted=bool(row["wanted"]),
        held=row["held"] or wrong,
        started=row["started"],
        started_by=row["started_by"],
        renewed=row["renewed"],
        conversation=row["conversation"],
        task=task,
        version=0,
    )
    return home.model_copy(update={"version": _version(home)})


def _own_folder(context: Context, row: Row) -> str:
    """Where the settings have the own folders of agents on the server's machine; empty for the runner's choice."""
    settings: LauncherSettings = context.settings(PLUGIN)
    if not settings.folder or row["machine"] != machines.local_name(context.server):
        return ""
    return str(Path(settings.folder).expanduser() / row["agent"])


def _secrets(reader: Reader, context: Context, store: Secrets, row: Row) -> tuple[str, dict[str, str], str]:
    """An agent's key, the variables of its credential, and why it cannot run with them.

    The secrets of one that is not to run stay here.
    """
    if not row["wanted"]:
        return "", {}, ""
    try:
        key = keys.read(reader, store, row["agent"])
        environment = credentials.environment(reader, store, row["credential"])
    except SecretUnreadable as error:
        return "", {}, error.detail
    wrong = keys.fault(context, row["agent"], key)
    return ("", {}, wrong) if wrong or key is None else (key, environment, "")


def _version(home: Home) -> int:
    """A number that is another one whenever anything of a home is another."""
    text = home.model_dump_json().encode()
    return int.from_bytes(hashlib.sha256(text).digest()[:VERSION_BYTES], "big")
