"""What tests share of programs that are woken: a model that works when it is told to, and what the team sees."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from typing import Any

from tests.acceptance.desks import Desk
from tests.acceptance.fake_models import Call, ChatModel, Say
from tests.acceptance.fake_models.script import Step
from tests.acceptance.terminals import ENTER, Terminal, until

TURN_SECONDS = 60


class ChatWorker(ChatModel):
    """Calls a shell where it is asked for that, and answers when it may.

    Attributes:
        may: whether it answers now.
        commands: prompt -> what it runs then.

    Args:
        shell: the tool for that, and what it wants besides the command.
    """

    def __init__(self, shell: tuple[str, dict[str, Any]], **commands: str) -> None:
        super().__init__()
        self._shell, self._more = shell
        self.commands = commands
        self.may = threading.Event()
        self.may.set()

    def _answer(self, body: dict[str, Any]) -> Iterator[bytes]:
        if body.get("tools"):
            self.requests.append(body)
            while not self._closed.is_set() and not self.may.wait(0.05):
                pass
            self.requests.remove(body)
        yield from super()._answer(body)

    def _next(self, body: dict[str, Any]) -> tuple[Step, float]:
        told = self.told(body)
        [last] = [at for at, part in enumerate(told) if not part.is_result][-1:]
        asked = [self.commands[line] for line in told[last].text.splitlines() if line in self.commands]
        if not asked or told[last + 1 :] or not body.get("tools"):
            return Say("done"), 0
        return Call(self._shell, {"command": asked[-1], **self._more}), 0

    @property
    def questions(self) -> list[str]:
        """The conversations in which it is to say something, as it was shown them."""
        return [json.dumps(body["messages"], ensure_ascii=False) for body in [*self.requests] if body.get("tools")]

    def has_seen(self, text: str) -> bool:
        return any(text in question for question in self.questions)


def status(desk: Desk) -> str:
    with desk.live.client(desk.alice) as alice:
        found: str = alice.get("/api/agents/bob").json()["status"]
    return found


def wakes(desk: Desk) -> dict[str, Any]:
    """What bob sees of how he is woken."""
    with desk.live.client(desk.bob) as bob:
        found: dict[str, Any] = bob.get("/api/wakes/bob").json()
    return found


def ways(desk: Desk) -> list[str]:
    found: list[str] = wakes(desk)["ways"]
    return found


def prompt(terminal: Terminal, model: ChatWorker, text: str) -> None:
    """The user of a program in a terminal gives it a prompt."""
    terminal.type(text)
    terminal.shows(text)
    terminal.type(ENTER)
    until(lambda: model.has_seen(text), TURN_SECONDS, "a request with the prompt")
