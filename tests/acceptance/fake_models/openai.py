"""Scripted models that speak OpenAI's Responses and Chat Completions APIs."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable
from typing import Any

from .script import Call, Event, ScriptedModel, Step, Told


class OpenAIModel(ScriptedModel):
    """For a ``base_url`` with ``wire_api = "responses"``. A tool is named ``namespace/tool``."""

    def told(self, body: dict[str, Any]) -> list[Told]:
        told = []
        for item in body.get("input", []):
            match item:
                case {"type": "function_call_output", "output": output}:
                    told.append(Told(output if isinstance(output, str) else json.dumps(output), is_result=True))
                case {"role": "user", "content": content}:
                    told.append(Told(_text(content)))
        return told

    def events(self, step: Step) -> Iterable[Event]:
        response = {"id": f"resp_{uuid.uuid4().hex}", "object": "response", "output": []}
        yield "response.created", {"response": {**response, "status": "in_progress"}}
        item = _item(step)
        yield "response.output_item.added", {"output_index": 0, "item": item}
        yield "response.output_item.done", {"output_index": 0, "item": item}
        usage = {"input_tokens": 1, "output_tokens": 1, "total_tokens": 2}
        done = {**response, "output": [item], "status": "completed", "usage": usage}
        yield "response.completed", {"response": done}


def _item(step: Step) -> dict[str, Any]:
    if not isinstance(step, Call):
        content = [{"type": "output_text", "text": step.text, "annotations": []}]
        return {"type": "message", "id": f"msg_{uuid.uuid4().hex}", "role": "assistant", "content": content}
    namespace, _, name = step.tool.rpartition("/")
    call = {"type": "function_call", "id": f"fc_{uuid.uuid4().hex}", "call_id": f"call_{uuid.uuid4().hex}"}
    inside = {"namespace": namespace} if namespace else {}
    return {**call, **inside, "name": name, "arguments": json.dumps(step.arguments)}


def _text(content: Any) -> str:
    if isinstance(content, str):
        return content
    return "\n".join(part["text"] for part in content if "text" in part)


class ChatModel(ScriptedModel):
    """For programs that speak Chat Completions."""

    def told(self, body: dict[str, Any]) -> list[Told]:
        return [
            Told(_text(message["content"]), is_result=message["role"] == "tool")
            for message in body.get("messages", [])
            if message["role"] in ("tool", "user")
        ]

    def events(self, step: Step) -> Iterable[Event]:
        head = {"id": f"chat_{uuid.uuid4().hex}", "object": "chat.completion.chunk", "created": 0, "model": "scripted"}
        if isinstance(step, Call):
            call = {"name": step.tool, "arguments": json.dumps(step.arguments)}
            part = {"index": 0, "id": f"call_{uuid.uuid4().hex}", "type": "function", "function": call}
            delta: dict[str, Any] = {"tool_calls": [part]}
        else:
            delta = {"content": step.text}
        yield "", {**head, "choices": [{"index": 0, "delta": {"role": "assistant", **delta}, "finish_reason": None}]}
        reason = "tool_calls" if isinstance(step, Call) else "stop"
        usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
        yield "", {**head, "choices": [{"index": 0, "delta": {}, "finish_reason": reason}], "usage": usage}

    def frame(self, name: str, data: dict[str, Any]) -> str:
        return f"data: {json.dumps(data)}\n\n"
