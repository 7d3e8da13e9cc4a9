"""Fit two judges on pristine photos, without any human score: NIQE, and the naturalness of colours."""

import hashlib

from attiqa_core.errors import InputError
from attiqa_core.judges.colour_naturalness import COLOUR_NATURALNESS, ColourNaturalness, fit_colour_naturalness
from attiqa_core.judges.colour_statistics import colour_statistics
from attiqa_core.judges.niqe import NIQE, Niqe, fit_niqe, niqe_statistics
from attiqa_core.photos.images import to_images
from attiqa_core.photos.sources import find_photos, photo_bytes, read_photo
from attiqa_core.runs.folder import new_run
from attiqa_core.runs.progress import progress
from experiments.options.naturalness import Config
from experiments.options.outcome import Outcome, count


def run(config: Config) -> Outcome:
    """Look at every photo once and write both judges; photos that cannot be read, or are too small, are skipped."""
    config.check()
    _, photos = find_photos(config.photos)
    scenes, colours, failures, digest = [], [], [], hashlib.sha256()
    for photo in progress(photos, label="naturalness", unit="photo"):
        try:
            image = to_images(read_photo(photo)[None])
            scenes.append(niqe_statistics(image))
        except InputError as error:
            failures.append(str(error) if str(error).startswith(photo.name) else f"{photo.name}: {error}")
            continue
        colours.append(colour_statistics(image)[0])
        digest.update(hashlib.sha256(photo_bytes(photo)).digest())
    pristine = {NIQE: fit_niqe(scenes), COLOUR_NATURALNESS: fit_colour_naturalness(colours)}
    provenance = {"photos": len(colours), "photos_sha256": digest.hexdigest()}
    folder = new_run(config.out, config, seed=0, inputs={"photos": digest.hexdigest()})
    for judge in (Niqe, ColourNaturalness):
        judge.save(folder / judge.kind, pristine[judge.kind], provenance)
    return Outcome(folder, f"2 judges fitted on {count(len(colours), 'photo')}", tuple(failures))
