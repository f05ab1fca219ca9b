"""Operations: each thing that can be done, defined once, called in one way by every surface.

    MCP call · REST call · page form · CLI · plugin
        -> call(context, name, arguments)
             validate -> authorise -> resolve names -> before hooks -> the operation -> one transaction -> commit
             -> after hooks

An operation is an async function. One that only reads returns its result. One that changes something does its checks,
then returns its unit of work, a plain function ``work(tx) -> result``; `call` runs it in one transaction, together with
what makes a repeated call harmless. There is no other way to write.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Concatenate, Generic, Literal, ParamSpec, TypeAlias, TypeVar, cast, overload

from pydantic import BaseModel

from ..arguments.checking import invalid_input
from ..arguments.references import resolved
from ..errors import Forbidden, Gone, Unauthorized
from ..events import Event
from ..events.kinds import EventData
from ..http.callers import is_loopback
from ..keys import hash_key
from ..logs.access import note_member
from ..members.directory import ANONYMOUS, SYSTEM, Access, Agent
from ..members.readers import Reader
from ..plugins import Deferred
from ..plugins.contracts import hook_kind
from ..registry import IDEM_KEY, Operation, Registry, Result, operation
from ..secrets import Secrets
from ..secrets.events import SecretEvent
from ..server import Server, Team
from ..storage import Transaction, Work
from . import idempotency
from .budget import Budget
from .effects import check_levels

__all__ = [
    "IDEM_KEY",
    "CallDeferred",
    "Context",
    "Operation",
    "Prepared",
    "Registry",
    "Result",
    "Surface",
    "authorise",
    "call",
    "enter",
    "enter_as",
    "invalid_input",
    "operation",
]

T = TypeVar("T")
R = TypeVar("R")
P = ParamSpec("P")
Surface = Literal["mcp", "rest", "page", "stream", "plugin"]


@dataclass(frozen=True)
class Prepared(Generic[R]):
    """A call whose checks and before hooks are done, to be run in a transaction: ``prepared(tx)`` gives its result."""

    work: Work[R]
    waits: bool = False
    """Whether a plugin makes it wait. Run, it lets the plugin write down what it needs, and gives what the caller is
    told instead of the result."""

    def __call__(self, tx: Transaction) -> R:
        """Run it."""
        return self.work(tx)


class CallDeferred(Exception):
    """A plugin makes a call wait. ``deferred`` holds what its caller is told."""

    def __init__(self, deferred: Deferred[Any]) -> None:
        super().__init__("a plugin makes this call wait")
        self.deferred = deferred


@dataclass(frozen=True)
class Context:
    """Who calls, where, and what the callee may use."""

    server: Server
    team: Team
    actor: Agent
    surface: Surface
    address: str = ""
    """The caller's network address, empty inside the process."""
    grant: str | None = None
    """Set when a deferred call is run at last: the reference under which it was approved."""
    key_hash: str | None = None
    """Of the key that the caller came with; None inside the process, and for the session of a browser."""
    reader: Reader | None = None
    """Who reads the answer, if that may be gone when it comes; None inside the process, and for a person's page."""
    admin: bool = False
    """Whether the caller, who is no member, has shown the server's admin key."""
    listener: Callable[[str], Awaitable[None]] | None = None
    """What takes how things stand to a caller that waits; None if it does not want to hear it."""
    bounded: bool = False
    """Whether an operation calls that sees to it by itself how often this is done; see `as_bounded`."""

    async def tell(self, words: str) -> None:
        """Say to a caller that waits how things stand, if it wants to hear that; see ``tells`` of `operation`.

        Clients of MCP get it as progress. Say it again every few seconds, so that they see that it goes on.
        """
        if self.listener is not None:
            await self.listener(words)

    def now(self) -> int:
        """UTC, milliseconds since the epoch."""
        return self.server.clock.now()

    @property
    def is_local(self) -> bool:
        """Whether the caller is on the server's own machine, or in its process (no address)."""
        return not self.address or is_loopback(self.address)

    def budget(self) -> Budget:
        """How much a result may hold. Only people's pages, and what the server does by itself, take all at once."""
        return Budget(None if self.surface in {"page", "plugin"} else self.server.settings.max_result)

    def settings(self, plugin: str) -> Any:
        """A plugin's checked settings; see the hook ``register_settings``."""
        return self.server.plugins.settings[plugin]

    def secrets(self, plugin: str) -> Secrets:
        """What a plugin keeps secret in this team: encrypted, with a key outside of the database; see `Secrets`."""
        keys = self.server.secret_keys
        keys.make()

        def note(tx: Transaction, event: SecretEvent) -> None:
            self.emit(tx, event, f"{event.plugin}/{event.name}", agents=[])

        return Secrets(keys, self.team.name, plugin, self.now(), note)

    async def read(self, query: Callable[..., T], *arguments: Any) -> T:
        """Run ``query(reader, *arguments)`` on a snapshot of the team's database."""
        return await self.team.database.read(query, *arguments)

    @overload
    async def call(self, operation: Changing[P, R], /, *args: P.args, **arguments: P.kwargs) -> R: ...

    @overload
    async def call(self, operation: Either[P, R], /, *args: P.args, **arguments: P.kwargs) -> R: ...

    @overload
    async def call(self, operation: str, /, **arguments: Any) -> Any: ...

    async def call(self, operation: Any, /, *args: Any, **arguments: Any) -> Any:
        """Call another operation, in a transaction of its own; its result.

        Args:
            operation: its function, or its name if it is one of another plugin.
            args: its arguments in their order, better by name.
            arguments: its arguments by name.

        Raises:
            TeamError: whatever keeps it from being done; nothing was changed then.
            CallDeferred: a plugin makes it wait. Inside an operation leave it alone: the operation ends here, and its
                caller is told what the plugin says.
        """
        found = self.server.registry.find(operation)
        result = await call(self, found.name, found.named(args, arguments))
        if isinstance(result, Deferred):
            raise CallDeferred(result)
        return result

    @overload
    async def prepare(self, operation: Changing[P, R], /, *args: P.args, **arguments: P.kwargs) -> Prepared[R]: ...

    @overload
    async def prepare(self, operation: Either[P, R], /, *args: P.args, **arguments: P.kwargs) -> Prepared[R]: ...

    @overload
    async def prepare(self, operation: str, /, **arguments: Any) -> Prepared[Any]: ...

    async def prepare(self, operation: Any, /, *args: Any, **arguments: Any) -> Prepared[Any]:
        """Run another operation's checks and before hooks; what is left, to run inside a work of one's own.

        It can always be run, once: also if the operation had its result at once, and if a plugin makes the call wait.
        Its arguments are those of `call`.
        """
        found = self.server.registry.find(operation)
        outcome = await _prepare(self, found, found.named(args, arguments))
        if isinstance(outcome, Deferred):
            return Prepared(outcome.store, waits=True)
        return Prepared(outcome if _is_work(outcome) else lambda tx: outcome)

    async def before(self, hook: str, value: T) -> T:
        """Pass ``value`` through a before hook; the value as the plugins changed it.

        Raises:
            Refused, PluginFailed: see `PluginManager.before`. If a plugin defers the change, the operation ends here
            and its caller gets the `Deferred`.
        """
        passed = await self.server.plugins.before(hook, value, context=self)
        if isinstance(passed, Deferred):
            raise CallDeferred(passed)
        return passed

    def notify(self, hook: str, **arguments: Any) -> None:
        """Tell plugins something, beside the current call. From a work, use it through ``tx.on_commit``."""
        assert hook_kind(hook) == "notify"  # noqa: S101 - a mistake of the programmer, not of the caller
        self.team.notify(hook, context=self, **arguments)

    def emit(
        self,
        tx: Transaction,
        event: EventData,
        subject: str | int,
        *,
        channel: str | None = None,
        agents: list[str] | None = None,
    ) -> Event:
        """Append an event by this actor to the log, in the transaction ``tx``. See `EventLog.append`."""
        return self.team.log.append(
            tx,
            event,
            actor=self.actor.name,
            subject=str(subject),
            channel=channel,
            agents=agents,
            surface=self.surface,
        )

    def require(self, access: Access, what: str) -> None:
        """Check an access level that depends on the arguments.

        Raises:
            Forbidden: the actor's is lower; ``what`` completes "… needs access level 'manager'".
        """
        if self.actor.access < access:
            raise Forbidden(f"{what} needs access level '{access.name}'; yours is '{self.actor.access.name}'.")

    @classmethod
    def inside(cls, team: Team, actor: Agent = SYSTEM) -> Context:
        """The context of work that no request asks for: a reminder, a schedule that has come round."""
        server = cast(Server, team.server)  # what holds a team is always the server itself
        return cls(server, team, actor, "plugin")

    def as_bounded(self) -> Context:
        """The same, for a message of an operation that bounds by itself how many there are, as one for each question.

        The loop breaker counts no such message. Whatever a caller writes, in arguments or metadata, makes none of it.
        """
        return replace(self, bounded=True)

    def on_behalf_of(self, agent: Agent, grant: str) -> Context:
        """The context in which a deferred call is run as its proposer."""
        return replace(self, actor=agent, surface="plugin", grant=grant, key_hash=None, reader=None, listener=None)


