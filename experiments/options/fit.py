"""Options of `attiqa fit`."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

import tyro

from attiqa_core.errors import UsageError
from experiments.options import checks
from experiments.options.imitating import Imitating
from experiments.options.raw_reading import RawReading
from experiments.options.refuse_unused import refuse_unused
from isp_env.parameters.profile_files import find_profile
from isp_env.parameters.table import KNOWN

CAMERA = Path("camera")
"""In place of references: the picture that each raw has embedded."""
SMALLEST_LUT, LARGEST_LUT = 3, 33


@dataclass(frozen=True, kw_only=True)
class Config:
    """Find the parameters that reproduce given pictures of raws (an expert's, the camera's, another program's), by least squares
    through the ISP; and what is left over.

    A reference has the stem of its raw: a0001-x.dng, a0001-x.tif.
    """

    raws: Annotated[tuple[Path, ...], tyro.conf.Positional] = ()
    """Raw files or folders."""
    reference: tuple[Path, ...] = ()
    """Finished pictures, files or folders; or the word camera for the picture that each raw has embedded."""
    out: Path
    """Folder for recipes, tables and fits.json."""
    profile: str = "core"
    """Parameters that are fitted: core, core+lens, core+curve, exposure8 or a .toml file."""
    within_ranges: bool = False
    """Stay in the profile's ranges, so that an agent's action can say it; else a value goes as far as its stage takes."""
    start: Path | None = None
    """Where to begin, and what --prior pulls towards: a .csv or .json with values for each raw by its name, such as a catalogue's
    sliders; a recipe; or fits.json."""
    prior: float = 1e-4
    """Weight of the pull towards the start: squared distance in usual spreads, beside half the mean squared Delta E or so."""
    starts: int = 3
    """Places from which each fit begins, the given one first."""
    together: bool = False
    """One setting for all raws in place of one for each."""
    own: tuple[str, ...] = ()
    """With --together: parameters that each raw has for itself, such as exposure_ev temperature_mired tint_duv."""
    curve: Literal["none", "channels", "lightness"] = "none"
    """Also fit a rising curve on the finished picture: of each channel, or of lightness."""
    lut: int | None = None
    """Also fit a 3D table of so many points a side on the finished picture, after the curve; 17 is usual."""
    correct: Literal["image", "set"] = "image"
    """Fit curve and table to each raw's picture alone, or to all of them together."""
    proxy_px: int = 160
    """Size of the proxies: of about so many px squared."""
    scene: str = ""
    """Regular expression whose first group is a raw's scene, which curve and table of a set are judged without; else raws that
    one camera took within a minute of each other are one."""
    assume: Literal["srgb", "prophoto"] = "srgb"
    """What references are taken for that are TIFFs without an ICC profile."""
    sheet: bool = True
    """Also write sheet.jpg: camera default, fit, reference and error of the first 24."""
    reading: RawReading = field(default_factory=RawReading)
    """What is known of the sensor."""
    imitating: Imitating = field(default_factory=Imitating)
    """What else becomes of the fits."""
    seed: int = 0
    """Seed of the further starts, and of a policy."""
    resume: bool = False
    """Go on with an interrupted run in the same folder; what failed is tried again."""

    def check(self) -> None:
        """Raises: UsageError or InputError for what is wrong before anything is loaded."""
        checks.at_least(self, prior=0, starts=1, proxy_px=32)
        checks.seed(self)
        if self.lut is not None and not SMALLEST_LUT <= self.lut <= LARGEST_LUT:
            raise UsageError(f"--lut {self.lut}: give {SMALLEST_LUT} to {LARGEST_LUT} points a side, such as 17")
        checks.named(self.raws, "no raws named; give raw files or a folder that holds some")
        if not self.reference:
            raise UsageError("--reference: give pictures of the raws, or their folder, or the word camera")
        if CAMERA in self.reference and len(self.reference) > 1:
            raise UsageError("--reference camera: stands alone, for the picture that each raw has embedded")
        checks.no_address(*self.reference, cure="name the folder of an expert's pictures, such as DIR/img/tiff16_c")
        checks.present(*(path for path in self.reference if path != CAMERA), self.start)
        if self.start is not None and self.start.suffix.lower() not in (".csv", ".json"):
            raise UsageError(f"--start {self.start}: give a .csv or .json file")
        if not self.together:
            refuse_unused(self, ("own",), "is about one setting for all; give --together, too")
        if self.curve == "none" and self.lut is None:
            refuse_unused(self, ("correct",), "is about --curve and --lut, and neither is given")
        self._check_own()
        self.reading.check()
        self.imitating.check()
        checks.new_folder(self.out, resume=self.resume)

    def _check_own(self) -> None:
        profile = find_profile(self.profile)
        for name in self.own:
            if name not in profile.names:
                known = "is fixed in" if name in KNOWN else "is no parameter of"
                raise UsageError(f"--own {name}: {known} profile {profile.name}; it has {', '.join(profile.names)}")
        if self.together and set(self.own) >= set(profile.names):
            raise UsageError("--own: names every parameter, and leaves none for --together; leave both out")
