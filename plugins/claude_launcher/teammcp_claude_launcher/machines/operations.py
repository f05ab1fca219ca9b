"""Machines join, connect, go, and are revoked."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from teammcp import (
    Conflict,
    Context,
    Forbidden,
    NotFound,
    Reader,
    Row,
    ServerAddress,
    Transaction,
    Work,
    __version__,
    hash_key,
    new_key,
    operation,
)

from .. import homes, runs
from ..events import JoinTokenMade, MachineAdded, MachineConnected, MachineCopied, MachineLost, MachineRevoked
from ..protocol import REVOKED, FoundRuntime, LookIntoRepository
from ..runner.programs import describe_machine
from ..runs import showing
from ..runs.operations.settling import end
from ..sentences import KEY_REVOKED
from . import queries
from .connections import links
from .here import look_here
from .local import local_name, machine_name
from .models import (
    Connected,
    Joined,
    JoinToken,
    LookedInto,
    Machine,
    MachineList,
    MachineName,
    Noted,
    Revoked,
    RuntimeOnMachine,
)

TOKEN_SECONDS = 15 * 60
HOUR, DAY = 3_600_000, 86_400_000
Hash = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


@operation("GET /api/machines", access="member", profile="launcher", read_only=True)
async def list_machines(context: Context) -> MachineList:
    """List the machines that run agents: whether each is connected, what is installed there, who lives there."""
    await look_here(context)
    rows, agents = await context.read(_machines)
    return MachineList([_shown(context, row, agents.get(row["name"], [])) for row in rows])


@operation("POST /api/machines/tokens", access="manager", profile="launcher", tool=False, secret_result=True)
async def make_join_token(context: Context) -> Work[JoinToken]:
    """Make a token with which one more machine joins, once, within 15 minutes, and the command to run there."""
    token, now = new_key(context.team.name), context.now()
    expires_at = now + TOKEN_SECONDS * 1000

    def work(tx: Transaction) -> JoinToken:
        queries.forget_tokens(tx, now - DAY)
        queries.add_token(tx, hash_key(token), context.actor.name, now, expires_at)
        context.emit(tx, JoinTokenMade(expires_at=expires_at), context.actor.name)
        url = context.server.settings.public_url
        command = f"teammcp runner join --url {url} --token {token}"
        only_here = ServerAddress.parse(url).is_local
        return JoinToken(token=token, expires_at=expires_at, command=command, only_here=only_here)

    return work


@operation("POST /api/machines/{machine}/revoke", access="manager", profile="launcher", destructive=True)
async def revoke_machine(context: Context, machine: MachineName) -> Work[Revoked]:
    """Trust a machine no longer: its runner is cut off and ends its programs, and its agents get new keys."""
    await context.read(_find, machine)
    forget = await homes.forget_machine(context, machine)

    def work(tx: Transaction) -> Revoked:
        _find(tx, machine)
        queries.revoke(tx, machine, context.actor.name, context.now())
        ended = runs.live_on(tx, machine)
        for row in ended:
            end(context, tx, row, "revoked", KEY_REVOKED(name=context.actor.name, machine=machine))
        agents = forget(tx)
        context.emit(tx, MachineRevoked(machine=machine), machine)
        tx.on_commit(lambda: links(context.team).close(machine, REVOKED, "the key of this machine was revoked"))
        return Revoked(machine=machine, agents=agents, runs=[row["id"] for row in ended])

    return work


# -- of the server alone ---------------------------------------------------------------------------------------------


@operation(internal=True, secret_result=True)
async def join_machine(
    context: Context, token_hash: Hash, name: MachineName, platform: str = "", version: str = ""
) -> Work[Joined]:
    """Let a machine join that has shown a token. It gets a name that no other has had."""
    key = new_key(context.team.name)

    def work(tx: Transaction) -> Joined:
        row, now = queries.token(tx, token_hash), context.now()
        if row is None or row["used_at"] is not None or row["expires_at"] <= now:
            raise Forbidden(
                "token: it is unknown, was used, or is older than 15 minutes. Get a new one on the page Machines.",
                code="wrong_token",
            )
        machine = _free_name(tx, machine_name(name), local_name(context.server))
        queries.use_token(tx, token_hash, machine, now)
        queries.add(tx, machine, hash_key(key), 0, platform, version, row["made_by"], now)
        context.emit(tx, MachineAdded(machine=machine), machine)
        return Joined(team=context.team.name, machine=machine, key=key)

    return work


@operation(internal=True)
async def note_local_machine(context: Context, runtimes: list[FoundRuntime]) -> Work[Noted]:
    """Note what is installed on the server's own machine. It has a key that nobody knows until it is enrolled."""
    machine, text = local_name(context.server), queries.RUNTIMES.dump_json(runtimes).decode()
    unknown = hash_key(new_key(context.team.name))

    def work(tx: Transaction) -> Noted:
        if queries.machine(tx, machine) is None:
            queries.add(tx, machine, unknown, 1, describe_machine(), __version__, context.actor.name, context.now())
            context.emit(tx, MachineAdded(machine=machine), machine)
        queries.set_runtimes(tx, machine, text)
        return Noted(machine=machine)

    return work


@operation(internal=True, secret_result=True)
async def enrol_local_machine(context: Context) -> Work[Joined]:
    """Give the server's own machine a key, another one if it had one."""
    machine, key = local_name(context.server), new_key(context.team.name)

    def work(tx: Transaction) -> Joined:
        row = queries.machine(tx, machine)
        if row is None:
            queries.add(tx, machine, hash_key(key), 1, "", "", context.actor.name, context.now())
            context.emit(tx, MachineAdded(machine=machine), machine)
        elif row["is_local"]:
            queries.rekey(tx, machine, hash_key(key))
            if row["revoked_at"] is not None:
                context.emit(tx, MachineAdded(machine=machine), machine)
        else:
            raise Conflict(
                f"Another machine has joined as '{machine}'. Call this one otherwise: the setting 'machine' in "
                "[plugins.claude_launcher].",
                code="name_taken",
            )
        return Joined(team=context.team.name, machine=machine, key=key)

    return work


