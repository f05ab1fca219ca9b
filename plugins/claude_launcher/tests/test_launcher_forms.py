"""The forms of the launcher's pages: each calls an operation, keeps what was typed, and says what is wrong."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from teammcp_claude_launcher.entries import Said, State
from teammcp_claude_launcher.pages.options import option_fields, read_options
from teammcp_claude_launcher.pages.runtime_words import TEXTS
from teammcp_claude_launcher.protocol import FoundRuntime
from teammcp_claude_launcher.runtimes import RUNTIMES

from teammcp import Context
from teammcp.testing import TestTeam
from tests.webkit import Page, Visitor, visiting

from .launched import Birds, Options, polly_at_home
from .runners import FakeRunner

pytestmark = pytest.mark.teammcp(install={"birds": Birds()}, plugins={"claude_launcher": {"machine": "here"}})


@pytest.fixture
async def owner(team: TestTeam) -> Visitor:
    return await visiting(team, team.owner.key)


@pytest.fixture
async def box(team: TestTeam) -> AsyncIterator[FakeRunner]:
    """A machine on which polly lives, who is to run."""
    async with polly_at_home(team) as runner:
        yield runner


async def home(team: TestTeam, name: str = "polly") -> Any:
    return await team.owner.call("get_agent_home", name=name)


FOR_ALL = [
    "/",
    "/launcher",
    "/launcher/runs/1",
    "/launcher/agents/polly/runs",
    "/launcher/machines",
    "/agents/polly",
]
FOR_MANAGERS = [
    "/launcher/start",
    "/launcher/start?runtime=parrot&agent=pia",
    "/launcher/agents/polly/settings",
    "/launcher/machines/of/box/revoke",
    "/launcher/credentials",
    "/launcher/credentials/enter",
]


def check(page: Page) -> None:
    """No script and no style but the server's files, and a token in every form."""
    assert not [tag for tag, values in page.tags if "style" in values or any(name.startswith("on") for name in values)]
    assert all("src" in values for tag, values in page.tags if tag == "script")
    assert all("csrf" in form.values for form in page.forms if form.method == "post")


async def test_members_look_and_managers_act(team: TestTeam, owner: Visitor, box: FakeRunner) -> None:
    await team.agent("pia")
    run = await box.begin("polly")
    await box.tell(run, Said(text="hello"), State(state="working"))
    member = await visiting(team, (await team.agent("bob", kind="human")).key)
    observer = await visiting(team, (await team.agent("oz", kind="human", access="observer")).key)
    for path in FOR_ALL:
        for who in (owner, member):
            page = await who.get(path)
            assert page.status == 200, path
            check(page)
        acts = [form.action for form in (await member.get(path)).forms if form.action.startswith("/launcher")]
        assert not [action for action in acts if not action.endswith("/say")], path
    for path in FOR_MANAGERS:
        page = await owner.get(path)
        assert page.status == 200, path
        check(page)
        assert (await member.get(path)).status == 403, path
    for path in ("/launcher", "/launcher/runs/1", "/launcher/machines"):
        assert (await observer.get(path)).status == 403
    token = (await member.get("/channels/general")).elements("input", name="csrf")[0]["value"]
    for path in ("/launcher/agents/polly/stop", "/launcher/pause", "/launcher/machines/join", "/launcher/example"):
        assert (await member.http.post(path, data={"csrf": token})).status_code == 403, path
    assert (await home(team)).wanted


async def test_programs_are_offered_first_that_one_can_begin_with_and_what_is_missing_is_said_once(
    team: TestTeam, owner: Visitor, box: FakeRunner
) -> None:
    found = [
        FoundRuntime(name="acp", title="Any ACP program"),
        FoundRuntime(name="claude", title="Claude Code", missing="Get claude."),
        FoundRuntime(name="example", title="Example agent", program="/bin/python"),
        FoundRuntime(name="parrot", title="Parrot", program="/bin/parrot"),
    ]
    server = Context.inside(team.team)
    await server.call("note_programs", machine="box", runtimes=found)
    await server.call("note_local_machine", runtimes=found)
    page = await owner.get("/launcher/start")
    places = [page.text.index(f" {title} ") for title in ("Example agent", "Parrot", "Claude Code", "Any ACP program")]
    assert places == sorted(places)
    assert "not on box, here. Get claude." in page.text
    assert page.text.count("Get claude.") == 1


