"""The dashboard in a real browser: what people do all day, live, with and without a mouse."""

from __future__ import annotations

import base64
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from tests.acceptance.browser import Street, api
from tests.live import LiveServer

pytestmark = [pytest.mark.acceptance, pytest.mark.browser]

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)


@pytest.fixture
async def street(browser: Browser, live: LiveServer) -> AsyncIterator[Street]:
    """People with browsers, whose consoles must stay quiet."""
    found = Street(browser, live)
    yield found
    await found.close()


@pytest.fixture
def keys(live: LiveServer) -> dict[str, str]:
    """A team of two people and an agent."""
    found = {"Maya": live.register("Maya")}
    call = api(live, found["Maya"])
    for name, kind in (("Jonas", "human"), ("coder", "agent")):
        found[name] = call("register_agent", name=name, kind=kind)["apiKey"]
    return found


async def test_set_up_then_out_and_in_again(street: Street) -> None:
    maya = await street.person()
    await maya.page.goto(street.server.url)
    await maya.page.get_by_label("Your name").fill("Maya")
    await maya.page.get_by_role("button", name="Create the team").click()
    key = await maya.page.locator("#secret-key").inner_text()
    await maya.page.get_by_role("button", name="I have saved the key").click()
    await expect(maya.page.get_by_role("heading", name="general")).to_be_visible()
    await maya.page.get_by_label("You and your settings").click()
    await maya.page.get_by_role("button", name="Log out").click()
    await maya.log_in(key)
    assert key not in maya.page.url


async def test_two_people_and_an_agent_talk_live(street: Street, keys: dict[str, str]) -> None:
    maya, jonas = await street.person(keys["Maya"]), await street.person(keys["Jonas"])
    coder = api(street.server, keys["coder"])
    await maya.open("/channels/general")
    await jonas.open("/channels/general")
    await jonas.page.locator("#composer textarea").fill("half a thought")

    await maya.say("Hello **Jonas**, hello @coder")
    await expect(jonas.message("Hello Jonas").locator("strong", has_text="Jonas")).to_have_text("Jonas")
    coder("send_message", channel="general", content="On it:\n\n```python\nprint(1)\n```")
    await expect(maya.message("On it").locator(".k, .nb")).to_have_count(1)
    await expect(jonas.page.locator("#composer textarea")).to_have_value("half a thought")

    own = maya.message("Hello Jonas")
    await own.hover()
    await own.get_by_role("link", name="Edit").click()
    await maya.page.locator(".editing textarea").fill("Good morning Jonas")
    await maya.page.locator(".editing textarea").press("Enter")
    await expect(jonas.message("Good morning Jonas").get_by_text("(edited)")).to_be_visible()

    theirs = jonas.message("On it")
    await theirs.hover()
    await theirs.locator("summary[data-key=react]").click()
    await theirs.locator(".emoji-row").get_by_text("🎉").click()
    await expect(maya.message("On it").locator(".reaction")).to_contain_text("1")
    await maya.message("On it").locator(".reaction").click()
    await expect(jonas.message("On it").locator(".reaction")).to_contain_text("2")
    await expect(jonas.message("On it").locator(".reaction")).to_have_attribute("title", "Jonas, Maya")

    await own.or_(maya.message("Good morning")).first.hover()
    mine = maya.message("Good morning")
    await mine.get_by_role("group").locator("summary").nth(1).click()
    await mine.get_by_text("Delete…").click()
    await maya.page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    await expect(jonas.page.get_by_text("This message was deleted.")).to_be_visible()


async def test_a_flood_arrives_whole_and_in_order(street: Street, keys: dict[str, str]) -> None:
    maya = await street.person(keys["Maya"])
    await maya.open("/channels/general")
    coder = api(street.server, keys["coder"])
    texts = [f"line {number:02}" for number in range(60)]
    for text in texts:
        coder("send_message", channel="general", content=text)
    await expect(maya.page.locator("#messages .prose")).to_have_text(texts)
    await expect(maya.message("line 59")).to_be_in_viewport()


