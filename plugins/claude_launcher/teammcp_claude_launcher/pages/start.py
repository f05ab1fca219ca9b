"""Pages on which somebody chooses what an agent runs: to start a new one, or a member, or to change a home."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from quart import Request, Response

from teammcp import Access, Context, NotFound
from teammcp.web import Notice, Outcome, Page, attempt, see
from teammcp.web import gettext as _

from ..homes.models import AgentHome, HomeLimits, RuntimeKind
from ..roles.describing import free_name
from .agents import EXAMPLE
from .layout import show
from .options import OptionField, option_fields, read_options

CHOICES = ("machine", "workspace", "folder", "policy", "credential", "model", "answers")
"""Fields of the form that are arguments as they are."""
USUAL = {"workspace": "own", "policy": "ask", "answers": "reply"}
"""What is chosen at first. The dangerous policy is not."""
LIMITS = tuple(HomeLimits.model_fields)


async def start(context: Context, request: Request) -> Response:
    """Start an agent: first which program, then the rest."""
    form = (await request.form).to_dict()
    given = form if request.method == "POST" else request.args.to_dict()
    kinds = (await context.call("list_runtimes")).root
    agent = given.get("agent", "")
    kind = next((each for each in kinds if each.name == given.get("runtime")), None)
    if kind is None:
        return await show(
            context,
            "programs.html",
            "agents",
            kinds=by_use(kinds),
            agent=agent,
            role=given.get("role", ""),
            example=EXAMPLE,
        )
    outcome = Outcome()
    if request.method == "POST":
        outcome = await _start(context, kind, agent, form)
        if outcome.ok:
            return see(f"/launcher/agents/{quote(outcome.result.agent)}/now")
    return await _form(context, kind, "member" if agent else "new", agent, form, None, outcome, given.get("role", ""))


def by_use(kinds: list[RuntimeKind]) -> list[RuntimeKind]:
    """First the example, then programs that are there, then others; last what needs a command of one's own."""
    return sorted(kinds, key=lambda kind: (kind.name != EXAMPLE, _rank(kind), kind.title.casefold()))


def _rank(kind: RuntimeKind) -> int:
    return 0 if is_ready(kind) else 2 if any(not each.missing for each in kind.machines) else 1


def is_ready(kind: RuntimeKind) -> bool:
    """Whether its program is on a machine, and nobody has to say which one it is."""
    return any(each.program and not each.missing for each in kind.machines)


async def _start(context: Context, kind: RuntimeKind, agent: str, form: Mapping[str, str]) -> Outcome:
    try:
        chosen = {"runtime": kind.name, **choices(kind, form)}
    except ValueError as error:
        return _refused(error)
    brief = form.get("brief", "")
    if agent:
        return await attempt(context, "start_agent", {"name": agent, "new_key": True, "brief": brief, **chosen})
    said = {name: text for name in ("name", "role", "description") if (text := form.get(name, "").strip())}
    if not said.keys() & {"role", "description"}:
        text = _("Say in your own words what it is for, or choose a role.")
        return Outcome(notice=Notice("error", text, "description"), status=400)
    return await attempt(context, "spawn_agent", {"task": brief, **said, **chosen})


async def settings(context: Context, request: Request, name: str) -> Response:
    """Change what an agent runs."""
    home: AgentHome = await context.call("get_agent_home", name=name)
    kinds = (await context.call("list_runtimes")).root
    kind = next((each for each in kinds if each.name == home.runtime), None)
    if kind is None:
        raise NotFound(
            _("The runtime %(name)s is not installed any more.", name=home.runtime), code="runtime_not_found"
        )
    form, outcome = (await request.form).to_dict(), Outcome()
    if request.method == "POST":
        try:
            chosen = {**choices(kind, form), "guide": form.get("guide", "")}
        except ValueError as error:
            outcome = _refused(error)
        else:
            outcome = await attempt(context, "configure_agent", {"name": name, **chosen})
        if outcome.ok:
            return see("/launcher")
    return await _form(context, kind, "home", home.agent, form, home, outcome)


