"""The sheet of an imitation: what the program made, what the copy made, and their difference, where it is best and worst."""

from collections.abc import Sequence
from pathlib import Path

from experiments.drawing.sheets import comparison_sheet
from isp_env.learned_isp.held_out import PictureError, errors_of, made
from isp_env.learned_isp.network import LearnedNetwork
from isp_env.learned_isp.raw_pictures import RawPictures

MAGNIFIED = 4
TITLES = ("program", "learned", f"difference x {MAGNIFIED}", "program at its default")


def write_sheet(path: Path, network: LearnedNetwork, raws: Sequence[RawPictures]) -> Path:
    """Write the best, the median and the worst proxy among raws by Delta E 2000 of the learned picture, and return the path."""
    errors = [error for raw in raws for error in errors_of(network, raw) if error.kind == "proxy"]
    ordered = sorted(errors, key=lambda error: error.figures["learned"][0])
    last = len(ordered) - 1
    words = {last: "worst", last // 2: "median", 0: "best"}  # of one or two pictures not all
    named = {raw.name: raw for raw in raws}
    chosen = {words[place]: ordered[place] for place in sorted(words)}
    return comparison_sheet(
        path,
        [_row(network, named[error.raw], error) for error in chosen.values()],
        column_titles=TITLES,
        row_titles=[_title(word, error) for word, error in chosen.items()],
        cell_px=320,
    )


def _row(network: LearnedNetwork, raw: RawPictures, error: PictureError) -> list:
    stack = raw.stacks[0]
    program = stack.pictures[error.row, 0].float() / 255
    learned = made(network, raw, stack, raw.actions[error.row : error.row + 1])[0]
    return [program, learned, (MAGNIFIED * (learned - program).abs()).clamp(0, 1), stack.views[0, :3]]


def _title(word: str, error: PictureError) -> str:
    said = ", ".join(f"{what} {figures[0]:.2f}" for what, figures in error.figures.items())
    return f"{word}: {error.raw}, Delta E 2000: {said}"
