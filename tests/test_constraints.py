"""The files of constraints agree with pyproject.toml, notices name every dependency, and the container is built as it says."""

import re
import tomllib

import pytest
from fixtures.pages import ROOT
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = PROJECT["optional-dependencies"]
STATED = {
    canonicalize_name(each.name): each
    for each in map(Requirement, [*PROJECT["dependencies"], *(row for rows in EXTRAS.values() for row in rows)])
}
WITHOUT_A_FILE = {"pyiqa"}  # of the extra `judges`: what it pins would be forced on everyone


def versions(which: str) -> dict[str, Version]:
    rows = (ROOT / "constraints" / f"{which}.txt").read_text().splitlines()
    pairs = [row.split("==") for row in rows if not row.startswith("#")]
    return {canonicalize_name(name): Version(version) for name, version in pairs}


@pytest.mark.parametrize("which", ["lowest", "tested"])
def test_constraints_name_exact_versions_that_pyproject_allows_and_no_address(which):
    text = (ROOT / "constraints" / f"{which}.txt").read_text()
    assert "://" not in text and " @ " not in text and "--" not in text.replace("--resolution", "")
    found = versions(which)
    assert not [name for name in STATED if name not in found and name not in WITHOUT_A_FILE]
    assert not [
        f"{name} {found[name]}" for name, each in STATED.items() if name in found and found[name] not in each.specifier
    ]


def test_the_lowest_versions_are_those_that_pyproject_states():
    found = versions("lowest")
    for name, requirement in STATED.items():
        if name not in found:
            continue
        (bound,) = (each.version for each in requirement.specifier)
        release = Version(bound).release
        padded = (*found[name].release, 0, 0, 0)
        assert padded[: len(release)] == release, f"{name}: {bound} is stated, {found[name]} is the lowest there is"


def test_the_extras_for_developers_ask_for_the_same_versions_as_those_for_users():
    of_developers = {Requirement(row).name: str(Requirement(row).specifier) for row in EXTRAS["dev"]}
    for extra, rows in EXTRAS.items():
        for each in map(Requirement, rows):
            assert of_developers.get(each.name, str(each.specifier)) == str(each.specifier), f"{each.name} of {extra}"


def test_every_direct_dependency_is_in_the_notices_with_a_licence():
    rows = re.findall(r"^\| ([\w.-]+) \| ([^|]+) \|$", (ROOT / "THIRD_PARTY_NOTICES.md").read_text(), re.MULTILINE)
    licences = {canonicalize_name(name): licence for name, licence in rows}
    assert set(STATED) <= set(licences) and all(licences[name].strip() for name in STATED)
    assert not [
        name for name in licences if name not in STATED and name not in ("package", "scikit-image", "scikit-learn")
    ]


def instructions() -> list[tuple[str, str]]:
    """The instructions of the Dockerfile, with continued lines joined."""
    text = re.sub(r"\\\n", " ", (ROOT / "Dockerfile").read_text())
    rows = [row.strip() for row in text.splitlines() if row.strip() and not row.startswith("#")]
    return [(word, rest.strip()) for word, _, rest in (row.partition(" ") for row in rows)]


def test_the_container_runs_as_nobody_in_particular_and_names_no_address():
    words = instructions()
    known = {"ARG", "FROM", "RUN", "WORKDIR", "COPY", "USER", "ENTRYPOINT", "CMD"}
    assert {word for word, _ in words} <= known
    assert [rest for word, rest in words if word == "USER"] == ["attiqa"]
    assert words.index(("USER", "attiqa")) > max(place for place, (word, _) in enumerate(words) if word == "RUN")
    assert "://" not in (ROOT / "Dockerfile").read_text()
    assert all(
        "rm -rf /var/lib/apt/lists" in rest for word, rest in words if "apt-get install" in rest and word == "RUN"
    )


def test_the_container_copies_every_package_and_the_context_holds_what_it_copies():
    copied = {name for word, rest in instructions() if word == "COPY" for name in rest.split()[:-1]}
    packages = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"][
        "packages"
    ]
    assert set(packages) <= copied and all((ROOT / name).exists() for name in copied)
    allowed = {row[1:] for row in (ROOT / ".dockerignore").read_text().splitlines() if row.startswith("!")}
    assert copied == allowed
