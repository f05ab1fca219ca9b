"""``python -m bench``: measure, print one table, and with ``--check`` fail if a budget is missed."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from . import (
    asking,
    asking_programs,
    audit,
    delivery,
    launching,
    reading,
    send,
    starting,
    tasks,
    tools,
    turns,
    waking,
    waking_programs,
)
from .figures import Line, markdown, plain
from .options import Options, quick

BENCHMARKS: Mapping[str, Callable[[Options], Sequence[Line]]] = {
    "send": send.run,
    "delivery": delivery.run,
    "turns": turns.run,
    "waking": waking.run,
    "waking_programs": waking_programs.run,
    "launching": launching.run,
    "asking": asking.run,
    "asking_programs": asking_programs.run,
    "reading": reading.run,
    "tasks": tasks.run,
    "audit": audit.run,
    "tools": tools.run,
    "start": starting.start,
    "memory": starting.memory,
    "idle": starting.idle,
}
NEED_PROGRAMS = {"waking_programs", "asking_programs"}
"""Those that install programs of agents from npm and run them."""
PAGE = Path(__file__).parent.parent / "docs" / "performance.md"
MARK = "<!-- what follows is written by: python -m bench --write -->"


def main(words: Sequence[str], cache: Path) -> int:
    """Run the benchmarks that the command line ``words`` ask for; the exit code."""
    arguments = _parser().parse_args(words)
    cache.mkdir(exist_ok=True)
    began = time.perf_counter()
    figures: list[Line] = []
    with tempfile.TemporaryDirectory(prefix="teammcp-bench-") as scratch:
        options = _options(arguments, Path(scratch), cache)
        for name, run in BENCHMARKS.items():
            if arguments.only and name not in arguments.only:
                continue
            print(f"{name} …", file=sys.stderr, flush=True)
            figures += run(options)
    about = machine(Path(tempfile.gettempdir()))
    print(f"{about}\n\n{plain(figures)}\n\n{time.perf_counter() - began:.0f} s")
    if arguments.json:
        report = {"machine": about, "figures": [figure.as_dict() for figure in figures]}
        arguments.json.write_text(json.dumps(report, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    if arguments.write:
        write_page(about, figures, words)
    missed = [figure.what.strip() for figure in figures if figure.met is False]
    if arguments.check and missed:
        print(f"{len(missed)} budgets are missed: {'; '.join(missed)}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a first impression in a few minutes")
    parser.add_argument("--only", action="append", choices=list(BENCHMARKS), help="run this one; may be repeated")
    parser.add_argument("--messages", type=int, help="size of the large database (1,000,000; with --quick 20,000)")
    parser.add_argument("--wake-seconds", type=float, help="how long idle woken sessions are watched (120)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures as JSON")
    parser.add_argument("--check", action="store_true", help="exit with 1 if a budget is missed")
    parser.add_argument("--write", action="store_true", help=f"also write the table into {PAGE.name}")
    return parser


def _options(arguments: argparse.Namespace, scratch: Path, cache: Path) -> Options:
    options = quick(scratch, cache) if arguments.quick else Options(scratch, cache)
    if arguments.messages:
        options.messages = arguments.messages
    if arguments.wake_seconds:
        options.wake_seconds = arguments.wake_seconds
    return options


def machine(folder: Path) -> str:
    """When and on what this was measured."""
    parts = [
        datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        f"{os.cpu_count()} cores",
        f"{platform.system()} {platform.machine()}",
        f"Python {platform.python_version()}",
        f"SQLite {sqlite3.sqlite_version}",
        f"Quart {version('quart')}",
        f"Hypercorn {version('hypercorn')}",
        f"mcp {version('mcp')}",
        f"data in {folder} ({file_system(folder)})",
        f"load {os.getloadavg()[0]:.1f} at the end",
    ]
    return ", ".join(parts)


def file_system(folder: Path) -> str:
    """The kind of file system a folder is on: a figure of durable writes from a tmpfs would be worth nothing."""
    done = subprocess.run(["df", "-PT", str(folder)], capture_output=True, text=True)  # noqa: S607
    return done.stdout.splitlines()[-1].split()[1] if done.returncode == 0 else "unknown file system"


def write_page(about: str, figures: Sequence[Line], words: Sequence[str]) -> None:
    """Replace the table of the page."""
    head, _, _ = PAGE.read_text(encoding="utf-8").partition(MARK)
    unsaid = {words.index("--json"), words.index("--json") + 1} if "--json" in words else set()
    command = " ".join(["python -m bench", *(word for number, word in enumerate(words) if number not in unsaid)])
    PAGE.write_text(f"{head}{MARK}\n\n`{command}`, {about}\n\n{markdown(figures)}\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], Path(tempfile.gettempdir()) / "teammcp-bench"))