Changing: TypeAlias = Callable[Concatenate[Context, P], Awaitable[Callable[[Transaction], R]]]
"""The function of an operation that leaves a unit of work."""
Either: TypeAlias = Callable[Concatenate[Context, P], Awaitable[Callable[[Transaction], R] | R]]
"""The function of an operation that may have its result at once, or has it always."""


def enter(server: Server, key: str | None, surface: Surface, address: str, reader: Reader | None = None) -> Context:
    """The context of a request that comes with a key: authenticated, counted against its limit, seen.

    A caller without a valid key counts against the limit of its address. That is shared by all who are there, so
    whoever has one takes nothing from it and does not depend on it.

    Args:
        server: all teams.
        key: the caller's.
        surface: by which it comes.
        address: its network address.
        reader: who reads the answer, if that may be gone when it comes.

    Raises:
        Unauthorized: no key, or not a valid one.
        RateLimited: too many calls.
    """
    if not key:
        server.limits.address.take(address)
        raise Unauthorized("Send your key in the header 'Authorization: Bearer tmcp_…'.", code="missing_key")
    try:
        team, actor = server.identity.authenticate(key)
    except Unauthorized:
        server.limits.address.take(address)
        server.identity.login_failed(key, address, surface)
        raise
    looks = reader is not None and reader.looks
    return replace(enter_as(server, team, actor, surface, address, hash_key(key), seen=not looks), reader=reader)


