"""Charts and drawings on pages: what they say, and that all of it has room."""

from __future__ import annotations

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from teammcp.web import charts, graphs
from teammcp.web.graph_words import HEIGHT

NAMES = st.text(st.sampled_from("ab后端_"), min_size=1, max_size=64)


@pytest.mark.parametrize(
    ("highest", "marks"),
    [
        (0, [0, 1]),
        (1, [0, 1]),
        (4, [0, 1, 2, 3, 4]),
        (9, [0, 2, 4, 6, 8, 10]),
        (30, [0, 10, 20, 30]),
        (77, [0, 20, 40, 60, 80]),
    ],
)
def test_axes_have_few_whole_numbers(highest: int, marks: list[int]) -> None:
    assert charts.scale(highest) == marks


def test_a_chart_says_what_its_bars_say() -> None:
    drawn = charts.bars("<Tasks>", ["1 & 2", "3"], [("Created", [2, 0]), ("Done", [1, 3])])
    assert 'aria-label="&lt;Tasks&gt;"' in drawn
    assert "<title>1 &amp; 2: 2</title>" in drawn


def test_no_label_of_a_step_is_cut() -> None:
    steps = [f"11-{day:02}" for day in range(1, 31)]
    drawn = charts.bars("Tasks", steps, [("Created", [1] * 30)])
    assert ">11-01<" in drawn
    assert "…" not in drawn


@given(st.lists(NAMES, unique=True, min_size=1, max_size=40), st.data())
def test_whatever_is_drawn_has_room(names: list[str], data: st.DataObject) -> None:
    place = st.sampled_from(names)
    pairs = data.draw(st.lists(st.tuples(place, place, st.integers(0, 9)), max_size=30))
    nodes = [graphs.Node(name, name, weight=data.draw(st.integers(0, 5))) for name in names]
    drawing = graphs.draw(nodes, [graphs.Arrow(source, target, weight, "") for source, target, weight in pairs])
    assert [each.node for each in drawing.nodes] == nodes
    assert len(drawing.arrows) == len(pairs)
    for each in drawing.nodes:
        assert each.radius <= each.x <= drawing.width - each.radius
        assert each.radius <= each.y <= drawing.height - each.radius
        assert 0 < each.label_x < drawing.width
        assert 0 < each.label_y < drawing.height
    for arrow in drawing.arrows:
        assert 1 <= arrow.width <= graphs.THICKEST
        tip, *base = corners(arrow)
        assert math.dist(*base) > arrow.width + 5, "a head stands out from its line"
        assert all(0 <= x <= drawing.width and 0 <= y <= drawing.height for x, y in (tip, *base))


def corners(arrow: graphs.PlacedArrow) -> list[tuple[float, float]]:
    """The corners of an arrow's head, its tip first."""
    numbers = [float(number) for number in re.findall(r"-?[\d.]+", arrow.head)]
    return list(zip(numbers[::2], numbers[1::2], strict=True))


def test_an_arrow_ends_at_the_edge_of_what_it_points_at_and_its_line_at_its_head() -> None:
    nodes = [graphs.Node("a", "", 1), graphs.Node("b", "", 9)]
    drawing = graphs.draw(nodes, [graphs.Arrow("a", "b", 90, ""), graphs.Arrow("b", "b", 4, "")])
    target = drawing.nodes[1]
    for drawn in drawing.arrows:
        tip, left, right = corners(drawn)
        assert math.dist(tip, (target.x, target.y)) == pytest.approx(target.radius + graphs.GAP, abs=0.2)
        end = [float(number) for number in drawn.path.split()[-2:]]
        assert end == pytest.approx([(left[0] + right[0]) / 2, (left[1] + right[1]) / 2], abs=0.2)


def test_a_quiet_arrow_lies_beside_another_between_the_same_two() -> None:
    nodes = [graphs.Node(name, name) for name in ("a", "b", "c")]
    loud, quiet = graphs.draw(
        nodes, [graphs.Arrow("a", "b", 9, ""), graphs.Arrow("a", "b", 9, "", tone="quiet")]
    ).arrows
    assert (loud.x, loud.y) != (quiet.x, quiet.y)
    assert quiet.width == 1


def test_a_word_stands_beside_its_arrow_and_on_nothing_else() -> None:
    names = ["web", "analytics", "backend", "docs", "infra", "mobile", "starter", "ledger"]
    pairs = [(0, 1), (1, 5), (0, 2), (2, 0), (5, 2), (3, 2), (2, 3), (0, 7), (6, 2), (2, 2)]
    drawing = graphs.draw(
        [graphs.Node(name, name, 3) for name in names],
        [graphs.Arrow(names[one], names[two], 9 * (one == 1), "", word="1 overdue") for one, two in pairs],
    )
    half = graphs.COLUMN * len("1 overdue") / 2
    boxes = [(each.x - half, each.y - HEIGHT / 2, each.x + half, each.y + HEIGHT / 2) for each in drawing.arrows]
    for number, (left, top, right, bottom) in enumerate(boxes):
        covered = [
            arrow.arrow for arrow in drawing.arrows if any(left < x < right and top < y < bottom for x, y in arrow.line)
        ]
        assert covered == []
        others = boxes[number + 1 :]
        assert not [
            each for each in others if left < each[2] and each[0] < right and top < each[3] and each[1] < bottom
        ]
        assert (
            min(
                math.dist((drawing.arrows[number].x, drawing.arrows[number].y), at)
                for at in drawing.arrows[number].line
            )
            < half + HEIGHT
        )


def test_an_arrow_of_nobody_is_left_out_and_the_most_is_the_thickest() -> None:
    nodes = [graphs.Node(name, name) for name in ("a", "b")]
    arrows = [graphs.Arrow("a", "b", 20, ""), graphs.Arrow("b", "a", 5, ""), graphs.Arrow("a", "nobody", 9, "")]
    drawing = graphs.draw(nodes, arrows)
    assert [each.width for each in drawing.arrows] == [graphs.THICKEST, 3]
    assert graphs.draw(nodes, [graphs.Arrow("a", "b", 1, "")]).arrows[0].width < 2, "one is little, also alone"
    assert graphs.draw([], []).nodes == []


def test_two_names_never_lie_on_each_other() -> None:
    for count in (1, 2, 3, 12, 13, 40):
        drawing = graphs.draw([graphs.Node(f"project{number}", "") for number in range(count)], [])
        places = {(each.label_x, each.label_y) for each in drawing.nodes}
        assert len(places) == count
        assert all(bool(each.turned) == (count > graphs.SPOKES) for each in drawing.nodes[1:2])
