"""Every table of the paper, one row each, in the paper's order."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from experiments.paper import isp_win_rate, table1
from experiments.paper.table import PaperTable

ABLATIONS = ("attiqa", "single-prompt", "worst-prompt", "median-prompt", "l2-loss")
"""Names under which `attiqa evaluate --arm NAME=RUN` has to know the ablations' pretrainings."""

SHARED_RUN = "--arm attiqa=runs/pretrain --out runs/paper-{trained_on}"
"""Tables that train on one set share a run folder."""


@dataclass(frozen=True)
class OtherTable:
    """A table that is not about results of `attiqa evaluate`; `text` takes the places of the stored results."""

    name: str
    text: Callable[[Sequence[Path]], str]


TABLES: tuple[PaperTable | OtherTable, ...] = (
    OtherTable("table1", table1.text),
    PaperTable(
        "table2",
        "Table 2: the main result",
        "Median over ten random 80/20 splits (FLIVE and AVA: official), last epoch, five crops. † as marked in the paper.",
        "--protocols finetune{official} " + SHARED_RUN,
        apart=("as-is",),
        baseline="ATTIQA (Joint strategy)",
    ),
    PaperTable(
        "table3",
        "Table 3: cross-dataset",
        "Trained on each split's 80 % of one set, tested on all of the other (the paper does not say which part); median over splits.",
        "--test-on DATA/{tested_on} --protocols finetune{official} " + SHARED_RUN,
    ),
    PaperTable(
        "data_efficient",
        "Data-efficient setup: 10 % and 20 % of the data",
        "The tested images are those of the main splits; the training images are drawn from the rest (the paper does not say what it tests on).",
        "--train-share 0.1 0.2 --protocols finetune " + SHARED_RUN,
    ),
    PaperTable(
        "feature_similarity",
        "Feature similarity before and after fine-tuning",
        "Mean cosine between each tested image's pooled features before and after fine-tuning; 1 is unmoved. Frozen encoders are left out.",
        "--protocols finetune " + SHARED_RUN,
    ),
    PaperTable(
        "linear_probing",
        "Linear probing",
        "probe: a regression MLP on the frozen heads' hidden features, as the paper; ridge: on the encoder's pooled features; ridge-heads: on the hidden features.",
        "--protocols probe ridge ridge-heads " + SHARED_RUN,
        protocol="probe",
        apart=("ridge", "ridge-heads"),
    ),
    PaperTable(
        "ablations",
        "Ablations of the pretraining",
        "Arms called single-prompt, worst-prompt, median-prompt and l2-loss are our runs of the paper's ablations, compared with its full ATTIQA.",
        f"--protocols finetune --arm {' '.join(f'{arm}=runs/{arm}' for arm in ABLATIONS)} --out runs/paper-ablations-{{trained_on}}",
        arms=ABLATIONS,
    ),
    PaperTable(
        "pairwise",
        "Pairwise accuracy on generated images",
        "A scorer trained on KonIQ against people's choices. The paper's 200 Stable Diffusion pairs were never published; any CSV of votes can stand in, named as what it is.",
        "--votes VOTES.csv --protocols finetune " + SHARED_RUN,
        apart=("as-is",),
    ),
    PaperTable(
        "agiqa3k",
        "AGIQA-3k",
        "A scorer trained on KonIQ, tested on all of AGIQA-3k (the paper does not say which part).",
        "--test-on DATA/{tested_on} --protocols finetune " + SHARED_RUN,
        apart=("as-is",),
    ),
    OtherTable("isp_win_rate", isp_win_rate.text),
)
