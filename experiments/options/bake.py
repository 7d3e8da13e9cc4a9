"""Options of `attiqa bake`."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import tyro

from attiqa_core.errors import UsageError
from experiments.options import checks
from experiments.options.refuse_unused import refuse_unused
from experiments.options.scaling import ScalingOptions
from isp_env.contexts.variations import ContextRanges
from isp_env.stores.bake_recipe import BakeRecipe, Precision


@dataclass(frozen=True, kw_only=True)
class Config:
    """Bake raws and photos into a store of proxies to train on: crops, mirrored, wrongly exposed and balanced, noisy.

    Each raw is decoded once. Scenes are split, never the contexts of one.
    """

    raws: Annotated[tuple[Path, ...], tyro.conf.Positional] = ()
    """Raw files or folders."""
    photos: tuple[Path, ...] = ()
    """Finished photos, files or folders: each becomes raws of drawn cameras, lights and ISO."""
    out: Path
    """Folder of the store."""
    variants: int = BakeRecipe.variants
    """Varied contexts of each raw."""
    photo_variants: int = BakeRecipe.photo_variants
    """Varied contexts of each photo."""
    right_white: float = BakeRecipe.right_white
    """Share of the varied contexts of each raw and photo whose white balance is right: what no error looks like, as a policy
    has to know of raws as they are. Exposure and noise are drawn all the same."""
    plain: bool = BakeRecipe.plain
    """Keep each raw as it is, too."""
    proxy_px: int = BakeRecipe.proxy_px
    """Size of the proxies: of about so many px squared, in the frame's shape."""
    crops: int = BakeRecipe.crops
    """Windows at native resolution beside each proxy, 0 to 3."""
    square: bool = BakeRecipe.square
    """Take the centre square only; else proxies have the shape of their raw."""
    precision: Precision = BakeRecipe.precision
    """Of the stored samples: uint16 takes half the space and moves no pixel of a render by 0.001 of its range."""
    ranges: ContextRanges = field(default_factory=ContextRanges)
    """From what the contexts are drawn."""
    scene: str = ""
    """Regular expression whose first group is a raw's scene, e.g. '^(GOP[A-Z0-9]+)_'; else raws that one camera took within
    a minute of each other are one, else each name is."""
    validation_share: float = 0.2
    """Share of the scenes that training is judged by, of raws and of photos each."""
    test_share: float = 0.0
    """Share of the scenes that are kept for the last judgement."""
    seed: int = 0
    """Seed of everything that is drawn."""
    workers: int = 1
    """Processes; two raws for each are in memory at a time."""
    sheet: bool = True
    """Also write sheet.jpg: some contexts at the camera default."""
    resume: bool = False
    """Go on with an interrupted store in the same folder."""
    scaling: ScalingOptions = field(default_factory=ScalingOptions)

    def check(self) -> None:
        """Raises: UsageError or InputError for what is wrong before anything is loaded."""
        checks.at_least(self, variants=0, photo_variants=1, proxy_px=32, workers=1)
        checks.among(self, "crops", (0, 1, 2, 3))
        checks.seed(self)
        self.ranges.check()
        self._check_shares()
        self._check_right_white()
        if not self.raws and not self.photos:
            raise UsageError("no raws named; give raw files or a folder that holds some, or --photos")
        if self.raws and not self.variants and not self.plain:
            raise UsageError("--variants 0 --no-plain: nothing would be made of the raws; leave one of them out")
        if not self.photos:
            refuse_unused(self, ("photo_variants",), "is about --photos")
        if not self.raws:
            refuse_unused(self, ("variants", "plain", "scene"), "is about raws, and only photos are named")
        checks.present(*self.raws)
        checks.photos(*self.photos)
        self.scaling.check()
        checks.new_folder(self.out, resume=self.resume or self.scaling.is_shared)

    def _check_right_white(self) -> None:
        if not 0 <= self.right_white <= 1:
            raise UsageError(f"--right-white {self.right_white:g}: is a share, from 0 to 1")
        if not (self.ranges.white_balance_mired or self.ranges.white_balance_duv):
            refuse_unused(self, ("right_white",), "no white balance is missed, by --white-balance-mired and -duv")
        if not self.photos and not self.variants:
            refuse_unused(self, ("right_white",), "is about varied contexts, and --variants 0 makes none")

    def _check_shares(self) -> None:
        shares = (self.validation_share, self.test_share)
        if not all(0 <= share <= 1 for share in shares) or sum(shares) > 1:
            raise UsageError(
                f"--validation-share {shares[0]:g} --test-share {shares[1]:g}: give shares that add up to 1 at most"
            )
