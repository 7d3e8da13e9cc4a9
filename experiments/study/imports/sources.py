"""The kinds of files that votes are read from."""

from experiments.study.imports import jspsych, label_studio, mturk, tidy_csv
from experiments.study.imports.answers import Source

SOURCES: dict[str, Source] = {
    "mturk": mturk.SOURCE,
    "jspsych": jspsych.SOURCE,
    "label-studio": label_studio.SOURCE,
    "csv": tidy_csv.SOURCE,
}
