"""The picture on one side of a trial, sent so that neither size nor time says which arm it is."""

from pathlib import Path

from experiments.study.folder import PICTURES, Scene
from experiments.study.trials import Trial


def picture(folder: Path, scene: Scene, trial: Trial, side: str) -> bytes:
    """Return the JPEG on one `side` of a trial, as many bytes as that on the other.

    Both are read, always in the order of their names; what follows a JPEG's end is ignored by all readers.
    """
    files = {each: scene.files[arm] for each, arm in (("left", trial.left), ("right", trial.right))}
    read = {name: (folder / PICTURES / name).read_bytes() for name in sorted(files.values())}
    return read[files[side]].ljust(max(map(len, read.values())), b"\0")
