"""Text for the seeds: the same at every run, with a few common words, many seldom ones, and Chinese."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate
from random import Random

COMMON = "deploy"
"""In about two of five English messages."""
ALSO_COMMON = "review"
RARE = "quokka"
"""In `RARE_COUNT` messages, whatever their number."""
COMMON_CHINESE = "数库"
RARE_CHINESE = "数梨"
"""In `RARE_COUNT` messages, though each of its characters is in many: the hard case of an index of characters."""
RARE_COUNT = 5
CHINESE_SHARE = 0.15
MENTION_SHARE = 0.1
SYLLABLES = [first + vowel for first in "bdfgklmnprstvz" for vowel in "aeiou"]
LEFT = "数" + "".join(map(chr, range(0x4E10, 0x4E10 + 119)))
RIGHT = "库梨" + "".join(map(chr, range(0x6E10, 0x6E10 + 118)))


def messages(count: int, senders: int, channels: int) -> Iterator[tuple[int, int, str]]:
    """``count`` messages: sender, channel (0 has two of five), content."""
    random = Random(count)
    english, chinese = _Words(_english(random)), _Words(_chinese(random))
    rare = {count * (2 * number + 1) // (2 * RARE_COUNT) for number in range(RARE_COUNT)} if channels > 1 else set()
    for number in range(count):
        words = chinese if random.random() < CHINESE_SHARE else english
        content = words.sentence(random)
        if number in rare:
            content += f" {RARE} {RARE_CHINESE}"
        if random.random() < MENTION_SHARE:
            content = f"@agent{random.randrange(senders):02} {content}"
        channel = 0 if channels == 1 or random.random() < 0.4 else random.randrange(1, channels)
        yield random.randrange(senders), channel, content


class _Words:
    """A vocabulary in which the n-th word is used once for n times the first one is."""

    def __init__(self, words: list[str]) -> None:
        self._words = words
        self._weights = list(accumulate(1 / rank for rank in range(1, len(words) + 1)))

    def sentence(self, random: Random) -> str:
        """Some words."""
        return " ".join(random.choices(self._words, cum_weights=self._weights, k=random.randint(6, 24)))


def _english(random: Random) -> list[str]:
    words = {"".join(random.choices(SYLLABLES, k=random.randint(2, 4))) for _ in range(6000)}
    return ["the", "build", COMMON, ALSO_COMMON, *sorted(words)]


def _chinese(random: Random) -> list[str]:
    """Words of two characters, of which the first never stands second: so a pair that is no word stands nowhere."""
    pairs = [left + right for left in LEFT for right in RIGHT if left + right not in {COMMON_CHINESE, RARE_CHINESE}]
    chosen = random.sample(pairs, 1500)
    return [chosen[0], COMMON_CHINESE, *chosen[1:400], *(left + "梨" for left in LEFT[1:40]), *chosen[400:]]
