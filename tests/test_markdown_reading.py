"""Markdown is read once, by one parser: what agents read people see, in every script, and within limits."""

from __future__ import annotations

import re
import time
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from teammcp.features.messages import find_mentions
from teammcp.markdown import plain, render_markdown
from teammcp.members.directory import Access, Agent, Directory

NAMES = ["bob", "Bob.Smith", "R2_D2", "a-_b", "b_", "李雷", "x", "all"]


def directory_of(names: list[str]) -> Directory:
    directory = Directory()
    for name in names:
        directory.put_agent(Agent(name, "agent", "", Access.member), None)
    return directory


DIRECTORY = directory_of(NAMES[:-1])


def called(text: str) -> set[str]:
    names, everybody = find_mentions(text, DIRECTORY)
    return {*names, "all"} if everybody else set(names)


def seen(html: str) -> str:
    """The words of a page, without spaces."""
    return "".join(unescape(re.sub("<[^>]*>", "", html)).split())


def shown(text: str, names: list[str] = NAMES) -> set[str]:
    """Whose mention the page shows."""
    found = set()
    for written in re.findall(r'<span class="mention[^"]*">[@＠]([^<]*)</span>', render_markdown(text, names, "me")):
        agent = DIRECTORY.agent(written)
        found.add("all" if agent is None else agent.name)
    return found


NO_CALL = [
    "    @bob in a block of code",
    "text\n\n\t@bob",
    "> ```\n> @bob\n> ```",
    "- ```\n  @bob\n  ```",
    "1. item\n\n       @bob",
    "```\r\n@bob\r\n```",
    "~~~ @bob\n~~~",
    "https://example.com/?u=@bob",
    "https://user:@bob/path",
    "<https://example.com/@bob>",
    "[words](https://example.com/@bob '@bob')",
    "[@bob](https://example.com)",
    "![@bob](/files/1)",
    "`` ` @bob ``",
    "\\@bob",
    "&#64;bob",
    "mailto:x@bob",
]
CALL = [
    "```\r\ncode\r\n```\r\n@bob",
    "\\`@bob\\`",
    "> @bob",
    "- [ ] @bob",
    "| a |\n|---|\n| @bob |",
    "# @bob",
    "***@bob***",
    "~~@bob~~",
    "[x] @bob",
    "https://example.com/。@bob",
    "请看https://example.com/path。@bob",
    ">" * 40 + "@bob",
    "- " * 20 + "@bob",
    "<b>@bob</b>",
    "(@bob)",
    "`code`@bob",
]


@pytest.mark.parametrize("text", NO_CALL)
def test_code_and_addresses_call_nobody(text: str) -> None:
    assert called(text) == shown(text) == set()


@pytest.mark.parametrize("text", CALL)
def test_what_is_neither_code_nor_address_calls(text: str) -> None:
    assert called(text) == shown(text) == {"bob"}


@pytest.mark.parametrize("written", ["@R2_D2", "@R2\\_D2", "_@R2_D2_", "@a-_b! @b_!"])
def test_names_may_hold_what_emphasis_is_made_of(written: str) -> None:
    assert called(written) == shown(written) != set()


pieces = """@bob @R2_D2 @Bob.Smith @all @李雷 @b_ ＠bob @nobody ` `` ``` ~~~ | |-| \\ [ ](https://e.org) ![ ](/files/1)
< > _ * ** ~~ https://e.org/ https://u: / ?q= a 李 。 &#64; : " ( )"""
parts = st.sampled_from([*pieces.split(), "\n", "\n\n", "\r\n", "    ", "> ", "- ", "1. ", "* ", "# ", "[ ] ", " "])


@given(st.lists(parts, max_size=14).map("".join))
def test_a_name_is_called_if_and_only_if_the_page_shows_it_as_called(text: str) -> None:
    names, everybody = find_mentions(text, DIRECTORY)
    assert called(text) == shown(text, [*names, "all"] if everybody else names) == shown(text)


