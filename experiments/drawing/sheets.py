"""Contact sheets: pictures side by side in equal cells on neutral grey, with titles and captions."""

import re
from bisect import bisect
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont, ImageOps
from torch import Tensor

from attiqa_core.errors import UsageError
from attiqa_core.files.whole import replacing
from experiments.drawing.sheet_layout import MARGIN, TALLEST, Layout, fitted_layout, paging
from experiments.drawing.shown_names import shown_name
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

LONGEST_NAME, LONGEST_LINE = 60, 300  # characters
PREVIEWS, PREVIEW = "_files", re.compile(r"[0-9a-f]{16}(_s|_f)?\.jpg")
PAGE_NUMBER = re.compile(r"_\d{3,}$")
GREY = (72, 72, 72)  # dark enough for light text (contrast 8:1), light enough not to flatter shadows
TEXT, FAINT = (245, 245, 245), (205, 205, 205)


def is_sheet(path: Path) -> bool:
    """Return whether a file is called as an overview picture is, as a page of one, or as a preview beside a page of `attiqa look`."""
    is_preview = path.parent.name.endswith(PREVIEWS) and PREVIEW.fullmatch(path.name) is not None
    return PAGE_NUMBER.sub("", path.stem) in SHEETS or is_preview


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
    less where the sheet would have a side longer than `max_side_px`. More rows than fit with cells of a fifth of that go onto
    pages with cells of half of it, `STEM_001.jpg` and so on, the first of which is returned; one page is in memory at a time.

    Raises: UsageError if there are no pictures or the texts do not match them.
    """
    path = Path(path)
    _check_shape(path, rows, column_titles, row_titles, captions)
    caption_lines = max((caption.count("\n") + 1 for row in captions for caption in row), default=0)
    texts = (bool(column_titles), bool(row_titles), caption_lines)
    most, side = paging(len(rows), max(map(len, rows)), texts, cell_px, max_side_px)
    starts = range(0, len(rows), most)
    pages = [path] if len(starts) == 1 else [page_path(path, number) for number in range(1, len(starts) + 1)]
    for page, start in zip(pages, starts, strict=True):
        own = slice(start, start + most)
        _write_page(page, rows[own], column_titles, row_titles[own], captions[own], texts, (side, max_side_px))
    return pages[0]


def page_path(path: Path, number: int) -> Path:
    """Return the path of a page of a sheet that has several, counted from 1: `sheet_001.jpg`."""
    return path.with_name(f"{path.stem}_{number:03d}{path.suffix}")


def _write_page(
    path: Path,
    rows: Sequence[Sequence[Picture | None]],
    column_titles: Texts,
    row_titles: Texts,
    captions: Sequence[Texts],
    texts: tuple[bool, bool, int],
    px: tuple[int, int],
) -> None:
    pictures = [[None if one is None else _open(one, px[0]) for one in row] for row in rows]
    shapes = [one.height / one.width for row in pictures for one in row if one is not None] or [1.0]
    layout = fitted_layout(len(rows), max(map(len, rows)), shapes, texts, *px)
    sheet = Image.new("RGB", layout.size, GREY)
    _paste(sheet, layout, pictures)
    _label(sheet, layout, column_titles, row_titles, captions)
    _save(path, sheet)


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
    """Write pairs side by side, several across if there are many, each with its name, on one line, and caption below.

    Of many pairs the pictures are best given as paths: they are opened a page at a time, as `comparison_sheet` has it.
    """
    notes = captions or [("", "")] * len(names)
    across = pairs_across or (1 if len(names) <= 4 else 2 if len(names) <= 24 else 3)
    cells = [
        cell
        for name, pair, note in zip(names, zip(before, after, strict=True), notes, strict=True)
        for cell in zip(pair, (f"{shown_name(name, LONGEST_NAME)}   {note[0]}".strip(), note[1]), strict=True)
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
    text = shown_name(text, LONGEST_LINE)
    if draw.textlength(text, font) > width:
        fits = bisect(range(len(text)), width, key=lambda end: draw.textlength(text[: end + 1] + "…", font))
        text = text[:fits] + "…"
    draw.text(place, text, colour, font)


def _save(path: Path, sheet: Image.Image) -> None:
    with replacing(path) as temporary:
        if path.suffix.lower() == ".png":
            sheet.save(temporary, "PNG", icc_profile=srgb_profile())
        else:
            temporary.write_bytes(encode_jpeg(np.asarray(sheet), quality=92))
