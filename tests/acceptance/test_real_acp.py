"""Real programs that speak the Agent Client Protocol: what their runtimes declare is true of these versions."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from teammcp_claude_launcher.runtime_checks import Check, checks_of
from teammcp_claude_launcher.runtime_kit import Subject
from teammcp_claude_launcher.runtimes.acp import programs

from teammcp import Runtime
from tests.acceptance.fake_models import AnthropicModel, GeminiModel, OpenAIModel
from tests.acceptance.fake_models.openai import ChatModel
from tests.acceptance.npm_tools import CLAUDE_ACP, CODEX_ACP, GEMINI, OPENCODE, QWEN
from tests.acceptance.real_programs import prompts, subject

pytestmark = [pytest.mark.acceptance, pytest.mark.real_cli, pytest.mark.timeout(420)]


@pytest.fixture
def opencode(tmp_path: Path) -> Iterator[Subject]:
    with ChatModel() as model:
        tried = subject(programs.OpenCode(), OPENCODE, tmp_path, prompts("bash", "command", description="do it"))
        provider = {
            "npm": "@ai-sdk/openai-compatible",
            "name": "Scripted",
            "options": {"baseURL": f"{model.url}/v1", "apiKey": "scripted"},
            "models": {"model": {"name": "model"}},
        }
        config = tmp_path / "home" / ".config" / "opencode" / "opencode.json"
        config.parent.mkdir(parents=True)
        config.write_text(json.dumps({"model": "scripted/model", "provider": {"scripted": provider}}), "utf-8")
        yield tried


@pytest.fixture
def gemini(tmp_path: Path) -> Iterator[Subject]:
    with GeminiModel() as model:
        yield subject(
            programs.Gemini(),
            GEMINI,
            tmp_path,
            prompts("run_shell_command", "command"),
            GEMINI_API_KEY="scripted",
            GOOGLE_GEMINI_BASE_URL=model.url,
        )


@pytest.fixture
def qwen(tmp_path: Path) -> Iterator[Subject]:
    with ChatModel() as model:
        yield subject(
            programs.Qwen(),
            QWEN,
            tmp_path,
            prompts("run_shell_command", "command", is_background=False),
            OPENAI_API_KEY="scripted",
            OPENAI_BASE_URL=f"{model.url}/v1",
            OPENAI_MODEL="scripted",
        )


@pytest.fixture
def claude(tmp_path: Path) -> Iterator[Subject]:
    with AnthropicModel() as model:
        yield subject(
            programs.ClaudeAdapter(),
            CLAUDE_ACP,
            tmp_path,
            prompts("Bash", "command"),
            ANTHROPIC_BASE_URL=model.url,
            ANTHROPIC_API_KEY="sk-ant-api03-scripted",
            CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC="1",
            CLAUDE_CODE_MAX_RETRIES="0",
        )


@pytest.fixture
def codex(tmp_path: Path) -> Iterator[Subject]:
    with OpenAIModel() as model:
        tried = subject(programs.CodexAdapter(), CODEX_ACP, tmp_path, prompts("exec_command", "cmd"), MODEL_KEY="x")
        (tmp_path / "home" / ".codex").mkdir()
        (tmp_path / "home" / ".codex" / "config.toml").write_text(
            f"""model = "scripted"
model_provider = "scripted"
approval_policy = "untrusted"
sandbox_mode = "danger-full-access"

[model_providers.scripted]
name = "Scripted"
base_url = "{model.url}/v1"
env_key = "MODEL_KEY"
wire_api = "responses"
""",
            "utf-8",
        )
        yield tried


ESSENTIAL = {"answers_a_turn", "is_given_the_teams_tools", "is_allowed", "is_denied"}
"""The checks of which every run of the tests has to know; the others take minutes, and are for the sweep."""


def essential(runtime: type[Runtime]) -> list[Any]:
    """All checks of a runtime, those that are not essential for the sweep."""
    return [
        check if check.__name__ in ESSENTIAL else pytest.param(check, marks=pytest.mark.sweep)
        for check in checks_of(runtime)
    ]


@pytest.mark.parametrize("check", essential(programs.OpenCode))
async def test_opencode(check: Check, opencode: Subject) -> None:
    await check(opencode)


@pytest.mark.parametrize("check", essential(programs.Gemini))
async def test_gemini(check: Check, gemini: Subject) -> None:
    await check(gemini)


@pytest.mark.sweep
@pytest.mark.parametrize("check", checks_of(programs.Qwen))
async def test_qwen(check: Check, qwen: Subject) -> None:
    await check(qwen)


@pytest.mark.sweep
@pytest.mark.parametrize("check", checks_of(programs.ClaudeAdapter))
async def test_claude(check: Check, claude: Subject) -> None:
    await check(claude)


@pytest.mark.sweep
@pytest.mark.parametrize("check", checks_of(programs.CodexAdapter))
async def test_codex(check: Check, codex: Subject) -> None:
    await check(codex)
