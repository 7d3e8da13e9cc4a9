"""Options of `attiqa render`."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import tyro

from attiqa_core.errors import UsageError
from experiments.options import checks
from experiments.options.lens import LensOptions
from experiments.options.picture_output import PictureOutput
from experiments.options.raw_reading import RawReading
from experiments.options.refuse_unused import refuse_unused
from isp_env.profile_files import find_profile


@dataclass(frozen=True)
class Config:
    """Render raws at full size with a trained policy, given parameters, or the camera default; a recipe beside each picture."""

    raws: Annotated[tuple[Path, ...], tyro.conf.Positional]
    """Raw files or folders."""
    out: Path
    """Folder for the pictures; must be new or empty."""
    policy: Path | None = None
    """Run folder of `attiqa train`."""
    goal: tuple[str, ...] = ()
    """What a policy of several tastes is to go for, such as noise_gain=0.5: from -1, a quarter of that weight, to 1, four times
    as much; 0, where nothing is named, is the weight as it is."""
    params: Path | None = None
    """JSON file with parameter values ({"exposure_ev": 0.3, ...}), or a recipe.json written by this command."""
    profile: str = "core"
    """core, core+lens, core+curve, exposure8 or a TOML file: what it freezes stays so unless a value is given; ranges limit nothing here."""
    scorer: str | None = None
    """The policy's scorer, if it lies elsewhere than when it was trained."""
    reading: RawReading = field(default_factory=RawReading)
    """What is known of the sensor."""
    output: PictureOutput = field(default_factory=PictureOutput)
    sheet: bool = True
    """Also write sheet.jpg: camera default and result side by side."""
    of_lens: LensOptions = field(default_factory=LensOptions)
    device: str = "auto"
    """auto, cpu or cuda."""

    def check(self) -> None:
        """Raises: UsageError or InputError for what is wrong before anything is loaded."""
        if self.policy is not None and self.params is not None:
            raise UsageError("--policy and --params: give one of them (or neither for the camera default)")
        if self.scorer is not None and self.policy is None:
            raise UsageError("--scorer: is the scorer of a --policy, and none is given; leave it out")
        if self.goal and self.policy is None:
            raise UsageError("--goal: is about a --policy, and none is given; leave it out")
        self.goals()
        self.of_lens.check()
        self.output.check()
        if self.policy is not None:
            refuse_unused(self, ("profile",), "a --policy has its own")
        find_profile(self.profile)
        self.reading.check()
        checks.named(self.raws, "no raws named; give raw files or a folder that holds some")
        checks.present(self.policy, self.params)
        checks.new_folder(self.out)

    def goals(self) -> dict[str, float]:
        """Return the numbers of --goal by their names. Raises: UsageError for what is no NAME=NUMBER, or a name given twice."""
        found: dict[str, float] = {}
        for word in self.goal:
            name, _, number = word.partition("=")
            try:
                value = float(number)
            except ValueError:
                raise UsageError(f"--goal {word}: give NAME=NUMBER, such as noise_gain=0.5") from None
            if name in found:
                raise UsageError(f"--goal {word}: {name} is given twice; give it once")
            found[name] = value
        return found
