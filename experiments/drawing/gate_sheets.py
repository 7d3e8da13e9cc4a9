"""Sheets of what the gate found: photos beside what a scorer takes for as good, camera defaults beside attacked renders."""

from collections.abc import Sequence
from pathlib import Path

from agents.attack import Attack, Attacked
from attiqa_core.judges.gate_report import Case, GateReport
from attiqa_core.judges.trials import shown, versions
from attiqa_core.photos.images import Picture
from experiments.drawing.sheets import before_after_sheet

CASES_SHOWN = 12


def write_cases(path: Path, report: GateReport, photos: Sequence[Picture], names: Sequence[str], seed: int) -> Path:
    """Write the worst photo and version of the cases that failed, or are nearest to it, and return the path.

    The pictures are made again from the seed of the report.
    """
    cases = report.doubtful[:CASES_SHOWN]
    pairs = [_pair(case, photos, names, seed) for case in cases]
    return before_after_sheet(
        path,
        [f"{case.name}{'' if case.passed else ' FAILS'}" for case in cases],
        [photo[0] for photo, _ in pairs],
        [version[0] for _, version in pairs],
        titles=("photo", "worst version"),
        captions=[(f"({case.worst_photo})", _told(case)) for case in cases],
        pairs_across=min(2, len(cases)),
        cell_px=400,
    )


def _pair(case: Case, photos: Sequence[Picture], names: Sequence[str], seed: int) -> tuple:
    assert case.worst_photo is not None and case.worst_version is not None, "a case that was not asked has no worst"
    index = names.index(case.worst_photo)
    photo = shown(photos[index])
    return photo, list(versions(case.name, photo, index, seed))[case.worst_version]


def _told(case: Case) -> str:
    assert case.worst_fall is not None and case.liked is not None
    return f"{-case.worst_fall:+.3f}  not below {case.liked:.0%} of {case.asked}, limit {case.limit:.0%}"


def write_attack(path: Path, attack: Attack) -> Path:
    """Write each raw's camera default beside its attacked render with their numbers, and return the path."""
    return before_after_sheet(
        path,
        [row.name for row in attack.rows],
        attack.before,
        attack.after,
        titles=("camera default", f"{attack.steps} steps up the score"),
        captions=[(f"\n{row.score[0]:.3f}  cast {row.default['cast']:.1f}", _outcome(row)) for row in attack.rows],
        pairs_across=min(3, len(attack.rows)),
        cell_px=340,
    )


def _outcome(row: Attacked) -> str:
    numbers = f"{row.score[1]:.3f}  chroma x{row.chroma_kept:.2f} (own x{row.own_chroma_kept:.2f})  cast {row.attacked['cast']:.1f}"
    return f"{numbers}\n{', '.join(row.wrong) or 'within the limits'}"
