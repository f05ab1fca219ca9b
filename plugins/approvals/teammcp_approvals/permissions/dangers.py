"""What no rule of a team lets an agent's tool do: what does great harm in one line.

The list is a net, not a wall: whoever means harm finds another way to write it, so agents that are not trusted belong
in a sandbox.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

COMMAND_ARGUMENTS = ("command", "cmd", "script")
PATH_ARGUMENTS = ("file_path", "path", "notebook_path", "filename")
LONGEST = 32 * 1024
DEEPEST = 5

SHELLS = {"sh", "bash", "zsh", "dash", "ksh", "fish"}
RUNNERS = SHELLS | {"python", "python3", "perl", "ruby", "node", "php", "eval", "source", "."}
FETCHERS = {"curl", "wget"}
WRAPPERS: dict[str, tuple[set[str], int]] = {
    "busybox": (set(), 0),
    "chroot": ({"--userspec"}, 1),
    "command": (set(), 0),
    "doas": ({"-u", "-C"}, 0),
    "env": ({"-u", "-C", "--unset", "--chdir"}, 0),
    "exec": ({"-a"}, 0),
    "ionice": ({"-c", "-n", "-p", "--class", "--classdata"}, 0),
    "nice": ({"-n", "--adjustment"}, 0),
    "nohup": (set(), 0),
    "setsid": (set(), 0),
    "stdbuf": ({"-i", "-o", "-e", "--input", "--output", "--error"}, 0),
    "sudo": (
        {"-u", "-g", "-p", "-C", "-D", "-h", "-r", "-t", "-T", "-U", "--user", "--group", "--prompt", "--chdir"},
        0,
    ),
    "time": ({"-f", "-o"}, 0),
    "timeout": ({"-k", "-s", "--kill-after", "--signal"}, 1),
    "xargs": ({"-I", "-L", "-n", "-P", "-s", "-d", "-a", "-E", "--max-args", "--max-procs", "--delimiter"}, 0),
}
"""What stands before a program and runs it: its options that take the next word, and how many words follow those."""
EVERYTHING = re.compile(
    r"(/|~|\$HOME|\$\{HOME\}|\.|\.\.|/(bin|boot|dev|etc|home|lib|lib64|opt|root|sbin|sys|usr|var|Users))?/?\.?\*?"
)
DISK = re.compile(r"/dev/(sd|hd|vd|nvme|disk|mmcblk)")
PRIVATE = re.compile(
    r"\.ssh(/|$|\s)|\bid_(rsa|dsa|ecdsa|ed25519)\b|\.aws/credentials|\.config/gcloud|\.azure/|\.kube/config|\.netrc\b|\.npmrc\b"
    r"|\.pypirc\b|\.git-credentials|\.docker/config\.json|\.gnupg/|/etc/(shadow|sudoers)|\.vault-token"
)
INLINE = re.compile(r"(?:^|[\s;&|])(?:eval|source|\.|\w{0,4}sh)(?: -\w+)* [\"']?(?:\$\(|`|<\() ?(?:curl|wget)\b")

Words = list[str]


def why(given: dict[str, Any]) -> str | None:
    """What harm a tool's input would do; None if it is not known to do any."""
    for text in _commands(given):
        found = _harm_of(text)
        if found is not None:
            return found
    paths = [str(given[name]).replace("\\", "/") for name in PATH_ARGUMENTS if name in given]
    return "touches credentials" if any(map(PRIVATE.search, paths)) else None


def is_one_command(text: str) -> bool:
    """Whether a command line is one command: nothing behind it, inside it, or into which it goes."""
    return re.search(r"[;&|<>`\n\r]|\$\(", text) is None


# -- reading a command line ------------------------------------------------------------------------------------------


def _commands(given: dict[str, Any]) -> Iterator[str]:
    """The command lines in an input, given as text or as a list of words."""
    for name in COMMAND_ARGUMENTS:
        value = given.get(name)
        if isinstance(value, list):
            yield shlex.join(str(each) for each in value)
        elif isinstance(value, str):
            yield value


def _pipelines(text: str) -> Iterator[list[Words]]:
    """The commands of a line that are joined by ``|``, each as its words; quotes are taken away."""
    text = text.replace("\\\n", " ").replace("\n", " ; ")
    lexer = shlex.shlex(text, posix=True, punctuation_chars=True)
    lexer.commenters, lexer.whitespace_split = "", True
    try:
        tokens = list(lexer)
    except ValueError:  # a quotation mark that is never closed
        tokens = text.replace("'", " ").replace('"', " ").split()
    pipeline: list[Words] = [[]]
    for token in tokens:
        if not set(token) <= set("|&;()`"):
            pipeline[-1].append(token)
        elif token in {"|", "|&"}:
            pipeline.append([])
        else:
            yield pipeline
            pipeline = [[]]
    yield pipeline


def _program(words: Words) -> Words:
    """A command without what stands before its program: ``sudo -u root A=1 /bin/rm x`` -> ``rm x``."""
    rest = words
    while len(behind := _unwrapped(rest)) < len(rest) and behind:
        rest = behind
    return [rest[0].rpartition("/")[2] or rest[0], *rest[1:]] if rest else []


