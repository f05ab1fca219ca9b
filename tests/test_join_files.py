"""Files of users and of hostile repositories: what is not ours stays, nothing leads out, all or nothing happens."""

from __future__ import annotations

import errno
import json
import os
import shutil
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from teammcp.errors import InvalidInput
from teammcp.joining.changes import Together, forget, joining, leaving
from teammcp.joining.clients import CLIENTS, Client, configuration
from teammcp.joining.parts import Entry, Hooks, OwnFile, Section
from teammcp.joining.programs import Member, as_configured, configured_url, parts_left_to, parts_of
from tests.test_join import WITH_FILES, furnish, tree
from tests.test_storage_full import small_disk  # noqa: F401 - a fixture

URL = "https://mcp.team.example/mcp-team"


@pytest.fixture(autouse=True)
def own_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CODEX_HOME", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "settings"))


@pytest.fixture
def member(tmp_path: Path) -> Callable[..., Member]:
    for name in ("project", "home", "elsewhere"):
        (tmp_path / name).mkdir()

    def make(client: Client, url: str = URL) -> Member:
        return Member("bob", client, url, tmp_path / "project", tmp_path / "home")

    return make


def join(member: Member) -> None:
    with Together(joining(parts_of(member))) as together:
        together.commit()


def leave(member: Member) -> None:
    shared = parts_left_to(member)
    changes = leaving([part for part in parts_of(member) if part not in shared])
    with Together(changes) as together:
        together.commit()
    forget(changes, (member.folder, member.home))


def config_file(member: Member) -> Path:
    return configuration(member.client, member.url).part(member.folder, member.home).path


def state(tmp_path: Path) -> dict[str, bytes | None]:
    return {path: data for path, data in tree(tmp_path).items() if not path.startswith("settings")}


# -- whose hook it is ------------------------------------------------------------------------------------------------

OTHERS: list[dict[str, Any]] = [
    {"type": "command", "command": "beep"},
    {"type": "command", "command": "echo teammcp hook claude --url x"},
    {"type": "command", "command": "teammcp hook claude --url http://second.team:3100"},
    {"type": "command", "command": f"teammcp hook claude --url {URL} | tee log"},
    {"type": "command", "command": f"my-teammcp hook claude --url {URL}"},
    {"type": "command", "command": "teammcp hook 'unbalanced"},
    {"type": "http", "url": "https://ci.example/api/hooks/claude", "headers": {"Authorization": "Bearer $TEAMMCP_KEY"}},
    {"type": "http", "url": f"{URL}/api/hooks/claude", "headers": {"Authorization": "Bearer $MY_OWN_KEY"}},
    {"type": "http", "url": f"{URL}/api/hooks/claude-too", "headers": {"Authorization": "Bearer $TEAMMCP_KEY"}},
    {"type": "prompt", "prompt": "teammcp hook claude /api/hooks/"},
    {},
]


@pytest.mark.parametrize("other", OTHERS, ids=range(len(OTHERS)))
def test_a_hook_of_somebody_else_stays_wherever_it_is(member: Callable[..., Member], other: dict[str, Any]) -> None:
    bob = member("claude")
    settings = bob.folder / ".claude" / "settings.local.json"
    settings.parent.mkdir()
    group = {"matcher": "Bash", "hooks": [other]}
    settings.write_text(json.dumps({"hooks": {"Stop": [group], "PreToolUse": [group]}}), "utf-8")
    join(bob)
    joined = json.loads(settings.read_text("utf-8"))["hooks"]
    first, *ours = joined["Stop"]
    assert (first, joined["PreToolUse"]) == (group, [group])
    assert ours
    assert all("teammcp" in each["hooks"][0]["command"] for each in ours)
    for event in joined:  # the user puts the own hook into our groups too, and restricts them
        joined[event][-1]["hooks"].insert(0, other)
        joined[event][-1].setdefault("matcher", "Edit")
    settings.write_text(json.dumps({"hooks": joined}), "utf-8")
    join(replace(bob, url="http://new.example:1"))
    moved = json.loads(settings.read_text("utf-8"))["hooks"]
    assert [len(groups) for groups in moved.values()] == [len(groups) for groups in joined.values()]
    assert all(groups[-1]["hooks"][0] == other for groups in moved.values())
    leave(replace(bob, url="http://new.example:1"))
    left = json.loads(settings.read_text("utf-8"))["hooks"]
    assert left.keys() == joined.keys()
    assert all(hook == other for groups in left.values() for each in groups for hook in each["hooks"])
    assert left["Stop"][0] == group


