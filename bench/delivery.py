"""How long a message takes to the last of the live members, beside a bare fan-out of the same stack."""

from __future__ import annotations

from statistics import median

from . import http, servers
from .audience import listen
from .figures import Figure, p99, paired, together
from .options import Options
from .send import TEXT

BUDGET_MS = 30
BUDGET_RATIO = 1.5
WARM_UP = 5


def run(options: Options) -> list[Figure]:
    """The figures of delivery."""
    most = max(options.members)
    figures: list[Figure] = []
    with servers.product(options.folder("delivery")) as product, servers.floor() as floor:
        keys = http.register(product.port, ["owner", *(f"member{number}" for number in range(most))])
        sender = keys.pop("owner")
        for count in options.members:
            streams = [http.request("GET", "/api/events", key) for key in list(keys.values())[:count]]
            bare = [http.request("GET", "/events")] * count
            spans: list[list[float]] = []
            floors: list[list[float]] = []
            rounds = max(1, options.rounds // 2)
            for number in range(rounds):
                messages = _messages(options.samples // rounds + WARM_UP, number)
                floors.append(_listen(floor, bare, "/publish", "", messages))
                spans.append(_listen(product, streams, "/api/send", sender, messages))
            figures += _figures(count, spans, floors)
    return figures


def _messages(count: int, number: int) -> list[tuple[str, dict[str, str]]]:
    words = [f"word{number}x{index:05}" for index in range(count)]
    return [(word, {"channel": "general", "content": TEXT.format(word)}) for word in words]


def _listen(
    server: servers.Process, streams: list[bytes], path: str, key: str, messages: list[tuple[str, dict[str, str]]]
) -> list[float]:
    requests = [(word, http.request("POST", path, key, body)) for word, body in messages]
    return listen(server.port, streams, requests)[WARM_UP:]


def _figures(count: int, spans: list[list[float]], floors: list[list[float]]) -> list[Figure]:
    middle = Figure(
        f"message to the last of {count} live members, p50",
        median(together(spans)),
        "ms",
        floor=median(together(floors)),
        floor_of="a bare fan-out",
        ratio=paired([median(times) for times in spans], [median(times) for times in floors]),
    )
    late = Figure(f"  the same, p99 of {len(together(spans))}", p99(together(spans)), "ms", floor=p99(together(floors)))
    late.ratio = late.value / (late.floor or 1)
    if count >= 200:
        assert middle.ratio is not None
        middle.budget, middle.met = f"ratio of {BUDGET_RATIO} or less", middle.ratio <= BUDGET_RATIO
        late.budget, late.met = f"{BUDGET_MS} ms or less", late.value <= BUDGET_MS
    return [middle, late]
