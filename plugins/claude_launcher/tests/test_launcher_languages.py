"""What the launcher says, in the reader's language: it is said in English wherever it runs, and again on pages."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from teammcp_claude_launcher import homes, runs, sentences
from teammcp_claude_launcher.entries import Ended, Started
from teammcp_claude_launcher.pages.words import said
from teammcp_claude_launcher.protocol import FoundRuntime
from teammcp_claude_launcher.roles.gallery import shipped
from teammcp_claude_launcher.runner.programs import look_for
from teammcp_claude_launcher.runtimes import RUNTIMES
from teammcp_claude_launcher.sentences import SENTENCES, Sentence

from teammcp import Context
from teammcp.testing import TestTeam
from tests.webkit import Visitor, visiting

from .launched import Birds, polly_at_home
from .runners import FakeRunner

pytestmark = pytest.mark.teammcp(install={"birds": Birds()}, plugins={"claude_launcher": {"machine": "here"}})
CHINESE = {"Accept-Language": "zh"}


@pytest.fixture
async def owner(team: TestTeam) -> Visitor:
    return await visiting(team, team.owner.key)


@pytest.fixture
async def box(team: TestTeam) -> AsyncIterator[FakeRunner]:
    async with polly_at_home(team) as runner:
        yield runner


def gaps(sentence: Sentence) -> list[str]:
    return re.findall(r"%\((\w+)\)s", sentence.words)


@given(st.sampled_from(SENTENCES), st.data())
def test_a_sentence_is_known_by_its_form_and_says_the_same_again(sentence: Sentence, data: st.DataObject) -> None:
    values = {name: data.draw(st.text("ab1 .:'\n", max_size=8)) for name in gaps(sentence)}
    text = sentence(**values)
    assert sentence(**(sentence.values_in(text) or {})) == text
    assert said(text) == text


def test_each_sentence_is_known_as_itself() -> None:
    for sentence in SENTENCES:
        text = sentence(**dict.fromkeys(gaps(sentence), "7"))
        assert next(each for each in SENTENCES if each.values_in(text) is not None) == sentence


@pytest.mark.parametrize("text", ["", "Nothing of ours.", "no sign of life yet?"])
def test_what_is_not_known_stays_as_it_is(text: str) -> None:
    assert said(text) == text


async def test_what_a_machine_lacks_is_said_in_known_sentences(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    lacking = [found for runtime in RUNTIMES if (found := await look_for(runtime)).missing]
    assert len(lacking) > 5
    for found in lacking:
        values = sentences.NOT_INSTALLED.values_in(found.missing)
        assert values is not None, found
        assert any(each.values_in(values["remedy"]) for each in SENTENCES), f"{found}: its remedy is in English only"


@pytest.mark.parametrize(
    ("reason", "detail", "read"),
    [
        ("crashed", "The program ended with 3: Oh no", ["它在五分钟内因故障结束了 9 次", "程序以代码 3 结束：Oh no"]),
        ("over_limit", sentences.RUN_USED_UP(used="7 of 5 tokens"), ["这次运行已用完限额：7 / 5 个 Token。"]),
        ("over_limit", "", ["一次运行的用量超过了限制。"]),
    ],
)
async def test_why_an_agent_is_held_is_said_in_the_readers_language(
    team: TestTeam, owner: Visitor, box: FakeRunner, reason: runs.EndReason, detail: str, read: list[str]
) -> None:
    context = Context.inside(team.team)
    await team.team.database.write(lambda tx: homes.note_end(context, tx, "polly", reason, detail, 9))
    page = await owner.get("/launcher", **CHINESE)
    assert all(part in page.text for part in read), page.text


async def test_that_a_day_is_used_up_is_said_in_the_readers_language(
    team: TestTeam, owner: Visitor, box: FakeRunner
) -> None:
    await team.owner.call("set_budget", agent="polly", cost_usd=1, tokens=0)
    polly = team.team.directory.agent("polly")
    assert polly is not None
    await Context.inside(team.team, polly).call("report_usage", cost_usd=1.5)
    await team.server.settle()
    assert "polly 已用完当日额度：$1.50 / $1.00。" in (await owner.get("/launcher", **CHINESE)).text


async def test_a_long_detail_leaves_the_remedy_to_be_read(team: TestTeam, owner: Visitor, box: FakeRunner) -> None:
    context = Context.inside(team.team)
    await team.team.database.write(lambda tx: homes.note_end(context, tx, "polly", "crashed", "x" * 5000, 9))
    assert "请查看这次运行" in (await owner.get("/launcher", **CHINESE)).text


async def test_how_a_run_has_ended_is_said_in_the_readers_language(owner: Visitor, box: FakeRunner) -> None:
    run = await box.begin("polly")
    await box.tell(run, Started(), Ended(reason="hung", detail=sentences.QUIET(seconds=9)))
    for path in (f"/launcher/runs/{run}", "/launcher/agents/polly/runs", "/launcher"):
        assert "9 秒没有任何输出" in (await owner.get(path, **CHINESE)).text, path


async def test_what_is_missing_on_a_machine_is_said_in_the_readers_language(team: TestTeam, owner: Visitor) -> None:
    missing = sentences.NOT_INSTALLED(program="parrot", remedy=sentences.INSTALL(command="get parrot"))
    found = [FoundRuntime(name="parrot", title="Parrot", missing=missing)]
    await Context.inside(team.team).call("note_local_machine", runtimes=found)
    for path in ("/launcher/machines", "/launcher/start", "/launcher/start?runtime=parrot"):
        page = await owner.get(path, **CHINESE)
        assert "安装命令：get parrot" in page.text, path


async def test_roles_of_the_gallery_are_named_in_the_readers_language_and_those_of_the_team_as_it_says(
    team: TestTeam, owner: Visitor
) -> None:
    page = await owner.get("/launcher/roles", **CHINESE)
    assert not [role.title for role in shipped().values() if role.title in page.text or role.summary in page.text]
    assert "架构师" in page.text
    await team.owner.call("set_role", name="architect", title="Our architect", summary="Lead", guide="You are ours.")
    for path in ("/launcher/roles", "/launcher/assemble", "/launcher/start?runtime=parrot"):
        page = await owner.get(path, **CHINESE)
        assert "Our architect" in page.text, path
        assert "测试工程师" in page.text, path
    values = (await owner.get("/launcher/roles/of/tester", **CHINESE)).form("/launcher/roles/of/tester/change").values
    assert (values["title"], values["guide"]) == ("Tester", shipped()["tester"].guide)
