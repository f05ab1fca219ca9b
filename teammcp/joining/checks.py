"""What can keep an agent from being reached, looked at one after the other, each with what to do."""

from __future__ import annotations

import shlex
import shutil
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import httpx2

from ..errors import TeamError
from ..net.transport import VARIABLES, client_options, reason
from .changes import joining
from .clients import ALL
from .findings import LOOKS, Finding
from .programs import PROGRAMS, TELLING, WITH_HOOKS, Member, asks_team, configured_url, parts_of
from .wake_checks import check_wakes

UNNAMED = "NAME"
"""Stands for the agent's name where nobody has said it."""
SLOW_MS = 500
SECONDS = 10.0
INSTALL_APPROVALS = 'pip install "teammcp[approvals]", and start it again.'


def check_files(member: Member) -> Iterator[Finding]:
    """The files of the member's client: configuration, hooks, permissions, guide and skills."""
    join = _command("join", member)
    try:
        found = configured_url(member)
    except TeamError as error:
        yield Finding(f"files: {error}", f"Then run: {join}")
        return
    if found is None:
        yield Finding(f"files: {member.client} is not set up in {member.folder}.", f"Run: {join}")
        return
    if found != member.url:
        yield Finding(f"files: {member.client} is set up for {found}, not for {member.url}.", f"Run: {join}")
        return
    try:
        changes = joining(parts_of(member))
    except TeamError as error:
        yield Finding(f"files: {error}", f"Mend the file, then run: {join}")
        return
    for change in changes:
        yield Finding(f"files: {change.path} is not as it should be.", f"Run: {join}")
    if not changes:
        yield Finding("files: all are as they should be.")


def _command(command: str, member: Member) -> str:
    """A command as it can be pasted into a shell."""
    options = ("--url", member.url, "--name", member.name, "--client", member.client, "--dir", str(member.folder))
    return shlex.join(("teammcp", command, *options))


def not_asked(member: Member) -> Finding:
    """That a server was not spoken to, which only a file of the project names."""
    return Finding(
        f"server: {member.url} was not asked: only a file of the project names it.",
        "Do not start the agent's program there with a key unless that server is yours. "
        f"If it is, run: {_command('doctor', member)}",
    )


def check_path(member: Member) -> Iterator[Finding]:
    """Whether the client's hooks find the program that they run."""
    if member.client in WITH_HOOKS:
        found = shutil.which("teammcp")
        missing = "Install TeamMCP so that 'teammcp' is on the path of the agent's program, for instance with pipx."
        yield Finding(f"path: {found or 'there is no teammcp on it.'}", "" if found else missing)


def check_program(member: Member) -> Iterator[Finding]:
    """Whether the client itself is on the path; who starts it in another way needs that not."""
    if program := PROGRAMS.get(member.client):
        found = shutil.which(program)
        install = f"Install {member.title}, or start it by its whole path if it is somewhere else."
        none = Finding(f"program: there is no {program} on the path.", install, note=True)
        yield Finding(f"program: {found}") if found else none


def check_server(member: Member, key: str | None, *, held_back: bool = False) -> Iterator[Finding]:
    """The server, the key, the hook's way and the protocol, each by using it.

    Args:
        held_back: whether there is a key that must not be sent there; see `origins`.
    """
    try:
        options = client_options(member.url)
    except TeamError as error:
        yield Finding(f"server: {error}", "Set the variables so, and give the same to the agent's program.")
        return
    try:
        with httpx2.Client(base_url=member.url, timeout=SECONDS, headers=LOOKS, **options) as client:
            yield from _with_client(client, member, key, _through(options), held_back)
    except httpx2.HTTPError as error:
        yield Finding(
            f"server: none answers at {member.url}{_through(options)} ({reason(error)}).",
            "Start it with 'teammcp start', or give its address with --url.",
        )


def _through(options: Mapping[str, Any]) -> str:
    return f" through the proxy that {VARIABLES} names" if options["proxy"] else ""


