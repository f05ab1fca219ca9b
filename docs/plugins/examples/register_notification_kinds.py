"""Let managers be told when the shared state says that the build is broken, and no more once it is not."""

from collections.abc import Iterable

from teammcp import Context, Event, NotificationKind, Occasion, Reader, hookimpl
from teammcp.web import mark_many


class BrokenBuilds(NotificationKind):
    """The state field ``build`` says ``broken``."""

    name = "broken_build"
    title = "a broken build"
    urgency = "now"
    events = ("state.changed",)
    many = mark_many("%(num)s time the build was broken", "%(num)s times the build was broken")

    def occasions(self, context: Context, reader: Reader, event: Event) -> Iterable[Occasion]:
        if event.data.get("field") == "build" and event.data.get("value") == "broken":
            for manager in context.team.directory.managers:
                yield Occasion(manager.name, key="build", content="The build is broken.", path="/state")


@hookimpl
def register_notification_kinds() -> list[NotificationKind]:
    return [BrokenBuilds()]
