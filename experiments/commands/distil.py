"""Teach a fast scorer to say at a small size what a good one says at its own."""

from dataclasses import asdict
from pathlib import Path

from attiqa_core.errors import InputError
from attiqa_core.evaluation.metrics import srocc
from attiqa_core.files.whole import read_json, write_json
from attiqa_core.photos.images import read_picture, resize_short_edge
from attiqa_core.photos.picture_cache import PictureCache
from attiqa_core.photos.places import find_images
from attiqa_core.runs.device import pick_device, seed_everything
from attiqa_core.runs.progress import progress
from attiqa_core.scorer import Scorer, network_of, save_scorer, write_card
from attiqa_core.training.distil import agreement_with, distil
from attiqa_core.training.recipe import DistilRecipe
from attiqa_core.training.solve_attributes import solve_attributes
from experiments.options.distil import Config
from experiments.options.outcome import Outcome, count
from experiments.options.recipe import recipe_of
from experiments.options.resume import begin_or_resume, hash_of_contents


def run(config: Config) -> Outcome:
    """Train as configured, write the student to `OUT/scorer`, and say how far it ranks as its teacher does."""
    config.check()
    device = pick_device(config.device)
    paths, unseen = find_images(config.photos), find_images(config.test_on) if config.test_on else []
    if len(paths) < 2:
        raise InputError(f"{config.photos[0]}: {count(len(paths), 'photo')}; give at least 2 to learn from")
    seed_everything(config.seed)
    teacher = Scorer.from_pretrained(config.scorer, device=device, crops=1)
    folder = begin_or_resume(config, {"teacher_sha256": teacher.sha256, "pixels_sha256": hash_of_contents(paths)})
    student = network_of(config.scorer).to(device)
    recipe = recipe_of(DistilRecipe, config)
    pictures = PictureCache(paths, config.resize, int(config.cache_gb * 2**30))
    distil(student, teacher, pictures, config.resize, recipe, seed=config.seed, run=folder)
    solve_attributes(student, recipe.preprocessing, teacher, pictures, config.seed)
    provenance = {"taught by": teacher.sha256, "images": len(paths), "seed": config.seed, **asdict(recipe)}
    written = save_scorer(
        folder / "scorer", student, recipe.preprocessing, teacher.mos_range, provenance, half=config.half
    )
    write_card(written, read_json(folder / "meta.json"))
    said = f"1 scorer distilled on {count(len(paths), 'photo')}"
    return Outcome(written, f"{said}; {_tested(config, teacher, written, unseen)}" if unseen else said)


def _tested(config: Config, teacher: Scorer, written: Path, unseen: list[Path]) -> str:
    """How the stored student ranks photos that it never saw, beside its teacher; the numbers go to summary.json."""
    student = Scorer.load(written, teacher.device, crops=1)
    photos = [
        resize_short_edge(read_picture(path), config.resize) for path in progress(unseen, label="test", unit="photo")
    ]
    wanted, given = agreement_with(teacher, student, photos, config.seed)
    of_photos, of_all = (srocc(wanted[:end], given[:end]) for end in (len(photos), len(wanted)))
    shift = float((given - wanted).mean())
    summary = {"photos": len(photos), "srocc_photos": of_photos, "srocc_with_versions": of_all, "mean_shift": shift}
    write_json(config.out / "summary.json", summary)
    shown = ["undefined" if value is None else f"{value:.3f}" for value in (of_photos, of_all)]
    return f"SROCC with the teacher on {count(len(photos), 'unseen photo')} {shown[0]}, with worse versions of them {shown[1]}"
