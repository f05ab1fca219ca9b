"""What a member is doing has one colour, wherever its mark is drawn."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest

from teammcp.members.presence import Doing, Reason
from teammcp.testing import TestTeam
from teammcp.web.member_status import TONES
from tests.webkit import visiting

PLACES = ("/agents", "/channels/dm:ann:owner", "/dm/new", "/channels/general?panel=members", "/agents/ann")


def marks(html: str) -> list[tuple[str, str]]:
    """The dots of a page: their colour and their word."""
    return [(tone or "", word) for tone, word in re.findall(r'class="dot(?: dot-(\w+))?" title="([^"]*)"', html)]


@pytest.mark.parametrize("doing", get_args(Doing))
async def test_a_mark_has_the_colour_of_its_word_everywhere(team: TestTeam, doing: Doing) -> None:
    await team.agent("ann")
    await team.owner.call("send_message", channel="dm:ann:owner", content="hello")
    team.team.presence.set_status("ann", doing, Reason("testing"))
    browser = await visiting(team, team.owner.key)
    word = "waiting for a person" if doing == "waiting" else doing
    for path in PLACES:
        found = marks((await browser.get(path)).response.text)
        assert (TONES[doing], word) in found, path
        assert all(tone == TONES[doing] for tone, said in found if said == word), path


async def test_who_is_not_here_has_an_empty_mark(team: TestTeam) -> None:
    await team.agent("ann")
    browser = await visiting(team, team.owner.key)
    await team.owner.call("send_message", channel="dm:ann:owner", content="hello")
    await team.owner.call("retire_agent", name="ann")
    assert ("", "retired") in marks((await browser.get("/agents?retired=1")).response.text)
    assert ("", "retired") in marks((await browser.get("/channels/dm:ann:owner")).response.text)


def test_no_template_draws_a_mark_of_its_own() -> None:
    root = Path(__file__).parents[1]
    templates = [*root.glob("teammcp/**/templates/**/*.html"), *root.glob("plugins/*/*/templates/**/*.html")]
    assert len(templates) > 50
    assert [file.name for file in templates if re.search(r'class="dot\b', file.read_text())] == []
