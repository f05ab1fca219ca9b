"""The command line, run as a program: what it says, and with which exit code it ends."""

from __future__ import annotations

import json
import os
import re
import select
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from unittest.mock import patch

import pytest
from click.testing import CliRunner, Result

from teammcp.cli import cli
from teammcp.config import Settings
from teammcp.testing import all_plugins_but
from tests.acceptance.terminals import Terminal
from tests.live import LOOK, LiveServer, clean_environment, free_port


def teammcp(home: Path, *arguments: str, stdin: str = "", **settings: str | int) -> Result:
    """Run one command to its end, with ``settings`` as TEAMMCP_… variables and no others."""
    environment: dict[str, str | None] = {name: None for name in os.environ if name.startswith("TEAMMCP_")}
    environment |= {f"TEAMMCP_{name.upper()}": str(value) for name, value in settings.items()}
    environment["TEAMMCP_HOME"] = str(home)
    environment["TEAMMCP_DISABLED_PLUGINS"] = json.dumps(all_plugins_but(LOOK))
    with patch.dict(os.environ):  # a command may set TEAMMCP_HOME for its process
        return CliRunner().invoke(cli, arguments, input=stdin, env=environment, prog_name="teammcp")


def as_member(server: LiveServer, key: str, *arguments: str, stdin: str = "") -> Result:
    """Run a command against a server, as the member with this key."""
    return teammcp(server.home, *arguments, stdin=stdin, url=server.url, key=key)


