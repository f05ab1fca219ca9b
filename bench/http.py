"""Requests as bytes, so that the load generator spends its time on the network alone."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import httpx2


def request(method: str, path: str, key: str = "", body: Any = None, headers: Mapping[str, str] | None = None) -> bytes:
    """One HTTP/1.1 request of a keep-alive connection; ``body`` is sent as JSON."""
    content = b"" if body is None else json.dumps(body, ensure_ascii=False).encode()
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1"]
    if key:
        lines.append(f"Authorization: Bearer {key}")
    if body is not None:
        lines += ["Content-Type: application/json", f"Content-Length: {len(content)}"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    return "\r\n".join([*lines, "", ""]).encode() + content


def client(port: int, key: str = "") -> httpx2.Client:
    """An ordinary client, for what is not measured."""
    return httpx2.Client(
        base_url=f"http://127.0.0.1:{port}",
        headers={"Authorization": f"Bearer {key}"} if key else {},
        trust_env=False,
        timeout=30,
    )


def register(port: int, names: list[str]) -> dict[str, str]:
    """Register members of a new team; their keys. The first one becomes the owner and registers the others."""
    keys: dict[str, str] = {}
    with client(port) as http:
        for name in names:
            owner = next(iter(keys.values()), "")
            answer = http.post(
                "/api/register", json={"name": name}, headers={"Authorization": f"Bearer {owner}"} if owner else {}
            )
            answer.raise_for_status()
            keys[name] = answer.json()["apiKey"]
    return keys
