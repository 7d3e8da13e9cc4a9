"""Where the chart lies in the picture: a perspective map from patch numbers to pixels, and the pixels of each patch.

Chart coordinates: the centre of the patch in column c and row r, from 0, is (c, r). Picture coordinates are those of the
upright full-size picture: x to the right and y down, the centre of the first pixel at (0, 0).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from attiqa_core.errors import InputError, UsageError
from experiments.chart.reference import COLUMNS, ROWS

PATCH_HALF = 0.43  # of the distance between patches: half a patch's edge, as the Classic is printed
MEASURED_HALF = 0.26  # the middle 60 % of it: no border, however the corners were hit
FEWEST_PIXELS = 64  # in the measured part of a patch
CORNERS = np.array([[0, 0], [COLUMNS - 1, 0], [COLUMNS - 1, ROWS - 1], [0, ROWS - 1]], dtype=np.float64)
"""Dark skin, bluish green, black, white: clockwise."""
CENTRES = np.array([[column, row] for row in range(ROWS) for column in range(COLUMNS)], dtype=np.float64)

Points = Float[np.ndarray, "points 2"]


@dataclass(frozen=True)
class Placement:
    """`to_picture`: the 3 x 3 matrix from chart to picture coordinates, both with a third coordinate of 1."""

    to_picture: Float[np.ndarray, "3 3"]

    def picture(self, chart_points: Points) -> Points:
        """Return where points of the chart lie in the picture."""
        return project(self.to_picture, chart_points)

    def chart(self, picture_points: Points) -> Points:
        """Return where points of the picture lie on the chart."""
        return project(np.linalg.inv(self.to_picture), picture_points)

    def outline(self, patch: int, half: float = PATCH_HALF) -> Points:
        """Return the four corners of a patch, or of its middle, in the picture; clockwise on the chart."""
        square = half * np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]])
        return self.picture(CENTRES[patch] + square)

    def pixels(self, patch: int) -> tuple[Int[np.ndarray, " pixels"], Int[np.ndarray, " pixels"]]:
        """Return the rows and columns of the pixels whose centres lie in the measured part of a patch."""
        corners = self.outline(patch, MEASURED_HALF)
        (left, top), (right, bottom) = np.floor(corners.min(0)).astype(int), np.ceil(corners.max(0)).astype(int)
        rows, columns = (each.ravel() for each in np.mgrid[top : bottom + 1, left : right + 1])
        offset = self.chart(np.stack([columns, rows], 1).astype(np.float64)) - CENTRES[patch]
        inside = (np.abs(offset) < MEASURED_HALF).all(1)
        return rows[inside], columns[inside]

    def scaled(self, factor: float) -> "Placement":
        """Return the same place in a picture that is so much larger: pixels' middles stay where they are in the scene."""
        shift = (factor - 1) / 2
        return Placement(np.array([[factor, 0, shift], [0, factor, shift], [0, 0, 1]]) @ self.to_picture)


def project(matrix: Float[np.ndarray, "3 3"], points: Points) -> Points:
    """Return the points after a perspective map."""
    mapped = np.concatenate([points, np.ones((len(points), 1))], 1) @ matrix.T
    return mapped[:, :2] / mapped[:, 2:]


def perspective(chart_points: Points, picture_points: Points) -> Float[np.ndarray, "3 3"]:
    """Return the map that takes four or more points of the chart to the picture's, in least squares.

    Source: Hartley and Zisserman 2004, Multiple View Geometry, algorithm 4.2 (the normalised direct linear transform).
    """
    before, after = _normaliser(chart_points), _normaliser(picture_points)
    source, target = project(before, chart_points), project(after, picture_points)
    ones, zeros = np.ones((len(source), 1)), np.zeros((len(source), 3))
    point = np.concatenate([source, ones], 1)
    equations = np.concatenate(
        [
            np.concatenate([point, zeros, -target[:, :1] * point], 1),
            np.concatenate([zeros, point, -target[:, 1:] * point], 1),
        ]
    )
    solution = np.linalg.svd(equations)[2][-1].reshape(3, 3)
    matrix = np.linalg.inv(after) @ solution @ before
    return matrix / matrix[2, 2]


def _normaliser(points: Points) -> Float[np.ndarray, "3 3"]:
    middle, spread = points.mean(0), points.std() or 1.0
    return np.array([[1 / spread, 0, -middle[0] / spread], [0, 1 / spread, -middle[1] / spread], [0, 0, 1]])


def place(corners: Sequence[tuple[float, float]]) -> Placement:
    """Return the placement with the centres of the corner patches at these points. See `check_corners` for what may be."""
    return Placement(perspective(CORNERS, np.array(corners, dtype=np.float64)))


def check_corners(corners: Sequence[tuple[float, float]], width: int, height: int) -> None:
    """Raises: UsageError unless the points lie in the picture and go round a convex shape, clockwise."""
    order = "give the middles of dark skin, bluish green, black and white, in this order"
    points = np.array(corners)
    outside = [corner for corner in corners if not (0 <= corner[0] < width and 0 <= corner[1] < height)]
    if outside:
        x, y = outside[0]
        raise UsageError(f"--corners {x:g},{y:g}: lies outside the picture of {width} x {height} px; {order}")
    sides = np.roll(points, -1, 0) - points
    turns = sides[:, 0] * np.roll(sides[:, 1], -1) - sides[:, 1] * np.roll(sides[:, 0], -1)
    if not ((turns > 0).all() or (turns < 0).all()):
        raise UsageError(f"--corners: the four points are not the corners of a convex shape in turn; {order}")
    if (turns < 0).all():
        raise UsageError(f"--corners: the four points go round anticlockwise, as in a mirror; {order}")


def require_inside(placement: Placement, width: int, height: int) -> None:
    """Raises: InputError if a patch's measured part leaves the picture, or holds too few pixels."""
    for patch in range(len(CENTRES)):
        corners = placement.outline(patch, MEASURED_HALF)
        if corners.min() < 0 or (corners.max(0) > [width - 1, height - 1]).any():
            raise InputError(f"patch {patch + 1} of the chart leaves the picture of {width} x {height} px")
        if len(placement.pixels(patch)[0]) < FEWEST_PIXELS:
            raise InputError(
                f"patch {patch + 1} of the chart has under {FEWEST_PIXELS} px to measure; photograph it larger"
            )