# -- what agents read, people see --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        *(">" * count + " secret" for count in (5, 16, 17, 30, 100, 5000)),
        *("- " * count + "secret" for count in (5, 8, 9, 15, 40, 2000)),
        "\n".join("  " * level + f"- level{level}" for level in range(30)) + "\n" + "  " * 30 + "- secret",
        "> - " * 20 + "secret",
        "> 1. " * 20 + "secret\n\nand secret",
        "[label]: https://example.com 'secret'",
        "[secret]: https://example.com",
        "[words](https://example.com 'secret')",
        "[words](/channels 'secret')",
        "![](/files/1 'secret')",
        "![secret](/files/1)",
        "![words](https://example.com/x.png 'secret')",
        "[](https://example.com/secret)",
        "[ ](https://example.com/secret)",
        "```python secret\nx\n```",
        "```secret\n```",
        "~~~ secret\n~~~",
        "| a |\n|---|\n| b | secret |",
        "| a |\n|---|\n" + "| b |\n" * 1200 + "| secret |",
        "<!-- secret -->",
        "<details><summary>x</summary>secret</details>",
        "<b title='secret'>",
        "* " * 200 + "`secret`",
    ],
)
def test_nothing_that_agents_read_is_invisible_to_people(text: str) -> None:
    assert "secret" in seen(render_markdown(text))


words = st.sampled_from(
    ["word", "> ", "- ", "1. ", "\n", "\n\n", "    ", "| ", "|-|\n", "# ", "* ", "\n> ", "\n  - ", "```\n"]
)


@given(st.lists(words, max_size=40))
def test_every_word_is_seen(text: list[str]) -> None:
    assert seen(render_markdown("".join(text))).count("word") == text.count("word")


HIDDEN = {
    "\u202e": "&lt;U+202E&gt;",
    "\u2066": "&lt;U+2066&gt;",
    "\u200b": "&lt;U+200B&gt;",
    "\U000e0041": "&lt;U+E0041&gt;",
}


@pytest.mark.parametrize(("hidden", "escape"), HIDDEN.items(), ids=["override", "isolate", "zero width", "tag"])
@pytest.mark.parametrize(
    "around",
    [
        *("a{}b", "`a{}b`", "```\na{}b\n```", "```x{}y\n```", "    a{}b", "# a{}b", "| a |\n|---|\n| {} |", "~~{}~~"),
        *("[a{}b](/x)", "[a](https://e.org '{}')", "![{}](/files/1)", "![a](/x '{}')", "https://e.org/{}", "- [x] {}"),
    ],
)
def test_what_is_invisible_is_written_out(around: str, hidden: str, escape: str) -> None:
    html = render_markdown(around.format(hidden))
    assert escape in html
    assert hidden not in html


def test_what_is_invisible_is_not_in_previews() -> None:
    assert plain("a\u202eb\u200bc **d**") == "abc d"


# -- scripts -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "ending", [*"。，、；：？！）】》」』〉＂＇｝］…—”’»،؟।＠＃", "。谢谢", "，请看", "）。", "？！"]
)
def test_an_address_ends_before_the_punctuation_of_other_scripts(ending: str) -> None:
    html = render_markdown(f"请看https://example.com/path{ending}")
    assert 'href="https://example.com/path"' in html
    assert seen(html).endswith(f"path{ending}")


@pytest.mark.parametrize("path", ["维基百科", "Straße?q=ä#x", "a_b_c", "スター・ウォーズ", "(x)", "a,b;c", "%E4%B8%AD"])
def test_an_address_keeps_its_letters(path: str) -> None:
    assert seen(render_markdown(f"<b> https://example.com/{path} x")).startswith("<b>https://example.com/")
    assert f">https://example.com/{path.replace('%E4%B8%AD', '中')}</a> x" in render_markdown(
        f"https://example.com/{path} x"
    )


@pytest.mark.parametrize(
    ("text", "strong"),
    [
        ("**注意：**请", "注意："),
        ("这是**“重点”**的", "“重点”"),
        ("これは**「重要」**です。", "「重要」"),
        ("이 용어**(This term)**를", "(This term)"),
        ("**`代码`**请", "<code>代码</code>"),
        ("税込**¥10,000**で", "¥10,000"),
        ("a **b** c", "b"),
        ("a**b**c", "b"),
    ],
)
def test_emphasis_needs_no_spaces_in_scripts_without_them(text: str, strong: str) -> None:
    assert f"<strong>{strong}</strong>" in render_markdown(text)


