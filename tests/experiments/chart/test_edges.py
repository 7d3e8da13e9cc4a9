import numpy as np
import pytest
import torch
from fixtures.charts import CORNERS as PICTURE_CORNERS
from fixtures.charts import chart_picture
from scipy.ndimage import gaussian_filter

from attiqa_core.errors import UsageError
from experiments.chart.edges import Region, check_region, find_edge
from experiments.chart.measurement import linear_luminance
from experiments.chart.placement import PATCH_HALF, place
from experiments.chart.reference import read_reference
from experiments.chart.sharpness import measure_sfr

LAB = read_reference("classic24").lab


def luminance_of(corners) -> np.ndarray:
    """Linear luminance of a chart, drawn four times larger and averaged."""
    large = chart_picture(place(corners).scaled(4), LAB, 2560, 1760)
    small = torch.nn.functional.avg_pool2d(large[None], 4)[0]
    return gaussian_filter(linear_luminance(small), 0.8)


@pytest.mark.slow
def test_the_side_of_a_white_patch_is_found_on_a_slanted_chart():
    luminance = luminance_of(PICTURE_CORNERS)
    region = find_edge(luminance, place(PICTURE_CORNERS))
    assert region is not None
    middle = place(PICTURE_CORNERS).chart(np.array([[region.left + region.width / 2, region.top + region.height / 2]]))[
        0
    ]
    offset = np.abs(middle - (0, 3))  # white
    assert offset.max() == pytest.approx(PATCH_HALF, abs=0.03) and offset.min() < 0.05
    found = measure_sfr(region.of(luminance))
    assert found.contrast > 0.7 and 3 < found.angle_deg < 7


@pytest.mark.slow
def test_a_chart_that_is_not_slanted_has_no_edge_to_measure():
    straight = ((80.0, 90.0), (440.0, 90.0), (440.0, 306.0), (80.0, 306.0))
    assert find_edge(luminance_of(straight), place(straight)) is None


def test_a_region_beyond_the_picture_is_refused():
    check_region(Region(0, 0, 640, 440), 640, 440)
    with pytest.raises(UsageError, match="leaves the picture of 640 x 440"):
        check_region(Region(600, 0, 41, 30), 640, 440)
