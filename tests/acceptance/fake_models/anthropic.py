"""A scripted model that speaks Anthropic's Messages API."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable
from typing import Any

from .script import Call, Event, ScriptedModel, Step, Told

USAGE = {"input_tokens": 1, "output_tokens": 1}


class AnthropicModel(ScriptedModel):
    """For `ANTHROPIC_BASE_URL`."""

    def told(self, body: dict[str, Any]) -> list[Told]:
        told = []
        for message in body.get("messages", []):
            content = message["content"]
            if message["role"] == "assistant":
                continue
            for block in [{"type": "text", "text": content}] if isinstance(content, str) else content:
                if block["type"] == "tool_result":
                    told.append(Told(_text(block["content"]), is_result=True))
                elif block["type"] == "text":
                    told.append(Told(block["text"]))
        return told

    def events(self, step: Step) -> Iterable[Event]:
        message = {"id": f"msg_{uuid.uuid4().hex}", "type": "message", "role": "assistant", "model": "scripted"}
        yield "message_start", {"message": {**message, "content": [], "stop_reason": None, "usage": USAGE}}
        if isinstance(step, Call):
            block: dict[str, Any] = {
                "type": "tool_use",
                "id": f"toolu_{uuid.uuid4().hex}",
                "name": step.tool,
                "input": {},
            }
            delta = {"type": "input_json_delta", "partial_json": json.dumps(step.arguments)}
        else:
            block = {"type": "text", "text": ""}
            delta = {"type": "text_delta", "text": step.text}
        yield "content_block_start", {"index": 0, "content_block": block}
        yield "content_block_delta", {"index": 0, "delta": delta}
        yield "content_block_stop", {"index": 0}
        reason = "tool_use" if isinstance(step, Call) else "end_turn"
        yield "message_delta", {"delta": {"stop_reason": reason, "stop_sequence": None}, "usage": USAGE}
        yield "message_stop", {}


def _text(content: Any) -> str:
    if isinstance(content, str):
        return content
    return "\n".join(block.get("text", "") for block in content)
