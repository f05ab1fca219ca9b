"""Blocks of pages that are drawn alone: what a dialog shows, and what is drawn anew as something happens."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from jinja2 import Environment, nodes

ROOT = Path(__file__).parents[1]
TEMPLATES = [*ROOT.glob("teammcp/**/templates/**/*.html"), *ROOT.glob("plugins/*/*/templates/**/*.html")]


def names_set(node: nodes.Node) -> set[str]:
    """What a piece of a template sets itself, anywhere in it."""
    found = {each.name for each in node.find_all(nodes.Name) if each.ctx != "load"}
    found |= {each.name for each in node.find_all(nodes.Macro)}
    for each in node.find_all(nodes.FromImport):
        found |= {name if isinstance(name, str) else name[1] for name in each.names}
    return found | {each.target for each in node.find_all(nodes.Import)}


def blocks_alone(template: nodes.Template) -> Iterator[nodes.Block]:
    """The blocks within others, which are blocks for no other reason."""
    for outer in template.find_all(nodes.Block):
        yield from outer.find_all(nodes.Block)


def lost(template: nodes.Template) -> dict[str, set[str]]:
    """What such blocks use that their template sets outside of all blocks: drawn alone, they do not have it."""
    outside = names_set(nodes.Template([part for part in template.body if not isinstance(part, nodes.Block)]))
    found = {}
    for block in blocks_alone(template):
        used = {each.name for each in block.find_all(nodes.Name) if each.ctx == "load"}
        if missing := used & outside - names_set(block):
            found[block.name] = missing
    return found


def test_a_block_that_is_drawn_alone_has_all_that_it_uses() -> None:
    environment = Environment(autoescape=True)
    dialog = "{% block content %}{% block dialog %}{{ wrong() }}{% endblock %}{% endblock %}"
    assert lost(environment.parse("{% macro wrong() %}{% endmacro %}" + dialog)) == {"dialog": {"wrong"}}
    parsed = {file: environment.parse(file.read_text("utf-8")) for file in TEMPLATES}
    assert sum(len([*blocks_alone(each)]) for each in parsed.values()) > 50
    assert {file.name: names for file, each in parsed.items() if (names := lost(each))} == {}
