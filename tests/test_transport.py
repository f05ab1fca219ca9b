"""How a server is reached: the same way by every command, past proxies to this machine, and no error repeats a key."""

from __future__ import annotations

import http.server
import json
import os
import re
import select
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner

from teammcp.cli import cli
from teammcp.errors import InvalidInput
from teammcp.net.transport import proxy_for, reason
from tests.live import LiveServer, clean_environment, free_port

KEY = f"tmcp_default_{'Kx0-_' * 8}abc"
SECRET = KEY.removeprefix("tmcp_default_")[:20]
REMOTE = "http://team.test:3100"
"""A server that is not on this machine; only a proxy can say that it knows it."""

COMMANDS = {
    "call": ["call", "get_me"],
    "doctor": ["doctor", "--client", "generic"],
    "heartbeat": ["heartbeat", "--", "true"],
    "inbox": ["inbox"],
    "join": ["join", "--name", "bob", "--client", "claude", "--yes"],
    "listen": ["listen", "--exec", "true"],
    "logs": ["logs"],
    "register": ["register", "bob"],
    "send": ["send", "general", "hi"],
    "status": ["status"],
    "team": ["team", "list"],
    "wait": ["wait", "--timeout", "1"],
    "watch": ["watch", "--timeout", "1"],
}
"""Every command that sends a key, but for those that speak to a program."""
NO_REQUEST = {"admin-key", "audit", "init", "leave", "openapi", "plugin", "runner", "start"}


