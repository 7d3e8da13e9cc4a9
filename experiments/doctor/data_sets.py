"""Which data sets are here and whether they are whole, CLIP weights, ImageNet; and where the rest is to be had."""

import logging
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from attiqa_core.datasets import DATASETS
from attiqa_core.datasets.survey import (
    BROKEN,
    Finding,
    cut_off_images,
    examine,
    find_tables,
    imagenet_folders,
    near_duplicates,
)
from attiqa_core.errors import first_of
from attiqa_core.runs.progress import progress
from experiments.doctor.models import hub_cache
from experiments.fivek.findings import lines_of, look_alike_line
from experiments.options.doctor import Config
from experiments.options.outcome import Outcome, count
from isp_env.fivek.folder import FiveKFolder
from isp_env.fivek.look_alikes import find_look_alikes
from isp_env.fivek.survey import survey

CLIP = ("ViT-B-16", "openai")  # the paper's encoder, as open_clip calls it
SHOWN = 50


def data_sets(config: Config) -> tuple[list[Finding], list[str]]:
    """Return what was found below `config.data`, and the lines that say so, what is missing, and how to get it."""
    here = config.data.is_dir()
    findings = [examine(known, table) for known, table in find_tables(config.data)] if here else []
    findings = [_looked_at(finding, config) for finding in findings]
    return findings, [*_data_sets(config.data, findings), "", *_missing(findings), "", *_weights(config.data)]


def broken_among(findings: list[Finding]) -> tuple[str, ...]:
    """Return a sentence for each data set that is broken."""
    return tuple(f"{each.title} in {each.table}: {each.notes[0]}" for each in findings if each.state == BROKEN)


def as_json(findings: list[Finding]) -> list[dict[str, object]]:
    """Return the data sets as what json.dumps takes."""
    return [
        {
            "title": each.title,
            "table": str(each.table),
            "state": each.state,
            "notes": list(each.notes),
            "images": len(each.rated) if each.rated else None,
            "present": len(each.present),
        }
        for each in findings
    ]


def look_at_fivek(config: Config, place: Path) -> Outcome:
    """Print what of FiveK is there; every damaged file is a failure."""
    folder = FiveKFolder.open(place)
    logging.getLogger("tifffile").setLevel(logging.CRITICAL)  # what it would say of damaged files is in our table

    def watched(files: Sequence[Any]) -> Iterator[Any]:
        return iter(progress(files, label="FiveK", unit="file"))

    found = survey(folder, read_all=config.check_images, progress=watched)
    lines = [*lines_of(found)]
    if config.near_duplicates:
        lines.append(look_alike_line(folder, *find_look_alikes(folder, config.distance, watched)))
    print("\n".join([*lines, _disk(place)]))
    broken = tuple(f"{path}: {words}; fetch it again" for path, words in found.damaged)
    return Outcome(None, f"{count(len(folder.names), 'photo')} of FiveK in {place}", broken, failed="damaged")


def _looked_at(finding: Finding, config: Config) -> Finding:
    """The finding with what a look into its pictures adds."""

    def watched(paths: Sequence[Path]) -> Iterator[Path]:
        return iter(progress(paths, label=finding.title, unit="image"))

    if config.check_images and finding.present:
        cut = [path.name for path in cut_off_images(finding, watched)]
        cure = "; fetch them again, or remove them and go on with --allow-missing"
        finding = (
            replace(
                finding,
                state=BROKEN,
                notes=(f"{len(cut)} images are cut off: {first_of(cut, SHOWN)}{cure}", *finding.notes),
            )
            if cut
            else replace(finding, notes=(*finding.notes, "no image is cut off"))
        )
    if config.near_duplicates and finding.present:
        pairs, unreadable = near_duplicates(finding, config.distance, watched)
        where = "across training and test" if finding.rated and finding.rated.split else "that a split may tear apart"
        named = f": {first_of([f'{one.name} = {other.name}' for one, other in pairs], SHOWN)}" if pairs else ""
        finding = replace(finding, notes=(*finding.notes, f"{len(pairs)} near-duplicate pairs {where}{named}"))
        if unreadable:
            note = f"{len(unreadable)} images cannot be read: {first_of([path.name for path in unreadable], SHOWN)}"
            finding = replace(finding, state=BROKEN, notes=(note, *finding.notes))
    return finding


def _data_sets(root: Path, findings: list[Finding]) -> list[str]:
    """A line per data set, and indented what there is to know about it."""
    if not root.is_dir():
        return [f"data sets: there is no folder {root}; name yours with --data DIR"]
    if not findings:
        return [f"data sets: none in {root}"]
    lines = [f"{'data set':<28} {'state':<11} {'images':<16} {'MOS':<10} train/val/test"]
    for finding in findings:
        lines.append(_row(finding))
        lines += [f"    {note}" for note in (f"in {finding.table.parent}", *finding.notes)]
    return lines


def _row(finding: Finding) -> str:
    if (rated := finding.rated) is None:
        return f"{finding.title:<28} {finding.state:<11}"
    images = f"{len(finding.present)} of {len(rated)}"
    mos = f"{rated.mos_range.low:g}..{rated.mos_range.high:g}"
    split = (
        "/".join(str(rated.split.count(part)) for part in ("train", "val", "test")) if rated.split else "no official"
    )
    return f"{finding.title:<28} {finding.state:<11} {images:<16} {mos:<10} {split}"


def _missing(findings: list[Finding]) -> list[str]:
    """What is absent, and where it is to be had."""
    found = {finding.title: finding for finding in findings}
    lines = []
    for known in DATASETS.values():
        finding = found.get(known.title)
        if finding is None:
            lines.append(f"    {known.title}: {known.source}; put {known.tables[0]} and {known.images} into one folder")
        elif finding.rated and len(finding.present) < len(finding.rated):
            lines.append(f"    {known.title}: images are absent; {known.source}; put them into {known.images}")
    return ["missing, and where to get it", *lines] if lines else ["nothing is missing"]


def _weights(root: Path) -> list[str]:
    """CLIP's weights, ImageNet, and free disk."""
    place = next(folder for folder in (root, *root.absolute().parents) if folder.is_dir())
    clip = clip_weights()
    imagenet = imagenet_folders(root) if root.is_dir() else []
    return [
        "weights and photos",
        f"    CLIP {'/'.join(CLIP)}: " + (f"in {clip}" if clip else _no_clip()),
        "    ImageNet: "
        + ("; ".join(f"{classes} of 1000 classes in {folder}" for folder, classes in imagenet) or _no_imagenet(root)),
        _disk(place),
    ]


def clip_weights() -> Path | None:
    """Return the file of the paper's CLIP; open_clip, which takes seconds to import, is asked only where it can be in a cache."""
    if not any("clip" in name.lower() for name in hub_cache()) and not (Path.home() / ".cache" / "clip").is_dir():
        return None
    from attiqa_core.network.clip_weights import cached_clip_weights

    return cached_clip_weights(*CLIP)


def _disk(place: Path) -> str:
    return f"    disk: {shutil.disk_usage(place).free / 1e9:.0f} GB free at {place}"


def _no_clip() -> str:
    return "absent; open_clip fetches it at the first `attiqa label`, or give a file's path with --clip-weights"


def _no_imagenet(root: Path) -> str:
    return f"absent; from image-net.org, class folders (n01440764/, ...) below {root}. Any folder of photos will do"
