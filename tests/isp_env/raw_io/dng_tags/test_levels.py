"""Black and white levels of synthetic DNGs: every way that the specification has of stating them ends in the same colours."""

import numpy as np
import pytest
from fixtures.dng_files import (
    BLACK,
    BLACK_DIM,
    BLACK_H,
    BLACK_V,
    LONG,
    RATIONAL,
    SHORT,
    SRATIONAL,
    WHITE,
    WHITE_DN,
    Tags,
    stored_dn,
    write,
)
from fixtures.dng_patches import HEIGHT, WIDTH, camera_values, colour_of_tags, largest_delta_e, mosaic_of, picture_of
from fixtures.dng_theory import CM_A, CM_D65, Theory, locus_xy

from isp_env.raw import RawFrame
from isp_env.raw_io.dng import write_frame

LARGEST = 0.3  # CIEDE2000
WHITE_XY = (0.3900, 0.3900)
THEORY = Theory((CM_A, CM_D65), (locus_xy(2850), locus_xy(6500)))
COLOUR = colour_of_tags(THEORY, neutral=THEORY.neutral(WHITE_XY))
CAMERA = camera_values(THEORY, WHITE_XY)
RANDOM = np.random.default_rng(7)
ROW_DELTAS, COLUMN_DELTAS = RANDOM.integers(-40, 90, HEIGHT), RANDOM.integers(-40, 90, WIDTH)