def enter_as(
    server: Server,
    team: Team,
    actor: Agent,
    surface: Surface,
    address: str,
    key_hash: str | None = None,
    *,
    seen: bool = True,
) -> Context:
    """The context of a request whose actor is known from elsewhere, such as a browser's session.

    ``seen``: whether the request shows that the actor is here.
    """
    server.limits.agent.take(f"{team.name}/{actor.name}")
    if seen:
        team.presence.seen(actor.name)
    note_member(team.name, actor.name)
    return Context(server, team, actor, surface, address, key_hash=key_hash)


async def call(
    context: Context,
    name: str,
    arguments: Mapping[str, Any],
    *,
    idempotency_key: str | None = None,
    strict: bool = False,
) -> Any:
    """Do one thing: the only way in. The operation's result model, or `Deferred` if a plugin made it wait.

    Raises:
        TeamError: whatever keeps it from being done; nothing was changed then.
    """
    operation = context.server.registry.get(name)
    checked = operation.check(arguments, strict=strict, time_zone=context.actor.time_zone)
    authorise(context, operation)
    key = None if operation.read_only else idempotency_key or getattr(checked, IDEM_KEY, None)
    once = None
    if key is not None:
        once = idempotency.Once(operation, context.actor.name, key, checked, context.now())
        if (replay := await context.read(once.look_up)) is not None:
            return replay
    outcome = await _run(context, operation, checked)
    if isinstance(outcome, Deferred):
        if outcome.work is None:
            return outcome
        return Deferred(await context.team.database.write(_by_right(context, outcome.store)))
    if _is_work(outcome):
        work = outcome if once is None else once.guard(outcome)
        try:
            outcome = await context.team.database.write(_by_right(context, work))
        except idempotency.Replayed as replayed:  # the same call, at the same moment
            return replayed.result
    if not operation.read_only:
        context.notify("operation_done", operation=operation, result=outcome)
    return outcome


