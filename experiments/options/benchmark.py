"""Options of `attiqa benchmark`."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import tyro

from agents.tuners import REFINED, find_tuner, named
from attiqa_core.errors import UsageError
from attiqa_core.sharing.shipped import BENCHMARK_JUDGES
from experiments.options import checks
from experiments.options.isp import IspOptions
from experiments.options.refuse_unused import refuse_unused
from isp_env.parameters.profile_files import find_profile
from isp_env.reward_weights import WEIGHTS, RewardWeights


@dataclass(frozen=True)
class Config:
    """Compare tuners on held-out raws: full-size score, gain over the camera default with an interval, and the price."""

    raws: Annotated[tuple[Path, ...], tyro.conf.Positional]
    """Held-out raw files or folders."""
    out: Path = Path("runs/benchmark")
    """Run folder: results.csv, table.txt, standings.json, sheet.jpg and pictures/; `attiqa report` makes a page of it."""
    policy: tuple[Path, ...] = ()
    """Run folders of `attiqa train`; all must be trained for one scorer, proxy, profile and reward. Each brings the rows that say
    what it is worth: its constant, its mean action in training, and itself before other scenes' raws."""
    tuners: tuple[str, ...] = ("sobol-64", "cma-64", "gradient-64")
    """Baselines beside the camera default: sobol-N, cma-N and gradient-N ask the scorer N times per raw; beside a --policy,
    refined-N climbs from its answer, whose query counts among the N."""
    errors: int = 0
    """A second table: every raw so many times as a camera records it whose exposure and white balance are wrong."""
    profile: str = "core"
    """What the baselines search, and how far: core, core+lens, core+curve, exposure8, or a TOML file; a policy brings its own."""
    scorer: str = "attiqa-mini"
    """Reward of the baselines, and the judge whose scores of the full-size renders lead the table."""
    judge: str | None = None
    """Another judge to lead the table in the scorer's place, if there is one that nobody was tuned for."""
    judges: tuple[str, ...] = BENCHMARK_JUDGES
    """Further judges, a column each; the default ones ship and train no reward. One that shares weights with the scorer is marked."""
    scene: str = ""
    """Regular expression whose first group is a raw's scene, e.g. '^(GOP[A-Z0-9]+)_'; else raws that one camera took within
    a minute of each other are one, else each name is. Intervals resample scenes."""
    seed: int = 0
    """Seed of the search."""
    resume: bool = False
    """Go on in --out: tuners that have answered are not asked again, and raws that are judged are not judged again."""
    device: str = "auto"
    """auto, cpu or cuda."""
    reward: RewardWeights = field(default_factory=RewardWeights)
    """Weights of the penalties that the baselines pay; beside a --policy they are those it was trained with."""
    program: IspOptions = field(default_factory=IspOptions)

    def check(self) -> None:
        """Raises: UsageError or InputError for what is wrong before anything is loaded."""
        checks.named(self.raws, "no raws named; give raw files or a folder that holds some")
        checks.bundles(*self.policy)
        checks.new_folder(self.out, resume=self.resume)
        checks.seed(self)
        checks.at_least(self.reward, **dict.fromkeys(WEIGHTS, 0))
        self.reward.check()
        find_profile(self.profile)
        checks.at_least(self, errors=0)
        self._check_isp()
        for spec in self.tuners:
            if named(spec)[0] != REFINED:
                find_tuner(spec)
            elif not self.policy:
                raise UsageError(f"--tuners {spec}: refines a policy's answer; name one with --policy")
        if self.policy:
            refuse_unused(self, ("profile",), "beside a --policy the baselines search what it was trained for")
            refuse_unused(self.reward, WEIGHTS, "beside a --policy the baselines pay what it was trained with")

    def _check_isp(self) -> None:
        self.program.check()
        self.program.refuse_beside(self, ("profile",))
        if self.program.isp is None:
            return
        if self.errors:
            raise UsageError(
                "--errors: are made in the raw's samples, and the program of --isp reads the file; leave it out"
            )
        for spec in self.tuners:
            if named(spec)[0] in ("gradient-N", REFINED) and not self.program.has_gradient:
                raise UsageError(
                    f"--tuners {spec}: needs the gradient through the ISP, and the program of --isp has none; use sobol-N or cma-N"
                )
