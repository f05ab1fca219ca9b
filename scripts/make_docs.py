"""Write the generated pages of ``docs/``: settings, operations, tools, event kinds, hooks, commands.

They come from the code that they describe, so that they say what it does. ``make docs`` writes them; a test fails when
they are out of date.
"""

from __future__ import annotations

import importlib
import inspect
import json
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import click
from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from scripts.reference.api import api_page
from scripts.reference.events import events_page
from scripts.reference.schemas import cell, describe
from teammcp import hooks as contracts
from teammcp.app import collect_operations
from teammcp.cli import cli
from teammcp.config import Settings
from teammcp.features import built_in
from teammcp.mcp.tools import EVERYDAY, described, profiles_of
from teammcp.operations import Operation
from teammcp.plugins import PluginManager
from teammcp.plugins.contracts import hook_kind, is_plain
from teammcp.rest.openapi import document
from teammcp.server import Server
from teammcp.web import plugin as web_plugin

DOCS = Path(__file__).parent.parent / "docs"
NOTE = "<!-- Written by `make docs` from the code; changes here are lost. -->\n"
SURFACE_KEYS = {"idem_key"}


def pages() -> dict[Path, str]:
    """Every generated page: where it belongs, and its text."""
    plugins = PluginManager({**built_in(), "web": web_plugin, **bundled()})
    return {
        DOCS / "reference" / "settings.md": settings_page(plugins),
        DOCS / "reference" / "operations.md": operations_page(plugins),
        DOCS / "reference" / "tools.md": tools_page(plugins),
        DOCS / "reference" / "events.md": f"{NOTE}\n{events_page(plugins)}",
        DOCS / "reference" / "commands.md": commands_page(),
        DOCS / "plugins" / "hooks.md": hooks_page(),
        DOCS / "plugins" / "api.md": f"{NOTE}\n{api_page()}",
    }


def bundled() -> dict[str, ModuleType]:
    """The plugins of this repository, under the names that their projects give them."""
    found = {}
    for project in sorted((DOCS.parent / "plugins").glob("*/pyproject.toml")):
        entries = tomllib.loads(project.read_text(encoding="utf-8"))["project"]["entry-points"]["teammcp"]
        found.update({name: importlib.import_module(module) for name, module in entries.items()})
    return found


# -- settings --------------------------------------------------------------------------------------------------------

SETTINGS = """\
# Settings

A setting is a key of the file `teammcp.toml` in the data folder, or an environment variable, which goes before the
file: `TEAMMCP_` and the name in capitals. In a variable a list is written with commas or as JSON
(`TEAMMCP_DISABLED_PLUGINS=polls,audit`), a table as JSON, and a key inside a table follows two underscores:
`TEAMMCP_PERMISSIONS__CREATE_CHANNEL=manager`. `teammcp init` writes a file with all of them, commented out.
`TEAMMCP_CONFIG` names another file. The server reads its settings when it starts, and does not start with a wrong one,
nor with one that names an operation or a plugin that is not there. A wrong value in a plugin's table switches that
plugin off, unless it is one of `required_plugins`: then it ends the start, too.
"""


def settings_page(plugins: PluginManager) -> str:
    """All settings, and those of features and plugins."""
    parts = [NOTE, SETTINGS, _settings_table(Settings, "TEAMMCP_")]
    for name, model in plugins.collect("register_settings"):
        parts += [f"## The table `[plugins.{name}]`\n", _settings_table(model, f"TEAMMCP_PLUGINS__{name.upper()}__")]
    return "\n".join(parts)


def _settings_table(model: type[BaseModel], prefix: str) -> str:
    lines = ["| key | variable | default | meaning |", "|---|---|---|---|"]
    for name, field in model.model_fields.items():
        default = "`~/.teammcp`" if name == "home" else _default(field.get_default(call_default_factory=True))
        lines.append(f"| `{name}` | `{prefix}{name.upper()}` | {default} | {cell(field.description or '')} |")
    return "\n".join(lines) + "\n"


def _default(value: Any) -> str:
    if value is None or value is PydanticUndefined:
        return ""
    return f"`{json.dumps(value, ensure_ascii=False)}`"


# -- operations ------------------------------------------------------------------------------------------------------

OPERATIONS = """\
# Operations

Each of these can be called in four ways that do the same: as an MCP tool, at its REST path, at
`POST /api/call/<name>` with all arguments in one JSON object, and with `teammcp call <name> key=value …`. A running
server describes its own operations, those of its plugins among them, at `/api/docs` and `/api/openapi.json`.

An operation that changes something takes `idem_key` (over REST also the header `Idempotency-Key`): called again with
the same key and the same arguments within 24 hours, it answers as before and does nothing twice.

"Access" is the least access level that may call it; the setting `permissions` changes that. An operation that is no
tool is left out of MCP.
"""


def operations_page(plugins: PluginManager) -> str:
    """All operations by the plugin that contributes them, and the endpoints that are no operation."""
    parts = [NOTE, OPERATIONS]
    for plugin, functions in plugins.collect("register_operations"):
        parts.append(f"## {plugin.capitalize()}\n")
        parts += [_operation(function.operation) for function in functions if not function.operation.internal]
    parts += ["## Endpoints besides the operations\n", *_other_endpoints(plugins)]
    return "\n".join(parts)


