"""``teammcp project``: what it says and does at a real server, and with which exit code it ends."""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from click.testing import CliRunner, Result
from teammcp_projects import commands
from teammcp_projects.command_line import project

from plugins.projects.tests.trees import grow
from teammcp.testing import all_plugins_but
from tests.live import LOOK, LiveServer

SHOP = {
    ".git/": "",
    "package.json": {"workspaces": ["web"], "private": True, "name": "shop", "description": "Sells \u202ethings"},
    "web/package.json": {"name": "@shop/web", "version": "1.2.0"},
}


class Place:
    """A server with nothing but this plugin, and a manager who uses it."""

    def __init__(self, home: Path) -> None:
        others = json.dumps(all_plugins_but({*LOOK, "projects"}))
        self.server = LiveServer(home, disabled_plugins=others, agent_rate=0, address_rate=0, register_rate=0).start()
        self.key = self.server.register("ada", kind="human")

    def run(self, *arguments: str, stdin: str = "", **changed: str | None) -> Result:
        """Run a command against the server."""
        environment: dict[str, str | None] = {name: None for name in os.environ if name.startswith("TEAMMCP_")}
        environment |= {"TEAMMCP_URL": self.server.url, "TEAMMCP_KEY": self.key, **changed}
        return CliRunner().invoke(project, arguments, input=stdin, env=environment)

    def registry(self) -> dict[str, Any]:
        """What is in the registry, by name."""
        return {each["name"]: each for each in json.loads(self.run("list", "--json").stdout)}

    def clear(self) -> None:
        """Take everything out."""
        for name in self.registry():
            assert self.run("remove", name).exit_code == 0


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    place = Place(tmp_path_factory.mktemp("server") / "home")
    yield place
    place.server.kill()


@pytest.fixture
def place(running: Place) -> Iterator[Place]:
    yield running
    running.clear()


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    return grow(tmp_path / "shop", SHOP)


def test_a_project_is_added_listed_and_removed(place: Place, tmp_path: Path) -> None:
    assert "no projects yet" in place.run("list").stdout
    with patch("os.getcwd", lambda: "/srv"):
        added = place.run("add", "backend", "--folder", "/srv/backend", "--folder", "docs", "--description", "Bills\n.")
    assert (added.exit_code, added.stdout) == (0, "Added backend.\n")
    assert place.run("list").stdout == "backend\n  Bills .\n"
    kept = place.registry()["backend"]
    assert kept["owners"] == ["ada"]
    assert kept["folders"] == [{"machine": "", "folder": "/srv/backend"}, {"machine": "", "folder": "/srv/docs"}]
    removed = place.run("remove", "Backend")
    assert (removed.exit_code, removed.stdout) == (0, "Removed backend. Its folders are as they were.\n")
    assert not place.registry()


def test_what_is_started_to_answer_is_chosen_when_a_project_is_added(place: Place) -> None:
    place.run("add", "backend", "--runtime", "claude", "--credential", "spare", "--model", "small-1")
    with place.server.client(place.key) as client:
        found = client.get("/api/projects/backend").json()
    assert (found["runtime"], found["credential"], found["model"]) == ("claude", "spare", "small-1")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("add", "a/b"), "name: must consist of"),
        (("add", "a", "--owner", "nobody"), "owners: there is no member called 'nobody'"),
        (("remove", "none"), "project: there is no project called 'none'. list_projects lists them."),
    ],
)
def test_what_the_server_refuses_is_said_in_a_sentence(place: Place, arguments: tuple[str, ...], said: str) -> None:
    refused = place.run(*arguments)
    assert refused.exit_code == 1
    assert said in refused.stderr
    assert "Traceback" not in refused.output


def test_without_a_key_or_a_server_it_says_what_to_do(place: Place, shop: Path) -> None:
    for arguments in (("list",), ("add", "a"), ("scan", str(shop), "--add")):
        without = place.run(*arguments, TEAMMCP_KEY=None)
        assert (without.exit_code, "Set TEAMMCP_KEY" in without.stderr) == (1, True)
        nobody = place.run(*arguments, TEAMMCP_URL="http://127.0.0.1:9")
        assert (nobody.exit_code, "No TeamMCP server answers" in nobody.stderr) == (3, True)