def authorise(context: Context, operation: Operation) -> None:
    """Check the actor's access level.

    Raises:
        Unauthorized: nobody is logged in. Forbidden: the level is too low, or the server alone does this.
    """
    if operation.internal and context.actor is not SYSTEM:
        raise Forbidden(f"{operation.name} is for the server alone, which does it by itself.", code="server_only")
    override = context.server.settings.permissions.get(operation.name)
    needed = operation.access if override is None else Access[override]
    if context.actor.access >= needed:
        return
    if context.actor.access is Access.anonymous:
        raise Unauthorized("Send your key in the header 'Authorization: Bearer tmcp_…'.", code="missing_key")
    raise Forbidden(f"{operation.name} needs access level '{needed.name}'; yours is '{context.actor.access.name}'.")


def _by_right(context: Context, work: Work[Any]) -> Work[Any]:
    """``work``, made to run only if the actor may still do what it could when the call was checked.

    Between the checks and this transaction its membership may have ended, or its level been lowered. Each check that a
    call has passed was made with the level that it had then, so that one comparison repeats them all.
    """
    stored = context.team.directory.stored
    if stored is None or context.actor in (SYSTEM, ANONYMOUS):
        return work

    def checked(tx: Transaction) -> Any:
        now = stored(tx, context.actor.name)  # before the work, which may change it
        result = work(tx)  # first, since what it refuses by itself it can say better; an error undoes it
        if now is None or now.retired:
            raise Gone(f"{context.actor.name} was retired.", code="agent_retired")
        if now.access < context.actor.access:
            raise Forbidden(
                f"Your access level has just been changed to '{now.access.name}', so nothing was done. Try again.",
                code="access_changed",
            )
        return result

    return checked


def _is_work(outcome: Any) -> bool:
    """Whether an operation left a unit of work, rather than its answer."""
    return callable(outcome) and not isinstance(outcome, BaseModel)


async def _prepare(context: Context, operation: Operation, arguments: Mapping[str, Any]) -> Any:
    checked = operation.check(arguments, time_zone=context.actor.time_zone)
    authorise(context, operation)
    return await _run(context, operation, checked)


async def _run(context: Context, operation: Operation, checked: BaseModel) -> Any:
    plugins = context.server.plugins
    checked = await resolved(context, operation.references, checked)
    await check_levels(context, operation, checked)
    if plugins.handles("before_operation"):
        passed = await plugins.before("before_operation", checked, context=context, operation=operation)
        if isinstance(passed, Deferred):
            return passed
        checked = passed
    values = {key: value for key, value in checked if key != IDEM_KEY}
    try:
        outcome = await operation.function(context, **values)
    except CallDeferred as waiting:
        return waiting.deferred
    if isinstance(outcome, Prepared):  # the operation is nothing but another one
        return Deferred(None, outcome.work) if outcome.waits else outcome.work
    return outcome
