"""Export a blind A/B study of two folders of rendered pictures: a page for raters, and the key kept apart."""

import contextlib
import os
import secrets
import shutil
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from attiqa_core.errors import InputError, ResourceError, UsageError
from attiqa_core.files import replacing, sha256, write_json, write_text
from attiqa_core.runs import progress, provenance
from experiments.options.outcome import Outcome, count
from experiments.options.study_export import Config
from experiments.study.key import KEY_FILE, PICTURES, make_key
from experiments.study.page import page
from experiments.study.pairs import Trial, design
from experiments.study.stimuli import encode_alike, equal_pair, find_pairs

SAME_TIME = 946_684_800  # 2000-01-01 UTC, in s
README = """\
public/   hand this folder (or a zip of it) to raters; they open index.html in a browser and send back the file
          that they save at the end
private/  keep this: key.json says which picture is which

attiqa study analyse THIS_FOLDER VOTES... joins both; its votes.csv is what
attiqa evaluate SCORES --votes THIS_FOLDER/analysis/votes.csv --votes-images THIS_FOLDER/public/pictures reads.
"""


def run(config: Config) -> Outcome:
    """Write the study and return its page; pairs that cannot be shown are left out and reported."""
    config.check()
    seed = secrets.randbits(53) if config.seed is None else config.seed
    rng = np.random.default_rng(seed)
    with _building(config.out) as folder:
        pairs, failures = _write_pictures(config, folder / PICTURES, rng)
        if not pairs:
            raise InputError(f"{config.a} and {config.b}: no pair can be shown; {failures[0]}")
        if config.repeats > len(pairs) // 2:
            raise UsageError(f"--repeats {config.repeats}: of {len(pairs)} pairs at most half can be repeated")
        trials = design(sorted(pairs), config.repeats, rng)
        _write_study(config, folder, seed, pairs, trials)
    done = f"{count(len(pairs), 'pair')} to be shown in {count(len(trials), 'trial')}"
    return Outcome(config.out / "public" / "index.html", done, tuple(failures))


def _building(out: Path):
    """A context with a folder beside `out` that becomes `out` when all went well and vanishes when not."""

    @contextlib.contextmanager
    def build():
        out.parent.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(dir=out.parent, prefix=f".{out.name}."))
        try:
            yield folder
            folder.chmod(0o755)
            folder.replace(out)
        except ResourceError as error:
            raise ResourceError(f"{out}: the disk is full; free some space and run the command again") from error
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    return build()


def _write_pictures(
    config: Config, folder: Path, rng: "np.random.Generator"
) -> tuple[dict[str, dict[str, Any]], list[str]]:
    """Write both pictures of each pair under opaque names; return what the key says of each, and failures."""
    found, failures = find_pairs(config.a, config.b)
    stems = [sorted(found)[index] for index in rng.permutation(len(found))]
    wanted = min(len(stems), config.max_pairs or len(stems))
    pairs: dict[str, dict[str, Any]] = {}
    with progress(total=wanted, label="pairs", unit="pair") as bar:
        for stem in stems:
            if len(pairs) == wanted:
                break
            sources = dict(zip("ab", found[stem], strict=True))
            try:
                left, right = equal_pair(sources["a"], sources["b"], config.long_edge)
            except InputError as error:
                failures.append(str(error))
                continue
            entry: dict[str, Any] = {"width": left.shape[1], "height": left.shape[0]}
            for side, content in encode_alike({"a": left, "b": right}).items():
                name = f"{rng.bytes(10).hex()}.jpg"
                with replacing(folder / name) as temporary:
                    temporary.write_bytes(content)
                entry[side] = {"file": name, "source": str(sources[side]), "sha256": sha256(sources[side])}
            pairs[stem] = entry
            bar.update()
    return pairs, failures


def _write_study(config: Config, folder: Path, seed: int, pairs: dict, trials: list[Trial]) -> None:
    names = {"a": config.name_a or config.a.resolve().name, "b": config.name_b or config.b.resolve().name}
    key = make_key(trials, pairs, names=names, question=config.question, ties=config.ties, seed=seed)
    shown = [{"trial": row["trial"], "left": row["left_file"], "right": row["right_file"]} for row in key["trials"]]
    public = folder / "public"
    write_json(folder / KEY_FILE, {**key, "made": provenance()})
    write_text(public / "index.html", page(key["study"], shown, question=config.question, ties=config.ties))
    write_text(folder / "README.txt", README)
    for path in public.rglob("*"):  # times of writing would tell which picture of a pair came first
        os.utime(path, (SAME_TIME, SAME_TIME))
