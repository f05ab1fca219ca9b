"""Joining and leaving: what is put into whose files, shown before it is done, and taken out again to the last byte."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

import teammcp
from teammcp.errors import InvalidInput
from teammcp.joining.changes import forget, joining, leaving
from teammcp.joining.clients import ALL, CLIENTS, EVERYDAY, Client
from teammcp.joining.parts import Entry, Hooks, Item, OwnFile, Part, Section
from teammcp.joining.programs import Member, as_configured, configured_url, parts_left_to, parts_of
from teammcp.joining.team_file import read_team
from tests.live import LiveServer, clean_environment, free_port

URL = "https://team.example:3100"
WITH_FILES = [client for client in CLIENTS if client != "generic"]


@pytest.fixture(autouse=True)
def no_codex_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CODEX_HOME", raising=False)


@pytest.fixture
def member(tmp_path: Path) -> Callable[..., Member]:
    for name in ("project", "home"):
        (tmp_path / name).mkdir()

    def make(client: Client, url: str = URL) -> Member:
        return Member("bob", client, url, tmp_path / "project", tmp_path / "home")

    return make


def tree(folder: Path) -> dict[str, bytes | None]:
    return {str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None for path in folder.rglob("*")}


def put(parts: list[Part]) -> None:
    for change in joining(parts):
        change.apply()


def take(parts: list[Part], *roots: Path) -> None:
    changes = leaving(parts)
    for change in changes:
        change.apply()
    forget(changes, roots)


def furnish(member: Member) -> None:
    """Files of the user's own, with comments and in a style of the user's own, wherever a client's part will go."""
    for part in parts_of(member):
        if isinstance(part, OwnFile):
            continue
        part.path.parent.mkdir(parents=True, exist_ok=True)
        text = {
            ".toml": '# mine\nmodel = "m"   # keep\n\n[mcp_servers.other]\nurl = "u"\n',
            ".json": '{"mcpServers": {"other": {"url":"u"}},\r\n   "hooks": {"Stop": [{"hooks": [{"type": "command",'
            ' "command": "beep"}]}]},\r\n "permissions": {"allow": ["Bash(ls)"]}, "text": "модель"}',
            ".md": "# Rules\n\nAlways test.\n\n\n",
        }[part.path.suffix]
        part.path.write_bytes(text.encode())


# -- the parts -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("client", WITH_FILES)
@pytest.mark.parametrize("furnished", [False, True], ids=["nothing there", "files of the user"])
def test_leaving_brings_back_every_byte(
    member: Callable[..., Member], client: Client, furnished: bool, tmp_path: Path
) -> None:
    bob = member(client)
    if furnished:
        furnish(bob)
    before = tree(tmp_path)
    put(parts_of(bob))
    assert tree(tmp_path) != before
    assert joining(parts_of(bob)) == []  # nothing is left to do
    take(parts_of(bob), bob.folder, bob.home)
    assert tree(tmp_path) == before
    assert leaving(parts_of(bob)) == []


@pytest.mark.parametrize("client", WITH_FILES)
def test_joining_again_with_another_address_leaves_one_of_each(
    member: Callable[..., Member], client: Client, tmp_path: Path
) -> None:
    old, new = member(client, "http://old:1"), member(client)
    furnish(old)
    before = tree(tmp_path)
    put(parts_of(old))
    put(parts_of(new))
    assert configured_url(new) == URL
    ours = [content for path, content in tree(tmp_path).items() if content is not None and not path.endswith(".bak")]
    assert not any(b"http://old:1" in content for content in ours)
    take(parts_of(new), new.folder, new.home)
    assert tree(tmp_path) == before


@pytest.mark.parametrize("client", WITH_FILES)
def test_what_the_user_changed_since_stays(member: Callable[..., Member], client: Client) -> None:
    bob = member(client)
    furnish(bob)
    put(parts_of(bob))
    texts = [part.path for part in parts_of(bob) if isinstance(part, Section)]
    for path in texts:
        path.write_text(path.read_text("utf-8") + "\nA rule from later.\n", "utf-8")
    take(parts_of(bob), bob.folder, bob.home)
    for path in texts:
        text = path.read_text("utf-8")
        assert (text.startswith("# Rules\n\nAlways test."), "A rule from later." in text, "TeamMCP" in text) == (
            True,
            True,
            False,
        )