def _unwrapped(words: Words) -> Words:
    """A command without the first word, if that only stands before another program, and its options."""
    if words and re.match(r"\w+=", words[0]):
        return words[1:]
    wrapper = words[0].rpartition("/")[2] if words else ""
    if wrapper not in WRAPPERS:
        return words
    valued, positional = WRAPPERS[wrapper]
    place = 1
    while place < len(words) and words[place].startswith("-"):
        option = words[place]
        place += 2 if option in valued else 1
    return words[place + positional :]


# -- harm ------------------------------------------------------------------------------------------------------------


def _harm_of(text: str, depth: int = 0) -> str | None:
    if len(text) > LONGEST or depth > DEEPEST:
        return "is too long to be looked at"
    if PRIVATE.search(text):
        return "touches credentials"
    for harm, pattern in TEXTS.items():
        if pattern.search(" ".join(text.split())):
            return harm
    for pipeline in _pipelines(text):
        commands = [program for words in pipeline if (program := _program(words))]
        for harm, (sources, sinks) in PIPELINES.items():
            if _flows([_unversioned(words[0]) for words in commands], sources, sinks):
                return harm
        for words in commands:
            found = _harm_of_one(words, depth)
            if found is not None:
                return found
    return None


def _harm_of_one(words: Words, depth: int) -> str | None:
    for harm, is_harm in COMMANDS.items():
        if is_harm(words[0], words[1:]):
            return harm
    if words[0] in SHELLS or words[0] == "eval":
        for inner in words[1:]:
            if " " in inner and (found := _harm_of(inner, depth + 1)) is not None:
                return found
    return None


def _unversioned(program: str) -> str:
    """``python3.11`` -> ``python``."""
    return program.rstrip("0123456789.") or program


def _flows(programs: Words, sources: set[str], sinks: set[str]) -> bool:
    first = next((number for number, name in enumerate(programs) if name in sources), len(programs))
    return not sinks.isdisjoint(programs[first + 1 :])


def _flags(arguments: Words) -> str:
    """The letters of the short options."""
    return "".join(each[1:] for each in arguments if re.fullmatch(r"-[A-Za-z]+", each))


def _is_recursive(arguments: Words) -> bool:
    return "--recursive" in arguments or not set("rR").isdisjoint(_flags(arguments))


def _is_everything(arguments: Words) -> bool:
    return any(each and EVERYTHING.fullmatch(each) for each in arguments)


def _deletes(program: str, arguments: Words) -> bool:
    if program == "find":
        whole = bool(arguments) and arguments[0] in {"/", "~", "~/", "$HOME", "$HOME/"}
        return whole and ("-delete" in arguments or "rm" in arguments)
    if program != "rm":
        return False
    return "--no-preserve-root" in arguments or (_is_recursive(arguments) and _is_everything(arguments))


def _forces_push(program: str, arguments: Words) -> bool:
    if program != "git" or "push" not in arguments:
        return False
    pushed = arguments[arguments.index("push") + 1 :]
    forced = not {"--force", "--mirror", "--delete", "--prune"}.isdisjoint(pushed) or not set("fd").isdisjoint(
        _flags(pushed)
    )
    return forced or any(each.startswith(("+", ":")) for each in pushed)


def _writes_disk(program: str, arguments: Words) -> bool:
    if program == "dd":
        return any(each.startswith("of=/dev/") for each in arguments)
    if program == "shred":
        return any(map(DISK.match, arguments))
    into = any(first in {">", ">>"} and DISK.match(second) for first, second in pairwise(arguments))
    return into or program == "wipefs" or program.startswith("mkfs")


def _tears_down(program: str, arguments: Words) -> bool:
    if program == "kubectl":
        return "delete" in arguments and not {"namespace", "namespaces", "ns", "--all"}.isdisjoint(arguments)
    return program == "terraform" and "destroy" in arguments


COMMANDS: dict[str, Callable[[str, Words], bool]] = {
    "deletes everything": _deletes,
    "overwrites what others have pushed": _forces_push,
    "writes over a disk": _writes_disk,
    "changes whose all files are": lambda program, arguments: (
        program in {"chmod", "chown", "chgrp"} and _is_recursive(arguments) and _is_everything(arguments)
    ),
    "stops the machine": lambda program, arguments: program in {"shutdown", "reboot", "halt", "poweroff"},
    "tears down what runs elsewhere": _tears_down,
}
"""By harm, whether a program with its arguments does it."""

PIPELINES = {
    "runs a program straight from the network": (FETCHERS, RUNNERS),
    "sends the environment away": ({"env", "printenv"}, FETCHERS | {"nc"}),
}
"""By harm, programs whose output must not go into which others, on whatever way."""

TEXTS = {
    "runs a program straight from the network": INLINE,
    "breeds processes without end": re.compile(r":\(\) ?\{"),
    "deletes a database": re.compile(r"\bdrop (database|schema)\b", re.IGNORECASE),
}
"""By harm, what is looked for in the text itself, its white space made single spaces."""
