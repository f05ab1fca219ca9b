"""Operations: each thing that can be done, defined once, called in one way by every surface.

    MCP call · REST call · page form · CLI · plugin
        -> call(context, name, arguments)
             validate -> authorise -> before hooks -> the operation -> one transaction -> commit -> after hooks

An operation is an async function. One that only reads returns its result. One that changes something does its checks,
then returns its unit of work, a plain function ``work(tx) -> result``; `call` runs it in one transaction, together with
what makes a repeated call harmless. There is no other way to write.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeVar, get_args, get_type_hints

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model

from . import idempotency
from .directory import Access, Agent
from .errors import Forbidden, InvalidInput, NotFound, Unauthorized
from .events.log import Event
from .plugins import Deferred, hook_kind
from .storage import Transaction, Work
from .team import Server, Team

T = TypeVar("T")
Surface = Literal["mcp", "rest", "page", "stream", "plugin"]
Function = TypeVar("Function", bound=Callable[..., Awaitable[Any]])

IDEM_KEY = "idem_key"


class Result(BaseModel):
    """Base of every shape that goes in or out: a compact form for models, and nothing unknown."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    def text(self) -> str:
        """The compact text that MCP clients show to their model. Override it where JSON says too much."""
        return self.model_dump_json(exclude_none=True)


@dataclass(frozen=True)
class Operation:
    """One thing that can be done."""

    name: str
    description: str
    method: str
    path: str
    """REST path; ``{name}`` stands for the argument of that name."""
    access: Access
    profile: str
    read_only: bool
    destructive: bool
    idempotent: bool
    tool: bool
    status: int
    secret_result: bool
    arguments: type[BaseModel]
    result: type[BaseModel]
    function: Callable[..., Awaitable[Any]]

    def check(self, arguments: Mapping[str, Any], *, strict: bool = False) -> BaseModel:
        """Validate arguments. ``strict`` takes no text for a number (JSON knows the difference, query strings do not).

        Raises:
            InvalidInput: names each wrong field.
        """
        try:
            return self.arguments.model_validate(arguments, strict=strict)
        except ValidationError as error:
            raise invalid_input(error) from None


def operation(
    route: str,
    *,
    access: Literal["anonymous", "observer", "member", "manager", "owner"] | None = None,
    profile: str = "core",
    read_only: bool = False,
    destructive: bool = False,
    idempotent: bool = False,
    tool: bool = True,
    status: int = 200,
    secret_result: bool = False,
) -> Callable[[Function], Function]:
    """Make an operation of ``async def name(context, …)``. Contribute it with the hook ``register_operations``.

    The function's name is the operation's and the MCP tool's, its docstring the description for the model, its
    annotated parameters the arguments, its return annotation (``Model`` or ``Work[Model]``) the result.

    Args:
        route: REST method and path, as in ``"GET /api/things/{id}"``.
        access: least access level; by default ``observer`` for what only reads, else ``member``.
        profile: the group of tools it belongs to, for ``/mcp?tools=``.
        read_only: it changes nothing.
        destructive: it removes something that cannot be brought back.
        idempotent: doing it twice is the same as once.
        tool: offer it as an MCP tool.
        status: HTTP status of success.
        secret_result: the result holds a secret and is never kept.
    """
    method, _, path = route.partition(" ")

    def decorate(function: Function) -> Function:
        result, arguments = _signature(function, keyed=not read_only and method != "GET")
        function.operation = Operation(  # type: ignore[attr-defined]
            name=function.__name__,
            description=inspect.cleandoc(function.__doc__ or ""),
            method=method,
            path=path,
            access=Access[access or ("observer" if read_only else "member")],
            profile=profile,
            read_only=read_only,
            destructive=destructive,
            idempotent=idempotent,
            tool=tool,
            status=status,
            secret_result=secret_result,
            arguments=arguments,
            result=result,
            function=function,
        )
        return function

    return decorate


