"""A folder of pictures as one page to look at: previews made side by side, facts gathered, the page written."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from attiqa_core.errors import InputError, UsageError
from attiqa_core.files.whole import write_text
from experiments.drawing.sheets import PREVIEWS
from experiments.drawing.shown_names import shown_name
from experiments.gallery.entries import Item, entries_of
from experiments.gallery.failures import read_failures
from experiments.gallery.found import by_stem, find_pictures, stem_of
from experiments.gallery.page import page
from experiments.gallery.previews import Wanted
from experiments.gallery.recipes import parameter_rows
from experiments.gallery.shelf import FileShelf, PageShelf, Shelf, is_page, previews_in
from experiments.options.render_folder import BEFORE, PAGE

MOST_EMBEDDED = 200
"""Pictures whose previews are held by the page itself; of more, or of more than `MOST_EMBEDDED_BYTES`, they lie beside it."""
MOST_EMBEDDED_BYTES = 40_000_000


@dataclass(frozen=True)
class Gallery:
    """A page that was written: how many pictures it shows, how many of them have a before, and a sentence about each that it cannot show."""

    path: Path
    pictures: int
    compared: int
    failures: tuple[str, ...]


def write_gallery(
    out: Path,
    folder: Path,
    before: Sequence[Path] | None = None,
    failures: Sequence[str] = (),
    *,
    title: str | None = None,
    full_size: bool = False,
    workers: int | None = None,
) -> Gallery:
    """Write a page of the pictures below `folder`, with sliders to those of the same path without suffix below each of `before`.

    Without `before` it is `folder/.before`, where there is one. Previews are taken from the last page, or the folder beside it, if their
    pictures did not change; the page goes where `out` says, `OUT_files/` beside it for more than 200 pictures or 40 MB.
    `failures`: sentences that the page shows about raws that could not be rendered; without any, those of `folder/failures.json`.
    `full_size`: also a JPEG of full size of each picture that no browser shows (TIFF, JPEG XL).

    Raises: InputError if there is no picture, UsageError if something else stands at `out`.
    """
    refuse_another_file(out)
    beside = FileShelf(out.with_name(out.stem + PREVIEWS))
    folders = [folder / BEFORE] if before is None and (folder / BEFORE).is_dir() else list(before or ())
    items = _matched(folder, folders, beside.folder)
    wanted = Wanted(every_view=len(items) <= MOST_EMBEDDED, full_size=full_size)
    shelf: Shelf = PageShelf(previews_in(out), beside) if wanted.every_view else beside
    entries = entries_of(items, out, wanted, shelf, workers)
    if isinstance(shelf, PageShelf) and shelf.bytes > MOST_EMBEDDED_BYTES:
        entries = entries_of(items, out, Wanted(False, full_size), beside, workers)
    if beside.folder.is_dir():
        beside.clear()
    names = {name for entry in entries for name in entry.get("params", ())}
    content = {
        "title": title or f"{shown_name(folder.resolve().name)}",
        "labels": _labels(folder, folders, entries),
        "parameters": parameter_rows(names),
        "pictures": entries,
        "failures": list(failures) or read_failures(folder),
    }
    write_text(out, page(content))
    problems = tuple(each for entry in entries for each in entry["problems"])
    whole = [entry for entry in entries if entry["views"][0]]
    return Gallery(out, len(whole), sum(any(entry["views"][1:]) for entry in whole), problems)


def refuse_another_file(out: Path) -> None:
    """Raises: UsageError if `out` is a folder, or a file that is no page of ours."""
    if out.is_dir():
        raise UsageError(f"--out {out}: is a folder; name a file in it, such as {out / PAGE}")
    if out.exists() and not is_page(out):
        raise UsageError(f"--out {out}: exists, and is no page of `attiqa look`; name another file, or remove it")


def _matched(folder: Path, folders: Sequence[Path], without: Path) -> list[Item]:
    pictures = find_pictures(folder, without)
    if not pictures:
        raise InputError(f"{folder}: no pictures here; name the folder that `attiqa render` wrote with --out")
    others = [(found := find_pictures(each, without), by_stem(found)) for each in folders]
    items = [
        Item(name, path, tuple(same.get(name) or stems.get(stem_of(name)) for same, stems in others))
        for name, path in pictures.items()
    ]
    for each, place in zip(folders, range(len(folders)), strict=True):
        if not any(item.before[place] for item in items):
            raise InputError(
                f"--before {each}: none of its pictures is called as one of {folder}; both need the same folders and names below them"
            )
    return items


def _labels(folder: Path, folders: Sequence[Path], entries: Sequence[dict[str, Any]]) -> list[str]:
    """What the pictures and each of the befores are called: their folders' names, with those above where they are the same."""
    own = folder.resolve()
    if [each.name for each in folders] == [BEFORE]:
        tuners = {entry.get("tuner", "").partition(":")[0] for entry in entries}
        return [tuners.pop() if len(tuners) == 1 and "" not in tuners else "after", "camera default"]
    paths = [own, *(each.resolve() for each in folders)]
    names = [path.name for path in paths]
    if len(set(names)) < len(names):
        names = ["/".join(path.parts[-2:]) for path in paths]
    return [shown_name(name, 40) for name in names]
