"""Who answers is notified of a question, as long as it is its to answer."""

from __future__ import annotations

import pytest

from plugins.projects.tests.asking import ask, until
from teammcp import Notification, Notifier, hookimpl
from teammcp.features.notifications.jobs import work_off
from teammcp.testing import Member, TestTeam


class Pager(Notifier):
    """Keeps what it is told."""

    name = "pager"
    title = "A pager"

    def __init__(self) -> None:
        self.came: list[tuple[str, str]] = []

    async def deliver(self, notification: Notification) -> None:
        self.came += [(each.kind, each.path) for each in notification.things]

    @hookimpl
    def register_notifiers(self) -> list[Notifier]:
        return [self]


PAGER = Pager()
pytestmark = pytest.mark.teammcp(install={"pager": PAGER})


@pytest.mark.parametrize("is_taken_back", [False, True])
async def test_a_question_is_told_unless_it_is_taken_back(
    team: TestTeam, ada: Member, bob: Member, is_taken_back: bool
) -> None:
    PAGER.came.clear()
    await bob.call("set_notification_address", notifier="pager", address="1")
    number = await ask(ada, "Which version?")
    await until(ada, number, "asked")
    if is_taken_back:
        await ada.call("cancel_question", question_id=number)
    await work_off(team.team)
    await team.server.settle()
    assert PAGER.came == ([] if is_taken_back else [("question", f"/projects/questions/{number}")])
