"""Durable sends per second, beside an empty Quart view on the same Hypercorn."""

from __future__ import annotations

from statistics import median

from . import http, servers
from .figures import Figure, compared
from .load import Load, drive
from .options import Options

CONNECTIONS = 16
BUDGET = 0.6
TEXT = "Deploy {} of the billing service is through on staging; the smoke tests pass, please look at the release notes."


def bodies(count: int = 50) -> list[dict[str, str]]:
    """Messages such as agents send."""
    return [{"channel": "general", "content": TEXT.format(number)} for number in range(count)]


def run(options: Options) -> list[Figure]:
    """The figures of sending."""
    floors: list[Load] = []
    sends: list[Load] = []
    empty = [[http.request("POST", "/empty", "x" * 60, body) for body in bodies()]] * CONNECTIONS
    with servers.product(options.folder("send")) as product, servers.floor() as floor, servers.floor("noop") as noop:
        keys = http.register(product.port, ["owner", *(f"sender{number}" for number in range(CONNECTIONS))])
        del keys["owner"]
        messages = [[http.request("POST", "/api/send", key, body) for body in bodies()] for key in keys.values()]
        ceiling = drive(noop.port, empty, options.seconds / 2)
        drive(floor.port, empty, options.seconds / 2)
        drive(product.port, messages, options.seconds / 2)
        for _ in range(options.rounds):
            floors.append(drive(floor.port, empty, options.seconds))
            sends.append(drive(product.port, messages, options.seconds))
    figure = compared(
        f"durable sends, {CONNECTIONS} connections",
        "/s",
        [load.rate for load in sends],
        [load.rate for load in floors],
        "an empty Quart view",
    )
    assert figure.ratio is not None
    figure.budget, figure.met = f"ratio of {BUDGET} or more", figure.ratio >= BUDGET
    return [
        figure,
        Figure(
            "  time of one of 16 sends, p50",
            median(load.p50 for load in sends),
            "ms",
            floor=median(load.p50 for load in floors),
        ),
        Figure(
            "  time of one of 16 sends, p99",
            median(load.p99 for load in sends),
            "ms",
            floor=median(load.p99 for load in floors),
        ),
        Figure("  what the load generator can do", ceiling.rate, "/s", floor_of="a socket that answers at once"),
    ]