def choices(kind: RuntimeKind, form: Mapping[str, str]) -> dict[str, Any]:
    """What was chosen, as arguments of operations.

    Raises:
        ValueError: something is no number or no JSON; the text begins with the field's name.
    """
    chosen: dict[str, Any] = {name: form[name] for name in CHOICES if name in form}
    chosen["wide"] = "wide" in form
    if chosen.get("workspace") == "own":
        chosen["folder"] = ""
    chosen["options"] = read_options(option_fields(kind.options), form)
    typed = {name: form.get(f"limits.{name}", "").strip() for name in LIMITS}
    chosen["limits"] = {name: _number(f"limits.{name}", text) for name, text in typed.items() if text}
    return chosen


def _number(field: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ValueError(f"{field}: {text}") from None


def _refused(error: ValueError) -> Outcome:
    field, _colon, text = str(error).partition(": ")
    return Outcome(notice=Notice("error", _("'%(text)s' is not what belongs there.", text=text), field), status=400)


async def _form(
    context: Context,
    kind: RuntimeKind,
    mode: str,
    agent: str,
    form: Mapping[str, str],
    home: AgentHome | None,
    outcome: Outcome,
    role: str = "",
) -> Response:
    fields = option_fields(kind.options)
    machines, gone = [(each.machine, not each.missing) for each in kind.machines], ""
    if home is not None and home.machine not in dict(machines):
        machines.append((home.machine, False))  # it stays there until somebody chooses another
        gone = home.machine
    return await show(
        context,
        "form.html",
        "agents",
        outcome,
        kind=kind,
        mode=mode,
        agent=agent,
        action=f"/launcher/agents/{quote(agent)}/settings" if home else "/launcher/start",
        fields=fields,
        values={"role": role, **_values(fields, form, home, machines), **_named(context, form, role)},
        machines=machines,
        gone=gone,
        found=any(there for _name, there in machines) or not machines,
        missing=next((each.missing for each in kind.machines if each.missing), ""),
        roles=(await context.call("list_roles")).root if mode == "new" else [],
        credentials=(await context.call("list_credentials")).root,
    )


def _values(
    fields: list[OptionField], form: Mapping[str, str], home: AgentHome | None, machines: list[tuple[str, bool]]
) -> dict[str, str]:
    """What the fields hold: what was just typed, or what is so now, or what is usual."""
    names = ("name", "description", "brief", "guide", "wide", *CHOICES, *(f"limits.{name}" for name in LIMITS))
    if form:
        return {name: form.get(name, "") for name in ("role", *names, *(each.field for each in fields))}
    usual = next((name for name, there in machines if there), machines[0][0] if machines else "")
    values = {**dict.fromkeys(names, ""), **USUAL, "machine": usual}
    if home is None:
        return {**values, **{each.field: each.default for each in fields}}
    for name in ("guide", *CHOICES):
        values[name] = getattr(home, name) or ""
    values["wide"] = "yes" if home.wide else ""
    limits = home.limits.model_dump(exclude_none=True)
    values |= {f"limits.{name}": str(int(value) if value == int(value) else value) for name, value in limits.items()}
    return {**values, **{each.field: each.shown(home.options) for each in fields}}


def _named(context: Context, form: Mapping[str, str], role: str) -> dict[str, str]:
    """A name to begin with, for a new agent of a role."""
    return {"name": free_name(context, role)} if role and not form else {}


async def now(context: Context, request: Request, name: str) -> Response:
    """To the agent's live run, or to all agents while there is none."""
    found = (await context.call("list_runs", agent=name, limit=1)).root
    return see(f"/launcher/runs/{found[0].run_id}" if found and found[0].ended_at is None else "/launcher")


PAGES = [
    Page("/launcher/start", start, ("GET", "POST"), Access.manager),
    Page("/launcher/agents/<name>/settings", settings, ("GET", "POST"), Access.manager),
    Page("/launcher/agents/<name>/now", now, access=Access.member),
]
