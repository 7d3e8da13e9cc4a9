"""Write constraints/tested.txt: the exact versions of what pyproject.toml asks for, as the environment holds them that runs this.

`make constraints`, after a green gate. Packages that are in the environment for other reasons are left out: only what is
reached from the dependencies and from every extra that is installed here.
"""

import tomllib
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
HEAD = """# The versions that the gate ran with, all of them: pip install -c constraints/tested.txt 'attiqa-isp[study]'
# Written by .ci/constraints.py (make constraints); tests/test_constraints.py holds it against pyproject.toml.
"""


def reached(requirements: list[Requirement]) -> dict[str, str]:
    """Return name -> version of everything that these requirements install here."""
    found: dict[str, str] = {}
    done: set[tuple[str, str]] = set()
    waiting = [(each.name, extra) for each in requirements for extra in ("", *each.extras)]
    while waiting:
        name, extra = waiting.pop()
        key = (canonicalize_name(name), extra)
        if key in done:
            continue
        done.add(key)
        try:
            distribution = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            continue  # of an extra that is not installed here
        found[key[0]] = distribution.version.partition("+")[0]  # a build's own mark, as +cu130, is on no registry
        for row in map(Requirement, distribution.requires or []):
            if row.marker is None or row.marker.evaluate({"extra": extra}):
                waiting += [(row.name, each) for each in ("", *row.extras)]
    return found


if __name__ == "__main__":
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    stated = [*project["dependencies"], *(row for rows in project["optional-dependencies"].values() for row in rows)]
    versions = reached(list(map(Requirement, stated)))
    lines = [f"{name}=={version}\n" for name, version in sorted(versions.items())]
    (ROOT / "constraints" / "tested.txt").write_text(HEAD + "".join(lines))
    print(f"constraints/tested.txt: {len(lines)} packages")
