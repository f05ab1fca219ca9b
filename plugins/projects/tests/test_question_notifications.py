"""Who answers is notified of a question, as long as it is its to answer."""

from __future__ import annotations

import pytest

from plugins.projects.tests.asking import ask, until
from teammcp.testing import Member, TestTeam
from tests.notification_kit import Plugin, told, work

PAGING = Plugin()
pytestmark = pytest.mark.teammcp(install={"pagers": PAGING})


@pytest.mark.parametrize("is_taken_back", [False, True])
async def test_a_question_is_told_unless_it_is_taken_back(
    team: TestTeam, ada: Member, bob: Member, is_taken_back: bool
) -> None:
    PAGING.pager.came.clear()
    await bob.call("set_notification_address", notifier="pager", address="1")
    number = await ask(ada, "Which version?")
    await until(ada, number, "asked")
    if is_taken_back:
        await ada.call("cancel_question", question_id=number)
    await work(team)
    told_of = [(each.kind, each.path) for each in told(PAGING)]
    assert told_of == ([] if is_taken_back else [("question", f"/projects/questions/{number}")])
