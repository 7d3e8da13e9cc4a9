"""Ablations: one prompt pair, worse prompts, another loss."""

from experiments.paper.show import Options, print_table, text_of
from experiments.paper.stored_results import Found
from experiments.paper.table import PaperTable
from experiments.paper.targets import Column

ARMS = ("attiqa", "single-prompt", "worst-prompt", "median-prompt", "l2-loss")
"""Names under which `attiqa evaluate --arm NAME=RUN` has to know them."""


def belongs(found: Found, column: Column) -> bool:
    """Fine-tuned from one of the ablations' pretrainings, or from the full one."""
    result = found.result
    return (
        result["protocol"] == "finetune"
        and result["train_share"] == 1
        and result["arm"] in ARMS
        and found.trained_on == found.tested_on == column.trained_on
    )


def options(column: Column) -> str:
    """Return the options of `attiqa evaluate` that fill a column."""
    arms = " ".join(f"{arm}=runs/{arm}" for arm in ARMS)
    return f"--protocols finetune --arm {arms} --out runs/paper-ablations-{column.trained_on.lower()}"


TABLE = PaperTable(
    "ablations",
    "Ablations of the pretraining",
    "Arms called single-prompt, worst-prompt, median-prompt and l2-loss are our runs of the paper's ablations, compared with its full ATTIQA.",
    belongs,
    options,
)


def text(options: Options) -> str:
    return text_of(TABLE, options)


if __name__ == "__main__":
    print_table(TABLE)
