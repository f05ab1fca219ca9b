"""Public shapes of subscriptions and notices."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from teammcp import (
    LARGEST_ID,
    OTHERS,
    AnyWords,
    Author,
    Line,
    NotBlank,
    PartsTold,
    Result,
    Text,
    Timestamp,
    Words,
    parts_text,
    quote,
    rfc3339,
)

Change = Literal["breaking", "deprecated", "added", "fixed", "request"]
"""What a notice tells of: a change of what a project publishes, or something that it asks of who builds on it."""
MUST_ACT: frozenset[Change] = frozenset({"breaking", "request"})
"""Of these a notice says what is to be done."""
LineState = Literal["open", "acknowledged", "done", "not_affected", "objects"]
Answer = Literal["acknowledged", "done", "not_affected", "objects"]
"""``acknowledged`` is seen, and will be acted on; ``objects`` has the announcer see to it; the others are ends."""
NEEDS_WHY: frozenset[Answer] = frozenset({"not_affected", "objects"})
NoticeState = Literal["open", "done", "closed", "withdrawn"]
"""``done``: all have acted. ``closed``: nobody is waited for any more. ``withdrawn``: what it says does not hold."""

NoticeId = Annotated[int, Field(ge=1, le=LARGEST_ID)]
SubscriptionId = Annotated[int, Field(ge=1, le=LARGEST_ID)]
Published = Annotated[Line, Field(max_length=200), OTHERS]
"""The name of something that a project publishes; empty: all of it."""
LONGEST = 6_000
"""Characters of what has changed: a message has room for it, and for the next step and what is said beside them."""
Content = Annotated[Text, Field(max_length=LONGEST), NotBlank, OTHERS]
Step = Annotated[Text, Field(max_length=2_000), OTHERS]
Why = Annotated[Text, Field(max_length=2_000), OTHERS]
LONGEST_REPLY = 1_000
"""Characters that are kept of a reply; the message has all of it."""
MOST_WAITED_FOR = 20
"""Projects that a notice names of those that it waits for; get_notice has all."""
MOST_AWAITED = 20
"""Notices that are waited for at once."""


class Subscription(Result):
    """That a project builds on what another publishes. ``publication``: on what of it; empty is all of it."""

    id: int
    project: str
    to: str
    publication: Words
    made_by: Author
    made_at: Timestamp

    def text(self) -> str:
        what = f"{quote(self.publication)} of {self.to}" if self.publication else f"all that {self.to} publishes"
        return f"subscription {self.id}: {self.project} builds on {what}"


class Subscribed(Subscription):
    """A subscription that there is now. ``notices``: the open ones that concern the project since."""

    notices: list[int]

    def text(self) -> str:
        numbers = ", ".join(map(str, self.notices))
        return super().text() + (f"; open notices for it: {numbers}" if numbers else "")


class SubscriptionList(Result):
    """Subscriptions by id. ``next`` is the ``after`` of the following page, null on the last."""

    subscriptions: list[Subscription]
    next: int | None

    def text(self) -> str:
        more = [f"(more: after={self.next})"] if self.next else []
        return "\n".join([*(each.text() for each in self.subscriptions), *more]) or "(no subscriptions)"


class NoticeReader(Result):
    """Who was told of a notice, and in which message; get_receipt says whether it has arrived."""

    name: str
    message_id: int


class NoticeReply(Result):
    """What somebody who was told has replied. It settles nothing."""

    message_id: int
    author: Author
    content: Words
    at: Timestamp
    parts: PartsTold = []

    def text(self) -> str:
        return f"    reply of {self.author}: {quote(self.content)}{parts_text(self.message_id, self.parts)}"


class NoticeLine(Result):
    """How a project stands with a notice that concerns it.

    ``content``: what was said with its state, by ``said_by``. ``told``: who heard of it for the project.
    ``trouble``: why somebody could not be told yet. ``replies``: the last ones to these messages.
    """

    project: str
    state: LineState
    content: Words
    said_by: Author | None
    said_at: Timestamp | None
    must_act: bool
    told: list[NoticeReader]
    trouble: Words
    replies: list[NoticeReply]

    def text(self) -> str:
        said = f" ({self.said_by}, {rfc3339(self.said_at)[:16]})" if self.said_by and self.said_at is not None else ""
        words = f": {quote(self.content)}" if self.content else ""
        told = f"; told {', '.join(each.name for each in self.told)}" if self.told else "; nobody was told yet"
        why = f" ({quote(self.trouble)})" if self.trouble else ""
        replies = [each.text() for each in self.replies]
        return "\n".join([f"  {self.project}: {self.state}{said}{words}{told}{why}", *replies])


class Notice(Result):
    """What a project has announced to those who build on what it publishes.

    ``publication``: what of it changes; empty is all of it. ``next_step``: what is to be done, until ``act_by``.
    ``counts``: how many projects are in each state. ``waits_for``: the first of those that have to act still.
    ``since``: when one has last said something. ``overdue``: one of them had to act by now.
    """

    id: int
    project: str
    publication: Words
    change: Change
    content: Words
    next_step: Words
    version: Words
    act_by: Timestamp | None
    overdue: bool
    announced_by: Author
    announced_at: Timestamp
    state: NoticeState
    counts: dict[LineState, int]
    waits_for: list[str]
    since: Timestamp
    ended_by: Author | None
    ended_why: Words
    ended_at: Timestamp | None
    parts: PartsTold = []

    def text(self) -> str:
        what = f" of {quote(self.publication)}" if self.publication else ""
        version = f", version {quote(self.version)}" if self.version else ""
        until = f", act by {rfc3339(self.act_by)[:16]}{' (overdue)' if self.overdue else ''}" if self.act_by else ""
        head = (
            f"notice {self.id} of {self.project} by {self.announced_by}, {rfc3339(self.announced_at)[:16]}:"
            f" {self.change}{what}{version}{until}; {self.state}"
        )
        parts = parts_text(self.id, self.parts, "get_notice_part notice_id")
        lines = [head, f"  {self.progress()}", f"  what: {quote(self.content)}{parts}"]
        if self.next_step:
            lines.append(f"  next step: {quote(self.next_step)}")
        if self.ended_why:
            lines.append(f"  {self.state} by {self.ended_by}: {quote(self.ended_why)}")
        return "\n".join(lines)

    def progress(self) -> str:
        """How far it is, in a few words."""
        total = sum(self.counts.values())
        settled = self.settled()
        counted = ", ".join(f"{count} {state}" for state, count in self.counts.items())
        waits = f"; waits for {', '.join(self.waits_for)}" if self.waits_for else ""
        return f"{settled} of {total} settled ({counted}){waits}, nothing new since {rfc3339(self.since)[:16]}"

    def settled(self) -> int:
        """How many projects need not act any more."""
        seen = 0 if self.next_step else self.counts.get("acknowledged", 0)
        return self.counts.get("done", 0) + self.counts.get("not_affected", 0) + seen


class NoticePart(Result):
    """A part of a notice, whole: its fields as its announcer gave them."""

    notice_id: int
    number: int
    kind: str
    announced_by: Author
    content: dict[str, AnyWords]

    def text(self) -> str:
        said = [f"  {name}: {quote(str(value))}" for name, value in self.content.items()]
        return "\n".join([f"part {self.number} of notice {self.notice_id} by {self.announced_by}: {self.kind}", *said])


class NoticeToAct(Result):
    """A notice on which somebody has to act, in a line of its inbox."""

    id: int
    project: str
    change: Change
    publication: Words
    act_by: Timestamp | None
    overdue: bool

    def text(self) -> str:
        what = f" of {quote(self.publication)}" if self.publication else ""
        until = f", act by {rfc3339(self.act_by)[:16]}{' (overdue)' if self.overdue else ''}" if self.act_by else ""
        return f"notice {self.id} of {self.project}: {self.change}{what}{until}"


class NoticeDetail(Notice):
    """A notice with its lines, by project. ``next`` is the ``after`` of the following page, null on the last."""

    lines: list[NoticeLine]
    next: str | None

    def text(self) -> str:
        more = [f"(more: after={self.next})"] if self.next else []
        return "\n".join([super().text(), *(each.text() for each in self.lines), *more])


class NoticeList(Result):
    """Notices, newest first. ``next`` is the ``before`` of the following page, null on the last."""

    notices: list[Notice]
    next: int | None = None

    def text(self) -> str:
        more = [f"(more: before={self.next})"] if self.next else []
        return "\n".join([*(each.text() for each in self.notices), *more]) or "(no notices)"


class NoticeProgress(Result):
    """How notices stand. ``rest``: those for which there was no room here; ask for them again."""

    notices: list[Notice]
    rest: list[int] = []

    def text(self) -> str:
        rest = [f"(no room here for {', '.join(map(str, self.rest))}: ask again)"] if self.rest else []
        last = max((each.since for each in self.notices if each.state == "open"), default=None)
        again = [] if last is None else [f"(to wait on: since={rfc3339(last)})"]
        return "\n".join([*(each.text() for each in self.notices), *rest, *again])
