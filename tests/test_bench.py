"""The benchmarks run: each once, as small as it gets. What they find is not judged here."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from bench import __main__ as command
from bench.figures import Figure, compared, markdown, plain
from bench.options import Options


@pytest.mark.acceptance
@pytest.mark.parametrize("name", list(command.BENCHMARKS))
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
    assert all(figure.value > 0 for figure in figures) or name in {"idle", "waking"}
    assert all(figure.what.strip() in plain(figures) for figure in figures)


def _run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, figures: list[Figure], *words: str) -> int:
    benchmarks: dict[str, Callable[[Options], list[Figure]]] = {"send": lambda options: figures}
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