def test_a_scan_proposes_and_needs_no_server(place: Place, shop: Path) -> None:
    nowhere: dict[str, str | None] = {"TEAMMCP_URL": "http://127.0.0.1:9", "TEAMMCP_KEY": None}
    scanned = place.run("scan", str(shop), **nowhere)
    assert scanned.exit_code == 0
    assert scanned.stdout.splitlines() == [
        f"shop  {shop}  (.git, npm workspace)",
        "  Sells <U+202E>things",
        f"web  {shop}/web  (member of npm workspace)",
        "  package @shop/web 1.2.0",
        "",
        "Nothing was added. Say --add to add them.",
    ]
    told = json.loads(place.run("scan", str(shop), "--json", **nowhere).stdout)
    assert told[1] == {
        "name": "web",
        "description": "",
        "folders": [{"machine": "", "folder": f"{shop}/web"}],
        "publishes": [{"kind": "package", "name": "@shop/web", "version": "1.2.0"}],
        "marks": ["member of npm workspace"],
    }
    assert place.run("scan", str(shop / "web"), **nowhere).stdout == f"No code base was found in {shop}/web.\n"
    assert place.run("scan", str(shop / "none"), **nowhere).exit_code == 2
    assert not place.registry()


def test_a_scan_adds_once_what_it_found(place: Place, shop: Path) -> None:
    added = place.run("scan", str(shop), "--add", "--machine", "laptop")
    assert (added.exit_code, added.stdout) == (0, f"added: shop  {shop}\nadded: web  {shop}/web\n")
    kept = place.registry()
    assert kept["web"]["publishes"] == [{"kind": "package", "name": "@shop/web", "version": "1.2.0", "description": ""}]
    assert kept["web"]["folders"] == [{"machine": "laptop", "folder": f"{shop}/web"}]
    again = place.run("scan", str(shop), "--add", "--machine", "laptop")
    assert (again.exit_code, again.stdout) == (0, f"known: shop  {shop}\nknown: web  {shop}/web\n")


def test_one_that_is_refused_keeps_no_other_from_being_added(place: Place, shop: Path) -> None:
    place.run("add", "Shop", "--folder", "/elsewhere")
    added = place.run("scan", str(shop), "--add")
    assert (added.exit_code, added.stdout) == (1, f"added: web  {shop}/web\n")
    assert f"refused: shop  {shop}  name: there is a project called 'Shop' already." in added.stderr
    told = json.loads(place.run("scan", str(shop), "--add", "--json").stdout)
    assert [(each["name"], each["outcome"]) for each in told] == [("shop", "refused"), ("web", "known")]


def test_at_a_terminal_each_is_asked_about(place: Place, shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "_at_terminal", lambda: True)
    asked = place.run("scan", str(shop), "--add", stdin="n\n\n")
    assert asked.stdout.count("Add it?") == 2
    assert [*place.registry()] == ["web"]
    assert "Add it?" not in place.run("scan", str(shop), "--add", "--yes").stdout
    assert [*place.registry()] == ["shop", "web"]


