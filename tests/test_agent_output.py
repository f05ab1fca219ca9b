"""Agents' output: bounded, without secrets, and only for those who look after the agent."""

from __future__ import annotations

import asyncio
import time
from secrets import token_urlsafe
from typing import Any

import pytest

from teammcp import Forbidden, InvalidInput, NotFound
from teammcp.features.directives.output.redaction import MARK, redact
from teammcp.features.directives.settings import DirectiveSettings
from teammcp.keys import new_admin_key
from teammcp.testing import Member, TestTeam


@pytest.fixture
async def ann(team: TestTeam) -> Member:
    return await team.agent("ann")


async def shown(member: Member, agent: str = "ann", **more: Any) -> list[str]:
    """The texts of an agent's output."""
    return [chunk.text for chunk in (await member.call("get_agent_output", agent=agent, **more)).chunks]


async def test_it_is_read_from_where_one_stopped(team: TestTeam, ann: Member) -> None:
    for text in ("one", "two", "three"):
        await ann.call("append_output", text=text)
    assert await shown(team.owner) == ["one", "two", "three"]
    assert await shown(team.owner, limit=2) == ["two", "three"]
    assert await shown(team.owner, since_seq=0, limit=2) == ["one", "two"]
    found = await team.owner.call("get_agent_output", agent="ANN", since_seq=2)
    assert [(chunk.seq, chunk.text) for chunk in found.chunks] == [(3, "three")]
    assert (found.agent, found.head_seq) == ("ann", 3)
    assert await shown(team.owner, since_seq=3) == []


async def test_only_managers_and_the_agent_itself_see_it(team: TestTeam, ann: Member) -> None:
    boss, bob = await team.agent("boss", access="manager"), await team.agent("bob")
    await ann.call("append_output", text="my thoughts")
    for member in (ann, boss, team.owner):
        assert await shown(member) == ["my thoughts"]
        assert "agent.output" in [event["kind"] for event in (await member.call("sync", since=0)).events]
    with pytest.raises(Forbidden):
        await shown(bob)
    assert "agent.output" not in [event["kind"] for event in (await bob.call("sync", since=0)).events]
    with pytest.raises(NotFound):
        await shown(boss, "nobody")


async def test_the_log_holds_only_its_number(team: TestTeam, ann: Member) -> None:
    await ann.call("append_output", text="xyzzy")
    (event,) = await team.events("agent.output")
    assert event.data == {"seq": 1, "kind": "output"}


async def test_errors_stand_among_it(team: TestTeam, ann: Member) -> None:
    assert (await ann.http.post("/api/agent-output", json={"text": "building"})).json() == {"seq": 1, "redacted": False}
    answer = await ann.http.post("/api/agent-error", json={"text": "exit code 1, API_KEY=abcdefgh"})
    assert answer.json() == {"seq": 2, "redacted": True}
    found = (await team.owner.http.get("/api/agent-output/ann")).json()
    assert [(chunk["kind"], chunk["text"]) for chunk in found["chunks"]] == [
        ("output", "building"),
        ("error", f"exit code 1, API_KEY={MARK}"),
    ]


async def test_it_may_belong_to_a_directive_of_the_agent(team: TestTeam, ann: Member) -> None:
    bob = await team.agent("bob")
    sent = await bob.call("send_directive", to_agent="ann", instruction="count")
    number = sent.directive.id
    await ann.call("append_output", text="counting", directive_id=number)
    (chunk,) = (await team.owner.call("get_agent_output", agent="ann")).chunks
    assert chunk.directive_id == number
    with pytest.raises(NotFound):
        await bob.call("append_output", text="not mine", directive_id=number)