async def test_threads_beside_the_stream(street: Street, keys: dict[str, str]) -> None:
    maya, jonas = await street.person(keys["Maya"]), await street.person(keys["Jonas"])
    root = api(street.server, keys["coder"])("send_message", channel="general", content="Which database?")
    await maya.open("/channels/general")
    await jonas.open(f"/channels/general?panel=thread&message={root['id']}")
    question = maya.message("Which database?")
    await question.hover()
    await question.get_by_role("link", name="Reply in thread").click()
    reply = maya.page.locator("#reply textarea")
    await expect(reply).to_be_focused()
    await reply.fill("The one we have")
    await reply.press("Enter")
    await expect(jonas.page.locator("#panel")).to_contain_text("The one we have")
    await expect(maya.page.locator("#panel")).to_contain_text("The one we have")
    await expect(maya.message("Which database?").locator(".thread-link")).to_have_text(re.compile("1 reply"))
    await reply.press("Escape")
    await expect(maya.page.locator("#panel")).to_be_hidden()


async def test_badges_are_right_and_reading_clears_them(street: Street, keys: dict[str, str]) -> None:
    maya, jonas = await street.person(keys["Maya"]), await street.person(keys["Jonas"])
    coder = api(street.server, keys["coder"])
    api(street.server, keys["Maya"])("create_channel", id="release", members=["coder", "Jonas"])
    await maya.open("/channels/general")
    link = maya.page.locator("#sidebar a[href='/channels/release']")
    await expect(link.locator(".badge")).to_have_count(0)
    coder("send_message", channel="release", content="one")
    coder("send_message", channel="release", content="two")
    await expect(link.locator(".badge")).to_have_text(re.compile("^2 "))
    await expect(link.locator(".badge-mention")).to_have_count(0)
    coder("send_message", channel="release", content="three, @Maya")
    await expect(link.locator(".badge-mention")).to_have_text(re.compile("^1 "))
    await expect(maya.page.locator("#waiting .badge")).to_have_text(re.compile("^1 "))
    coder("send_dm", recipient="Maya", content="psst")
    await expect(
        maya.page.locator("#sidebar .channel-link", has_text="coder").locator(".badge-mention")
    ).to_be_visible()

    await maya.open("/channels/release")
    await expect(maya.page.locator("#new-line")).to_be_visible()
    await expect(maya.page.locator("#sidebar a[href='/channels/release'] .badge")).to_have_count(0)
    coder("send_message", channel="release", content="seen at once, @Maya")
    await expect(maya.message("seen at once")).to_be_visible()
    await expect(maya.page.locator("#sidebar a[href='/channels/release'] .badge")).to_have_count(0)
    await expect(maya.page.locator("#waiting .badge")).to_have_text(re.compile("^1 "))
    await jonas.open("/channels/general")
    await expect(jonas.page.locator("#sidebar a[href='/channels/release'] .badge")).to_have_text(re.compile("^4 "))


async def test_older_messages_come_on_scroll_and_the_newest_are_a_click_away(
    street: Street, keys: dict[str, str]
) -> None:
    coder = api(street.server, keys["coder"])
    sent = [coder("send_message", channel="general", content=f"note {number:03}")["id"] for number in range(130)]
    api(street.server, keys["Maya"])("ack_inbox", items=[{"channel": "general", "ack_id": sent[-1]}])
    maya = await street.person(keys["Maya"])
    await maya.open("/channels/general")
    await expect(maya.message("note 129")).to_be_in_viewport()
    stream = maya.page.locator("#stream")
    for _ in range(2):
        count = await maya.page.locator("#messages > .message").count()
        await stream.evaluate("element => { element.scrollTop = -1e6; }")
        await expect(maya.page.locator("#messages > .message").nth(count)).to_be_attached()
    await expect(maya.page.locator("#messages > .message")).to_have_count(130)
    await expect(maya.page.locator("#messages > .day")).to_have_count(1)
    await stream.evaluate("element => { element.scrollTop = -1e6; }")
    await expect(maya.message("note 000")).to_be_in_viewport()
    coder("send_message", channel="general", content="something new")
    await expect(maya.page.locator("#jump")).to_contain_text("1 new message")
    await expect(maya.message("note 000")).to_be_in_viewport()
    await maya.page.locator("#jump a").click()
    await expect(maya.message("something new")).to_be_in_viewport()
    await expect(maya.page.locator("#jump")).to_be_hidden()


