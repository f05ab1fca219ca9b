"""Agents that are started for questions: one for each who asks, kept, in order, and no more awake than may be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter
from teammcp_projects.lanes.homes import IDLE_MINUTES
from teammcp_projects.lanes.naming import name_for
from teammcp_projects.lanes.pool import Awake, to_rest

from plugins.claude_launcher.tests.keeping import until
from plugins.claude_launcher.tests.scripted import Puppets
from plugins.projects.tests.starting import (
    STARTS_AGENTS,
    World,
    answered,
    ask,
    asked,
    inbox,
    look,
    makes_room,
    runs_idle,
    stands,
)
from teammcp import AgentName, Conflict, Forbidden, NotFound, TeamError

pytestmark = STARTS_AGENTS


@pytest.fixture
def installed_plugins() -> set[str]:
    return {"theme-base", "projects", "claude_launcher"}


async def test_a_question_starts_an_agent_in_the_folder_and_what_it_says_is_the_answer(world: World) -> None:
    async with world.stage.running():
        await world.project()
        ada = await world.asker("ada", "web")
        number = await ask(ada, "Which version of the API?")
        program = await world.program("backend.web")
        assert "Which version of the API?" in await asked(program, world.stage)
        assert program.launch.folder == world.folder
        assert program.launch.policy == "ask"
        assert "You answer for the code base backend" in program.launch.guide
        program.end_turn("v2, see api.py:7")
        found = await stands(ada, number, "answered")
        assert (found.answer, found.answered_by) == ("v2, see api.py:7", "backend.web")
        assert [text for text in await inbox(ada) if text.endswith("v2, see api.py:7")]


async def test_a_message_goes_to_the_agent_that_was_started_for_its_sender_and_the_status_says_what_it_does(
    world: World,
) -> None:
    async with world.stage.running():
        await world.project()
        ada = await world.asker("ada", "web")
        with pytest.raises(Conflict, match="teams_ask starts one"):
            await ada.call("teams_send_message", projects=["backend"], content="hello")
        number = await ask(ada)
        program = await world.program("backend.web")
        await asked(program, world.stage)
        [found] = (await ada.call("teams_get_status", projects=["backend"])).projects
        assert [(each.agent, each.question) for each in found.answerers] == [("backend.web", number)]
        program.end_turn("v2")
        await stands(ada, number, "answered")
        for verb in ("teams_send_message", "teams_notify"):
            told = await ada.call(verb, projects=["backend"], content="we move to v3")
            assert [each.agent for each in told.reached] == ["backend.web"]


async def test_who_does_not_know_says_so_by_how_the_answer_begins(world: World) -> None:
    async with world.stage.running():
        await world.project()
        ada = await world.asker("ada", "web")
        number = await ask(ada)
        program = await world.program("backend.web")
        await asked(program, world.stage)
        program.end_turn("Cannot_say: that is in the database")
        assert (await stands(ada, number, "cannot_say")).answer == "that is in the database"


async def test_each_who_asks_has_a_conversation_of_its_own_which_is_kept(world: World) -> None:
    async with world.stage.running():
        await world.project()
        ada, bob = await world.asker("ada", "web"), await world.asker("bob")
        await answered(world, ada, "backend.web", 1, "one")
        await answered(world, bob, "backend.bob", 1, "two")
        await answered(world, ada, "backend.web", 2, "three")
        program = await world.program("backend.web")
        assert len(world.stage.runtime.sessions) == 2
        await world.stage.clock.advance(60 * IDLE_MINUTES + 1)
        await until(lambda: not program.lives, "the end of what has nothing to do")
        await ask(ada, "And now?")
        again = await world.program("backend.web", 2)
        assert "And now?" in await asked(again, world.stage)
        assert again.launch.conversation is not None


async def test_those_who_ask_are_answered_side_by_side_and_the_others_wait(world: World) -> None:
    async with world.stage.running():
        await world.project(at_once=2)
        members = [await world.asker(name, f"p-{name}") for name in ("ada", "bob", "cid")]
        numbers = [await ask(member) for member in members]
        for member, number in zip(members[:2], numbers, strict=False):
            await stands(member, number, "asked")
        waiting = await stands(members[2], numbers[2], "queued")
        assert waiting.place == 1
        program = await world.program("backend.p-ada")
        await asked(program, world.stage)
        program.end_turn("one")
        await stands(members[0], numbers[0], "answered")
        await runs_idle(world, "backend.p-ada")
        await look(world)
        await makes_room(world, program)
        other = await world.program("backend.p-cid")
        await asked(other, world.stage)
        assert (await world.program("backend.p-bob")).lives, "no busy one does"
        assert {each.launch.agent for each in world.stage.runtime.alive} == {"backend.p-bob", "backend.p-cid"}
        other.end_turn("three")
        await stands(members[2], numbers[2], "answered")


async def test_who_waits_for_a_place_is_not_passed_over_by_one_who_has_it(world: World) -> None:
    async with world.stage.running():
        await world.project(at_once=1)
        ada, bob = await world.asker("ada", "web"), await world.asker("bob")
        first, his, second = await ask(ada), await ask(bob), await ask(ada)
        program = await world.program("backend.web")
        await asked(program, world.stage)
        agent = world.stage.team.member("backend.web", world.stage.key("backend.web"))
        await agent.call("answer_question", question_id=first, answer="one")  # and it is still in its turn
        await look(world)
        assert [(await bob.call("get_question", question_id=each)).state for each in (his, second)] == ["queued"] * 2
        program.end_turn()
        await runs_idle(world, "backend.web")
        await look(world)
        await makes_room(world, program)
        other = await world.program("backend.bob")
        await asked(other, world.stage)
        await stands(bob, his, "asked")
        assert (await stands(ada, second, "queued")).place == 1


async def lose_role(world: World) -> None:
    """A project whose agents cannot be started: the role that was chosen for them is deleted."""
    await world.owner.call("set_role", name="wizard", title="Wizard", summary="knows it all", guide="You know it all.")
    await world.project(role="wizard")
    await world.owner.call("delete_role", name="wizard")


async def test_what_waits_because_nobody_can_be_started_keeps_its_order(world: World) -> None:
    async with world.stage.running():
        await lose_role(world)
        ada = await world.asker("ada", "web")
        first = await ask(ada)
        await world.stage.team.server.settle()
        world.stage.team_clock.advance(seconds=50)
        second = await ask(ada)
        await world.stage.team.server.settle()
        assert "there is no role 'wizard'" in (await stands(ada, second, "queued")).trouble
        world.stage.team_clock.advance(seconds=15)
        await look(world)
        await world.owner.call("update_project", project="backend", role="")
        world.stage.team_clock.advance(seconds=46)
        await look(world)
        await stands(ada, first, "asked")
        await stands(ada, second, "queued")


async def test_who_was_put_to_sleep_for_another_goes_on_with_the_same_conversation(world: World) -> None:
    async with world.stage.running():
        await world.project(at_once=1)
        ada, bob = await world.asker("ada", "web"), await world.asker("bob")
        await answered(world, ada, "backend.web", 1, "one")
        await runs_idle(world, "backend.web")
        number = await ask(bob)
        await makes_room(world, await world.program("backend.web"))
        other = await world.program("backend.bob")
        await asked(other, world.stage)
        other.end_turn("two")
        await stands(bob, number, "answered")
        await runs_idle(world, "backend.bob")
        number = await ask(ada)
        await makes_room(world, other)
        program = await world.program("backend.web", 2)
        await asked(program, world.stage)
        assert program.launch.conversation is not None
        program.end_turn("three")
        await stands(ada, number, "answered")
        await runs_idle(world, "backend.web")
        assert program.lives


async def test_a_conversation_begins_anew_with_the_next_question(world: World) -> None:
    async with world.stage.running():
        await world.project()
        ada, bob = await world.asker("ada", "web"), await world.asker("bob")
        with pytest.raises(NotFound, match="no agent of backend was started to answer web"):
            await ada.call("reset_conversation", project="backend")
        await answered(world, ada, "backend.web", 1, "one")
        with pytest.raises(Forbidden, match="only who works in web"):
            await bob.call("reset_conversation", project="backend", asking="web")
        assert (await ada.call("reset_conversation", project="backend")).renews
        await world.owner.call("reset_conversation", project="backend", asking="web")
        [known] = (await bob.call("list_conversations", project="backend")).conversations
        assert (known.asking, known.agent, known.renews, known.question) == ("web", "backend.web", True, None)
        number = await ask(ada)
        program = await world.program("backend.web", 2)
        await asked(program, world.stage)
        assert program.launch.conversation is None
        [known] = (await bob.call("list_conversations", project="backend")).conversations
        assert (known.renews, known.question) == (False, number)


async def test_a_runtime_that_cannot_copy_a_conversation_says_so(world: World) -> None:
    async with world.stage.running():
        await world.project()
        ada = await world.asker("ada", "web")
        await answered(world, ada, "backend.web", 1, "one")
        with pytest.raises(Conflict, match=r"^project: backend\.web runs .* cannot go on from a copy"):
            await ada.call("fork_conversation", project="backend")


async def test_what_cannot_be_started_waits_and_says_why_and_is_tried_again(world: World) -> None:
    async with world.stage.running():
        await lose_role(world)
        ada = await world.asker("ada", "web")
        number = await ask(ada)
        await world.stage.team.server.settle()
        assert "there is no role 'wizard'" in (await stands(ada, number, "queued")).trouble
        await world.owner.call("update_project", project="backend", role="")
        world.stage.team_clock.advance(minutes=1)
        await look(world)
        assert (await stands(ada, number, "asked")).trouble == ""


async def test_who_is_stopped_by_hand_is_not_started_by_a_question(world: World) -> None:
    async with world.stage.running():
        await world.project()
        ada = await world.asker("ada", "web")
        await answered(world, ada, "backend.web", 1, "one")
        await world.owner.call("stop_agent", name="backend.web")
        number = await ask(ada)
        await world.stage.team.server.settle()
        assert "backend.web, who answers, was stopped" in (await stands(ada, number, "queued")).trouble
        await world.owner.call("start_agent", name="backend.web")
        world.stage.team_clock.advance(minutes=1)
        await look(world)
        await stands(ada, number, "asked")


async def test_a_turn_that_ends_without_an_answer_is_asked_again_and_three_such_are_an_end(world: World) -> None:
    async with world.stage.running():
        await world.project()
        ada = await world.asker("ada", "web")
        number = await ask(ada)
        program = await world.program("backend.web")
        for turn in range(1, 4):
            await stands(ada, number, "asked")
            await asked(program, world.stage, turn)
            program.end_turn(outcome="failed", detail="the model is away")
            await runs_idle(world, "backend.web", turn)
            await look(world)
            world.stage.team_clock.advance(seconds=11)
            await look(world)
        found = await stands(ada, number, "cannot_say")
        assert "each of my turns ended without an answer" in found.answer
        assert found.answered_by == "backend.web"


async def test_an_answer_that_was_sent_and_not_noted_is_found(world: World) -> None:
    async with world.stage.running():
        await world.project()
        ada = await world.asker("ada", "web")
        number = await ask(ada)
        program = await world.program("backend.web")
        await asked(program, world.stage)
        agent = world.stage.team.member("backend.web", world.stage.key("backend.web"))
        await agent.call("send_dm", recipient="ada", content="v2")
        program.end_turn("I have told her.")
        await runs_idle(world, "backend.web")
        await look(world)
        assert (await stands(ada, number, "asked")).answer == "", "its answer may be on its way"
        world.stage.team_clock.advance(seconds=11)
        await look(world)
        assert (await stands(ada, number, "answered")).answer == "v2"


@pytest.mark.parametrize("before", ["another question", "a message"])
async def test_what_was_said_to_something_that_came_before_is_no_answer(world: World, before: str) -> None:
    async with world.stage.running():
        await world.project()
        ada = await world.asker("ada", "web")
        first = await ask(ada, "Which version?")
        program = await world.program("backend.web")
        await asked(program, world.stage)
        if before == "a message":
            program.end_turn("v2")
            await stands(ada, first, "answered")
            await ada.call("send_dm", recipient="backend.web", content="Thank you. How is it going?")
            await asked(program, world.stage, 2)
        else:
            await ada.call("cancel_question", question_id=first)
        second = await ask(ada, "And which port?")
        await stands(ada, second, "asked")
        program.end_turn("said to what came before")
        turn = 3 if before == "a message" else 2
        await asked(program, world.stage, turn)
        program.end_turn(outcome="failed", detail="the model is away")
        await runs_idle(world, "backend.web", turn)
        await look(world)
        world.stage.team_clock.advance(seconds=11)
        await look(world)
        await asked(program, world.stage, turn + 1)
        program.end_turn("port 80")
        assert (await stands(ada, second, "answered")).answer == "port 80"


async def test_one_that_is_held_is_tried_again_once_something_else_is_to_run(world: World) -> None:
    async with world.stage.running():
        await world.project()
        ada = await world.asker("ada", "web")
        await answered(world, ada, "backend.web", 1, "one")

        async def held() -> str:
            return str((await world.owner.call("get_agent_home", name="backend.web")).held)

        crashes = 0
        while not await held():
            crashes += 1
            (await world.program("backend.web", crashes)).exit(1)
            await world.stage.ended("backend.web", crashes)
            await world.stage.clock.advance(60)
        number = await ask(ada)
        await look(world)
        assert "is held" in (await stands(ada, number, "queued")).trouble
        world.stage.team_clock.advance(seconds=61)
        await look(world)
        assert (await stands(ada, number, "queued")).holder is None, "nothing else is to run yet"
        await world.owner.call("update_project", project="backend", model="other")
        world.stage.team_clock.advance(seconds=61)
        await look(world)
        assert (await stands(ada, number, "asked")).holder == "backend.web"
        program = await world.program("backend.web", crashes + 1)
        await asked(program, world.stage)
        program.end_turn("two")
        assert (await stands(ada, number, "answered")).answer == "two"


async def test_who_is_retired_or_lives_elsewhere_by_now_is_replaced(world: World, tmp_path: Path) -> None:
    async with world.stage.running():
        await world.project()
        ada = await world.asker("ada", "web")
        await answered(world, ada, "backend.web", 1, "one")
        await world.owner.call("retire_agent", name="backend.web")
        await world.stage.team.server.settle()
        number = await ask(ada)
        second = (await stands(ada, number, "asked")).holder
        assert second.startswith("backend.web.")
        program = await world.program(second)
        await asked(program, world.stage)
        program.end_turn("two")
        await stands(ada, number, "answered")
        (tmp_path / "moved").mkdir()
        folders = [{"machine": world.stage.machine, "folder": str(tmp_path / "moved")}]
        await world.owner.call("update_project", project="backend", folders=folders)
        third = (await stands(ada, await ask(ada), "asked")).holder
        assert third not in ("backend.web", second)
        assert (await world.program(third)).launch.folder == tmp_path / "moved"
        with pytest.raises(TeamError, match="was retired"):
            await world.owner.call("send_dm", recipient=second, content="Are you there?")


@pytest.mark.parametrize("chosen", [{"runtime": "quiet"}, {"runtime": ""}, {"runtime": "", "folders": []}])
async def test_a_question_is_not_left_with_one_that_cannot_go_on_and_is_not_what_is_chosen_now(
    world: World, chosen: dict[str, Any]
) -> None:
    async with world.stage.running(quiet=Puppets(name="quiet")):
        await world.project()
        await world.asker("bob")
        await world.owner.call("set_project_agents", project="backend", agents=["bob"])
        ada = await world.asker("ada", "web")
        number = await ask(ada)
        await asked(await world.program("backend.web"), world.stage)
        await world.owner.call("stop_agent", name="backend.web")
        await look(world)
        assert "start_agent lets it go on" in (await stands(ada, number, "asked")).trouble
        await world.owner.call("update_project", project="backend", **chosen)
        await look(world)
        await world.stage.team.server.settle()
        found = await stands(ada, number, "asked")
        assert found.holder.startswith("backend.web." if chosen["runtime"] else "bob")
        assert found.trouble == ""


async def test_other_rules_hold_for_the_next_question(world: World) -> None:
    async with world.stage.running():
        await world.project()
        ada = await world.asker("ada", "web")
        await answered(world, ada, "backend.web", 1, "one")
        await world.owner.call("update_project", project="backend", changes="deny")
        await ask(ada)
        program = await world.program("backend.web", 2)
        await asked(program, world.stage)
        assert (program.launch.policy, program.launch.conversation is None) == ("deny", False)


async def test_a_project_that_is_removed_takes_its_agents_along(world: World) -> None:
    async with world.stage.running():
        await world.project()
        ada = await world.asker("ada", "web")
        await answered(world, ada, "backend.web", 1, "one")
        await world.owner.call("set_project_agents", project="backend", agents=[])
        assert (await world.owner.call("list_conversations", project="backend")).conversations
        with pytest.raises(Conflict, match="was started to answer in one conversation"):
            await world.owner.call("set_project_agents", project="backend", agents=["backend.web"])
        await world.owner.call("remove_project", project="backend")
        await world.stage.team.server.settle()
        with pytest.raises(TeamError, match="was retired"):
            await world.owner.call("send_dm", recipient="backend.web", content="Are you there?")


async def test_a_project_that_takes_the_name_of_one_that_is_gone_begins_a_conversation_of_its_own(world: World) -> None:
    async with world.stage.running():
        await world.project()
        ada = await world.asker("ada", "web")
        first = await ask(ada)
        program = await world.program("backend.web")
        await asked(program, world.stage)
        program.end_turn("a secret")
        await stands(ada, first, "answered")
        await world.owner.call("remove_project", project="web")
        joe = await world.asker("joe", "web")
        assert [each.renews for each in (await joe.call("list_conversations", project="backend")).conversations] == [
            True
        ]
        await ask(joe)
        anew = await world.program("backend.web", 2)
        assert anew.launch.conversation is None


async def test_what_is_started_is_for_managers_to_say_and_leave_to_change_all_for_people(world: World) -> None:
    ann = await world.stage.team.agent("ann")
    boss = await world.stage.team.agent("boss", access="manager")
    await world.project(owners=["ann"], runtime="")
    for fact in ({"runtime": "puppet"}, {"options": {"loud": True}}, {"changes": "deny"}):
        with pytest.raises(Forbidden, match="is for a manager to say"):
            await ann.call("update_project", project="backend", **fact)
    await ann.call("update_project", project="backend", description="mine", folders=[])
    with pytest.raises(Forbidden, match="is for a person to choose"):
        await boss.call("update_project", project="backend", changes="allow")
    assert (await boss.call("update_project", project="backend", runtime="puppet")).chosen_by == "boss"
    with pytest.raises(Forbidden, match="folders: what is started"):
        await ann.call("update_project", project="backend", folders=[{"folder": "/"}])
    await world.owner.call("update_project", project="backend", changes="allow")
    with pytest.raises(Forbidden, match="and which one, is for a person to choose"):
        await boss.call("update_project", project="backend", runtime="quiet")


async def test_whoever_has_chosen_what_runs_must_still_be_a_manager(world: World) -> None:
    async with world.stage.running():
        boss = await world.stage.team.agent("boss", access="manager")
        await world.project(runtime="")
        await boss.call("update_project", project="backend", runtime="puppet")
        await world.owner.call("retire_agent", name="boss")
        ada = await world.asker("ada", "web")
        number = await ask(ada)
        await world.stage.team.server.settle()
        assert "is no manager any more" in (await stands(ada, number, "queued")).trouble
        assert (await world.owner.call("update_project", project="backend", runtime="puppet")).chosen_by == "owner"
        world.stage.team_clock.advance(minutes=1)
        await look(world)
        await stands(ada, number, "asked")


TEXT = st.text("abcWXYZ019._-äßджΩ漢", min_size=1, max_size=64)
NAME = TypeAdapter[str](AgentName)


@given(TEXT, TEXT, st.sets(st.integers(0, 3)))
def test_an_agent_that_answers_has_a_name_that_is_allowed_and_free(project: str, lane: str, taken: set[int]) -> None:
    others: list[str] = []
    for _ in taken:
        name = name_for(project, lane, others.__contains__)
        assert NAME.validate_python(name) == name
        assert name not in others
        others.append(name)


@given(st.lists(st.tuples(st.booleans(), st.booleans(), st.integers(0, 5)), max_size=6))
def test_only_who_is_not_busy_makes_room_and_one_at_a_time(states: list[tuple[bool, bool, int]]) -> None:
    awake = [Awake(f"a{number}", *state) for number, state in enumerate(states)]
    found = to_rest(awake)
    idle = [each for each in awake if not each.is_busy]
    if found is None:
        assert not idle or any(each.is_leaving for each in idle)
    else:
        [chosen] = [each for each in awake if each.name == found]
        assert not chosen.is_busy
        assert chosen.used_at == min(each.used_at for each in idle)


async def test_the_page_of_a_project_shows_conversations_and_begins_them_anew(world: World) -> None:
    async with world.stage.running(claude=Puppets(name="claude")):
        await world.project()
        ada, bob = await world.asker("ada", "web"), await world.asker("bob")
        await answered(world, ada, "backend.web", 1, "one")
        await ada.log_in()
        await bob.log_in()
        path = "/projects/of/backend"
        assert "Begin anew" in (await ada.http.get(path)).text
        assert "Begin anew" not in (await bob.http.get(path)).text
        assert (await ada.submit(f"{path}/conversations", asking="web")).status_code == 303
        assert "begins anew with the next question" in (await ada.http.get(path)).text
        refused = await ada.http.get(f"{path}/conversations?asking=web")
        assert (refused.status_code, refused.text.count("cannot go on from a copy")) == (409, 1)
        dialog = await ada.http.get(f"{path}/conversations?asking=web", headers={"X-Fragment": "dialog"})
        assert dialog.text.split('id="notice"')[0].count("cannot go on from a copy") == 1
        await world.owner.log_in()
        facts = {"at_once": "2", "runtime": "claude", "everybody": "1", "owners": "owner"}
        place = {"folders.machine": "box", "folders.folder": str(world.folder)}
        wrong = await world.owner.submit(f"{path}/change", **facts, **place, options="loud")
        assert "options: " in wrong.text
        right = await world.owner.submit(f"{path}/change", **facts, **place, options='{"mode": "plan"}', changes="deny")
        assert right.status_code == 303, right.text
        found = await ada.call("get_project", project="backend")
        assert (found.options, found.changes) == ({"mode": "plan"}, "deny")


@pytest.mark.parametrize(
    ("facts", "options"),
    [
        ({"runtime": "claude"}, {"own_servers": True}),
        ({"runtime": "claude", "options": {"own_servers": False}}, {"own_servers": False}),
        ({"runtime": "codex"}, {"sandbox": "read-only"}),
        ({"runtime": "codex", "changes": "allow"}, {}),
        ({"runtime": "puppet"}, {}),
    ],
    ids=["claude", "claude without servers", "codex", "codex with leave", "another"],
)
async def test_a_program_only_reads_unasked_and_has_the_folders_own_servers(
    world: World, facts: dict[str, Any], options: dict[str, Any]
) -> None:
    async with world.stage.running(claude=Puppets(name="claude"), codex=Puppets(name="codex")):
        await world.project(**facts)
        ada = await world.asker("ada", "web")
        await stands(ada, await ask(ada), "asked")
        assert (await world.owner.call("get_agent_home", name="backend.web")).options == options
