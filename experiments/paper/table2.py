"""Table 2: fine-tuned and tested on the same data set."""

from experiments.paper.show import Options, print_table, text_of
from experiments.paper.stored_results import Found
from experiments.paper.table import PaperTable
from experiments.paper.targets import Column

OFFICIAL = ("FLIVE", "AVA")
"""Sets that the paper tests on their official split."""


def belongs(found: Found, column: Column) -> bool:
    """Fine-tuned on the training part of a set, tested on its tested part."""
    result = found.result
    return (
        result["protocol"] in ("finetune", "as-is")
        and result["train_share"] == 1
        and found.trained_on == column.trained_on
        and found.tested_on == column.tested_on
    )


def options(column: Column) -> str:
    """Return the options of `attiqa evaluate` that fill a column."""
    official = " --split official" if column.trained_on in OFFICIAL else ""
    return f"--protocols finetune{official} --arm attiqa=runs/pretrain --out runs/paper-{column.trained_on.lower()}"


TABLE = PaperTable(
    "table2",
    "Table 2: the main result",
    "Median over ten random 80/20 splits (FLIVE and AVA: official), last epoch, five crops. † as marked in the paper.",
    belongs,
    options,
    baseline="ATTIQA (Joint strategy)",
)


def text(options: Options) -> str:
    return text_of(TABLE, options)


if __name__ == "__main__":
    print_table(TABLE)