def _signature(function: Callable[..., Any], *, keyed: bool) -> tuple[type[BaseModel], type[BaseModel]]:
    hints = get_type_hints(function, include_extras=True)
    fields: dict[str, Any] = {}
    for parameter in list(inspect.signature(function).parameters.values())[1:]:
        default = ... if parameter.default is inspect.Parameter.empty else parameter.default
        fields[parameter.name] = (hints[parameter.name], default)
    if keyed:
        fields[IDEM_KEY] = (str | None, Field(None, min_length=1, max_length=128))
    name = "".join(part.title() for part in function.__name__.split("_"))
    arguments = create_model(name + "Arguments", __config__=ConfigDict(extra="forbid"), **fields)
    returned = hints["return"]
    parts = get_args(returned)  # Work[Model] is Callable[[Transaction], Model]
    return (parts[-1] if parts else returned), arguments


class Registry:
    """All operations, by name."""

    def __init__(self) -> None:
        self._operations: dict[str, Operation] = {}
        self._routes: set[tuple[str, str]] = set()

    def add(self, function: Callable[..., Any]) -> None:
        """Add a function decorated with `operation`.

        Raises:
            ValueError: not decorated, or the name or route is taken.
        """
        found: Operation | None = getattr(function, "operation", None)
        if found is None:
            raise ValueError(f"{function!r} is not decorated with @operation")
        if found.name in self._operations:
            raise ValueError(f"there is an operation called {found.name} already")
        if (found.method, found.path) in self._routes:
            raise ValueError(f"there is an operation at {found.method} {found.path} already")
        self._operations[found.name] = found
        self._routes.add((found.method, found.path))

    def get(self, name: str) -> Operation:
        """The operation of that name.

        Raises:
            NotFound: there is none.
        """
        if name not in self._operations:
            raise NotFound(f"There is no operation called '{name}'.", code="unknown_operation")
        return self._operations[name]

    def __iter__(self) -> Iterator[Operation]:
        return iter(self._operations.values())


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
    _held: list[tuple[str, dict[str, Any]]] = field(default_factory=list, repr=False, compare=False)

    def now(self) -> int:
        """UTC, milliseconds since the epoch."""
        return self.server.clock.now()

    def settings(self, plugin: str) -> Any:
        """A plugin's checked settings; see the hook ``register_settings``."""
        return self.server.plugins.settings[plugin]

    async def read(self, query: Callable[..., T], *arguments: Any) -> T:
        """Run ``query(reader, *arguments)`` on a snapshot of the team's database."""
        return await self.team.database.read(query, *arguments)

    async def call(self, name: str, **arguments: Any) -> Any:
        """Call another operation, in a transaction of its own."""
        return await call(self, name, arguments)

    async def prepare(self, name: str, **arguments: Any) -> Work[Any] | Deferred[Any]:
        """Run another operation's checks and before hooks; the work that is left, to run inside one's own."""
        prepared: Work[Any] | Deferred[Any] = await _prepare(self, self.server.registry.get(name), arguments)
        return prepared

    async def before(self, hook: str, value: T) -> T:
        """Pass ``value`` through a before hook; the value as the plugins changed it.

        Raises:
            Refused, PluginFailed: see `PluginManager.before`. If a plugin defers the change, the operation ends here
            and its caller gets the `Deferred`.
        """
        passed = await self.server.plugins.before(hook, value, context=self)
        if isinstance(passed, Deferred):
            raise _DeferredCall(passed)
        return passed

    def notify(self, hook: str, **arguments: Any) -> None:
        """Tell plugins something, beside the current call. From a work, use it through ``tx.on_commit``."""
        assert hook_kind(hook) == "notify"  # noqa: S101 - a mistake of the programmer, not of the caller
        plugins = self.server.plugins
        if plugins.handles(hook):
            self.server.background(plugins.notify(hook, context=self, **arguments))

    def emit(
        self,
        tx: Transaction,
        kind: str,
        subject: str | int,
        *,
        channel: str | None = None,
        agents: list[str] | None = None,
        data: dict[str, Any] | None = None,
    ) -> Event:
        """Append an event by this actor to the log, in the transaction ``tx``. See `EventLog.append`."""
        return self.team.log.append(
            tx, kind, actor=self.actor.name, subject=str(subject), channel=channel, agents=agents, data=data
        )

    def require(self, access: Access, what: str) -> None:
        """Check an access level that depends on the arguments.

        Raises:
            Forbidden: the actor's is lower; ``what`` completes "… needs access level 'manager'".
        """
        if self.actor.access < access:
            raise Forbidden(f"{what} needs access level '{access.name}'; yours is '{self.actor.access.name}'.")

    def on_behalf_of(self, agent: Agent, grant: str) -> Context:
        """The context in which a deferred call is run as its proposer."""
        return replace(self, actor=agent, surface="plugin", grant=grant)