def test_it_says_when_there_was_more(place: Place, shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("teammcp_projects.scan.scanning.MOST_FOUND", 1)
    scanned = place.run("scan", str(shop))
    assert scanned.exit_code == 0
    assert "Scan a smaller folder" in scanned.stderr


@pytest.fixture(scope="module")
def bob(running: Place) -> str:
    """His key."""
    return running.server.register("bob")


@pytest.fixture
def backend(place: Place, bob: str) -> str:
    """A project for which bob answers; his key."""
    assert place.run("add", "backend").exit_code == 0
    with place.server.client(place.key) as client:
        working = client.put("/api/projects/backend/agents", json={"agents": ["bob"]})
    assert working.status_code == 200
    return bob


def test_a_question_is_asked_answered_and_waited_for_from_a_shell(place: Place, backend: str) -> None:
    asked = place.run("ask", "backend", "-", stdin="Which version?\n")
    assert asked.exit_code == 0
    assert re.fullmatch(r"Question \d+ to backend: (queued, place 1|asked bob in message \d+)\.\n", asked.stdout)
    number = re.search(r"\d+", asked.stdout)[0]  # type: ignore[index]
    told = place.run("notify", "backend", "the build is green")
    assert told.stdout.startswith("Sent to bob (backend, message ")
    assert f"yours, still open: {number}" in place.run("status", "backend").stdout
    answered = place.run("answer", number, "v2", TEAMMCP_KEY=backend)
    assert answered.stdout == f"Question {number} to backend: answered.\n"
    assert "yours" not in place.run("status").stdout
    with ThreadPoolExecutor(1) as beside:
        said = beside.submit(_answer, place, backend, int(number) + 1)
        found = place.run("ask", "backend", "Who?", "--wait")
        said.result(20)
    assert (found.exit_code, found.stdout) == (2, "")
    assert f"Question {int(number) + 1} to backend: " in found.stderr.splitlines()[0]
    assert "cannot be answered" in found.stderr
    assert "bob: nobody" in found.stderr
    refused = place.run("ask", "nowhere", "hello?")
    assert (refused.exit_code, "no project called 'nowhere'" in refused.stderr) == (1, True)


CANNOT_SAY = {"answer": "nobody", "cannot_say": True}


def _answer(place: Place, key: str, number: int, body: dict[str, Any] = CANNOT_SAY, verb: str = "answer") -> None:
    """Answer a question as soon as it was asked: that nobody knows, or something else."""
    with place.server.client(key) as client:
        while client.post(f"/api/questions/{number}/{verb}", json=body).status_code != 200:
            time.sleep(0.05)


def test_only_the_answer_is_on_standard_output_and_how_it_stands_meanwhile_beside_it(
    place: Place, backend: str
) -> None:
    number = _last_question(place) + 1
    with ThreadPoolExecutor(1) as beside:
        said = beside.submit(_answer, place, backend, number, {"answer": "v2,\n\nand v3"})
        found = place.run("ask", "backend", "Which version?", "--wait")
        said.result(20)
    assert (found.exit_code, found.stdout) == (0, "v2,\n\nand v3\n")
    assert f"Question {number} to backend: " in found.stderr
    told = json.loads(place.run("question", str(number), "--json").stdout)
    assert (told["state"], told["answer"]) == ("answered", "v2,\n\nand v3")
    assert "bob: v2" in place.run("question", str(number)).stdout
    unknown = place.run("question", str(number + 1))
    assert (unknown.exit_code, f"question_id: there is no question {number + 1}" in unknown.stderr) == (1, True)


def test_the_record_is_printed_where_json_is_asked_for(place: Place, backend: str) -> None:
    asked = json.loads(place.run("ask", "backend", "Which version?", "--json").stdout)
    assert asked["state"] in {"queued", "asked"}
    with ThreadPoolExecutor(1) as beside:
        said = beside.submit(_answer, place, backend, asked["id"])
        said.result(20)
        said = beside.submit(_answer, place, backend, asked["id"] + 1)
        found = place.run("ask", "backend", "Who?", "--wait", "--json")
        said.result(20)
    assert (found.exit_code, json.loads(found.stdout)["state"]) == (2, "cannot_say")


def test_what_is_asked_back_is_told_with_the_command_that_says_it(place: Place, backend: str) -> None:
    number = _last_question(place) + 1
    with ThreadPoolExecutor(1) as beside:
        said = beside.submit(_answer, place, backend, number, {"content": "Of which API?"}, "ask-back")
        found = place.run("ask", "backend", "Which version?", "--wait")
        said.result(20)
    assert (found.exit_code, found.stdout) == (2, "")
    assert "bob asked back: Of which API?" in found.stderr
    assert f"teammcp project answer {number}" in found.stderr
    assert place.run("answer", str(number), "Billing").exit_code == 0
    _answer(place, backend, number)


def test_how_it_stands_is_told_once_until_it_is_otherwise(place: Place, backend: str) -> None:
    first = _last_question(place) + 1
    assert place.run("ask", "backend", "First?").exit_code == 0
    with patch("teammcp_projects.question_commands.SLICE", 0.2), ThreadPoolExecutor(1) as beside:
        waited = beside.submit(place.run, "ask", "backend", "Second?", "--wait")
        while _last_question(place) == first:
            time.sleep(0.05)
        time.sleep(1)  # several slices, in which nothing is otherwise
        _answer(place, backend, first)
        _answer(place, backend, first + 1)
        found = waited.result(20)
    told = [line for line in found.stderr.splitlines() if line.startswith(f"Question {first + 1} to backend:")]
    assert told[0] == f"Question {first + 1} to backend: queued, place 1."
    assert len(told) == len(set(told))


def test_who_works_in_a_project_and_answers_is_said_from_a_shell(place: Place) -> None:
    for name in ("carol", "dave"):
        place.server.register(name)
    place.run("add", "backend")
    nobody = place.run("agents", "backend")
    assert (nobody.exit_code, nobody.stdout) == (0, "")
    assert "Nobody answers for backend" in nobody.stderr
    said = place.run("agents", "backend", "carol", "dave", "--answerer", "dave")
    assert (said.exit_code, said.stdout, said.stderr) == (0, "carol: does not answer\ndave: answers\n", "")
    assert place.run("agents", "backend").stdout == said.stdout
    assert json.loads(place.run("agents", "backend", "dave", "--json").stdout) == [{"name": "dave", "answers": True}]
    assert place.run("agents", "backend", "--nobody").stdout == ""
    for wrong in (("dave", "--nobody"), ("--answerer", "dave")):
        assert place.run("agents", "backend", *wrong).exit_code == 2
    refused = place.run("agents", "backend", "erin")
    assert (refused.exit_code, "agents: there is no member called 'erin'" in refused.stderr) == (1, True)
    refused = place.run("agents", "backend", "carol", "--answerer", "dave")
    assert (refused.exit_code, "answerers: dave does not work in backend" in refused.stderr) == (1, True)


def test_a_project_is_changed_from_a_shell(place: Place) -> None:
    place.run("add", "backend", "--folder", "/srv/backend", "--at-once", "3", "--asker", "@ada")
    said = place.run("update", "backend", "--runtime", "command", "--option", "command=python3 answer.py")
    assert (said.exit_code, said.stdout) == (0, "backend has version 2 now.\n")
    found = _project(place)
    assert (found["runtime"], found["options"]) == ("command", {"command": "python3 answer.py"})
    assert (found["at_once"], found["askers"], len(found["folders"])) == (3, ["@ada"], 1)
    assert "command is started to answer for backend" in place.run("agents", "backend").stderr
    place.run("update", "backend", "--runtime", "other", "--option", "list=[1]", "--option", "yes=true")
    assert _project(place)["options"] == {"list": [1], "yes": True}
    place.run("update", "backend", "--runtime", "claude", "--asker", "*")
    assert (_project(place)["options"], _project(place)["askers"]) == ({}, None)
    place.run("update", "backend", "--runtime", "", "--description", "Bills.")
    assert (_project(place)["runtime"], _project(place)["description"]) == ("", "Bills.")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "Say what is to change"),
        (("--option", "answer.py"), "--option: 'answer.py' is not of the form KEY=VALUE"),
        (("--machine", "laptop"), "--machine says where a folder is: give --folder"),
    ],
)
def test_a_change_that_says_nothing_is_wrong_use(place: Place, arguments: tuple[str, ...], said: str) -> None:
    refused = place.run("update", "backend", *arguments)
    assert (refused.exit_code, said in refused.stderr) == (2, True)