@operation(internal=True)
async def connect_machine(
    context: Context,
    machine: str,
    journal: str,
    installation: str,
    version: str,
    platform: str,
    runtimes: list[FoundRuntime],
) -> Work[Connected]:
    """A runner has connected. A journal that is another than before begins anew."""
    text = queries.RUNTIMES.dump_json(runtimes).decode()

    def work(tx: Transaction) -> Connected:
        row = _find(tx, machine)
        stored: int = row["reported"] if row["journal"] == journal else 0
        queries.connect(tx, machine, platform, version, text, journal, installation, stored, context.now())
        context.emit(tx, MachineConnected(machine=machine), machine)
        return Connected(stored=stored)

    return work


@operation(internal=True)
async def note_copy(context: Context, machine: str, place: str) -> Work[Noted]:
    """A runner was turned away, since another one with the machine's key is at work. One that tries on is told once."""

    def work(tx: Transaction) -> Noted:
        row, now = _find(tx, machine), context.now()
        is_new = row["copy_place"] != place or row["copy_at"] is None or row["copy_at"] <= now - HOUR
        queries.set_copy(tx, machine, place, now)
        if is_new:
            context.emit(tx, MachineCopied(machine=machine, place=place), machine)
        return Noted(machine=machine)

    return work


@operation(internal=True)
async def note_programs(context: Context, machine: str, runtimes: list[FoundRuntime]) -> Work[Noted]:
    """The programs of a machine have changed."""
    text = queries.RUNTIMES.dump_json(runtimes).decode()

    def work(tx: Transaction) -> Noted:
        queries.set_runtimes(tx, machine, text)
        return Noted(machine=machine)

    return work


@operation(internal=True)
async def lose_machine(context: Context, machine: str) -> Work[Noted]:
    """The connection of a runner is over: nobody knows any more what runs there."""

    def work(tx: Transaction) -> Noted:
        queries.set_seen(tx, machine, context.now())
        context.emit(tx, MachineLost(machine=machine), machine)
        agents = {row["agent"] for row in runs.live_on(tx, machine)}
        agents |= {home["agent"] for home in homes.homes_on(tx, machine) if home["wanted"]}
        tx.on_commit(lambda: showing.show_unreachable(context.team, sorted(agents)))
        return Noted(machine=machine)

    return work


@operation(internal=True, read_only=True)
async def look_into_repository(
    context: Context,
    machine: str,
    folder: str,
    commit: Annotated[str, Field(pattern="^[0-9a-f]{7,64}$")],
    path: str = "",
    first: int = 1,
    last: int = 1,
    digest: str = "",
) -> LookedInto:
    """Ask a machine's runner whether a commit is in a folder's repository, and some lines of a file at it.

    Whoever calls it answers for the folder: only one that the team has said to be of a project. An empty machine is the
    server's own. What is asked is as in `protocol.LookIntoRepository`.
    """
    question = LookIntoRepository(folder=folder, commit=commit, path=path, first=first, last=last, digest=digest)
    return LookedInto(**await links(context.team).ask(machine or local_name(context.server), question))


# -- helpers ---------------------------------------------------------------------------------------------------------


def _machines(reader: Reader) -> tuple[list[Row], dict[str, list[str]]]:
    rows = queries.machines(reader)
    agents = {row["name"]: [home["agent"] for home in homes.homes_on(reader, row["name"])] for row in rows}
    return rows, agents


def _shown(context: Context, row: Row, agents: list[str]) -> Machine:
    connected = links(context.team).is_connected(row["name"])
    found = queries.RUNTIMES.validate_json(row["runtimes"])
    is_copied = row["copy_at"] is not None and row["copy_at"] > context.now() - DAY
    columns = (
        "name", "platform", "version", "added_by", "added_at", "revoked_by", "revoked_at",
    )  # fmt: skip
    return Machine(
        **{column: row[column] for column in columns},
        is_local=bool(row["is_local"]),
        connected=connected,
        runtimes=[RuntimeOnMachine(**each.model_dump()) for each in found],
        agents=agents,
        seen_at=context.now() if connected else row["seen_at"],
        copy_place=row["copy_place"] if is_copied else "",
        copy_at=row["copy_at"] if is_copied else None,
    )


def _find(reader: Reader, machine: str) -> Row:
    """A machine whose key works.

    Raises:
        NotFound: there is none of that name. Conflict: its key was revoked.
    """
    row = queries.machine(reader, machine)
    if row is None:
        raise NotFound(f"machine: there is no machine '{machine}'; list_machines lists them.", code="no_machine")
    if row["revoked_at"] is not None:
        raise Conflict(f"machine: the key of '{machine}' was revoked by {row['revoked_by']}.", code="machine_revoked")
    return row


def _free_name(reader: Reader, wanted: str, own: str) -> str:
    """The name, or the first with a number behind it that no machine has or had; ``own`` is the server's machine."""
    name, number = wanted, 1
    while name == own or queries.machine(reader, name) is not None:
        number += 1
        name = f"{wanted[:58]}-{number}"
    return name


OPERATIONS = [
    list_machines,
    make_join_token,
    revoke_machine,
    join_machine,
    note_local_machine,
    enrol_local_machine,
    connect_machine,
    note_copy,
    note_programs,
    lose_machine,
    look_into_repository,
]