def test_what_a_user_added_to_our_hook_and_entry_stays(member: Callable[..., Member]) -> None:
    bob = member("gemini")
    config_file(bob).parent.mkdir()
    entry = {
        "url": "http://old.example/mcp", "type": "http", "timeout": 999, "trust": True, "description": "der Mannschaft",
        "headers": {"X-Trace": "1", "Authorization": "Bearer old"},
    }  # fmt: skip
    config_file(bob).write_text(json.dumps({"mcpServers": {"teammcp": entry}}, ensure_ascii=False), "utf-8")
    join(bob)
    found = json.loads(config_file(bob).read_text("utf-8"))["mcpServers"]["teammcp"]
    wanted = configuration("gemini", URL).entry
    assert (found["url"], found["headers"]["Authorization"]) == (wanted["url"], wanted["headers"]["Authorization"])
    assert [found[key] for key in ("timeout", "trust", "description")] == [999, True, "der Mannschaft"]
    assert found["headers"]["X-Trace"] == "1"
    assert joining(parts_of(bob)) == []


def test_another_program_of_our_name_is_not_taken_away(member: Callable[..., Member]) -> None:
    bob = member("claude")
    other = {"mcpServers": {"teammcp": {"command": "docker", "args": ["run", "x"]}}}
    config_file(bob).write_text(json.dumps(other), "utf-8")
    assert configured_url(bob) is None
    leave(bob)
    assert json.loads(config_file(bob).read_text("utf-8")) == other
    join(bob)  # shown before, with a copy
    assert (
        json.loads(config_file(bob).read_text("utf-8"))["mcpServers"]["teammcp"] == configuration("claude", URL).entry
    )


def test_a_skill_of_the_users_with_our_name_comes_back(member: Callable[..., Member], tmp_path: Path) -> None:
    bob = member("claude")
    own = bob.folder / ".claude" / "skills" / "team-inbox" / "SKILL.md"
    own.parent.mkdir(parents=True)
    own.write_text("my own\n", "utf-8")
    before = state(tmp_path)
    leave(bob)
    assert state(tmp_path) == before
    join(bob)
    leave(bob)
    assert state(tmp_path) == before


# -- addresses -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("client", WITH_FILES)
@pytest.mark.parametrize(
    "url", [URL, "https://mcp.example", "http://h/mcp-team", "http://[::1]:3100", "http://team.mcp:80"]
)
def test_every_address_is_found_again(member: Callable[..., Member], client: Client, url: str, tmp_path: Path) -> None:
    bob = replace(member(client, url), tools="tasks")
    before = state(tmp_path)
    join(bob)
    asked = replace(bob, url="http://other:1", tools="all")
    assert (configured_url(asked), as_configured(asked).tools) == (url, "tasks")
    leave(replace(asked, url=url))
    assert state(tmp_path) == before


# -- how files are written -------------------------------------------------------------------------------------------

WITH_COMMENTS: list[Client] = ["gemini", "opencode", "cursor", "vscode", "qwen"]


@pytest.mark.parametrize("client", WITH_COMMENTS)
def test_comments_and_last_commas_stay(member: Callable[..., Member], client: Client, tmp_path: Path) -> None:
    bob = member(client)
    path = config_file(bob)
    path.parent.mkdir(exist_ok=True)
    [key, _] = configuration(client, URL).keys
    inner = '\t\t// theirs\n\t\t"other": {"url": "u",}, /* last */\n'
    text = f'// mine\n{{\n\t"{key}": {{\n{inner}\t}},\n}}\n'
    path.write_text(text, "utf-8")
    join(bob)
    joined = path.read_text("utf-8")
    assert all(line in joined for line in text.splitlines())
    assert '\n\t\t"teammcp": {\n\t\t\t' in joined
    path.write_text(joined + "// later\n", "utf-8")  # so that it is not simply put back
    leave(bob)
    assert path.read_text("utf-8") == text + "// later\n"
    before = state(tmp_path)
    other = member("codex") if client != "codex" else member("claude")  # type: ignore[comparison-overlap]
    join(other)
    leave(other)
    assert state(tmp_path) == before


