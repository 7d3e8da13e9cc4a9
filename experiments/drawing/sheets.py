"""Contact sheets: pictures side by side in equal cells on neutral grey, with titles and captions."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont, ImageOps
from torch import Tensor

from attiqa_core.errors import UsageError
from attiqa_core.files import replacing
from experiments.pictures.encoders import encode_jpeg
from experiments.pictures.icc import srgb_profile
from experiments.pictures.reading import load_picture
from isp_env.stages.output import quantise

Picture = Tensor | np.ndarray | Path | str
"""A (3, H, W) display sRGB picture in [0, 1], or the file that holds one."""
Grid = list[list[Image.Image | None]]
Texts = Sequence[str]

SHEETS = frozenset({"sheet", "contact_sheet", "contact-sheet", "before_after", "before-after"})
"""Stems of overview pictures that lie beside rendered ones and are none themselves."""

GREY = (72, 72, 72)  # dark enough for light text (contrast 8:1), light enough not to flatter shadows
TEXT, FAINT = (245, 245, 245), (205, 205, 205)
MARGIN, GAP, ROW_GAP = 24, 12, 26  # px
TALLEST = 1.0  # height over width of a cell at most: upright pictures are letterboxed in wider cells then
SMALLEST_CELL = 48  # px; a sheet with so many pictures that even these do not fit becomes larger than asked


def is_sheet(path: Path) -> bool:
    """Return whether a file is called as an overview picture is."""
    return path.stem in SHEETS


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


def comparison_sheet(
    path: Path,
    rows: Sequence[Sequence[Picture | None]],
    *,
    column_titles: Sequence[str] = (),
    row_titles: Sequence[str] = (),
    captions: Sequence[Sequence[str]] = (),
    cell_px: int = 480,
    max_side_px: int = 6000,
) -> Path:
    """Write a grid of pictures as JPEG or PNG and return its path.

    Every cell has the same size, and a picture fills it as far as its own shape allows. None leaves a cell
    empty. Row titles stand above their row, captions, of one or more lines, below their picture. The cells are `cell_px` wide, or
    less where the sheet would have a side longer than `max_side_px`.

    Raises: UsageError if there are no pictures or the texts do not match them.
    """
    path = Path(path)
    _check_shape(path, rows, column_titles, row_titles, captions)
    pictures = [[None if one is None else _open(one, cell_px) for one in row] for row in rows]
    caption_lines = max((caption.count("\n") + 1 for row in captions for caption in row), default=0)
    has_texts = (bool(column_titles), bool(row_titles), caption_lines)
    layout = _fit(pictures, has_texts, cell_px, max_side_px)
    sheet = Image.new("RGB", layout.size, GREY)
    _paste(sheet, layout, pictures)
    _label(sheet, layout, column_titles, row_titles, captions)
    _save(path, sheet)
    return path


def before_after_sheet(
    path: Path,
    names: Sequence[str],
    before: Sequence[Picture],
    after: Sequence[Picture],
    *,
    titles: tuple[str, str] = ("before", "after"),
    captions: Sequence[tuple[str, str]] = (),
    pairs_across: int | None = None,
    cell_px: int = 480,
    max_side_px: int = 6000,
) -> Path:
    """Write pairs side by side, several across if there are many, each with its name and caption below."""
    notes = captions or [("", "")] * len(names)
    across = pairs_across or (1 if len(names) <= 4 else 2 if len(names) <= 24 else 3)
    cells = [
        cell
        for name, pair, note in zip(names, zip(before, after, strict=True), notes, strict=True)
        for cell in zip(pair, (f"{name}   {note[0]}".strip(), note[1]), strict=True)
    ]
    cells += [(None, "")] * (-len(cells) % (2 * across))
    rows = [cells[start : start + 2 * across] for start in range(0, len(cells), 2 * across)]
    return comparison_sheet(
        path,
        [[picture for picture, _ in row] for row in rows],
        column_titles=titles * min(across, len(names)),
        captions=[[caption for _, caption in row] for row in rows],
        cell_px=cell_px,
        max_side_px=max_side_px,
    )


def _check_shape(
    path: Path,
    rows: Sequence[Sequence[Picture | None]],
    column_titles: Texts,
    row_titles: Texts,
    captions: Sequence[Texts],
) -> None:
    columns = max((len(row) for row in rows), default=0)
    if not any(one is not None for row in rows for one in row):
        raise UsageError(f"{path}: there is no picture to put on the sheet")
    fits = (
        len(column_titles) in (0, columns)
        and len(row_titles) in (0, len(rows))
        and (not captions or [len(line) for line in captions] == [len(row) for row in rows])
    )
    if not fits:
        raise UsageError(f"{path}: titles and captions do not match {len(rows)} rows of {columns} pictures")


def _open(picture: Picture, cell_px: int) -> Image.Image:
    """The picture, shrunk at once to the largest cell, so that many large ones fit in memory."""
    if isinstance(picture, Path | str):
        rgb = load_picture(Path(picture))
    else:
        rgb = quantise(np.asarray(picture.detach().cpu() if isinstance(picture, Tensor) else picture), 8)
    image = Image.fromarray(rgb)
    image.thumbnail((cell_px, round(cell_px * TALLEST)), Image.Resampling.LANCZOS)
    return image


def _fit(pictures: Grid, has_texts: tuple[bool, bool, int], cell_px: int, max_side_px: int) -> Layout:
    """The layout with the largest cells that keep the sheet within `max_side_px`."""
    columns = max(len(row) for row in pictures)
    shapes = [one.height / one.width for row in pictures for one in row if one is not None]
    tallest = min(max(shapes), TALLEST)

    def layout(side: int) -> Layout:
        return Layout(len(pictures), columns, side, round(side * tallest), *has_texts)

    sides = (side for side in range(cell_px, SMALLEST_CELL, -4) if max(layout(side).size) <= max_side_px)
    return layout(next(sides, SMALLEST_CELL))


def _paste(sheet: Image.Image, layout: Layout, pictures: Grid) -> None:
    for row, line in enumerate(pictures):
        for column, picture in enumerate(line):
            if picture is None:
                continue
            fitted = ImageOps.contain(picture, (layout.side, layout.height), Image.Resampling.LANCZOS)
            left, top = layout.cell(row, column)
            margins = ((layout.side - fitted.width) // 2, (layout.height - fitted.height) // 2)
            sheet.paste(fitted, (left + margins[0], top + margins[1]))


def _label(
    sheet: Image.Image, layout: Layout, column_titles: Texts, row_titles: Texts, captions: Sequence[Texts]
) -> None:
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(layout.text_px)
    for column, title in enumerate(column_titles):
        _write(draw, font, (layout.cell(0, column)[0], MARGIN), title, layout.side, TEXT)
    for row, title in enumerate(row_titles):
        left, top = layout.cell(row, 0)
        _write(draw, font, (left, top - layout.line), title, sheet.width - 2 * MARGIN, TEXT)
    for row, line in enumerate(captions):
        for column, caption in enumerate(line):
            left, top = layout.cell(row, column)
            for index, text in enumerate(caption.split("\n")):
                place = (left, top + layout.height + 3 + index * layout.line)
                _write(draw, font, place, text, layout.side, FAINT)


def _write(
    draw: ImageDraw.ImageDraw,
    font: ImageFont.FreeTypeFont | ImageFont.ImageFont,
    place: tuple[int, int],
    text: str,
    width: int,
    colour: tuple[int, int, int],
) -> None:
    """Write one line, its end cut off with an ellipsis where it is wider than `width`."""
    if draw.textlength(text, font) > width:
        while text and draw.textlength(text + "…", font) > width:
            text = text[:-1]
        text += "…"
    draw.text(place, text, colour, font)


def _save(path: Path, sheet: Image.Image) -> None:
    with replacing(path) as temporary:
        if path.suffix.lower() == ".png":
            sheet.save(temporary, "PNG", icc_profile=srgb_profile())
        else:
            temporary.write_bytes(encode_jpeg(np.asarray(sheet), quality=92))