@pytest.mark.parametrize("client", WITH_FILES)
def test_no_file_holds_a_key_and_each_client_gets_its_address(member: Callable[..., Member], client: Client) -> None:
    bob = member(client)
    put(parts_of(bob))
    assert configured_url(bob) == URL
    for part in parts_of(bob):
        assert "tmcp_" not in part.path.read_text("utf-8")


def test_programs_with_hooks_tell_what_their_agent_is_doing(member: Callable[..., Member]) -> None:
    told: dict[Client, set[str]] = {}
    for client in WITH_FILES:
        told[client] = {event for part in parts_of(member(client)) if isinstance(part, Hooks) for event in part.hooks}
    in_common = {"SessionStart", "UserPromptSubmit", "PostToolUse", "PermissionRequest", "Stop", "SessionEnd"}
    assert told.pop("claude") == told.pop("qwen") == {*in_common, "Notification", "StopFailure"}
    assert told.pop("codex") == in_common
    assert told.pop("gemini") == {
        "SessionStart",
        "BeforeAgent",
        "AfterTool",
        "Notification",
        "AfterAgent",
        "SessionEnd",
    }
    assert not any(told.values())


def test_every_client_that_knows_projects_gets_the_guide_and_the_skills(member: Callable[..., Member]) -> None:
    guides = {"claude": "CLAUDE.md", "gemini": "GEMINI.md", "qwen": "QWEN.md"}
    for client in WITH_FILES:
        bob = member(client)
        names = {part.path.name for part in parts_of(bob)}
        if client == "claude-desktop":
            assert not names & {"AGENTS.md", "CLAUDE.md", "SKILL.md"}
            continue
        assert guides.get(client, "AGENTS.md") in names
        skills = {part.path.parent.name for part in parts_of(bob) if part.path.name == "SKILL.md"}
        assert skills == {"team-inbox", "team-standup", "team-handover", "team-worker", "team-console"}


def test_permission_prompts_go_to_the_team_if_that_is_wished(member: Callable[..., Member], tmp_path: Path) -> None:
    def prompts(bob: Member) -> list[str]:
        hooks = json.loads((bob.folder / ".claude" / "settings.local.json").read_text("utf-8"))["hooks"]
        return [hook["url"] for group in hooks.get("PermissionRequest", []) for hook in group["hooks"]]

    bob = member("claude")
    furnish(bob)
    before = tree(tmp_path)
    put(parts_of(bob))
    assert prompts(bob) == [f"{URL}/api/hooks/claude"]  # which tells of the prompt and answers nothing
    put(parts_of(replace(bob, approvals=True)))
    assert prompts(bob) == [f"{URL}/api/hooks/permission"]
    moved = replace(bob, url="http://new:1")
    put(parts_of(moved))  # not wished again, and not given up
    assert prompts(moved) == ["http://new:1/api/hooks/permission"]
    take(parts_of(moved), bob.folder, bob.home)
    assert tree(tmp_path) == before


def test_opencode_gets_a_plugin_that_knows_the_server_and_no_key(member: Callable[..., Member]) -> None:
    bob = member("opencode", 'https://team.example/a"b')
    [plugin] = [part for part in parts_of(bob) if part.path.suffix == ".js"]
    assert plugin.path == bob.folder / ".opencode" / "plugins" / "teammcp.js"
    text = plugin.put(None)
    assert 'const SERVER = "https://team.example/a\\"b"' in text
    assert "process.env.TEAMMCP_KEY" in text
    assert text.splitlines()[-1].startswith("// teammcp: this file is written by")
    assert plugin.take(text) is None
    assert plugin.take("export const Mine = 1\n") == "export const Mine = 1\n"


def test_skills_begin_with_what_programs_look_for(member: Callable[..., Member]) -> None:
    for part in parts_of(member("claude")):
        if isinstance(part, OwnFile):
            _, head, body = part.body.split("---\n", 2)
            fields = dict(line.split(": ", 1) for line in head.strip().splitlines())
            assert fields["name"] == part.path.parent.name
            assert len(fields["description"]) < 300
            for value in fields.values():  # YAML, which takes text as it is only without marks of its own
                assert re.fullmatch(r"\w(?:(?!: | #).)*[^:]", value), value
            assert body.strip()