@pytest.mark.parametrize("client", WITH_FILES)
@pytest.mark.parametrize("newline", ["\n", "\r\n"], ids=["LF", "CRLF"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["", "BOM"])
def test_line_ends_and_the_mark_of_the_byte_order_stay(
    member: Callable[..., Member], client: Client, newline: str, mark: bytes, tmp_path: Path
) -> None:
    bob = member(client)
    texts = {
        ".toml": '# mine\nmodel = "m"\n\n[mcp_servers.other]\nurl = "u"\n',
        ".json": '{\n    "permissions": {\n        "allow": ["x"]\n    }\n}\n',
        ".md": "# Rules\n\nAlways test.\n",
    }
    furnished = {}
    for part in parts_of(bob):
        if not isinstance(part, OwnFile):
            part.path.parent.mkdir(parents=True, exist_ok=True)
            furnished[part.path] = mark + texts[part.path.suffix].replace("\n", newline).encode()
            part.path.write_bytes(furnished[part.path])
    join(bob)
    for path in furnished:
        data = path.read_bytes()
        assert data.startswith(mark)
        assert data.count(b"\xef\xbb\xbf") == len(mark) // 3
        assert (b"\n" in data.replace(b"\r\n", b"")) == (newline == "\n")
    assert joining(parts_of(bob)) == []
    for path, data in furnished.items():
        path.write_bytes(path.read_bytes() + newline.encode())  # so that it is not simply put back
        furnished[path] = data + newline.encode()
    leave(bob)
    assert {path: path.read_bytes() for path in furnished} == furnished


@pytest.mark.parametrize("client", WITH_FILES)
def test_a_guide_in_another_encoding_stays_what_it_is_and_settings_are_refused(
    member: Callable[..., Member], client: Client
) -> None:
    bob = member(client)
    guides = [part.path for part in parts_of(bob) if isinstance(part, Section)]
    for path in guides:
        path.write_bytes("# Grüße\n".encode("latin-1"))
    join(bob)
    assert all(path.read_bytes().startswith("# Grüße\n".encode("latin-1")) for path in guides)
    leave(bob)
    assert all(path.read_bytes() == "# Grüße\n".encode("latin-1") for path in guides)
    path = config_file(bob)
    for data, said in (('{"a": "ü"}'.encode("latin-1"), "not in UTF-8"), ("{}".encode("utf-16"), "is in UTF-16")):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        with pytest.raises(InvalidInput, match=f"{said}.*left alone"):
            joining(parts_of(bob))
        assert path.read_bytes() == data


def test_a_broken_file_of_another_program_is_not_in_the_way_of_leaving(
    member: Callable[..., Member], tmp_path: Path
) -> None:
    codex = member("codex")
    for broken in ("{ broken", "\xff", "[" * 5000):
        (codex.folder / ".mcp.json").write_bytes(broken.encode("latin-1"))
        before = state(tmp_path)
        join(codex)
        leave(codex)
        assert state(tmp_path) == before
    (codex.folder / ".mcp.json").unlink()
    vscode = member("vscode")
    join(vscode)
    path = config_file(vscode)
    path.write_text(path.read_text("utf-8") + "}", "utf-8")  # broken, but it says that it is a member
    join(codex)
    leave(codex)
    assert "TeamMCP" in (codex.folder / "AGENTS.md").read_text("utf-8")


def test_a_section_is_what_stands_between_its_own_marks(tmp_path: Path) -> None:
    part = Section(tmp_path / "a.md", "ours")
    begin = part.put(None).splitlines()[0]
    text = f"{begin}\nthe user's, after half of a mark\n"
    joined = part.put(text)
    assert joined.startswith(text)
    assert part.take(joined) == text


# -- links -----------------------------------------------------------------------------------------------------------


def linked(member: Member) -> Iterator[Path]:
    """Every file and folder of a member's parts, where a repository may have put a link."""
    root = member.folder
    for part in parts_of(member):
        yield part.path
        yield from (folder for folder in part.path.parents if root in folder.parents)


@pytest.mark.parametrize("client", CLIENTS)
def test_nothing_is_followed_out_of_the_folder(member: Callable[..., Member], client: Client, tmp_path: Path) -> None:
    bob = member(client)
    outside = tmp_path / "elsewhere"
    for place in sorted({path for path in linked(bob) if bob.folder in path.parents}):
        for target in (
            outside,
            outside / "there",
            outside / "not there",
            bob.folder / ".git" / "config",
            Path("../" * 12 + "etc"),
            Path("loop"),
        ):
            (outside / "there").write_text("{}", "utf-8")
            place.parent.mkdir(parents=True, exist_ok=True)
            link = target if target.name != "loop" else place
            place.symlink_to(link)
            before = state(tmp_path)
            with pytest.raises(InvalidInput, match="left alone"):
                pytest.fail(f"{place} -> {link}: {[str(change.path) for change in joining(parts_of(bob))]}")
            assert state(tmp_path) == before
            place.unlink()


def test_a_link_within_the_project_is_followed_shown_as_what_it_is_and_stays(
    member: Callable[..., Member], tmp_path: Path
) -> None:
    claude, codex = member("claude"), member("codex")
    (claude.folder / "AGENTS.md").write_text("# Rules\n", "utf-8")
    (claude.folder / "CLAUDE.md").symlink_to("AGENTS.md")
    (claude.folder / "dot").mkdir()
    (claude.folder / "dot" / "mine").touch()
    (claude.folder / ".claude").symlink_to("dot")
    before = state(tmp_path)
    changes = joining(parts_of(claude))
    assert claude.folder / "AGENTS.md" in {change.path for change in changes}
    assert claude.folder / "dot" / "settings.local.json" in {change.path for change in changes}
    join(claude)
    join(codex)
    assert (claude.folder / "AGENTS.md").read_text("utf-8").count("written by 'teammcp join'") == 1
    leave(claude)
    assert "TeamMCP" in (claude.folder / "AGENTS.md").read_text("utf-8")  # which Codex reads too
    leave(codex)
    assert state(tmp_path) == before
    assert (claude.folder / "CLAUDE.md").is_symlink()


def test_a_copy_in_the_repository_is_never_written_nor_taken_for_ours(
    member: Callable[..., Member], tmp_path: Path
) -> None:
    bob = member("claude")
    profile = tmp_path / "home" / ".bashrc"
    profile.write_text("mine\n", "utf-8")
    (bob.folder / "CLAUDE.md").write_text("payload\n", "utf-8")
    (bob.folder / "CLAUDE.md.bak").symlink_to(profile)
    change = next(change for change in joining(parts_of(bob)) if change.path.name == "CLAUDE.md")
    assert bob.folder not in change.backup.parents
    join(bob)
    assert profile.read_text("utf-8") == "mine\n"
    assert change.backup.read_text("utf-8") == "payload\n"
    assert change.backup.stat().st_mode & 0o077 == 0
    assert change.backup.parent.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("kind", ["pipe", "folder", "large"])
def test_what_is_no_file_of_a_person_is_refused_at_once(member: Callable[..., Member], kind: str) -> None:
    bob = member("claude")
    path = bob.folder / "CLAUDE.md"
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    else:
        with path.open("wb") as file:
            file.truncate(10**9)
    with pytest.raises(InvalidInput, match="left alone"):
        joining(parts_of(bob))


def test_what_is_shown_hides_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text("\x1b[8m hidden \u202e\u200b\n", "utf-8")
    [change] = joining([Section(path, "ours")])
    assert "<U+001B>[8m hidden <U+202E><U+200B>" in change.difference()


# -- all or nothing ----------------------------------------------------------------------------------------------------


@contextmanager
def failing(monkeypatch: pytest.MonkeyPatch, at: int, *, for_good: bool) -> Iterator[list[str]]:
    """A disk on which the step with this number fails: once, or (what needs room) from then on."""
    steps: list[str] = []
    needs_room = ("open", "fsync", "mkdir", "write")

    def fail(name: str, original: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            creates = name != "open" or arguments[1] & os.O_CREAT
            if creates:
                steps.append(name)
                if len(steps) == at or (for_good and len(steps) > at and name in needs_room):
                    raise OSError(errno.ENOSPC, "No space left on device")
            return original(*arguments, **options)

        return call

    with monkeypatch.context() as patch:
        for name in ("open", "fsync", "mkdir", "replace", "fchmod"):
            patch.setattr(os, name, fail(name, getattr(os, name)))
        yield steps


@pytest.mark.parametrize("for_good", [False, True], ids=["once", "from then on"])
@pytest.mark.parametrize("what", [join, leave])
def test_several_files_change_together_or_not_at_all(
    member: Callable[..., Member],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    what: Callable[[Member], None],
    for_good: bool,
) -> None:
    bob = member("claude")
    furnish(bob)
    (bob.folder / "CLAUDE.md").chmod(0o640)
    if what is leave:
        join(bob)
    before = state(tmp_path)
    saved = tmp_path / "settings" / "saved"
    shutil.copytree(tmp_path / "project", saved, symlinks=True)
    for at in range(1, 400):  # every step of the writing fails in turn
        with failing(monkeypatch, at, for_good=for_good) as steps:
            try:
                what(bob)
            except InvalidInput as error:
                said = str(error)
            else:
                said = ""
        if len(steps) < at:
            break
        if said:
            assert "Nothing was changed" in said
            assert state(tmp_path) == before, (at, steps[-1])
            assert (bob.folder / "CLAUDE.md").stat().st_mode & 0o777 == 0o640
        else:  # only the making sure of a folder failed
            assert steps[at - 1] in {"open", "fsync"}
            shutil.rmtree(bob.folder)
            shutil.copytree(saved, bob.folder, symlinks=True)
    assert at > 20
    assert state(tmp_path) != before
    assert not [path for path in state(tmp_path) if path.endswith(".teammcp")]


def test_a_disk_that_is_really_full_loses_nobody_a_line(
    member: Callable[..., Member],
    small_disk: Path,  # noqa: F811
) -> None:
    bob = replace(member("claude"), folder=small_disk)
    furnish(bob)
    (small_disk / "CLAUDE.md").write_text("a rule\n" * 1000, "utf-8")
    ballast = small_disk / "ballast"
    for left in (0, 8192, 20_000, 40_000):
        ballast.write_bytes(bytes(shutil.disk_usage(small_disk).free - left))
        before = tree(small_disk)
        with pytest.raises(InvalidInput, match=r"No space left on device\. Nothing was changed"):
            join(bob)
        assert tree(small_disk) == before
        ballast.unlink()
    join(bob)
    assert (small_disk / "CLAUDE.md").read_text("utf-8").startswith("a rule\n" * 1000)


def test_a_file_that_changed_since_it_was_shown_is_not_overwritten(
    member: Callable[..., Member], tmp_path: Path
) -> None:
    bob = member("claude")
    furnish(bob)
    changes = joining(parts_of(bob))
    (bob.folder / "CLAUDE.md").write_text("something else\n", "utf-8")
    before = state(tmp_path)
    with pytest.raises(InvalidInput, match="changed since it was shown"), Together(changes):
        pytest.fail("it went on")
    assert state(tmp_path) == before
    (bob.folder / "CLAUDE.md").unlink()
    (bob.folder / "CLAUDE.md").symlink_to(tmp_path / "elsewhere" / "x")
    with pytest.raises(InvalidInput, match="changed since it was shown"), Together(changes):
        pytest.fail("it went on")


def test_toml_keeps_what_a_person_wrote_in_our_table(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    text = '[mcp_servers.teammcp] # mine\nurl = "http://old/mcp"\ntool_timeout_sec = 7 # long enough\nnote = "n"\n'
    path.write_text(text, "utf-8")
    part = configuration("codex", URL).part(tmp_path, tmp_path)
    changed = Entry(path, part.keys, part.value, "toml", part.kept, part.is_ours).put(text)
    assert tomllib.loads(changed)["mcp_servers"]["teammcp"]["url"].startswith(URL)
    assert all(line in changed for line in ("# mine", "tool_timeout_sec = 7 # long enough", 'note = "n"'))


def test_a_hook_twice_becomes_one(tmp_path: Path) -> None:
    path = tmp_path / "hooks.json"
    hook = {"type": "command", "command": "teammcp hook codex --url u", "timeout": 3, "statusMessage": "asking"}
    path.write_text(
        json.dumps({"hooks": {"Stop": [{"hooks": [hook]}, {"hooks": [hook, {"command": "beep"}]}]}}), "utf-8"
    )
    part = Hooks(path, {"Stop": {"type": "command", "command": "teammcp hook codex --url u", "timeout": 5}})
    [change] = joining([part])
    assert json.loads(change.after or b"")["hooks"]["Stop"] == [
        {"hooks": [{**hook, "timeout": 5}]},
        {"hooks": [{"command": "beep"}]},
    ]
