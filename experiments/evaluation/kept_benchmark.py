"""What a benchmark has done so far, kept until its tables are written: one that was killed goes on with the next tuner or raw."""

import hashlib
import json
import math
import shutil
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from agents.benchmark import Result, Tuned, Unkept
from attiqa_core.files.lines import append_line, keep_lines
from attiqa_core.runs.lock import PRIVATE
from attiqa_core.tensor_files import load_sealed, save_sealed, words_of
from isp_env.params import IspParams

CURE = "remove it and go on with --resume, which does that part again"


class KeptBenchmark(Unkept):
    """Tuners' answers and raws' results of one table of the run in a folder."""

    def __init__(self, run: Path, table: str):
        self.folder = place_of(run) / (table or "plain")
        self.folder.mkdir(parents=True, exist_ok=True)
        self.lines = self.folder / "results.jsonl"
        self.done = {row["image"]: row["results"] for row in keep_lines(self.lines, lambda row: True, CURE)}

    def tuned(self, tuner: str, made: Callable[[], Tuned]) -> Tuned:
        """Return a tuner's answers, read if they are there."""
        path = self.folder / f"{hashlib.sha256(tuner.encode()).hexdigest()[:16]}.safetensors"
        if path.is_file():
            tensors, words = load_sealed(path, CURE), json.loads(words_of(path)["about"])
            params = IspParams(tensors["params"], tuple(words["names"]))
            return Tuned(tuner, params, tensors["terms"], words["seconds"], words["queries"], words["renders"])
        answer = made()
        about = {"tuner": tuner, "names": list(answer.params.names)}
        about |= {"seconds": answer.seconds, "queries": answer.queries, "renders": answer.renders}
        tensors = {"params": answer.params.values, "terms": answer.terms}
        save_sealed(path, tensors, {"about": json.dumps(about)})
        return answer

    def results(self, image: str, made: Callable[[], list[Result]]) -> list[Result]:
        """Return all tuners' results on a raw, read if they are there; their pictures were written before them."""
        if image in self.done:
            return [Result(**each) for each in self.done[image]]
        results = made()
        if all(map(_is_finite, results)):  # JSON has no other numbers: such a raw is judged again
            append_line(self.lines, {"image": image, "results": [asdict(each) for each in results]})
        return results


def place_of(run: Path) -> Path:
    """Return where it is kept."""
    return run / PRIVATE / "benchmark"


def remove(run: Path) -> None:
    """Remove all of it: the tables are written."""
    shutil.rmtree(place_of(run), ignore_errors=True)


def _is_finite(result: Result) -> bool:
    numbers = [*result.scores.values(), *result.terms.values(), *result.measures.values(), *result.params.values()]
    return all(map(math.isfinite, [*numbers, result.seconds]))
