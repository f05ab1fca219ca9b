"""Questions as a kind of what members are notified of."""

from __future__ import annotations

from collections.abc import Iterable

from teammcp import Context, Event, NotificationKind, Occasion, Reader
from teammcp.web import mark, mark_many

from . import queries


class Questions(NotificationKind):
    """Questions of others to whoever answers for a project, as long as they are its to answer."""

    name = "question"
    title = mark("questions to your project")
    events = ("message.sent",)
    many = mark_many("%(num)s question to your project", "%(num)s questions to your project")

    def occasions(self, context: Context, reader: Reader, event: Event) -> Iterable[Occasion]:
        message = int(event.subject)
        asked = queries.asked_in(reader, message)
        if asked is not None:
            key, path = f"question {asked['question']}", f"/projects/questions/{asked['question']}"
            yield Occasion(asked["holder"], key=key, path=path, message_id=message)

    def is_over(self, context: Context, reader: Reader, occasion: Occasion) -> bool:
        question = queries.question(reader, int(occasion.key.removeprefix("question ")))
        return question is None or question["state"] != "asked" or question["holder"] != occasion.agent


KINDS = (Questions(),)
