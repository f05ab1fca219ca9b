"""Options with which a harmless program writes a file or runs another program.

A rule that allows ``git log*`` means the log, not ``git log --output=/root/.bashrc``. As everything about commands that
is known beforehand, the table is a net.
"""

from __future__ import annotations

import re
import shlex

OF_ALL = (
    "--output",
    "--exec",
    "--ext-diff",
    "--textconv",
    "--open-files-in-pager",
    "--upload-pack",
    "--receive-pack",
    "--to-command",
    "--use-compress-program",
    "--checkpoint-action",
    "--rsh",
    "--rsync-path",
    "--require",
    "--import",
    "--init-file",
    "--rcfile",
)
OF_PROGRAMS = {
    "curl": ("-o", "-O", "-K", "-T", "--config", "--upload-file", "--remote-name"),
    "find": ("-exec", "-execdir", "-ok", "-okdir", "-delete", "-fprint", "-fprintf", "-fls"),
    "git": ("-c", "-O", "--config-env", "--git-dir", "--work-tree"),
    "make": ("-f", "-C", "--file", "--makefile", "--directory", "--eval"),
    "node": ("-e", "-r", "--eval", "--loader"),
    "npm": ("--prefix", "--script-shell", "--node-options"),
    "pytest": (
        "-p",
        "-c",
        "-o",
        "--rootdir",
        "--confcutdir",
        "--basetemp",
        "--junitxml",
        "--override-ini",
        "--config-file",
    ),
    "python": ("-c",),
    "rg": ("--pre",),
    "rsync": ("-e",),
    "sed": ("-i", "--in-place"),
    "sort": ("-o",),
    "ssh": ("-o", "-F"),
    "tar": ("-I",),
    "wget": ("-O", "-P"),
}


def words(text: str) -> list[str]:
    """The words of a command, without their quotes."""
    try:
        return shlex.split(text)
    except ValueError:  # a quotation mark that is never closed
        return text.split()


EXPANDED = re.compile(r"""\$|(?:^|[\s,{])(?:''|""|'-+'|"-+"|-)*[\[{*?]""")
"""A variable, or a word that begins with braces or a pattern of file names, for which the shell puts in other words."""


def do_more(command: str, pattern: str) -> bool:
    """Whether a command that a pattern matches has options, not named in the pattern, that write or run something.

    Words that the shell makes out of what is written may be such options: those are not known here.
    """
    if EXPANDED.search(command):
        return True
    given = words(command)
    named = {_option(each) for each in pattern.replace("*", " ").split()}
    known = [*OF_ALL, *(option for program in _programs(given) for option in OF_PROGRAMS.get(program, ()))]
    options = [_option(each) for each in given[1:] if each.startswith("-") and _option(each) not in named]
    return any(_is(option, one) for option in options for one in known)


def _programs(given: list[str]) -> set[str]:
    """What is run, ``python3.11 -m pytest`` being both."""
    found = {given[0].rpartition("/")[2].rstrip("0123456789.")} if given else set()
    return found | {given[place + 1] for place, word in enumerate(given[:-1]) if word == "-m"}


def _option(word: str) -> str:
    return word.partition("=")[0]


def _is(given: str, option: str) -> bool:
    """Whether this is an option: a long one perhaps cut short, as many programs take it; a short one with its value."""
    if option.startswith("--"):
        return len(given) > len("--o") and option.startswith(given)
    return given.startswith(option)
