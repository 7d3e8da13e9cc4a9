"""Options of `attiqa chart`."""

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import tyro

from attiqa_core.errors import UsageError
from experiments.options import checks
from experiments.options.raw_reading import RawReading
from isp_env.parameters.profile_files import find_profile

CHARTS = {
    "classic24": "X-Rite ColorChecker, 2005: the mean of charts made before November 2014",
    "classic24-2014": "X-Rite ColorChecker Classic, made after November 2014",
}
"""Charts that ship. Source: X-Rite's published values, as colour-science 0.4.7 lists them (test_reference.py compares)."""
CORNER_ORDER = "dark skin, bluish green, black, white"


@dataclass(frozen=True)
class Config:
    """Measure a raw of a ColorChecker: Delta E of every patch, white balance, exposure, noise and sharpness, of the camera, of its
    default render and of a tuned one; and fit a colour matrix to it."""

    raw: Annotated[Path, tyro.conf.Positional]
    """A raw file with the chart in it."""
    out: Path
    """Folder for chart.html, chart.json, chart.csv, found.jpg and camera_matrix.toml; must be new or empty."""
    corners: tuple[str, ...] = ()
    """Middles of the corner patches as x,y in pixels of the upright picture: dark skin, bluish green, black, white (clockwise);
    the chart is looked for without them."""
    edge: str = ""
    """Region of a slanted edge as x,y,width,height; without it the best side of a grey patch."""
    chart: str = "classic24"
    """classic24 (made before November 2014), classic24-2014 (after), or a CSV of your own chart: name,L,a,b about D50, 24 rows."""
    policy: Path | None = None
    """Run folder of `attiqa train`, to measure what it makes of the raw."""
    params: Path | None = None
    """JSON file with parameter values, or a recipe, to measure the same way."""
    profile: str = "core"
    """Of --params, as in `attiqa render`."""
    scorer: str | None = None
    """The policy's scorer, if it lies elsewhere than when it was trained."""
    reading: RawReading = field(default_factory=RawReading)
    kelvin: float | None = None
    """Temperature of the light, for the fitted matrix; else what the file's white balance says."""
    device: str = "auto"
    """auto, cpu or cuda."""

    def check(self) -> None:
        """Raises: UsageError or InputError for what is wrong before anything is loaded."""
        if self.policy is not None and self.params is not None:
            raise UsageError(
                "--policy and --params: give one of them (or neither, to measure the camera default alone)"
            )
        if self.scorer is not None and self.policy is None:
            raise UsageError("--scorer: is the scorer of a --policy, and none is given; leave it out")
        if self.kelvin is not None and not 1000 <= self.kelvin <= 40_000:
            raise UsageError(f"--kelvin {self.kelvin:g}: give the temperature of the light, 1000 to 40000")
        self.corner_points()
        self.edge_numbers()
        find_profile(self.profile)
        self.reading.check()
        checks.bundles(self.policy)
        checks.no_address(self.raw, cure="name one raw file that shows a chart")
        checks.present(self.raw, self.params, None if self.chart in CHARTS else Path(self.chart))
        checks.new_folder(self.out)

    def corner_points(self) -> tuple[tuple[float, float], ...]:
        """Return the corners as numbers. Raises: UsageError unless there are none or four pairs."""
        points = tuple(_numbers(word, "--corners", 2) for word in self.corners)
        if points and len(points) != 4:
            raise UsageError(f"--corners: {len(points)} points; give four x,y: the middles of {CORNER_ORDER}")
        return tuple((x, y) for x, y in points)

    def edge_numbers(self) -> tuple[int, int, int, int] | None:
        """Return left, top, width and height. Raises: UsageError unless there are four whole numbers, or none."""
        if not self.edge:
            return None
        left, top, width, height = _numbers(self.edge, "--edge", 4)
        if min(left, top) < 0 or min(width, height) < 1 or any(each % 1 for each in (left, top, width, height)):
            raise UsageError(
                f"--edge {self.edge}: give x,y,width,height as whole numbers of pixels, such as 700,150,120,160"
            )
        return int(left), int(top), int(width), int(height)


def _numbers(word: str, flag: str, count: int) -> tuple[float, ...]:
    try:
        numbers = tuple(map(float, word.split(",")))
    except ValueError:
        numbers = ()
    if len(numbers) != count or not all(map(math.isfinite, numbers)):
        form = "x,y" if count == 2 else "x,y,width,height"
        raise UsageError(f"{flag} {word}: give {form} in pixels, without spaces")
    return numbers
