"""The protocol's own conformance suite against the real application, in both eras.

What TeamMCP does not offer is named in ``conformance-*.yml``; the suite fails on anything else, and on an entry there
that has become needless.
"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from teammcp.app import TeamApp
from teammcp.http.asgi import Receive, Scope, Send
from teammcp.testing import TestTeam
from tests.acceptance.conformance_fixture import ConformancePlugin, install
from tests.acceptance.npm_tools import CONFORMANCE
from tests.mcp_support import listening

pytestmark = [pytest.mark.acceptance, pytest.mark.real_cli]

SECONDS = 100


@pytest.mark.teammcp(install={"conformance": ConformancePlugin()})
@pytest.mark.parametrize("revision", ["2025-11-25", "2026-07-28"])
async def test_the_suite_passes(app: TeamApp, team: TestTeam, tmp_path: Path, revision: str) -> None:
    baseline = Path(__file__).with_name(f"conformance-{revision}.yml")
    program = await asyncio.to_thread(CONFORMANCE.path)
    install(app.extensions["mcp"].surface)
    _with_key(app, team.owner.key)
    async with listening(app) as url:
        process = await asyncio.create_subprocess_exec(
            *(str(program.with_name("node")), str(program), "server", "--url", url, "--requirements", revision),
            *("--expected-failures", str(baseline), "-o", str(tmp_path)),
            env={"PATH": f"{program.parent}{os.pathsep}{os.environ['PATH']}", "HOME": str(tmp_path)},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        output, _ = await asyncio.wait_for(process.communicate(), SECONDS)
    assert process.returncode == 0, output.decode()[-6000:]


def _with_key(app: TeamApp, key: str) -> None:
    """The suite has no option for headers, so every request gets the key here."""
    inner = app.asgi_app

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scope["headers"] = [*scope["headers"], (b"authorization", f"Bearer {key}".encode())]
        await inner(scope, receive, send)  # type: ignore[arg-type]

    app.asgi_app = application  # type: ignore[method-assign, assignment]
