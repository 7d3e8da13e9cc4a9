"""Feature similarity before and after fine-tuning."""

from experiments.paper.show import Options, print_table, text_of
from experiments.paper.stored_results import Found
from experiments.paper.table import PaperTable
from experiments.paper.targets import Column


def belongs(found: Found, column: Column) -> bool:
    """Fine-tuned end to end: the encoder moved."""
    result = found.result
    return (
        result["protocol"] == "finetune"
        and result["train_share"] == 1
        and found.trained_on == found.tested_on == column.trained_on
    )


def options(column: Column) -> str:
    """Return the options of `attiqa evaluate` that fill a column."""
    return f"--protocols finetune --arm attiqa=runs/pretrain --out runs/paper-{column.trained_on.lower()}"


TABLE = PaperTable(
    "feature_similarity",
    "Feature similarity before and after fine-tuning",
    "Mean cosine between each tested image's pooled features before and after fine-tuning; 1 is unmoved. Frozen encoders are left out.",
    belongs,
    options,
)


def text(options: Options) -> str:
    return text_of(TABLE, options)


if __name__ == "__main__":
    print_table(TABLE)
