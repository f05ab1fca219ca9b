"""Templates in layers: one may stand in for that of the same name below it, and extend that one.

The layers are the theme's templates, then what plugins put in the place of others, then the dashboard's own and those
of all pages. ``{% extends "base:web/base.html" %}`` in a template that is called ``web/base.html`` itself means the
next one of that name below; so it does in ``include`` and ``import``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from typing import Any

from jinja2 import BaseLoader, Environment, Template, TemplateNotFound, nodes

BELOW = "base:"
"""What stands before the name of a template to mean the one below."""


class Layers(BaseLoader):
    """Loads a template from the first layer that has it.

    Args:
        layers: the loader of each, the uppermost first.
    """

    def __init__(self, layers: Sequence[BaseLoader]) -> None:
        self._layers = layers

    def get_source(self, environment: Environment, template: str) -> tuple[str, str | None, Callable[[], bool] | None]:
        """The text of a template; its name may begin with the layer to begin with, as in ``2:web/base.html``."""
        start, name = _taken_apart(template)
        for layer in self._layers[start:]:
            try:
                return layer.get_source(environment, name)
            except TemplateNotFound:
                continue
        raise TemplateNotFound(name)

    def below(self, environment: Environment, template: str, wanted: str) -> str:
        """The name under which ``wanted`` is found in the layers below the one that ``template`` is from."""
        start, name = _taken_apart(template)
        for number in range(start, len(self._layers)):
            try:
                self._layers[number].get_source(environment, name)
            except TemplateNotFound:
                continue
            return f"{number + 1}:{wanted}"
        return wanted


class LayeredEnvironment(Environment):
    """A template environment over `Layers`."""

    @cached_property
    def _blocks_below(self) -> dict[str, list[str]]:
        return {}

    def join_path(self, template: str, parent: str) -> str:
        """The name of a template that another one names."""
        if not template.startswith(BELOW):
            return template
        assert isinstance(self.loader, Layers)  # noqa: S101 - made by `build_environment`
        return self.loader.below(self, parent, template.removeprefix(BELOW))

    def blocks(self, name: str, wanted: Iterable[str], values: dict[str, Any]) -> str:
        """Some blocks of a template, one after the other: its own, and those of the ones below it that it extends.

        Blocks that it has not are left out.
        """
        template = self.get_template(name)
        context = template.new_context(values)
        for below in self._originals(name):
            for block, render in below.blocks.items():
                context.blocks.setdefault(block, []).append(render)
        try:
            return self.concat(
                part for block in wanted if block in context.blocks for part in context.blocks[block][0](context)
            )
        except Exception:  # noqa: BLE001 - raised again, with the template's lines in its traceback
            self.handle_exception()

    def _originals(self, name: str) -> list[Template]:
        """The templates below one that it extends, the next one first."""
        names = self._blocks_below.get(name)
        if names is None:
            names, current = [], name
            while (following := self._extended(current)) is not None:
                names.append(following)
                current = following
            self._blocks_below[name] = names
        return [self.get_template(each) for each in names]

    def _extended(self, name: str) -> str | None:
        """The template below that one extends, if it does."""
        assert self.loader is not None  # noqa: S101 - made by `build_environment`
        source, _, _ = self.loader.get_source(self, name)
        extends = self.parse(source).find(nodes.Extends)
        if extends is None or not isinstance(extends.template, nodes.Const):
            return None
        parent = str(extends.template.value)
        return self.join_path(parent, name) if parent.startswith(BELOW) else None


def _taken_apart(template: str) -> tuple[int, str]:
    number, colon, name = template.partition(":")
    return (int(number), name) if colon and number.isdecimal() else (0, template)
