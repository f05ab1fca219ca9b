"""The smallest program that speaks the Agent Client Protocol: it notes when it has read a turn, and says so."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

ANSWERS: dict[str, dict[str, Any]] = {
    "initialize": {"protocolVersion": 1, "agentCapabilities": {"mcpCapabilities": {"http": True}}, "authMethods": []},
    "session/new": {"sessionId": "idle"},
    "session/prompt": {"stopReason": "end_turn"},
}


def main(file: Path) -> None:
    """Answer what comes on the standard input until it ends."""
    for line in sys.stdin:
        read_at = time.monotonic()
        request = json.loads(line)
        if request.get("method") == "session/prompt":
            with file.open("a") as times:
                times.write(f"{read_at}\n")
            _write(method="session/update", params={"sessionId": "idle", "update": _update("seen")})
        if "id" in request and "method" in request:
            _write(id=request["id"], result=ANSWERS.get(request["method"], {}))


def _update(text: str) -> dict[str, Any]:
    return {"sessionUpdate": "agent_message_chunk", "content": {"type": "text", "text": text}}


def _write(**message: Any) -> None:
    print(json.dumps({"jsonrpc": "2.0", **message}), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
