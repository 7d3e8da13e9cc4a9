"""Another program in the place of our ISP: the options that train, benchmark and render share."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from attiqa_core.errors import UsageError
from experiments.options import checks
from experiments.options.refuse_unused import refuse_unused
from isp_env.black_box.description import BlackBox
from isp_env.learned_isp.description import is_learned, read_description
from isp_env.parameters.profile_files import find_profile
from isp_env.parameters.profiles import Profile

if TYPE_CHECKING:
    from isp_env.black_box.isp import BlackBoxIsp
    from isp_env.isp import Isp


@dataclass(frozen=True)
class IspOptions:
    """Another program in the place of our ISP."""

    isp: Path | None = None
    """TOML file that describes another program to make the pictures, and its parameters (docs/black-boxes.md), or the folder of
    a copy by `attiqa imitate` (docs/learned-isp.md)."""
    isp_cache: Path | None = None
    """Folder that keeps the program's pictures by content, so that none is made twice; default the user's cache."""
    isp_jobs: int | None = None
    """Programs that run at once; default as many as processors, 4 at most."""

    def check(self) -> None:
        """Raises: UsageError or InputError for a description that is wrong, or options that need one."""
        if self.isp is None:
            refuse_unused(self, ("isp_cache", "isp_jobs"), "is about an --isp, and none is given")
            return
        checks.present(self.isp)
        if self.isp_jobs is not None:
            checks.at_least(self, isp_jobs=1)
        self.profile("")

    @property
    def has_gradient(self) -> bool:
        """Whether gradients flow through what makes the pictures: our own ISP, or a learned copy."""
        return self.isp is None or is_learned(self.isp)

    def profile(self, named: str) -> Profile:
        """Return the program's profile, or the one named where our own ISP makes the pictures."""
        if self.isp is None:
            return find_profile(named)
        return read_description(self.isp).profile if is_learned(self.isp) else BlackBox.load(self.isp).profile

    def refuse_beside(self, options: object, names: tuple[str, ...]) -> None:
        """Raises: UsageError for the first of these options that is given beside a program, where it has no effect."""
        if self.isp is not None:
            refuse_unused(options, names, "is about our own ISP, and --isp names another")

    def opened(self, *, square: bool = False) -> "Isp | None":
        """Return the program, ready to run; None where our own ISP makes the pictures. Raises: InputError if there is none."""
        if self.isp is None:
            return None
        if not is_learned(self.isp):
            return self._program(self.isp, square=square)
        from isp_env.learned_isp.isp import LearnedIsp  # torch is loaded where pictures are made

        if square:
            raise UsageError(f"--isp {self.isp}: was trained on whole frames; use --no-square")
        return LearnedIsp.load(self.isp, cache=self.isp_cache, jobs=self.isp_jobs)

    def opened_program(self) -> "BlackBoxIsp | None":
        """Return the program itself, None for our own ISP. Raises: UsageError for a copy, which makes no pictures in full size."""
        if self.isp is None:
            return None
        if is_learned(self.isp):
            raise UsageError(
                f"--isp {self.isp}: is a learned copy; full-size pictures are the program's: name its .toml file"
            )
        return self._program(self.isp)

    def _program(self, description: Path, *, square: bool = False) -> "BlackBoxIsp":
        from isp_env.black_box.isp import BlackBoxIsp  # torch is loaded where pictures are made

        return BlackBoxIsp.load(description, cache=self.isp_cache, jobs=self.isp_jobs, square=square)

    def refuse_stores(self, *paths: Path) -> None:
        """Raises: UsageError for a store of `attiqa bake`: what is in it is no file that a program reads."""
        from isp_env.stores.store import is_begun

        if self.isp is not None and (stores := [path for path in paths if is_begun(path)]):
            raise UsageError(f"{stores[0]}: is a store, and the program of --isp reads raw files; name those")
