"""Write recipes for other programs: XMP for Camera Raw and Lightroom, pp3 for RawTherapee, .cube of the global colour."""

from pathlib import Path
from typing import Any

from attiqa_core.errors import InputError
from experiments.exports.recipes import read_recipe
from experiments.exports.sidecars import write_sidecars
from experiments.options.outcome import Outcome, count, say
from experiments.options.raw_reading import reading_of
from experiments.options.recipe_export import Config
from isp_env.raw import RawFrame


def run(config: Config) -> Outcome:
    """Write the files of every recipe; those without a readable raw are reported and skipped."""
    config.check()
    failures, written, last = [], 0, None
    for path in config.recipes:
        try:
            recipe = read_recipe(path)
            raw = recipe.find_raw(config.raw)
            folder = config.out or path.parent
            frame = RawFrame.load(raw, reading_of(recipe.reading).description())
            entries = write_sidecars(folder / f"{recipe.stem}.jpg", frame, recipe.params, config.to)
        except InputError as error:
            failures.append(str(error))
            continue
        _say(entries)
        written, last = written + len(entries), folder
    if last is None:
        raise InputError(f"{failures[0]} (none of {count(len(config.recipes), 'recipe')} could be written)")
    return Outcome(Path(last), f"{count(written, 'file')} written", tuple(failures))


def _say(entries: dict[str, dict[str, Any]]) -> None:
    """One line on stderr for each file: its residual, what it leaves out and what it limits."""
    for entry in entries.values():
        residual = entry["residual"]
        mean = residual.get("mean_delta_e_2000")
        near = "residual not measured" if mean is None else f"residual {mean} (mean Delta E 2000)"
        short = [f"not carried: {'; '.join(entry['left_out'])}"] if entry["left_out"] else []
        short += [f"limited: {'; '.join(entry['limited'])}"] if entry["limited"] else []
        say(f"{entry['file']}: {'. '.join([near, *short])}")
