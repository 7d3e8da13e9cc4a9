"""Find the parameters that reproduce given pictures of raws, and state what is left over."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from attiqa_core.errors import InputError, first_of
from attiqa_core.runs.progress import progress
from experiments.drawing.fit_sheet import FitRow, write_fit_sheet
from experiments.fitting.imitating import leave_imitations
from experiments.fitting.pairs import find_pairs
from experiments.fitting.records import Record
from experiments.fitting.run import Fitting, Reading, corrected, fitted_each, fitted_together, note_corrections
from experiments.fitting.starts import read_starts
from experiments.fitting.tables import fits_of, write_tables
from experiments.options.fit import Config
from experiments.options.imitating import FREE as OF_IMITATIONS
from experiments.options.outcome import Outcome, count, say
from experiments.options.resume import FREE_ON_RESUME, begin_or_resume, inputs_of_files, inputs_of_raws
from isp_env.contexts.scenes import find_scenes, scene_finder
from isp_env.fitting.correction import CorrectionRecipe
from isp_env.fitting.fit import FitRecipe
from isp_env.fitting.matching import Picture
from isp_env.parameters.profile_files import find_profile

FREE = (*FREE_ON_RESUME, "sheet", *OF_IMITATIONS)
SHEET = "sheet.jpg"


def run(config: Config) -> Outcome:
    """Fit every raw that has a reference; those that cannot be, and what has no counterpart, are the outcome's failures."""
    config.check()
    scene_finder(config.scene)  # a pattern that is none would be noticed late
    profile = find_profile(config.profile)
    pairs = find_pairs(config.raws, config.reference)
    sources = pairs.sources
    say_unused(pairs.unused)
    starts = read_starts(config.start, [source.name for source in sources], profile)
    references = [source.reference for source in sources if source.reference is not None]
    inputs = inputs_of_raws("raws", config.raws) | inputs_of_files("references", references)
    folder = begin_or_resume(config, inputs, FREE)
    reading = Reading(config.proxy_px, config.reading.description(), config.assume)
    recipe = FitRecipe(profile, config.prior, config.starts, config.within_ranges, config.seed)
    with progress(total=len(sources), label="fit", unit="raw") as bar:
        fitting = Fitting(folder, sources, starts, recipe, reading, bar.update)
        records, failed = fitted_together(fitting, config.own) if config.together else fitted_each(fitting)
    failures = [*pairs.failures, *failed]
    if not records:
        raise InputError(f"{failures[0]} (none of {count(len(sources), 'raw')} could be fitted)")
    scenes = find_scenes([record.taken for record in records], config.scene)
    on_top = CorrectionRecipe(None if config.curve == "none" else config.curve, config.lut)
    stages, said = corrected(folder, records, on_top, scenes, of_set=config.correct == "set")
    note_corrections(folder, records, said)
    summary = write_tables(folder, fits_of(records, said, scenes, profile), failures, pairs.unused)
    if config.sheet:
        write_fit_sheet(
            folder / SHEET, _rows(records, stages, said), ["camera default", "fit", *map(_title, on_top.stages)]
        )
    raws = [source.raw for source in sources if source.name in {record.name for record in records}]
    more = leave_imitations(config.imitating, folder, raws, profile, config.scene, config.seed, config.raws)
    return Outcome(folder, sentence(summary) + more, tuple(failures))


def say_unused(references: Sequence[Path]) -> None:
    """Name references of no raw on stderr: some of them, and how many there are; `summary.json` has them all."""
    if references:
        named = first_of([str(path) for path in references])
        say(f"no raw is called as these references are: {named}")


def sentence(summary: Mapping[str, Any]) -> str:
    """Return how many were fitted, and the mean Delta E after each stage."""
    means = {stage: figures["delta_e"] for stage, figures in summary["means"].items()}
    before, *after = means.items()
    steps = ", ".join(f"{value:.2f} by the {_title(stage)}" for stage, value in after)
    return f"{count(summary['raws'], 'raw')} fitted; Delta E 2000 {before[1]:.2f} at the camera default, {steps}"


def _title(stage: str) -> str:
    return {"params": "parameters", "curve": "curve", "lut": "3D table"}[stage]


def _rows(
    records: Sequence[Record], stages: Sequence[Sequence[Picture]], said: Sequence[Mapping[str, Any]]
) -> list[FitRow]:
    rows = []
    for record, further, of_one in zip(records, stages, said, strict=True):
        figures = {**record.about["residuals"], **of_one}
        shown = ("default", "params", *(stage for stage in ("curve", "lut") if stage in of_one))
        errors = tuple(figures[stage]["delta_e"] for stage in shown)
        rows.append(FitRow(record.name, (record.default, record.fitted, *further), record.reference, errors))
    return rows
