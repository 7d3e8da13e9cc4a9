"""Options of `attiqa imitate`."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import tyro

from attiqa_core.errors import UsageError
from experiments.options import checks
from experiments.options.refuse_unused import refuse_unused
from isp_env.learned_isp.recipe import ImitationRecipe


@dataclass(frozen=True, kw_only=True)
class Config:
    """Train a fast, differentiable copy of a program on its pictures, and state how far it is from the program.

    The program is asked for pictures of the raws under drawn parameters. Whole scenes, and parameters of every raw, are kept
    for judging.
    """

    raws: Annotated[tuple[Path, ...], tyro.conf.Positional] = ()
    """Raw files or folders."""
    isp: Path | None = None
    """The program: its description, a .toml file. Without it our own ISP, to see how near a copy comes."""
    out: Path
    """Folder of the copy."""
    pictures: int = 32
    """Pictures of each raw to train on."""
    held_out_pictures: int = 8
    """Pictures of each raw to judge by, at parameters that nobody trains on."""
    held_out_share: float = 0.25
    """Share of the scenes that nobody trains on; one at least."""
    scene: str = ""
    """Regular expression whose first group is a raw's scene; else raws that one camera took within a minute of each other are one."""
    profile: str = "core"
    """Of our own ISP: its parameters and their ranges, core, core+lens, core+curve, exposure8 or a .toml file."""
    proxy_px: int = 160
    """Size of the proxies: of about so many px squared. Agents are trained at the same."""
    crops: int = 2
    """Windows at native resolution beside each proxy, 0 to 3."""
    recipe: ImitationRecipe = field(default_factory=ImitationRecipe)
    """The numbers of the training."""
    cache: Path | None = None
    """Where the program's pictures are kept; else in the user's cache."""
    jobs: int | None = None
    """Copies of the program that run at once; else one for each processor, 4 at most."""
    device: str = "auto"
    """auto, cpu or cuda: where the network is trained."""
    seed: int = 0
    """Seed of everything that is drawn."""
    resume: bool = False
    """Go on with an interrupted run in the same folder; pictures that failed are asked for again."""

    def check(self) -> None:
        """Raises: UsageError or InputError for what is wrong before anything is loaded."""
        checks.at_least(self, pictures=1, held_out_pictures=1, proxy_px=32, jobs=1)
        checks.among(self, "crops", (0, 1, 2, 3))
        checks.shares_below_one(self, "held_out_share")
        checks.seed(self)
        self.recipe.check()
        checks.named(self.raws, "no raws named; give raw files or a folder that holds some")
        if self.isp is None:
            refuse_unused(self, ("cache", "jobs"), "is about another program; name it by --isp")
        else:
            checks.present(self.isp)
            refuse_unused(self, ("profile",), "is about our own ISP; the program has parameters of its own")
            if self.isp.suffix != ".toml":
                raise UsageError(f"--isp {self.isp}: is no .toml file; a copy is made of a program, not of a copy")
        checks.new_folder(self.out, resume=self.resume)
