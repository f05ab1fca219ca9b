"""What an operation is: a decorated function, its arguments and result as pydantic models, and the registry of all."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import UnionType
from typing import Any, Literal, TypeVar, Union, Unpack, get_args, get_origin, get_type_hints

from pydantic import BaseModel, ConfigDict, Field, create_model

from .arguments.checking import checked
from .arguments.references import Reference, references_of
from .errors import InvalidInput, NotFound
from .members.directory import Access
from .text.untrusted import quote

Function = TypeVar("Function", bound=Callable[..., Awaitable[Any]])

OperationFunction = Callable[..., Awaitable[Any]]
"""What `operation` decorates: ``async def name(context, …)``."""

IDEM_KEY = "idem_key"

Meaning = Callable[[Any, Any], Awaitable[Iterable[Mapping[str, Any]]]]
"""``await meaning(context, arguments)``: with which arguments another operation would have the effect of a call."""


class Result(BaseModel):
    """Base of every shape that goes in or out: a compact form for models, and nothing unknown."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True, defer_build=True)

    def text(self) -> str:
        """The compact text that MCP clients show to their model. Override it where JSON says too much.

        What members wrote has to be put through `quote` in it, so that it cannot pass for a line of the server's.
        """
        return quote(self.model_dump_json(exclude_none=True))


@dataclass(frozen=True)
class Standing:
    """How something stands that goes on.

    Attributes:
        result: what its operation would give now.
        state: whether it still goes on.
        words: how it stands, in a few words.
        began_at, changed_at: milliseconds since the epoch.
    """

    result: BaseModel
    state: Literal["working", "completed", "cancelled"]
    words: str
    began_at: int
    changed_at: int


@dataclass(frozen=True)
class Ongoing:
    """What goes on once an operation has given its result. Clients of MCP that speak its Tasks extension get it as a
    task: the result when it is over, instead of a handle with which to ask for it.

    Attributes:
        handle: its result -> by what it is known, in letters, digits and ``,._-``; it lasts as long as that.
        look: ``await look(context, handle)`` says how it stands, to whoever asks; an error if there is no such thing.
        cancel: ``await cancel(context, handle)`` ends it, if whoever asks may.
    """

    handle: Callable[[Any], str]
    look: Callable[[Any, str], Awaitable[Standing]]
    cancel: Callable[[Any, str], Awaitable[None]]


