"""Where a policy's bundle lies: a folder here, or a commit on the Hugging Face hub, which is fetched as scorers are."""

from pathlib import Path

from agents.bundles.description import read_description
from agents.bundles.names import DESCRIPTION, SCORER, SUMMARY, VERDICT, is_onnx
from attiqa_core.errors import InputError
from attiqa_core.judges.gate import REPORT
from attiqa_core.sharing import hub
from attiqa_core.sharing.folder import CARD, WEIGHTS
from attiqa_core.sharing.references import is_repository, split_revision
from attiqa_core.sharing.shipped import DESCRIPTION as SCORER_DESCRIPTION

SCORER_FILES = tuple(f"{SCORER}/{name}" for name in (SCORER_DESCRIPTION, WEIGHTS, REPORT, CARD))
BESIDE = (CARD, VERDICT, SUMMARY, *SCORER_FILES)
"""What may lie in a bundle beside its description and its weights. Nothing else travels."""


def find_bundle(reference: str | Path) -> Path:
    """Return the folder of a bundle: the folder named, or of "org/name@commit" on the hub the one in the local cache.

    From the hub only the bundle's own files are fetched, of exactly that commit, the cache first.
    Raises: InputError if they cannot be had; UsageError for a revision that can move.
    """
    repository, commit = split_revision(str(reference))
    if is_onnx(reference):
        raise InputError(
            f"{reference}: is a policy as one file for other programs, which `attiqa render` alone reads back; name the bundle it was made of"
        )
    if Path(reference).exists() or commit is None or not is_repository(repository):
        return Path(reference)
    offline = "a bundle's folder"
    first = hub.fetch(repository, commit, (DESCRIPTION,), offline=offline)
    required = (DESCRIPTION, read_description(first)["weights"])
    return hub.fetch(repository, commit, required, BESIDE, offline=offline)


def is_bundle(reference: str) -> bool:
    """Return whether a reference is a policy's: of a folder that holds one, of a commit that has one. Raises: as `hub.holds`."""
    repository, commit = split_revision(reference)
    if Path(reference).exists() or commit is None or not is_repository(repository):
        return (Path(reference) / DESCRIPTION).is_file()
    return hub.holds(repository, commit, DESCRIPTION)
