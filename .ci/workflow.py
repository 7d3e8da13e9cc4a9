"""Run the steps of one job of .github/workflows/ci.yml on this machine: python .ci/workflow.py JOB [NAME=VALUE...] [--at FOLDER].

Each combination of the job's matrix, or those with NAME=VALUE alone, begins in a clone of its own of what is committed. What a
service would bring (`uses:`) is what stands here: see BRINGS. The first step that fails ends it; what was not run is named.
"""

import argparse
import itertools
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[1]
WORKFLOW = ROOT / ".github" / "workflows" / "ci.yml"
NOT_OURS = ("PYTHONPATH", "VIRTUAL_ENV", "PYTHONDONTWRITEBYTECODE")
"""What a shell may have set, and no runner has."""


class Failed(Exception):
    """A step did not do what it is there for: why."""


def check_out(clone: Path, asked: dict[str, Any], env: dict[str, str]) -> str:
    """Say which commit the clone holds; a clone of before keeps what git ignores, such as its environment."""
    if not (clone / ".git").is_dir():
        git("clone", "--quiet", ROOT, clone)
    else:
        git("-C", clone, "fetch", "--quiet", ROOT, "HEAD")
        git("-C", clone, "reset", "--quiet", "--hard", "FETCH_HEAD")
    return f"a clone at {git('-C', clone, 'rev-parse', '--short', 'HEAD')}"


def git(*words: object) -> str:
    """Return what git says. Raises: Failed if it cannot."""
    done = subprocess.run(["git", *map(str, words)], capture_output=True, text=True)
    if done.returncode:
        raise Failed(done.stderr.strip())
    return done.stdout.strip()


def set_up_python(clone: Path, asked: dict[str, Any], env: dict[str, str]) -> str:
    """Put the folder of a Python of the asked version at the front of the path. Raises: Failed if there is none."""
    version = str(asked["python-version"])
    for folder in folders_of_pythons():
        said = subprocess.run([folder / "python3", "--version"], capture_output=True, text=True).stdout
        if said.startswith(f"Python {version}."):
            env["PATH"] = f"{folder}{os.pathsep}{env['PATH']}"
            return f"{said.strip()} in {folder}"
    raise Failed(f"no python3 of version {version} on the path or in ~/.pyenv/versions")


def folders_of_pythons() -> Iterator[Path]:
    """Yield the folders with a python3 of their own: of the path, and of pyenv, whose shims ask for a version first."""
    found = [*map(Path, os.environ["PATH"].split(os.pathsep)), *sorted(Path.home().glob(".pyenv/versions/*/bin"))]
    yield from (each for each in found if (each / "python3").is_file() and each.name != "shims")


def upload(clone: Path, asked: dict[str, Any], env: dict[str, str]) -> str:
    """Say how many files would have been kept. Raises: Failed if a name fits none."""
    fitting = {pattern: [*clone.glob(pattern)] for pattern in asked["path"].split()}
    if missing := [pattern for pattern, files in fitting.items() if not files]:
        raise Failed(f"nothing fits {', '.join(missing)}")
    return f"{sum(map(len, fitting.values()))} files are there, and were kept nowhere"


BRINGS: dict[str, Callable[[Path, dict[str, Any], dict[str, str]], str]] = {
    "actions/checkout": check_out,
    "actions/setup-python": set_up_python,
    "actions/upload-artifact": upload,
}
"""An action, without its version -> what stands in its place here, given the clone, its `with:` and the environment."""


def combinations(job: dict[str, Any]) -> list[dict[str, str]]:
    """Return each combination of a job's matrix, one empty one where it has none."""
    matrix = job.get("strategy", {}).get("matrix", {})
    return [dict(zip(matrix, values, strict=True)) for values in itertools.product(*matrix.values())]


