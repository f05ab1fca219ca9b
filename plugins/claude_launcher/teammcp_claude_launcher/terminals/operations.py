"""Operations of terminals: looking at a screen, and pressing keys."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from teammcp import Author, Context, InvalidInput, MemberRef, Result, Transaction, Words, Work, operation, quote

from ..events import KeysSent
from ..machines import links
from ..protocol import Keys, Resize, Screen
from ..screen import KeyName
from ..screen.keys import NAMED
from . import places

LARGEST = 32 * 1024
"""Characters that are typed at once."""
Typed = Annotated[str, Field(max_length=LARGEST)]
Side = Annotated[int, Field(ge=2, le=500)]
Pressed = Annotated[list[KeyName], Field(max_length=100)]


class Screenshot(Result):
    """What is on the screen of an agent's program. ``form``: what ``screen`` is, text or a picture as SVG."""

    agent: Author
    form: Literal["text", "svg"]
    columns: int
    rows: int
    screen: Words

    def text(self) -> str:
        """The screen, for a model."""
        return f"screen of {self.agent}, {self.columns} columns, {self.rows} rows:\n| {quote(self.screen)}"


class KeysTyped(Result):
    """What was typed into a terminal."""

    agent: str
    characters: int
    keys: list[str]

    def text(self) -> str:
        """One line for a model."""
        pressed = f" and pressed {', '.join(self.keys)}" if self.keys else ""
        return f"Typed {self.characters} characters{pressed}. See what comes of it: screenshot_agent {self.agent}"


class TerminalSize(Result):
    """How large a terminal is now."""

    agent: str
    columns: int
    rows: int


@operation("POST /api/agents/{name}/screenshot", access="member", profile="launcher", read_only=True)
async def screenshot_agent(context: Context, name: MemberRef, form: Literal["text", "svg"] = "text") -> Screenshot:
    """Look at the screen of an agent's program, if it runs in a terminal: as text, or as a picture (form = "svg")."""
    place = await places.find(context, name)
    seen = await links(context.team).ask(place.machine, Screen(agent=place.agent, form=form))
    return Screenshot(agent=place.agent, form=form, **seen)


@operation("POST /api/agents/{name}/sendkeys", access="manager", profile="launcher")
async def send_keys_to_agent(
    context: Context,
    name: MemberRef,
    text: Typed = "",
    keys: Pressed = [],  # noqa: B006 - never changed
) -> Work[KeysTyped]:
    """Type a text into the terminal of an agent's program, then press keys: enter, tab, escape, up, ctrl-c, y, 1 …

    Look at the screen before: Enter in a dialog answers it. Who did it is recorded, not what was typed.
    """
    if not text and not keys:
        raise InvalidInput('text, keys: there is nothing to type. Give a text, or keys such as ["enter"].')
    place = await places.find(context, name)
    await links(context.team).ask(place.machine, Keys(agent=place.agent, text=text, names=keys))
    characters, named = _counted(text, keys)

    def work(tx: Transaction) -> KeysTyped:
        context.emit(tx, KeysSent(agent=place.agent, characters=characters, keys=named), place.agent)
        return KeysTyped(agent=place.agent, characters=characters, keys=named)

    return work


def _counted(text: str, keys: list[str]) -> tuple[int, list[str]]:
    """How many characters are typed, and which keys are pressed that are no characters."""
    named = [key for key in keys if key in NAMED]
    return len(text) + len(keys) - len(named), named


@operation("POST /api/agents/{name}/terminal/size", access="manager", profile="launcher", tool=False)
async def resize_terminal(context: Context, name: MemberRef, columns: Side, rows: Side) -> TerminalSize:
    """Give the terminal of an agent's program another size."""
    place = await places.find(context, name)
    await links(context.team).ask(place.machine, Resize(agent=place.agent, columns=columns, rows=rows))
    return TerminalSize(agent=place.agent, columns=columns, rows=rows)


OPERATIONS: list[Any] = [screenshot_agent, send_keys_to_agent, resize_terminal]
