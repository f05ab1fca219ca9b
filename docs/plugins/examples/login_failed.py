"""Count the wrong keys from each address."""

from collections import Counter

from teammcp import hookimpl

failures: Counter[str] = Counter()


@hookimpl
def login_failed(address: str, surface: str) -> None:
    failures[f"{address} ({surface})"] += 1