@pytest.mark.parametrize("text", ["** a **", 'a**"b"**c', "snake_case_name", "2 * 3 * 4", "中文_下划线_中文"])
def test_other_emphasis_is_as_commonmark_has_it(text: str) -> None:
    assert "<strong>" not in render_markdown(text)
    assert "<em>" not in render_markdown(text)


def test_right_to_left_text_is_laid_out_so() -> None:
    html = render_markdown("שלום\n\n- אחד\n\n> שתיים\n\n| א |\n|---|\n| ב |\n\n# שלוש")
    for tag in ("p", "ul", "blockquote", "th", "td", "h1"):
        assert f'<{tag} dir="auto">' in html


def test_tables_are_aligned_by_classes() -> None:
    html = render_markdown("| a | b | c |\n|:--|:-:|--:|\n| 1 | 2 | 3 |")
    assert "style" not in html
    assert all(f'<td class="align-{side}">' in html for side in ("left", "center", "right"))


def test_task_lists_have_boxes() -> None:
    html = render_markdown(
        "- [x] done\n- [ ] **open**\n- [X] `code`\n\n1. [ ] one\n\n- [x](https://e.org)\n- [ ]\n- [y] no"
    )
    assert html.count('type="checkbox" disabled=""') == 4
    assert html.count("checked") == 2
    assert "[x]" not in html
    assert "[y] no" in html


def test_pictures_are_files_of_ours_alone() -> None:
    assert '<img src="/files/7"' in render_markdown("![x](/files/7)")
    for source in (
        "/channels/secret",
        "/files/7/view",
        "/files/7?x",
        "/logout",
        "/files/../inbox",
        "//e.org/x",
        "https://e.org/x",
    ):
        assert "<img" not in render_markdown(f"![x]({source})")


# -- limits ------------------------------------------------------------------------------------------------------------


def test_a_text_has_no_more_than_a_thousand_cells() -> None:
    row = "| a | b |\n"
    assert render_markdown(f"{row}|---|---|\n{row * 498}").count("<td") == 996
    assert "<td" not in render_markdown(f"{row}|---|---|\n{row * 500}")
    several = f"{row}|---|---|\n{row * 200}\n\n" * 5
    assert render_markdown(several).count("<td") == 800
    assert seen(render_markdown(several)).count("a") == 5 * 201


GROWING = [
    "`",
    "*",
    "_",
    "**a",
    "[",
    "](",
    "![",
    "<",
    "<a ",
    "&",
    "&#",
    "|",
    "| a ",
    "|-",
    "> ",
    "- ",
    "1. ",
    "\\",
    "@",
    "@b",
    "@李",
]
GROWING += [
    "http://",
    "https://a.",
    "a://",
    "mailto:",
    "x@",
    "~~",
    "```",
    "~~~\n",
    "\n",
    "    ",
    "# ",
    "=\n",
    "-\n",
    "[ ] ",
    "- [ ] a\n",
]
GROWING += [
    "|-|\n",
    "|a|\n|-|\n",
    "a\n|-|\n",
    "***a",
    "_*",
    "`a``",
    "[a](b",
    "[a](<b",
    "![a](",
    "<http://a",
    "\u202e",
    "ا",
    "[]()",
]
GROWING += [
    "* a\n",
    "> - ",
    ">\n",
    "a*a_",
    "**注：**",
    "[a][",
    "\t",
    "&amp;",
    "\\`",
    "* * ",
    "\n\n- ",
    "https://a/。",
    "(((",
    ")",
    '"',
]


@pytest.mark.parametrize("part", GROWING)
def test_no_text_takes_long(part: str) -> None:
    """Time grows about as the text does; if it grew with its square, four times the text would take sixteen times."""

    def seconds(length: int) -> float:
        text = (part * length)[:length]
        best = 9.0
        for _ in range(2):
            before = time.process_time()
            render_markdown(f"{text} ", NAMES, str(time.perf_counter_ns()))
            find_mentions(f"{text} @bob", DIRECTORY)
            best = min(best, time.process_time() - before)
        return best

    assert seconds(10_000) < max(seconds(2_500), 0.03) * 10
