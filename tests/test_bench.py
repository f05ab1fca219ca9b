"""The benchmarks run: each once, as small as it gets. What they find is not judged here."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from bench import __main__ as command
from bench import asking_programs, waking_programs
from bench.figures import Figure, Line, compared, markdown, plain
from bench.options import Options
from bench.starting import a_stream

MAY_BE_NOTHING = ("files changed", "a stream", "server and helpers", "lines that they got")
"""Counts; and of so small a run, what streams add to the memory, and the processor's time of helpers."""


@pytest.mark.acceptance
@pytest.mark.sweep
@pytest.mark.parametrize("name", [name for name in command.BENCHMARKS if name not in command.NEED_PROGRAMS])
def test_a_benchmark_runs(tmp_path: Path, name: str) -> None:
    options = Options(
        tmp_path,
        tmp_path / "cache",
        seconds=0.2,
        rounds=1,
        samples=6,
        few=40,
        messages=80,
        tasks=120,
        starts=1,
        streams=5,
        members=(3,),
        idle_seconds=0.2,
        woken=2,
        wake_seconds=0.2,
    )
    figures = command.BENCHMARKS[name](options)
    assert figures
    for figure in figures:
        assert isinstance(figure, Figure)
        assert figure.value > 0 or figure.what.strip().startswith(MAY_BE_NOTHING), figure
        assert figure.what.strip() in plain(figures)


def test_programs_that_cannot_be_had_are_left_out_with_the_reason(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    lines = [
        line for name in sorted(command.NEED_PROGRAMS) for line in command.BENCHMARKS[name](Options(tmp_path, tmp_path))
    ]
    assert len(lines) == len(asking_programs.PROGRAMS) + len(waking_programs.WAYS)
    assert plain(lines).count("npm, which is not installed") == len(lines)
    assert all(line.met is None for line in lines)


def test_streams_that_find_room_in_the_memory_that_a_process_has_cost_nothing() -> None:
    figure = a_stream((100.0, 40.0), (100.0, 40.0), 5)
    assert (figure.value, figure.floor, figure.ratio) == (0, 0, None)
    assert a_stream((100.0, 40.0), (101.0, 42.0), 1024).ratio == 0.5


def test_how_long_idle_sessions_are_watched_can_be_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    seen: list[float] = []

    def watch(options: Options) -> list[Figure]:
        seen.append(options.wake_seconds)
        return []

    monkeypatch.setattr(command, "BENCHMARKS", {"waking": watch})
    assert command.main(["--quick", "--wake-seconds", "600"], tmp_path / "cache") == 0
    assert seen == [600]


def _run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, figures: list[Figure], *words: str) -> int:
    benchmarks: dict[str, Callable[[Options], Sequence[Line]]] = {"send": lambda options: figures}
    monkeypatch.setattr(command, "BENCHMARKS", benchmarks)
    return command.main(words, tmp_path / "cache")


@pytest.mark.parametrize(("met", "code"), [(True, 0), (False, 1), (None, 0)])
def test_a_missed_budget_fails_the_check(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, met: bool | None, code: int
) -> None:
    figures = [Figure("sends", 900, "/s", budget="1,000/s or more", met=met)]
    assert _run(monkeypatch, tmp_path, figures, "--check") == code
    assert _run(monkeypatch, tmp_path, figures) == 0


def test_figures_go_to_a_file_and_to_the_page(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    page, report = tmp_path / "page.md", tmp_path / "report.json"
    page.write_text(f"# Performance\n\n{command.MARK}\n\nold\n")
    monkeypatch.setattr(command, "PAGE", page)
    figures = [compared("sends", "/s", [10, 20, 30], [20, 20, 20], "nothing")]
    assert _run(monkeypatch, tmp_path, figures, "--write", "--json", str(report)) == 0
    assert json.loads(report.read_text())["figures"][0]["ratio"] == 1.0
    assert page.read_text().startswith("# Performance")
    assert "old" not in page.read_text()
    assert markdown(figures) in page.read_text()