# -- starting and stopping -------------------------------------------------------------------------------------------


async def test_a_member_is_started_with_a_form(team: TestTeam, owner: Visitor, box: FakeRunner) -> None:
    await team.agent("pia")
    assert "/launcher/start?runtime=parrot&agent=pia" in (await owner.get("/launcher/start?agent=pia")).links.values()
    page = await owner.get("/launcher/start?runtime=parrot&agent=pia")
    assert "gets a new key" in page.text
    given = {
        "brief": "Say hello",
        "workspace": "own",
        "model": "big",
        "limits.run_cost_usd": "1.5",
        "option.times": "3",
    }
    await owner.send(page, "/launcher/start", **given)
    pia = await home(team, "pia")
    assert (pia.machine, pia.runtime, pia.model, pia.policy, pia.wanted) == ("box", "parrot", "big", "ask", True)
    assert (pia.limits.run_cost_usd, pia.options) == (1.5, {"times": 3})
    history = await team.owner.call("get_history", channel="dm:pia")
    assert history.messages[-1].content == "Say hello"


async def test_the_dangerous_choice_is_never_the_first_and_says_what_it_means(
    team: TestTeam, owner: Visitor, box: FakeRunner
) -> None:
    await team.agent("pia")
    page = await owner.get("/launcher/start?runtime=parrot&agent=pia")
    chosen = [each["value"] for each in page.elements("input", name="policy") if "checked" in each]
    assert chosen == ["ask"]
    assert "asks nobody: it can delete your files" in page.text
    await owner.send(page, "/launcher/start", policy="allow")
    assert (await home(team, "pia")).policy == "allow"


async def test_what_is_wrong_is_said_beside_the_field_and_nothing_typed_is_lost(
    team: TestTeam, owner: Visitor, box: FakeRunner
) -> None:
    await team.agent("pia")
    page = await owner.get("/launcher/start?runtime=parrot&agent=pia")
    for field, wrong in (("limits.memory_mb", "much"), ("option.times", "thrice"), ("limits.run_cost_usd", "-1")):
        answer = await owner.send(page, "/launcher/start", **{field: wrong, "brief": "Keep <this>"})
        assert answer.status == 400, field
        assert answer.elements("input", name=field)[0]["value"] == wrong
        assert "Keep <this>" in answer.text
        assert answer.elements("small", **{"class": "field-wrong"}), field
    assert "pia" not in [each.agent for each in (await team.owner.call("list_agent_homes")).root]


async def test_a_home_that_is_saved_as_it_was_is_as_it_was(team: TestTeam, owner: Visitor, box: FakeRunner) -> None:
    given = {
        "options": {"words": ["a b", "c"], "loud": True, "pause": 0.5},
        "limits": {"memory_mb": 512, "run_cost_usd": 0.25},
        "workspace": "folder",
        "folder": "/srv/project",
        "policy": "deny",
        "answers": "output",
        "guide": "You are\npolly.",
    }
    before = await team.owner.call("configure_agent", name="polly", **given)
    page = await owner.get("/launcher/agents/polly/settings")
    await owner.send(page, "/launcher/agents/polly/settings")
    after = await home(team)
    assert after.model_dump(exclude={"changed_at"}) == before.model_dump(exclude={"changed_at"})
    page = await owner.get("/launcher/agents/polly/settings")
    await owner.send(page, "/launcher/agents/polly/settings", workspace="own", **{"option.words": "only one"})
    after = await home(team)
    assert (after.workspace, after.folder, after.options["words"]) == ("own", "", ["only one"])


async def test_agents_are_stopped_started_restarted_and_paused(team: TestTeam, owner: Visitor, box: FakeRunner) -> None:
    run = await box.begin("polly")
    await box.tell(run, State(state="working"))
    page = await owner.get("/launcher")
    await owner.send(page, "/launcher/agents/polly/restart")
    assert (await home(team)).wanted
    stopped = await owner.send(page, "/launcher/agents/polly/stop")
    assert (stopped.path, (await home(team)).wanted) == ("/launcher", False)
    await owner.send(stopped, "/launcher/agents/polly/start")
    assert (await home(team)).wanted
    paused = await owner.send(await owner.get("/launcher"), "/launcher/pause", reason="deploying")
    assert "All agents are paused by owner" in paused.text
    assert "deploying" in paused.text
    resumed = await owner.send(paused, "/launcher/resume")
    assert "paused" not in resumed.text
    await team.owner.call("retire_agent", name="polly")
    gone = await owner.send(resumed, "/launcher/agents/polly/stop")
    assert gone.status in {404, 410}
    assert "polly" in gone.text


