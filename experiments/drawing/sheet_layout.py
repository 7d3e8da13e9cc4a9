"""Where things stand on a contact sheet, in px, and how many rows a page of it has room for."""

from collections.abc import Sequence
from dataclasses import dataclass

from attiqa_core.errors import UsageError

MARGIN, GAP, ROW_GAP = 24, 12, 26  # px
TALLEST = 1.0  # height over width of a cell at most: upright pictures are letterboxed in wider cells then
SMALLEST_CELL = 48  # px; no cell is smaller
SMALLEST_SHARE = 5  # of the cells asked for: a sheet with more rows than fit with cells of a fifth has pages
LARGEST_SIDE = 65_500  # px. Source: libjpeg, JPEG_MAX_DIMENSION


@dataclass(frozen=True)
class Layout:
    """Where things stand on a sheet, in px: cells of `side` x `height`, lines of text of `line` px."""

    rows: int
    columns: int
    side: int
    height: int
    has_header: bool
    has_row_titles: bool
    caption_lines: int

    @property
    def text_px(self) -> int:
        """Size of the type: it follows the cells, and stays readable."""
        return max(10, round(self.side / 20))

    @property
    def line(self) -> int:
        """Height of one line of text."""
        return round(self.text_px * 1.5)

    @property
    def row_height(self) -> int:
        """Distance from one row's top to the next one's."""
        return self.line * (self.has_row_titles + self.caption_lines) + self.height + ROW_GAP

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the sheet."""
        width = 2 * MARGIN + self.columns * (self.side + GAP) - GAP
        return width, 2 * MARGIN + self.line * self.has_header + self.rows * self.row_height - ROW_GAP

    def cell(self, row: int, column: int) -> tuple[int, int]:
        """Left and top of a cell's picture."""
        top = MARGIN + self.line * (self.has_header + self.has_row_titles) + row * self.row_height
        return MARGIN + column * (self.side + GAP), top


Texts = tuple[bool, bool, int]
"""Whether there is a header, whether rows have titles, and how many lines a caption has at most."""


def paging(rows: int, columns: int, texts: Texts, cell_px: int, max_side_px: int) -> tuple[int, int]:
    """Return how many rows stand on a page, and how wide its cells are at most.

    They are all of them and `cell_px`, unless they do not fit with cells of a fifth of that; then pages have cells of half of it.
    """
    if rows <= _room(columns, texts, max(SMALLEST_CELL, cell_px // SMALLEST_SHARE), max_side_px):
        return rows, cell_px
    side = max(SMALLEST_CELL, cell_px // 2)
    return _room(columns, texts, side, max_side_px), side


def _room(columns: int, texts: Texts, side: int, max_side_px: int) -> int:
    """How many rows of pictures of 3:2 and this width a page has room for; at least one."""
    one = Layout(1, columns, side, round(side * 2 / 3), *texts)
    return max(1, (max_side_px - one.size[1]) // one.row_height + 1)


def fitted_layout(
    rows: int, columns: int, shapes: Sequence[float], texts: Texts, cell_px: int, max_side_px: int
) -> Layout:
    """Return the layout with the largest cells that keep the page within `max_side_px`; `shapes` are heights over widths.

    Raises: UsageError where even the smallest cells do not fit into a JPEG.
    """
    tallest = min(max(shapes), TALLEST)

    def layout(side: int) -> Layout:
        return Layout(rows, columns, side, round(side * tallest), *texts)

    sides = (side for side in range(cell_px, SMALLEST_CELL, -4) if max(layout(side).size) <= max_side_px)
    found = layout(next(sides, SMALLEST_CELL))
    if max(found.size) > LARGEST_SIDE:
        raise UsageError(
            f"a sheet of {columns} columns is wider than the {LARGEST_SIDE:,} px of a JPEG; use fewer columns"
        )
    return found
