"""Options of `attiqa finetune`."""

from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Annotated, Literal

import tyro

from attiqa_core.errors import UsageError
from attiqa_core.network.architecture import Architecture
from experiments.options import checks
from experiments.options.preferences import VoteOptions
from experiments.options.rated_data import RatedData
from experiments.options.recipe import OF_EPOCHS, Recipe
from experiments.options.refuse_unused import refuse_unused

OF_THE_SCORER = ("pooling", "regressor", "resize", "crop", "sizes")
"""How a scorer is built and reads a picture: one that learns from votes keeps its own."""


@dataclass(frozen=True)
class Config:
    """Fine-tune a pretrained network on human scores, or a scorer on people's choices, and store it as a frozen, verified scorer."""

    scores: Annotated[Path | None, tyro.conf.Positional] = None
    """A CSV with the columns image,mos, or the folder of a data set's original files; beside --votes it may be left out."""
    out: Path = Path("runs/finetune")
    """Run folder to write; the scorer lies in its scorer/."""
    pretrained: Path | None = None
    """Run folder of `attiqa pretrain`; without it the encoder starts as --init says."""
    further: str | None = None
    """A stored scorer, by its shipped name or folder, that goes on learning, its regressor too; with --start kept."""
    backbone: str = Architecture.backbone
    """Any timm backbone, where there is no --pretrained."""
    hidden: int = Architecture.hidden
    """Width of each attribute head, where there is no --pretrained."""
    init: Literal["imagenet", "random"] = "imagenet"
    """Encoder's start where there is no --pretrained."""
    hold_out: float = 0.0
    """Share of the images, and of the scenes in --votes, that is not trained on, and tested on at the end; 0: all are trained on."""
    gate: bool = False
    """Ask the scorer at the end whether it may be a reward, and keep the report beside it, as `attiqa gate` does."""
    attributes_of: str | None = None
    """A scorer, by its shipped name or folder, whose attribute scores the finished one is to give: its heads' output layers are
    solved for at the end. Without it they are the start's, which the encoder has left behind."""
    half: bool = False
    """Store the scorer's weights as fp16."""
    seed: int = 0
    """Seed of everything random."""
    data: RatedData = field(default_factory=RatedData)
    """How the scores are read."""
    preferences: VoteOptions = field(default_factory=VoteOptions)
    """People's choices."""
    recipe: Recipe = field(default_factory=Recipe)
    """How the network is fine-tuned."""
    device: str = "auto"
    """auto, cpu or cuda."""
    cache_gb: float = 4.0
    """Memory for decoded photos, in 2**30 bytes; what does not fit is decoded again each epoch."""
    compile: bool = False
    """Compile the encoder (torch.compile)."""
    resume: bool = False
    """Go on from the last finished epoch in --out."""

    def check(self) -> None:
        """Raises: UsageError or InputError for what is wrong before anything is loaded."""
        self.preferences.check()
        self._check_votes()
        self.recipe.check(head_learns=self.learns_from_votes)
        self._refuse_unused()
        checks.at_least(self, hidden=1, cache_gb=0)
        checks.shares_below_one(self, "hold_out")
        checks.seed(self)
        if self.scores is not None:
            self.data.check(self.scores)
        checks.present(self.pretrained)
        checks.new_folder(self.out, resume=self.resume)

    @property
    def learns_from_votes(self) -> bool:
        """Whether people's choices are among what is learned from."""
        return self.preferences.votes is not None

    @property
    def decodes_once(self) -> bool:
        """Whether each picture is asked for once: a guarded regressor also spoils it."""
        return self.recipe.encoder_is_frozen and self.recipe.regressor != "guarded"

    def _check_votes(self) -> None:
        if self.scores is None and not self.learns_from_votes:
            raise UsageError("usage: attiqa finetune SCORES [OPTIONS]; or name people's choices with --votes")
        if not self.learns_from_votes:
            return
        if self.further is None:
            raise UsageError("--votes: move a scorer's taste; name it with --further SCORER --start kept")
        said = f"is said by --further {self.further}"
        refuse_unused(self.recipe, OF_THE_SCORER, said)
        if self.scores is None:
            refuse_unused(
                self.data, tuple(each.name for each in fields(self.data)), "is about SCORES, and none are given"
            )
        if self.recipe.encoder_is_frozen:
            why = "with --votes and --freeze all the regressor is solved for, not trained"
            refuse_unused(self.recipe, OF_EPOCHS, why)

    def _refuse_unused(self) -> None:
        if (self.further is None) == (self.recipe.start == "kept"):
            raise UsageError("--further SCORER and --start kept: one needs the other")
        if self.further is not None:
            said = f"is said by --further {self.further}"
            refuse_unused(self, ("pretrained", "backbone", "hidden", "init"), said)
        if self.pretrained is not None:
            refuse_unused(self, ("backbone", "hidden", "init"), f"is said by --pretrained {self.pretrained}")
        if self.recipe.runs_uncompiled:
            refuse_unused(self, ("compile",), self.recipe.runs_uncompiled)
        if self.decodes_once:
            refuse_unused(self, ("cache_gb",), "with --freeze all each picture is decoded once")