async def test_an_agent_whose_key_was_replaced_is_given_a_new_one_with_one_click(
    team: TestTeam, owner: Visitor, box: FakeRunner
) -> None:
    page = await owner.send(await owner.get("/launcher"), "/launcher/agents/polly/stop")
    await team.owner.call("rotate_key", name="polly")
    asked = await owner.send(page, "/launcher/agents/polly/start")
    assert (asked.status, "was replaced elsewhere" in asked.text) == (409, True)
    assert not (await home(team)).wanted
    done = await owner.send(asked, "/launcher/agents/polly/start")
    assert done.path == "/launcher"
    assert (await home(team)).wanted


async def test_an_agent_stays_where_it_lives_though_its_machine_is_revoked(
    team: TestTeam, owner: Visitor, box: FakeRunner
) -> None:
    await team.owner.call("revoke_machine", machine="box")
    page = await owner.get("/launcher/agents/polly/settings")
    assert page.form("/launcher/agents/polly/settings").values["machine"] == "box"
    assert "box (it is no machine of the team any more)" in page.text


async def test_an_agent_of_a_revoked_machine_is_given_another_and_can_be_started_then(
    team: TestTeam, owner: Visitor, box: FakeRunner
) -> None:
    await team.owner.call("revoke_machine", machine="box")
    start, settings = "/launcher/agents/polly/start", "/launcher/agents/polly/settings"
    for path in ("/launcher", "/agents/polly"):
        page = await owner.get(path)
        assert "Give it another machine…" in page.text, path
        assert start not in [form.action for form in page.forms], path
    await owner.send(await owner.get(settings), settings, model="big")
    assert "was revoked" in (await home(team)).held
    await owner.send(await owner.get(settings), settings, machine="here")
    polly = await home(team)
    assert (polly.machine, polly.held, polly.wanted) == ("here", "", False)
    await owner.send(await owner.get("/launcher"), start)
    assert (await home(team)).wanted


# -- machines --------------------------------------------------------------------------------------------------------


async def test_a_machine_joins_with_a_command_that_is_shown_once(team: TestTeam, owner: Visitor) -> None:
    page = await owner.get("/launcher/machines")
    form = page.form("/launcher/machines/join")
    answer = await owner.http.post(form.action, data=form.values)
    shown = Page(answer)
    assert answer.headers["Cache-Control"] == "no-store"
    command = shown.text.partition("teammcp runner join --url ")[2]
    token = command.split()[2]
    assert command.startswith("http")
    assert token not in shown.path
    joined = await team.client().post("/hooks/claude_launcher/join", json={"token": token, "name": "<laptop>"})
    assert joined.status_code == 200
    page = await owner.get("/launcher/machines")
    assert "laptop" in page.text
    assert token not in page.response.text
    assert "not connected" in page.text


async def test_an_address_that_other_machines_cannot_reach_is_not_given_without_a_word(
    team: TestTeam, owner: Visitor
) -> None:
    page = await owner.get("/launcher/machines")
    shown = await owner.http.post("/launcher/machines/join", data=page.form("/launcher/machines/join").values)
    assert "This address works on this machine only" in Page(shown).text


@pytest.mark.teammcp(url="https://team.example.org")
async def test_the_servers_public_address_is_the_one_to_join(team: TestTeam, owner: Visitor) -> None:
    page = await owner.get("/launcher/machines")
    shown = Page(await owner.http.post("/launcher/machines/join", data=page.form("/launcher/machines/join").values))
    assert "--url https://team.example.org --token" in shown.text
    assert "on this machine only" not in shown.text
    assert "teammcp runner run" in shown.text


async def test_a_machine_is_revoked_once_somebody_is_sure(team: TestTeam, owner: Visitor, box: FakeRunner) -> None:
    asked = await owner.get("/launcher/machines/of/box/revoke")
    assert "What lives there: polly." in asked.text
    page = await owner.send(asked, "/launcher/machines/of/box/revoke")
    assert page.path == "/launcher/machines"
    assert "revoked by owner" in page.text
    assert not page.elements("li", **{"data-machine": "box"})
    assert (await owner.get("/launcher/machines/of/nothing/revoke")).status == 404
    assert (await owner.send(asked, "/launcher/machines/of/box/revoke")).status == 409


