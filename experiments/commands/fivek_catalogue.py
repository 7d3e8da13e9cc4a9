"""Read Lightroom's catalogue of FiveK, without Lightroom: what the experts did, as a CSV. Nothing is written to the catalogue."""

import contextlib
from collections.abc import Sequence
from pathlib import Path

from attiqa_core.errors import InputError, first_of
from attiqa_core.files.tables import csv_text
from attiqa_core.files.whole import write_text
from attiqa_core.runs.progress import progress
from experiments.options.fivek_catalogue import Config
from experiments.options.outcome import Outcome, count, say
from isp_env.fivek.cameras import cameras_named
from isp_env.fivek.catalogue.collections import INPUT_PARENT, INPUTS, Collection, expert_collection, find_collection
from isp_env.fivek.catalogue.csv_rows import columns, row
from isp_env.fivek.catalogue.edits import Catalogue, Edit, open_catalogue, read_edits
from isp_env.fivek.catalogue.opening import find_catalogue
from isp_env.fivek.catalogue.translation import White, as_shot_of, translate
from isp_env.fivek.folder import FiveKFolder
from isp_env.fivek.photos import EXPERTS, RAW


def run(config: Config) -> Outcome:
    """List the collections, or write their edits; those that cannot be read are reported and skipped."""
    config.check()
    path = find_catalogue(config.catalogue)
    with open_catalogue(path) as catalogue:
        for note in catalogue.notes:
            say(note)
        if config.csv is None:
            print("\n".join(_listed(catalogue.collections)))
            return Outcome(None, f"{count(len(catalogue.collections), 'collection')} in {path}")
        edits = _chosen_edits(catalogue, config)
        folder = config.raws or (config.catalogue if config.catalogue.is_dir() else None)
        side = _CameraSides(catalogue, folder) if config.params else None
        rows, failures = _rows(edits, side)
    if side and (other := side.of_other_cameras(edits)):
        say(f"the raw names another camera than the catalogue: {first_of(other)}")
    failures += side.unreadable if side else []
    if not rows:
        raise InputError(f"{failures[0]} (none of {count(len(edits), 'edit')} could be read)")
    write_text(config.csv, _text(rows, with_params=config.params))
    photos = len({edit.name for edit in edits})
    return Outcome(config.csv, f"{count(len(rows), 'edit')} of {count(photos, 'photo')} written", tuple(failures))


def _listed(collections: Sequence[Collection]) -> list[str]:
    return [f"{'edits':>6}  collection", *(f"{each.images:>6}  {each.label}" for each in collections)]


def _chosen_edits(catalogue: Catalogue, config: Config) -> list[Edit]:
    """The edits of the collections that are asked for, each collection once. Raises: InputError if a photo is in none."""
    experts = config.expert or (() if config.collection else EXPERTS)
    asked = [expert_collection(catalogue.collections, expert) for expert in experts]
    asked += [find_collection(catalogue.collections, name) for name in config.collection]
    only = set(config.photo) or None
    edits = [edit for each in dict.fromkeys(asked) for edit in read_edits(catalogue, each, only)]
    if absent := sorted((only or set()) - {edit.number for edit in edits}):
        labels = ", ".join(each.label for each in dict.fromkeys(asked))
        raise InputError(
            f"{catalogue.path}: photo {absent[0]} is not in {labels}; leave it out, or name other collections"
        )
    return edits


def _rows(edits: Sequence[Edit], side: "_CameraSides | None") -> tuple[list[tuple[str, ...]], list[str]]:
    rows, failures = [], []
    for edit in progress(edits, label="edits", unit="edit"):
        try:
            settings = edit.settings()
        except InputError as error:
            failures.append(str(error))
            continue
        translation = translate(settings, *side.of(edit)) if side else None
        rows.append(row(edit, settings, translation))
    return rows, failures


def _text(rows: Sequence[tuple[str, ...]], with_params: bool) -> str:
    return csv_text([columns(with_params), *rows])


class _CameraSides:
    """The camera's white balance of each photo, and the exposure that is ours: of its raw, which is read once, else of the input
    that keeps the camera's white, where Lightroom wrote the numbers."""

    def __init__(self, catalogue: Catalogue, folder: Path | None) -> None:
        self.folder = FiveKFolder.open(folder) if folder else None
        self.raws = self.folder.files[RAW] if self.folder else {}
        self.written = _written_whites(catalogue)
        self.known: dict[str, tuple[White | None, float]] = {}
        self.unreadable: list[str] = []

    def of(self, edit: Edit) -> tuple[White | None, float]:
        """Return both; no white balance where neither knows it, which the row then says."""
        if edit.name not in self.known:
            raw = None if edit.number is None else self.raws.get(edit.number)
            self.known[edit.name] = (raw and self._read(raw)) or (self.written.get(edit.name), 0.0)
        return self.known[edit.name]

    def of_other_cameras(self, edits: Sequence[Edit]) -> list[str]:
        """Return the names of photos whose raw is here and names another camera than the catalogue, which has models alone."""
        cameras = {
            edit.name: (edit.camera, self.folder.camera(edit.number))
            for edit in edits
            if self.folder and edit.number and edit.number in self.raws
        }
        return [name for name, (model, own) in cameras.items() if model and own and not cameras_named(model, [own])]

    def _read(self, raw: Path) -> tuple[White, float] | None:
        from isp_env.fivek.catalogue.for_frames import as_shot_white, own_exposure_ev
        from isp_env.raw import RawFrame

        try:
            frame = RawFrame.load(raw)
        except InputError as error:
            self.unreadable.append(str(error))
            return None
        return as_shot_white(frame.calibration, frame.wb_as_shot), own_exposure_ev(frame)


def _written_whites(catalogue: Catalogue) -> dict[str, White]:
    """The camera's white balance by photo, as far as the catalogue knows it."""
    whites = {}
    for collection in catalogue.collections:
        if collection.path[-2:] == (INPUT_PARENT, INPUTS[0]):
            for edit in read_edits(catalogue, collection):
                with contextlib.suppress(InputError):  # another edit's row, which is not asked for
                    whites[edit.name] = as_shot_of(edit.settings())
    return {name: white for name, white in whites.items() if white is not None}
