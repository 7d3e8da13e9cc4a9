"""What a page says of each picture, ready for JSON: its views, links to files, recipe, camera, and what is wrong with it."""

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from attiqa_core.errors import InputError
from attiqa_core.labelling.read_ahead import read_ahead
from attiqa_core.runs.progress import progress
from experiments.drawing.shown_names import shown_name
from experiments.gallery.previews import Preview, Wanted, kept_preview, make_preview
from experiments.gallery.recipes import read_recipe
from experiments.gallery.shelf import Shelf

MOST_WORKERS = 4  # each holds one picture: of 150 million pixels and 16 bits it is 0.9 GB


@dataclass(frozen=True)
class Item:
    """A picture with those that it is compared with, in the order of the folders."""

    name: str
    path: Path
    before: tuple[Path | None, ...]


def entries_of(
    items: Sequence[Item], out: Path, wanted: Wanted, shelf: Shelf, workers: int | None
) -> list[dict[str, Any]]:
    """Return what the page says of each picture; a few are made ahead, so that memory does not grow with their number."""
    threads = workers or min(MOST_WORKERS, os.cpu_count() or 1)
    with progress(total=len(items), label="look", unit="picture") as bar:

        def entry(item: Item) -> dict[str, Any]:
            made = _entry(item, out, wanted, shelf)
            bar.update()
            return made

        return list(read_ahead(entry, items, threads=threads, ahead=threads))


def _entry(item: Item, out: Path, wanted: Wanted, shelf: Shelf) -> dict[str, Any]:
    recipe, problems, views = read_recipe(item.path), [], []
    for path in (item.path, *item.before):
        try:
            views.append(path and _view(path, out, wanted, shelf))
        except InputError as error:
            views.append(None)
            problems.append(_in_short(str(error)))
    if problem := recipe.pop("problem", None):
        problems.append(_in_short(problem))
    camera = (views[0] or {}).get("camera", {})
    for view in filter(None, views):
        view.pop("camera")
    parent, _, name = item.name.rpartition("/")
    recipe_link = {"recipe": _link(item.path.with_name(recipe["recipe"]), out)} if "recipe" in recipe else {}
    return {
        "name": shown_name(name, 255),
        "folder": shown_name(parent, 1000),
        "views": views,
        "problems": problems,
        **({"camera": camera} if camera else {}),
        **recipe,
        **recipe_link,
    }


def _view(path: Path, out: Path, wanted: Wanted, shelf: Shelf) -> dict[str, Any]:
    """A picture's preview and facts: `small`, `view` and `full` are what a browser loads, the last where it can be had."""
    link = _link(path, out)
    key = hashlib.sha256(link.encode()).hexdigest()[:16]
    preview = kept_preview(path, wanted, lambda kind: shelf.read(key, kind)) or make_preview(path, wanted)
    facts, full = preview.facts, _full(preview, key, link, shelf)
    return {
        "key": key,
        "link": link,
        "small": shelf.keep(key, "small", preview.small),
        "view": shelf.keep(key, "view", preview.view) if preview.view else link,
        **({"full": full} if full else {}),
        "px": facts["full_px"],
        "bits": facts["bits"],
        "bytes": facts["bytes"],
        "camera": facts["camera"],
        **facts["measures"],
    }


def _full(preview: Preview, key: str, link: str, shelf: Shelf) -> str | None:
    if preview.facts["in_browsers"]:
        return link
    return shelf.keep(key, "full", preview.full) if preview.full else None


def _link(path: Path, out: Path) -> str:
    """How the page at `out` names a file: relative, every byte that is not plain in its place, as %E9."""
    there, here = os.path.abspath(path), os.path.abspath(out.parent)  # noqa: PTH100 - links stay links
    try:
        relative = Path(os.path.relpath(there, here)).as_posix()
    except ValueError:  # another drive
        return Path(there).as_uri()
    return quote(os.fsencode(relative), safe="/")


def _in_short(sentence: str) -> str:
    return shown_name(sentence, 400)
