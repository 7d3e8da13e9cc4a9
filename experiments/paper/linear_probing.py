"""Linear probing: the regressor alone is trained."""

from experiments.paper.show import Options, print_table, text_of
from experiments.paper.stored_results import Found
from experiments.paper.table import PaperTable
from experiments.paper.targets import Column


def belongs(found: Found, column: Column) -> bool:
    """Nothing but a regressor was trained."""
    result = found.result
    return (
        result["protocol"] in ("probe", "ridge", "ridge-heads")
        and result["train_share"] == 1
        and found.trained_on == found.tested_on == column.trained_on
    )


def options(column: Column) -> str:
    """Return the options of `attiqa evaluate` that fill a column."""
    return (
        f"--protocols probe ridge ridge-heads --arm attiqa=runs/pretrain --out runs/paper-{column.trained_on.lower()}"
    )


TABLE = PaperTable(
    "linear_probing",
    "Linear probing",
    "probe: a regression MLP on the frozen heads' hidden features, as the paper; ridge: on the encoder's pooled features; ridge-heads: on the hidden features.",
    belongs,
    options,
)


def text(options: Options) -> str:
    return text_of(TABLE, options)


if __name__ == "__main__":
    print_table(TABLE)
