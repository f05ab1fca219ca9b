"""Who is meant by ``@Name`` in a text."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from teammcp import NotFound
from teammcp.features.messages.mentions import find_mentions
from teammcp.members.directory import Access, Agent, Directory
from teammcp.testing import TestTeam
from tests.timing import quickest

NAMES = ["Bob", "Bob.Smith", "bobby", "李雷", "李雷雷", "sec-test", "R2_D2", "josé", "Зоя", "さくら", "अजय", "7of9"]


def directory_of(names: list[str]) -> Directory:
    directory = Directory()
    for name in names:
        directory.put_agent(Agent(name, "agent", "", Access.member), None)
    return directory


def mentioned(text: str, names: list[str] = NAMES) -> list[str]:
    return find_mentions(text, directory_of(names))[0]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("around", ["@{}", "hello @{} there", "(@{})", "@{}, look", "@{}: look", "@{}!", "**@{}**"])
def test_a_name_of_any_script_is_found(name: str, around: str) -> None:
    assert mentioned(around.format(name)) == [name]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("@Bob.", ["Bob"]),
        ("ask @Bob... or @Bob-", ["Bob"]),
        ("_@Bob_ said", ["Bob"]),
        ("@Bob.Smith, not @Bob", ["Bob.Smith", "Bob"]),
        ("@Bob.Smith.", ["Bob.Smith"]),
        ("@bobby", ["bobby"]),
        ("@BOB @bOB", ["Bob"]),
        ("＠Bob", ["Bob"]),
        ("@Ｂｏｂ", ["Bob"]),
        ("@jose\u0301", ["josé"]),
        ("@Bobb", []),
        ("@Bob2", []),
        ("@nobody", []),
        ("@ Bob", []),
        ("a@Bob", []),
        ("a@Bob.com", []),
        ("https://example.org/@Bob", []),
        ("@@Bob", []),
        ("Done.@Bob", ["Bob"]),
        ("@Bob@bobby", ["Bob"]),
        ("@李雷你好", ["李雷"]),
        ("你好@李雷，在吗", ["李雷"]),
        ("请@李雷雷看看", ["李雷雷"]),
        ("@Bob你好", ["Bob"]),
        ("さくら@さくらさん", ["さくら"]),
        ("", []),
        ("@", []),
    ],
)
def test_the_longest_name_that_fits_is_meant(text: str, expected: list[str]) -> None:
    assert mentioned(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "`@Bob`",
        "see `mail @Bob` here",
        "``a ` @Bob``",
        "```\n@Bob\n```",
        "```python\n@Bob\ndef f(): ...\n```\nend",
        "~~~\n@Bob\n~~~",
        "```\n@Bob never closed",
        "  ```\n@Bob\n  ```",
    ],
)
def test_code_is_not_looked_at(text: str) -> None:
    assert mentioned(text) == []
    assert mentioned(f"{text}\n\n@bobby") == ([] if "never closed" in text else ["bobby"])


@pytest.mark.parametrize(
    "text",
    [
        "`code` @Bob `code`",
        "```\ncode\n``` \n@Bob",
        "a stray ` and @Bob",
        "the ` key is broken\n\n@Bob, where is the ` key?",
        "write ``` to begin code, @Bob",
        "this is ~~~ strange, @Bob",
        "``@Bob`",
    ],
)
def test_what_only_looks_like_code_is_looked_at(text: str) -> None:
    assert mentioned(text) == ["Bob"]


@pytest.mark.parametrize("text", ["@all", "hello @All!", "@everyone", "@here, look", "大家@all你好"])
def test_everybody(text: str) -> None:
    assert find_mentions(text, directory_of(NAMES)) == ([], True)


@pytest.mark.parametrize("text", ["@allies", "`@all`", "x@all", "@all2"])
def test_not_everybody(text: str) -> None:
    assert find_mentions(text, directory_of(NAMES)) == ([], False)


letters = st.sampled_from("abBcé李雷さ7_.-")
names = st.text(letters, min_size=1, max_size=5).filter(lambda name: name[0] not in "_.-" and name[-1] != ".")


@given(st.lists(names, min_size=1, max_size=6), st.data())
def test_every_name_is_found_between_spaces_and_before_punctuation(pool: list[str], data: st.DataObject) -> None:
    directory = directory_of(pool)
    said = data.draw(st.lists(st.sampled_from(pool), min_size=1, max_size=5))
    ends = [data.draw(st.sampled_from([" ", ", ", "! ", ")\n", "? ", "; "])) for _ in said]
    text = "hi " + "".join(f"@{name}{end}" for name, end in zip(said, ends, strict=True))
    expected = list(dict.fromkeys(agent.name for name in said if (agent := directory.agent(name))))
    assert find_mentions(text, directory)[0] == expected


@given(st.lists(names, max_size=4), st.text(st.sampled_from("@ab李`~\n .-_é/"), max_size=60))
def test_only_members_are_found_in_any_text(pool: list[str], text: str) -> None:
    directory = directory_of(pool)
    found, _ = find_mentions(text, directory)
    assert set(found) <= set(directory.agents)
    assert all("@" in text for _ in found)


@pytest.mark.parametrize(
    "text", ["`" * 10_000, "@" * 10_000, "@李" * 5_000, "`@" * 5_000, "@" + "a" * 9_999, "~" * 9_999]
)
def test_no_text_takes_long(text: str) -> None:
    directory = directory_of(NAMES)
    assert quickest(lambda: find_mentions(f"{text} @Bob", directory)) < 0.3


def test_a_longer_word_than_any_name_is_not_cut_to_a_name() -> None:
    longest = "a" * 64
    assert mentioned(f"@{longest}", [longest]) == [longest]
    assert mentioned(f"@{longest}b", [longest]) == []


# -- in messages -----------------------------------------------------------------------------------------------------


async def mentions_of(team: TestTeam, message_id: int) -> Any:
    return (await team.owner.call("get_message", message_id=message_id)).mentions


async def test_given_and_written_mentions_are_joined(team: TestTeam) -> None:
    alice = await team.agent("alice")
    for name in ("bob", "carol"):
        await team.agent(name)
    sent = await alice.call("send_message", channel="general", content="@Bob, look", mentions=["CAROL", "bob"])
    assert await mentions_of(team, sent.id) == ["carol", "bob"]
    assert not sent.not_members


async def test_a_given_mention_must_be_a_member_of_the_team(team: TestTeam) -> None:
    alice = await team.agent("alice")
    with pytest.raises(NotFound, match="mentions: there is no member called 'nobody'"):
        await alice.call("send_message", channel="general", content="hi", mentions=["nobody"])
    await alice.call("send_message", channel="general", content="hi @nobody")


async def test_the_sender_is_told_of_mentions_that_do_not_reach_anybody(team: TestTeam) -> None:
    alice, bob = await team.agent("alice"), await team.agent("bob")
    await bob.call("leave_channel", channel="general")
    sent = await alice.call("send_message", channel="general", content="@bob?")
    assert sent.not_members == ["bob"]
    assert "bob" in sent.text()
    assert (await bob.call("get_inbox")).total_unread == 0
    again = await alice.call("send_message", channel="general", content="@bob!", auto_add_mentions=True)
    assert again.added_members == ["bob"]
    assert not again.not_members
    inbox = await bob.call("get_inbox")
    assert [message.id for message in inbox.channels[0].messages] == [again.id]
    assert (await bob.call("get_channels")).root[0].mentions == 1


async def test_a_topic_opens_for_whom_a_member_mentions_with_auto_add(team: TestTeam) -> None:
    alice, bob = await team.agent("alice"), await team.agent("bob")
    await alice.call("create_channel", id="secret", type="topic")
    assert (await alice.call("send_message", channel="secret", content="@bob")).not_members == ["bob"]
    await alice.call("send_message", channel="secret", content="@bob", auto_add_mentions=True)
    assert len((await bob.call("get_history", channel="secret")).messages) == 2


async def test_a_direct_message_never_gets_a_third_member(team: TestTeam) -> None:
    alice = await team.agent("alice")
    for name in ("bob", "carol"):
        await team.agent(name)
    sent = await alice.call("send_message", channel="dm:bob", content="@carol knows", auto_add_mentions=True)
    assert sent.not_members == ["carol"]
    assert (await alice.call("get_channel_members", channel=sent.channel)).members == ["alice", "bob"]


async def test_everybody_in_the_channel_is_addressed_by_all(team: TestTeam) -> None:
    alice, bob, carol = await team.agent("alice"), await team.agent("bob"), await team.agent("carol")
    await alice.call("create_channel", id="small", members=["bob"])
    sent = await alice.call("send_message", channel="small", content="@all: lunch")
    assert [message.id for message in (await bob.call("wait_for_messages", timeout=0)).messages] == [sent.id]
    assert not (await alice.call("wait_for_messages", timeout=0)).messages
    assert not (await carol.call("wait_for_messages", timeout=0)).messages
    given = await alice.call("send_message", channel="small", content="dinner", mentions=["all"])
    assert [message.id for message in (await bob.call("wait_for_messages", timeout=0)).messages] == [given.id]
