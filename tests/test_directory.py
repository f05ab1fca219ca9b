"""The directory in memory: names, keys, channels, and who may read what."""

from __future__ import annotations

import pytest

from teammcp.members.directory import Access, Agent, Channel, Directory, fold


def agent(name: str, access: Access = Access.member, *, retired: bool = False) -> Agent:
    return Agent(name, "agent", "", access, retired)


@pytest.fixture
def directory() -> Directory:
    directory = Directory()
    for name in ("ann", "bob", "eve"):
        directory.put_agent(agent(name), f"hash of {name}")
    directory.put_channel(Channel("general", "group"))
    directory.put_channel(Channel("plans", "topic"))
    directory.put_channel(Channel("dm:ann:bob", "dm"))
    directory.join("plans", ["ann"])
    directory.join("dm:ann:bob", ["ann", "bob"])
    return directory


@pytest.mark.parametrize(
    ("one", "other"),
    [("Ann", "ANN"), ("straße", "STRASSE"), ("é", "e\u0301"), ("ＡＮＮ", "ann"), ("Σίσυφος", "σίσυφοσ"), ("ﬁ", "fi")],
)
def test_names_that_look_the_same_are_the_same(one: str, other: str) -> None:
    assert fold(one) == fold(other)


def test_an_agent_is_found_whatever_the_case_of_its_name(directory: Directory) -> None:
    assert directory.agent("ANN") == directory.agent("ann") == agent("ann")
    assert directory.agent("nobody") is None
    assert directory.agent("") is None


def test_a_key_opens_the_door_until_it_is_replaced(directory: Directory) -> None:
    assert directory.by_key("hash of ann") == agent("ann")
    directory.put_agent(agent("ann", Access.manager), "new hash")
    assert directory.by_key("hash of ann") is None
    assert directory.by_key("new hash") == agent("ann", Access.manager)
    directory.put_agent(agent("ann", retired=True), None)
    assert directory.by_key("new hash") is None
    assert directory.by_key("") is None
    assert directory.by_key("hash of bob") == agent("bob")


def test_owners_are_those_that_are_not_retired(directory: Directory) -> None:
    directory.put_agent(agent("ann", Access.owner), "a")
    directory.put_agent(agent("bob", Access.owner, retired=True), None)
    assert directory.owners == [agent("ann", Access.owner)]


def test_managers_are_owners_too_and_not_retired(directory: Directory) -> None:
    directory.put_agent(agent("max", Access.manager), "hash of max")
    directory.put_agent(agent("mia", Access.manager, retired=True), None)
    assert [each.name for each in directory.managers] == [each.name for each in directory.owners] + ["max"]


def test_groups_are_open_to_the_team_and_others_to_their_members(directory: Directory) -> None:
    readers = {
        channel: [name for name in ("ann", "bob", "eve") if directory.can_read(name, channel)]
        for channel in ("general", "plans", "dm:ann:bob", "nowhere")
    }
    assert readers == {
        "general": ["ann", "bob", "eve"],
        "plans": ["ann"],
        "dm:ann:bob": ["ann", "bob"],
        "nowhere": [],
    }
    for name in ("ann", "bob", "eve"):
        assert directory.readable(name) == {channel for channel, names in readers.items() if name in names}


def test_a_membership_begins_and_ends(directory: Directory) -> None:
    directory.join("plans", ["eve"])
    assert directory.can_read("eve", "plans")
    assert (directory.members("plans"), directory.joined("eve")) == ({"ann", "eve"}, {"plans"})
    directory.leave("plans", "eve")
    assert not directory.can_read("eve", "plans")
    assert (directory.members("plans"), directory.joined("eve")) == ({"ann"}, set())
    directory.leave("plans", "eve")  # twice is harmless


def test_a_channel_that_changes_keeps_its_members(directory: Directory) -> None:
    directory.put_channel(Channel("plans", "topic", archived=True))
    assert directory.channels["plans"].archived
    assert directory.members("plans") == {"ann"}


def test_access_levels_are_in_order() -> None:
    assert [level.name for level in sorted(Access)] == ["anonymous", "observer", "member", "manager", "owner"]


def test_what_a_reader_holds_stays_as_it_is_whatever_comes_and_goes(directory: Directory) -> None:
    held = directory.agents, directory.channels, directory.members("plans"), directory.joined("ann")
    before = [list(each) for each in held]
    for each in held:
        for _ in each:  # a walk that another thread is on
            directory.put_agent(agent(f"new{len(directory.agents)}"), None)
            directory.put_channel(Channel(f"new{len(directory.channels)}", "topic"))
            directory.join("plans", directory.agents)
            directory.join(f"new{len(directory.channels) - 1}", ["ann"])
            directory.leave("plans", "ann")
    assert [list(each) for each in held] == before
