"""``teammcp audit``: on the files of a data folder, with the server running."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from teammcp_audit.commands import audit
from teammcp_audit.seals.operations import seal_due

from teammcp.testing import MovedClock, TestTeam


@pytest.fixture
async def home(team: TestTeam, clock: MovedClock) -> Path:
    await team.owner.call("send_message", channel="general", content="sealed")
    clock.advance(hours=2)
    await seal_due(team.team)
    return team.server.settings.home


def run(*words: object) -> Result:
    return CliRunner().invoke(audit, [str(word) for word in words])


async def test_a_whole_log_is_said_to_be_whole(home: Path, tmp_path: Path) -> None:
    seals = tmp_path / "seals.jsonl"
    exported = run("export-seals", seals, "--home", home)
    assert (exported.exit_code, exported.output) == (0, f"Wrote 1 seals to {seals}.\n")
    for more in ((), ("--seals", seals)):
        result = run("verify", "--home", home, *more)
        assert result.exit_code == 0, result.output
        assert result.output.startswith("the log is as it was sealed: 1 seals")


async def test_what_was_tampered_with_is_named_with_exit_code_1(home: Path, tmp_path: Path) -> None:
    run("export-seals", tmp_path / "seals.jsonl", "--home", home)
    with closing(sqlite3.connect(home / "teams" / "default" / "team.db")) as database, database:
        database.execute("UPDATE events SET data = '{}' WHERE kind = 'message.sent'")
        database.execute("DELETE FROM events WHERE id = 1")
    result = run("verify", "--home", home, "--seals", tmp_path / "seals.jsonl")
    assert result.exit_code == 1
    assert "event 1 is missing (seal 1)" in result.output
    assert "was altered (seal 1)" in result.output


async def test_wrong_use_is_told(home: Path, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.jsonl"
    for content in ("not json\n", "{}\n", '{"number": 1, "digests": "x"}\n'):
        wrong.write_text(content)
        result = run("verify", "--home", home, "--seals", wrong)
        assert result.exit_code == 1
        assert "line 1 is no exported seal" in result.output
    run("export-seals", wrong, "--home", home)
    wrong.write_text(wrong.read_text().replace('"default"', '"other"'))
    assert "seals of the team 'other'" in run("verify", "--home", home, "--seals", wrong).output
    assert "There is no team 'nobody'" in run("verify", "--home", home, "--team", "nobody").output
