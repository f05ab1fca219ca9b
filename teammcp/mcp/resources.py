"""The resources of all features and plugins, found by URI."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from mcp.shared.uri_template import UriTemplate
from mcp.types import Resource as ListedResource
from mcp.types import ResourceTemplate

from ..errors import NotFound
from ..events import Event
from ..operations import Context
from ..plugins import PluginManager
from ..surfaces.resources import Resource


@dataclass(frozen=True)
class Target:
    """A resource and what its URI says: one readable thing."""

    uri: str
    resource: Resource
    names: dict[str, str]

    async def read(self, context: Context) -> str:
        """Its text, as this reader may see it."""
        return await self.resource.read(context, **self.names)

    def allow(self, context: Context) -> None:
        """Raise a `TeamError` unless this reader may follow it."""
        self.resource.allow(context, **self.names)

    def changed(self, context: Context, event: Event) -> bool:
        """Whether the event changes what this reader reads."""
        return self.resource.changed(context, event, **self.names)


class ResourceTable:
    """All resources that plugins contribute."""

    def __init__(self, resources: Iterable[Resource]) -> None:
        self._fixed: dict[str, Resource] = {}
        self._templates: list[tuple[UriTemplate, Resource]] = []
        for resource in resources:
            if UriTemplate.is_template(resource.uri):
                self._templates.append((UriTemplate.parse(resource.uri), resource))
            else:
                self._fixed[resource.uri] = resource

    @classmethod
    def collect(cls, plugins: PluginManager) -> ResourceTable:
        """Ask the plugins."""
        return cls(resource for _, found in plugins.collect("register_resources") for resource in found)

    def find(self, uri: str) -> Target:
        """What a URI stands for.

        Raises:
            NotFound: nothing.
        """
        if uri in self._fixed:
            return Target(uri, self._fixed[uri], {})
        for template, resource in self._templates:
            if (names := template.match(uri)) is not None:
                return Target(uri, resource, {key: str(value) for key, value in names.items()})
        raise NotFound(f"There is no resource '{uri}'.", code="resource_not_found", uri=uri)

    def listed(self) -> list[ListedResource]:
        """The resources with a URI of their own."""
        return [
            ListedResource(uri=item.uri, name=item.name, description=item.description, mime_type=item.mime_type)
            for item in self._fixed.values()
        ]

    def templates(self) -> list[ResourceTemplate]:
        """The kinds of resources."""
        return [
            ResourceTemplate(
                uri_template=item.uri, name=item.name, description=item.description, mime_type=item.mime_type
            )
            for _, item in self._templates
        ]
