"""Options of `attiqa evaluate-fivek`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import tyro

from attiqa_core.errors import UsageError
from experiments.options import checks
from experiments.options.refuse_unused import refuse_unused
from isp_env.fivek.address import is_address, parse_address
from isp_env.fivek.protocols import PROTOCOLS, Protocol, find_protocol, of_photos_at
from isp_env.parameters.profile_files import find_profile


@dataclass(frozen=True)
class Config:
    """Compare pictures with an expert's of MIT-Adobe FiveK under a named protocol: PSNR, SSIM, Delta E, never without its hash."""

    fivek_dir: Annotated[Path, tyro.conf.Positional]
    """Folder of FiveK: the extracted archive, or what `attiqa fivek get` wrote; any folder, if --pictures and --targets name all. An
    address (fivek:DIR@own/test?hold-out=D700) puts its photos in the place of the protocol's, which makes it another protocol."""
    protocol: Annotated[str, tyro.conf.arg(help=f"{', '.join(PROTOCOLS)}, or a .toml file with a table [protocol].")]
    out: Path
    """Folder for results.json, photos.csv and sheet.jpg; must be new or empty, but with --resume."""
    pictures: Path | None = None
    """Folder of any method's pictures, JPEG, PNG or TIFF, whose names begin with the photo's (a0001); made from the protocol's input."""
    policy: Path | None = None
    """Run folder of `attiqa train`, or a bundle: its renders of the raws are compared."""
    params: Path | None = None
    """JSON file of parameter values, or a recipe, for all raws."""
    input: bool = False
    """Compare the neutral input and the camera default alone."""
    expert: Literal["a", "b", "c", "d", "e"] | None = None
    """Another expert than the protocol's, which makes it another protocol."""
    targets: Path | None = None
    """Folder of the expert's pictures as they were published with the protocol, sRGB of 8 bits; without it they are made from the
    16-bit TIFFs, and that is another protocol."""
    inputs: Path | None = None
    """Folder of the protocol's input pictures; without it the neutral input is InputAsShotZeroed, as the server has it."""
    allow_missing: bool = False
    """Compare what is here of the protocol's photos; such numbers are called "not comparable"."""
    beside: bool = True
    """Also compare the neutral input and the camera default, where they are here for every photo."""
    judges: tuple[str, ...] = ()
    """Judges that score the pictures of every row and the expert's, such as niqe and colour-naturalness, which train no reward."""
    study: Path | None = None
    """Also export a blind A/B study of the pictures against the expert's to this new folder, as `attiqa study export` does."""
    assume: Literal["prophoto"] | None = None
    """What TIFFs without an ICC profile are taken for; else they are refused."""
    profile: str = "core"
    """Of --params, as in `attiqa render`."""
    scorer: str | None = None
    """The policy's scorer, if it lies elsewhere than when it was trained."""
    device: str = "auto"
    """auto, cpu or cuda."""
    resume: bool = False
    """Go on with an interrupted run in the same folder; what was left out is tried again."""

    def check(self) -> None:
        """Raises: UsageError or InputError for what is wrong before anything is loaded."""
        asked = [flag for flag in ("pictures", "policy", "params", "input") if getattr(self, flag)]
        if len(asked) != 1:
            raise UsageError("--pictures, --policy, --params, --input: give one of them, which says what is compared")
        if self.policy is None:
            refuse_unused(self, ("scorer",), "is the scorer of a --policy, and none is given")
        if self.params is None:
            refuse_unused(self, ("profile",), "is about --params, and none are given")
        if self.input:
            refuse_unused(self, ("beside",), "--input compares those two alone")
        find_profile(self.profile)
        checks.present(self.fivek_dir, self.pictures, self.params, self.targets, self.inputs)
        checks.bundles(self.policy)
        self.measured_by()
        checks.new_folder(self.out, resume=self.resume)
        if self.study is not None:
            checks.new_folder(self.study, "study", resume=self.resume)
            if self.study.resolve() == self.out.resolve():
                raise UsageError(f"--study {self.study}: is --out itself; name another folder")

    @property
    def folder(self) -> Path:
        """The folder itself, of an address as well."""
        return parse_address(self.fivek_dir).folder if is_address(self.fivek_dir) else self.fivek_dir

    def measured_by(self) -> Protocol:
        """Return the protocol that is named, with the expert and the targets that are given. Raises: as `find_protocol`."""
        protocol = find_protocol(self.protocol)
        if is_address(self.fivek_dir):
            protocol = of_photos_at(protocol, self.fivek_dir)
        target = "tiff" if self.targets is None else "pictures"
        return protocol.differing(expert=self.expert or protocol.expert, target=target)
