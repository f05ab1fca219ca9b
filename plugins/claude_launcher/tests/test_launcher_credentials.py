"""Credentials: entered, given to programs, and shown to nobody again."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import psutil
import pytest
from teammcp_claude_launcher import homes
from teammcp_claude_launcher.protocol import Home
from teammcp_claude_launcher.runner.keepers.veil import Veil
from teammcp_claude_launcher.runtimes.command import CommandRuntime

from teammcp import Conflict, Context, Forbidden, InvalidInput, NotFound
from teammcp.testing import Member, TestTeam

from .birds import BIRDS
from .keeping import Stage, until
from .scripted import PuppetPlugin, Puppets

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


def commands() -> str:
    """The command lines of all processes of this machine, as anybody may read them."""
    return "\n".join(" ".join(process.info["cmdline"] or ()) for process in psutil.process_iter(["cmdline"]))


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


@pytest.mark.teammcp(install={"puppets": PuppetPlugin()}, plugins={PLUGIN: {"machine": "here"}})
async def test_a_program_that_prints_its_environment_puts_no_secret_where_others_read_it(
    team: TestTeam, maria: Member, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    stage, marker = Stage(team, tmp_path / "runner", Puppets()), tmp_path / "go"
    variables = {"MY_KEY": KEY, "MY_JSON": '{"key": "' + OTHER + '"}'}
    await maria.call("set_credential", name="work", kind="custom", variables=variables)
    tell = f"cat; env; while [ ! -e {marker} ]; do sleep 0.05; done; echo $MY_KEY; echo $MY_JSON >&2; exit 3"
    async with stage.running(command=CommandRuntime()):
        await maria.call(
            "spawn_agent",
            name="bob",
            description="Prints all.",
            runtime="command",
            machine="box",
            credential="work",
            task="Print.",
            options={"command": f"sh -c '{tell}'"},
        )
        await until(lambda: marker.name in commands(), "the program")
        listed = commands()
        marker.touch()
        await stage.ended()
        (run,) = await stage.runs()
        given = (await homes.orders(team.team, "box")).homes[0].key
        answers = [
            repr(await maria.call("get_run_entries", run_id=run.run_id)),
            repr(await maria.call("get_agent_output", agent="bob")),
            repr(run),
        ]
    answers += [str(event) for event in await team.events()]
    kept = await asyncio.to_thread(everything_in, tmp_path)
    assert "[secret]" in answers[0]
    assert "MY_KEY" in answers[0]
    for secret in (KEY, OTHER, given):
        assert secret not in listed
        assert [answer[:200] for answer in answers if secret in answer] == []
        assert secret not in caplog.text
        assert secret.encode() not in kept


def at_home(key: str, environment: dict[str, str]) -> Home:
    """A home of which only its secrets matter."""
    return Home.model_construct(key=key, environment=environment)


def test_secrets_are_hidden_however_deep_they_stand_and_words_that_are_none_are_not() -> None:
    veil = Veil(at_home("tmcp_x_1", {"A_KEY": KEY, "A_MODEL": "opus-large", "A_URL": "https://x.test/v1", "B": "on"}))
    told = {"tmcp_x_1": [KEY, {"on": f"opus-large {KEY} https://x.test/v1"}], "n": 3, "none": None}
    assert veil.over(told) == {
        "[secret]": ["[secret]", {"on": "opus-large [secret] https://x.test/v1"}],
        "n": 3,
        "none": None,
    }
    assert Veil(at_home("", {"A_URL": "https://u:pw@x.test"})).over("at https://u:pw@x.test") == "at [secret]"
    quoted = Veil(at_home("", {"PASSPHRASE": 'say "please"'}))
    assert quoted.over(r'{"p": "say \"please\""}') == '{"p": "[secret]"}'
