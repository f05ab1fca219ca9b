"""Code that makes regular expressions run for ever, or nearly: for the tests of highlighting."""

from __future__ import annotations

from collections.abc import Iterator

OPENINGS = (
    '"',
    "'",
    "`",
    "$'",
    '"""',
    "/",
    "%q(",
    "<<",
    "{{",
    "[[",
    "(*",
    "/*",
    "<!--",
    "#|",
    "\\",
    "@",
    "~",
    "=begin\n",
)
FILLINGS = (
    "\\",
    "\\\\",
    "a",
    " ",
    "\n",
    "\t",
    "(",
    "[",
    "{",
    "<",
    "*",
    "a ",
    "a.",
    "a,",
    "\\'",
    '\\"',
    "- ",
    "0",
    "_",
    "|",
)


def short() -> Iterator[str]:
    """Some hundred short texts: something is opened, filled, and never closed."""
    for opening in OPENINGS:
        for filling in FILLINGS:
            yield opening + filling * (96 // len(filling))


BACKSLASHES = "\\" * 96
_QUOTED = """
ansys cddl chapel factor fish maple ncl pan registry rego rell scala smithy tcsh urbiscript
""".split()  # noqa: SIM905 - one a line would be half a page

KNOWN = [
    *((language, f'"{BACKSLASHES}') for language in _QUOTED),
    *((language, f"$'{BACKSLASHES}") for language in ("bash", "docker", "slurm")),
    *((language, "(*" + "a." * 48) for language in ("common-lisp", "emacs-lisp")),
    ("fancy", f"/{BACKSLASHES}"),
    ("mcschema", "<!--" + "a" * 96),
    ("rita", '"' + "0" * 96),
]
"""Languages, and a text with which the language's lexer does not end: what was found by trying all with `short`."""
