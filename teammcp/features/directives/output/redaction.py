"""Taking secrets out of what agents put out, before any of it is stored.

The patterns know the forms of common keys, and words such as ``password`` before a value. They are a net, not a proof:
an agent should not print secrets. One that is split over two chunks is not recognised.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

MARK = "[redacted]"

WHOLE = (
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)",
    r"\btmcp_[A-Za-z0-9-]{1,32}_[A-Za-z0-9_-]{20,}",  # a member's key
    r"\btmcpadmin_[A-Za-z0-9_-]{20,}",  # the server's own
    r"(?<![\w.-])[a-z0-9][a-z0-9-]{0,31}\.[A-Za-z0-9_-]{43}(?![\w-])",  # a browser's session here
    r"\bsk-[A-Za-z0-9_-]{16,}",  # OpenAI, Anthropic
    r"\bgh[pousr]_[A-Za-z0-9]{20,}",
    r"\bgithub_pat_[A-Za-z0-9_]{20,}",
    r"\bglpat-[A-Za-z0-9_-]{16,}",
    r"\bxox[abeprs]-[A-Za-z0-9-]{10,}",  # Slack
    r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b",  # Amazon
    r"\b(?:AIza[A-Za-z0-9_-]{30,}|ya29\.[A-Za-z0-9_-]{20,}|GOCSPX-[A-Za-z0-9_-]{20,})",  # Google
    r"\b(?:sk|rk|whsec)_(?:(?:live|test)_)?[A-Za-z0-9]{16,}",  # Stripe
    r"\bSG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}",  # SendGrid
    r"\bnpm_[A-Za-z0-9]{30,}",
    r"\bpypi-[A-Za-z0-9_-]{30,}",
    r"\bhf_[A-Za-z0-9]{30,}",  # Hugging Face
    r"\bdo[por]_v1_[a-f0-9]{40,}",  # DigitalOcean
    r"\bAGE-SECRET-KEY-1[A-Z0-9]{40,}",
    r"https://hooks\.slack\.com/[A-Za-z0-9/_-]{20,}",
    r"\b[0-9]{8,10}:AA[A-Za-z0-9_-]{33}(?![\w-])",  # a bot of Telegram
    r"(?<![A-Za-z0-9/+])(?=[A-Za-z0-9]{0,39}[/+])(?=[a-z0-9/+]{0,39}[A-Z])(?=[A-Z0-9/+]{0,39}[a-z])"
    r"[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=])",  # Amazon's, without its name
    r"(?<![\w-])eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*",  # a JSON Web Token
)
"""What is a secret as a whole."""

NAMES = r"pass(?:word|wd|phrase)?|pwd|secret|token|credentials?|(?:api|access|private|secret|auth)[_-]?key"
AFTER = (
    rf"((?<!\S)--?[A-Za-z0-9-]{{0,40}}(?:{NAMES})[ =]\s{{0,5}})(?:\"[^\"\n]*\"|'[^'\n]*'|[^\s-][^\s]*)",  # an option
    r"(\b(?:Set-)?Cookie:[ \t]{0,5})[^\r\n]+",
    r"(\b(?:Bearer|Basic)\s+)[A-Za-z0-9._~+/=-]{8,}",
    r"(\b[a-z][a-z0-9+.-]{1,20}://[^\s:/@]{0,100}:)[^\s/@]+(?=@)",  # the password in an address
    rf"((?<![A-Za-z0-9])(?:[A-Za-z0-9]{{1,40}}[_-]){{0,5}}(?:{NAMES})[\"']?\s{{0,5}}[:=]\s{{0,5}})"
    r"(?:\"[^\"\n]*\"|'[^'\n]*'|[^\s,;\"'}]+)",
)
"""What follows upon the group, which stays."""


def redact(text: str, patterns: Iterable[str] = ()) -> str:
    """The text with ``[redacted]`` for every secret that the built-in patterns or the given ones find."""
    text = _compiled("|".join(WHOLE), re.DOTALL).sub(MARK, text)
    for pattern in AFTER:
        text = _compiled(pattern, re.IGNORECASE).sub(rf"\1{MARK}", text)
    for pattern in patterns:
        text = _compiled(pattern, 0).sub(MARK, text)
    return text


@lru_cache(maxsize=200)
def _compiled(pattern: str, flags: int) -> re.Pattern[str]:
    return re.compile(pattern, flags)
