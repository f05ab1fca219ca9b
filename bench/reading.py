"""History, inbox and search over REST, in a team of a thousand messages and in one of a million."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from urllib.parse import urlencode

from . import http, servers, texts
from .figures import Figure, number, p99, paired, together
from .load import once
from .options import Options
from .seeding import NEWCOMER, READER, Seeded, seeded

BUDGET_MS = 20
BUDGET_RATIO = 2
LEAST = 5


@dataclass
class Question:
    """One kind of read."""

    what: str
    path: str
    arguments: dict[str, str]
    agent: str = READER
    comparable: bool = True
    """Whether the small team's answer is as large as the large one's, so that the times may be compared."""
    bounded: bool = True
    """Whether the budget holds: not for what must look at every match."""

    def request(self, team: Seeded) -> bytes:
        """The request, for that team."""
        arguments = {key: value.format(middle=team.middle) for key, value in self.arguments.items()}
        return http.request("GET", f"{self.path}?{urlencode(arguments)}", team.keys[self.agent])


def search(what: str, words: str, *, comparable: bool = True, bounded: bool = True, **more: str) -> Question:
    """A search."""
    arguments = {"q": words, **more}
    return Question(f"search: {what}", "/api/search", arguments, comparable=comparable, bounded=bounded)


QUESTIONS = [
    Question("history: newest 50", "/api/history", {"channel": "general"}),
    Question("history: 50 in the middle", "/api/history", {"channel": "general", "before": "{middle}"}),
    Question("inbox: 10 unread", "/api/inbox", {}),
    Question("inbox: everything unread", "/api/inbox", {}, NEWCOMER),
    Question("inbox: everything unread, of a busy sender", "/api/inbox", {}, "agent00", comparable=False),
    Question("channels with unread counts", "/api/channels", {}, "agent00"),
    search("rare word", texts.RARE),
    search("common word", texts.COMMON),
    search("two common words", f"{texts.COMMON} {texts.ALSO_COMMON}"),
    search("beginning of a common word", f"{texts.COMMON[:3]}*", bounded=False),
    search("common word, in a channel, from a sender", f"{texts.COMMON} in:topic07 from:agent03", comparable=False),
    search("common word, by relevance", texts.COMMON, sort="relevance"),
    search("common Chinese word", texts.COMMON_CHINESE),
    search("rare Chinese word of common characters", texts.RARE_CHINESE),
    search("rare and common word", f"{texts.RARE} {texts.COMMON}"),
]


def run(options: Options) -> list[Figure]:
    """The figures of reading."""
    small, large = seeded(options.cache, options.few), seeded(options.cache, options.messages)
    with servers.product(small.home) as few, servers.product(large.home) as many:
        return [_measure(options, question, (few, small), (many, large)) for question in QUESTIONS]


def _measure(
    options: Options,
    question: Question,
    few: tuple[servers.Process, Seeded],
    many: tuple[servers.Process, Seeded],
) -> Figure:
    """Ask both in turns."""
    times: dict[int, list[list[float]]] = {}
    share = max(LEAST, options.samples // 2 // options.rounds)
    for turn in range(options.rounds + 1):
        for server, team in (few, many):
            asked = once(server.port, question.request(team), share)
            if turn:  # the first is the warm-up
                times.setdefault(server.port, []).append(asked)
    small, large = times[few[0].port], times[many[0].port]
    medians = [median(turn) for turn in large]
    figure = Figure(
        question.what,
        median(together(large)),
        "ms",
        min(medians),
        max(medians),
        floor=median(together(small)),
        floor_of=f"{number(options.few)} messages",
        ratio=paired(medians, [median(turn) for turn in small]),
    )
    assert figure.ratio is not None
    if question.bounded:
        figure.budget, figure.met = f"{BUDGET_MS} ms or less", figure.value <= BUDGET_MS
    if question.bounded and question.comparable:
        figure.budget = f"{BUDGET_MS} ms, ratio of {BUDGET_RATIO} or less"
        figure.met = figure.met and figure.ratio <= BUDGET_RATIO
    figure.what += f" (p99 {number(p99(together(large)))} ms)"
    return figure
