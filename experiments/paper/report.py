"""Write README.md of this folder: every table of the paper with the kept results beside it.

`python -m experiments.paper.report --keep RUN` first copies the summary of an evaluation into results/.
"""

import sys
from dataclasses import dataclass
from pathlib import Path

import tyro

from attiqa_core.errors import InputError, UsageError
from attiqa_core.files.whole import read_json, write_json, write_text
from experiments.paper.show import text_of
from experiments.paper.stored_results import FORMAT, RESULTS
from experiments.paper.tables import TABLES

README = Path(__file__).with_name("README.md")
HEAD = """# The paper's tables, and ours

Written by `python -m experiments.paper.report` from `results/`; do not edit by hand. The paper is ATTIQA (Kwon et al. 2024, arXiv 2406.01020v2);
its numbers are in `targets.csv`. Ours are medians over splits at the last epoch; in brackets the difference from the paper's own row
(pretrained on ImageNet with CLIP ViT-B/16, ResNet-50). A cell that was not run says so and names the command that fills it. Results
that were measured otherwise than in the paper stand below its table, not in it. Each table is also a command:
`python -m experiments.paper.show table2 --data DIR --runs DIR`.

"range over splits" is their smallest and largest value; "95 % over splits" is the percentile bootstrap of the median over splits (other splits of the same
images); "95 % over images" resamples the images (other images of the same kind) and is the one that says how sure a figure is.

"""


@dataclass(frozen=True)
class Report:
    """Options of the report."""

    keep: tuple[Path, ...] = ()
    """Run folders of `attiqa evaluate` to copy the summary of into results/, under the folder's name."""
    results: Path = RESULTS
    """Folder of kept results."""
    out: Path = README
    """File to write."""


def write_report(options: Report) -> Path:
    """Keep what is asked for, write the report and return its path. Raises: InputError, UsageError."""
    for run in options.keep:
        keep(run, options.results)
    options.results.mkdir(exist_ok=True)
    write_text(options.out, HEAD + "\n".join(text_of(table, (options.results,)) for table in TABLES))
    return options.out


def keep(run: Path, results: Path) -> None:
    """Copy a run's summary; a file of that name from another run is not replaced silently."""
    summary = read_json(run / "summary.json")
    if summary.get("format") != FORMAT:
        raise InputError(f"{run}: is no run of `attiqa evaluate`; name a folder with its summary.json")
    path = results / f"{run.resolve().name}.json"
    if path.exists() and read_json(path)["data"] != summary["data"]:
        raise UsageError(f"{path}: holds results on {read_json(path)['data']}; rename the run folder {run}")
    write_json(path, summary, seal=True)


if __name__ == "__main__":
    try:
        print(write_report(tyro.cli(Report)))
    except (InputError, UsageError) as error:
        print(f"attiqa: {error}", file=sys.stderr)
        sys.exit(3 if isinstance(error, InputError) else 2)
