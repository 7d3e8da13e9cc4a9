"""The primaries of sRGB and Rec.2020, the whites they stand about, and the matrices between them and CIE XYZ; without torch."""

from collections.abc import Sequence

import numpy as np

D65_XY = (0.3127, 0.3290)  # ITU-R BT.2020-2, table 3
D65_KELVIN = 6504.0  # 6500 K by the radiation constant of its day
D50_XYZ = (0.9642957, 1.0, 0.8251046)  # ICC.1:2022, 7.2.16: the profile connection space's white
BRADFORD = ((0.8951, 0.2664, -0.1614), (-0.7502, 1.7135, 0.0367), (0.0389, -0.0685, 1.0296))  # Lam 1985
REC2020_PRIMARIES_XY = ((0.708, 0.292), (0.170, 0.797), (0.131, 0.046))  # ITU-R BT.2020-2, table 3
SRGB_PRIMARIES_XY = ((0.64, 0.33), (0.30, 0.60), (0.15, 0.06))  # IEC 61966-2-1


def rgb_to_xyz_matrix(primaries_xy: Sequence[Sequence[float]], white_xy: Sequence[float] = D65_XY) -> np.ndarray:
    """Return the matrix from linear RGB of these primaries to CIE XYZ, Y = 1 at white (SMPTE RP 177)."""
    primaries = np.array([[x / y, 1.0, (1 - x - y) / y] for x, y in primaries_xy]).T
    x, y = white_xy
    return primaries * np.linalg.solve(primaries, np.array([x / y, 1.0, (1 - x - y) / y]))


def white_to_white(from_xyz: Sequence[float] | np.ndarray, to_xyz: Sequence[float] | np.ndarray) -> np.ndarray:
    """Return the matrix that adapts CIE XYZ under one white to another by Bradford (ICC.1:2022, annex E.3)."""
    cone = np.array(BRADFORD)
    ratio = cone @ np.array(to_xyz) / (cone @ np.array(from_xyz))
    return np.linalg.inv(cone) @ (ratio[:, None] * cone)


D65_XYZ = tuple(rgb_to_xyz_matrix(SRGB_PRIMARIES_XY).sum(1).tolist())
XYZ_TO_REC2020 = np.linalg.inv(rgb_to_xyz_matrix(REC2020_PRIMARIES_XY))
REC2020_TO_SRGB = np.linalg.inv(rgb_to_xyz_matrix(SRGB_PRIMARIES_XY)) @ rgb_to_xyz_matrix(REC2020_PRIMARIES_XY)
SRGB_TO_REC2020 = np.linalg.inv(REC2020_TO_SRGB)
XYZ_TO_SRGB = np.linalg.inv(rgb_to_xyz_matrix(SRGB_PRIMARIES_XY))
