"""A stand-in for Claude Code at its prompt: a process with an inbox socket and the hooks that joining writes.

``python claude_stand_in.py INBOX PORT SESSION``, the agent's key in ``TEAMMCP_KEY``. Each line in its inbox begins a
turn, as each ``prompt`` on its standard input does. It says on its standard output, as JSON, which lines came
(``line``) and of each turn what its model was shown (``shown``). Told to ``hold`` it keeps what comes, until
``release``.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import queue
import socket
import sys
import threading
from typing import Any

INBOX, PORT, SESSION = sys.argv[1], int(sys.argv[2]), sys.argv[3]
HEADERS = {"Authorization": f"Bearer {os.environ['TEAMMCP_KEY']}", "Content-Type": "application/json"}

todo: queue.SimpleQueue[str] = queue.SimpleQueue()
"""What the person, and lines from outside, say."""
server = http.client.HTTPConnection("127.0.0.1", PORT, timeout=10)


def say(**what: Any) -> None:
    sys.stdout.write(f"{json.dumps(what)}\n")
    sys.stdout.flush()


def hook(event: str, **more: Any) -> dict[str, Any]:
    """The answer to a hook; empty from a server that is away. One connection for all, as the program has it."""
    body = json.dumps({"hook_event_name": event, "session_id": SESSION, **more})
    for _ in range(2):  # the first may find that the server has closed the connection
        with contextlib.suppress(OSError, http.client.HTTPException):
            server.request("POST", "/api/hooks/claude", body, HEADERS)
            with server.getresponse() as answer:
                found: dict[str, Any] = json.loads(answer.read())
                return found
        server.close()
    return {}


def turn() -> None:
    """A turn of the model, with what the hooks bring into it."""
    shown = hook("UserPromptSubmit").get("hookSpecificOutput", {}).get("additionalContext", "")
    while (end := hook("Stop")).get("decision") == "block":
        shown += end["reason"]
    say(shown=shown)


def take_lines(inbox: socket.socket) -> None:
    while True:
        peer, _ = inbox.accept()
        with peer, peer.makefile() as said:
            *_, last = said.read().splitlines()
        line = json.loads(last)["message"]["content"]
        say(line=line)
        todo.put(line)


def take_orders() -> None:
    for order in sys.stdin:
        todo.put(order.strip())
    todo.put("exit")


def main() -> None:
    with socket.socket(socket.AF_UNIX) as inbox:
        inbox.bind(INBOX)
        inbox.listen()
        hook("SessionStart", source="startup")
        for work, arguments in ((take_lines, (inbox,)), (take_orders, ())):
            threading.Thread(target=work, args=arguments, daemon=True).start()
        held: list[str] | None = None
        while (said := todo.get()) != "exit":
            if said == "hold":
                held = []
            elif said == "release":
                for _ in held or ():
                    turn()
                held = None
            elif held is not None and said != "prompt":
                held.append(said)
            else:
                turn()
        hook("SessionEnd")


main()
