"""A table of the paper, and which of our stored results belong in it: those measured as the paper measures. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from experiments.paper.stored_results import Evaluation, Found, results_of
from experiments.paper.targets import OFFICIAL, OURS_IN_THE_PAPER, Column

Protocol = Literal["finetune", "probe", "ridge", "ridge-heads", "as-is"]

SPLITS = {"random": "random splits", "official": "the official split", "file": "splits of a file"}
OTHER_PROTOCOLS = {
    "finetune": "fine-tuned",
    "probe": "a regression MLP on the frozen heads' hidden features",
    "ridge": "ridge on the frozen encoder's pooled features",
    "ridge-heads": "ridge on the frozen heads' hidden features",
    "as-is": "taken as it is",
}


@dataclass(frozen=True)
class PaperTable:
    """One table of results. `command` holds the options of `attiqa evaluate` that fill a column (`options_for`)."""

    name: str
    title: str
    note: str
    command: str
    protocol: Protocol = "finetune"
    """How the paper trains."""
    apart: tuple[Protocol, ...] = ()
    """Other protocols whose results on the same sets are shown below the table."""
    arms: tuple[str, ...] = ()
    """The only arms that the table is about; none: all."""
    baseline: str = OURS_IN_THE_PAPER
    """The paper's row that ours are compared with."""


class OurRow(NamedTuple):
    """One of our rows: a system (see `Found.system`), and what fills its columns."""

    name: str
    cells: dict[Column, Found]


@dataclass(frozen=True)
class Ours:
    """Our results about a table: `rows` of the paper's own protocol, and those that were measured otherwise."""

    rows: list[OurRow] = field(default_factory=list)
    otherwise: list[OurRow] = field(default_factory=list)


def ours(table: PaperTable, columns: Sequence[Column], evaluations: Sequence[Evaluation]) -> Ours:
    """Return our results about a table; of several for one cell the one stored last."""
    alike: dict[str, dict[Column, Found]] = {}
    otherwise: dict[str, dict[Column, Found]] = {}
    for found in results_of(evaluations):
        for column in columns:
            if is_about(table, found, column):
                rows = otherwise if differences(table, found, column) else alike
                rows.setdefault(found.system, {})[column] = found
    return Ours([OurRow(*row) for row in alike.items()], [OurRow(*row) for row in otherwise.items()])


def is_about(table: PaperTable, found: Found, column: Column) -> bool:
    """Whether a result is about a column: the sets, the share of the data, the arm and a protocol that is shown."""
    result = found.result
    anywhere = result["protocol"] == "as-is" and column.trained_on != column.tested_on  # it was not trained there
    return (
        column.metric in result
        and result["protocol"] in (table.protocol, *table.apart)
        and result["train_share"] == float(column.condition or 1)
        and (not table.arms or result["arm"] in table.arms)
        and (found.trained_on == column.trained_on or anywhere)
        and found.tested_on == column.tested_on
    )


def differences(table: PaperTable, found: Found, column: Column) -> list[str]:
    """Return in which ways a result about a column was measured otherwise than the paper does; none: it belongs there."""
    protocol = found.result["protocol"]
    said = [] if protocol == table.protocol else [OTHER_PROTOCOLS[protocol]]
    if protocol != "as-is":
        said += _of_splits(found, column) + _of_training(found)
    of_whole_set = column.trained_on != column.tested_on and column.tested_on != "pairs"
    if of_whole_set and (found.result["tested_on"].endswith(":part") or found.trained_on == found.tested_on):
        said.append("tested on a part of the set")
    return said


def _of_splits(found: Found, column: Column) -> list[str]:
    split = found.evaluation["split"]
    wanted = "official" if column.trained_on in OFFICIAL else "random"
    said = [] if split["kind"] == wanted else [f"{SPLITS[split['kind']]}, not {SPLITS[wanted]}"]
    if wanted == "random" and split.get("val"):
        said.append(f"{split['val']:.0%} of the images kept for validation")
    return said


def _of_training(found: Found) -> list[str]:
    recipe, protocol = found.evaluation["recipe"], found.result["protocol"]
    said = ["encoder frozen"] if protocol == "finetune" and "all" in recipe["frozen"] else []
    if protocol in ("finetune", "probe") and recipe["regressor"] != "mlp":
        said.append(f"{recipe['regressor']} regressor")
    return said


def options_for(table: PaperTable, column: Column) -> str:
    """Return the options of `attiqa evaluate` that fill a column."""
    return table.command.format(
        official=" --split official" if column.trained_on in OFFICIAL else "",
        trained_on=column.trained_on.lower(),
        tested_on=column.tested_on.lower().replace("-", ""),
    )