@dataclass(frozen=True)
class Operation:
    """One thing that can be done."""

    name: str
    description: str
    method: str
    path: str
    """REST path; ``{name}`` stands for the argument of that name. Empty, like ``method``, if it is internal."""
    access: Access
    profile: str
    everyday: bool
    read_only: bool
    destructive: bool
    idempotent: bool
    tool: bool
    internal: bool
    status: int
    secret_result: bool
    largest: int
    holds: bool
    tells: bool
    ongoing: Ongoing | None = field(compare=False)
    arguments: type[BaseModel]
    result: type[BaseModel]
    function: Callable[..., Awaitable[Any]]
    references: Mapping[str, Reference] = field(compare=False)
    """The arguments that name something."""
    amounts_to: Mapping[str, Meaning] = field(compare=False)
    """The operations whose effect a call of this one may have as well."""
    also: Mapping[str, str] = field(compare=False)
    """Other spellings of arguments that are taken, and the names that these have."""

    def named(self, positional: Sequence[Any], named: Mapping[str, Any]) -> dict[str, Any]:
        """Arguments as of a function call, all by name.

        Raises:
            TypeError: there are more than it takes.
        """
        names = list(self.arguments.model_fields)
        if len(positional) > len(names):
            raise TypeError(f"{self.name} takes {len(names)} arguments, not {len(positional)}")
        return {**dict(zip(names, positional, strict=False)), **named}

    def check(self, arguments: Mapping[str, Any], *, strict: bool = False, time_zone: str = "UTC") -> BaseModel:
        """Validate arguments. ``strict`` is for JSON, which knows types that query strings do not: see `checked`.

        Times without an offset are meant in ``time_zone``.

        Raises:
            InvalidInput: names each wrong field.
        """
        if self.also:
            arguments = self._respelt(arguments)
        return checked(self.arguments, arguments, strict=strict, context={"time_zone": time_zone})

    def _respelt(self, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        for spelling, name in self.also.items():
            if spelling in arguments and name in arguments:
                raise InvalidInput(f"{spelling}: is another name of {name}, which is given too; leave one of them out.")
        return {self.also.get(given, given): value for given, value in arguments.items()}


def operation(
    route: str = "",
    *,
    internal: bool = False,
    access: Literal["anonymous", "observer", "member", "manager", "owner"] | None = None,
    profile: str = "core",
    everyday: bool = False,
    read_only: bool = False,
    destructive: bool = False,
    idempotent: bool = False,
    tool: bool = True,
    status: int = 200,
    secret_result: bool = False,
    lenient: bool = False,
    largest: int = 0,
    holds: bool = False,
    tells: bool = False,
    ongoing: Ongoing | None = None,
    amounts_to: Mapping[str, Meaning] | None = None,
    also: Mapping[str, str] | None = None,
) -> Callable[[Function], Function]:
    """Make an operation of ``async def name(context, …)``. Contribute it with the hook ``register_operations``.

    The function's name is the operation's and the MCP tool's, its docstring the description for the model, its
    annotated parameters the arguments, its return annotation (``Model`` or ``Work[Model]``) the result. Arguments that
    several operations share stand in a ``TypedDict``, which each of them takes as ``**fields: Unpack[ThatTypedDict]``:
    any of them may be left out, and is None then. Surfaces show them before the keyword-only parameters.

    Args:
        route: REST method and path, as in ``"GET /api/things/{id}"``. Every operation has one, unless it is internal.
        internal: the server alone does it, by ``Context.inside(team).call(…)``; no surface offers it to anybody.
        access: least access level; by default ``observer`` for what only reads, else ``member``.
        profile: the group of tools it belongs to, for ``/mcp?tools=``.
        everyday: agents at work use it, so it is in the profile ``everyday`` too, which ``teammcp join`` gives them.
        read_only: it changes nothing.
        destructive: it removes something that cannot be brought back.
        idempotent: doing it twice is the same as once.
        tool: offer it as an MCP tool.
        status: HTTP status of success.
        secret_result: the result holds a secret and is never kept.
        lenient: arguments that it does not know are left out instead of refused, for callers whose shape is not ours.
        largest: bytes that a body may have beyond the setting ``max_body``, for callers who send more than is used.
        holds: it may hold its caller, or hands over what it would not a second time. So it is watched from the first
            moment on whether the caller is still there, and left as soon as it is not.
        tells: while it holds its caller it says how things stand, by `Context.tell`. It hands over nothing.
        ongoing: what goes on once its result was given, which is a handle to that.
        amounts_to: other ways to do the same, so that whoever restricts those (a rule, an access level in the settings)
            restricts this too: by operation a function ``await meaning(context, arguments)`` that gives the arguments
            with which that one would have the effect of this call, none if it has not. ``references.UNKNOWN`` stands
            for a value that is not known beforehand; what is left out has its default.
        also: other spellings of its arguments, spelling -> name, which every surface takes.
    """
    if bool(route) is internal:
        raise ValueError("operation: give a route, or internal=True")
    method, _, path = route.partition(" ")

    def decorate(function: Function) -> Function:
        hints = get_type_hints(function, include_extras=True)
        _check_declaration(function, hints, read_only=read_only)
        keyed = not (read_only or internal or method == "GET")
        taken = _arguments(function, hints)
        arguments, result = _models(function, taken, hints["return"], keyed=keyed, lenient=lenient)
        function.operation = Operation(  # type: ignore[attr-defined]
            name=function.__name__,
            description=inspect.cleandoc(function.__doc__ or ""),
            method=method,
            path=path,
            access=Access[access or ("owner" if internal else "observer" if read_only else "member")],
            profile=profile,
            everyday=everyday,
            read_only=read_only,
            destructive=destructive,
            idempotent=idempotent,
            tool=tool and not internal,
            internal=internal,
            status=status,
            secret_result=secret_result,
            largest=largest,
            holds=holds,
            tells=tells,
            ongoing=ongoing,
            arguments=arguments,
            result=result,
            function=function,
            references=references_of({name: hint for name, (hint, _) in taken.items()}),
            amounts_to=amounts_to or {},
            also=_spellings(also or {}, arguments),
        )
        return function

    return decorate


def _spellings(also: Mapping[str, str], arguments: type[BaseModel]) -> Mapping[str, str]:
    """``also``, if each of them is a spelling of an argument, and no argument itself.

    Raises:
        ValueError: one is not.
    """
    for spelling, name in also.items():
        if name not in arguments.model_fields or spelling in arguments.model_fields:
            raise ValueError(f"operation: also={{'{spelling}': '{name}'}} is no other spelling of an argument")
    return also


def _check_declaration(function: Callable[..., Any], hints: Mapping[str, Any], *, read_only: bool) -> None:
    """Make sure that an operation says what it does and what it gives, and that one that only reads leaves no work.

    Raises:
        ValueError: it does not.
    """
    name = function.__name__
    if not inspect.iscoroutinefunction(function):
        raise ValueError(f"operation {name}: write 'async def {name}(context, …)'")
    if not (function.__doc__ or "").strip():
        raise ValueError(f"operation {name}: say in a docstring what it does, for the models and people who call it")
    if "return" not in hints:
        raise ValueError(
            f"operation {name}: annotate its result: '-> Model', or '-> Work[Model]' if it changes something"
        )
    returned = hints["return"]
    options = get_args(returned) if get_origin(returned) in (Union, UnionType) else (returned,)
    if read_only and any(get_origin(option) is Callable for option in options):
        raise ValueError(f"operation {name}: it is marked read_only but returns Work, which changes something")


def _arguments(function: Callable[..., Any], hints: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """The arguments of an operation, in the order in which surfaces show them: of each its type and its default."""
    arguments: dict[str, tuple[Any, Any]] = {}
    parameters = list(inspect.signature(function).parameters.values())[1:]
    for parameter in sorted(parameters, key=lambda parameter: parameter.kind is parameter.KEYWORD_ONLY):
        hint = hints[parameter.name]
        if get_origin(hint) is Unpack:
            shared = get_type_hints(get_args(hint)[0], include_extras=True)
            arguments |= {name: (field, None) for name, field in shared.items()}
        else:
            arguments[parameter.name] = hint, ... if parameter.default is parameter.empty else parameter.default
    return arguments


def _models(
    function: Callable[..., Any], arguments: Mapping[str, tuple[Any, Any]], returned: Any, *, keyed: bool, lenient: bool
) -> tuple[type[BaseModel], type[BaseModel]]:
    """The models of an operation's arguments and of its result."""
    fields: dict[str, Any] = dict(arguments)
    if keyed:
        fields[IDEM_KEY] = (str | None, Field(None, min_length=1, max_length=128))
    name = "".join(part.title() for part in function.__name__.split("_"))
    config = ConfigDict(extra="ignore" if lenient else "forbid", defer_build=True)
    parts = get_args(returned)  # Work[Model] is Callable[[Transaction], Model]
    return create_model(name + "Arguments", __config__=config, **fields), (parts[-1] if parts else returned)


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
        if not found.internal:
            self._take_route(found.method, found.path)
        self._operations[found.name] = found

    def _take_route(self, method: str, path: str) -> None:
        if (method, path) in self._routes:
            raise ValueError(f"there is an operation at {method} {path} already")
        self._routes.add((method, path))

    def get(self, name: str) -> Operation:
        """The operation of that name.

        Raises:
            NotFound: there is none.
        """
        if name not in self._operations:
            raise NotFound(f"There is no operation called '{name}'.", code="unknown_operation")
        return self._operations[name]

    def find(self, operation: str | OperationFunction) -> Operation:
        """An operation by its name or its function.

        Raises:
            NotFound: there is none. TypeError: the function is not decorated with `operation`.
        """
        if isinstance(operation, str):
            return self.get(operation)
        found: Operation | None = getattr(operation, "operation", None)
        if found is None:
            raise TypeError(f"{operation!r} is not decorated with @operation")
        return self.get(found.name)

    def offered(self) -> Iterator[Operation]:
        """Those that surfaces offer: all but the internal ones."""
        return (each for each in self if not each.internal)

    def __iter__(self) -> Iterator[Operation]:
        return iter(self._operations.values())
