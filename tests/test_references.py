"""Arguments that name something: hooks and operation see each name in one spelling."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated, Any

import pytest
from pydantic import Field

from teammcp import Access, Forbidden, NotFound, hookimpl, operations
from teammcp.arguments.references import UNKNOWN, Reference, matches, names_match, references_of
from teammcp.operations import Context, operation
from teammcp.operations.effects import meanings
from tests.corekit import Thing, enter, open_server

STONES = {"granite", "Marble"}


async def find_stone(context: Context, name: str, argument: str) -> str:
    for stone in STONES:
        if stone.casefold() == name.strip().casefold():
            return stone
    raise NotFound(f"{argument}: there is no stone '{name}'.")


StoneRef = Annotated[str, Reference(find_stone)]
OwnStone = Annotated[str, Reference(find_stone, left_out=lambda context: "granite")]


@operation("POST /carve")
async def carve(
    context: Context,
    stone: StoneRef,
    others: Annotated[list[StoneRef], Field(max_length=9)] = [],  # noqa: B006 - never changed
    base: OwnStone | None = None,
    free: StoneRef | None = None,
    title: str = "",
) -> Thing:
    """Carve a stone."""
    return Thing(id=0, name=f"{stone} {others} {base} {free} {title}")


async def as_carved(context: Context, arguments: Any) -> list[dict[str, Any]]:
    return [{"stone": "Marble", "title": UNKNOWN}] if arguments.stone == "Marble" else []


@operation("POST /polish", amounts_to={"carve": as_carved})
async def polish(context: Context, stone: StoneRef) -> Thing:
    """Polish a stone."""
    return Thing(id=0, name=stone)


class Watching:
    """Keeps what the hook is shown."""

    def __init__(self) -> None:
        self.seen: list[dict[str, Any]] = []

    @hookimpl
    def before_operation(self, arguments: Any) -> None:
        self.seen.append(arguments.model_dump(exclude={"idem_key"}))


watching = Watching()


@pytest.fixture
async def context(tmp_path: Path) -> AsyncIterator[Context]:
    watching.seen.clear()
    permissions = {"carve": "manager"} if "level" in tmp_path.name else {}
    async with open_server(tmp_path, carve, polish, plugins={"watching": watching}, permissions=permissions) as server:
        yield enter(server)


async def test_hooks_and_operation_see_each_name_as_it_is_kept(context: Context) -> None:
    given = {"stone": " MARBLE", "others": ["Granite", "marble"], "title": "MARBLE"}
    done = await operations.call(context, "carve", given)
    assert done.name == "Marble ['granite', 'Marble'] granite None MARBLE"
    assert watching.seen == [
        {"stone": "Marble", "others": ["granite", "Marble"], "base": "granite", "free": None, "title": "MARBLE"}
    ]


@pytest.mark.parametrize("given", [{"stone": "chalk"}, {"stone": "marble", "others": ["chalk"]}])
async def test_a_name_of_nothing_is_refused_before_any_hook(context: Context, given: dict[str, Any]) -> None:
    with pytest.raises(NotFound, match="chalk"):
        await operations.call(context, "carve", given)
    assert watching.seen == []


async def test_a_call_means_what_else_it_amounts_to(context: Context) -> None:
    polishing = context.server.registry.get("polish")
    for stone, expected in (("Marble", ["polish", "carve"]), ("granite", ["polish"])):
        found = await meanings(context, polishing, polishing.check({"stone": stone}), lambda name: True)
        assert [each.name for each, _ in found] == expected
    found = await meanings(context, polishing, polishing.check({"stone": "Marble"}), lambda name: name == "carve")
    assert found[0][1] == {"stone": "Marble", "others": [], "base": None, "free": None, "title": UNKNOWN}


async def test_an_access_level_holds_for_what_a_call_amounts_to(context: Context) -> None:
    assert (await operations.call(context, "polish", {"stone": "granite"})).name == "granite"
    with pytest.raises(Forbidden, match="polish does here what carve does"):
        await operations.call(context, "polish", {"stone": "marble"})
    above = enter(context.server, access=Access.manager)
    assert (await operations.call(above, "polish", {"stone": "marble"})).name == "Marble"


async def test_a_pattern_may_be_written_as_a_name_may(context: Context) -> None:
    reference = carve.operation.references["stone"]  # type: ignore[attr-defined]
    for pattern, fits in (("MARBLE ", True), ("#marble", True), ("mar*", True), ("granite", False), ("chalk", False)):
        assert await names_match(context, reference, pattern, "Marble") is fits, pattern


@pytest.mark.parametrize(
    ("pattern", "text", "fits"),
    [
        ("*urgent*", "This is URGENT", True),
        ("*urgent*", "this is ur\u200bgent", True),
        ("*urgent*", "this is \uff55rgent\u202e", True),
        ("*urgent*", "line\nurgent\nline", True),
        ("prod.*", "PROD.url", True),
        ("prod.?", "prod.url", False),
    ],
)
def test_patterns_see_neither_case_nor_width_nor_what_is_invisible(pattern: str, text: str, fits: bool) -> None:
    assert matches(pattern, text) is fits


def test_references_are_found_wherever_they_stand_in_an_annotation() -> None:
    hints = {"a": StoneRef, "b": list[StoneRef] | None, "c": str, "d": Annotated[StoneRef, Field(max_length=3)]}
    assert set(references_of(hints)) == {"a", "b", "d"}