@pytest.mark.parametrize("text", ["", "x" * (16 * 1024 + 1), "\x00"])
async def test_what_is_no_output_is_refused(ann: Member, text: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        await ann.call("append_output", text=text)
    assert "text" in str(caught.value)


# -- bounds ------------------------------------------------------------------------------------------------------------


@pytest.mark.teammcp(plugins={"directives": {"output_chunks": 3}})
async def test_the_last_chunks_are_kept(team: TestTeam, ann: Member) -> None:
    bob = await team.agent("bob")
    await bob.call("append_output", text="bob's")
    for number in range(5):
        await ann.call("append_output", text=str(number))
    assert await shown(ann, since_seq=0) == ["2", "3", "4"]
    assert await shown(bob, "bob") == ["bob's"]


@pytest.mark.teammcp(plugins={"directives": {"output_bytes": 1024}})
async def test_the_last_bytes_are_kept(ann: Member) -> None:
    for letter in "abcd":
        await ann.call("append_output", text=letter * 400)
    assert [text[0] for text in await shown(ann)] == ["b", "c", "d"]  # up to a part of the oldest
    await ann.call("append_output", text="é" * 600)
    assert [text[0] for text in await shown(ann)] == ["é"]
    await ann.call("append_output", text="f" * 3000)
    assert [text[0] for text in await shown(ann)] == ["f"]


# -- waiting -----------------------------------------------------------------------------------------------------------


async def test_a_wait_ends_with_the_agents_own_output_only(team: TestTeam, ann: Member) -> None:
    bob = await team.agent("bob")
    await ann.call("append_output", text="one")
    wait = asyncio.create_task(shown(team.owner, since_seq=1, wait_ms=30_000))
    await asyncio.sleep(0)
    await bob.call("append_output", text="bob's")
    await team.owner.call("send_message", channel="general", content="hello")
    assert not wait.done()
    await ann.call("append_output", text="two")
    assert await asyncio.wait_for(wait, 5) == ["two"]


# -- redaction ---------------------------------------------------------------------------------------------------------

SECRETS = [
    "tmcp_default_" + "a1B2" * 10 + "xyz",
    "sk-ant-api03-" + "a1B2c3" * 6,
    "sk-proj-" + "a1B2c3" * 6,
    "ghp_" + "a1B2c3" * 6,
    "github_pat_" + "a1B2c3" * 6,
    "glpat-" + "a1B2c3" * 4,
    "xoxb-" + "1234567890-abcdef",
    "AKIA" + "ABCDEFGH12345678",
    "AIza" + "a1B2c3" * 6,
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl",
    "-----BEGIN RSA PRIVATE KEY-----\nMIIE\nabc\n-----END RSA PRIVATE KEY-----",
    "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNz",
    new_admin_key(),
    f"default.{token_urlsafe(32)}",
    "sk_" + "live_" + "a1B2c3D4" * 3,
    "rk_" + "test_" + "a1B2c3D4" * 3,
    "SG." + "a1B2c3" * 4 + "." + "d4E5f6" * 7,
    "npm_" + "a1B2c3" * 6,
    "pypi-" + "AgEIcHlwaS5vcmc" + "a1B2c3" * 6,
    "hf_" + "a1B2c3" * 6,
    "dop_v1_" + "a1b2c3d4" * 8,
    "AGE-SECRET-KEY-1" + "Q2W3E4R5" * 7,
    "https://hooks." + "slack.com/services/T00000000/B00000000/a1B2c3a1B2c3",
    "123456789:" + "AA" + "a1B2c3D4e5F" * 3,
    "ya29." + "a1B2c3" * 6,
    "GOCSPX-" + "a1B2c3" * 5,
    "wJalrXUtnFEMI/K7MDENG/bPxRfiCY" + "a1B2c3D4e5",
]


@pytest.mark.parametrize("secret", SECRETS, ids=[secret[:8] for secret in SECRETS])
@pytest.mark.parametrize("form", ["{}", "key {} here", "'{}'", "x={}", "({})"])
def test_keys_are_known_by_their_form(secret: str, form: str) -> None:
    clean = redact(form.format(secret))
    assert secret not in clean
    assert MARK in clean


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("password=hunter22", "password=[redacted]"),
        ("PASSWORD: hunter22, user: ann", "PASSWORD: [redacted], user: ann"),
        ('{"api_key": "ab cd", "n": 1}', '{"api_key": [redacted], "n": 1}'),
        ("export AWS_SECRET_ACCESS_KEY=abc/def", "export AWS_SECRET_ACCESS_KEY=[redacted]"),
        ("DB_PASSWORD='a b'", "DB_PASSWORD=[redacted]"),
        ("Authorization: Bearer abcdefghijkl", "Authorization: Bearer [redacted]"),
        ("git clone https://ann:s3cret@example.org/x", "git clone https://ann:[redacted]@example.org/x"),
        ("postgres://u:p4ss@db/x?y", "postgres://u:[redacted]@db/x?y"),
        ("mysql --password hunter22 --host db", "mysql --password [redacted] --host db"),
        ("tool --api-key 'a b' run", "tool --api-key [redacted] run"),
        ("Cookie: session=abc; other=1\nnext", "Cookie: [redacted]\nnext"),
        ("Set-Cookie: a=b; HttpOnly", "Set-Cookie: [redacted]"),
    ],
)
def test_what_follows_upon_a_telling_word_is_taken_out(text: str, clean: str) -> None:
    assert redact(text) == clean


