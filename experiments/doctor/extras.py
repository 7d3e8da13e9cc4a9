"""Which extras are installed, and what installs the others."""

from importlib import metadata

from attiqa_isp.ours import DISTRIBUTION
from experiments.doctor.fact import Fact, Places

FOR = {
    "onnx": "`attiqa export`, ONNX judges",
    "contrib": "TQC and recurrent PPO",
    "search": "`attiqa train --search`",
    "study": "serving studies, their statistics",
    "scale": "many machines, paths like s3://",
    "lens": "lensfun's lenses",
    "judges": "pyiqa's metrics, non-commercial",
}
"""Extra -> what it is for; `dev` is for developers."""


def extras(places: Places) -> list[Fact]:
    """Return a line for each extra: installed, or the line that installs it."""
    needed = {extra: _needed(extra) for extra in FOR}  # nothing: installed before there was such an extra
    missing = {
        extra: [name for name in names if not _is_there(name)] if names else [extra] for extra, names in needed.items()
    }
    return [Fact(f"extra {extra}", _line(extra, names), values={"missing": names}) for extra, names in missing.items()]


def _line(extra: str, missing: list[str]) -> str:
    state = "installed" if not missing else f"absent: pip install '{DISTRIBUTION}[{extra}]'"
    return f"{state} ({FOR[extra]})"


def _needed(extra: str) -> list[str]:
    """The distributions that an extra is made of."""
    from packaging.requirements import Requirement

    rows = [row for row in map(Requirement, metadata.requires(DISTRIBUTION) or []) if row.marker is not None]
    return [row.name for row in rows if row.marker and not row.marker.evaluate({"extra": ""}) and row.marker.evaluate({"extra": extra})]  # fmt: skip


def _is_there(name: str) -> bool:
    try:
        metadata.version(name)
    except metadata.PackageNotFoundError:
        return False
    return True
