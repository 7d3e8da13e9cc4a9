"""People's choices to fine-tune on: the options of `attiqa finetune` that are about votes."""

from dataclasses import dataclass, fields
from pathlib import Path

from attiqa_core.errors import UsageError
from attiqa_core.training.recipe import VOTES_WEIGHT
from experiments.options import checks
from experiments.options.refuse_unused import refuse_unused


@dataclass(frozen=True)
class VoteOptions:
    """Options of fine-tuning on votes, alone or together with human scores."""

    votes: Path | None = None
    """CSV of people's choices to learn from: image_a,image_b,rater,choice[,scene] (votes.csv of `attiqa study analyse`); with --further."""
    votes_images: Path | None = None
    """Folder of the images in --votes; default beside the CSV."""
    votes_weight: float = VOTES_WEIGHT
    """What votes count for beside the human scores; without SCORES, beside the scores that the scorer gave before. Higher: nearer to
    the voters, farther from those."""
    votes_temperature: float | None = None
    """Difference of two scores, of the MOS range, at which 73 % choose the better one; default chosen by votes left out, scene by scene."""
    votes_keep: float | None = None
    """Penalty on how far the regressor's weights go from where they were; default chosen likewise."""

    def check(self) -> None:
        """Raises: UsageError or InputError for numbers out of range, options without --votes, and files that are not there."""
        if self.votes is None:
            refuse_unused(self, tuple(each.name for each in fields(self)), "is about --votes, the CSV of choices")
            return
        checks.above_zero(self, "votes_weight")
        if self.votes_temperature is not None:
            checks.above_zero(self, "votes_temperature")
        if self.votes_keep is not None:
            checks.at_least(self, votes_keep=0)
        if not self.votes.is_file() and self.votes.exists():
            raise UsageError(f"--votes {self.votes}: is a folder; name the CSV of choices in it")
        checks.present(self.votes, self.votes_images)
