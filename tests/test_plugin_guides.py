"""The code in the guides for authors of plugins works as it stands there."""

from __future__ import annotations

import re
from pathlib import Path
from types import ModuleType

import pytest

from teammcp.config import Settings
from teammcp.testing import MovedClock, serve

GUIDES = Path(__file__).parent.parent / "docs" / "plugins"
BLOCK = re.compile(r"^```python\n(from .+?)^```$", re.MULTILINE | re.DOTALL)


def modules() -> list[tuple[str, str]]:
    """Every block of code that is a whole plugin: it imports what it needs, and implements a hook."""
    found = []
    for page in sorted(GUIDES.glob("*.md")):
        for number, code in enumerate(BLOCK.findall(page.read_text("utf-8")), start=1):
            if "@hookimpl" in code and page.stem != "hooks":  # those of hooks.md are tried in test_hooks.py
                found.append((f"{page.stem}_{number}", code))
    return found


def test_the_guides_have_such_code() -> None:
    assert {name.partition("_")[0] for name, _ in modules()} >= {"routes", "secrets"}


@pytest.mark.parametrize(("name", "code"), modules(), ids=[name for name, _ in modules()])
async def test_a_plugin_in_a_guide_works_as_it_stands(
    name: str, code: str, settings: Settings, clock: MovedClock
) -> None:
    plugin = ModuleType(name)
    exec(compile(code, f"{name}.md", "exec"), vars(plugin))  # noqa: S102 - our own guide
    async with serve(settings, clock, {name: plugin}) as app:
        found = app.server.plugins.plugins[name]  # type: ignore[attr-defined]
        assert (found.state, found.error, found.faults) == ("active", None, 0)
        assert found.hooks
