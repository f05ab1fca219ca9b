"""Translations of plugins: each says with its words what it means, and changes those of nobody else."""

from __future__ import annotations

from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo

from teammcp.web.i18n import Catalogues


def written(folder: Path, words: dict[str | tuple[str, str], str | tuple[str, ...]]) -> Path:
    """A folder ``locale`` with these words in Chinese."""
    catalogue = Catalog(locale="zh")
    for message, translation in words.items():
        catalogue.add(message, translation)
    file = folder / "zh" / "LC_MESSAGES" / "messages.mo"
    file.parent.mkdir(parents=True)
    with file.open("wb") as opened:
        write_mo(opened, catalogue)
    return folder


@pytest.fixture
def catalogues(tmp_path: Path) -> Catalogues:
    polls = {"Ask": "提问", "Poll": "投票", "Log out": "走开", ("%(num)d vote", "%(num)d votes"): ("%(num)d 票",)}
    approvals = {"Ask": "提交申请", "Approval": "批准"}
    return Catalogues(
        {
            "polls": written(tmp_path / "polls", polls),
            "approvals": written(tmp_path / "approvals", approvals),
            "none": tmp_path / "none",
        }
    )


@pytest.mark.parametrize(("package", "meant"), [("polls", "提问"), ("approvals", "提交申请")])
def test_a_word_means_on_a_plugins_page_what_the_plugin_says(catalogues: Catalogues, package: str, meant: str) -> None:
    assert catalogues.of("zh", package).gettext("Ask") == meant


@pytest.mark.parametrize("package", ["", "polls", "approvals", "none"])
def test_the_cores_words_mean_the_same_everywhere(catalogues: Catalogues, package: str) -> None:
    core = Catalogues({}).of("zh", "")
    chain = catalogues.of("zh", package)
    assert chain.gettext("Log out") == core.gettext("Log out") not in {"走开", "Log out"}
    assert chain.gettext("Poll") == "投票"  # of another plugin, such as its name in the navigation
    assert chain.ngettext("%(num)d vote", "%(num)d votes", 2) == "%(num)d 票"
    assert chain.gettext("nobody has this") == "nobody has this"


def test_the_order_of_installation_decides_nothing_about_ones_own_words(tmp_path: Path) -> None:
    folders = {name: written(tmp_path / name, {"Ask": name}) for name in ("a", "b", "c")}
    for order in (["a", "b", "c"], ["c", "b", "a"]):
        found = Catalogues({name: folders[name] for name in order})
        assert [found.of("zh", name).gettext("Ask") for name in order] == order
