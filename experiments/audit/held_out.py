"""The raws of an audit: named ones, a store's held-out side, or packaged photographs in their place."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from zlib import crc32

import numpy as np

from agents.audit.abroad import far_variations
from agents.audit.trained_on import TrainedOn, judged_side
from agents.imitation.targets import examples_of
from attiqa_core.errors import InputError
from experiments.demo_set import HELD_OUT_PHOTOS, TRAINING_PHOTOS, VALIDATION_PHOTOS, load_photo
from isp_env.contexts.scenes import find_scenes, taken
from isp_env.contexts.variations import ERRORS, ContextRanges, draw_variation
from isp_env.contexts.varying import photographed, vary
from isp_env.core import Actions
from isp_env.fitting.files import Fits, read_fits
from isp_env.parameters.profiles import Profile
from isp_env.raw import RawFrame
from isp_env.raw_io.dng import write_frame
from isp_env.raw_io.find import find_raws
from isp_env.raw_io.loading import read_frames
from isp_env.stores.open_contexts import Contexts, open_contexts
from isp_env.stores.store import BakedStore, is_begun
from isp_env.task import Task

STAND_INS = (*TRAINING_PHOTOS, *VALIDATION_PHOTOS, *HELD_OUT_PHOTOS)
TAKEN_ABROAD = 6
"""Raws at most that are taken outside the training range, each in four ways."""
NATIVE_CROPS = 2
"""What is looked at of each raw where the policy's task has no crops of its own."""


@dataclass(frozen=True)
class HeldOut:
    """Proxies with native crops, the scene of each, the same taken outside the training range, and what was left out and why.

    `about`: a sentence on what they are; `stand_in`: whether they are synthetic raws in the place of named ones; `examples`: what a
    policy that imitates should answer each with.
    """

    proxies: Sequence[RawFrame]
    scenes: tuple[str, ...]
    abroad: Sequence[RawFrame]
    abroad_scenes: tuple[str, ...]
    about: str
    stand_in: bool
    failures: tuple[str, ...] = ()
    examples: Actions | None = None


def held_out(
    raws: Sequence[Path],
    task: Task,
    known: TrainedOn,
    times: int,
    scene: str,
    seed: int,
    written: Path | None = None,
) -> HeldOut:
    """Return the raws, or a store's test side (its validation side without one), or the packaged photographs.

    Of raws and photographs each also so many `times` with drawn errors such as the training had, the usual ones where it does
    not say; none where it saw none. `written`: a folder where raws taken outside the range are written as DNGs, for a program that
    reads files.
    """
    errors = _errors(known) if times else None
    if not raws:
        return _of_photos(task, known, errors, times, seed)
    if is_begun(raws[0]):
        return _of_store(raws, task, known, seed, scene)
    failures: list[str] = []
    frames = read_frames(paths := find_raws(raws), failures)
    chosen = set(np.linspace(0, len(paths) - 1, min(len(paths), TAKEN_ABROAD)).round().astype(int).tolist())
    seen, proxies, origins, abroad, abroad_origins = [], [], [], [], []
    names: Counter[str] = Counter()
    for place, frame in enumerate(frames):
        names[frame.name] += 1
        if names[frame.name] > 1:
            frame = replace(frame, name=f"{frame.name}-{names[frame.name]}")
        seen.append(taken(frame))
        versions = [frame, *_with_errors(frame, errors, times, seed)] if errors else [frame]
        proxies += [_small(each, task) for each in versions]
        origins += [place] * len(versions)
        if place in chosen:
            far = [_small(each, task) for each in _as_files(_far(frame, known, seed), written)]
            abroad += far
            abroad_origins += [place] * len(far)
        del frame, versions  # before the next is read
    scenes = find_scenes(seen, scene)
    about = f"{len(seen)} raws as they were named" + (f", and each {times} times with drawn errors" if errors else "")
    return HeldOut(
        proxies,
        tuple(scenes[place] for place in origins),
        abroad,
        tuple(scenes[place] for place in abroad_origins),
        about,
        False,
        tuple(failures),
    )


def read_examples(path: Path, profile: Profile) -> Fits:
    """Return the fits of a file or folder. Raises: InputError as `read_fits`, and for those of another profile."""
    fits = read_fits(path)
    if fits.profile != profile:
        raise InputError(
            f"{path}: was fitted in profile {fits.profile.name}, not {profile.name}; fit the raws in that one"
        )
    return fits


def with_examples(raws: HeldOut, fits: Fits, profile: Profile) -> HeldOut:
    """Return those raws that have a fit, with their examples. Raises: InputError if none has."""
    sides = ("test",) * len(raws.scenes)
    found = examples_of(fits, Contexts(raws.proxies, raws.scenes, sides, ()), profile)
    cut = "".join(f"; {name} cut at its end in {count}" for name, count in found.targets.beyond.items())
    about = f"{raws.about}; {len(found.scenes)} of them with an example{cut}"
    return replace(raws, proxies=found.proxies, scenes=found.scenes, about=about, examples=found.targets.actions)


