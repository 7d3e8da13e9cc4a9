"""Every vote on a study, wherever it lies: in files that were handed in, or in the server's store."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from attiqa_core.errors import InputError
from experiments.study.folder import STORE_FILE, Study, open_study
from experiments.study.results.doubles import counted_once
from experiments.study.results.handed_in import HandedIn, find_results, read_handed_in
from experiments.study.server.store import Store
from experiments.study.vote import Rater, Vote


@dataclass(frozen=True)
class Collected:
    """All votes, skipped pairs among them, who gave them, and a sentence for each file that could not be used."""

    votes: tuple[Vote, ...]
    raters: tuple[Rater, ...]
    complaints: tuple[str, ...]


def collect(study_folder: Path, results: Sequence[Path], store: Path | None = None) -> Collected:
    """Return the votes on the study in `study_folder`: of the files (or folders of them) `results`, else of its store.

    Raises: InputError if there is no study, nothing among `results`, or no store that is this study's.
    """
    return votes_on(open_study(study_folder), study_folder, results, store)


def votes_on(study: Study, study_folder: Path, results: Sequence[Path], store: Path | None = None) -> Collected:
    """Return what `collect` does, of a study that is open already."""
    if results:
        return from_files(find_results(results), study)
    return from_store(store or Path(study_folder) / STORE_FILE, study)


def from_files(paths: Sequence[Path], study: Study) -> Collected:
    """Return the votes of all usable files; what cannot be used is complained of, and never stops the rest."""
    files: list[HandedIn] = []
    complaints = []
    for path in paths:
        try:
            files.append(read_handed_in(path, study))
        except InputError as error:
            complaints.append(str(error))
    counting, doubled = counted_once(files)
    votes = tuple(vote for file in counting for vote in file.votes)
    return Collected(votes, tuple(file.rater for file in counting), (*complaints, *doubled))


def from_store(path: Path, study: Study) -> Collected:
    """Return the votes that the server took. Raises: InputError if there is no store, or it is of another study."""

    store = Store(path)
    try:
        votes, raters = store.collected(study)
    finally:
        store.close()
    return Collected(tuple(votes), tuple(raters), ())
