"""Who is meant by ``@Name`` in a text."""

from __future__ import annotations

import asyncio

from ...markdown import has_at, mentions_in, named
from ...members.directory import Directory

SHORT = 1000
"""Characters of a text that is parsed at once; a longer one could hold up everybody, and is parsed in a thread."""


def find_mentions(content: str, directory: Directory) -> tuple[list[str], bool]:
    """The names of the members mentioned in a text, in order, and whether everybody is (``@all``).

    Those are mentioned whose mention the pages show: there is one parser for both (`teammcp.markdown`).
    """

    def names(written: str) -> str | None:
        if named(written) == "all":
            return "all"
        agent = directory.agent(written)
        return None if agent is None else agent.name

    found = dict.fromkeys(mentions_in(content, names))
    everybody = "all" in found
    found.pop("all", None)
    return list(found), everybody


async def find_mentions_aside(content: str, directory: Directory) -> tuple[list[str], bool]:
    """As `find_mentions`, holding up nobody else."""
    if len(content) <= SHORT or not has_at(content):
        return find_mentions(content, directory)
    return await asyncio.to_thread(find_mentions, content, directory)