def _with_client(
    client: httpx2.Client, member: Member, key: str | None, way: str, held_back: bool
) -> Iterator[Finding]:
    answer = client.get("/api/me", headers={} if key is None else {"Authorization": f"Bearer {key}"})
    yield Finding(f"server: {member.url} answers{way}.")
    if held_back:
        yield Finding(
            f"key: the one in TEAMMCP_KEY was not sent to {member.url}, which only a file of the project names: it is "
            "none of those kept for that server. It is not valid, or another server's.",
            f"If it is that server's, run: {_command('doctor', member)}",
        )
        return
    if key is None:
        yield Finding("key: there is none.", "Set TEAMMCP_KEY, or run 'teammcp join', which keeps it in a file.")
        return
    if answer.status_code != 200:
        yield Finding(
            f"key: the server refuses it ({answer.status_code}): {_detail(answer)}",
            "Set TEAMMCP_KEY to the agent's key. "
            f"A manager makes a new one: teammcp call rotate_key name={member.name}",
        )
        return
    me = _me(answer)
    if me is None:
        yield Finding(f"server: what answers at {member.url} is no TeamMCP server.", "Give its address with --url.")
        return
    yield _check_name(member, me)
    client.headers["Authorization"] = f"Bearer {key}"
    if member.client in TELLING:
        yield _check_hook(client, member)
        yield check_wakes(client, replace(member, name=me["name"]))
    if asks_team(member):
        yield _check_prompts(client)
    yield _check_protocol(client, member.tools)


def _check_name(member: Member, me: Mapping[str, Any]) -> Finding:
    whose = f"key: it is the one of {me['name']} in team {me['team']}"
    if member.name in {UNNAMED, me["name"]}:
        return Finding(f"{whose}.")
    return Finding(
        f"{whose}, not of {member.name}: the agent would act as {me['name']}.",
        f"Start the program with {member.name}'s own key in TEAMMCP_KEY; a joining keeps it in {member.key_file}.",
    )


def _check_hook(client: httpx2.Client, member: Member) -> Finding:
    began = time.perf_counter()
    answer = client.post(f"/api/hooks/{member.client}", json={"hook_event_name": "Doctor"})
    took = (time.perf_counter() - began) * 1000
    if answer.status_code != 200:
        return Finding(f"hook receiver: {_detail(answer)}", "Is the server as new as this program?")
    slow = "Hooks give up after a second: bring the server nearer." if took > SLOW_MS else ""
    return Finding(f"hook receiver: answered in {took:.0f} ms.", slow)


def _check_prompts(client: httpx2.Client) -> Finding:
    if client.get("/api/hooks/permission").status_code != 404:
        return Finding("permission prompts: the server answers them.")
    return Finding(
        "permission prompts: the server does not answer them; the program asks its user itself.",
        f"Where the server runs: {INSTALL_APPROVALS}",
    )


def _check_protocol(client: httpx2.Client, tools: str) -> Finding:
    """List the tools as an MCP client does that needs no session."""
    version = "2026-07-28"
    meta = {"io.modelcontextprotocol/protocolVersion": version, "io.modelcontextprotocol/clientCapabilities": {}}
    answer = client.post(
        "/mcp",
        params=None if tools == ALL else {"tools": tools},
        json={"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {"_meta": meta}},
        headers={
            "Accept": "application/json, text/event-stream",
            "MCP-Protocol-Version": version,
            "Mcp-Method": "tools/list",
        },
    )
    found = _tools(answer)
    if not found:
        return Finding(
            f"MCP: no tools ({answer.status_code}): {_detail(answer)}",
            "Does the server know the profiles that were chosen with 'teammcp join --tools'? "
            "Does a proxy in front of the server let /mcp through, with streams and the header Authorization?",
        )
    return Finding(f"MCP: {found} tools ({tools}).")


def _me(answer: httpx2.Response) -> Mapping[str, Any] | None:
    try:
        found = answer.json()
    except ValueError:
        return None
    return found if isinstance(found, dict) and {"name", "team"} <= found.keys() else None


def _tools(answer: httpx2.Response) -> int:
    try:
        return len(answer.json()["result"]["tools"])
    except (ValueError, KeyError, TypeError):
        return 0


def _detail(answer: httpx2.Response) -> str:
    try:
        problem: Any = answer.json()
    except ValueError:
        return answer.reason_phrase
    return str(problem.get("detail", "")) if isinstance(problem, dict) else answer.reason_phrase