async def test_files_by_button_and_by_pasting(street: Street, keys: dict[str, str], tmp_path: Path) -> None:
    maya, jonas = await street.person(keys["Maya"]), await street.person(keys["Jonas"])
    await maya.open("/channels/general")
    await jonas.open("/channels/general")
    report = tmp_path / "report.txt"
    report.write_text("all is well", "utf-8")
    await maya.page.locator("#composer input[type=file]").set_input_files(report)
    await expect(maya.page.locator(".chosen-files")).to_contain_text("report.txt")
    await maya.say("See the report")
    await expect(jonas.message("See the report").locator(".file")).to_contain_text("report.txt")
    await expect(maya.page.locator(".chosen-files")).to_be_hidden()

    await maya.page.locator("#composer textarea").evaluate(
        """(field, data) => {
            const transfer = new DataTransfer();
            const bytes = Uint8Array.from(atob(data), (character) => character.charCodeAt(0));
            transfer.items.add(new File([bytes], "shot.png", { type: "image/png" }));
            field.dispatchEvent(new ClipboardEvent("paste", { clipboardData: transfer, bubbles: true }));
        }""",
        base64.b64encode(PIXEL).decode(),
    )
    await maya.page.locator("#composer textarea").press("Enter")
    picture = jonas.page.locator(".files img[alt='shot.png']")
    await expect(picture).to_be_visible()
    assert await picture.evaluate("image => image.decode().then(() => image.naturalWidth)") == 1


async def test_names_complete_while_typing(street: Street, keys: dict[str, str]) -> None:
    maya = await street.person(keys["Maya"])
    await maya.open("/channels/general")
    field = maya.page.locator("#composer textarea")
    await field.press_sequentially("Hi @")
    await expect(maya.page.locator(".completion li")).to_have_count(3)
    await field.press_sequentially("jo")
    await expect(maya.page.locator(".completion li")).to_have_count(1)
    await field.press("Tab")
    await expect(field).to_have_value("Hi @Jonas ")
    await expect(maya.page.locator(".completion")).to_have_count(0)
    await field.press("Enter")
    await expect(maya.message("Hi @Jonas").locator(".mention")).to_have_text("@Jonas")


async def test_everything_with_the_keyboard_alone(street: Street, keys: dict[str, str]) -> None:
    coder = api(street.server, keys["coder"])
    coder("send_message", channel="general", content="first")
    coder("send_message", channel="general", content="second")
    maya = await street.person(keys["Maya"])
    page, press = maya.page, maya.page.keyboard.press
    await maya.open("/agents")
    await press("Tab")
    await expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    await press("Enter")
    await press("?")
    await expect(page.get_by_role("dialog")).to_contain_text("Keyboard shortcuts")
    await press("Escape")
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await press("g")
    await press("c")
    await page.wait_for_url("**/channels/general")
    await expect(page.locator("html[data-connected=true]")).to_be_attached()
    await expect(page.locator("#composer textarea")).to_be_focused()
    await page.keyboard.type("written by hand")
    await press("Enter")
    await expect(maya.message("written by hand")).to_be_visible()
    await press("ArrowUp")
    await expect(page.locator(".editing textarea")).to_be_focused()
    await page.keyboard.type(", and edited")
    await press("Enter")
    await expect(maya.message("written by hand, and edited")).to_be_visible()
    await press("Escape")
    await press("k")
    await press("k")
    await expect(maya.message("second")).to_be_focused()
    await press("+")
    await press("Enter")
    await expect(maya.message("second").locator(".reaction")).to_contain_text("👍")
    await press("Escape")
    await press("r")
    await expect(page.locator("#reply textarea")).to_be_focused()
    await page.keyboard.type("a reply")
    await press("Enter")
    await expect(page.locator("#panel")).to_contain_text("a reply")
    await press("Escape")
    await expect(page.locator("#panel")).to_be_hidden()
    await press("Escape")
    await press("/")
    await page.wait_for_url("**/search")
    await expect(page.get_by_role("searchbox")).to_be_focused()
    await page.keyboard.type("edited")
    await press("Enter")
    await expect(page.locator(".results mark")).to_have_text("edited")


