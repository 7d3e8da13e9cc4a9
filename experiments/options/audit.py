"""Options of `attiqa audit`."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import tyro

from attiqa_core.errors import UsageError
from attiqa_core.sharing.shipped import HELD_OUT
from experiments.options import checks
from experiments.options.isp import IspOptions


@dataclass(frozen=True)
class Config:
    """Ask whether a policy's gain is real: held-out scenes and judges, its constant, its pictures, an attack; a verdict and a page.

    Of a policy that imitates an expert: whether it comes near examples that it never saw.
    """

    run: Annotated[Path, tyro.conf.Positional]
    """Run folder of `attiqa train`; verdict.json, audit.json and audit.html are written, or renewed, there."""
    raws: Annotated[tuple[Path, ...], tyro.conf.Positional] = ()
    """Held-out raw files and folders, or one store of `attiqa bake`, of which its test side is taken, else its validation
    side; none that the run trained on. Without any, packaged photographs as synthetic raws, as stand-ins."""
    judges: tuple[str, ...] = HELD_OUT
    """Held-out judges: the default ones ship and train no reward. One of the scorer's own family is no evidence, and is refused."""
    scorer: str | None = None
    """The scorer that the policy was trained against, where it lies elsewhere now."""
    errors: int = 2
    """Each raw so many times more as a camera records it whose exposure and white balance are wrong; a store has its own."""
    scene: str = ""
    """Regular expression whose first group is a raw's scene, e.g. '^(GOP[A-Z0-9]+)_'; else raws that one camera took within
    a minute of each other are one, else each name is. Intervals resample scenes."""
    fits: Path | None = None
    """Of a policy that imitates (`attiqa fit --as-policy`): fits of the held-out raws, a fits.json or the folder of `attiqa fit`."""
    steps: int = 24
    """Steps of each of the two climbs of the attack; where a program gives no gradient, pictures that each of two searches asks for."""
    permutations: int = 3
    """Pairs of an order of the parameters and its reverse, in which each one's share of the gain is told."""
    seed: int = 0
    """Seed of errors, noise and orders."""
    resume: bool = False
    """Go on with an audit that was ended: no check is made, and nothing is climbed, twice."""
    device: str = "auto"
    """auto, cpu or cuda."""
    program: IspOptions = field(default_factory=IspOptions)

    def check(self) -> None:
        """Raises: UsageError or InputError for what is wrong before anything is loaded."""
        checks.present(self.run, *self.raws)
        checks.at_least(self, errors=0, steps=1, permutations=1)
        checks.seed(self)
        if self.fits is not None:
            checks.present(self.fits)
        self._check_program()

    def _check_program(self) -> None:
        self.program.check()
        if self.program.isp is None:
            return
        self.program.refuse_beside(self, ("errors",))
        if self.program.has_gradient:
            raise UsageError(
                f"--isp {self.program.isp}: is a learned copy, and a verdict is about the program's own pictures; name its .toml file"
            )
        if not self.raws:
            raise UsageError("no raws named, and the program of --isp reads files; name held-out ones")
        self.program.refuse_stores(*self.raws)
