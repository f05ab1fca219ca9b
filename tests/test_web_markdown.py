"""Messages as HTML: nothing in a message runs, loads or leads where it should not."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from teammcp.markdown import is_long, plain, render_markdown
from teammcp.testing import TestTeam
from tests.webkit import visiting

ATTACKS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "<iframe srcdoc='<script>alert(1)</script>'>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](java\tscript:alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](\x01javascript:alert(1))",
    "[x](vbscript:msgbox(1))",
    "[x](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)",
    "[x](//evil.example)",
    "[x](/\\evil.example)",
    "[x](file:///etc/passwd)",
    "[x](a http://onmouseover=alert(1)//)",
    '[x](http://a"onmouseover=alert(1))',
    "![x](javascript:alert(1))",
    '![x" onerror="alert(1)](http://e/x.png)',
    '<http://a"onmouseover="alert(1)>',
    "<javascript:alert(1)>",
    'http://a.example/"onmouseover=alert(1)',
    '```"><script>alert(1)</script>\nx\n```',
    "```python\"onmouseover=\"alert(1)\nprint('</code><script>alert(1)</script>')\n```",
    "`<script>alert(1)</script>`",
    "@owner<script>alert(1)</script>",
    "| <img src=x onerror=alert(1)> |\n|---|\n| [x](javascript:alert(1)) |",
    "[a]: javascript:alert(1)\n\n[a]",
    "# <b onclick=alert(1)>x</b>",
    "</div></li></ol><form action=https://evil.example><button>x",
    '<a href="javascript:alert(1)">x</a>',
    "<style>*{display:none}</style>",
    '<!--<img src="--><img src=x onerror=alert(1)//">',
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    ">" * 200 + " deep",
    "* " * 200 + "deep",
]

TAGS = {
    *("p", "br", "hr", "em", "strong", "s", "a", "code", "pre", "span", "div", "ul", "ol", "li", "blockquote"),
    *("table", "thead", "tbody", "tr", "th", "td", "h1", "h2", "h3", "h4", "h5", "h6", "img"),
}
ATTRIBUTES = {"href", "rel", "target", "class", "src", "alt", "loading", "title", "data-language", "start"}


class Checker(HTMLParser):
    """Refuses every tag and attribute that messages have no use for."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in TAGS, tag
        for name, value in attrs:
            assert name in ATTRIBUTES
            if name in {"href", "src"}:
                assert value is not None
                assert value.startswith(("http://", "https://", "mailto:", "/", "#", "?")), value
                assert not value.startswith(("//", "/\\")), value
            if name == "src":
                assert value is not None
                assert value.startswith("/"), "a picture of another server tells it who reads"


@pytest.mark.parametrize("attack", ATTACKS)
def test_nothing_in_a_message_runs(attack: str) -> None:
    Checker().feed(str(render_markdown(attack, ["owner"], "owner")))


@pytest.mark.parametrize("attack", ATTACKS)
def test_nor_does_its_preview(attack: str) -> None:
    assert len(plain(attack)) <= 100


async def test_the_page_around_a_message_holds(team: TestTeam) -> None:
    for attack in ATTACKS:
        await team.owner.call("send_message", channel="general", content=attack)
    await team.owner.call("update_agent_profile", role="<script>alert(1)</script>", description="<img src=x onerror=a>")
    await team.owner.call("update_channel", channel="general", name="<b>x", description='"><script>alert(1)</script>')
    browser = await visiting(team, team.owner.key)
    for path in (
        "/channels/general",
        "/channels/general?panel=about",
        "/agents",
        "/agents/owner",
        "/search?q=<script>",
    ):
        page = await browser.get(path)
        assert page.status == 200
        scripts = page.elements("script")
        assert len(scripts) <= 2
        assert all(script["src"].startswith("/static/") for script in scripts)
        assert not page.elements("img", src="x")
        assert not page.elements("iframe")
        assert not page.elements("style")
        for _, attributes in page.tags:
            assert not any(name.startswith("on") for name in attributes)


def test_markdown_looks_as_people_expect() -> None:
    html = str(
        render_markdown("**bold** ~~gone~~ `code`\nnext line\n\n1. one\n2. two\n\n| a | b |\n|---|---|\n| 1 | 2 |")
    )
    for part in ("<strong>bold</strong>", "<s>gone</s>", "<code>code</code><br", "<ol>", "<td>1</td>"):
        assert part in html


def test_links_open_elsewhere_without_telling_from_where() -> None:
    html = str(render_markdown("see https://example.org/a_b and [this](mailto:a@example.org)"))
    assert 'href="https://example.org/a_b"' in html
    assert html.count('rel="noopener noreferrer nofollow ugc"') == 2
    assert "rel=" not in str(render_markdown("[here](/channels/general)"))


def test_file_names_are_no_links() -> None:
    assert "<a" not in str(render_markdown("see app.py and README.md, or teammcp.sh"))


def test_code_is_coloured_by_classes() -> None:
    html = str(render_markdown("```python\ndef f(): return 1\n```"))
    assert '<span class="k">def</span>' in html
    assert "style=" not in html
    assert "<pre><code" in str(render_markdown("```no-such-language\nx\n```"))


@pytest.mark.parametrize(
    ("text", "names", "expected"),
    [
        ("@owner: hi", ["owner"], ["owner"]),
        ("@OWNER!", ["owner"], ["OWNER"]),
        ("@ann and @ann-lee.", ["ann", "ann-lee"], ["ann", "ann-lee"]),
        ("请 @小明 看", ["小明"], ["小明"]),
        ("mail me@owner", ["owner"], []),
        ("`@owner`", ["owner"], []),
        ("@ownership", ["owner"], []),
        ("@stranger", ["owner"], []),
        ("[@owner](https://example.org)", ["owner"], []),
    ],
)
def test_mentions_are_marked(text: str, names: list[str], expected: list[str]) -> None:
    html = str(render_markdown(text, names, "nobody"))
    assert [part.partition("<")[0] for part in html.split('<span class="mention">@')[1:]] == expected


def test_ones_own_mention_stands_out() -> None:
    assert "mention-me" in str(render_markdown("@owner", ["owner"], "owner"))
    assert "mention-me" in str(render_markdown("@all", ["all"], "owner"))
    assert "mention-me" not in str(render_markdown("@owner", ["owner"], "ann"))


def test_long_messages_are_folded() -> None:
    assert is_long("line\n" * 30)
    assert is_long("word " * 500)
    assert not is_long("short")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("# Title\n\nmore", "Title"),
        ("**bold** and `code`\nnext", "bold and code"),
        ("```python\nx = 1\ny = 2\n```", "x = 1"),
        ("a" * 200, "a" * 99 + "…"),
        ("![](/files/1)", "![](/files/1)"),
    ],
)
def test_a_preview_is_the_first_line_without_marks(text: str, expected: str) -> None:
    assert plain(text) == expected
