"""Whatever comes to ``/mcp``: it is answered, soon, and the fault is never the server's."""

from __future__ import annotations

import asyncio
import json
from itertools import product
from typing import Any

import httpx2
import pytest

from teammcp.app import TeamApp
from teammcp.testing import TestTeam
from tests.mcp_support import http_client, listening, open_session
from tests.test_mcp_frames import MODERN

pytestmark = pytest.mark.sweep

SOON = 10
METHODS = ("GET", "DELETE", "PUT", "PATCH", "HEAD", "OPTIONS", "POST")
ACCEPTS = ("application/json, text/event-stream", "application/json", "text/event-stream", "*/*", "", "\u00ff;q=x")
CALLS = (
    *("tools/call", "tools/list", "resources/read", "resources/subscribe", "resources/list", "prompts/get"),
    *("initialize", "ping", "completion/complete", "logging/setLevel", "nonsense", "", "server/discover", "\x00"),
)
PARAMS: tuple[Any, ...] = (
    *(None, {}, {"name": 5}, {"name": ""}, {"uri": 5}, {"uri": "x"}, {"uri": "teammcp://channel/" + "x" * 3000}),
    *({"name": "get_me", "arguments": given} for given in ([1], None, "{}", {"\x00": 1})),
    *({"uri": "teammcp://inbox"}, {"cursor": "x"}, {"_meta": 5}, {"_meta": {"progressToken": [1]}}, {"level": "debug"}),
    {"protocolVersion": 5, "capabilities": {}, "clientInfo": {}},
)
INTERNAL_ERROR = -32603


async def test_every_method_with_all_kinds_of_headers(app: TeamApp, team: TestTeam) -> None:
    async with listening(app) as url, http_client(team.owner.key) as http:
        session = await open_session(http, url)
        kinds: tuple[dict[str, str], ...] = (
            *(
                {},
                session,
                {"mcp-session-id": session["mcp-session-id"]},
                {**session, "mcp-protocol-version": "2026-07-28"},
            ),
            *({"mcp-protocol-version": version} for version in ("2026-07-28", "1999-01-01", "\u00ff")),
            *({"mcp-session-id": name} for name in ("x" * 5000, "\u00ff")),
        )
        for method, kind, accept in product(METHODS, kinds, ACCEPTS):
            if method == "DELETE" and kind.get("mcp-session-id") == session["mcp-session-id"]:
                continue  # it ends the session
            headers = {
                key: value.encode("latin-1") for key, value in {**kind, "accept": accept, "last-event-id": "5"}.items()
            }
            content = b"{}" if method == "POST" else None
            async with asyncio.timeout(SOON), http.stream(method, url, headers=headers, content=content) as answer:
                assert answer.status_code < 500, (method, kind, accept)


@pytest.mark.parametrize("modern", [False, True])
async def test_every_call_with_all_kinds_of_parameters(app: TeamApp, team: TestTeam, modern: bool) -> None:
    async with listening(app) as url, http_client(team.owner.key) as http:
        session = await open_session(http, url)
        for number, (method, params) in enumerate(product(CALLS, PARAMS)):
            headers = {"accept": ACCEPTS[0], "content-type": "application/json", **({} if modern else session)}
            body: dict[str, Any] = {"jsonrpc": "2.0", "id": number, "method": method}
            if params is not None:
                body["params"] = {"_meta": MODERN, **params} if modern else params
            if modern:
                headers |= {"mcp-protocol-version": "2026-07-28", "mcp-method": method.strip("\x00") or "x"}
                name = (params or {}).get("name") or (params or {}).get("uri")
                headers |= {"mcp-name": name} if isinstance(name, str) and len(name) < 200 else {}
            answer = await answered(http, url, body, headers)
            assert answer.status_code < 500, (method, params, answer.text)
            found = json.loads(answer.text) if answer.text.startswith("{") else {}
            assert found.get("error", {}).get("code") != INTERNAL_ERROR, (method, params, found)


async def answered(http: httpx2.AsyncClient, url: str, body: Any, headers: dict[str, str]) -> httpx2.Response:
    async with asyncio.timeout(SOON):
        return await http.post(url, content=json.dumps(body), headers=headers)
