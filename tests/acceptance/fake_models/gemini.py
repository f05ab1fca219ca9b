"""A scripted model that speaks Google's Gemini API."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from .script import Call, Event, ScriptedModel, Step, Told


class GeminiModel(ScriptedModel):
    """For `GOOGLE_GEMINI_BASE_URL`."""

    def told(self, body: dict[str, Any]) -> list[Told]:
        told = []
        for content in body.get("contents", []):
            for part in content.get("parts", []):
                if "functionResponse" in part:
                    answer = json.dumps(part["functionResponse"]["response"], ensure_ascii=False)
                    told.append(Told(answer, is_result=True))
                elif "text" in part and content.get("role") != "model":
                    told.append(Told(part["text"]))
        return told

    def events(self, step: Step) -> Iterable[Event]:
        if isinstance(step, Call):
            part: dict[str, Any] = {"functionCall": {"name": step.tool, "args": step.arguments}}
        else:
            part = {"text": step.text}
        candidate = {"content": {"role": "model", "parts": [part]}, "finishReason": "STOP", "index": 0}
        usage = {"promptTokenCount": 1, "candidatesTokenCount": 1, "totalTokenCount": 2}
        yield "", {"candidates": [candidate], "usageMetadata": usage}

    def frame(self, name: str, data: dict[str, Any]) -> str:
        return f"data: {json.dumps(data)}\n\n"