def filled(value: Any, matrix: dict[str, str]) -> Any:
    """Return a value of the workflow with ${{ matrix.NAME }} filled in. Raises: Failed for any other expression."""
    if isinstance(value, dict):
        return {name: filled(each, matrix) for name, each in value.items()}
    if not isinstance(value, str):
        return value

    def of(match: re.Match[str]) -> str:
        where, _, name = match[1].strip().partition(".")
        if where != "matrix" or name not in matrix:
            raise Failed(f"${{{{{match[1]}}}}} is not known here: only matrix.{', matrix.'.join(matrix) or 'NAME'}")
        return str(matrix[name])

    return re.sub(r"\$\{\{(.*?)\}\}", of, value)


def title(step: dict[str, Any]) -> str:
    """Return what a step is called in what is said of it: its first line."""
    return f"uses {step['uses']}" if "uses" in step else step["run"].strip().splitlines()[0]


def do(step: dict[str, Any], clone: Path, env: dict[str, str]) -> str:
    """Do one step and say what it was. Raises: Failed with its exit code, or for an action that nothing here stands for."""
    if "uses" in step:
        action = step["uses"].partition("@")[0]
        if action not in BRINGS:
            raise Failed(f"nothing here stands for {action}; add it to BRINGS of .ci/workflow.py")
        return BRINGS[action](clone, step.get("with", {}), env)
    own = {**env, **{name: str(value) for name, value in step.get("env", {}).items()}}
    done = subprocess.run(["bash", "-e", "-c", step["run"]], cwd=clone, env=own, stdin=subprocess.DEVNULL)
    if done.returncode:
        raise Failed(f"ends with {done.returncode}")
    return "done"


def run(job: dict[str, Any], matrix: dict[str, str], clone: Path, env: dict[str, str]) -> bool:
    """Do a job's steps in order, saying each; return whether all of them went well."""
    env = {name: value for name, value in env.items() if name not in NOT_OURS}
    env |= {"CI": "true", **{name: str(value) for name, value in job.get("env", {}).items()}}
    for place, raw in enumerate(job["steps"]):
        begun = time.monotonic()
        try:
            step = filled(raw, matrix)
            print(f"--- {title(step)}", flush=True)
            said = do(step, clone, env)
        except Failed as why:
            print(f"--- {title(raw)}: FAILED, {why}")
            for each in job["steps"][place + 1 :]:
                print(f"--- not run: {title(each)}")
            return False
        print(f"--- {title(step)}: {said} ({time.monotonic() - begun:.0f} s)", flush=True)
    return True


def main() -> int:
    """Return the exit code: 0 if every step of every combination went well."""
    workflow = yaml.safe_load(WORKFLOW.read_text())
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("job", choices=list(workflow["jobs"]))
    parser.add_argument(
        "only", nargs="*", metavar="NAME=VALUE", help="only the combinations of the matrix with this value"
    )
    parser.add_argument("--at", type=Path, help="keep the clones below this folder, and go on in those that are there")
    options = parser.parse_args()
    job = workflow["jobs"][options.job]
    job["env"] = {**(workflow.get("env") or {}), **job.get("env", {})}
    asked = dict(each.partition("=")[::2] for each in options.only)
    chosen = [each for each in combinations(job) if asked.items() <= each.items()]
    if not chosen:
        parser.error(f"no combination of {options.job} has {' '.join(options.only)}: {combinations(job)}")
    well = [in_a_clone(options.job, job, matrix, options.at) for matrix in chosen]
    print(f"{options.job}: {sum(well)} of {len(well)} combinations went well")
    return 0 if all(well) else 1


def in_a_clone(name: str, job: dict[str, Any], matrix: dict[str, str], at: Path | None) -> bool:
    """Run one combination in a clone below `at`, or in one that is removed afterwards; return whether it went well."""
    called = "-".join([name, *matrix.values()])
    print(f"=== {called}", flush=True)
    if at:
        return run(job, matrix, at.resolve() / called, dict(os.environ))
    with tempfile.TemporaryDirectory(prefix="attiqa-workflow-") as folder:
        return run(job, matrix, Path(folder) / called, dict(os.environ))


if __name__ == "__main__":
    sys.exit(main())
