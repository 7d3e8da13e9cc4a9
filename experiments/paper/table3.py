"""Table 3: trained on one data set, tested on the whole of another."""

from experiments.paper.show import Options, print_table, text_of
from experiments.paper.stored_results import Found
from experiments.paper.table import PaperTable
from experiments.paper.targets import Column


def belongs(found: Found, column: Column) -> bool:
    """Fine-tuned on one set and tested on all of another."""
    result = found.result
    return (
        result["protocol"] == "finetune"
        and result["train_share"] == 1
        and not result["tested_on"].endswith(":part")
        and (found.trained_on, found.tested_on) == (column.trained_on, column.tested_on)
    )


def options(column: Column) -> str:
    """Return the options of `attiqa evaluate` that fill a column."""
    official = " --split official" if column.trained_on == "FLIVE" else ""
    return (
        f"--test-on DATA/{column.tested_on.lower()} --protocols finetune{official} --arm attiqa=runs/pretrain "
        f"--out runs/paper-{column.trained_on.lower()}"
    )


TABLE = PaperTable(
    "table3",
    "Table 3: cross-dataset",
    "Trained on each split's 80 % of one set, tested on all of the other (the paper does not say which part); median over splits.",
    belongs,
    options,
)


def text(options: Options) -> str:
    return text_of(TABLE, options)


if __name__ == "__main__":
    print_table(TABLE)