def _operation(operation: Operation) -> str:
    flags = [
        f"access `{operation.access.name}`",
        "reads only" if operation.read_only else "",
        "cannot be undone" if operation.destructive else "",
        f"profile `{'`, `'.join(sorted(profiles_of(operation)))}`" if operation.tool else "no tool",
    ]
    head = f"### {operation.name}\n\n`{operation.method} {operation.path}` · {' · '.join(filter(None, flags))}\n"
    return "\n".join([head, operation.description + "\n", *_arguments(operation)])


# -- tools -----------------------------------------------------------------------------------------------------------

TOOLS = """\
# Tools

What is offered with `/mcp?tools=PROFILE`, and what it costs a model to know it: the tools' names, descriptions and
input schemas, a token reckoned as four characters. The tools that an agent's access does not allow are not offered to
it, so that a member has fewer than an owner.

`everyday` holds what agents use at work: [`teammcp join`](../join.md) chooses it, and `--tools` something else.

| profile | tools | tokens | |
|---|---|---|---|
"""


def tools_page(plugins: PluginManager) -> str:
    """The profiles of tools and their cost, for an owner."""
    tools = [
        function.operation
        for _, functions in plugins.collect("register_operations")
        for function in functions
        if function.operation.tool
    ]
    names = sorted(
        {profile for tool in tools for profile in profiles_of(tool)}, key=lambda name: (name != EVERYDAY, name)
    )
    rows = [_profile(f"`{name}`", [tool for tool in tools if name in profiles_of(tool)]) for name in names]
    return f"{NOTE}\n{TOOLS}" + "".join([*rows, _profile("without `tools`", tools, listed=False)])


def _profile(name: str, tools: list[Operation], *, listed: bool = True) -> str:
    shown = ", ".join(f"`{tool.name}`" for tool in tools) if listed else "all"
    return f"| {name} | {len(tools)} | {sum(map(_tokens, tools)):,} | {shown} |\n"


def _tokens(operation: Operation) -> int:
    tool = described(operation).model_dump(mode="json", include={"name", "description", "input_schema"})
    return len(json.dumps(tool, ensure_ascii=False, separators=(",", ":"))) // 4


def _arguments(operation: Operation) -> Iterator[str]:
    schema = operation.arguments.model_json_schema()
    names = [name for name in schema.get("properties", {}) if name not in SURFACE_KEYS]
    if not names:
        return
    yield "| argument | type | default |\n|---|---|---|"
    for name in names:
        value = schema["properties"][name]
        default = "required" if name in schema.get("required", ()) else _default(value.get("default"))
        also = "".join(f", `{spelling}`" for spelling, own in operation.also.items() if own == name)
        yield f"| `{name}`{also} | {cell(describe(value, schema.get('$defs', {})))} | {default} |"
    yield ""


def _other_endpoints(plugins: PluginManager) -> Iterator[str]:
    registry = collect_operations(plugins)
    paths = document(Server(Settings(), plugins, registry))["paths"]
    known = {operation.name for operation in registry.offered()}
    yield "| endpoint | what it does |\n|---|---|"
    for path, methods in paths.items():
        for method, endpoint in methods.items():
            if endpoint.get("operationId") not in known:
                yield f"| `{method.upper()} {path}` | {cell(endpoint['summary'])} |"
    yield ""


# -- hooks, commands --------------------------------------------------------------------------------------------------


def hooks_page() -> str:
    """All hooks, each with its contract and an example."""
    parts = [NOTE, "# Hooks\n", (inspect.getdoc(contracts) or "").replace("``", "`") + "\n"]
    hooks = [found for found in vars(contracts).values() if hasattr(found, "teammcp_spec")]
    for kind in ("contribute", "before", "ask", "notify"):
        names = [f"[{hook.__name__}](#{hook.__name__})" for hook in hooks if hook_kind(hook.__name__) == kind]
        parts.append(f"* **{kind}**: {', '.join(names)}")
    return "\n".join([*parts, "", *map(_hook, hooks)])


def _hook(hook: Callable[..., Any]) -> str:
    name = hook.__name__
    contract = (inspect.getdoc(hook) or "").replace("``", "`")
    example = (DOCS / "plugins" / "examples" / f"{name}.py").read_text(encoding="utf-8")
    signature = str(inspect.signature(hook)).replace("'", "")
    kind = "ask, plain" if hook_kind(name) == "ask" and is_plain(name) else hook_kind(name)
    return f"## {name}\n\n`{name}{signature}` · {kind}\n\n{contract}\n\n```python\n{example}```\n"


COMMANDS = """\
# Commands

Commands that talk to a running server take its address from `TEAMMCP_URL` and your key from `TEAMMCP_KEY`; the admin's
key is in `TEAMMCP_ADMIN_KEY`. No key is ever an option, because every user of a machine can read those.

| exit code | meaning |
|---|---|
| 0 | done |
| 1 | the server or a setting says no; the reason is on standard error |
| 2 | wrong use of the command; for `wait`: nothing came |
| 3 | no server answers at the address |
"""


def commands_page() -> str:
    """What each command says about itself."""
    return "\n".join([NOTE, COMMANDS, *_commands(cli, "teammcp")])


def _commands(group: click.Group, path: str) -> Iterator[str]:
    for name, command in sorted(group.commands.items()):
        if isinstance(command, click.Group):
            yield from _commands(command, f"{path} {name}")
            continue
        context = click.Context(command, info_name=f"{path} {name}", max_content_width=100, terminal_width=100)
        usage = command.get_help(context).removeprefix("Usage: ")
        yield f"## {path} {name}\n\n```\n{usage}\n```\n"


def main() -> None:
    for path, text in pages().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        print(path.relative_to(DOCS.parent))


if __name__ == "__main__":
    main()