def test_the_hooks_of_others_stay(tmp_path: Path) -> None:
    path = tmp_path / "hooks.json"
    other = {"matcher": "Bash", "hooks": [{"type": "command", "command": "beep"}]}
    path.write_text(json.dumps({"hooks": {"Stop": [other], "PreToolUse": [other]}}), "utf-8")
    part = Hooks(path, {"Stop": {"type": "command", "command": "teammcp hook codex --url u"}})
    put([part])
    hooks = json.loads(path.read_text("utf-8"))["hooks"]
    assert [len(hooks["Stop"]), hooks["Stop"][0], hooks["PreToolUse"]] == [2, other, [other]]
    path.write_text(path.read_text("utf-8").replace("beep", "buzz"), "utf-8")
    take([part], tmp_path)
    assert "teammcp" not in path.read_text("utf-8")
    assert path.read_text("utf-8").count("buzz") == 2


def test_a_part_that_two_clients_share_stays_for_the_one_that_is_left(member: Callable[..., Member]) -> None:
    codex, opencode = member("codex"), member("opencode")
    put([*parts_of(codex), *parts_of(opencode)])
    shared = parts_left_to(codex)
    take([part for part in parts_of(codex) if part not in shared], codex.folder, codex.home)
    assert "TeamMCP" in (opencode.folder / "AGENTS.md").read_text("utf-8")
    assert joining(parts_of(opencode)) == []
    assert configured_url(codex) is None


@pytest.mark.parametrize(
    ("name", "text", "part"),
    [
        ("a.json", "{ // a comment\n}", lambda path: Entry(path, ("a", "b"), 1)),
        ("a.json", "[]", lambda path: Entry(path, ("a", "b"), 1)),
        ("a.json", '{"a": 7}', lambda path: Entry(path, ("a", "b"), 1)),
        ("a.json", '{"a": {"b": 7}}', lambda path: Item(path, ("a", "b"), "x")),
        ("a.json", '{"hooks": {"Stop": 7}}', lambda path: Hooks(path, {"Stop": {"command": "teammcp hook x"}})),
        ("a.toml", "= 7", lambda path: Entry(path, ("a", "b"), 1)),
    ],
)
def test_a_file_that_is_something_else_is_left_alone(
    name: str, text: str, part: Callable[[Path], Part], tmp_path: Path
) -> None:
    path = tmp_path / name
    path.write_text(text, "utf-8")
    with pytest.raises(InvalidInput, match="left alone"):
        joining([part(path)])
    assert tree(tmp_path) == {name: text.encode()}


def test_the_difference_is_what_diff_shows(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("mine\n", "utf-8")
    [change, new] = joining([Section(tmp_path / "a.md", "ours"), OwnFile(tmp_path / "b.md", "all ours\n")])
    assert change.difference().splitlines()[:2] == [f"--- {tmp_path}/a.md", f"+++ {tmp_path}/a.md"]
    assert "+ours" in change.difference()
    assert "-mine" not in change.difference()
    assert new.difference().startswith("--- /dev/null")


# -- a whole team ----------------------------------------------------------------------------------------------------


def test_the_tools_that_were_chosen_stay_until_others_are(member: Callable[..., Member]) -> None:
    for client in WITH_FILES:
        bob = replace(member(client), tools="tasks,send_dm")
        put(parts_of(bob))
        assert (configured_url(bob), as_configured(member(client)).tools) == (URL, "tasks,send_dm")
        put(parts_of(replace(bob, tools=ALL)))
        assert (configured_url(bob), as_configured(bob).tools) == (URL, ALL)
    assert as_configured(member("generic")).tools == EVERYDAY


def test_a_team_file_names_agents_folders_and_clients(tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    file = tmp_path / "team.toml"
    file.write_text('url = "u"\n[[agents]]\nname = "bob"\nclient = "codex"\nfolder = "work"\nrole = "Tester"\n')
    team = read_team(file)
    [bob] = team.agents
    assert (team.url, bob.name, bob.client, bob.folder, bob.role) == ("u", "bob", "codex", tmp_path / "work", "Tester")


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("agents = []", "agents"),
        ('[[agents]]\nname = "bob"', r"agents\.0\.client"),
        ('[[agents]]\nname = "bob"\nclient = "emacs"', r"agents\.0\.client"),
        ('[[agents]]\nname = "bob"\nclient = "codex"\nfolder = "nowhere"', "nowhere"),
        ('[[agents]]\nname = "bob"\nclient = "codex"\nrank = 1', r"agents\.0\.rank"),
        ('[[agents]]\nname = "bob"\nclient = "codex"\n[[agents]]\nname = "bob"\nclient = "claude"', "more than once"),
        ("agents = ", "no TOML"),
        ('[[agents]]\nname = "Bob"\nclient = "codex"\n[[agents]]\nname = "bob"\nclient = "claude"', "more than once"),
        ('[[agents]]\nname = "../bob"\nclient = "codex"', r"agents\.0\.name"),
    ],
)
def test_a_wrong_team_file_is_told_which_field(text: str, wrong: str, tmp_path: Path) -> None:
    file = tmp_path / "team.toml"
    file.write_text(text, "utf-8")
    with pytest.raises(InvalidInput, match=wrong):
        read_team(file)


