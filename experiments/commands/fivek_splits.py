"""Say which photos of MIT-Adobe FiveK the splits of the literature train on and judge by, and what is wrong with each."""

from collections.abc import Iterator, Sequence

from attiqa_core.errors import first_of
from attiqa_core.files.whole import write_text
from attiqa_core.runs.progress import progress
from experiments.drawing.score_table import as_csv
from experiments.options.fivek_splits import Config
from experiments.options.outcome import Outcome, count
from isp_env.fivek.cameras import camera_shares
from isp_env.fivek.folder import FiveKFolder
from isp_env.fivek.look_alikes import across, find_look_alikes
from isp_env.fivek.own_split import own_split
from isp_env.fivek.photos import RAW
from isp_env.fivek.splits import OWN, PARTS, SPLITS, Split, find_split, numbers_sha256, overlap

SHOWN_SHARES = 8
SHOWN_PAIRS = 20


def run(config: Config) -> Outcome:
    """Print all splits, or one with all that is known of it; write it as a CSV if asked."""
    config.check()
    folder = None if config.fivek is None else FiveKFolder.open(config.fivek)
    if not config.name:
        print("\n".join([*_overview(folder), "", *_seen()]))
        return Outcome(None, count(len(SPLITS), "split"))
    split = _split(config, folder)
    print("\n".join(_described(split)))
    if folder is not None:
        print("\n".join(["", *_there(split, folder), "", *_cameras(split, folder)]))
        if config.near_duplicates:
            print("\n".join(["", *_look_alikes(split, folder, config.distance)]))
    if config.csv is not None:
        write_text(config.csv, as_csv(*_rows(split, folder)))
    return Outcome(
        config.csv, f"{split.name}: " + ", ".join(f"{len(split.sides[side]):,} {side}" for side in split.sides)
    )


def _split(config: Config, folder: FiveKFolder | None) -> Split:
    if config.name == OWN:
        assert folder is not None  # checked
        return own_split(folder, config.hold_out_cameras)
    return find_split(config.name)


def _overview(folder: FiveKFolder | None) -> Iterator[str]:
    """A line for each split, and below it how much of it is there."""
    yield f"{'split':<12} {'train':>5} {'val':>5} {'test':>5}  {'SHA-256':<12}  rule"
    for split in SPLITS.values():
        counts = " ".join(f"{len(split.sides.get(part, ())) or '-':>5}" for part in PARTS)
        yield f"{split.name:<12} {counts}  {split.sha256[:12]}  {split.rule}"
        if folder is not None:
            here = (f"{_here(split, part, folder):,} {part}" for part in PARTS if part in split.sides)
            yield f"{'':<12} raws here: {', '.join(here)}"


def _here(split: Split, side: str, folder: FiveKFolder) -> int:
    return sum(number in folder.files[RAW] for number in split.sides[side])


def _seen() -> Iterator[str]:
    """How many test photos of one split another trains on: what makes figures of two papers incomparable."""
    yield "of the test photos of (column), trained on by (row)"
    yield f"{'':<12}" + "".join(f"{name:>13}" for name in SPLITS)
    for one in SPLITS.values():
        cells = (overlap(one, other)["train", "test"] for other in SPLITS.values())
        yield f"{one.name:<12}" + "".join(f"{cell:>13}" for cell in cells)


def _described(split: Split) -> Iterator[str]:
    yield f"{split.name}   SHA-256 {split.sha256}"
    yield f"    rule: {split.rule}"
    yield f"    source: {split.source}"
    yield from (f"    odd: {each}" for each in split.odd)
    for side, numbers in split.sides.items():
        yield f"    {side:<10} {len(numbers):>5} photos   SHA-256 of its numbers {numbers_sha256(numbers)}"
    for other in SPLITS.values():
        if other.name != split.name and (seen := overlap(other, split).get(("train", "test"))):
            yield f"    {seen} of its {len(split.sides['test'])} test photos are trained on in {other.name}"


def _there(split: Split, folder: FiveKFolder) -> Iterator[str]:
    """How many pictures of each kind are there, by side."""
    kinds = [kind for kind, files in folder.files.items() if files]
    yield f"{'here':<12}" + "".join(f"{kind:>8}" for kind in kinds) + f"{'of':>8}"
    for side, numbers in split.sides.items():
        counts = (sum(number in folder.files[kind] for number in numbers) for kind in kinds)
        yield f"{side:<12}" + "".join(f"{each:>8}" for each in counts) + f"{len(numbers):>8}"


def _cameras(split: Split, folder: FiveKFolder) -> Iterator[str]:
    """The cameras' shares of each side, and those that training never sees."""
    known = {part: camera_shares(split.sides[part], folder.cameras) for part in PARTS if part in split.sides}
    for part, shares in known.items():
        largest = first_of([f"{camera} {share:.0%}" for camera, share in shares.items()], SHOWN_SHARES)
        yield f"{part}: {count(len(shares), 'camera')}" + (f": {largest}" if largest else " known")
    for part in ("validation", "test"):
        unseen = [camera for camera in known.get(part, ()) if camera not in known["train"]]
        if unseen:
            share = sum(known[part][camera] for camera in unseen)
            yield f"{part} has cameras that training never sees ({share:.0%} of its photos): {', '.join(unseen)}"


def _look_alikes(split: Split, folder: FiveKFolder, distance: int) -> Iterator[str]:
    def watched(numbers: Sequence[int]) -> Sequence[int]:
        return progress(numbers, label="look", unit="photo")

    pairs, unseen = find_look_alikes(folder, distance, watched)
    torn = across(split, pairs)
    yield f"{count(len(pairs), 'pair')} of photos that look almost the same, {sum(map(len, torn.values()))} of them on two sides"
    for (one, other), found in torn.items():
        named = first_of([f"{folder.names[a]} = {folder.names[b]}" for a, b in found], SHOWN_PAIRS)
        yield f"    {one} and {other}: {named}"
    if unseen:
        yield f"    {count(len(unseen), 'photo')} not looked at: flat, or no picture that can be read"


def _rows(split: Split, folder: FiveKFolder | None) -> tuple[tuple[str, ...], list[tuple]]:
    """Header and a row for each photo on any side, by number; what only a folder knows is empty without one."""
    sides_of: dict[int, list[str]] = {}
    for side, numbers in split.sides.items():
        for number in numbers:
            sides_of.setdefault(number, []).append(side)
    rows = []
    for number, sides in sorted(sides_of.items()):
        photo = folder.photos.get(number) if folder else None
        known = (photo.name, photo.licence or "") if photo else ("", "")
        rows.append((number, known[0], " ".join(sides), known[1], folder.cameras.get(number, "") if folder else ""))
    return ("number", "name", "sides", "licence", "camera"), rows
