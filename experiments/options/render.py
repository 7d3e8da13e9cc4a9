"""Options of `attiqa render`."""

import difflib
import sys
from dataclasses import asdict, dataclass, field, fields, is_dataclass
from pathlib import Path
from typing import Annotated, Any

import tyro

from attiqa_core.errors import UsageError
from experiments.options import checks
from experiments.options.isp import IspOptions
from experiments.options.lens import LensOptions
from experiments.options.named_numbers import named_numbers
from experiments.options.picture_output import PictureOutput
from experiments.options.raw_reading import RawReading
from experiments.options.raw_words import STDIN, check_words
from experiments.options.refuse_unused import refuse_unused
from experiments.options.render_folder import check_folder
from experiments.options.scaling import ScalingOptions
from experiments.options.sidecars import Sidecars
from isp_env.parameters.profile_files import find_profile
from isp_env.parameters.table import KNOWN


@dataclass(frozen=True)
class Config:
    """Render raws at full size with a trained policy, given parameters, or the camera default; a recipe beside each picture."""

    raws: Annotated[tuple[Path, ...], tyro.conf.Positional]
    """Raw files, folders, quoted globs such as 'card*/DCIM', or - for a list on standard input, one a line or NUL-separated."""
    out: Path
    """Folder for the pictures, which lie in it as the raws do below the folder named; new or empty, or --resume."""
    resume: bool = False
    """Go on in --out: what is finished and equal is skipped (same content of the raw, parameters or policy, options and version);
    what is missing or was made otherwise is made again. No picture of another raw is ever overwritten."""
    policy: Path | None = None
    """Run folder of `attiqa train`, a bundle of `attiqa export`, or org/name@COMMIT on the hub."""
    goal: tuple[str, ...] = ()
    """What a policy of several tastes is to go for, such as noise_gain=0.5: from -1, a quarter of that weight, to 1, four times
    as much; 0, where nothing is named, is the weight as it is."""
    params: Path | None = None
    """JSON file with parameter values ({"exposure_ev": 0.3, ...}), or a recipe: NAME.recipe.json of this command, recipe.json of `attiqa train`."""
    benchmark: Path | None = None
    """Run folder of `attiqa benchmark`: what its tuners found for these raws, rendered to a folder for each below --out, as
    `attiqa study export` takes them."""
    tuners: tuple[str, ...] = ()
    """Rows of that --benchmark, such as default gradient-64; by default all."""
    set: tuple[str, ...] = ()
    """Parameter values by name, such as exposure_ev=0.3 saturation=0.1; they win over those of --params."""
    profile: str = "core"
    """core, core+lens, core+curve, exposure8 or a TOML file: what it freezes stays so unless a value is given; ranges limit nothing here."""
    scorer: str | None = None
    """The policy's scorer, if it lies elsewhere than when it was trained."""
    reading: RawReading = field(default_factory=RawReading)
    """What is known of the sensor."""
    output: PictureOutput = field(default_factory=PictureOutput)
    sheet: bool = True
    """Also write sheet.jpg: camera default and result side by side, the first 24."""
    look: bool = False
    """Also write look.html: a page of all pictures with before and after, 1:1, parameters and histograms (`attiqa look`)."""
    sidecars: Sidecars = field(default_factory=Sidecars)
    lens_correction: LensOptions = field(default_factory=LensOptions)
    jobs: int | None = None
    """Pictures made at once, each with a raw and a picture in memory; by default as many as processors, 2 to 4."""
    watch: bool = False
    """Also render what arrives in the folders, once its size stands still, until Ctrl-C; goes on as with --resume, and writes no sheet."""
    json: bool = False
    """Print a JSON object for each raw on stdout as it is finished, and one with the counts at the end."""
    device: str = "auto"
    """auto, cpu or cuda."""
    program: IspOptions = field(default_factory=IspOptions)
    scaling: ScalingOptions = field(default_factory=ScalingOptions)

    def check(self) -> None:
        """Raises: UsageError or InputError for what is wrong before anything is loaded."""
        if self.policy is not None and self.params is not None:
            raise UsageError("--policy and --params: give one of them (or neither for the camera default)")
        if self.scorer is not None and self.policy is None:
            raise UsageError("--scorer: is the scorer of a --policy, and none is given; leave it out")
        if self.goal and self.policy is None:
            raise UsageError("--goal: is about a --policy, and none is given; leave it out")
        self.goals()
        self._check_benchmark()
        self.lens_correction.check()
        self.output.check()
        self.sidecars.check()
        self._check_isp()
        self.values()
        if self.policy is not None:
            refuse_unused(self, ("profile", "set"), "a --policy has its own")
        find_profile(self.profile)
        self.reading.check()
        check_words(self.raws)
        if STDIN in self.raws and sys.stdin.isatty():
            raise UsageError("-: reads a list of raws from standard input, which is the keyboard; pipe one in")
        if self.watch and not all(word.is_dir() for word in self.raws):
            raise UsageError("--watch: watches folders; name folders only")
        if self.watch and self.look:
            raise UsageError("--look and --watch: a page is of a run that ends; make it later, by attiqa look")
        if self.jobs is not None:
            checks.at_least(self, jobs=1)
        checks.bundles(self.policy)
        checks.present(self.params, self.benchmark)
        self._check_shared()
        check_folder(self.out, resume=self.resume or self.watch, is_shared=self.scaling.is_shared)

    def _check_shared(self) -> None:
        self.scaling.check()
        if not self.scaling.is_shared:
            return
        why = "is for one process alone, and others work on this folder as well"
        refuse_unused(self, ("watch", "json", "benchmark"), why)
        if STDIN in self.raws:
            raise UsageError("-: a list on standard input is for one process alone; name files or folders")

    def _check_benchmark(self) -> None:
        if self.benchmark is None:
            refuse_unused(self, ("tuners",), "is about a --benchmark, and none is given")
            return
        refuse_unused(self, ("policy", "params", "set", "profile"), "the parameters are said by --benchmark")
        refuse_unused(self, ("watch",), "a --benchmark is of the raws that it was of")
        refuse_unused(self.program, ("isp",), "a --benchmark is rendered by our own ISP")

    def _check_isp(self) -> None:
        """What our own ISP, or our reading of the raw, has a hand in plays no part in another program's pictures."""
        self.program.check()
        self.program.refuse_beside(self, ("profile", "look"))
        self.program.refuse_beside(self.output, ("space",))
        for group in (self.reading, self.sidecars, self.lens_correction):
            self.program.refuse_beside(group, tuple(each.name for each in fields(group)))

    def goals(self) -> dict[str, float]:
        """Return the numbers of --goal by their names. Raises: UsageError for what is no NAME=NUMBER, or a name given twice."""
        return named_numbers("--goal", self.goal, "noise_gain=0.5")

    def values(self) -> dict[str, float]:
        """Return the numbers of --set by their names. Raises: UsageError as `goals`, and for no parameter's name or value."""
        given = named_numbers("--set", self.set, "exposure_ev=0.3")
        known = KNOWN if self.program.isp is None else self.program.profile(self.profile).known
        for name, value in given.items():
            if name not in known:
                near = difflib.get_close_matches(name, known, n=1, cutoff=0)
                where = "docs/parameters.md" if self.program.isp is None else self.program.isp
                raise UsageError(f"--set {name}: no such parameter; did you mean {near[0]}? {where} has them all")
            low, high = known[name].limits
            if not low <= value <= high:
                raise UsageError(f"--set {name}={value:g}: give {low:g} to {high:g} {known[name].unit}".rstrip())
        return given

    def decides_pictures(self) -> dict[str, Any]:
        """Return the options that pixels or files depend on besides the parameters: those of the file, and every other group."""
        groups = {
            name: asdict(group)
            for name, group in vars(self).items()
            if is_dataclass(group)
            and not isinstance(group, type)
            and name not in ("program", "scaling")  # chosen, as parameters are; and who does it
        }
        return {**groups.pop("output"), **groups}