async def test_anywhere_in_a_few_letters(street: Street, keys: dict[str, str]) -> None:
    maya = await street.person(keys["Maya"])
    await maya.open("/agents")
    await maya.page.keyboard.press("Control+k")
    await maya.page.get_by_role("dialog").get_by_role("searchbox").fill("jon")
    await maya.page.keyboard.press("Enter")
    await maya.page.wait_for_url("**/channels/dm:Jonas:Maya")
    await maya.page.keyboard.press("Control+k")
    await maya.page.get_by_role("dialog").get_by_role("searchbox").fill("gen")
    await maya.page.keyboard.press("Enter")
    await maya.page.wait_for_url("**/channels/general")


async def test_who_is_here_and_new_agents(street: Street, keys: dict[str, str]) -> None:
    maya = await street.person(keys["Maya"])
    await maya.open("/agents")
    state = maya.page.locator("[data-agent=coder] .state").first
    await expect(state).to_have_text("away")
    api(street.server, keys["coder"])("heartbeat")
    await expect(state).to_have_text("online")
    api(street.server, keys["coder"])("claude_hook", hook_event_name="PermissionRequest", tool_name="Bash")
    await expect(state).to_have_text("waiting for a person")
    await expect(maya.page.locator("[data-agent=coder]")).to_contain_text("permission prompt: Bash")
    await maya.page.locator("[data-agent=coder] a").first.click()
    await expect(maya.page.locator("#facts")).to_contain_text("waiting for a person, since")
    api(street.server, keys["coder"])("claude_hook", hook_event_name="SessionEnd")
    await expect(maya.page.locator("#facts")).to_contain_text("its session ended")
    await maya.open("/agents")
    await maya.page.get_by_role("link", name="Register an agent").click()
    dialog = maya.page.get_by_role("dialog")
    await dialog.get_by_label("Name").fill("reviewer")
    await dialog.get_by_role("button", name="Register").click()
    key = await maya.page.locator("#secret-key").inner_text()
    await expect(maya.page.locator("pre").first).to_contain_text("mcpServers")
    assert api(street.server, key)("get_me")["name"] == "reviewer"


async def test_it_comes_back_after_the_server_was_away(street: Street, keys: dict[str, str]) -> None:
    maya = await street.person(keys["Maya"])
    await maya.open("/channels/general")
    street.server.restart()
    api(street.server, keys["coder"])("send_message", channel="general", content="while you were gone")
    await expect(maya.message("while you were gone")).to_be_visible(timeout=20_000)
    maya.troubles.clear()  # the browser itself notes that the connection was lost


async def test_a_page_says_that_the_server_is_away_until_it_is_back(street: Street, keys: dict[str, str]) -> None:
    """All windows of a browser say so, though one alone follows the events."""
    maya = await street.person(keys["Maya"])
    await maya.open("/channels/general")
    other = await maya.context.new_page()
    await other.goto(street.server.url + "/tasks")
    await expect(other.locator("html[data-connected=true]")).to_be_attached()
    lines = [page.locator("#connection") for page in (maya.page, other)]
    street.server.kill()
    for line in lines:
        await expect(line).to_contain_text("The server does not answer", timeout=6_000)
    await maya.page.locator("#composer textarea").fill("into the void")
    await maya.page.locator("#composer textarea").press("Enter")
    await expect(lines[0]).to_contain_text("That did not work")
    await expect(lines[0]).to_contain_text("The server does not answer")  # when that has been said
    await expect(lines[1]).to_be_visible()
    street.server.start()
    api(street.server, keys["coder"])("send_message", channel="general", content="while you were gone")
    for line in lines:
        await expect(line).to_be_hidden(timeout=20_000)
    await expect(maya.message("while you were gone")).to_be_visible()
    maya.troubles.clear()  # the browser itself notes that the connection was lost


