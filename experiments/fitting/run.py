"""The run itself: raws and references read one by one, fitted each for itself or together, corrected on top, judged."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from attiqa_core.errors import InputError
from attiqa_core.files.whole import write_json, write_text
from experiments.exports.colour_cube import cube_text
from experiments.fitting.pairs import Source
from experiments.fitting.records import RECIPES, Record, load_record, record_of, save_record
from experiments.fitting.references import reference_of
from experiments.options.render_folder import RECIPE_SUFFIX
from isp_env.finished_pictures.expert_tiff import Assumed
from isp_env.fitting.correction import Correction, CorrectionRecipe, fitted_correction, held_out_stages
from isp_env.fitting.fit import FitRecipe, Values, fit_each, fit_together
from isp_env.fitting.matching import Picture
from isp_env.fitting.residuals import Residual
from isp_env.fitting.views import Pair
from isp_env.raw import RawFrame
from isp_env.raw_io.loading import read_frame
from isp_env.raw_io.own_sensor.description import SensorDescription

SET_CUBE = "set.cube"
REMARKS = ("of the finished picture of `attiqa render` with the fitted parameters, display sRGB in and out",)
Step = Callable[[], object]


@dataclass(frozen=True)
class Reading:
    """The size of proxies, what is known of the sensor, and what a TIFF without a profile is taken for."""

    proxy_px: int
    own: SensorDescription
    assume: Assumed


@dataclass(frozen=True)
class Fitting:
    """What is fitted and where it is kept: raws with their references, where each begins, and what is called after each."""

    folder: Path
    sources: Sequence[Source]
    starts: Sequence[Values]
    recipe: FitRecipe
    reading: Reading
    step: Step


def fitted_each(fitting: Fitting) -> tuple[list[Record], list[str]]:
    """Return the records of raws, each fitted and kept before the next is read, and a sentence for each that cannot be."""
    records, failures = [], []
    for source, start in zip(fitting.sources, fitting.starts, strict=True):
        record = load_record(fitting.folder, source)
        try:
            record = record or _fit_one(source, start, fitting.recipe, fitting.reading)
        except InputError as error:
            failures.append(str(error))
        else:
            save_record(fitting.folder, record)
            records.append(record)
        fitting.step()
    return records, failures


def _fit_one(source: Source, start: Values, recipe: FitRecipe, reading: Reading) -> Record:
    frame, pair = _read(source, reading)
    (fitted,) = fit_each([pair], recipe, [start])
    return record_of(source, frame, pair, fitted, recipe.profile)


def fitted_together(fitting: Fitting, free: Sequence[str]) -> tuple[list[Record], list[str]]:
    """Return the same with one setting for all; `free` parameters are each raw's. What was kept counts only if all of it is there."""
    before = [load_record(fitting.folder, source) for source in fitting.sources]
    if all(before):
        return [record for record in before if record is not None], []
    read, begun, failures = [], [], []
    for source, start in zip(fitting.sources, fitting.starts, strict=True):
        try:
            frame, pair = _read(source, fitting.reading)
        except InputError as error:
            failures.append(str(error))
        else:
            read.append((source, _without_samples(frame), pair))
            begun.append(start)
        fitting.step()
    if not read:
        return [], failures
    found = fit_together([pair for *_, pair in read], fitting.recipe, free, begun)
    records = [
        record_of(source, frame, pair, fitted, fitting.recipe.profile)
        for (source, frame, pair), fitted in zip(read, found, strict=True)
    ]
    for record in records:
        save_record(fitting.folder, record)
    return records, failures


def _read(source: Source, reading: Reading) -> tuple[RawFrame, Pair]:
    frame, px = read_frame(source.raw, reading.own), reading.proxy_px
    return frame, Pair.of_laid(frame, reference_of(source, frame, px, reading.assume), px)


def _without_samples(frame: RawFrame) -> RawFrame:
    """A pixel of it: of a set, full frames would not fit into memory, and what is wanted is when and by what it was taken."""
    return replace(frame, samples=frame.samples[:2, :2].copy())


def corrected(
    folder: Path, records: Sequence[Record], recipe: CorrectionRecipe, scenes: Sequence[str], *, of_set: bool
) -> tuple[list[list[Picture]], list[dict[str, Any]]]:
    """Return each record's picture after each correction, every pixel by one that was fitted without it, and what is said of it.

    The table of what was fitted on everything is written as .cube: one for each raw, or one for the set.
    """
    if not recipe.stages:
        return [[] for _ in records], [{} for _ in records]
    groups = [list(range(len(records)))] if of_set else [[place] for place in range(len(records))]
    stages: list[list[Picture]] = [[] for _ in records]
    said: list[dict[str, Any]] = [{} for _ in records]
    for group in groups:
        pictures, references = ([getattr(records[i], name) for i in group] for name in ("fitted", "reference"))
        found, held_out = held_out_stages(pictures, references, recipe, [scenes[i] for i in group])
        name = SET_CUBE if of_set else f"{RECIPES}/{records[group[0]].name}.cube"
        _write_cube(folder / name, fitted_correction(pictures, references, recipe))
        for place, of_one in zip(group, found, strict=True):
            residuals = zip(recipe.stages, of_one, strict=True)
            stages[place] = of_one
            said[place] = {
                "cube": name,
                "held_out": held_out,
                **{stage: asdict(Residual.of(picture, records[place].reference)) for stage, picture in residuals},
            }
    return stages, said


def _write_cube(path: Path, correction: Correction) -> None:
    write_text(path, cube_text(correction.as_cube(), path.stem, REMARKS))


def note_corrections(folder: Path, records: Sequence[Record], said: Sequence[dict[str, Any]]) -> None:
    """Write into each recipe what the corrections left, and which file holds them."""
    for record, of_one in zip(records, said, strict=True):
        if of_one:
            write_json(folder / RECIPES / f"{record.name}{RECIPE_SUFFIX}", {**record.about, "corrections": of_one})
