"""The launcher's runtimes with the real programs from npm: what they declare is true of these versions."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from teammcp_claude_launcher.runtime_checks import Check, checks_of
from teammcp_claude_launcher.runtime_kit import Subject
from teammcp_claude_launcher.runtimes.claude import ClaudeRuntime
from teammcp_claude_launcher.runtimes.codex import CodexOptions, CodexRuntime

from tests.acceptance.fake_models import AnthropicModel, OpenAIModel
from tests.acceptance.npm_tools import CLAUDE, CODEX
from tests.acceptance.real_programs import prompts, subject

pytestmark = [pytest.mark.acceptance, pytest.mark.real_cli]


@pytest.fixture
def claude(tmp_path: Path) -> Iterator[Subject]:
    with AnthropicModel() as model:
        yield subject(
            ClaudeRuntime(),
            CLAUDE,
            tmp_path,
            prompts("Bash", "command"),
            ANTHROPIC_BASE_URL=model.url,
            ANTHROPIC_API_KEY="sk-ant-api03-scripted",
            CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC="1",
            CLAUDE_CODE_MAX_RETRIES="0",
            DISABLE_AUTOUPDATER="1",
        )


@pytest.fixture
def codex(tmp_path: Path) -> Iterator[Subject]:
    with OpenAIModel() as model:
        tried = subject(CodexRuntime(), CODEX, tmp_path, prompts("exec_command", "cmd"), MODEL_KEY="scripted")
        tried.options = CodexOptions(sandbox="danger-full-access", asks="untrusted")
        (tmp_path / "home" / ".codex").mkdir()
        (tmp_path / "home" / ".codex" / "config.toml").write_text(
            f"""model = "scripted"
model_provider = "scripted"

[model_providers.scripted]
name = "Scripted"
base_url = "{model.url}/v1"
env_key = "MODEL_KEY"
wire_api = "responses"
""",
            "utf-8",
        )
        yield tried


@pytest.mark.parametrize("check", checks_of(ClaudeRuntime))
async def test_claude(check: Check, claude: Subject) -> None:
    await check(claude)


@pytest.mark.parametrize("check", checks_of(CodexRuntime))
async def test_codex(check: Check, codex: Subject) -> None:
    await check(codex)