def _errors(known: TrainedOn) -> ContextRanges | None:
    """Errors of exposure and white balance of the whole picture as the training had them; None where it had none."""
    ranges = known.ranges or ERRORS
    whole = replace(ranges, crop_scale=(1.0, 1.0), mirror=False, noise_stops=(0.0, 0.0))
    moved = any(whole.exposure_ev) or whole.white_balance_mired or whole.white_balance_duv
    return whole if moved else None


def _small(frame: RawFrame, task: Task) -> RawFrame:
    return frame.proxy(task.proxy_px, square=task.square, by_area=True, crops=task.crops or NATIVE_CROPS)


def _with_errors(frame: RawFrame, errors: ContextRanges, times: int, seed: int) -> Iterator[RawFrame]:
    for time in range(1, times + 1):
        generator = np.random.default_rng([seed, crc32(frame.name.encode()), time])
        yield replace(vary(frame, draw_variation(generator, errors), generator), name=f"{frame.name}+{time}")


def _far(frame: RawFrame, known: TrainedOn, seed: int) -> Iterator[RawFrame]:
    for name, variation in far_variations(known.ranges or ERRORS).items():
        generator = np.random.default_rng([seed, crc32(frame.name.encode()), 0])
        yield replace(vary(frame, variation, generator), name=f"{frame.name}, {name}")


def _as_files(frames: Iterator[RawFrame], folder: Path | None) -> Iterator[RawFrame]:
    """The frames, read back from DNGs in a folder if there is one; those that a DNG cannot state are left out."""
    for place, frame in enumerate(frames):
        if folder is None:
            yield frame
            continue
        path = folder / str(place) / f"{frame.name}.dng"
        path.parent.mkdir(exist_ok=True)
        try:
            write_frame(path, frame)
        except InputError:
            continue
        yield replace(RawFrame.load(path), name=frame.name)


def _of_photos(task: Task, known: TrainedOn, errors: ContextRanges | None, times: int, seed: int) -> HeldOut:
    """Packaged photographs as drawn cameras would have taken them, but for those that the run's raws are called after."""
    trained = {*(name for name, _ in known.names), *(path.stem for path in known.files)}
    photos = [photo for photo in STAND_INS if not any(name.startswith(photo) for name in trained)]
    if not photos:
        raise InputError("every packaged photograph was trained on; name held-out raws")
    proxies, scenes, abroad, abroad_scenes = [], [], [], []
    for photo in photos:
        pixels = load_photo(photo)
        plain = replace(ERRORS, exposure_ev=(0.0, 0.0), white_balance_mired=0.0, white_balance_duv=0.0)
        for time in range(1 + (times if errors else 0)):
            generator = np.random.default_rng([seed, crc32(photo.encode()), time])
            drawn = draw_variation(generator, errors if time and errors else plain)
            name = f"{photo}+{time}" if time else photo
            proxies.append(_small(photographed(pixels, name, drawn, generator), task))
            scenes.append(photo)
        if len(abroad) < 4 * TAKEN_ABROAD:
            far, own = _far_photos(pixels, photo, known, seed), len(abroad)
            abroad += [_small(each, task) for each in far]
            abroad_scenes += [photo] * (len(abroad) - own)
    left = f" ({', '.join(set(STAND_INS) - set(photos))} left out: trained on)" if len(photos) < len(STAND_INS) else ""
    about = f"stand-ins: {len(photos)} packaged photographs as synthetic raws, since no raws were named{left}"
    return HeldOut(proxies, tuple(scenes), abroad, tuple(abroad_scenes), about, True)


def _far_photos(pixels: np.ndarray, photo: str, known: TrainedOn, seed: int) -> Iterator[RawFrame]:
    for name, variation in far_variations(known.ranges or ERRORS).items():
        generator = np.random.default_rng([seed, crc32(photo.encode()), 0])
        yield photographed(pixels, f"{photo}, {name}", variation, generator)


def _of_store(raws: Sequence[Path], task: Task, known: TrainedOn, seed: int, scene: str) -> HeldOut:
    """The test side of a store, else its validation side, else all of a store that the run did not learn from."""
    store = BakedStore.open(raws[0])
    side, own = judged_side(store), raws[0].resolve() in known.stores
    if own and side == "training":
        raise InputError(f"{raws[0]}: was trained on, and has no side that was not; name held-out raws")
    crops = task.crops or min(NATIVE_CROPS, store.crops)
    contexts = open_contexts(raws, task.proxy_px, crops, square=task.square, scene_pattern=scene)
    chosen = contexts.of(side)
    photos = _of_photos(task, known, None, 0, seed)
    selected = ", by which the policy was chosen among its checkpoints" if own and side == "validation" else ""
    about = f"the {side} side of the store {raws[0]}{selected}; outside its range: packaged photographs"
    return HeldOut(chosen.proxies, chosen.scenes, photos.abroad, photos.abroad_scenes, about, False, contexts.failures)
