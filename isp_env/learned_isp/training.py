"""Training: windows of pictures drawn by a seed, L1 in display space and in the colour planes of CIELAB."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import torch
from torch import Tensor

from attiqa_core.srgb import lab_from_srgb
from attiqa_core.tensors import Images
from attiqa_core.training import loop
from isp_env.learned_isp.network import REACH_PX, LearnedNetwork
from isp_env.learned_isp.raw_pictures import RawPictures, fewest
from isp_env.learned_isp.recipe import ImitationRecipe

COLOUR_WEIGHT = 0.5
"""Of a* and b* over 100 beside display RGB: a cast of one step is seen long before a step of brightness is."""
CROPS_SHARE = 0.3
"""Of the windows, where there are crops."""


def picture_loss(made: Images, wanted: Images) -> Tensor:
    """Return the mean distance of pictures: of display RGB, and of a* and b* in CIELAB; gradients are finite everywhere."""
    colour = (lab_from_srgb(made)[:, 1:] - lab_from_srgb(wanted)[:, 1:]).abs().mean() / 100
    return (made - wanted).abs().mean() + COLOUR_WEIGHT * colour


def train(
    network: LearnedNetwork,
    raws: Sequence[RawPictures],
    recipe: ImitationRecipe,
    *,
    seed: int,
    run: Path | None = None,
    quiet: bool = False,
) -> None:
    """Train the network in place; with a run folder it goes on from the last checkpoint, bit for bit."""
    device = network.default_action.device
    optimizer = torch.optim.AdamW(network.parameters(), lr=recipe.lr, weight_decay=recipe.weight_decay)

    def losses(generator: torch.Generator, first: int = 0) -> Iterator[Tensor]:
        for step in range(recipe.steps_per_epoch):
            drawn = drawn_windows(raws, recipe, generator)
            if step >= first:
                views, statistics, shrinking, actions, wanted = (each.to(device) for each in drawn)
                made = network(views, statistics, shrinking, actions)
                yield picture_loss(_inner(made), _inner(wanted.float() / 255))

    loop.train(
        network,
        optimizer,
        losses,
        epochs=recipe.epochs,
        steps_per_epoch=recipe.steps_per_epoch,
        clip_norm=1.0,
        average=recipe.average,
        seed=seed,
        run=run,
        label="learned ISP",
        quiet=quiet,
    )


def drawn_windows(
    raws: Sequence[RawPictures], recipe: ImitationRecipe, generator: torch.Generator
) -> tuple[Tensor, ...]:
    """Return views, statistics, shrinking, actions and pictures of a batch: every picture of every raw is as likely."""
    counts = torch.tensor([len(raw) for raw in raws])
    parts = [_one(raws, counts, recipe.window_px, generator) for _ in range(recipe.batch_size)]
    return tuple(torch.stack(each) for each in zip(*parts, strict=True))


def _one(raws: Sequence[RawPictures], counts: Tensor, window_px: int, generator: torch.Generator) -> tuple[Tensor, ...]:
    place = _whole_number(int(counts.sum()), generator)
    index = int((counts.cumsum(0) <= place).sum())
    raw, row = raws[index], place - int(counts[:index].sum())
    in_crops = float(torch.rand((), generator=generator)) < CROPS_SHARE
    stack = raw.stacks[1 if in_crops and len(raw.stacks) > 1 else 0]
    view = _whole_number(len(stack.views), generator)
    edge = min(window_px, fewest(raws))
    height, width = stack.views.shape[-2:]
    top, left = (_whole_number(side - edge + 1, generator) for side in (height, width))
    rows, columns = slice(top, top + edge), slice(left, left + edge)
    return (
        stack.views[view, :, rows, columns],
        raw.statistics,
        torch.tensor(stack.shrinking),
        raw.actions[row],
        stack.pictures[row, view, :, rows, columns],
    )


def _whole_number(below: int, generator: torch.Generator) -> int:
    return int(torch.randint(below, (), generator=generator))


def _inner(images: Tensor) -> Tensor:
    """The middle of windows, whose pixels saw all of their neighbours."""
    return images[..., REACH_PX:-REACH_PX, REACH_PX:-REACH_PX]