async def test_without_javascript(street: Street, keys: dict[str, str], tmp_path: Path) -> None:
    maya = await street.person(keys["Maya"], java_script_enabled=False)
    page = maya.page
    await page.goto(street.server.url + "/channels/general")
    await page.get_by_label("Message to #general").fill("plain and simple")
    report = tmp_path / "report.txt"
    report.write_text("all is well", "utf-8")
    await page.locator("input[type=file]").set_input_files(report)
    await page.get_by_role("button", name="Send").click()
    await expect(maya.message("plain and simple")).to_be_in_viewport()
    await expect(maya.message("plain and simple").locator(".file")).to_be_visible()
    await maya.message("plain and simple").hover()
    await maya.message("plain and simple").get_by_role("link", name="Reply in thread").click()
    await page.get_by_label("Reply", exact=True).fill("and threaded")
    await page.locator("#reply").get_by_role("button", name="Send").click()
    await expect(page.locator("#panel")).to_contain_text("and threaded")


FAULTS = """() => {
    const faults = [];
    const name = (element) => element.getAttribute("aria-label") || element.innerText?.trim() || element.title
        || [...(element.labels ?? [])].map((label) => label.innerText.trim()).join("")
        || element.querySelector("[aria-label], img[alt]:not([alt=''])")?.outerHTML
        || element.closest("summary, a, button")?.querySelector("[aria-label]")?.outerHTML;
    const controls = "a[href], button, summary, select, textarea, input:not([type=hidden])";
    for (const element of document.querySelectorAll(controls)) {
        if (element.checkVisibility({ visibilityProperty: true }) && !name(element)) faults.push(element.outerHTML);
    }
    const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
    faults.push(...ids.filter((id, place) => ids.indexOf(id) !== place).map((id) => `twice: ${id}`));
    for (const image of document.querySelectorAll("img:not([alt])")) faults.push(image.outerHTML);
    if (!document.documentElement.lang) faults.push("no language");
    if (document.querySelectorAll("main").length !== 1) faults.push("not one main");
    return faults;
}"""
"""What a screen reader would stumble over: controls without a name, ids that are there twice, pictures without text."""


@pytest.mark.parametrize(("width", "scheme"), [(360, "dark"), (1400, "light")])
async def test_nothing_sticks_out(street: Street, keys: dict[str, str], width: int, scheme: str) -> None:
    call = api(street.server, keys["coder"])
    wide = "| a | b |\n|---|---|\n| " + "x" * 300 + " | 2 |\n\n```\n" + "y" * 300 + "\n```\n\n" + "z" * 300
    sent = call("send_message", channel="general", content=wide)
    maya = await street.person(
        keys["Maya"], viewport={"width": width, "height": 740}, color_scheme=scheme, has_touch=width < 500
    )
    for path in (
        "/channels/general",
        f"/channels/general?panel=thread&message={sent['id']}",
        "/channels/general?panel=members",
        "/channels?list=1",
        "/inbox",
        "/search?q=zzz",
        "/agents",
        "/agents/coder",
        "/agents/new",
        "/plugins",
        "/channels/new",
    ):
        await maya.open(path)
        assert await maya.page.evaluate("document.documentElement.scrollWidth") <= width, path
        assert await maya.page.evaluate(FAULTS) == [], path
        stream = maya.page.locator("#stream")
        if await stream.count() and await stream.is_visible():
            assert await stream.evaluate("element => element.scrollWidth <= element.clientWidth"), path


async def test_many_windows_of_one_person(street: Street, keys: dict[str, str]) -> None:
    maya = await street.person(keys["Maya"])
    await maya.open("/channels/general")
    windows = [await maya.context.new_page() for _ in range(7)]
    for window in windows:
        await window.goto(street.server.url + "/channels/general")
    coder = api(street.server, keys["coder"])
    coder("send_message", channel="general", content="to every window, @Maya")
    for window in windows:
        await expect(window.locator("#messages")).to_contain_text("to every window")
    await maya.page.close()
    coder("send_message", channel="general", content="also without the first")
    for window in windows:
        await expect(window.locator("#messages")).to_contain_text("also without the first")
