"""One's own messages are never unread, however many there are behind the cursor."""

from __future__ import annotations

from random import Random

from teammcp.testing import TestTeam


async def test_own_messages_are_not_unread_wherever_the_cursor_stands(team: TestTeam) -> None:
    alice, bob = await team.agent("alice"), await team.agent("bob")
    random = Random(3)  # noqa: S311 - the same at every run
    sent: list[tuple[str, int]] = []
    acked = 0
    for _ in range(60):
        if sent and random.random() < 0.15:
            acked = max(acked, random.choice(sent)[1])
            await alice.call("ack_inbox", items=[{"channel": "general", "ack_id": acked}])
        else:
            member = random.choice((alice, bob))
            message = await member.call("send_message", channel="general", content="hello")
            sent.append((member.name, message.id))
            if member is alice and all(name == "alice" for name, number in sent if number > acked):
                acked = message.id  # nothing of others is unread: the cursor passes the own message
        others = sum(name == "bob" and number > acked for name, number in sent)
        inbox = await alice.call("get_inbox")
        channels = await alice.call("get_channels")
        assert inbox.total_unread == others
        assert next(channel.unread for channel in channels.root if channel.id == "general") == others
