"""Waking Qwen Code: a line has arrived when the session's transcript has it, and not because it was queued."""

from __future__ import annotations

import json
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from teammcp.waking import qwen
from teammcp.waking.qwen import Place, QwenSession, find

LINE = "[wake 7-1] This was written by the helper.\n<from-others>\n| Look: “this”\n</from-others>"


class Qwen:
    """Stands for a running one: its record, its socket and its transcripts.

    Attributes:
        says: the receipts that it gives for a line, in their order.
        takes: whether it begins a turn with the line.
        told: what was written to it.
    """

    def __init__(self, folder: Path) -> None:
        self.home, self.chats = folder / "home", folder / "project" / "chats"
        for each in (self.home / "sessions", self.chats):
            each.mkdir(parents=True)
        self.inbox = str(folder / "q.sock")
        self.session = "s1"
        self.says = ["delivered"]
        self.takes = True
        self.told: list[list[dict[str, Any]]] = []
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(self.inbox)
        self._listener.listen()
        self.record()
        threading.Thread(target=self._listen, daemon=True).start()

    def record(self, **more: Any) -> None:
        """Write down what it runs."""
        said = {"pid": os.getpid(), "sessionId": self.session, "ipcPath": self.inbox, "kind": "tui", **more}
        (self.home / "sessions" / f"{os.getpid()}.json").write_text(json.dumps(said), "utf-8")

    def environment(self, **more: str) -> dict[str, str]:
        """That of its hooks."""
        given = {qwen.SOCKET: self.inbox, qwen.TOKEN: "token", qwen.CHATS: str(self.chats.parent)}
        return {"QWEN_HOME": str(self.home), **given, **more}

    @property
    def transcript(self) -> Path:
        return self.chats / f"{self.session}.jsonl"

    def close(self) -> None:
        """As one that was killed: record and socket file stay."""
        with suppress(OSError):  # it is closed already
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _listen(self) -> None:
        while True:
            try:
                peer, _ = self._listener.accept()
            except OSError:
                return
            with peer, peer.makefile("rb") as lines:
                said = [json.loads(line) for line in lines]
            frame = said[1]
            self.told.append(said)
            for status in self.says:
                self._give(frame, frame["replyToken"], status)
            if self.takes:
                entry = {"type": "user", "message": {"parts": [{"text": f"<m>\n{frame['message']['content']}\n</m>"}]}}
                with self.transcript.open("a", encoding="utf-8") as transcript:
                    transcript.write(json.dumps(entry, ensure_ascii=False) + "\n")

    def _give(self, frame: dict[str, Any], token: str, status: str) -> None:
        receipt = {"msgV": 1, "type": "control", "status": status, "origMsgId": frame["msgId"]}
        with socket.socket(socket.AF_UNIX) as back:
            back.connect(frame["from"])
            lines = [{"msgV": 1, "type": "auth", "token": token}, receipt]
            back.sendall("".join(json.dumps(line) + "\n" for line in lines).encode())


@pytest.fixture
def running(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Qwen]:
    monkeypatch.setattr(qwen, "RECEIPT_SECONDS", 0.4)
    monkeypatch.setattr(qwen, "TURN_SECONDS", 0.8)
    found = Qwen(tmp_path)
    yield found
    found.close()


def session(running: Qwen) -> QwenSession:
    place = find(running.environment())
    assert place is not None
    return QwenSession(place)


def test_a_line_is_put_into_the_session_that_runs_now_and_has_arrived_when_its_transcript_shows_it(
    running: Qwen,
) -> None:
    ours = session(running)
    assert (ours.name, ours.way, ours.carries, ours.lives()) == (f"qwen:{os.getpid()}", "qwen_socket", True, True)
    assert ours.ring(LINE) == ""
    running.session = "s2"  # its user has begun another one
    running.record()
    assert ours.ring(LINE.replace("7-1", "7-2")) == ""
    (auth, first), (_, second) = running.told
    assert auth["token"] == "token"
    assert [each["toSessionId"] for each in (first, second)] == ["s1", "s2"]
    assert first["message"] == {"role": "user", "content": LINE}
    assert first["msgId"] != second["msgId"]
    assert not Path(first["from"]).parent.exists(), "nothing of ours is left"


def test_what_is_queued_is_not_read(running: Qwen) -> None:
    running.takes = False
    assert "shows no turn" in session(running).ring(LINE)


def test_an_older_line_of_the_transcript_proves_nothing(running: Qwen) -> None:
    ours = session(running)
    assert ours.ring(LINE) == ""
    running.takes = False
    assert ours.ring(LINE) != ""


@pytest.mark.parametrize("status", sorted(qwen.FAILURES))
def test_each_refusal_is_told_in_words(running: Qwen, status: str) -> None:
    running.says, running.takes = [status], False
    assert session(running).ring(LINE) == qwen.FAILURES[status]


def test_what_was_held_and_then_released_has_arrived(running: Qwen) -> None:
    running.says = ["held", "delivered"]
    assert session(running).ring(LINE) == ""


def test_what_a_session_had_queued_is_lost_with_it(running: Qwen, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(qwen, "TURN_SECONDS", 60)
    running.takes = False
    ours, outcome = session(running), list[str]()
    ringing = threading.Thread(target=lambda: outcome.append(ours.ring(LINE)))
    ringing.start()
    while not running.told:
        time.sleep(0.01)
    running.session = "s2"
    running.record()
    ringing.join(5)
    assert outcome == [qwen.FAILURES["misaddressed"]]


def test_receipts_of_others_mean_nothing(running: Qwen, monkeypatch: pytest.MonkeyPatch) -> None:
    give = running._give
    monkeypatch.setattr(running, "_give", lambda frame, _, status: give(frame, "somebody else's", status))
    running.says, running.takes = ["refused"], False
    assert "no receipt" in session(running).ring(LINE)


def test_a_dead_program_is_written_nothing(running: Qwen) -> None:
    ours = session(running)
    running.close()
    assert "nobody listens" in ours.ring(LINE)
    (running.home / "sessions" / f"{os.getpid()}.json").unlink()
    assert "no session" in ours.ring(LINE)
    assert find(running.environment()) is None


def test_nobody_is_woken_who_sits_before_no_terminal(running: Qwen) -> None:
    for kind in ("headless", "serve", "external"):
        running.record(kind=kind)
        assert find(running.environment()) is None
    running.record()
    for name in (qwen.SOCKET, qwen.TOKEN, qwen.CHATS):
        assert find({**running.environment(), name: ""}) is None
    running.record(pid="4711")
    assert find(running.environment()) is None
    (running.home / "sessions" / f"{os.getpid()}.json").write_text("{", "utf-8")
    assert find(running.environment()) is None


def test_the_token_is_not_shown(running: Qwen) -> None:
    place = find(running.environment())
    assert isinstance(place, Place)
    assert "token'" not in repr(place)
