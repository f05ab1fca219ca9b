"""Tool calls per second over ``/mcp``, in both protocol eras."""

from __future__ import annotations

from itertools import product as combinations
from statistics import median
from typing import Any

from . import http, servers
from .figures import Figure, compared
from .load import Load, drive
from .options import Options
from .send import TEXT

CONNECTIONS = 16
BUDGET = 500
MODERN = "2026-07-28"
HANDSHAKE = "2025-11-25"
ACCEPT = {"Accept": "application/json, text/event-stream"}
CYCLE = 50

TOOLS: dict[str, Any] = {
    "get_me": lambda number: {},
    "send_message": lambda number: {"channel": "general", "content": TEXT.format(number)},
}


def run(options: Options) -> list[Figure]:
    """The figures of tool calls."""
    figures = []
    empty = [[http.request("POST", "/empty", "x" * 60, _call("get_me", {}, 1))]] * CONNECTIONS
    with servers.product(options.folder("tools")) as product, servers.floor() as floor:
        keys = http.register(product.port, ["owner", *(f"agent{number}" for number in range(CONNECTIONS))])
        del keys["owner"]
        sessions = {key: open_session(product.port, key) for key in keys.values()}
        for era, tool in combinations((MODERN, HANDSHAKE), TOOLS):
            calls = [calls_of(era, tool, key, sessions[key]) for key in keys.values()]
            floors: list[Load] = []
            loads: list[Load] = []
            drive(product.port, calls, options.seconds / 4)
            for _ in range(max(1, options.rounds // 2)):
                floors.append(drive(floor.port, empty, options.seconds / 2))
                loads.append(drive(product.port, calls, options.seconds))
            figure = compared(
                f"tool calls over /mcp: {tool}, {era}",
                "/s",
                [load.rate for load in loads],
                [load.rate for load in floors],
                "an empty Quart view",
            )
            figure.budget, figure.met = f"{BUDGET}/s or more", figure.value >= BUDGET
            figures += [figure, Figure("  time of one of 16 calls, p50", median(load.p50 for load in loads), "ms")]
    return figures


def open_session(port: int, key: str) -> str:
    """Shake hands; the session's id."""
    parameters = {"protocolVersion": HANDSHAKE, "capabilities": {}, "clientInfo": {"name": "bench", "version": "1"}}
    with http.client(port, key) as client:
        answer = client.post(
            "/mcp", json={"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": parameters}, headers=ACCEPT
        )
        answer.raise_for_status()
        session: str = answer.headers["mcp-session-id"]
        client.post(
            "/mcp",
            json={"jsonrpc": "2.0", "method": "notifications/initialized"},
            headers={**ACCEPT, "Mcp-Session-Id": session, "MCP-Protocol-Version": HANDSHAKE},
        ).raise_for_status()
    return session


def calls_of(era: str, tool: str, key: str, session: str) -> list[bytes]:
    """The requests of one connection."""
    headers = {**ACCEPT, "MCP-Protocol-Version": era}
    if era == MODERN:
        headers |= {"Mcp-Method": "tools/call", "Mcp-Name": tool}
    else:
        headers["Mcp-Session-Id"] = session
    bodies = [_call(tool, TOOLS[tool](number), number, era) for number in range(1, CYCLE + 1)]
    return [http.request("POST", "/mcp", key, body, headers) for body in bodies]


def _call(tool: str, arguments: dict[str, Any], number: int, era: str = MODERN) -> dict[str, Any]:
    parameters: dict[str, Any] = {"name": tool, "arguments": arguments}
    if era == MODERN:
        parameters["_meta"] = {
            "io.modelcontextprotocol/protocolVersion": MODERN,
            "io.modelcontextprotocol/clientCapabilities": {},
        }
    return {"jsonrpc": "2.0", "id": number, "method": "tools/call", "params": parameters}
