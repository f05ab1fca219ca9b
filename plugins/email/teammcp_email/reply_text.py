"""Which words of a reply are its own: without what it quotes, and without a signature."""

from __future__ import annotations

import re

_SIGNATURE = re.compile(r"--\s*|_{5,}|(?:Sent from my|Get Outlook for|发自我的|来自我的).{0,80}", re.IGNORECASE)
_SEPARATOR = re.compile(
    r"-{2,}\s*(?:Original Message|Forwarded message|原始邮件|原邮件|转发邮件).{0,20}", re.IGNORECASE
)
_ATTRIBUTION = re.compile(r".{0,300}(?:\bwrote|写道|\bschrieb|\ba écrit)\s*[:：]", re.IGNORECASE)
_HEADER = re.compile(r"\*?(?:From|发件人|Von|De)\*?\s*[:：].{1,300}", re.IGNORECASE)
_SECOND_HEADER = re.compile(
    r"\*?(?:Sent|To|Date|Subject|发送时间|收件人|日期|主题|Gesendet|An)\*?\s*[:：]", re.IGNORECASE
)


def own_words(text: str) -> str:
    """The part of a plain text that its writer has added; empty if there is none."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    kept: list[str] = []
    number = 0
    while number < len(lines):
        line = lines[number].strip()
        if _SIGNATURE.fullmatch(line) or _SEPARATOR.fullmatch(line):
            break
        if _HEADER.fullmatch(line) and any(
            _SECOND_HEADER.match(each.strip()) for each in lines[number + 1 : number + 4]
        ):
            break
        skipped = _attribution(lines, number)
        if skipped:
            if not _quote_follows(lines, number + skipped):
                break
            number += skipped
            continue
        if not line.startswith((">", "＞")):
            kept.append(lines[number].rstrip())
        number += 1
    return re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip()


def _attribution(lines: list[str], number: int) -> int:
    """How many lines from here on say who has written what follows: mail programs break that line."""
    start = lines[number].strip()
    if not start or start.startswith(">"):
        return 0
    for count in (1, 2, 3):
        joined = " ".join(each.strip() for each in lines[number : number + count])
        if count > 1 and not re.match(r"(?:On|Am|Le|在|于)\b|\d{4}\D", start):
            return 0
        if _ATTRIBUTION.fullmatch(joined) and (re.search(r"\d|@", joined) is not None):
            return count
    return 0


def _quote_follows(lines: list[str], number: int) -> bool:
    for line in lines[number:]:
        if line.strip():
            return line.strip().startswith(">")
    return False
