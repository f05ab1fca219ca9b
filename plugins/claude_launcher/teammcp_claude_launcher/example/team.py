"""The team's tools, called by MCP over HTTP without a session."""

from __future__ import annotations

import asyncio
import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any

VERSION = "2026-07-28"
"""Of MCP: the first in which a call needs no session."""
SECONDS = 30.0
NO_PROXY = {"localhost", "127.0.0.1", "::1"}


class TeamTrouble(Exception):
    """A tool could not be used; the text says why."""


class Team:
    """The tools of one MCP server.

    Args:
        server: as the client names it in ``mcpServers``: ``url`` and ``headers``.
    """

    def __init__(self, server: Mapping[str, Any]) -> None:
        self._url = str(server["url"])
        self._headers = {str(header["name"]): str(header["value"]) for header in server.get("headers", [])}

    async def call(self, tool: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Use a tool; what it gives.

        Raises:
            TeamTrouble: it refuses, or is not reached.
        """
        return await asyncio.to_thread(self._call, tool, arguments)

    def _call(self, tool: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        meta = {
            "io.modelcontextprotocol/protocolVersion": VERSION,
            "io.modelcontextprotocol/clientCapabilities": {},
            "io.modelcontextprotocol/clientInfo": {"name": "example", "version": "1"},
        }
        params = {"name": tool, "arguments": arguments, "_meta": meta}
        request = urllib.request.Request(  # noqa: S310 - the address is the runner's
            self._url,
            json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}).encode(),
            {
                "Content-Type": "application/json",
                "Accept": "application/json, text/event-stream",
                "MCP-Protocol-Version": VERSION,
                "Mcp-Method": "tools/call",
                "Mcp-Name": tool,
                **self._headers,
            },
        )
        try:
            with _opener(request.host).open(request, timeout=SECONDS) as response:
                answer = json.load(response)
        except urllib.error.HTTPError as error:
            raise TeamTrouble(f"{tool}: the team's server answers {error.code}.") from error
        except (OSError, ValueError) as error:
            raise TeamTrouble(f"{tool}: the team's server cannot be reached: {error}") from error
        return _result(tool, answer)


def _result(tool: str, answer: Mapping[str, Any]) -> dict[str, Any]:
    if "error" in answer:
        raise TeamTrouble(f"{tool}: {answer['error'].get('message')}")
    result = answer["result"]
    if result.get("isError"):
        raise TeamTrouble(f"{tool}: " + " ".join(part.get("text", "") for part in result.get("content", [])))
    found = result.get("structuredContent")
    return found if isinstance(found, dict) else {}


def _opener(host: str) -> urllib.request.OpenerDirector:
    """What opens an address: directly on this machine, elsewhere by the environment's proxy."""
    if host.rpartition(":")[0] in NO_PROXY or host in NO_PROXY:
        return urllib.request.build_opener(urllib.request.ProxyHandler({}))
    return urllib.request.build_opener()
