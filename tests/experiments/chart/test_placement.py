import numpy as np
import pytest
from fixtures.charts import CORNERS as PICTURE_CORNERS

from attiqa_core.errors import InputError, UsageError
from experiments.chart.placement import (
    CENTRES,
    CORNERS,
    MEASURED_HALF,
    Placement,
    check_corners,
    perspective,
    place,
    project,
    require_inside,
)

PLACED = place(PICTURE_CORNERS)


def test_the_corners_lie_where_they_were_given_and_come_back():
    assert np.allclose(PLACED.picture(CORNERS), PICTURE_CORNERS)
    assert np.allclose(PLACED.chart(PLACED.picture(CENTRES)), CENTRES)


def test_a_perspective_is_recovered_from_many_points():
    matrix = np.array([[70, 5, 30], [-4, 66, 50], [1e-3, -2e-3, 1]])
    assert np.allclose(perspective(CENTRES, project(matrix, CENTRES)), matrix, rtol=1e-8)


def test_the_pixels_of_a_patch_are_those_inside_of_its_middle():
    square = Placement(np.array([[98.0, 0, 82], [0, 98, 62], [0, 0, 1]]))
    rows, columns = square.pixels(7)  # column 1, row 1
    assert len(rows) == 51**2  # -25 .. 25: 0.26 of the distance is 25.5 px
    assert rows.min() == 135 and rows.max() == 185 and columns.min() == 155 and columns.max() == 205


def test_a_scaled_placement_keeps_pixels_middles():
    square = Placement(np.array([[100.0, 0, 9.5], [0, 100, 9.5], [0, 0, 1]]))
    assert np.allclose(square.scaled(0.5).picture(CORNERS[:1]), [[4.5, 4.5]])
    assert np.allclose(square.scaled(2).picture(CORNERS[:1]), [[19.5, 19.5]])


@pytest.mark.parametrize(
    ("order", "word"), [((0, 1, 3, 2), "convex"), ((0, 3, 2, 1), "anticlockwise"), ((0, 1, 1, 2), "convex")]
)
def test_corners_in_another_order_are_refused(order, word):
    with pytest.raises(UsageError, match=word):
        check_corners([PICTURE_CORNERS[place] for place in order], 640, 440)


def test_corners_outside_are_refused_and_right_ones_are_not():
    check_corners(PICTURE_CORNERS, 640, 440)
    with pytest.raises(UsageError, match="outside the picture of 300 x 440"):
        check_corners(PICTURE_CORNERS, 300, 440)


def test_a_chart_too_small_to_measure_or_cut_off_is_refused():
    with pytest.raises(InputError, match="larger"):
        require_inside(PLACED.scaled(0.1), 640, 440)
    with pytest.raises(InputError, match="leaves the picture"):
        require_inside(PLACED, 640, 330)
    assert MEASURED_HALF < 0.43
