"""A repository that an agent works in may be hostile: keys go to their own server, and what is done is shown before."""

from __future__ import annotations

import http.server
import json
import os
import shlex
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from teammcp.errors import InvalidInput
from teammcp.joining.keys import KeyPlace, kept_key, kept_keys, key_file
from teammcp.joining.team_file import read_team
from tests.live import LiveServer
from tests.test_join import Desk, tree

KEY = f"tmcp_default_{'Kx0-_' * 8}abc"


@pytest.fixture
def desk(live: LiveServer, tmp_path: Path) -> Desk:
    live.register("owner")
    return Desk(live, tmp_path)


@contextmanager
def attacker(name: str = "bob") -> Iterator[tuple[str, list[str]]]:
    """A server that says yes to everything; the headers and bodies that it was sent."""
    heard: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            heard.append(f"{self.command} {self.path}\n{self.headers}\n{body.decode()}")
            answer = json.dumps({"name": name, "team": "t", "agent": {"name": name}, "apiKey": KEY}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        do_GET = do_POST = _answer  # noqa: N815 - as http.server calls them

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", heard
    finally:
        server.shutdown()
        server.server_close()


def test_no_key_goes_to_a_server_that_only_a_project_names(desk: Desk) -> None:
    key = desk.live.register("bob")
    with attacker() as (url, heard):
        entry = {"type": "http", "url": f"{url}/mcp?tools=everyday"}
        (desk.project / ".mcp.json").write_text(json.dumps({"mcpServers": {"teammcp": entry}}), "utf-8")
        asked = desk.run("doctor", "--client", "claude", "--name", "bob", key=key)
        assert (asked.returncode, heard) == (1, [])  # nobody said yes
        assert f"names the server {url}" in asked.stdout
        assert "teammcp join" not in asked.stdout  # no advice to go there
        desk.run("doctor", "--client", "claude", stdin="y\n", key=key)
        assert heard
        assert not any(key in each or "Bearer" in each for each in heard)
        heard.clear()
        named = desk.run("doctor", "--client", "claude", "--url", url, key=key)  # the user's own word
        assert any(key in each for each in heard), named.stdout


@pytest.mark.parametrize("answer", ["n\n", "", "y\nn\n", "y\ny\n"])
def test_a_team_files_server_is_shown_and_asked_about_and_gets_no_key(desk: Desk, answer: str) -> None:
    key = desk.live.register("bob")
    before = tree(desk.home)
    with attacker() as (url, heard):
        text = f'url = "{url}"\n[[agents]]\nname = "bob"\nclient = "claude"\n'
        (desk.project / "team.toml").write_text(text, "utf-8")
        done = desk.run("join", "--file", "team.toml", stdin=answer, key=key, secret="geheim")
        assert f"team.toml names the server {url}" in done.stdout
        assert bool(heard) == (answer == "y\ny\n")
        assert not any(key in each for each in heard)
        if answer != "y\ny\n":
            assert (done.returncode, tree(desk.home)) == (1, before)
        else:
            assert done.returncode == 0, done.stderr
            assert kept(desk, url) == {"bob.key"}
        heard.clear()
        secret = desk.run(
            "join", "--file", "team.toml", "--yes", "--secret-env", "TEAMMCP_SECRET", key=key, secret="geheim"
        )
        assert (secret.returncode, "--url" in secret.stderr, any("geheim" in each for each in heard)) == (
            2,
            True,
            False,
        )


def kept(desk: Desk, url: str) -> set[str]:
    return {path.name for path in desk.home.rglob(f"*{url.rpartition(':')[2]}/*.key")}


def test_what_joining_will_do_is_shown_whole_before_it_asks(desk: Desk) -> None:
    (desk.project / "CLAUDE.md").write_text("# Rules\n", "utf-8")
    refused = desk.join()
    assert refused.returncode == 1
    shown, _, rest = refused.stdout.partition("Do this?")
    assert rest.strip() == "[y/N]:"
    before = {path for path in desk.home.rglob("*") if path.is_file()} | {
        path for path in desk.project.rglob("*") if path.is_file()
    }
    done = desk.join("--yes")
    assert done.returncode == 0, done.stderr
    now = {path for path in desk.home.rglob("*") if path.is_file()} | {
        path for path in desk.project.rglob("*") if path.is_file()
    }
    assert now - before
    assert all(str(path) in shown for path in now - before)


@pytest.mark.parametrize("name", ["../../outside", "..", "a/b", "/etc/x", "", "a\x00b", ".hidden", "x" * 65, "a\nb"])
def test_a_name_never_leads_out_of_the_folder_of_keys(name: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="name: "):
        key_file("http://h:1", name)
    file = tmp_path / "team.toml"
    file.write_text(f'[[agents]]\nname = {json.dumps(name)}\nclient = "claude"\n', "utf-8")
    with pytest.raises(InvalidInput, match=r"agents\.0\.name"):
        read_team(file)


def test_such_a_name_is_refused_by_every_command(desk: Desk, tmp_path: Path) -> None:
    name = "../../outside"
    (desk.project / "team.toml").write_text(f'[[agents]]\nname = "{name}"\nclient = "claude"\n', "utf-8")
    before = (tree(desk.home), tree(desk.project), {path.name for path in tmp_path.iterdir()})
    for command in (
        ["join", "--file", "team.toml", "--yes"],
        ["join", "--name", name, "--client", "claude", "--yes"],
        ["leave", "--name", name, "--client", "claude", "--yes"],
        ["doctor", "--name", name, "--client", "claude"],
    ):
        done = desk.run(*command, url=desk.live.url)
        assert (done.returncode, "Traceback" in done.stderr, "name: " in done.stderr) == (1, False, True), done.stderr
    assert (tree(desk.home), tree(desk.project), {path.name for path in tmp_path.iterdir()}) == before


def test_a_key_is_kept_for_its_origin_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    place = KeyPlace(key_file("https://team.example/one/mcp", "bob"))
    place.keep(KEY)
    assert kept_key(key_file("https://TEAM.example:443", "bob")) == KEY
    for other in (
        "http://team.example",
        "http://team.example:443",
        "https://team.example:1",
        "https://team.example.evil",
    ):
        assert kept_key(key_file(other, "bob")) is None
        assert kept_keys(other) == set()
    assert key_file("http://127.0.0.1:3100", "Alice").parts[-2:] == ("127.0.0.1_3100", "Alice.key")
    folders = [folder for folder in (tmp_path / "teammcp").rglob("*") if folder.is_dir()]
    assert folders
    assert all(folder.stat().st_mode & 0o077 == 0 for folder in folders)
    given_up = KeyPlace(key_file("https://team.example", "carol"))
    given_up.give_up()
    assert kept_key(given_up.path) is None
    assert [path.name for path in given_up.path.parent.iterdir()] == ["bob.key"]


def test_nobody_is_registered_where_the_key_cannot_be_kept(desk: Desk) -> None:
    (desk.home / ".config").write_text("in the way", "utf-8")
    for command in (
        ["join", "--url", desk.live.url, "--name", "bob", "--client", "claude", "--yes"],
        ["register", "bob", "--url", desk.live.url, "--key-file", "/dev/null/key"],
        ["register", "bob", "--url", desk.live.url, "--write", "--client", "claude", "--project", "linked"],
    ):
        (desk.project / "linked").mkdir(exist_ok=True)
        if not (desk.project / "linked" / ".mcp.json").is_symlink():
            (desk.project / "linked" / ".mcp.json").symlink_to("/dev/null")
        done = desk.run(*command)
        assert (done.returncode, "Traceback" in done.stderr) == (1, False), done.stderr
    with desk.live.client(desk.live.register("carol")) as carol:
        assert "bob" not in carol.get("/api/agents").text


@pytest.mark.parametrize("odd", ['o\'neil "a" b', "$(touch here) `x` #1 & 2;", "-x Grüße ✓ a\\b"])
def test_what_is_printed_for_a_shell_can_be_pasted(desk: Desk, odd: str) -> None:
    folder = desk.project / odd
    folder.mkdir()
    options = ["--url", desk.live.url, "--name", "bob", "--client", "claude"]
    done = desk.run("join", *options, "--dir", str(folder), "--yes")
    assert done.returncode == 0, done.stderr
    start = done.stdout.partition("Start it with:")[2]
    assert run_in_shell(desk, start, "claude") == [os.fsencode(folder), desk.key.encode()]
    (folder / ".mcp.json").unlink()
    ill = desk.run("doctor", "--client", "claude", "--name", "bob", "--url", desk.live.url, "--dir", str(folder))
    advice = ill.stdout.partition("Run: ")[2].splitlines()[0]
    assert shlex.split(advice) == ["teammcp", "join", *options, "--dir", str(folder)]
    assert run_in_shell(desk, advice, "teammcp")[2:] == [
        os.fsencode(each) for each in ("join", *options, "--dir", str(folder))
    ]
    assert not (desk.project / "here").exists()


def run_in_shell(desk: Desk, text: str, program: str) -> list[bytes]:
    """Where a program is started by a shell, with which key and arguments."""
    bin_folder = desk.home / "bin"
    bin_folder.mkdir(exist_ok=True)
    (bin_folder / program).write_text('#!/bin/sh\nprintf "%s\\0" "$PWD" "$TEAMMCP_KEY" "$@"\n')
    (bin_folder / program).chmod(0o755)
    environment = {"PATH": f"{bin_folder}:/usr/bin:/bin", "HOME": str(desk.home)}
    said = subprocess.run(
        ["sh"], input=text, env=environment, cwd=desk.project, capture_output=True, check=False, text=True
    )
    assert said.returncode == 0, said.stderr
    return [os.fsencode(each) for each in said.stdout.split("\0")[:-1]]


def test_leaving_takes_out_all_but_what_leads_elsewhere(desk: Desk) -> None:
    assert desk.join("--yes").returncode == 0
    outside = desk.home / "elsewhere"
    outside.mkdir()
    for name in ("CLAUDE.md", ".claude"):
        (desk.project / name).rename(outside / name)
        (desk.project / name).symlink_to(outside / name)
    before = tree(outside)
    left = desk.run("leave", "--client", "claude", "--name", "bob", "--yes")
    assert (left.returncode, left.stderr.count("left alone"), "Traceback" in left.stderr) == (0, 7, False), left.stderr
    assert tree(outside) == before
    assert not (desk.project / ".mcp.json").exists()
    assert not list(desk.home.rglob("*.key"))


def test_the_first_files_are_private(desk: Desk) -> None:
    home = desk.home / "data"
    done = desk.run("init", "--home", str(home))
    assert done.returncode == 0, done.stderr
    assert home.stat().st_mode & 0o077 == 0
    assert (home / "teammcp.toml").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("data", ["# Grüße\n".encode("latin-1"), "agents = []".encode("utf-16"), b"\x00"])
def test_a_team_file_that_is_none_is_told(desk: Desk, data: bytes) -> None:
    (desk.project / "team.toml").write_bytes(data)
    done = desk.run("join", "--file", "team.toml", "--yes", url=desk.live.url)
    assert (done.returncode, "Traceback" in done.stderr, "team.toml" in done.stderr) == (1, False, True)