# -- the commands ----------------------------------------------------------------------------------------------------


class Desk:
    """A home and a project on a machine on which the server runs."""

    def __init__(self, live: LiveServer, folder: Path) -> None:
        self.live = live
        self.home, self.project = folder / "home", folder / "project"
        self.home.mkdir()
        self.project.mkdir()

    def run(self, *arguments: str, stdin: str = "", **settings: str) -> subprocess.CompletedProcess[str]:
        environment = clean_environment(self.live.home, **settings)
        for name in ("XDG_CONFIG_HOME", "CODEX_HOME"):
            environment.pop(name, None)
        path = os.pathsep.join([str(Path(sys.executable).parent), environment["PATH"]])
        return subprocess.run(
            [sys.executable, "-m", "teammcp", *arguments],
            env={**environment, "HOME": str(self.home), "PATH": path},
            cwd=self.project,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def join(self, *more: str, client: str = "claude", **settings: str) -> subprocess.CompletedProcess[str]:
        options = ["--url", self.live.url, "--name", "bob", "--client", client]
        return self.run("join", *options, *more, **settings)

    @property
    def key(self) -> str:
        [file] = self.home.rglob("bob.key")
        assert file.stat().st_mode & 0o777 == 0o600
        return file.read_text("utf-8").strip()


@pytest.fixture
def desk(live: LiveServer, tmp_path: Path) -> Desk:
    live.register("owner")
    return Desk(live, tmp_path)


def test_joining_asks_registers_sets_up_and_leaving_undoes_it(desk: Desk) -> None:
    (desk.project / "CLAUDE.md").write_text("# Rules\n", "utf-8")
    before = tree(desk.project)
    refused = desk.join()  # no answer is no
    assert (refused.returncode, tree(desk.project) == before) == (1, True)
    assert "Registers bob" in refused.stdout
    assert "+++ " in refused.stdout
    with desk.live.client(desk.live.register("carol")) as carol:
        assert "bob" not in carol.get("/api/agents").text
    done = desk.join("--yes", "--role", "Engineer")
    assert done.returncode == 0, done.stderr
    assert desk.key not in done.stdout
    with desk.live.client(desk.key) as bob:
        me = bob.get("/api/me").json()
    assert (me["name"], me["role"], me["kind"]) == ("bob", "Engineer", "agent")
    again = desk.join("--yes")
    assert (again.returncode, "Every file is as it should be" in again.stdout) == (0, True)
    assert "Registers" not in again.stdout
    left = desk.run("leave", "--client", "claude", "--name", "bob", "--yes")
    assert left.returncode == 0, left.stderr
    assert tree(desk.project) == before
    assert not list(desk.home.rglob("*.key"))
    assert "bob stays a member until a manager retires it" in left.stdout
    nothing = desk.run("leave", "--client", "claude", "--name", "bob", "--yes")
    assert (nothing.returncode, "stays a member" in nothing.stdout) == (0, False)


def test_joining_takes_the_agents_own_key_and_not_anothers(desk: Desk) -> None:
    bob = desk.live.register("bob")
    taken = desk.join("--yes")
    assert (taken.returncode, "taken" in taken.stderr) == (1, True)
    assert tree(desk.project) == {}
    done = desk.join("--yes", key=bob)
    assert (done.returncode, "Registers" in done.stdout) == (0, False), done.stderr
    assert desk.key == bob


def test_joining_a_whole_team_at_once(desk: Desk) -> None:
    (desk.project / "web").mkdir()
    (desk.project / "team.toml").write_text(
        f'url = "{desk.live.url}"\n'
        '[[agents]]\nname = "bob"\nclient = "claude"\nrole = "Lead"\n'
        '[[agents]]\nname = "carol"\nclient = "codex"\nfolder = "web"\n'
        '[[agents]]\nname = "dave"\nclient = "codex"\n',
        "utf-8",
    )
    done = desk.run("join", "--file", "team.toml", "--yes")
    assert done.returncode == 0, done.stderr
    assert "carol, dave would share one daemon of Codex" in done.stdout
    with desk.live.client(desk.key) as bob:
        assert {agent["name"] for agent in bob.get("/api/agents").json()} >= {"bob", "carol", "dave"}
    assert (desk.project / ".mcp.json").exists()
    assert (desk.project / "AGENTS.md").read_text() == (desk.project / "web" / "AGENTS.md").read_text()
    settings = tomllib.loads((desk.home / ".codex" / "config.toml").read_text("utf-8"))
    assert settings["mcp_servers"]["teammcp"]["url"].startswith(desk.live.url)


def test_a_client_without_known_files_is_told_what_to_put_where(desk: Desk) -> None:
    done = desk.join("--yes", client="generic")
    assert (done.returncode, tree(desk.project)) == (0, {}), done.stderr
    assert f"{desk.live.url}/mcp" in done.stdout
    assert desk.key not in done.stdout


def test_approvals_need_a_server_and_a_client_that_have_them(desk: Desk) -> None:
    refused = desk.join("--approvals", "--yes")
    assert (refused.returncode, 'pip install "teammcp[approvals]"' in refused.stderr) == (1, True)
    wrong = desk.join("--approvals", "--yes", client="codex")
    assert (wrong.returncode, "codex cannot" in wrong.stderr) == (2, True)
    assert tree(desk.project) == {}


def test_tools_that_the_server_does_not_have_are_refused_before_anything_is_changed(desk: Desk) -> None:
    refused = desk.join("--yes", "--tools", "everyday,nothing")
    assert (refused.returncode, tree(desk.project)) == (1, {})
    assert "bob: tools: there is no profile or tool called 'nothing'. Profiles:" in refused.stderr
    assert desk.join("--yes", "--tools", "everyday,send_message").returncode == 0


def test_joining_without_a_server_changes_nothing(desk: Desk) -> None:
    desk.live.stop()
    done = desk.join("--yes")
    assert (done.returncode, tree(desk.project)) == (3, {})
    assert "teammcp start" in done.stderr


WRONG_TOOLS = ["--name", "bob", "--client", "claude", "--tools", "a b"]


@pytest.mark.parametrize("options", [[], ["--name", "bob"], ["--file", "team.toml", "--name", "bob"], WRONG_TOOLS])
def test_joining_wants_a_name_and_a_client_or_a_file(desk: Desk, options: list[str]) -> None:
    (desk.project / "team.toml").write_text("", "utf-8")
    assert desk.run("join", *options).returncode == 2


def test_the_doctor_says_what_is_wrong_and_what_to_do(desk: Desk) -> None:
    ill = desk.run("doctor", "--client", "claude", url=desk.live.url)
    assert ill.returncode == 1
    assert "not set up" in ill.stdout
    assert "teammcp join" in ill.stdout
    desk.join("--yes")
    config = desk.project / ".mcp.json"
    config.write_text(config.read_text("utf-8").replace("tools=everyday", "tools=everyday,nothing"), "utf-8")
    unknown = desk.run("doctor", "--client", "claude", "--name", "bob")
    assert (unknown.returncode, "called 'nothing'" in unknown.stdout) == (1, True)
    desk.join("--yes", "--tools", "everyday")  # what is set up stays until something else is chosen
    well = desk.run("doctor", "--client", "claude", "--name", "bob")
    assert well.returncode == 0, well.stdout
    for part in ("the one of bob", "hook receiver", "tools", "files"):
        assert part in well.stdout
    with desk.live.client(desk.live.register("alice")) as alice:
        assert alice.get("/api/agents/bob").json()["status"] == "away", "looking after it does not make it present"
    (desk.project / ".claude" / "settings.local.json").write_text("{}", "utf-8")
    torn = desk.run("doctor", "--client", "claude", "--name", "bob")
    assert (torn.returncode, "settings.local.json" in torn.stdout) == (1, True)
    carol = desk.run("doctor", "--client", "claude", "--name", "carol", key=desk.key)
    assert (carol.returncode, "would act as bob" in carol.stdout) == (1, True)
    (desk.project / ".mcp.json").write_text("{", "utf-8")
    broken = desk.run("doctor", "--client", "claude", "--name", "bob", "--url", desk.live.url)
    assert (broken.returncode, "cannot be read as JSON" in broken.stdout, "of bob" in broken.stdout) == (1, True, True)
    (desk.project / ".mcp.json").unlink()
    desk.join("--yes")
    wrong = desk.run("doctor", "--client", "claude", key="tmcp_default_" + "x" * 43)
    assert (wrong.returncode, "not valid" in wrong.stdout) == (1, True)
    desk.live.stop()
    alone = desk.run("doctor", "--client", "claude", "--name", "bob")
    assert (alone.returncode, "teammcp start" in alone.stdout) == (1, True)


def test_the_doctor_rings_once_and_tells_each_step(desk: Desk) -> None:
    """A stand-in for a helper: it takes the line, and the program's hook is then told of a prompt."""
    desk.join("--yes")
    alone = desk.run("doctor", "--client", "claude", "--name", "bob", "--ring")
    assert (alone.returncode, "costs one request" in alone.stdout) == (1, True)
    assert "no program with a helper" in alone.stdout
    assert "Start claude in" in alone.stdout
    assert "Codex" not in alone.stdout
    with desk.live.client(desk.key) as bob:

        def helper() -> None:
            wait = {"session": "claude:1", "way": "inbox_socket", "timeout": 30}
            line = bob.post("/api/wakes/wait", json=wait).json()["line"]
            assert "teammcp doctor --ring" in line
            bob.post("/api/hooks/claude", json={"hook_event_name": "UserPromptSubmit"}).raise_for_status()

        with ThreadPoolExecutor() as pool:
            helping = pool.submit(helper)
            while not bob.get("/api/wakes/bob").json()["ways"]:
                time.sleep(0.02)
            rung = desk.run("doctor", "--client", "claude", "--name", "bob", "--ring")
            helping.result(30)
    assert rung.returncode == 0, rung.stdout
    for step in ("its helper took the line", "the line was written, by inbox_socket", "the program has taken it up"):
        assert step in rung.stdout
    refused = desk.run("doctor", "--client", "claude", "--ring", key="tmcp_default_" + "x" * 43)
    assert (refused.returncode, "is not rung" in refused.stdout) == (1, True)


# -- hook and listen -------------------------------------------------------------------------------------------------


def test_the_hook_passes_on_what_the_server_says(desk: Desk) -> None:
    key = desk.live.register("bob")
    said = desk.run("hook", "claude", "--url", desk.live.url, stdin='{"hook_event_name": "SessionStart"}', key=key)
    assert said.returncode == 0
    assert "You are bob" in json.loads(said.stdout)["hookSpecificOutput"]["additionalContext"]
    assert said.stderr == ""


def test_the_hook_sends_nothing_of_an_event_but_what_is_used(desk: Desk) -> None:
    key, ann = desk.live.register("bob"), desk.live.register("ann")
    with desk.live.client(ann) as client:
        client.post("/api/send-dm", json={"recipient": "bob", "content": "Look."}).raise_for_status()
    event = {"hook_event_name": "PostToolUse", "tool_name": "Edit", "tool_response": {"originalFile": "x" * 40_000_000}}
    said = desk.run("hook", "codex", "--url", desk.live.url, stdin=json.dumps(event), key=key)
    assert "Look." in json.loads(said.stdout)["hookSpecificOutput"]["additionalContext"]
    for odd in ("", "{", "[]", "7", '{"hook_event_name": ["Stop"]}', "[" * 100_000):
        said = desk.run("hook", "codex", "--url", desk.live.url, stdin=odd, key=key)
        assert (said.returncode, said.stdout, said.stderr) == (0, "", "")


def test_the_hook_starts_without_what_it_does_not_need(tmp_path: Path) -> None:
    code = (
        "import sys; from teammcp.cli import cli; cli(['hook', '--help'], standalone_mode=False); print(*sys.modules)"
    )
    command = [sys.executable, "-c", code]
    said = subprocess.run(command, env=clean_environment(tmp_path), capture_output=True, text=True, check=True)
    assert {"pydantic", "pluggy", "asyncio", "httpx2"} & set(said.stdout.splitlines()[-1].split()) == set()


def test_everything_that_is_public_is_there() -> None:
    found = {name for name in teammcp.__all__ if getattr(teammcp, name) is not None}
    assert found == set(teammcp.__all__)
    with pytest.raises(AttributeError, match="nothing_of_the_kind"):
        _ = teammcp.nothing_of_the_kind


def test_the_hook_is_silent_where_there_is_no_key_or_no_server(desk: Desk) -> None:
    event = '{"hook_event_name": "SessionStart"}'
    nowhere = f"http://127.0.0.1:{free_port()}"
    for url, settings in (
        (desk.live.url, {}),
        (nowhere, {"key": "tmcp_default_x"}),
        ("http://no.invalid", {"key": "k"}),
    ):
        said = desk.run("hook", "codex", "--url", url, stdin=event, **settings)
        assert (said.returncode, said.stdout, said.stderr) == (0, "", "")


def test_the_hook_tells_the_person_of_a_refused_key_once_a_session(desk: Desk) -> None:
    for event, told in (("SessionStart", True), ("PostToolUse", False)):
        event = json.dumps({"hook_event_name": event})
        said = desk.run("hook", "claude", "--url", desk.live.url, stdin=event, key="tmcp_default_" + "x" * 43)
        assert (said.returncode, "teammcp doctor" in said.stdout) == (0, told)


LISTENER = """\
cat >> log
echo "$TEAMMCP_FROM in $TEAMMCP_CHANNEL" >> log
test "$(grep -c number log)" -lt 2 || kill $PPID
"""
"""Writes down what it is given, and ends the one who listens at the second message."""


def test_listening_runs_the_command_for_each_message_one_at_a_time(desk: Desk) -> None:
    ann, bob = desk.live.register("ann"), desk.live.register("bob")
    with desk.live.client(ann) as client:
        for number in range(2):
            client.post("/api/send-dm", json={"recipient": "bob", "content": f"number {number} ✓"}).raise_for_status()
        client.post("/api/send", json={"channel": "general", "content": "not for bob"}).raise_for_status()
    desk.run("listen", "--exec", LISTENER, "--url", desk.live.url, key=bob)
    first, second, rest = (desk.project / "log").read_text("utf-8").split("ann in dm:ann:bob\n")
    assert ("number 0 ✓" in first, "number 1 ✓" in second, rest) == (True, True, "")


def test_a_command_that_fails_is_told_of_and_the_next_message_has_its_turn(desk: Desk) -> None:
    ann, bob = desk.live.register("ann"), desk.live.register("bob")
    with desk.live.client(ann) as client:
        for number in range(2):
            client.post("/api/send-dm", json={"recipient": "bob", "content": f"number {number}"}).raise_for_status()
    done = desk.run("listen", "--exec", f"{LISTENER}kill -9 $$", "--url", desk.live.url, key=bob)
    assert (desk.project / "log").read_text("utf-8").count("number") == 2
    assert "The command for message 1 ended with -9." in done.stderr


def test_listening_waits_for_a_server_that_is_away(desk: Desk) -> None:
    ann, bob = desk.live.register("ann"), desk.live.register("bob")
    desk.live.stop()
    with ThreadPoolExecutor() as pool:
        listening = pool.submit(desk.run, "listen", "--exec", LISTENER, "--url", desk.live.url, key=bob)
        desk.live.start()
        with desk.live.client(ann) as client:
            for number in range(2):
                body = {"recipient": "bob", "content": f"number {number}"}
                client.post("/api/send-dm", json=body).raise_for_status()
        listening.result(60)
    assert (desk.project / "log").read_text("utf-8").count("number") == 2


def test_listening_ends_where_the_key_is_refused(desk: Desk) -> None:
    done = desk.run("listen", "--exec", "true", "--url", desk.live.url, key="tmcp_default_" + "x" * 43)
    assert (done.returncode, "not valid" in done.stderr) == (1, True)
