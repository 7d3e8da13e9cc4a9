"""Pairwise accuracy on generated images."""

from experiments.paper.show import Options, print_table, text_of
from experiments.paper.stored_results import Found
from experiments.paper.table import PaperTable
from experiments.paper.targets import Column


def belongs(found: Found, column: Column) -> bool:
    """Trained on KonIQ, or taken as it is, and tested on votes."""
    result = found.result
    return result["tested_on"].startswith("votes:") and (
        found.trained_on == column.trained_on or result["protocol"] == "as-is"
    )


def options(column: Column) -> str:
    """Return the options of `attiqa evaluate` that fill a column."""
    return f"--votes VOTES.csv --protocols finetune --arm attiqa=runs/pretrain --out runs/paper-{column.trained_on.lower()}"


TABLE = PaperTable(
    "pairwise",
    "Pairwise accuracy on generated images",
    "A scorer trained on KonIQ against people's choices. The paper's 200 Stable Diffusion pairs were never published; any CSV of votes can stand in, named as what it is.",
    belongs,
    options,
)


def text(options: Options) -> str:
    return text_of(TABLE, options)


if __name__ == "__main__":
    print_table(TABLE)
