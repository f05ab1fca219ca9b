"""Static files: read once at start, served from memory under addresses that change when any of them does.

The version is a folder of the address, so that scripts import each other by relative paths within one version.
"""

from __future__ import annotations

import hashlib
import mimetypes
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources.abc import Traversable

from quart import Response

TYPES = {
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".css": "text/css",
    ".svg": "image/svg+xml",
    ".json": "application/json",
    ".map": "application/json",
    ".wasm": "application/wasm",
    ".woff2": "font/woff2",
}
"""Those that browsers insist on, whatever the machine's own table says."""
TEXT = ("text/", "application/json", "image/svg+xml")
"""How the types begin that are UTF-8; the bytes of others have no charset."""


@dataclass(frozen=True)
class Asset:
    """One static file."""

    content: bytes
    mimetype: str


class Assets:
    """All static files, by ``<group>/<path>``. Only what was found at start exists, so no path leads elsewhere."""

    def __init__(self) -> None:
        self._assets: dict[str, Asset] = {}
        self._hash = hashlib.sha256()

    def add(self, group: str, folder: Traversable) -> None:
        """Take every file under ``folder``, if there is such a folder."""
        if not folder.is_dir():
            return
        for path, file in sorted(_walk(folder), key=lambda found: found[0]):
            content = file.read_bytes()
            suffix = "." + path.rpartition(".")[2]
            kind = TYPES.get(suffix) or mimetypes.guess_type(path)[0] or "application/octet-stream"
            self._assets[f"{group}/{path}"] = Asset(content, kind)
            self._hash.update(f"{group}/{path}\0{len(content)}\0".encode() + content)

    @property
    def version(self) -> str:
        """Another one as soon as any file is another."""
        return self._hash.hexdigest()[:12]

    def url(self, name: str) -> str:
        """The address of ``<group>/<path>``.

        Raises:
            KeyError: there is no such file, which is a mistake in a template.
        """
        if name not in self._assets:
            raise KeyError(f"there is no static file {name}")
        return f"/static/{self.version}/{name}"

    def respond(self, version: str, name: str) -> Response | None:
        """The file as a response, or None if there is none. Browsers keep the version they have asked for."""
        asset = self._assets.get(name)
        if asset is None:
            return None
        charset = "; charset=utf-8" if asset.mimetype.startswith(TEXT) else ""
        response = Response(asset.content, content_type=f"{asset.mimetype}{charset}")
        kept = "public, max-age=31536000, immutable" if version == self.version else "no-cache"
        response.headers["Cache-Control"] = kept
        return response


def _walk(folder: Traversable, prefix: str = "") -> Iterator[tuple[str, Traversable]]:
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _walk(entry, f"{prefix}{entry.name}/")
        else:
            yield prefix + entry.name, entry