@pytest.mark.parametrize(
    "text",
    [
        "the password is asked for on the next page",
        "4 tokens used; sk-learn is installed",
        "https://example.org/a:b@c is at port 80:90",
        "tests/test_keys.py::test_secret PASSED",
        "eyJust kidding. AKIA is a prefix",
        "commit 356a192b7913b04c54574d18c28d46e6395428ab",
        "git push --token-file path and --password-stdin",
        "see docs/reference/operations.md and src/teammcp/features/messages/audience.py",
    ],
)
def test_ordinary_text_stays(text: str) -> None:
    assert redact(text) == text


SEEDS = ["a_", "pass", "tmcp_a-", "a-", "-----BEGIN ", "eyJ-", "eyJaaaaaaaa.", "sk_", "a.", "1234567890:AA", "aA/"]
SEEDS += ["--password", " --token ", "Cookie:", "Bearer ", "a://b:", "SG.", "npm_", "Aa1/+", "hooks.slack.com/"]


@pytest.mark.parametrize("text", ["tmcp_" + "a-" * 8000, *(seed * (16_000 // len(seed)) for seed in SEEDS)])
def test_hostile_text_takes_no_longer_than_its_length(text: str) -> None:
    began = time.perf_counter()
    redact(text)
    assert time.perf_counter() - began < 1


@pytest.mark.teammcp(plugins={"directives": {"redact": ["(?i)project \\w+", "[0-9]{4}-[0-9]{4}"]}})
async def test_the_settings_add_patterns_and_nothing_secret_is_stored(team: TestTeam, ann: Member) -> None:
    await ann.call("append_output", text=f"Project Falcon, card 1234-5678, {SECRETS[0]}", idem_key="k")
    assert await shown(ann) == [f"{MARK}, card {MARK}, {MARK}"]

    stored = b"".join(path.read_bytes() for path in team.team.folder.glob("team.db*"))
    assert b"[redacted], card" in stored
    for secret in ("Falcon", "1234-5678", SECRETS[0]):
        assert secret.encode() not in stored


@pytest.mark.parametrize(("pattern", "problem"), [("(unclosed", "no regular expression"), ("x*", "fits everywhere")])
def test_a_wrong_pattern_is_named(pattern: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        DirectiveSettings(redact=[pattern])


async def test_what_went_wrong_is_to_be_had_by_itself_by_those_who_may_see_it(team: TestTeam) -> None:
    bob, mallory = await team.agent("bob"), await team.agent("mallory")
    for number in range(3):
        await bob.call("append_output", text=f"fine {number}")
        await bob.call("append_error", text=f"failed {number}")
    for who in (bob, team.owner):
        answer = await who.http.get("/api/agent-errors/bob", params={"limit": 2})
        assert answer.status_code == 200
        assert [error["text"] for error in answer.json()["errors"]] == ["failed 2", "failed 1"]
        assert answer.json()["agent"] == "bob"
    assert (await mallory.http.get("/api/agent-errors/bob")).status_code == 403
    assert (await team.owner.http.get("/api/agent-errors/nobody")).status_code == 404
    assert (await team.client().get("/api/agent-errors/bob")).status_code == 401
