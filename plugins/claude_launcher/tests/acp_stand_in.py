"""A program that speaks the protocol as real ones were seen to: its arguments and turns say in which way."""

from __future__ import annotations

import json
import os
import sys
import time
from typing import Any

WAYS = set(sys.argv[1:])
SESSION = "s-1"
HEARD: list[dict[str, Any]] = []
OPEN: list[int] = []


def write(**message: Any) -> None:
    sys.stdout.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
    sys.stdout.flush()


def update(kind: str, /, **fields: Any) -> None:
    write(method="session/update", params={"sessionId": SESSION, "update": {"sessionUpdate": kind, **fields}})


def say(text: str, **more: Any) -> None:
    update("agent_message_chunk", content={"type": "text", "text": text}, **more)


def initialize(message: dict[str, Any]) -> Any:
    if "mute" in WAYS:
        time.sleep(60)
    if "dies" in WAYS:
        sys.stderr.write("no model is set\n")
        sys.exit(4)
    if "stray" in WAYS:
        sys.stdout.write("Loading …\n")
    methods = [{"id": "login", "name": "Log in"}]
    if "key" in WAYS:
        methods.append({"id": "key", "name": "Key", "type": "env_var", "vars": [{"name": "STAND_IN_KEY"}]})
    capabilities: dict[str, Any] = {"mcpCapabilities": {"http": "no-http" not in WAYS}}
    if WAYS & {"load", "load-anything"}:
        capabilities["loadSession"] = True
    if "resume" in WAYS:
        capabilities["sessionCapabilities"] = {"resume": {}}
    return {"protocolVersion": 1, "agentCapabilities": capabilities, "authMethods": methods}


def begin(message: dict[str, Any]) -> Any:
    if WAYS & {"key", "login"} and not any(heard["method"] == "authenticate" for heard in HEARD):
        return RuntimeError(-32000, "Authentication required")
    if "strange" in WAYS:
        return {"session": 1}
    model = {"id": "model", "name": "Model", "category": "model", "type": "select", "currentValue": "small"}
    values = [{"value": value, "name": value} for value in ("small", "large")]
    modes = {"currentModeId": "default", "availableModes": [{"id": one, "name": one} for one in ("default", "plan")]}
    return {"sessionId": SESSION, "modes": modes, "configOptions": [{**model, "options": values}]}


def go_on(message: dict[str, Any]) -> Any:
    if message["params"]["sessionId"] == SESSION:
        if message["method"] == "session/load":
            say("What was said before.")
            update("usage_update", used=1, size=2, cost={"amount": 5.0, "currency": "USD"})
        return {}
    return {} if "load-anything" in WAYS else RuntimeError(-32002, "Resource not found")


def prompt(message: dict[str, Any]) -> Any:
    text = message["params"]["prompt"][-1]["text"]
    word, _, rest = text.partition(" ")
    if word == "hold":
        OPEN.append(message["id"])
        return None
    if word == "together" and OPEN:
        say("about the first")
        write(id=OPEN.pop(), result={"stopReason": "end_turn"})
        say("about the second")
    if word == "stop":
        return {"stopReason": rest}
    if word == "error":
        return RuntimeError(-32603, "Internal error", {"details": "The model is away."})
    if word == "close":
        os.close(1)
        time.sleep(60)
    if word == "long":
        say("x" * 3_000_000)
    if word == "unknown":
        update("weather_update", sun=True)
        write(method="_other/notification", params={})
        sys.stdout.write("[debug] not for you\n")
        say("heard")
    if word == "deep":
        sys.stdout.write("[" * 100_000 + "\n" + '{"method":' * 100_000 + "\n")
        for depth in (200, 900):
            nested = '{"a":' * depth + "1" + "}" * depth
            sys.stdout.write(
                '{"jsonrpc":"2.0","method":"session/update","params":{"sessionId":"s-1","update":{"sessionUpdate":'
                f'"tool_call","toolCallId":"t{depth}","title":"t","rawInput":{nested}}}}}}}\n'
            )
        say("heard")
    if word == "pieces":
        for piece in ("One", " two.", "\n", "\nThree", " four.", "\n\n"):
            say(piece)
        say("Another.", messageId="m2")
    if word == "tool":
        update("tool_call", toolCallId="t", title="bash", kind="execute", status="pending")
        update("tool_call_update", toolCallId="t", title="ls -l", rawInput={"command": "ls -l"})
        update("tool_call_update", toolCallId="t", status="in_progress")
        update("tool_call_update", toolCallId="t", status="completed", rawOutput={"lines": 1})
    if word == "team":
        call = {"toolCallId": "q", "title": "send", "_meta": {"claudeCode": {"toolName": rest}}}
        options = [{"optionId": kind, "name": kind, "kind": kind} for kind in ("allow_always", "allow_once")]
        params = {"sessionId": SESSION, "toolCall": call, "options": options}
        write(id="q1", method="session/request_permission", params=params)
        say(json.dumps(json.loads(sys.stdin.readline())["result"]["outcome"]))
    if word == "ask":
        options = [{"optionId": f"the {kind}", "name": kind, "kind": kind} for kind in rest.split()]
        call = {"toolCallId": "q", "title": "rm -r x", "kind": "execute", "rawInput": {"command": "rm -r x"}}
        write(
            id="q1",
            method="session/request_permission",
            params={"sessionId": SESSION, "toolCall": call, "options": options},
        )
        answer = json.loads(sys.stdin.readline())
        say(json.dumps(answer["result"]["outcome"], sort_keys=True))
    if word == "read":
        write(id="r1", method="fs/read_text_file", params={"sessionId": SESSION, "path": "/etc/passwd"})
        say(str(json.loads(sys.stdin.readline())["error"]["code"]))
    if word == "heard":
        say(json.dumps([heard for heard in HEARD if heard["method"] == rest]))
    if word == "prompt":
        say(json.dumps([block["text"] for block in message["params"]["prompt"]]))
    if word == "usage":
        usage = {"inputTokens": 10, "outputTokens": 3, "totalTokens": 18, "cachedReadTokens": 5}
        return {"stopReason": "end_turn", "usage": usage}
    return {"stopReason": "end_turn"}


ANSWERS = {
    "initialize": initialize,
    "session/new": begin,
    "session/load": go_on,
    "session/resume": go_on,
    "session/prompt": prompt,
    "session/set_config_option": lambda message: {"configOptions": []},
}

for line in sys.stdin:
    asked = json.loads(line)
    HEARD.append(asked)
    answer = ANSWERS.get(asked["method"], lambda message: {})(asked)
    if isinstance(answer, RuntimeError):
        code, why, *data = answer.args
        write(id=asked["id"], error={"code": code, "message": why, "data": data[0] if data else None})
    elif answer is not None and "id" in asked:
        write(id=asked["id"], result=answer)
