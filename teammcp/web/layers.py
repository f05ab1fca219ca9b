"""Templates in layers: one may stand in for that of the same name below it, and extend that one.

The layers are the theme's templates, then what plugins put in the place of others, then the dashboard's own and those
of all pages. ``{% extends "base:web/base.html" %}`` in a template that is called ``web/base.html`` itself means the
next one of that name below; so it does in ``include`` and ``import``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping, Sequence
from functools import cached_property
from typing import Any

from jinja2 import BaseLoader, Environment, Template, TemplateNotFound, nodes
from jinja2.runtime import Context

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


class LayeredTemplate(Template):
    """A template whose blocks are its own and those of the ones below it that it extends.

    So a block of a page can be rendered by itself, whichever layer it is from, and ``super()`` in it finds the next.
    """

    def new_context(
        self, vars: dict[str, Any] | None = None, shared: bool = False, locals: Mapping[str, Any] | None = None
    ) -> Context:
        """The context of a rendering, with all that each block stands in for."""
        context = super().new_context(vars, shared, locals)
        for below in _environment_of(self).originals(self.name or ""):
            for block, render in below.blocks.items():
                renders = context.blocks.setdefault(block, [])
                if render not in renders:
                    renders.append(render)
        return context


class LayeredEnvironment(Environment):
    """A template environment over `Layers`."""

    template_class = LayeredTemplate

    def get_template(
        self, name: str | Template, parent: str | None = None, globals: MutableMapping[str, Any] | None = None
    ) -> Template:
        """A template, with the blocks of those below it that it extends."""
        template = super().get_template(name, parent, globals)
        for below in self.originals(template.name or ""):
            for block, render in below.blocks.items():
                template.blocks.setdefault(block, render)
        return template

    @cached_property
    def _blocks_below(self) -> dict[str, list[str]]:
        return {}

    def join_path(self, template: str, parent: str) -> str:
        """The name of a template that another one names."""
        if not template.startswith(BELOW):
            return template
        assert isinstance(self.loader, Layers)  # noqa: S101 - made by `build_environment`
        return self.loader.below(self, parent, template.removeprefix(BELOW))

    def originals(self, name: str) -> list[Template]:
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


def _environment_of(template: Template) -> LayeredEnvironment:
    environment = template.environment
    assert isinstance(environment, LayeredEnvironment)  # noqa: S101 - nothing else makes such a template
    return environment


def _taken_apart(template: str) -> tuple[int, str]:
    number, colon, name = template.partition(":")
    return (int(number), name) if colon and number.isdecimal() else (0, template)