def repeated(pattern: np.ndarray, height=HEIGHT, width=WIDTH) -> np.ndarray:
    rows, columns = pattern.shape[:2]
    return np.tile(pattern, (-(-height // rows), -(-width // columns), *(1,) * (pattern.ndim - 2)))[:height, :width]


def pattern_tags(pattern: np.ndarray) -> Tags:
    return {BLACK_DIM: (SHORT, list(pattern.shape[:2])), BLACK: (RATIONAL, np.ravel(pattern))}


PATTERNS = {
    "1x1": np.array([[700.0]]),
    "1x2": np.array([[400.0, 900.0]]),
    "2x1": np.array([[400.0], [900.0]]),
    "2x2": np.array([[300.0, 500.0], [700.0, 900.0]]),
    "4x4": RANDOM.integers(300, 900, (4, 4)).astype(float),
    "3x5": RANDOM.integers(300, 900, (3, 5)).astype(float),
    "4x2 of halves": RANDOM.integers(600, 1800, (4, 2)) / 2,
}


@pytest.mark.parametrize("orientation", [1, 6])
@pytest.mark.parametrize("kind", PATTERNS)
def test_black_patterns_of_any_size_are_taken_off(tmp_path, kind, orientation):
    black = repeated(PATTERNS[kind])
    path = write(
        tmp_path / "a.dng",
        stored_dn(mosaic_of(picture_of(CAMERA), "GRBG"), black),
        COLOUR | pattern_tags(PATTERNS[kind]) | {274: (SHORT, [orientation])},
        "GRBG",
    )
    frame = RawFrame.load(path)
    if orientation == 1:
        assert largest_delta_e(frame, THEORY, WHITE_XY, CAMERA) <= LARGEST
    else:
        normalised = np.rot90(frame.normalised())
        assert (
            np.abs(normalised - mosaic_of(picture_of(CAMERA), "GRBG")).max() <= 0.51 / (WHITE_DN - black.max()) + 1e-6
        )


@pytest.mark.parametrize("pattern", ["1x1", "2x2", "4x4"])
@pytest.mark.parametrize("rows,columns", [(True, False), (False, True), (True, True)])
def test_deltas_of_rows_and_columns_are_taken_off(tmp_path, pattern, rows, columns):
    black, tags = repeated(PATTERNS[pattern]), pattern_tags(PATTERNS[pattern])
    if rows:
        black, tags = black + ROW_DELTAS[:, None], tags | {BLACK_V: (SRATIONAL, ROW_DELTAS)}
    if columns:
        black, tags = black + COLUMN_DELTAS, tags | {BLACK_H: (SRATIONAL, COLUMN_DELTAS)}
    highest = PATTERNS[pattern].max() + rows * ROW_DELTAS.max() + columns * COLUMN_DELTAS.max()
    stored = np.rint(mosaic_of(picture_of(CAMERA), "RGGB") * (WHITE_DN - highest) + black).astype(np.uint16)
    frame = RawFrame.load(write(tmp_path / "a.dng", stored, COLOUR | tags))
    assert largest_delta_e(frame, THEORY, WHITE_XY, CAMERA) <= LARGEST


def test_levels_count_from_the_active_area(tmp_path):
    """Its corner lies at odd places, and the pattern and the deltas begin there."""
    top, left = 3, 5
    inner = mosaic_of(picture_of(CAMERA), "RGGB")
    black = repeated(PATTERNS["4x4"]) + ROW_DELTAS[:, None] + COLUMN_DELTAS
    highest = PATTERNS["4x4"].max() + ROW_DELTAS.max() + COLUMN_DELTAS.max()
    stored = np.full((HEIGHT + 8, WIDTH + 8), 77, np.uint16)
    stored[top : top + HEIGHT, left : left + WIDTH] = np.rint(inner * (WHITE_DN - highest) + black)
    tags = COLOUR | pattern_tags(PATTERNS["4x4"]) | {
        BLACK_V: (SRATIONAL, ROW_DELTAS), BLACK_H: (SRATIONAL, COLUMN_DELTAS), 50829: (LONG, [top, left, top + HEIGHT, left + WIDTH]),
    }  # fmt: skip
    frame = RawFrame.load(write(tmp_path / "a.dng", stored, tags))
    assert frame.samples.shape == (HEIGHT, WIDTH)
    assert largest_delta_e(frame, THEORY, WHITE_XY, CAMERA) <= LARGEST


def test_noise_below_black_is_kept(tmp_path):
    black = repeated(PATTERNS["4x4"])
    noise = RANDOM.normal(0, 20, black.shape)
    stored = np.rint(black + noise).astype(np.uint16)
    frame = RawFrame.load(write(tmp_path / "a.dng", stored, COLOUR | pattern_tags(PATTERNS["4x4"])))
    expected = (stored - black) / (WHITE_DN - black.max())
    assert np.abs(frame.normalised() - expected).max() <= 0.13 / (
        WHITE_DN - black.max()
    )  # an eighth of a DN, and float32


def test_sixteen_bit_samples_with_deltas_stay_within_sixteen_bits(tmp_path):
    black = 512 + ROW_DELTAS[:, None] + np.zeros(WIDTH)
    stored = np.rint(mosaic_of(picture_of(CAMERA), "RGGB") * (65535 - black.max()) + black).astype(np.uint16)
    stored[:2, :2] = 65535
    tags = {BLACK: (RATIONAL, [512]), BLACK_V: (SRATIONAL, ROW_DELTAS), WHITE: (LONG, [65535])}
    frame = RawFrame.load(write(tmp_path / "a.dng", stored, COLOUR | tags))
    assert largest_delta_e(frame, THEORY, WHITE_XY, CAMERA) <= LARGEST
    assert frame.normalised()[:2, :2].min() >= 0.99


LINEAR_BLACK, LINEAR_WHITE = np.array([200.0, 500.0, 900.0]), np.array([16383.0, 15000.0, 12000.0])


@pytest.mark.parametrize("orientation", [1, 6])
@pytest.mark.parametrize("deltas", [False, True])
def test_linear_pictures_have_levels_of_each_plane(tmp_path, deltas, orientation):
    pattern = LINEAR_BLACK + RANDOM.integers(-50, 50, (2, 2, 3))
    black = repeated(pattern) + (ROW_DELTAS[:, None, None] if deltas else 0)
    highest = pattern.max((0, 1))
    if deltas:
        highest = np.maximum(*((pattern[row].max(0) + ROW_DELTAS[row::2].max()) for row in (0, 1)))
    stored = np.rint(picture_of(CAMERA) * (LINEAR_WHITE - highest) + black).astype(np.uint16)
    tags = COLOUR | pattern_tags(pattern) | {WHITE: (LONG, LINEAR_WHITE.astype(int)), 274: (SHORT, [orientation])}
    frame = RawFrame.load(
        write(tmp_path / "a.dng", stored, tags | ({BLACK_V: (SRATIONAL, ROW_DELTAS)} if deltas else {}))
    )
    if orientation == 1:
        assert largest_delta_e(frame, THEORY, WHITE_XY, CAMERA) <= LARGEST
    else:
        assert np.abs(np.rot90(frame.samples) - picture_of(CAMERA)).max() <= 0.51 / (LINEAR_WHITE - highest).min()


def test_a_linearisation_table_is_applied_before_black(tmp_path):
    """The stored codes are square roots, as Leica's M8 writes them."""
    table = np.rint(np.linspace(0, 1, 256) ** 2 * WHITE_DN).astype(np.uint16)
    codes = np.searchsorted(table, mosaic_of(picture_of(CAMERA), "RGGB") * WHITE_DN).clip(0, 255).astype(np.uint8)
    frame = RawFrame.load(write(tmp_path / "a.dng", codes, COLOUR | {BLACK: (RATIONAL, [0]), 50712: (SHORT, table)}))
    middle = (np.searchsorted(table, CAMERA * WHITE_DN).clip(0, 255)).astype(int)
    assert largest_delta_e(frame, THEORY, WHITE_XY, table[middle] / WHITE_DN) <= LARGEST


def test_black_levels_that_are_too_few_leave_librawas_account(tmp_path):
    tags = COLOUR | {BLACK_DIM: (SHORT, [2, 2]), BLACK: (RATIONAL, [512, 512, 512])}
    frame = RawFrame.load(write(tmp_path / "a.dng", stored_dn(mosaic_of(picture_of(CAMERA), "RGGB")), tags))
    assert all(np.isfinite(frame.black_level_dn))


def test_a_frame_whose_colours_have_their_own_black_is_written_and_read_back(tmp_path):
    black = repeated(PATTERNS["2x2"])
    path = write(
        tmp_path / "a.dng",
        stored_dn(mosaic_of(picture_of(CAMERA), "RGGB"), black),
        COLOUR | pattern_tags(PATTERNS["2x2"]),
    )
    frame = RawFrame.load(path)
    write_frame(tmp_path / "b.dng", frame)
    again = RawFrame.load(tmp_path / "b.dng")
    assert (frame.black_level_dn, frame.white_level_dn) == (again.black_level_dn, again.white_level_dn)
    assert np.array_equal(frame.samples, again.samples)
