"""Whether the packages that `import` would find are those of this distribution: two others may bear the same name.

pip writes one distribution over another without a word (openai-agents ships `agents/` too), and a folder of the user's own
in PYTHONPATH, or in the current one under `python -m`, comes before what is installed. Loads in a millisecond: standard
library alone, and importlib.metadata only where something is wrong.
"""

import hashlib
import sys
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

DISTRIBUTION = "attiqa-isp"
PACKAGES = ("attiqa_core", "isp_env", "agents", "experiments")
HOME = Path(__file__).resolve().parents[1]
"""The folder that holds this package, and the others beside it: site-packages, or the source of an editable install."""
REINSTALL = f"`pip install --force-reinstall --no-deps {DISTRIBUTION}`"
OF_ITS_OWN = "give attiqa-isp an environment of its own (python -m venv)"


def stranger(home: Path = HOME) -> str:
    """Return one sentence about the first package that is another's, is overwritten or is gone, with the cure; "" if all are ours."""
    recorded: dict[str, str] | None = None
    for name in PACKAGES:
        own = home / name / "__init__.py"
        found = _found(name)
        if found is not None and found != own:
            return _elsewhere(name, found, home)
        if found is None or not own.is_file():
            return f"{home / name}: is not whole (no __init__.py): another package was removed over it; {REINSTALL}"
        recorded = _recorded(home) if recorded is None else recorded
        if not _is_ours(own, recorded.get(f"{name}/__init__.py", "")):
            return f"{_lies_over(name, own)}; {OF_ITS_OWN}, or remove the other one and {REINSTALL}"
    return ""


def changed_files(home: Path = HOME) -> list[str]:
    """Return the files of this distribution that are not as they were installed or are gone; of an editable install, none."""
    return [
        name
        for name, digest in sorted(_recorded(home).items())
        if digest and not ((home / name).is_file() and _sha256((home / name).read_bytes()) == digest)
    ]


def _found(name: str) -> Path | None:
    """The file that `import name` would run, None if there is none: found, not imported."""
    try:
        spec = find_spec(name)
    except (ImportError, ValueError):  # ValueError: a module made by hand, without a spec
        return None
    return None if spec is None or not spec.has_location or spec.origin is None else Path(spec.origin).resolve()


def _is_ours(path: Path, digest: str) -> bool:
    """By the digest that pip wrote down, or by our name in the docstring where there is none (an editable install)."""
    content = path.read_bytes()
    return _sha256(content) == digest if digest else f"Of {DISTRIBUTION}.".encode() in content


def _recorded(home: Path) -> dict[str, str]:
    """The SHA-256 of every file that was installed below `home`, as RECORD has it; {} for a source tree."""
    lists = sorted(home.glob(f"{DISTRIBUTION.replace('-', '_')}-*.dist-info/RECORD"))
    rows = [line.rsplit(",", 2) for path in lists for line in path.read_text(encoding="utf-8").splitlines()]
    return {
        row[0].strip('"'): row[1] for row in rows if len(row) == 3 and row[0].split("/")[0] in (*PACKAGES, "attiqa_isp")
    }


def _sha256(content: bytes) -> str:
    return "sha256=" + urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()


def _elsewhere(name: str, found: Path, home: Path) -> str:
    """That a package is found in another place than ours, whose it is there, and what helps."""
    place = found.parent.parent if found.stem == "__init__" else found.parent
    shown = found.parent if found.stem == "__init__" else found
    said = f"{shown}: is found as {name!r} before that of {DISTRIBUTION} in {home}"
    if owner := _owners(name, _distributions()):
        return f"{said}: it is of {owner}; {OF_ITS_OWN}"
    if "site-packages" in place.parts or "dist-packages" in place.parts:
        return f"{said}; {OF_ITS_OWN}"
    return f"{said}; start from another folder and unset PYTHONPATH, or rename your folder"


def _lies_over(name: str, own: Path) -> str:
    owner = _owners(name, _distributions())
    return f"{own.parent}: " + (f"{name} of {owner} lies over ours" if owner else "its __init__.py is not ours")


def _distributions() -> Mapping[str, list[str]]:
    """Package -> the distributions that have it. Every list of files in this environment is read for it: a quarter of a second."""
    from importlib.metadata import packages_distributions

    return packages_distributions()


def _owners(name: str, distributions: Mapping[str, list[str]]) -> str:
    """The other distributions that have a package of this name, as "openai-agents 0.6.1 and other 1.0"."""
    from importlib.metadata import PackageNotFoundError, version

    owners = {owner.lower().replace("_", "-") for owner in distributions.get(name, [])} - {DISTRIBUTION}
    shown = []
    for owner in sorted(owners):
        try:
            shown.append(f"{owner} {version(owner)}")
        except PackageNotFoundError:
            shown.append(owner)
    return " and ".join(shown)


def also_in_other_distributions() -> list[str]:
    """Return "agents of openai-agents 0.6.1" for every package of ours that another distribution has as well."""
    distributions = _distributions()
    return [f"{name} of {owner}" for name in PACKAGES if (owner := _owners(name, distributions))]


if __name__ == "__main__":
    sys.exit(stranger())
