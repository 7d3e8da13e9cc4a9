"""The splits of FiveK that the literature uses, by name, as data: which photo is on which side, by what rule, and what is odd about it."""

import hashlib
import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import resources
from itertools import combinations
from types import MappingProxyType

from attiqa_core.errors import UsageError
from isp_env.fivek.photos import NUMBERS, PHOTOS

SIDES = ("train", "input", "label", "validation", "test", "rated")
"""What sides are called: `input` and `label` are the halves of `train` that unpaired methods learn from, `rated` is inside `test`."""
OWN = "own"
"""What a split, or a list of photos, is called that is no paper's (`own_split.py`)."""
PARTS = ("train", "validation", "test")  # which share no photo

LAST_500 = range(4501, PHOTOS + 1)
DPE_UNUSED = (160, 2952)  # by any of its sides
SAMSUNG_SEED = 42


@dataclass(frozen=True)
class Split:
    """Photo numbers by side, each in the order of its source; the rule in words, where it comes from, and what is odd about it."""

    name: str
    sides: Mapping[str, tuple[int, ...]]
    rule: str
    source: str
    odd: tuple[str, ...] = ()

    def side(self, name: str) -> tuple[int, ...]:
        """Return the numbers of one side. Raises: UsageError naming the sides that there are."""
        if name not in self.sides:
            raise UsageError(
                f"{self.name}/{name}: the split {self.name} has no such side; give {' or '.join(self.sides)}"
            )
        return self.sides[name]

    @property
    def text(self) -> str:
        """Its canonical text, which names no order: a line for each side, in the order of SIDES, with its numbers sorted."""
        named = (side for side in SIDES if side in self.sides)
        return "".join(f"{side} {' '.join(map(str, sorted(self.sides[side])))}\n" for side in named)

    @property
    def sha256(self) -> str:
        """The SHA-256 of its canonical text: two splits are the same if and only if these are."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def numbers_sha256(numbers: Iterable[int]) -> str:
    """Return the SHA-256 of photo numbers in any order: of the sorted numbers, separated by spaces."""
    return hashlib.sha256(" ".join(map(str, sorted(numbers))).encode()).hexdigest()


def find_split(name: str) -> Split:
    """Return the split of a name, or of a name that a paper calls it by. Raises: UsageError naming those that are known."""
    known = SPLITS.get(ALIASES.get(name, name))
    if known is None:
        also = ", ".join(f"{alias} (= {split})" for alias, split in ALIASES.items())
        raise UsageError(f"{name}: is no split of FiveK; give one of {', '.join(SPLITS)}, or {also}")
    return known


def overlap(one: Split, other: Split) -> dict[tuple[str, str], int]:
    """Return how many photos a part of one split shares with a part of another, for training, validation and test."""
    parts = [(a, b) for a in PARTS for b in PARTS if a in one.sides and b in other.sides]
    return {(a, b): len({*one.sides[a]} & {*other.sides[b]}) for a, b in parts}


def check_parts(split: Split) -> None:
    """Raises: ValueError if training, validation and test share a photo, or a side names one twice or one that does not exist."""
    for side, numbers in split.sides.items():
        if len(set(numbers)) != len(numbers) or not set(numbers) <= set(NUMBERS):
            raise ValueError(f"{split.name}/{side}: names a photo twice, or one that is none of 1 to {PHOTOS}")
    for one, other in combinations([side for side in PARTS if side in split.sides], 2):
        if shared := {*split.sides[one]} & {*split.sides[other]}:
            raise ValueError(f"{split.name}: {one} and {other} share photo {min(shared)}")


def _listed(name: str) -> tuple[int, ...]:
    """The numbers of a packaged list, in its order; what follows a # is a comment."""
    text = (resources.files("isp_env.fivek") / "split_lists" / f"{name}.txt").read_text(encoding="utf-8")
    return tuple(int(word) for line in text.splitlines() for word in line.partition("#")[0].split())


