"""Whether an agent's key opens the team's MCP: programs say nothing when it does not, and their models stumble."""

from __future__ import annotations

from collections.abc import Mapping

import httpx2

from teammcp import McpServer, StartFailed, client_options

SECONDS = 15.0
VERSION = "2026-07-28"
"""Of MCP: the first in which a call needs no session."""


async def check_tools(mcp: McpServer, environment: Mapping[str, str]) -> None:
    """Ask the server for its resources: the tools the program itself is to ask for, which is watched.

    Raises:
        StartFailed: it gives none; the text says why.
    """
    meta = {"io.modelcontextprotocol/protocolVersion": VERSION, "io.modelcontextprotocol/clientCapabilities": {}}
    headers = {
        "Accept": "application/json, text/event-stream",
        "Authorization": f"Bearer {environment[mcp.key_variable]}",
        "MCP-Protocol-Version": VERSION,
        "Mcp-Method": "resources/list",
    }
    request = {"jsonrpc": "2.0", "id": 1, "method": "resources/list", "params": {"_meta": meta}}
    try:
        async with httpx2.AsyncClient(timeout=SECONDS, **client_options(mcp.url)) as client:
            answer = await client.post(mcp.url, json=request, headers=headers)
    except httpx2.HTTPError as error:
        raise StartFailed(f"The team's tools at {mcp.url} cannot be reached: {type(error).__name__}.") from error
    if answer.status_code == 401:
        raise StartFailed("The team's server does not know the agent's key. Start the agent with a new key.")
    if answer.status_code != 200:
        raise StartFailed(f"The team's tools at {mcp.url} cannot be used: the server answers {answer.status_code}.")
