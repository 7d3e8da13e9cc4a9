"""Python, this distribution, packages that clash with it, and packages older than the lowest that are promised to work."""

import platform
import sys
from importlib import metadata

from attiqa_isp.ours import (
    DISTRIBUTION,
    HOME,
    OF_ITS_OWN,
    PACKAGES,
    REINSTALL,
    also_in_other_distributions,
    changed_files,
    stranger,
)
from experiments.doctor.fact import Fact, Places

LOWEST_PYTHON = (3, 11)


def python_and_ours(places: Places) -> list[Fact]:
    """Return the interpreter, our version and where it lies, and whether it is whole."""
    version = platform.python_version()
    old = f"Python {version}: is older than 3.11" if sys.version_info < LOWEST_PYTHON else ""
    changed = changed_files()
    broken = stranger() or (
        f"{HOME}: {len(changed)} files are not as installed, {changed[0]} first; {REINSTALL}" if changed else ""
    )
    return [
        Fact("Python", f"{version}, {sys.executable}", old, {"version": version, "executable": sys.executable}),
        Fact(DISTRIBUTION, f"{_version(DISTRIBUTION)} in {HOME}", broken,
             {"version": _version(DISTRIBUTION), "folder": str(HOME), "changed_files": changed}),
    ]  # fmt: skip


def clashes(places: Places) -> list[Fact]:
    """Return the packages of ours that another distribution has as well: whichever was installed last lies over the other."""
    others = also_in_other_distributions()
    broken = f"{', '.join(others)}: has the name of a package of ours; {OF_ITS_OWN}" if others else ""
    return [Fact("clashing names", ", ".join(others) or f"none ({', '.join(PACKAGES)} are ours alone)", broken, {"others": others})]  # fmt: skip


def old_versions(places: Places) -> list[Fact]:
    """Return the packages that are absent or below the lowest version that pyproject.toml states."""
    from packaging.requirements import Requirement

    found = {}
    for requirement in map(Requirement, metadata.requires(DISTRIBUTION) or []):
        extra = requirement.marker is not None and "extra" in str(requirement.marker)
        version = _version(requirement.name)
        if (version or not extra) and not (version and requirement.specifier.contains(version, prereleases=True)):
            found[requirement.name] = f"{requirement.name} {version or 'absent'} ({requirement.specifier} is needed)"
    cure = f"; `pip install --upgrade {' '.join(found)}`"
    text = "none is below the lowest that is promised to work" if not found else ", ".join(found.values())
    return [Fact("versions", text, text + cure if found else "", {"below": sorted(found)})]


def _version(name: str) -> str:
    """A distribution's version, "" if it is not installed."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""
