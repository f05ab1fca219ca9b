"""What the rules of a team say of a tool and its input.

What holds back (``deny``, ``ask``) is looked for in every way to write the same. What lets through (``allow``) must
hold for what the tool will do; where that is not sure it is asked.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any, Literal

from teammcp import Context, matches

from ..rules import matching
from ..settings import PermissionRule
from . import dangers, options

Verdict = tuple[Literal["allow", "deny", "ask"], str, str]
"""What is decided without a person, what has made it, and its reason."""
GLOB = re.compile(r"[*?\[]")


def verdict(context: Context, tool: str, given: dict[str, Any]) -> Verdict:
    """What is decided about a tool without a person."""
    about = [rule for rule in matching.permission_rules(context) if _is_about(rule, context, tool, given)]
    for rule in about:
        if rule.decision == "deny":
            return "deny", "rule", rule.note or f"A rule of this team denies {rule.tool}."
    harm = dangers.why(given)
    if harm is not None:
        return "deny", "dangerous", f"It {harm}, which no agent may do here. Ask a person to do it."
    for rule in about:
        if rule.decision == "ask":
            return "ask", "rule", rule.note or f"a rule on {rule.tool}"
    for rule in about:
        if rule.decision == "allow":
            return "allow", "rule", rule.note or f"A rule of this team allows {rule.tool}."
    return "ask", "rule", "no rule allows it"


def _is_about(rule: PermissionRule, context: Context, tool: str, given: dict[str, Any]) -> bool:
    if not matching.is_by(rule.who, context.actor):
        return False
    if rule.decision == "allow":
        return fnmatchcase(tool, rule.tool) and all(
            name in given and _lets(name, pattern, given[name]) for name, pattern in rule.input.items()
        )
    return matches(rule.tool, tool) and all(_holds(name, pattern, given) for name, pattern in rule.input.items())


# -- holding back ----------------------------------------------------------------------------------------------------


def _holds(name: str, pattern: str, given: dict[str, Any]) -> bool:
    """Whether a pattern that holds back fits a part of the input, however it is written and called."""
    same = next((names for names in (dangers.COMMAND_ARGUMENTS, dangers.PATH_ARGUMENTS) if name in names), (name,))
    values = [given[each] for each in same if each in given]
    return any(matches(pattern, text) for value in values for text in _spellings(name, value))


def _spellings(name: str, value: Any) -> Iterator[str]:
    text = matching.as_text(value)
    yield text
    if name in dangers.COMMAND_ARGUMENTS:
        words = [str(each) for each in value] if isinstance(value, list) else options.words(text)
        yield " ".join(words)
        yield " ".join(text.split())
    if name in dangers.PATH_ARGUMENTS:
        yield _normal(text)
        yield os.path.realpath(_normal(text))


# -- letting through -------------------------------------------------------------------------------------------------


def _lets(name: str, pattern: str, value: Any) -> bool:
    """Whether a pattern that lets through fits all that the tool would do with this part of its input."""
    text = matching.as_text(value)
    if name in dangers.PATH_ARGUMENTS:
        return _lets_path(pattern, text)
    if not fnmatchcase(text, pattern):
        return False
    if name in dangers.COMMAND_ARGUMENTS and text != pattern:  # ``git status*`` must not let ``git status; …`` through
        return isinstance(value, str) and dangers.is_one_command(text) and not options.do_more(text, pattern)
    return True


def _lets_path(pattern: str, path: str) -> bool:
    """Whether a path is in a place that a pattern names: not by way of ``..``, of a hidden name or of a link."""
    if ".." in re.split(r"[/\\]", path):
        return False
    pattern, normal = pattern.replace("\\", "/"), _normal(path)
    if not _covers(pattern, normal):
        return False
    real = os.path.realpath(normal) if normal.startswith("/") else normal
    return real == normal or _covers(pattern, real) or _covers(_without_links(pattern), real)


def _covers(pattern: str, path: str) -> bool:
    """Whether a pattern matches a path; ``*`` stands for no hidden file or folder."""
    named = [part for part in pattern.split("/") if part.startswith(".")]
    hidden = [part for part in path.split("/") if part.startswith(".")]
    return fnmatchcase(path, pattern) and all(any(fnmatchcase(part, each) for each in named) for part in hidden)


def _without_links(pattern: str) -> str:
    """A pattern with the folder that it begins with as it is on this machine."""
    found = GLOB.search(pattern)
    start = pattern[: found.start()].rpartition("/")[0] if found else pattern
    return os.path.realpath(start) + pattern[len(start) :] if start else pattern


def _normal(path: str) -> str:
    """A path with each of its parts once."""
    return re.sub("/+", "/", os.path.normpath(path.replace("\\", "/"))) if path else path