def program(home: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run the program itself."""
    command = [sys.executable, "-m", "teammcp", *arguments]
    return subprocess.run(
        command, env=clean_environment(home, **settings), capture_output=True, text=True, timeout=60, check=False
    )


# -- the program -----------------------------------------------------------------------------------------------------


def test_help_names_every_command_and_the_exit_codes(tmp_path: Path) -> None:
    said = program(tmp_path, "--help")
    assert said.returncode == 0
    commands = {line.split()[0] for line in said.stdout.split("Commands:")[1].strip().splitlines()}
    wanted = {"admin-key", "call", "connect", "inbox", "init", "openapi", "plugin", "register", "send", "start", "team"}
    assert commands >= {*wanted, "wait"}
    assert "3 when no server" in said.stdout


@pytest.mark.parametrize("command", [["send"], ["project", "list"], ["project", "ask"], ["project", "scan"]])
def test_a_small_command_loads_neither_plugins_nor_what_only_the_server_needs(
    command: list[str], tmp_path: Path
) -> None:
    code = (
        f"import sys; from teammcp.cli import cli; cli({[*command, '--help']}, standalone_mode=False);"
        " print(*sys.modules)"
    )
    program = [sys.executable, "-c", code]
    environment = clean_environment(tmp_path, disabled_plugins="[]")
    said = subprocess.run(program, env=environment, capture_output=True, text=True, check=True)
    loaded = set(said.stdout.splitlines()[-1].split())
    assert {"quart", "hypercorn", "mcp", "httpx2", "apscheduler", "pluggy"} & loaded == set()
    assert {name for name in loaded if name.startswith("teammcp_") and name.endswith(".plugin")} == set()


def test_an_unknown_command_is_wrong_use(tmp_path: Path) -> None:
    said = teammcp(tmp_path, "strat")
    assert said.exit_code == 2
    assert "No such command 'strat'" in said.stderr


@pytest.mark.parametrize("command", [["send", "general", "hi"], ["wait"], ["inbox"], ["call", "get_me"]])
def test_commands_say_which_key_is_missing(command: list[str], tmp_path: Path) -> None:
    said = teammcp(tmp_path, *command)
    assert said.exit_code == 1
    assert said.stderr.strip().endswith("Set TEAMMCP_KEY to your key first.")


def test_no_server_is_told_in_one_line_with_a_code_of_its_own(tmp_path: Path) -> None:
    said = teammcp(tmp_path, "send", "general", "hi", key="tmcp_default_x", url=f"http://127.0.0.1:{free_port()}")
    assert said.exit_code == 3
    assert len(said.stderr.splitlines()) == 1
    assert "No TeamMCP server answers" in said.stderr


# -- start and settings ----------------------------------------------------------------------------------------------


def test_start_tells_the_newcomer_where_to_go(live: LiveServer) -> None:
    first = "".join(live.output)
    assert f"TeamMCP is running at {live.url}" in first
    assert "to set up your team" in first
    live.register("owner")
    live.output.clear()
    live.restart()
    assert "log in with your key" in "".join(live.output)


def test_start_sends_to_no_page_that_would_refuse_the_newcomer(start_server: Callable[..., LiveServer]) -> None:
    said = "".join(start_server(url="https://team.example.org").output)
    assert "in a browser" not in said
    assert "teammcp register NAME --kind human --url https://team.example.org" in said


def test_a_person_is_told_where_to_log_in_and_not_how_to_configure_a_program(live: LiveServer) -> None:
    said = teammcp(live.home, "register", "maya", "--kind", "human", url=live.url).stdout
    assert f"log in with it at {live.url}" in said
    assert "mcpServers" not in said


def first_words(home: Path, output: int, reading: int | None = None) -> bytes:
    """What a start tells, until it is stopped. ``output`` is where it writes to, ``reading`` where that comes out."""
    command = [sys.executable, "-m", "teammcp", "start"]
    environment = clean_environment(home, port=0)
    said = b""
    with subprocess.Popen(command, env=environment, stdout=output, stderr=subprocess.DEVNULL) as process:
        source = process.stdout.fileno() if process.stdout else reading
        assert source is not None
        while b"Ctrl-C" not in said:
            said += os.read(source, 4096)
        process.terminate()
    return said


def test_the_admin_key_is_shown_once_and_on_a_terminal_only(tmp_path: Path) -> None:
    piped = first_words(tmp_path / "piped", subprocess.PIPE)
    assert b"tmcpadmin_" not in piped
    assert b"teammcp admin-key" in piped
    terminal, inside = os.openpty()
    try:
        shown = [first_words(tmp_path / "terminal", inside, terminal).count(b"tmcpadmin_") for _ in range(2)]
    finally:
        os.close(terminal)
        os.close(inside)
    assert shown == [1, 0]


def test_a_log_for_machines_has_no_line_that_is_not_json(start_server: Callable[..., LiveServer]) -> None:
    server = start_server(log_format="json", host="127.0.0.1", url="https://team.example.org", register_secrt="x")
    with server.client() as client:
        assert client.get("/api/health").status_code == 200
    server.stop()
    lines = [json.loads(line) for line in server.output]
    assert {line["level"] for line in lines} <= {"info", "warning"}
    assert any("TeamMCP is running at" in line["message"] for line in lines)
    assert any("TEAMMCP_REGISTER_SECRT is no setting; did you mean" in line["message"] for line in lines)
    assert any("trusted_proxies names none" in line["message"] for line in lines)


@pytest.mark.parametrize("log_format", ["json", "text"])
def test_why_the_server_does_not_start_is_told_once(tmp_path: Path, log_format: str) -> None:
    database = tmp_path / "teams" / "default" / "team.db"
    database.parent.mkdir(parents=True)
    database.write_bytes(b"this is no database, nor will it ever be one")
    said = program(tmp_path, "start", "--port", "0", log_format=log_format)
    assert said.returncode == 1
    told = [line for line in said.stderr.splitlines() if "cannot be opened" in line]
    assert len(told) == 1
    assert "at /" not in told[0]  # no way through the code
    if log_format == "json":
        assert [json.loads(line)["level"] for line in said.stderr.splitlines()][-1] == "critical"
        assert said.stdout == ""


def test_it_stops_in_good_order_when_asked(live: LiveServer) -> None:
    before = time.monotonic()
    assert live.stop() == 0
    assert time.monotonic() - before < 5  # half a second on a machine that does nothing else


def test_a_second_server_on_the_same_data_refuses(live: LiveServer) -> None:
    said = program(live.home, "start", "--port", "0")
    assert said.returncode == 1
    assert "Another TeamMCP server is using" in said.stderr
    assert "Traceback" not in said.stderr


def test_a_port_in_use_is_told_with_the_remedy(live: LiveServer, tmp_path: Path) -> None:
    said = program(tmp_path / "other", "start", "--port", str(live.port))
    assert said.returncode == 1
    assert "TEAMMCP_PORT" in said.stderr
    assert "Traceback" not in said.stderr


def test_a_wrong_setting_is_named(tmp_path: Path) -> None:
    said = teammcp(tmp_path, "start", port="high")
    assert said.exit_code == 1
    assert "port" in said.stderr
    assert "Traceback" not in said.stderr


def test_init_writes_every_setting_with_its_default_and_overwrites_nothing(tmp_path: Path) -> None:
    said = teammcp(tmp_path, "init")
    assert said.exit_code == 0
    text = (tmp_path / "teammcp.toml").read_text(encoding="utf-8")
    assert tomllib.loads(text) == {}
    enabled = "\n".join(line.removeprefix("# ") for line in text.splitlines() if " = " in line and "[" not in line[:3])
    values = tomllib.loads(enabled.replace('create_channel = "manager"', ""))
    assert set(values) == set(Settings.model_fields) - {"home", "permissions", "plugins"}
    assert values["port"] == Settings.model_fields["port"].default
    again = teammcp(tmp_path, "init")
    assert (again.exit_code, "is there already" in again.stderr) == (1, True)


def test_a_new_admin_key_replaces_the_old_one_while_the_server_is_stopped(live: LiveServer) -> None:
    refused = teammcp(live.home, "admin-key")
    assert (refused.exit_code, "Stop it first" in refused.stderr) == (1, True)
    live.stop()
    new = teammcp(live.home, "admin-key").stdout.strip()
    assert new.startswith("tmcpadmin_")
    old, _ = live.admin_key, live.start()
    with live.client() as client:
        statuses = [
            client.get("/api/teams", headers={"Authorization": f"Bearer {key}"}).status_code for key in (old, new)
        ]
    assert statuses == [401, 200]
    assert (live.home / "admin-key.sha256").stat().st_mode & 0o077 == 0


# -- agents ----------------------------------------------------------------------------------------------------------


def test_register_shows_the_key_once_and_what_to_put_where(live: LiveServer) -> None:
    said = teammcp(
        live.home, "register", "ada", "--kind", "human", "--role", "Lead", "--client", "claude", url=live.url
    )
    assert said.exit_code == 0, said.output
    (key,) = re.findall(r"tmcp_default_[\w-]{43}", said.stdout)
    assert (".mcp.json" in said.stdout, f"{live.url}/mcp" in said.stdout) == (True, True)
    with live.client(key) as client:
        me = client.get("/api/me").json()
    assert (me["name"], me["role"], me["kind"], me["access"]) == ("ada", "Lead", "human", "owner")
    taken = teammcp(live.home, "register", "Ada", url=live.url)
    assert (taken.exit_code, "taken" in taken.stderr) == (1, True)


def test_register_writes_configuration_and_key_without_showing_the_key(live: LiveServer, tmp_path: Path) -> None:
    live.register("owner")
    file, project = tmp_path / "bob.key", tmp_path / "project"
    project.mkdir()
    options = ["--client", "claude", "--write", "--project", str(project), "--key-file", str(file)]
    said = teammcp(live.home, "register", "bob", *options, url=live.url)
    assert said.exit_code == 0, said.output
    assert file.stat().st_mode & 0o777 == 0o600
    key = file.read_text(encoding="utf-8").strip()
    assert key.startswith("tmcp_default_")
    assert key not in said.output
    configuration = (project / ".mcp.json").read_text(encoding="utf-8")
    assert (live.url in configuration, key in configuration) == (True, False)
    again = teammcp(live.home, "register", "carol", "--key-file", str(file), url=live.url)
    assert again.exit_code == 2
    assert as_member(live, key, "call", "get_agent_profile", "name=carol").exit_code == 1


def test_register_takes_the_secret_from_the_variable_it_is_told(start_server: Callable[..., LiveServer]) -> None:
    server = start_server(register_secret="open sesame")
    server.register("owner", secret="open sesame")
    refused = teammcp(server.home, "register", "bob", url=server.url)
    assert (refused.exit_code, "secret" in refused.stderr) == (1, True)
    unset = teammcp(server.home, "register", "bob", "--secret-env", "TEAMMCP_TEST_SECRET", url=server.url)
    assert (unset.exit_code, "TEAMMCP_TEST_SECRET" in unset.stderr) == (1, True)
    options = ["--secret-env", "TEAMMCP_TEST_SECRET"]
    done = teammcp(server.home, "register", "bob", *options, url=server.url, test_secret="open sesame")
    assert done.exit_code == 0, done.output


# -- messages --------------------------------------------------------------------------------------------------------


def test_send_inbox_and_call(live: LiveServer) -> None:
    owner, bob = live.register("owner"), live.register("bob")
    sent = as_member(live, owner, "send", "general", "-", stdin="two\nlines for @bob ✓\n")
    assert (sent.exit_code, sent.stdout.strip().isdigit()) == (0, True)
    assert "waits in the inbox: bob (away: " in sent.stderr
    shown = as_member(live, bob, "inbox")
    assert shown.exit_code == 0
    here = as_member(live, owner, "send", "dm:bob", "there you are")
    assert (here.exit_code, here.stderr) == (0, "")
    assert "lines for @bob ✓" in shown.stdout
    history = as_member(live, bob, "call", "get_history", "channel=general", "limit=1")
    assert json.loads(history.stdout)["messages"][0]["content"] == "two\nlines for @bob ✓"


def test_call_reads_values_as_the_operation_wants_them(live: LiveServer) -> None:
    owner, _ = live.register("owner"), live.register("bob")
    called = as_member(live, owner, "call", "send_message", "channel=general", "content=123", 'mentions=["bob"]')
    number = json.loads(called.stdout)["id"]
    message = json.loads(as_member(live, owner, "call", "get_message", f"message_id={number}").stdout)
    assert (message["content"], message["mentions"]) == ("123", ["bob"])
    wrong = as_member(live, owner, "call", "send_message", "channel=general", "content=x", "mentions=bob")
    assert (wrong.exit_code, "mentions" in wrong.stderr) == (2, True)
    unknown = as_member(live, owner, "call", "make_coffee")
    assert (unknown.exit_code, "make_coffee" in unknown.stderr) == (1, True)
    refused = as_member(live, owner, "call", "get_history", "channel=nowhere")
    assert (refused.exit_code, len(refused.stderr.splitlines())) == (1, 1)


def test_call_takes_a_secret_or_a_long_text_from_standard_input(live: LiveServer) -> None:
    owner, _ = live.register("owner"), live.register("bob")
    sent = as_member(live, owner, "call", "send_message", "channel=general", "content=-", stdin="two\nlines ✓\n")
    number = json.loads(sent.stdout)["id"]
    read = as_member(live, owner, "call", "get_message", "message_id=-", stdin=f"{number}\n")
    assert json.loads(read.stdout)["content"] == "two\nlines ✓"
    twice = as_member(live, owner, "call", "send_message", "channel=-", "content=-", stdin="general")
    assert (twice.exit_code, "channel and content: only one" in twice.stderr) == (2, True)


def test_call_asks_at_a_terminal_and_does_not_show_what_is_typed(live: LiveServer) -> None:
    owner = live.register("owner")
    command = [sys.executable, "-m", "teammcp", "call", "send_message", "channel=general", "content=-"]
    environment = {**clean_environment(live.home, url=live.url, key=owner), "TERM": "xterm-256color"}
    with Terminal(command, environment, live.home) as terminal:
        terminal.shows("content:")
        terminal.type("marmalade\r")
        terminal.shows('"id":')
        assert "marmalade" not in terminal.screen
    history = as_member(live, owner, "call", "get_history", "channel=general", "limit=1")
    assert json.loads(history.stdout)["messages"][0]["content"] == "marmalade"


def test_wait_ends_with_two_when_nothing_comes_and_with_zero_when_something_does(live: LiveServer) -> None:
    owner, bob = live.register("owner"), live.register("bob")
    assert as_member(live, bob, "wait", "--timeout", "1").exit_code == 2
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(program, live.home, "wait", "--timeout", "60", url=live.url, key=bob)
        as_member(live, owner, "send", "dm:bob", "are you there?")
        found = waiting.result(30)
    assert (found.returncode, "are you there?" in found.stdout) == (0, True)


def test_the_whole_team_is_seen_from_one_window(live: LiveServer) -> None:
    owner, bob = live.register("owner"), live.register("bob")
    as_member(live, owner, "call", "create_task", "title=Build it", "assignee=bob")
    as_member(live, bob, "call", "claim_next_task")
    as_member(live, bob, "call", "append_output", "text=compiling")
    said = as_member(live, owner, "status").stdout
    assert "bob (agent) — online (made a call)" in said
    assert "[task 1] doing medium @bob" in said
    assert "task.claimed 1 by bob: Build it, doing" in as_member(live, owner, "logs").stdout
    assert len(as_member(live, owner, "logs", "--last", "1").stdout.splitlines()) == 1
    assert as_member(live, owner, "watch", "--timeout", "1").exit_code == 0
    command = [sys.executable, "-m", "teammcp", "watch"]
    environment = clean_environment(live.home, url=live.url, key=owner)
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as watching:
        assert watching.stdout is not None
        for _ in range(60):  # it begins at some moment in between
            as_member(live, bob, "send", "general", "first line\nsecond line")
            if select.select([watching.stdout], [], [], 0.5)[0]:
                break
        seen = [watching.stdout.readline() for _ in range(2)]
        watching.terminate()
    assert re.search(r"message\.sent \d+ in general by bob: first line\n\| second line", "".join(seen))
    assert "compiling" in as_member(live, owner, "logs", "--agent", "bob").stdout
    assert "second line" in as_member(live, owner, "logs", "--channel", "general").stdout
    assert as_member(live, bob, "status").exit_code == 0  # who is no manager sees no loops
    assert as_member(live, owner, "logs", "--agent", "bob", "--channel", "general").exit_code == 2


# -- teams -----------------------------------------------------------------------------------------------------------


def test_teams_are_created_listed_and_deleted_with_the_admin_key(live: LiveServer) -> None:
    def team(*arguments: str, key: str = live.admin_key, stdin: str = "") -> Result:
        return teammcp(live.home, "team", *arguments, stdin=stdin, url=live.url, admin_key=key)

    assert team("create", "blue").exit_code == 0
    assert {line.split()[0] for line in team("list").stdout.splitlines()} == {"blue", "default"}
    assert team("create", "blue").exit_code == 1
    assert team("create", "teal", key=live.register("owner")).exit_code == 1
    assert team("create", "green", "--owner", "grace").stdout.count("tmcp_green_") == 1
    alone = teammcp(live.home, "register", "mallory", "--team", "blue", url=live.url)
    assert (alone.exit_code, "TEAMMCP_ADMIN_KEY" in alone.stderr) == (1, True)
    by_admin = teammcp(live.home, "register", "ada", "--team", "blue", url=live.url, admin_key=live.admin_key)
    assert "tmcp_blue_" in by_admin.stdout, by_admin.output
    assert team("delete", "blue", stdin="n\n").exit_code == 1
    assert (live.home / "teams" / "blue").exists()
    assert team("delete", "blue", "--yes").exit_code == 0
    assert not (live.home / "teams" / "blue").exists()


def test_openapi_is_the_document_the_server_serves(start_server: Callable[..., LiveServer], tmp_path: Path) -> None:
    printed = json.loads(teammcp(tmp_path / "unused", "openapi").stdout)
    server = start_server()
    with server.client(server.register("owner")) as client:
        served = client.get("/api/openapi.json").json()
    assert printed["paths"].keys() == served["paths"].keys()
    assert "/api/send" in printed["paths"]
