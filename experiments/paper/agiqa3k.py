"""AGIQA-3k: generated images scored by a model trained on KonIQ."""

from experiments.paper.show import Options, print_table, text_of
from experiments.paper.stored_results import Found
from experiments.paper.table import PaperTable
from experiments.paper.targets import Column


def belongs(found: Found, column: Column) -> bool:
    """Trained on KonIQ, or taken as it is, and tested on all of AGIQA-3k."""
    result = found.result
    return found.tested_on == column.tested_on and (
        (result["protocol"] == "finetune" and result["train_share"] == 1 and found.trained_on == column.trained_on)
        or result["protocol"] == "as-is"
    )


def options(column: Column) -> str:
    """Return the options of `attiqa evaluate` that fill a column."""
    return (
        f"--test-on DATA/agiqa3k --protocols finetune --arm attiqa=runs/pretrain "
        f"--out runs/paper-{column.trained_on.lower()}"
    )


TABLE = PaperTable(
    "agiqa3k",
    "AGIQA-3k",
    "A scorer trained on KonIQ, tested on all of AGIQA-3k (the paper does not say which part).",
    belongs,
    options,
)


def text(options: Options) -> str:
    return text_of(TABLE, options)


if __name__ == "__main__":
    print_table(TABLE)
