"""Credentials: entered, given to programs, and shown to nobody again."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from teammcp_claude_launcher import homes

from teammcp import Conflict, Context, Forbidden, InvalidInput, NotFound
from teammcp.testing import Member, TestTeam

from .birds import BIRDS

PLUGIN = "claude_launcher"
KEY = "sk-xyzzy-0123456789-plugh"
OTHER = "sk-second-9876543210-plugh"
pytestmark = pytest.mark.teammcp(install={"birds": BIRDS}, plugins={PLUGIN: {"machine": "here"}})


@pytest.fixture
async def maria(team: TestTeam) -> Member:
    """A person who manages."""
    return await team.agent("maria", kind="human", access="manager")


async def environment(team: TestTeam, agent: str = "writer") -> dict[str, str]:
    """What the program of an agent is given."""
    orders = await homes.orders(team.team, "here")
    return {home.agent: home.environment for home in orders.homes}[agent]


def everything_in(folder: Path) -> bytes:
    """All that stands in files."""
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


async def spawn(by: Member, **choices: Any) -> None:
    await by.call("spawn_agent", role="writer", runtime="parrot", **choices)


async def test_an_agent_gets_the_variables_of_its_credential_and_of_no_other(team: TestTeam, maria: Member) -> None:
    await maria.call("set_credential", name="work", kind="anthropic", key=KEY, base_url="https://proxy.test/v1")
    await maria.call("set_credential", name="home", kind="openai", key=OTHER)
    await spawn(maria, credential="work")
    assert await environment(team) == {"ANTHROPIC_API_KEY": KEY, "ANTHROPIC_BASE_URL": "https://proxy.test/v1"}
    await maria.call("configure_agent", name="writer", credential="")
    assert await environment(team) == {}


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("openai", {"OPENAI_API_KEY": KEY, "CODEX_API_KEY": KEY, "OPENAI_MODEL": "m"}),
        ("gemini", {"GEMINI_API_KEY": KEY, "GEMINI_MODEL": "m"}),
        (
            "openrouter",
            {
                "OPENROUTER_API_KEY": KEY,
                "OPENAI_API_KEY": KEY,
                "ANTHROPIC_AUTH_TOKEN": KEY,
                "ANTHROPIC_API_KEY": "",
                "OPENAI_BASE_URL": "https://openrouter.ai/api/v1",
                "ANTHROPIC_BASE_URL": "https://openrouter.ai/api",
                "OPENAI_MODEL": "m",
                "ANTHROPIC_MODEL": "m",
            },
        ),
    ],
)
async def test_each_provider_has_the_variables_that_its_programs_read(
    team: TestTeam, maria: Member, kind: str, expected: dict[str, str]
) -> None:
    await maria.call("set_credential", name="work", kind=kind, key=KEY, model="m")
    await spawn(maria, credential="work")
    assert await environment(team) == expected


async def test_a_credential_that_is_replaced_leaves_nothing_of_the_earlier_one(team: TestTeam, maria: Member) -> None:
    await maria.call("set_credential", name="work", kind="custom", variables={"MY_KEY": KEY, "MY_URL": "x"})
    await spawn(maria, credential="work")
    await maria.call("set_credential", name="work", kind="custom", variables={"MY_URL": "y"})
    assert await environment(team) == {"MY_URL": "y"}
    store = Context.inside(team.team).secrets(PLUGIN)
    names = await team.team.database.read(store.names)
    assert [name for name in names if name.startswith("credential/")] == ["credential/work/MY_URL"]


async def test_what_makes_no_credential_is_refused_with_the_remedy(maria: Member) -> None:
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"kind": "anthropic"}, "key: is needed"),
        ({"kind": "custom"}, "variables: are what"),
        ({"kind": "custom", "key": KEY, "variables": {"A": "b"}}, "variables: are what"),
        ({"kind": "custom", "variables": {"PATH": "/x"}}, "PATH is not for a credential"),
        ({"kind": "custom", "variables": {"LD_PRELOAD": "/x"}}, "LD_PRELOAD is not for a credential"),
        ({"kind": "custom", "variables": {"TEAMMCP_KEY": "/x"}}, "TEAMMCP_KEY is not for a credential"),
        ({"kind": "custom", "variables": {"A-B": "x"}}, "variables"),
        ({"kind": "anthropic", "key": "a\nb"}, "line breaks"),
        ({"kind": "anthropic", "key": KEY, "base_url": "proxy.test"}, "base_url"),
    ]
    for arguments, text in wrong:
        with pytest.raises(InvalidInput, match=text) as error:
            await maria.call("set_credential", name="work", **arguments)
        assert KEY not in str(error.value.data)
    assert (await maria.call("list_credentials")).root == []


async def test_one_that_is_used_stays_until_its_agents_have_another(maria: Member) -> None:
    await maria.call("set_credential", name="work", kind="anthropic", key=KEY)
    await spawn(maria, credential="work")
    with pytest.raises(Conflict, match="writer use 'work'"):
        await maria.call("delete_credential", name="work")
    assert (await maria.call("list_credentials")).root[0].used_by == ["writer"]
    await maria.call("configure_agent", name="writer", credential="")
    assert (await maria.call("delete_credential", name="work")).root == []
    with pytest.raises(NotFound, match="list_credentials"):
        await maria.call("delete_credential", name="work")


async def test_credentials_are_for_managers(team: TestTeam) -> None:
    eve = await team.agent("eve")
    with pytest.raises(Forbidden):
        await eve.call("set_credential", name="work", kind="anthropic", key=KEY)
    with pytest.raises(Forbidden):
        await eve.call("list_credentials")


async def test_no_secret_stands_in_any_result_event_log_or_file(
    team: TestTeam, maria: Member, tmp_path: Path, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level("DEBUG")
    asked = {"kind": "anthropic", "key": KEY, "base_url": "https://u:hunter22@proxy.test"}
    answers = [
        (await maria.http.put("/api/credentials/work", json=asked)).text,
        (await maria.http.put("/api/credentials/bad", json={**asked, "kind": "nonsense"})).text,
        (await maria.http.put("/api/credentials/bad", json={**asked, "surplus": 1})).text,
        (await maria.http.put("/api/credentials/bad", json={**asked, "key": KEY + "\n" + OTHER})).text,
        (await maria.http.put("/api/credentials/bad", json={"kind": "custom", "variables": {"PATH": OTHER}})).text,
        (await maria.http.put("/api/credentials/work", json={**asked, "idem_key": "k1"})).text,
    ]
    await spawn(maria, credential="work", task="Write.")
    order = (await homes.orders(team.team, "here")).homes[0]
    assert order.environment["ANTHROPIC_API_KEY"] == KEY
    secrets = (KEY, OTHER, "hunter22", order.key)
    reads = ("/api/credentials", "/api/homes", "/api/agents/writer/home", "/api/runtimes", "/api/roles", "/api/agents")
    answers += [(await maria.http.get(path)).text for path in reads]
    await maria.log_in()
    pages = ("/", "/agents", "/plugins", "/credentials", "/machines")
    answers += [(await maria.http.get(path, follow_redirects=True)).text for path in pages]
    await maria.call("configure_agent", name="writer", credential="")
    answers.append((await maria.http.delete("/api/credentials/work")).text)
    answers.append(repr(order))
    answers += [str(event) for event in await team.events()]
    await team.server.settle()
    logged = caplog.text + "".join(capsys.readouterr())
    kept = await asyncio.to_thread(everything_in, tmp_path)
    assert len(kept) > 100_000
    for secret in secrets:
        assert [answer[:200] for answer in answers if secret in answer] == []
        assert secret not in logged
        assert secret.encode() not in kept
