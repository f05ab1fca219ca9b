"""What a session has used is read from its program's transcript, and told once.

The lines are as Claude Code 2.1.329 and Codex 0.169.0 write them, without what is not read.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from teammcp.joining import usage
from teammcp.joining.transcripts import Memory, Used, claude, codex

LATER = "2999-01-01T00:00:00.000Z"
EARLIER = "2001-01-01T00:00:00.000Z"


def message(number: int, out: int = 7, at: str = LATER, model: str = "opus") -> dict[str, Any]:
    tokens = {"input_tokens": 11, "cache_creation_input_tokens": 3, "cache_read_input_tokens": 5, "output_tokens": out}
    inner = {"id": f"msg_{number}", "role": "assistant", "model": model, "content": [], "usage": tokens}
    return {"type": "assistant", "isSidechain": False, "message": inner, "timestamp": at}


def cost(dollars: float, model: str = "opus") -> dict[str, Any]:
    figures = {"inputTokens": 22, "outputTokens": 14, "costUSD": dollars}
    return {"type": "cost-state", "totalCostUSD": dollars, "modelUsage": {model: figures}}


def tokens(came: int, went: int, at: str = LATER) -> dict[str, Any]:
    sums = {"input_tokens": came, "cached_input_tokens": 1, "output_tokens": went, "total_tokens": came + went}
    info = {"total_token_usage": sums, "last_token_usage": sums, "model_context_window": 258400}
    return {"timestamp": at, "type": "event_msg", "payload": {"type": "token_count", "info": info}}


CONTEXT = {"timestamp": LATER, "type": "turn_context", "payload": {"turn_id": "t", "model": "gpt"}}


def lines(*entries: dict[str, Any]) -> list[bytes]:
    return [json.dumps(entry, separators=(",", ":")).encode() for entry in entries]


@pytest.fixture
def memory() -> Memory:
    return Memory("2026-01-01T00:00:00.000Z")


def test_a_message_in_several_lines_counts_once(memory: Memory) -> None:
    found: dict[str, Used] = {}
    claude(lines(message(1, out=2), message(1, out=7), message(2), message(3, model="haiku")), memory, found)
    assert found == {"opus": Used(38, 14), "haiku": Used(19, 7)}
    more: dict[str, Used] = {}
    claude(lines(message(3, out=9, model="haiku")), Memory.of(json.loads(json.dumps(memory.data()))), more)
    assert more == {"haiku": Used(0, 2)}  # the rest of a message whose beginning was read before


def test_cost_is_the_growth_of_the_sums(memory: Memory) -> None:
    found: dict[str, Used] = {}
    claude(lines(message(1), cost(0.5), message(2), cost(0.75)), memory, found)
    assert found["opus"] == Used(38, 14, 0.75)


def test_what_a_forked_session_has_from_another_is_not_its_own(memory: Memory) -> None:
    found: dict[str, Used] = {}
    claude(lines(message(1, at=EARLIER), message(2), cost(0.5), cost(0.75)), memory, found)
    assert found == {"opus": Used(19, 7, 0.25)}  # 0.5 holds the other's cost
    found = {}
    codex(lines(CONTEXT, tokens(100, 50, EARLIER), tokens(130, 60)), memory, found)
    assert found == {"gpt": Used(30, 10)}


def test_sums_that_are_said_twice_count_once(memory: Memory) -> None:
    found: dict[str, Used] = {}
    codex(lines(CONTEXT, tokens(10, 5), tokens(10, 5), tokens(30, 6)), memory, found)
    assert found == {"gpt": Used(30, 6)}


@pytest.mark.parametrize("reader", [claude, codex])
def test_what_is_of_another_shape_is_passed_over(memory: Memory, reader: Callable[..., None]) -> None:
    odd = [
        b'{"type":"assistant"',
        b'["token_count"]',
        b'{"type":"assistant","timestamp":1}',
        b'{"payload":"token_count"}',
    ]
    null = {"timestamp": LATER, "type": "event_msg", "payload": {"type": "token_count", "info": None}}
    found: dict[str, Used] = {}
    reader([*odd, *lines(null, {"type": "cost-state", "modelUsage": None})], memory, found)
    assert found == {}


# -- a whole session -------------------------------------------------------------------------------------------------


class Session:
    """A session of Claude Code, its hooks, and a server that may be away."""

    def __init__(self, folder: Path) -> None:
        self.transcript = folder / "project" / "session.jsonl"
        self.transcript.parent.mkdir()
        self.status: int | None = 200
        self.sent: list[dict[str, Any]] = []

    def write(self, *entries: dict[str, Any], end: bytes = b"\n", helper: str | None = None) -> None:
        file = self.transcript
        if helper is not None:
            file = self.transcript.with_suffix("") / "subagents" / f"agent-{helper}.jsonl"
            file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("ab") as opened:
            opened.write(b"\n".join(lines(*entries)) + end)

    def hook(self, event: str, **more: Any) -> list[tuple[int, int, float]]:
        """What is sent when this happens: tokens in and out, and dollars."""
        self.sent.clear()
        payload = {"hook_event_name": event, "transcript_path": str(self.transcript), **more}
        usage.follow("claude", payload, self._send)
        return [(each["tokens_in"], each["tokens_out"], each["cost_usd"]) for each in self.sent]

    def _send(self, body: dict[str, Any]) -> int | None:
        self.sent.append(body)
        return self.status


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Session:
    monkeypatch.setattr(usage, "user_state_path", lambda _: tmp_path / "state")
    return Session(tmp_path)


def test_each_part_is_told_once(session: Session) -> None:
    assert session.hook("SessionStart") == []
    session.write(message(1))
    assert session.hook("PostToolUse") == []
    assert session.hook("Stop") == [(19, 7, 0)]
    assert session.hook("Stop") == []
    session.write(message(2), message(3), cost(0.5))
    assert session.hook("SessionEnd") == [(38, 14, 0.5)]
    assert session.hook("SessionStart", source="resume") == []
    session.write(message(4), cost(0.6))
    [(came, went, dollars)] = session.hook("SessionEnd")
    assert (came, went, round(dollars, 6)) == (19, 7, 0.1)


def test_half_a_line_is_read_when_it_is_whole(session: Session) -> None:
    session.hook("SessionStart")
    whole = lines(message(1))[0]
    session.transcript.write_bytes(whole[:40])
    assert session.hook("Stop") == []
    session.transcript.write_bytes(whole + b"\n")
    assert session.hook("Stop") == [(19, 7, 0)]


def test_helpers_are_counted_with_their_agent(session: Session) -> None:
    session.hook("SessionStart")
    session.write(message(1))
    session.write(message(2), helper="a1")
    assert session.hook("Stop", agent_id="a1") == []
    assert session.hook("Stop") == [(38, 14, 0)]
    session.write(message(1, out=8))
    assert session.hook("Stop") == [(0, 1, 0)]


@pytest.mark.parametrize("status", [None, 500, 429, 401])
def test_a_report_that_does_not_arrive_is_sent_again_as_it_was(session: Session, status: int | None) -> None:
    session.hook("SessionStart")
    session.write(message(1))
    session.status = status
    assert session.hook("Stop") == [(19, 7, 0)]
    lost = list(session.sent)
    session.write(message(2))
    session.status = 200
    session.hook("Stop")
    assert session.sent == lost  # under its key the server takes it once
    assert session.hook("Stop") == [(19, 7, 0)]
    assert session.sent[0]["idem_key"] != lost[0]["idem_key"]


@pytest.mark.parametrize("status", [404, 409, 403])
def test_a_report_that_is_refused_for_good_does_not_stand_in_the_way(session: Session, status: int) -> None:
    session.hook("SessionStart")
    session.write(message(1))
    session.status = status
    session.hook("Stop")
    session.status = 200
    assert session.hook("Stop") == []


def test_what_was_before_the_joining_is_not_told(session: Session) -> None:
    session.write(message(1, at=EARLIER), cost(0.5))
    assert session.hook("Stop") == []
    session.write(message(2), cost(0.75))
    assert session.hook("SessionEnd") == [(19, 7, 0.25)]


def test_what_stands_there_when_a_session_begins_is_where_counting_begins(session: Session) -> None:
    session.write({"type": "user", "timestamp": EARLIER})
    session.hook("SessionStart")
    session.write(message(1), cost(0.25))
    assert session.hook("SessionEnd") == [(19, 7, 0.25)]


def test_sessions_without_a_transcript_have_nothing_to_tell(session: Session) -> None:
    session.transcript.unlink(missing_ok=True)
    assert session.hook("SessionStart") == []
    assert session.hook("Stop") == []
    usage.follow("claude", {"hook_event_name": "Stop", "transcript_path": None}, session._send)
    assert session.sent == []