def _project(place: Place) -> dict[str, Any]:
    with place.server.client(place.key) as client:
        found: dict[str, Any] = client.get("/api/projects/backend").json()
    return found


def _last_question(place: Place) -> int:
    """The number of the newest question of the server's, 0 if there is none."""
    with place.server.client(place.key) as client:
        found = client.post("/api/call/list_questions", json={"limit": 1}).json()["questions"]
    return found[0]["id"] if found else 0


def test_a_scan_finds_out_who_builds_on_what_and_says_so_once(place: Place, tmp_path: Path) -> None:
    trees: dict[str, Any] = {
        "client/package.json": {"name": "@shop/client", "version": "2.0.0"},
        "web/package.json": {"name": "web", "private": True, "devDependencies": {"@shop/client": "^2", "react": "*"}},
        "api/pyproject.toml": "[project]\nname = 'billing_core'\nversion = '1'\n",
        "jobs/pyproject.toml": "[project]\nname = 'jobs'\ndependencies = ['Billing-Core[x]>=1; os_name>\"a\"']\n",
    }
    for name in ("client", "web", "api", "jobs"):
        trees[f"{name}/.git/"] = ""
    grow(tmp_path / "code", trees)
    said = place.run("scan", str(tmp_path / "code"), "--add").stdout
    assert [line for line in said.splitlines() if "builds on" in line] == [
        "jobs builds on billing_core: billing_core",
        "web builds on client: @shop/client",
    ]
    assert "builds on" not in place.run("scan", str(tmp_path / "code"), "--add").stdout


def test_a_wait_goes_on_through_a_restart_of_the_server(place: Place, backend: str) -> None:
    number = _last_question(place) + 1
    with ThreadPoolExecutor(1) as beside:
        waited = beside.submit(place.run, "ask", "backend", "Which version?", "--wait")
        while _last_question(place) < number:
            time.sleep(0.05)
        place.server.restart()
        _answer(place, backend, number, {"answer": "Only version 2."})
        found = waited.result(60)
    assert (found.exit_code, found.stdout) == (0, "Only version 2.\n"), found.stderr


def test_how_projects_stand_is_printed_as_json(place: Place) -> None:
    for name in ("web", "backend"):
        place.run("add", name)
    found = json.loads(place.run("status", "--json").stdout)
    assert {each["project"] for each in found} == {"backend", "web"}
    assert [each["project"] for each in json.loads(place.run("status", "web", "--json").stdout)] == ["web"]


def test_a_name_that_is_nearly_one_says_which(place: Place) -> None:
    place.run("add", "backend")
    found = place.run("status", "bakcend")
    assert found.exit_code == 1
    assert "there is no project called 'bakcend'. Did you mean 'backend'? list_projects lists them." in found.stderr
