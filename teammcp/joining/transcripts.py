"""What a session has used, read from the transcripts that agents' programs write: JSON, one entry a line.

Each reader takes new lines of a file and what it remembers of the ones before, and adds up what was used, by model.
Entries from before the counting began are those of a session that goes on here: they are another report's. An entry of
another shape than is known is passed over: a newer program may write otherwise.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from typing import Any, Self

Entry = dict[str, Any]


@dataclass
class Used:
    """Tokens in (those from a cache too) and out, and US dollars where they are known."""

    tokens_in: int = 0
    tokens_out: int = 0
    cost_usd: float = 0.0

    def __bool__(self) -> bool:
        return bool(self.tokens_in or self.tokens_out or self.cost_usd)


@dataclass
class Memory:
    """What is remembered of a file between two readings.

    Attributes:
        since: when the counting began, as programs write times.
        read: how many bytes of the file are read.
        last: the message read last: its id, tokens in and tokens out so far.
        model: the model in use.
        tokens: the sum so far, in and out, where the program writes sums; None if it is not known yet.
        cost: what each model has cost so far; None if that is not known yet.
    """

    since: str
    read: int = 0
    last: tuple[str, int, int] = ("", 0, 0)
    model: str = ""
    tokens: tuple[int, int] | None = (0, 0)
    cost: dict[str, float] | None = field(default_factory=dict)

    @classmethod
    def of(cls, data: Entry) -> Self:
        """From what `data` gave, by way of JSON."""
        tokens = data["tokens"]
        return cls(**{**data, "last": tuple(data["last"]), "tokens": None if tokens is None else tuple(tokens)})

    def data(self) -> Entry:
        """As JSON takes it."""
        return asdict(self)

    def forget_sums(self) -> None:
        """There is something from before the counting began: it begins with the next sums."""
        self.tokens, self.cost = None, None


Usage = dict[str, Used]
Reader = Callable[[Iterable[bytes], Memory, Usage], None]


def claude(lines: Iterable[bytes], memory: Memory, usage: Usage) -> None:
    """Read Claude Code's: the tokens of each message, and at a session's end what each model has cost in all."""
    for line in lines:
        if b'"assistant"' in line or b'"cost-state"' in line:
            with suppress(ValueError, KeyError, TypeError, AttributeError):
                _of_claude(json.loads(line), memory, usage)


def _of_claude(entry: Entry, memory: Memory, usage: Usage) -> None:
    if entry["type"] == "cost-state":
        _cost(entry, memory, usage)
    elif entry["type"] == "assistant":
        if entry["timestamp"] < memory.since:
            memory.forget_sums()
        else:
            _message(entry["message"], memory, usage)


def _message(message: Entry, memory: Memory, usage: Usage) -> None:
    """Count a message. It stands in several lines, one for each part of it, all with its tokens so far."""
    tokens = message["usage"]
    came = sum(tokens.get(f"{kind}input_tokens", 0) for kind in ("", "cache_creation_", "cache_read_"))
    went = tokens["output_tokens"]
    name, came_before, went_before = memory.last
    if message["id"] != name:
        came_before = went_before = 0
    memory.last = (message["id"], max(came, came_before), max(went, went_before))
    used = usage.setdefault(message["model"], Used())
    used.tokens_in += memory.last[1] - came_before
    used.tokens_out += memory.last[2] - went_before


def _cost(entry: Entry, memory: Memory, usage: Usage) -> None:
    sums = {model: float(figures["costUSD"]) for model, figures in entry["modelUsage"].items()}
    if memory.cost is not None:
        for model, cost in sums.items():
            usage.setdefault(model, Used()).cost_usd += max(0.0, cost - memory.cost.get(model, 0.0))
    memory.cost = sums


def codex(lines: Iterable[bytes], memory: Memory, usage: Usage) -> None:
    """Read Codex's: the sum of all tokens of the thread, again and again, and which model it is that uses them."""
    for line in lines:
        if b'"turn_context"' in line or b'"token_count"' in line:
            with suppress(ValueError, KeyError, TypeError, AttributeError):
                _of_codex(json.loads(line), memory, usage)


def _of_codex(entry: Entry, memory: Memory, usage: Usage) -> None:
    payload = entry["payload"]
    if entry["type"] == "turn_context":
        memory.model = payload["model"]
    elif payload["type"] == "token_count" and payload["info"]:
        sums = payload["info"]["total_token_usage"]
        now = (sums["input_tokens"], sums["output_tokens"])
        if memory.tokens is not None and entry["timestamp"] >= memory.since:
            used = usage.setdefault(memory.model, Used())
            used.tokens_in += max(0, now[0] - memory.tokens[0])
            used.tokens_out += max(0, now[1] - memory.tokens[1])
        memory.tokens = now


READERS: dict[str, Reader] = {"claude": claude, "codex": codex}