# -- credentials -----------------------------------------------------------------------------------------------------


async def test_a_key_goes_in_and_never_comes_out(team: TestTeam, owner: Visitor) -> None:
    secret = "sk-very-secret-1234"
    page = await owner.get("/launcher/credentials/enter")
    wrong = await owner.send(page, "/launcher/credentials/enter", name="no spaces", kind="openrouter", key=secret)
    assert (wrong.status, secret in wrong.response.text) == (400, False)
    assert wrong.elements("input", name="name")[0]["value"] == "no spaces"
    done = await owner.send(
        page, "/launcher/credentials/enter", name="router", kind="openrouter", key=secret, note="ours"
    )
    assert done.path == "/launcher/credentials"
    assert "OPENROUTER_API_KEY" in done.text
    again = await owner.get("/launcher/credentials/enter?replaces=1&name=router&kind=openrouter&note=ours")
    replaced = await owner.send(again, "/launcher/credentials/enter", kind="openrouter", key=f"{secret}-new")
    for each in (done, again, replaced):
        assert secret not in each.response.text
    odd = await owner.send(page, "/launcher/credentials/enter", name="own", kind="custom", variables=f"OK=1\n{secret}")
    assert odd.status == 400
    assert "Line 2 is no variable" in odd.text
    assert secret not in odd.response.text
    own = await owner.send(page, "/launcher/credentials/enter", name="own", kind="custom", variables=f"MY_KEY={secret}")
    assert "MY_KEY" in own.text
    assert secret not in json.dumps([event.data for event in await team.events()], default=str)
    asked = await owner.get("/launcher/credentials/of/own/delete")
    assert "MY_KEY" in (await owner.get("/launcher/credentials")).text
    deleted = await owner.send(asked, "/launcher/credentials/of/own/delete")
    assert "MY_KEY" not in deleted.text


async def test_a_key_is_entered_in_a_dialog(team: TestTeam, owner: Visitor) -> None:
    page = await owner.http.get("/launcher/credentials/enter", headers={"X-Fragment": "dialog"})
    assert (page.status_code, "<html" in page.text, 'name="key"' in page.text) == (200, False, True)


async def test_a_key_that_agents_use_is_not_deleted(team: TestTeam, owner: Visitor, box: FakeRunner) -> None:
    await team.owner.call("set_credential", name="router", kind="openai", key="sk-1")
    asked = await owner.get("/launcher/credentials/of/router/delete")
    await team.owner.call("configure_agent", name="polly", credential="router")
    assert "used by polly" in (await owner.get("/launcher/credentials")).text
    shown = await owner.get("/launcher/credentials/of/router/delete")
    assert "polly use it" in shown.text
    assert not [form for form in shown.forms if form.action.endswith("/delete")]
    refused = await owner.send(asked, "/launcher/credentials/of/router/delete")
    assert refused.status == 409
    assert "Give them another credential first" in refused.text


# -- runtimes and their options --------------------------------------------------------------------------------------


def test_options_are_asked_for_and_read_by_their_schema() -> None:
    fields = option_fields(Options.model_json_schema())
    assert [(each.name, each.kind, each.default) for each in fields] == [
        ("loud", "yes_no", ""),
        ("words", "lines", ""),
        ("times", "integer", "1"),
        ("pause", "number", ""),
    ]
    typed = {"option.loud": "yes", "option.words": "a\n\n b ", "option.times": "1", "option.pause": ""}
    assert read_options(fields, typed) == {"loud": True, "words": ["a", "b"]}
    assert read_options(fields, {}) == {}
    for value in ({}, {"loud": True, "words": ["x"], "times": 4, "pause": 1.5}):
        form = {each.field: each.shown(value) for each in fields}
        assert read_options(fields, form) == value
    with pytest.raises(ValueError, match=r"option\.times: many"):
        read_options(fields, {"option.times": "many"})


def test_what_the_launchers_runtimes_say_of_themselves_can_be_translated() -> None:
    for runtime in RUNTIMES:
        fields = runtime.Options.model_fields.values()
        said = {
            runtime.title,
            runtime.description,
            *(text for each in fields for text in (each.title, each.description)),
        }
        assert said <= {*TEXTS, None}, f"{runtime.name}: add them to pages/runtime_words.py"