def enter(server: Server, key: str | None, surface: Surface, address: str) -> Context:
    """The context of a request that comes with a key: authenticated, counted against its limits, seen.

    Raises:
        Unauthorized: no key, or not a valid one.
        RateLimited: too many calls.
    """
    server.address_limit.take(address)
    if not key:
        raise Unauthorized("Send your key in the header 'Authorization: Bearer tmcp_…'.", code="missing_key")
    team, actor = server.authenticate(key)
    return enter_as(server, team, actor, surface, address)


def enter_as(server: Server, team: Team, actor: Agent, surface: Surface, address: str) -> Context:
    """The context of a request whose actor is known from elsewhere, such as a browser's session."""
    server.agent_limit.take(f"{team.name}/{actor.name}")
    team.presence.seen(actor.name)
    return Context(server, team, actor, surface, address)


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
    checked = operation.check(arguments, strict=strict)
    authorise(context, operation)
    key = None if operation.read_only else idempotency_key or getattr(checked, IDEM_KEY, None)
    once = None
    if key is not None:
        once = idempotency.Once(operation, context.actor.name, key, checked, context.now())
        if (replay := await context.read(once.look_up)) is not None:
            return replay
    outcome = await _run(context, operation, checked)
    if callable(outcome) and not isinstance(outcome, BaseModel):
        work = outcome if once is None else once.guard(outcome)
        try:
            outcome = await context.team.database.write(work)
        except idempotency.Replayed as replayed:  # the same call, at the same moment
            return replayed.result
    if not operation.read_only:
        context.notify("operation_done", operation=operation, result=outcome)
    return outcome


def authorise(context: Context, operation: Operation) -> None:
    """Check the actor's access level.

    Raises:
        Unauthorized: nobody is logged in. Forbidden: the level is too low.
    """
    override = context.server.settings.permissions.get(operation.name)
    needed = operation.access if override is None else Access[override]
    if context.actor.access >= needed:
        return
    if context.actor.access is Access.anonymous:
        raise Unauthorized("Send your key in the header 'Authorization: Bearer tmcp_…'.", code="missing_key")
    raise Forbidden(f"{operation.name} needs access level '{needed.name}'; yours is '{context.actor.access.name}'.")


class _DeferredCall(Exception):
    def __init__(self, deferred: Deferred[Any]) -> None:
        super().__init__("deferred")
        self.deferred = deferred


async def _prepare(context: Context, operation: Operation, arguments: Mapping[str, Any]) -> Any:
    checked = operation.check(arguments)
    authorise(context, operation)
    return await _run(context, operation, checked)


async def _run(context: Context, operation: Operation, checked: BaseModel) -> Any:
    plugins = context.server.plugins
    if plugins.handles("before_operation"):
        passed = await plugins.before("before_operation", checked, context=context, operation=operation)
        if isinstance(passed, Deferred):
            return passed
        checked = passed
    values = {key: getattr(checked, key) for key in type(checked).model_fields if key != IDEM_KEY}
    try:
        return await operation.function(context, **values)
    except _DeferredCall as call:
        return call.deferred


def invalid_input(error: ValidationError) -> InvalidInput:
    """The error of a failed validation: each field and what is wrong with it, never the value."""
    errors = [
        {"field": ".".join(str(part) for part in item["loc"]) or "body", "message": _message(item["type"], item["msg"])}
        for item in error.errors(include_url=False, include_input=False, include_context=False)
    ]
    return InvalidInput("; ".join(f"{item['field']}: {item['message']}" for item in errors[:5]), errors=errors)


def _message(kind: str, message: str) -> str:
    if kind == "extra_forbidden":
        return "there is no such argument"
    if kind == "missing":
        return "this argument is required"
    return message.removeprefix("Value error, ")
