"""What people type, with all the ways that keyboards and programs have of typing it."""

from __future__ import annotations

import pytest

from teammcp import InvalidInput
from teammcp.features.messages.models import EMOJI
from teammcp.testing import TestTeam

INVISIBLE = [
    "\u200b",
    "\u2060\ufeff",
    "\u3164",
    "\u2800\u2800",
    "\u00ad",
    "\u202e\u202c",
    "\U000e0041",
    "\ufe0f",
    " \u200d\n\u200c ",
    "\u115f\u1160",
]


@pytest.mark.parametrize("blank", INVISIBLE, ids=ascii)
async def test_a_message_that_nobody_sees_is_none(team: TestTeam, blank: str) -> None:
    with pytest.raises(InvalidInput, match="content: must not be empty"):
        await team.owner.call("send_message", channel="general", content=blank)
    message = await team.owner.call("send_message", channel="general", content="x")
    with pytest.raises(InvalidInput, match="content: must not be empty"):
        await team.owner.call("edit_message", id=message.id, content=blank)


@pytest.mark.parametrize("blank", INVISIBLE, ids=ascii)
async def test_titles_and_names_that_nobody_sees_are_none(team: TestTeam, blank: str) -> None:
    line = " ".join(blank.split())
    for operation, arguments in (
        ("create_task", {"title": line}),
        ("create_goal", {"title": line}),
        ("create_channel", {"id": "x", "name": line}),
        ("update_channel", {"channel": "general", "name": line}),
    ):
        with pytest.raises(InvalidInput):
            await team.owner.call(operation, **arguments)


async def test_titles_and_names_lose_what_nobody_sees(team: TestTeam) -> None:
    hidden = "Pay\u202e \u2066\u200bthe\U000e0041 bill\u2069 👩‍💻 می‌خواهم"
    seen = "Pay the bill 👩‍💻 می‌خواهم"
    assert (await team.owner.call("create_task", title=hidden)).task.title == seen
    assert (await team.owner.call("create_channel", id="x", name=hidden)).name == seen


@pytest.mark.parametrize("emoji", EMOJI)
async def test_an_emoji_is_one_reaction_with_and_without_its_selector(team: TestTeam, emoji: str) -> None:
    alice = await team.agent("alice")
    sent = await alice.call("send_message", channel="general", content="done")
    bare = emoji.replace("\ufe0f", "")
    assert (await alice.call("add_reaction", message_id=sent.id, emoji=bare)).emoji == emoji
    await team.owner.call("add_reaction", message_id=sent.id, emoji=f"{bare}\ufe0f")
    (reaction,) = (await alice.call("get_message", message_id=sent.id)).reactions
    assert (reaction.emoji, reaction.agents) == (emoji, ["alice", "owner"])
    assert (await alice.call("remove_reaction", message_id=sent.id, emoji=f"{bare}\ufe0f")).changed


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("نمی‌دانم.txt", "نمی‌دانم.txt"),
        ("क्‍ष.pdf", "क्‍ष.pdf"),
        ("👩‍💻 notes ❤️.md", "👩‍💻 notes ❤️.md"),
        ("葛\U000e0100城.png", "葛\U000e0100城.png"),
        ("invoice\u202efdp.exe", "invoicefdp.exe"),
        ("a\u200bb\ufeff\u2028.txt", "ab .txt"),
    ],
)
async def test_file_names_keep_their_joiners_and_nothing_else_that_is_unseen(
    team: TestTeam, given: str, kept: str
) -> None:
    uploaded = await team.owner.call("upload_file", name=given, content=b"x")
    assert uploaded.file_name == kept
