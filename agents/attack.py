"""An attack on a scorer: its score alone is climbed through the ISP, and what became of the pictures is told.

No term of the reward holds the climb back, so that what a scorer likes wrongly shows: grey, tint, haze, noise. The limits
are those of a picture that is still a rendering of its raw.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass

import torch

from agents.ascent import LEARNING_RATE, ascend
from attiqa_core.errors import InputError
from attiqa_core.judges.judge import Judge
from attiqa_core.tensors import Scores
from isp_env.core import Actions, IspCore
from isp_env.measures.picture import PictureMeasures
from isp_env.rendering.squares import Pictures, read_whole

CHUNK = 4
"""Raws that are climbed as one batch; the gradients of more take a machine's memory."""

CHROMA_KEPT = (0.8, 1.4)
"""Mean Lab chroma over the camera default's: outside, colour was drained or poured in."""
CAST_GAINED = 2.0
"""Distance in Lab a*b* by which the picture's own white may be farther from neutral than the camera default's."""


@dataclass(frozen=True)
class Attacked:
    """One raw: score and measures of the camera default and of the attacked render, and the parameters that were found.

    `judges`: the gain that each judge sees who was not climbed; below 0 it calls the attacked picture worse.
    """

    name: str
    score: tuple[float, float]
    default: dict[str, float]
    attacked: dict[str, float]
    judges: dict[str, float]
    params: dict[str, float]

    @property
    def chroma_kept(self) -> float:
        """Chroma of the attacked picture over the default's."""
        return self.attacked["chroma"] / max(self.default["chroma"], 1e-6)

    @property
    def own_chroma_kept(self) -> float:
        """The same about each picture's own white: what was kept of colour that is no cast."""
        return self.attacked["own_chroma"] / max(self.default["own_chroma"], 1e-6)

    @property
    def cast_gained(self) -> float:
        """How much farther from neutral the picture's own white is."""
        return self.attacked["cast"] - self.default["cast"]

    @property
    def wrong(self) -> list[str]:
        """What lies outside the limits, and who calls it worse."""
        low, high = CHROMA_KEPT
        kept = self.chroma_kept
        colour = ["drained"] if kept < low else ["garish"] if kept > high else []
        cast = ["cast"] if self.cast_gained > CAST_GAINED else []
        against = [name for name, gain in self.judges.items() if gain < 0]
        return [*colour, *cast, *([f"worse to {' and '.join(against)}"] if against else [])]


@dataclass(frozen=True)
class Attack:
    """All raws, and the pictures before and after, each (3, height, width)."""

    rows: tuple[Attacked, ...]
    steps: int
    before: Sequence[torch.Tensor]
    after: Sequence[torch.Tensor]

    def to_dict(self) -> dict:
        """Return the numbers, ready for JSON."""
        return {"steps": self.steps, "raws": [{**asdict(row), "wrong": row.wrong} for row in self.rows]}


def climb(
    score: Callable[[Actions], Scores], start: Actions, steps: int, names: Sequence[str], lr: float = LEARNING_RATE
) -> Actions:
    """Return for each row the best of `steps` + 1 actions in [-1, 1] on the way up from `start`, by its own score.

    `score` must give each row from that row alone. Raises: InputError naming the raw whose score or gradient is not finite.
    """
    found = ascend(score, start, steps + 1, lr)
    for what, broke in (("score", found.value_broke), ("gradient", found.gradient_broke)):
        if broke.any():
            raise InputError(f"{names[int(broke.nonzero()[0])]}: the {what} is not finite while the score is climbed")
    return found.best


def attack(
    core: IspCore,
    judges: Mapping[str, Judge],
    steps: int,
    progress: Callable[[int], object] = lambda done: None,
) -> Attack:
    """Return what climbing the score of the core's judge does to each of its raws; `progress` is told how many more are done.

    `judges` see the proxies' renders before and after. Raises: InputError naming the raw whose score or
    gradient is not finite.
    """
    rows: list[Attacked] = []
    before, after = [], []
    for ids in torch.arange(len(core), device=core.device).split(CHUNK):
        names = [core.names[index] for index in ids.tolist()]
        start = core.identity.expand(len(ids), -1)

        def score(actions: Actions, ids: torch.Tensor = ids) -> Scores:
            return read_whole(core.scorer, core.render(ids, actions)[0])[0]

        found = climb(score, start, steps, names)
        with torch.no_grad():
            pictures = core.render(ids, start)[0], core.render(ids, found)[0]
        rows += _rows(core, judges, names, *pictures, found)
        before += [picture.cpu() for picture in pictures[0]]
        after += [picture.cpu() for picture in pictures[1]]
        progress(len(ids))
    return Attack(tuple(rows), steps, before, after)


def _rows(
    core: IspCore, judges: Mapping[str, Judge], names: Sequence[str], before: Pictures, after: Pictures, found: Actions
) -> list[Attacked]:
    with torch.no_grad():
        scores = [read_whole(core.scorer, pictures)[0].tolist() for pictures in (before, after)]
    gains = {name: (judge.score(after) - judge.score(before)).tolist() for name, judge in judges.items()}
    measures = [[PictureMeasures.of(picture[None]).row(0) for picture in pictures] for pictures in (before, after)]
    params = core.params(found).to_dicts()
    return [
        Attacked(
            name,
            (scores[0][index], scores[1][index]),
            measures[0][index],
            measures[1][index],
            {judge: gain[index] for judge, gain in gains.items()},
            params[index],
        )
        for index, name in enumerate(names)
    ]


def describe(found: Attack) -> str:
    """Return the attack as a table for people: default -> attacked, and what is wrong with the result."""
    widths = "{:<34}{:>16}{:>8}{:>7}{:>14}{:>15}{:>17}   {}"
    lines = [
        f"{found.steps} steps of gradient ascent on the score alone, from the camera default (own: chroma about its own white):",
        widths.format("raw", "score", "chroma", "own", "cast", "clipped", "noise", "wrong"),
    ]
    for row in found.rows:
        one, two = row.default, row.attacked
        lines.append(
            widths.format(
                row.name[:33],
                f"{row.score[0]:.3f} > {row.score[1]:.3f}",
                f"x{row.chroma_kept:.2f}",
                f"x{row.own_chroma_kept:.2f}",
                f"{one['cast']:.1f} > {two['cast']:.1f}",
                f"{one['clipped']:.1%} > {two['clipped']:.1%}",
                f"{one['noise']:.4f} > {two['noise']:.4f}",
                ", ".join(row.wrong),
            )
        )
    return "\n".join([*lines, summary(found)])


def summary(found: Attack) -> str:
    """Return in a sentence how many raws stayed within the limits, and how many each judge calls worse."""
    rows, (low, high) = found.rows, CHROMA_KEPT
    colour = sum(low <= row.chroma_kept <= high for row in rows)
    white = sum(row.cast_gained <= CAST_GAINED for row in rows)
    parts = [
        f"chroma within x{low:g} to x{high:g} in {colour} of {len(rows)}",
        f"cast gained at most {CAST_GAINED:g} in {white}",
    ]
    parts += [f"worse to {name} in {sum(row.judges[name] < 0 for row in rows)}" for name in rows[0].judges]
    return "; ".join(parts)
