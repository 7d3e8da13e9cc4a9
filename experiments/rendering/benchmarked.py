"""The parameters that a benchmark's tuners gave each raw: what renders them again at full size, a folder for each tuner."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from attiqa_core.datasets.tables import number, read_csv
from attiqa_core.errors import InputError, UsageError
from attiqa_core.files.whole import sha256
from experiments.exports.recipes import params_of
from experiments.rendering.inputs import Source
from experiments.rendering.tuning import Tuning
from isp_env.parameters.table import KNOWN
from isp_env.params import IspParams
from isp_env.raw import RawFrame

RESULTS = "results.csv"


@dataclass(frozen=True)
class Benchmarked:
    """A benchmark's answers: `values` maps a tuner, and then a raw's name, to parameters by name."""

    path: Path
    values: Mapping[str, Mapping[str, Mapping[str, float]]]
    sha256: str

    def tuning(self, tuner: str) -> Tuning:
        """Return what gives each raw the parameters that one tuner found. Raises: InputError for a raw that was not in the benchmark."""
        of_tuner = self.values[tuner]

        def tune(frame: RawFrame) -> IspParams:
            if frame.name not in of_tuner:
                raise InputError(
                    f"{frame.path or frame.name}: was not in the benchmark {self.path.parent}; leave it out"
                )
            return params_of(self.path, of_tuner[frame.name])

        chosen = {"benchmark_sha256": self.sha256, "tuner": tuner}
        return Tuning(tune, tuner, {"benchmark": str(self.path.parent), **chosen}, chosen)

    def chosen(self, tuners: Sequence[str]) -> tuple[str, ...]:
        """Return the tuners named, each once; all where none is. Raises: UsageError for one that was not compared."""
        if unknown := next((name for name in tuners if name not in self.values), None):
            raise UsageError(
                f"--tuners {unknown}: was not compared in {self.path.parent}; there are {', '.join(self.values)}"
            )
        return tuple(dict.fromkeys(tuners or self.values))

    def check_names(self, sources: Sequence[Source]) -> None:
        """Raises: InputError for two raws of one name, whose answers the benchmark's table does not tell apart."""
        stems = [source.path.stem for source in sources]
        for source in sources:
            stem = source.path.stem
            numbered = f"{stem}-2"
            if stems.count(stem) > 1 or (
                numbered not in stems and any(numbered in own for own in self.values.values())
            ):
                raise InputError(f"{source.path}: {self.path} has two raws of this name; rename one and compare again")


def read_benchmark(run: Path) -> Benchmarked:
    """Return the answers of a run of `attiqa benchmark`. Raises: InputError if it holds none, or they are another program's."""
    path = run / RESULTS
    if not path.is_file():
        raise InputError(f"{path}: no such file; name the run folder of `attiqa benchmark`")
    values: dict[str, dict[str, dict[str, float]]] = {}
    for line, row in read_csv(path, ("image", "tuner")):
        named = [name for name in row if name in KNOWN and row[name]]
        if not named:
            raise InputError(
                f"{path}: holds no parameters of our own ISP; benchmarks of another program are not rendered again"
            )
        answer = {name: number(path, line, name, row[name]) for name in named}
        values.setdefault(row["tuner"], {})[row["image"]] = answer
    if not values:
        raise InputError(f"{path}: holds no rows; run `attiqa benchmark` again")
    return Benchmarked(path, values, sha256(path))
