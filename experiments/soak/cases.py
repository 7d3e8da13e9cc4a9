"""The long commands, each in its smallest form: how it is begun, how it goes on, and what has to be the same in the end."""

import shlex
from dataclasses import dataclass
from pathlib import Path

NET = "--backbone test_efficientnet --hidden 4 --resize 36 --crop 32"
AGENT = r"--scene '^(s\d)_' --scorer attiqa-mini --proxy-px 48 --crops 0 --allow-ungated"
SHORT = "--timesteps 64 --every 16 --constant-samples 16"
BLOCKS = Path(__file__).parents[2] / "isp_env" / "black_box" / "examples" / "blocks.toml"


@dataclass(frozen=True)
class Case:
    """One command. MATERIALS and OUT stand in its words for folders; `same`: files below OUT whose bytes no kill may change."""

    words: str
    same: tuple[str, ...]
    resume: str = "--resume"
    """What is added where it goes on; nothing: the same command again."""


CASES: dict[str, Case] = {
    "label": Case("label MATERIALS/photos --teacher statistics --shard-size 4", ("labels.csv",)),
    "score": Case("score MATERIALS/photos --csv OUT/scores.csv", ("scores.csv",)),
    "render": Case("render MATERIALS/raws --jobs 2", ("*.jpg",)),
    "bake": Case(
        "bake MATERIALS/raws --proxy-px 48 --variants 3 --workers 1 --no-sheet",
        ("contexts.bin", "index.jsonl", "store.json"),
    ),
    "pretrain": Case(
        f"pretrain MATERIALS/photos --teachers degradation --epochs 4 --batch 8 {NET} --checkpoint-minutes 0.01",
        ("pretrained.safetensors",),
    ),
    "finetune": Case(
        f"finetune MATERIALS/photos/mos.csv --init random --epochs 4 --batch 8 {NET}", ("scorer/scorer.safetensors",)
    ),
    "train constant": Case(f"train MATERIALS/raws --algo constant --timesteps 64 {AGENT}", ("policy-*.safetensors",)),
    "train gradient": Case(f"train MATERIALS/raws --algo gradient {SHORT} {AGENT}", ("policy-*.safetensors",)),
    "train ppo": Case(
        f"train MATERIALS/raws --algo ppo --num-envs 4 --n-steps 4 {SHORT} {AGENT}", ("policy-*.safetensors",)
    ),
    "distil": Case(
        "distil attiqa-mini MATERIALS/photos --size 48 --crop 32 --epochs 3 --batch 8", ("scorer/scorer.safetensors",)
    ),
    "evaluate": Case(
        "evaluate MATERIALS/photos/mos.csv --arm random=random --protocols finetune ridge --splits 3 --epochs 1 --batch 8"
        f" {NET}",
        ("splits.jsonl", "predictions/*"),
    ),
    "benchmark": Case(
        r"benchmark MATERIALS/raws --tuners sobol-4 cma-4 --scene '^(s\d)_'",
        ("results.csv",),
        "",
    ),
    "imitate": Case(
        f"imitate MATERIALS/raws --isp {shlex.quote(str(BLOCKS))} --cache OUT/cache --proxy-px 40 --crops 1 --pictures 3"
        r" --held-out-pictures 2 --held-out-share 0.4 --scene '^(s\d)_'"
        " --steps 8 --steps-per-epoch 2 --batch-size 2 --window-px 12 --width 8",
        ("*.safetensors",),
    ),
    "fit": Case(
        r"fit MATERIALS/raws --reference MATERIALS/rendered --proxy-px 40 --starts 1 --scene '^(s\d)_'", ("table.csv",)
    ),
    "tools networks": Case(
        "tools networks MATERIALS/photos --networks denoise-3 white-balance-3 --short-edge 64 --steps 6 --batch 2"
        " --patch 16 --held-out 0.34",
        ("*.safetensors",),
    ),
    "study export": Case("study export MATERIALS/a MATERIALS/b --seed 3", ("public/**/*",), ""),
    "gate": Case("gate niqe MATERIALS/photos", ("gate.json",), ""),
}
"""By name. `score` grows a table where others fill a folder."""

ON_THE_CPU = (
    "label",
    "score",
    "render",
    "pretrain",
    "finetune",
    "train",
    "distil",
    "evaluate",
    "benchmark",
    "imitate",
    "gate",
)
NAMES_NO_FOLDER = ("score",)


def words_of(case: Case, materials: Path, out: Path, *, again: bool) -> list[str]:
    """Return a case's command line; `again`: where something may be there already."""
    verb = case.words.partition(" ")[0]
    more = [] if verb in NAMES_NO_FOLDER else ["--out", str(out)]
    more += ["--device", "cpu"] if verb in ON_THE_CPU else []
    more += [case.resume] if again and case.resume else []
    given = [word.replace("MATERIALS", str(materials)).replace("OUT", str(out)) for word in shlex.split(case.words)]
    return [*given, *more]