def run(home: Path, *command: str, stdin: str = "", **more: str) -> subprocess.CompletedProcess[str]:
    environment = {key: value for key, value in clean_environment(home).items() if "proxy" not in key.lower()}
    return subprocess.run(
        [sys.executable, "-m", "teammcp", *command],
        env={**environment, "HOME": str(home), "XDG_CONFIG_HOME": str(home / "config"), **more},
        cwd=home,
        input=stdin,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@contextmanager
def proxy() -> Iterator[tuple[str, list[tuple[str, str, str]]]]:
    """An HTTP proxy that answers itself, as member bob's server; what it was asked for: method, target, authority."""
    asked: list[tuple[str, str, str]] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            asked.append((self.command, self.path, self.headers.get("Proxy-Authorization", "")))
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            body = json.dumps({"name": "bob", "team": "default", "id": 7, "detail": "no"}).encode()
            self.send_response(200 if self.command != "CONNECT" else 502)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_CONNECT = _answer  # noqa: N815 - as http.server calls them

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()


# -- keys ------------------------------------------------------------------------------------------------------------


def test_no_command_is_left_out() -> None:
    assert {*COMMANDS, *NO_REQUEST, "connect", "hook", "wake"} >= set(cli.commands)


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("inside", ["\r\n", "\r", "\u200b", "\x0b\x7f"], ids=ascii)
def test_no_command_repeats_a_key_that_is_none(
    command: str, inside: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = f"{KEY}{inside}{KEY}"
    monkeypatch.chdir(tmp_path)
    for name, value in {"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path / "config")}.items():
        monkeypatch.setenv(name, value)
    settings = {"TEAMMCP_HOME": str(tmp_path), "TEAMMCP_URL": "http://127.0.0.1:9"}
    keys = {"TEAMMCP_KEY": wrong, "TEAMMCP_ADMIN_KEY": wrong}
    said = CliRunner().invoke(cli, COMMANDS[command], env={**settings, **keys}, prog_name="teammcp")
    assert (said.exit_code, SECRET in said.output) == (1, False), said.output
    assert "does not hold a key" in said.output


def test_neither_connect_nor_hook_hands_such_a_key_to_the_program_or_its_log(tmp_path: Path) -> None:
    wrong = f"{KEY}\r\n{KEY}"
    (tmp_path / "key").write_text(wrong, "utf-8")
    for command in (["connect"], ["connect", "--key-file", "key"]):
        said = run(tmp_path, *command, TEAMMCP_URL="http://127.0.0.1:9", TEAMMCP_KEY=wrong)
        assert (said.returncode, SECRET in said.stdout + said.stderr) == (1, False)
        assert "does not hold a key" in said.stderr
    for event, told in (("SessionStart", True), ("PostToolUse", False)):
        stdin = json.dumps({"hook_event_name": event})
        said = run(tmp_path, "hook", "claude", stdin=stdin, TEAMMCP_URL="http://127.0.0.1:9", TEAMMCP_KEY=wrong)
        assert (said.returncode, "teammcp doctor" in said.stdout, said.stderr) == (0, told, "")
        assert SECRET not in said.stdout


def test_a_key_with_a_line_end_or_a_mark_of_the_byte_order_is_the_key(live: LiveServer, tmp_path: Path) -> None:
    key = live.register("owner")
    for around in (f"{key}\r\n", f"\ufeff{key}", f" {key}\n"):
        said = run(tmp_path, "send", "general", "hi", TEAMMCP_URL=live.url, TEAMMCP_KEY=around)
        assert said.returncode == 0, said.stderr
        event = '{"hook_event_name": "SessionStart"}'
        told = run(tmp_path, "hook", "claude", stdin=event, TEAMMCP_URL=live.url, TEAMMCP_KEY=around)
        assert "You are owner" in told.stdout


def test_what_a_library_says_is_not_passed_on() -> None:
    class LocalProtocolError(Exception):
        pass

    error = LocalProtocolError(f"Illegal header value b'Bearer {KEY}'")
    error.__cause__ = ValueError(f"Invalid header value b'Bearer {KEY}'")
    assert KEY not in reason(error)
    error.__cause__ = ConnectionRefusedError(111, "Connection refused")
    assert reason(error) == "Connection refused"


# -- proxies ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "base", ["http://127.0.0.1:1", "http://localhost:1", "http://[::1]:1", "https://127.0.0.5", "http://a.localhost"]
)
def test_this_machine_is_never_reached_through_a_proxy(base: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(variable, "socks5://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    assert proxy_for(base) is None


@pytest.mark.parametrize(
    ("variables", "base", "found"),
    [
        ({}, REMOTE, None),
        ({"http_proxy": "http://p:8"}, REMOTE, "http://p:8"),
        ({"http_proxy": "p:8"}, REMOTE, "http://p:8"),
        ({"https_proxy": "http://p:8"}, REMOTE, None),
        ({"https_proxy": "http://p:8", "all_proxy": "http://q:8"}, "https://team.test", "http://p:8"),
        ({"all_proxy": "http://q:8"}, REMOTE, "http://q:8"),
        ({"http_proxy": "http://p:8", "no_proxy": "team.test"}, REMOTE, None),
        ({"http_proxy": "http://p:8", "no_proxy": ".test"}, REMOTE, None),
        ({"http_proxy": "http://p:8", "no_proxy": "*"}, REMOTE, None),
        ({"http_proxy": "http://p:8", "no_proxy": "other.test"}, REMOTE, "http://p:8"),
        ({"http_proxy": "http://p:8"}, "http://[2001:db8::1]:1", "http://p:8"),
    ],
)
def test_other_servers_are_reached_as_the_environment_says(
    variables: dict[str, str], base: str, found: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in list(os.environ):
        if "proxy" in name.lower():
            monkeypatch.delenv(name)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    proxy = proxy_for(base)
    assert (proxy and proxy.url) == found


@pytest.mark.parametrize("wrong", ["socks5://u:geheim@p:1", "https://p:1", "http://p:x", "http://"])
def test_a_proxy_of_another_kind_is_told_with_what_to_do(wrong: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.setenv("ALL_PROXY", wrong)
    for name in ("http_proxy", "HTTP_PROXY", "no_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(InvalidInput, match=r"HTTP proxies only.*put team.test into NO_PROXY") as refused:
        proxy_for(REMOTE)
    assert "geheim" not in str(refused.value)


def test_commands_hook_connect_and_doctor_take_the_same_way(tmp_path: Path) -> None:
    remote = {"TEAMMCP_URL": REMOTE, "TEAMMCP_KEY": KEY}
    with proxy() as (url, asked):
        way = {**remote, "HTTP_PROXY": url.replace("://", "://me:geheim@")}
        assert run(tmp_path, "send", "general", "hi", **way).stdout == "7\n"
        run(tmp_path, "hook", "claude", stdin='{"hook_event_name": "Stop"}', **way)
        run(tmp_path, "connect", **way)
        doctor = run(tmp_path, "doctor", "--client", "generic", "--url", REMOTE, **way)
        assert f"{REMOTE} answers through the proxy" in doctor.stdout
        assert "geheim" not in doctor.stdout
        paths = {path for _, path, _ in asked}
        assert {f"{REMOTE}/api/send", f"{REMOTE}/api/hooks/claude", f"{REMOTE}/mcp", f"{REMOTE}/api/me"} <= paths
        assert {said for _, _, said in asked} == {"Basic bWU6Z2VoZWlt"}
        asked.clear()
        over_tls = {**way, "TEAMMCP_URL": "https://team.test", "HTTPS_PROXY": url}
        run(tmp_path, "hook", "claude", stdin='{"hook_event_name": "Stop"}', **over_tls)
        refused = run(tmp_path, "send", "general", "hi", **over_tls)
        assert {(method, path) for method, path, _ in asked} == {("CONNECT", "team.test:443")}
        assert (refused.returncode, "the proxy that" in refused.stderr) == (3, True)
        assert SECRET not in refused.stderr


def test_a_proxy_that_none_can_use_is_told_by_connect_and_by_the_doctor(live: LiveServer, tmp_path: Path) -> None:
    key = live.register("owner")
    socks = {"ALL_PROXY": "socks5://127.0.0.1:9", "HTTP_PROXY": "http://127.0.0.1:9", "TEAMMCP_KEY": key}
    near = {**socks, "TEAMMCP_URL": live.url}
    assert run(tmp_path, "connect", **near).returncode == 0
    assert run(tmp_path, "send", "general", "hi", **near).returncode == 0
    assert "answers." in run(tmp_path, "doctor", "--client", "generic", "--url", live.url, **near).stdout
    far = {"ALL_PROXY": "socks5://127.0.0.1:9", "TEAMMCP_KEY": key, "TEAMMCP_URL": REMOTE}
    for command in (["connect"], ["send", "general", "hi"]):
        said = run(tmp_path, *command, **far)
        assert (said.returncode, "HTTP proxies only" in said.stderr, "Traceback" in said.stderr) == (1, True, False)
    doctor = run(tmp_path, "doctor", "--client", "generic", "--url", REMOTE, **far)
    assert (doctor.returncode, "HTTP proxies only" in doctor.stdout) == (1, True)
    hook = run(tmp_path, "hook", "claude", stdin="{}", **far)
    assert (hook.returncode, hook.stdout, hook.stderr) == (0, "", "")


# -- the address that is printed ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["::", "[::1]", "0.0.0.0", "0"])
def test_the_address_that_is_printed_answers(host: str, tmp_path: Path) -> None:
    if ":" in host and not _has_ipv6():
        pytest.skip("this machine has no IPv6")
    port = free_port()
    command = [sys.executable, "-m", "teammcp", "start", "--host", host, "--port", str(port)]
    environment = clean_environment(tmp_path / "data")
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as server:
        try:
            assert server.stdout is not None
            assert select.select([server.stdout], [], [], 60)[0]
            found = re.search(r"running at (\S+)", server.stdout.readline())
            assert found is not None
            said = run(tmp_path, "register", "ada", "--kind", "human", "--url", found[1])
            assert said.returncode == 0, said.stderr
            key = re.search(r"tmcp_\S+", said.stdout)
            assert key is not None
            settings = {"TEAMMCP_HOST": host, "TEAMMCP_PORT": str(port), "TEAMMCP_KEY": key[0]}
            assert run(tmp_path, "send", "general", "hi", **settings).returncode == 0  # by its settings alone
            if host == "::":  # every address, as people expect
                assert (
                    run(
                        tmp_path, "send", "general", "hi", **settings, TEAMMCP_URL=f"http://127.0.0.1:{port}"
                    ).returncode
                    == 0
                )
        finally:
            server.terminate()


def _has_ipv6() -> bool:
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return True
    except OSError:
        return False
