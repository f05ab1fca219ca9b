"""A scripted model that speaks OpenAI's Responses API."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable
from typing import Any

from .script import Call, Event, ScriptedModel, Step


class OpenAIModel(ScriptedModel):
    """For a ``base_url`` with ``wire_api = "responses"``. A tool is named ``namespace/tool``."""

    def results(self, body: dict[str, Any]) -> list[str]:
        return [
            item["output"] if isinstance(item["output"], str) else json.dumps(item["output"])
            for item in body.get("input", [])
            if isinstance(item, dict) and item.get("type") == "function_call_output"
        ]

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
    return {**call, "namespace": namespace, "name": name, "arguments": json.dumps(step.arguments)}
