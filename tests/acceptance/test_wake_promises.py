"""What other systems promise and break, held of ours: who is written to is rung, gets it once, and receipts are true.

A real server and real helpers, beside stand-ins for Claude Code that keep what their model was shown.
"""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from teammcp.testing import NO_GUARD
from tests.acceptance.terminals import stays, until
from tests.live import LiveServer, clean_environment

pytestmark = pytest.mark.acceptance

PROGRAM = Path(__file__).with_name("claude_stand_in.py")
SOON = 20.0
"""Seconds for what comes at once, on a busy machine."""
SIGN = 1.0
WAKES = {"idle_seconds": 0.2, "sign_seconds": SIGN}


class Session:
    """A session of an agent's program, and the helper that its hook begins."""

    numbers = count(1)

    def __init__(self, office: Office, name: str, key: str) -> None:
        self.name = f"s{next(self.numbers)}"
        self.inbox = str(office.folder / self.name)
        self._url = office.live.url
        self._environment = {
            **clean_environment(office.folder / "data", key=key),
            "HOME": str(office.folder),
            "XDG_STATE_HOME": str(office.folder / "state"),
            "CLAUDE_CONFIG_DIR": str(office.folder),
            "CLAUDE_CODE_ENTRYPOINT": "cli",
            "CLAUDE_CODE_MESSAGING_SOCKET": self.inbox,
            "CLAUDE_CODE_MESSAGING_TOKEN": "token",
        }
        self.lines: list[str] = []
        self.turns: list[str] = []
        self.program = subprocess.Popen(
            [sys.executable, str(PROGRAM), self.inbox, str(office.live.port), self.name],
            env=self._environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        self._environment["CLAUDE_PID"] = str(self.program.pid)
        self._reading = threading.Thread(target=self._read, daemon=True)
        self._reading.start()
        self.helper = self.begin_helper()

    def begin_helper(self) -> subprocess.Popen[bytes]:
        """Do as the hook does at each beginning of a session."""
        self.helper = subprocess.Popen(
            [sys.executable, "-m", "teammcp", "wake", "claude", "--url", self._url],
            env=self._environment,
            stdin=subprocess.DEVNULL,
        )
        return self.helper

    def _read(self) -> None:
        assert self.program.stdout is not None
        for said in map(json.loads, self.program.stdout):
            if "line" in said:
                self.lines.append(said["line"])
            else:
                self.turns.append(said["shown"])

    def order(self, what: str) -> None:
        """Give the program an order."""
        assert self.program.stdin is not None
        self.program.stdin.write(f"{what}\n")
        self.program.stdin.flush()

    def says_of_itself(self, status: str) -> None:
        """Write the record in which the program says what it does."""
        folder = Path(self._environment["CLAUDE_CONFIG_DIR"]) / "sessions"
        folder.mkdir(exist_ok=True)
        record = {"pid": self.program.pid, "status": status}
        (folder / f"{self.program.pid}.json").write_text(json.dumps(record), "utf-8")

    def shown(self, text: str) -> int:
        """How often its model was shown a text."""
        return "\n".join(self.turns).count(text)

    def end(self) -> None:
        for process in (self.program, self.helper):
            process.kill()
            process.wait(SOON)
        self._reading.join(SOON)
        for pipe in (self.program.stdin, self.program.stdout):
            assert pipe is not None
            pipe.close()


class Office:
    """A server, its members, and the sessions of their programs."""

    def __init__(self, live: LiveServer, folder: Path) -> None:
        self.live, self.folder = live, folder
        self.keys = {"owner": live.register("owner")}
        self.sessions: list[Session] = []

    def hire(self, *names: str) -> None:
        self.keys |= {name: self.live.register(name) for name in names}

    def begin(self, name: str) -> Session:
        """Start the program of an agent, and its helper."""
        if name not in self.keys:
            self.hire(name)
        session = Session(self, name, self.keys[name])
        self.sessions.append(session)
        return session

    def sit(self, name: str) -> Session:
        """An agent whose program is at its prompt."""
        before = self.waiting(name)
        session = self.begin(name)
        until(lambda: self.waiting(name) > before, SOON, f"the helper of {name}")
        return session

    def waiting(self, name: str) -> int:
        """How many helpers of an agent have asked for a ring."""
        return len(self.get("owner", f"/api/wakes/{name}")["ways"]) if name in self.keys else 0

    def get(self, me: str, path: str, **parameters: Any) -> Any:
        with self.live.client(self.keys[me]) as client:
            return client.get(path, params=parameters).raise_for_status().json()

    def post(self, me: str, path: str, **body: Any) -> Any:
        with self.live.client(self.keys[me]) as client:
            return client.post(path, json=body).raise_for_status().json()

    def write(self, me: str, to: str, text: str) -> int:
        """Send a direct message; its number."""
        number: int = self.post(me, "/api/send-dm", recipient=to, content=text)["id"]
        return number

    def receipt(self, message: int, of: str, me: str = "owner") -> dict[str, Any]:
        found = self.get(me, f"/api/messages/{message}/receipt")["recipients"]
        [receipt] = [each for each in found if each["agent"] == of]
        receipt = dict(receipt)
        return receipt

    def arrives(self, message: int, of: str, me: str = "owner") -> None:
        """Wait until the receipt says that it has arrived, by the hook."""
        until(lambda: self.receipt(message, of, me)["offered_at"], SOON, f"{of}'s receipt of {message}")
        assert self.receipt(message, of, me)["offered_by"] == "hook"

    def becomes(self, name: str, status: str, seconds: float = SOON) -> None:
        until(lambda: self.get("owner", f"/api/agents/{name}")["status"] == status, seconds, f"{name} {status}")

    def rings(self, name: str) -> list[tuple[str, str]]:
        """The session and the number of each ring of an agent, in order."""
        found = self.post(name, "/api/call/sync", since=0, kinds=["wake.rung"])["events"]
        return [(each["data"]["session"], each["data"]["number"]) for each in found]


@pytest.fixture
def office(start_server: Callable[..., LiveServer], tmp_path: Path) -> Iterator[Office]:
    plugins = json.dumps({**NO_GUARD, "wakes": WAKES})
    office = Office(start_server(register_rate=0, agent_rate=0, address_rate=0, plugins=plugins), tmp_path)
    yield office
    for session in office.sessions:
        session.end()


def test_of_five_sessions_begun_in_one_second_each_is_rung_and_gets_its_own_message(office: Office) -> None:
    names = [f"agent-{number}" for number in range(5)]
    office.hire(*names)
    sessions = {name: office.begin(name) for name in names}
    until(lambda: all(map(office.waiting, names)), SOON * 2, "five helpers")
    messages = {name: office.write("owner", name, f"This is for {name} alone.") for name in names}
    for name, message in messages.items():
        office.arrives(message, name)
    for name, session in sessions.items():
        until(lambda session=session: session.turns, SOON, f"a turn of {name}")  # type: ignore[misc]
        assert [other for other in names if session.shown(f"for {other} alone")] == [name]
        assert session.shown("This is for") == 1
        assert office.rings(name) == [(f"claude:{session.program.pid}", f"{messages[name]}-1")]


def test_who_is_killed_is_away_within_seconds_and_nothing_is_taken_for_it(office: Office) -> None:
    bob = office.sit("bob")
    bob.program.send_signal(signal.SIGKILL)
    at_once = office.write("owner", "bob", "In the moment of its death.")
    office.becomes("bob", "away", 5)
    sent = office.post("owner", "/api/send-dm", recipient="bob", content="Afterwards.")
    assert [(each["agent"], each["status"], each["reason"]) for each in sent["not_here"]] == [
        ("bob", "away", "its program has ended")
    ]
    assert bob.helper.wait(SOON) == 0
    for message in (at_once, sent["id"]):
        receipt = office.receipt(message, "bob")
        assert (receipt["state"], receipt["handed_over_at"], receipt["offered_at"]) == ("stored", None, None)
    assert (bob.lines, bob.turns) == ([], [])
    again = office.sit("bob")
    office.arrives(sent["id"], "bob")
    assert [again.shown(text) for text in ("In the moment", "Afterwards")] == [1, 1]


def test_a_long_text_is_refused_or_cut_with_a_visible_way_to_the_rest_which_is_whole(office: Office) -> None:
    bob = office.sit("bob")
    text = "".join(f"{number:04}," for number in range(4096))
    assert len(text) == 20 * 1024
    with office.live.client(office.keys["owner"]) as owner:
        refused = owner.post("/api/send-dm", json={"recipient": "bob", "content": text})
    assert refused.status_code == 400
    assert "content: " in refused.text
    assert "10000" in refused.text
    text = text[:10_000]
    message = office.write("owner", "bob", text)
    office.arrives(message, "bob")
    [shown] = bob.turns
    assert text[:1000] in shown
    assert text[-1000:] not in shown
    assert f"… (the rest: get_message message_id={message})" in shown
    assert office.get("bob", f"/api/messages/{message}")["content"] == text


def test_a_name_that_never_existed_is_an_error_and_nothing_is_stored(office: Office) -> None:
    with office.live.client(office.keys["owner"]) as owner:
        before = owner.get("/api/channels").json(), owner.get("/api/stats").json()
        refused = owner.post("/api/send-dm", json={"recipient": "never-was", "content": "Are you there?"})
        assert refused.status_code == 404
        assert "never-was" in refused.text
        found = owner.get("/api/search", params={"query": "there"}).raise_for_status().json()
        assert "Are you there?" not in json.dumps(found)
        assert before == (owner.get("/api/channels").json(), owner.get("/api/stats").json())
        called = {"channel": "general", "content": "Look.", "mentions": ["never-was"]}
        assert owner.post("/api/send", json=called).status_code == 404
        assert before == (owner.get("/api/channels").json(), owner.get("/api/stats").json())
        sent = owner.post("/api/send", json={"channel": "general", "content": "@never-was look"}).json()
        assert owner.get(f"/api/messages/{sent['id']}/receipt").json()["recipients"] == []


def test_of_two_sessions_of_one_agent_one_is_rung_and_the_other_only_if_that_is_silent(office: Office) -> None:
    first = office.sit("bob")
    second = office.begin("bob")
    until(lambda: second.program.pid in helped(office), SOON, "the second helper")
    one = office.write("owner", "bob", "To whoever hears.")
    office.arrives(one, "bob")
    assert (first.lines, len(second.lines)) == ([], 1)
    second.order("hold")
    office.becomes("bob", "idle")
    two = office.write("owner", "bob", "And if nobody does?")
    until(lambda: first.shown("And if nobody does?"), SIGN + 6, "the other session's turn")
    office.arrives(two, "bob")
    second.order("release")
    until(lambda: len(second.turns) == 2, SOON, "the late turn")
    assert (first.shown("And if"), second.shown("And if")) == (1, 0)
    sessions = [f"claude:{each.program.pid}" for each in (second, second, first)]
    assert office.rings("bob") == list(zip(sessions, (f"{one}-1", f"{two}-1", f"{two}-2"), strict=True))


def helped(office: Office) -> set[int]:
    """The programs whose helpers have taken their places."""
    state = office.folder / "state" / "teammcp" / "wakes"
    return {int(each.name.split("-")[1]) for each in state.glob("claude-*.lock")}


@pytest.mark.parametrize("end", ["killed", "ended"])
def test_of_two_sessions_of_one_agent_one_that_ends_leaves_the_other_reachable(office: Office, end: str) -> None:
    first = office.sit("bob")
    second = office.begin("bob")
    until(lambda: second.program.pid in helped(office), SOON, "the second helper")
    if end == "killed":
        second.program.kill()
    else:
        second.order("exit")
    assert second.helper.wait(SOON) == 0
    until(lambda: office.get("owner", "/api/agents/bob")["status"] != "away", 5, "bob")
    sent = office.post("owner", "/api/send-dm", recipient="bob", content="Are you there?")
    assert sent["not_here"] == []
    office.arrives(sent["id"], "bob")
    assert (first.shown("Are you there?"), second.turns) == (1, [])


def test_a_session_whose_helper_was_killed_keeps_no_other_one_present(office: Office) -> None:
    """What is left of it on the server is nobody."""
    first = office.sit("bob")
    for process in (first.helper, first.program):
        process.kill()
    until(lambda: office.waiting("bob") == 0, SOON, "the end of the wait")
    second = office.sit("bob")
    second.program.kill()
    office.becomes("bob", "away", 5)


def test_a_sender_gets_no_message_of_its_own(office: Office) -> None:
    bob = office.sit("bob")
    for text in ("@bob my own mention", "@all my own call", "@owner my own word"):
        office.post("bob", "/api/send", channel="general", content=text)
    office.write("bob", "owner", "my own letter")
    with office.live.client(office.keys["bob"]) as client:
        client.post("/api/send-dm", json={"recipient": "bob", "content": "my own diary"})
    stays(lambda: not bob.lines, 1)
    message = office.write("owner", "bob", "From another.")
    office.arrives(message, "bob")
    assert (bob.shown("my own"), bob.shown("From another."), len(bob.lines)) == (0, 1, 1)
    inbox = json.dumps(office.get("bob", "/api/inbox"))
    assert ("my own" in inbox, "From another." in inbox) == (False, True)


def test_a_reply_goes_to_whom_it_was_meant_though_a_third_writes_in_between(office: Office) -> None:
    office.hire("bob")
    ann, cid = office.sit("ann"), office.sit("cid")
    question = office.post("ann", "/api/send", channel="general", content="@bob is the build green?")["id"]
    office.post("cid", "/api/send", channel="general", content="@bob lunch?")
    reply = office.post("bob", "/api/send", channel="general", content="@ann Green as grass.", reply_to=question)["id"]
    office.arrives(reply, "ann", "bob")
    letter = office.write("ann", "bob", "And the tests?")
    office.write("cid", "bob", "Lunch, I said.")
    answer = office.post("bob", "/api/send", channel="dm:ann", content="Tests are fine.", reply_to=letter)["id"]
    office.arrives(answer, "ann", "bob")
    assert [ann.shown(text) for text in ("Green as grass.", "Tests are fine.")] == [1, 1]
    assert (cid.lines, cid.turns) == ([], [])
    assert all(each["offered_at"] is None for each in recipients(office, reply) if each["agent"] == "cid")
    assert [each["agent"] for each in recipients(office, answer)] == ["ann"]


def recipients(office: Office, message: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = office.get("bob", f"/api/messages/{message}/receipt")["recipients"]
    return found


def test_a_helper_that_is_killed_takes_nothing_with_it_and_the_next_one_rings(office: Office) -> None:
    bob = office.sit("bob")
    bob.helper.kill()
    bob.helper.wait(SOON)
    until(lambda: office.waiting("bob") == 0, SOON, "the end of the wait")
    first = office.write("owner", "bob", "Unheard.")
    assert office.receipt(first, "bob")["state"] == "stored"
    bob.order("prompt")
    office.arrives(first, "bob")
    bob.begin_helper()
    until(lambda: office.waiting("bob"), SOON, "the next helper")
    second = office.write("owner", "bob", "Heard.")
    office.arrives(second, "bob")
    assert [bob.shown("Unheard."), bob.shown("Heard."), len(bob.lines)] == [1, 1, 1]


def test_a_line_that_is_held_for_ever_is_told_and_the_message_comes_once_with_the_next_turn(office: Office) -> None:
    bob = office.sit("bob")
    bob.order("hold")
    message = office.write("owner", "bob", "Do you hear?")
    until(lambda: office.receipt(message, "bob").get("not_reached"), SOON, "the end of the ringing")
    assert len(bob.lines) == len({number_of(line) for line in bob.lines}) == 3
    receipt = office.receipt(message, "bob")
    assert (receipt["state"], receipt["handed_over_at"], receipt["offered_at"]) == ("stored", None, None)
    assert "no sign" in office.get("bob", "/api/wakes/bob")["not_reached"]
    assert office.get("owner", "/api/agents/bob")["status"] == "blocked"
    notes = office.get("owner", "/api/history", channel="dm:system")["messages"]
    assert len([note for note in notes if "Not reached: bob (rung 3 times)" in note["content"]]) == 1
    bob.order("release")
    office.arrives(message, "bob")
    until(lambda: len(bob.turns) == 3, SOON, "the turns of the held lines")
    assert bob.shown("Do you hear?") == 1
    assert not office.receipt(message, "bob").get("not_reached")
    assert office.get("bob", "/api/wakes/bob")["not_reached"] == ""


def test_a_server_that_is_started_anew_between_ring_and_sign_loses_and_repeats_nothing(office: Office) -> None:
    bob = office.sit("bob")
    bob.order("hold")
    message = office.write("owner", "bob", "Still there?")
    until(lambda: bob.lines, SOON, "the ring")
    office.live.restart()
    until(lambda: len(bob.lines) > 1, SOON, "the next ring")
    assert len(bob.lines) == len({number_of(line) for line in bob.lines}), "an equal line would be dropped"
    assert office.receipt(message, "bob")["state"] == "stored"
    bob.order("release")
    office.arrives(message, "bob")
    assert bob.shown("Still there?") == 1


def test_a_server_that_is_started_anew_rings_nobody_before_an_open_dialog(office: Office) -> None:
    bob = office.sit("bob")
    bob.says_of_itself("waiting")
    office.becomes("bob", "waiting")
    message = office.write("owner", "bob", "Are you there?")
    office.live.restart()
    until(lambda: office.waiting("bob"), SOON, "the helper")
    stays(lambda: not bob.lines, 2)
    bob.says_of_itself("idle")
    office.arrives(message, "bob")
    assert bob.shown("Are you there?") == 1


def number_of(line: str) -> str:
    found = re.match(r"\[wake (\S+)\]", line)
    assert found is not None
    return found[1]
