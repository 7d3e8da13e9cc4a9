"""Data-efficient setup: fine-tuned on 10 % and 20 % of the data."""

from experiments.paper.show import Options, print_table, text_of
from experiments.paper.stored_results import Found
from experiments.paper.table import PaperTable
from experiments.paper.targets import Column


def belongs(found: Found, column: Column) -> bool:
    """Fine-tuned on a share of the whole set, tested on the main splits' tested part."""
    result = found.result
    return (
        result["protocol"] == "finetune"
        and result["train_share"] == float(column.condition)
        and found.trained_on == found.tested_on == column.trained_on
    )


def options(column: Column) -> str:
    """Return the options of `attiqa evaluate` that fill a column."""
    return (
        f"--train-share 0.1 0.2 --protocols finetune --arm attiqa=runs/pretrain "
        f"--out runs/paper-{column.trained_on.lower()}"
    )


TABLE = PaperTable(
    "data_efficient",
    "Data-efficient setup: 10 % and 20 % of the data",
    "The tested images are those of the main splits; the training images are drawn from the rest (the paper does not say what it tests on).",
    belongs,
    options,
)


def text(options: Options) -> str:
    return text_of(TABLE, options)


if __name__ == "__main__":
    print_table(TABLE)
