"""The drawing of the map: an arrow from each project that asks another, and one from each that builds on another."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from teammcp.web import gettext as _
from teammcp.web import graphs, ngettext

from ..figures.models import Counts, Figures, PairFigures
from ..notices.models import Subscription
from ..notices.pages.relations import publications
from .layout import project_path, questions_path

MOST = 40
"""Projects in the drawing: those that ask and are asked most. The tables have all."""


def draw(names: Sequence[str], figures: Figures, relations: Iterable[Subscription]) -> tuple[graphs.Drawing, int]:
    """The drawing, and how many projects have no room in it.

    Args:
        names: all projects.
        figures: who asks whom.
        relations: who builds on whom.
    """
    asks = Counter(dict.fromkeys([*names, *(each.project for each in figures.pairs)], 0))
    for each in figures.pairs:
        for name in filter(None, (each.project, each.asking_project)):
            asks[name] += each.asked + each.open
    builds = publications(((each.project, each.to), each.publication) for each in relations)
    related = Counter(name for pair in dict(builds) for name in pair)
    chosen = sorted(asks, key=lambda name: (-asks[name], -related[name], name))[:MOST]
    of_members = sum(each.asked + each.open for each in figures.pairs if each.asking_project is None)
    members = f"({_('members')})"  # no project is called so
    nodes = [_node(name, asks[name], figures) for name in sorted(chosen, key=str.casefold)]
    if of_members:
        nodes.append(graphs.Node(members, _("Members that work in no project"), of_members, tone="quiet"))
    arrows = [_built_on(*pair, parts) for pair, parts in builds]
    arrows += [_asked(each, members) for each in figures.pairs]
    return graphs.draw(nodes, arrows), len(asks) - len(chosen)


def _node(name: str, traffic: int, figures: Figures) -> graphs.Node:
    asked = next((each for each in figures.projects if each.project == name), None)
    if asked is None:
        return graphs.Node(name, name, traffic, project_path(name), "" if traffic else "quiet")
    tone, word = standing(asked)
    return graphs.Node(name, ": ".join(filter(None, (name, word))), traffic, project_path(name), tone)


def _asked(pair: PairFigures, members: str) -> graphs.Arrow:
    tone, word = standing(pair)
    source = pair.asking_project or members
    count = ngettext("%(num)s question", "%(num)s questions", pair.asked)
    title = f"{source} → {pair.project}: " + " · ".join(filter(None, (count, word)))
    return graphs.Arrow(source, pair.project, pair.asked + pair.open, title, pair_path(pair), tone, word)


def _built_on(project: str, provider: str, parts: Sequence[str]) -> graphs.Arrow:
    title = _("%(project)s builds on %(other)s", project=project, other=provider)
    title = ": ".join(filter(None, (title, ", ".join(parts))))
    return graphs.Arrow(project, provider, 0, title, project_path(project), "quiet")


def standing(counts: Counts) -> tuple[str, str]:
    """How what one asks another stands: a tone and a word, both empty where nothing is open."""
    if counts.overdue:
        return "bad", ngettext("%(num)s overdue", "%(num)s overdue", counts.overdue)
    if counts.open:
        return "warn", ngettext("%(num)s open", "%(num)s open", counts.open)
    return "", ""


def pair_path(pair: PairFigures) -> str:
    """Where the questions of a pair are listed."""
    return questions_path(project=pair.project, asking_project=pair.asking_project)