def _exposure() -> Split:
    first, second = _listed("exposure_input"), _listed("exposure_label")
    sides = {
        "train": (*first, *second),
        "input": first,
        "label": second,
        "test": _listed("exposure_test"),
        "rated": _listed("exposure_rated"),
    }
    return Split(
        "exposure",
        MappingProxyType(sides),
        "three random lists: 2,000 raws to learn from, the experts of 2,000 others, 1,000 to judge by, 100 of them rated by people",
        "yuanming-hu/exposure, data/folds (Hu et al., ACM TOG 2018)",
        ("unpaired: no raw of `input` has its expert in `label`",),
    )


def _dpe() -> Split:
    train = _listed("dpe_train")
    sides = {
        "train": train,
        "input": train[:2250],
        "label": train[2250:],
        "test": tuple(sorted({*NUMBERS} - {*train, *DPE_UNUSED})),
    }
    return Split(
        "dpe",
        MappingProxyType(sides),
        "the first 2,250 of the 2,499 in exposure's train_idx.txt are input; the rest of it, 4339 and 1270, and 1,999 more are label; "
        "test is what is left but 160 and 2952",
        "ImCharlesY/AdaInt, adaint/annfiles/FiveK/train.txt (Chen et al., CVPR 2018; Zeng et al., TPAMI 2020; Yang et al., CVPR 2022)",
        (
            "160 and 2952 are on no side",
            "DPE itself is unpaired (input, label); Zeng, AdaInt and SepLUT train on pairs of all 4,500",
            "not exposure's folds: its lists and those share photos on all sides",
        ),
    )


def _upe() -> Split:
    sides = {"train": tuple(range(1, 4501)), "test": tuple(LAST_500)}
    return Split(
        "upe",
        MappingProxyType(sides),
        "by number: 1 to 4500, and 4501 to 5000",
        "Wang et al., CVPR 2019 (DeepUPE); MIRNet and MAXIM follow it",
        ("shifted: its test shows 23 of the 35 cameras",),
    )


def _deeplpf() -> Split:
    sides = {"train": tuple(range(1, 2251)), "validation": tuple(range(2251, 4501)), "test": tuple(LAST_500)}
    return Split(
        "deeplpf-dpe",
        MappingProxyType(sides),
        "by number: 1 to 2250, 2251 to 4500, and 4501 to 5000",
        "Moran et al., CVPR 2020 (DeepLPF), which calls it DPE's",
        ("not DPE's: 45 of its 500 test photos are in dpe's test", "its test is upe's, with the same shift of cameras"),
    )


def _samsung() -> Split:
    order = list(NUMBERS)
    random.Random(SAMSUNG_SEED).shuffle(order)
    sides = {"train": tuple(order[:3500]), "validation": tuple(order[3500:4000]), "test": tuple(order[4000:])}
    return Split(
        "samsung",
        MappingProxyType(sides),
        "1 to 5000 shuffled by Python's random with seed 42: the first 3,500, the next 500, the last 1,000",
        "yuukicammy/mit-adobe-fivek-dataset, training.json, validation.json and testing.json, and the script that drew them",
    )


SPLITS: Mapping[str, Split] = MappingProxyType({
    split.name: split
    for split in (
        _exposure(),
        _dpe(),
        _upe(),
        _deeplpf(),
        _samsung(),
    )
})  # fmt: skip
ALIASES: Mapping[str, str] = MappingProxyType(
    {"zeng": "dpe", "adaint": "dpe", "seplut": "dpe", "yuukicammy": "samsung"}
)
"""What else the splits are called, by the papers and sets that use them."""


def with_aliases(name: str) -> str:
    """Return a split's name as a sentence has it: "dpe (= zeng, adaint, seplut)"."""
    others = ", ".join(alias for alias, split in ALIASES.items() if split == name)
    return f"{name} (= {others})" if others else name
