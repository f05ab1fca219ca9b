"""Texts of every kind on the pages of a real browser: nothing hides, freezes, breaks a rule or reads the wrong way."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from tests.acceptance.browser import Street, api
from tests.hostile_code import KNOWN
from tests.live import LiveServer

pytestmark = [pytest.mark.acceptance, pytest.mark.browser]

RICH = """\
**注意：**请看https://example.com/path。谢谢 @Maya

| left | middle | right |
|:-----|:------:|------:|
| a    | b      | 1     |
| long | cell   | 1,000 |

- [x] read *it*
- [ ] answer `@Maya`

```python title="hello"
def hello(name: str) -> str:  # \u202e nothing to see
    return f"hello {name}"
```
"""
HEBREW = "שלום לכולם, זאת הודעה (v2)!\n\n- ראשון\n- שני\n\n> ציטוט"
DEEP = "> " * 30 + "deep quote\n\n" + "- " * 15 + "deep list"
HIDDEN = "echo '\u2067\u2066'\u2069\u2066 ; touch PROOF # \u2069\u2069 and \U000e0041"


@pytest.fixture
async def street(browser: Browser, live: LiveServer) -> AsyncIterator[Street]:
    """People with browsers, whose consoles must stay quiet."""
    found = Street(browser, live)
    yield found
    await found.close()


async def test_texts_of_every_kind_stand_as_they_should(street: Street, live: LiveServer) -> None:
    key = live.register("Maya")
    call = api(live, key)
    agent = api(live, call("register_agent", name="coder", kind="agent")["apiKey"])
    for text in (RICH, HEBREW, DEEP, HIDDEN, f"```bash\n{HIDDEN}\n```"):
        agent("send_message", channel="general", content=text)
    maya = await street.person(key)
    await maya.open("/channels/general")
    page = maya.page
    aligned = page.locator(".prose td").filter(has_text="1,000")
    assert await aligned.evaluate("cell => getComputedStyle(cell).textAlign") == "right"
    await expect(page.locator(".prose .task-box")).to_have_count(2)
    hebrew = page.locator(".prose p", has_text="שלום")
    assert await hebrew.evaluate("p => getComputedStyle(p).direction") == "rtl"
    assert await page.locator(".prose ul", has_text="ראשון").evaluate("ul => getComputedStyle(ul).direction") == "rtl"
    await expect(page.get_by_text("deep quote")).to_be_visible()
    await expect(page.get_by_text("deep list")).to_be_visible()
    assert await page.locator("#messages").get_by_text("<U+2067>").count() == 2
    await expect(page.locator(".code-info", has_text='python title="hello"')).to_be_visible()
    if folder := os.environ.get("SCREENSHOTS"):
        await _pictures(maya.page, Path(folder))


async def _pictures(page: object, folder: Path) -> None:
    """For looking at it: both colour schemes, wide and narrow."""
    for scheme in ("light", "dark"):
        await page.emulate_media(color_scheme=scheme)  # type: ignore[attr-defined]
        for width in (1280, 390):
            await page.set_viewport_size({"width": width, "height": 1500})  # type: ignore[attr-defined]
            await page.screenshot(path=folder / f"texts-{scheme}-{width}.png")  # type: ignore[attr-defined]


async def test_an_input_methods_enter_key_sends_nothing(street: Street, live: LiveServer) -> None:
    maya = await street.person(live.register("Maya"))
    await maya.open("/channels/general")
    field = maya.page.locator("#composer textarea")
    await field.fill("にほん")
    for how in ("{keyCode: 229}", "{isComposing: true}"):
        await field.evaluate(
            f"field => field.dispatchEvent(Object.assign(new KeyboardEvent('keydown', {{key: 'Enter', bubbles: true,"
            f" cancelable: true, ...{how}}})))"
        )
    await expect(field).to_have_value("にほん")
    await field.press("Enter")
    await expect(field).to_have_value("")
    await expect(maya.message("にほん")).to_have_count(1)


async def test_hostile_code_holds_up_nobody(street: Street, live: LiveServer) -> None:
    key = live.register("Maya")
    call = api(live, key)
    maya = await street.person(key)
    for language, code in KNOWN:
        call("send_message", channel="general", content=f"```{language}\n{code}\n```")
    opening = asyncio.create_task(maya.open("/channels/general"))
    waited = []
    while not opening.done():
        began = time.monotonic()
        await asyncio.to_thread(call, "get_me")
        waited.append(time.monotonic() - began)
    await opening
    assert max(waited) < 5
    await expect(maya.page.locator(".code-info", has_text="scala")).to_be_visible()
