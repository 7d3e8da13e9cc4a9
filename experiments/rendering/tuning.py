"""What chooses the parameters of each raw: a policy, given values, or the camera default."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from attiqa_core.files.whole import sha256
from experiments.rendering.recipes import read_params
from isp_env.black_box.isp import BlackBoxIsp
from isp_env.parameters.profile_files import find_profile
from isp_env.parameters.profiles import Profile
from isp_env.params import IspParams
from isp_env.raw import RawFrame


@dataclass(frozen=True)
class Tuning:
    """`tune` gives a frame its parameters; `name` and `source` are for people, `chosen` tells it from every other."""

    tune: Callable[[RawFrame], IspParams]
    name: str
    source: Mapping[str, Any]
    chosen: Mapping[str, Any]


def of_policy(
    run: Path,
    scorer: str | None,
    device: torch.device,
    goal: Mapping[str, float],
    isp: BlackBoxIsp | None = None,
) -> Tuning:
    """Return the policy of a bundle, here or on the hub, or of an ONNX file, one raw at a time.

    Raises: as `PolicyTuner.load` and `OnnxTuner.open`.
    """
    from agents.bundles.hub import find_bundle  # the scorers' packages take 180 MB, which nobody else here needs
    from agents.bundles.names import DESCRIPTION, is_onnx
    from agents.onnx_tuner import OnnxTuner
    from agents.tuner import PolicyTuner, refuse_other_isp

    if is_onnx(run):
        file, tuner = run, OnnxTuner.open(run, scorer, device, goal)
        refuse_other_isp(tuner.policy, isp, str(run))
    else:
        file = find_bundle(run) / DESCRIPTION
        tuner = PolicyTuner.load(file.parent, scorer, device, goal, isp)
    if isp is not None:
        isp.square = tuner.policy.task.square
    one_at_a_time = threading.Lock()  # networks keep what they last saw

    def tune(frame: RawFrame) -> IspParams:
        with one_at_a_time:
            return tuner.tune(tuner.core([frame]))

    chosen = {
        "policy_sha256": sha256(file),
        "scorer_sha256": tuner.scorer.sha256,
        **({"goal": dict(goal)} if goal else {}),
    }
    return Tuning(tune, "policy", {"policy": str(run), **chosen}, chosen)


def of_values(named: str | Profile, file: Path | None, given: Mapping[str, float]) -> Tuning:
    """Return the same parameters for every raw: a file's, the `given` ones before it, else what a profile leaves untouched.

    Raises: InputError for a file that holds no parameters.
    """
    profile = find_profile(named)
    if file is not None:
        params = read_params(file, profile, given)
    elif given:
        params = IspParams.from_dict(given, profile=profile)
    else:
        params = IspParams.default(1, profile=profile)
    source: dict[str, Any] = {"file": str(file)} if file is not None else {}
    source |= {"set": dict(given)} if given else {}
    source |= {"profile": named} if profile.frozen else {}
    name = "parameters" if file is not None or given else "profile" if profile.frozen else "camera default"
    return Tuning(lambda frame: params, name, source, params.to_dicts()[0])


def on_program(tuning: Tuning, isp: BlackBoxIsp, description: Path | None) -> Tuning:
    """Return the same choice for another program, which it names: its description, that one's hash, and what it says of its version."""
    version, *beside = isp.command.program
    program = {"name": isp.name, "sha256": isp.black_box.sha256, "version": version}
    source = {**tuning.source, "program": {**program, "description": str(description)}}
    name = "program default" if tuning.name == "camera default" else tuning.name
    return Tuning(tuning.tune, name, source, {**tuning.chosen, "program": [*program.values(), *beside]})
