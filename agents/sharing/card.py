"""A policy's card, README.md, from its bundle: what it does, was trained on and is worth, and what it never saw.

No number stands in it that is not in the bundle; what the bundle does not say is said to be missing.
"""

import json
from collections.abc import Mapping
from typing import Any

from agents.normaliser import UNFAMILIAR
from agents.policy import Policy
from attiqa_core.sharing.card_parts import facts, front_matter, model_index, table
from isp_env.observe import EXPOSURE, observation_names
from isp_env.params import IspParams

KNOWN_FIGURES = {
    "": "the policy",
    "constant_": "its constant alone",
    "mean_action_": "its mean action, whatever the raw",
}
"""Rows of the run's summary.json, by what their names begin with."""
SHOWN_RANGES = (
    *EXPOSURE,
    "score",
    "luma_percentile_50",
    "noise",
    "sharpness",
    "chroma_mean",
    "own_cast_red",
    "own_cast_blue",
)
"""The entries of an observation whose range in training says most about what a policy knows."""


def policy_card(
    policy: Policy,
    name: str,
    sha256: str,
    *,
    summary: Mapping[str, Any] | None = None,
    verdict: Mapping[str, Any] | None = None,
    gate: Mapping[str, Any] | None = None,
    licence: str = "other",
) -> str:
    """Return the README.md of a bundle whose weights have this hash.

    `summary` is the run's summary.json, `verdict` the audit's verdict.json about these weights, `gate` what the gate found
    about the scorer, where the bundle itself does not say.
    """
    parts = [
        _head(policy, name, licence),
        f"# {name}\n\n{_introduction(policy, name)}",
        f"## Verdict\n\n{_verdict(verdict)}",
        f"## Data\n\n{_data(policy.training)}",
        f"## Training\n\n{_training(policy, sha256)}",
        f"## Reward\n\n{_reward(policy, gate)}",
        f"## Measured\n\n{_measured(policy.training, summary)}",
        f"## Limits\n\n{_limits(policy)}",
        f"## Licence\n\n{_licence(licence)}",
    ]
    return "\n\n".join(parts) + "\n"


def _head(policy: Policy, name: str, licence: str) -> str:
    reward, results = policy.training.get("validation_reward"), []
    if _is_number(reward):
        label = json.dumps(
            "gain in reward over the camera default, mean over validation contexts, by which it was chosen"
        )
        results = [
            "  - task: {type: reinforcement-learning, name: parameters of an ISP}",
            "    dataset: {name: validation contexts of the training, type: raw}",
            f"    metrics:\n    - {{type: mean_reward, value: {reward:.4f}, name: {label}}}",
        ]
    tags = ("raw", "image-signal-processing", "attiqa", "reinforcement-learning")
    return front_matter(licence, "reinforcement-learning", tags, model_index(name, results))


def _introduction(policy: Policy, name: str) -> str:
    task = policy.task
    what = (
        "answers every raw with the same"
        if policy.actor is None
        else "looks at a raw's camera default and answers with"
    )
    steps = f"It changes them in {task.steps} steps, after each of which it looks again. " if task.steps > 1 else ""
    crops = f" and {task.crops} crop{'s' * (task.crops > 1)} at native resolution" if task.crops else ""
    eyes = f" and small pictures of {task.pictures} px" if task.pictures else ""
    return (
        f"A policy of attiqa-isp that {what} {len(policy.base)} parameters of its raw-to-RGB pipeline. {steps}"
        f"It sees {len(policy.normaliser.mean)} statistics{eyes} of a proxy of about {task.proxy_px}^2 px"
        f"{crops}, and the scorer's opinion of it.\n\n"
        "```python\nfrom agents.tuner import PolicyTuner\nfrom isp_env.raw import RawFrame\nfrom isp_env.tiles import render_full\n\n"
        f'tuner, frame = PolicyTuner.load({json.dumps(name)}), RawFrame.load("photo.dng")  # a folder, or org/name@<commit>\n'
        "picture = render_full(frame, tuner.tune(tuner.core([frame])))\n```\n\n"
        f"On the command line: `attiqa render RAWS --policy {name} --out PICTURES`."
    )


def _verdict(verdict: Mapping[str, Any] | None) -> str:
    if verdict is None:
        return "None: this policy was not audited (`attiqa audit`), or the verdict beside it is about another policy or by an earlier version."
    reasons = "".join(f"\n- {reason}" for reason in verdict.get("reasons", []))
    return f"**{verdict.get('verdict', 'unknown')}**, by `attiqa audit` ({verdict.get('written', 'no date')}).{reasons}"


def _data(training: Mapping[str, Any]) -> str:
    data = training.get("data") or {}
    rows = {"contexts trained on": training.get("raws"), "contexts that judged": training.get("validation_raws")}
    rows |= {
        "raws named": data.get("raws"),
        "judged by": data.get("validate"),
        "raws made from photos": data.get("photos"),
    }
    rows |= {"scenes trained on": data.get("scenes"), "scenes that judged": data.get("validation_scenes")}
    said = facts({name: "not recorded" if value is None else value for name, value in rows.items()})
    if not data:
        return f"{said}\n\nThis bundle was written before names and scenes of the data were recorded."
    stand_ins = (
        "Contexts made from photos, by a model of cameras, are stand-ins for raws; how many they are is not recorded. "
        if data.get("photos")
        else ""
    )
    return (
        f"{said}\n\nA scene is on one side alone. {stand_ins}Raws that were themselves made from photos, as those of "
        "`attiqa demo` are, count as raws here."
    )


def _training(policy: Policy, sha256: str) -> str:
    training = policy.training
    names = ("algorithm", "timesteps", "constant_samples", "seed", "seconds")
    rows = {name.replace("_", " "): training.get(name, "not recorded") for name in names}
    rows |= {f"number: {name}": value for name, value in (training.get("numbers") or {}).items()}
    rows |= {
        "formulation": policy.task.formulation,
        "profile": policy.task.profile.name,
        "weights' SHA-256": f"`{sha256}`",
    }
    return facts(rows)


def _reward(policy: Policy, gate: Mapping[str, Any] | None) -> str:
    gate = policy.training.get("scorer_gate") or gate
    if gate is None:
        state = "whether it passes its gate (`attiqa gate`) is not recorded"
    elif gate.get("passed"):
        state = "it passes its gate (`attiqa gate`)"
    else:
        state = (
            f"**it fails its gate** (`attiqa gate`) on {', '.join(map(str, gate.get('failures', []))) or 'something'}"
        )
    goals = policy.task.goals
    tastes = f"\n\nTastes that it can be asked for: {', '.join(goals)}." if goals else ""
    return _imitated(policy.training) + (
        f"The change of a picture's score less penalties, from the camera default on. The scorer is {policy.scorer.get('name')}, "
        f"SHA-256 `{policy.scorer.get('sha256')}`; {state}. The policy is worth no more than its scorer.\n\n"
        f"{table(('weight', 'value'), policy.weights.to_dict().items())}{tastes}"
    )


def _imitated(training: Mapping[str, Any]) -> str:
    """What a policy that learned from examples has to say before its reward."""
    targets = training.get("targets")
    if targets is None:
        return ""
    return (
        "**Not what it learned by**: it imitates the parameters of examples, those of "
        f"{targets.get('fits', 'fits that are not recorded')}, SHA-256 `{targets.get('sha256', 'not recorded')}`. The scorer is a part of "
        "what it observes, and the reward what its figures are measured in.\n\n"
    )


def _measured(training: Mapping[str, Any], summary: Mapping[str, Any] | None) -> str:
    figures = {"validation_reward": training.get("validation_reward"), **(summary or {})}
    rows = [
        (label, *(_figure(figures.get(f"{start}validation_{kind}")) for kind in ("reward", "better")))
        for start, label in KNOWN_FIGURES.items()
    ]
    head = ("on the validation contexts", "gain in reward over the camera default", "share of contexts that gained")
    seeds = (summary or {}).get("seeds")
    chosen = f" It is the best of {len(seeds)} trainings by these figures." if seeds else ""
    return (
        f"{table(head, rows)}\n\nThe policy was chosen by these contexts, so that its own figures flatter it.{chosen} Figures on "
        "raws that nothing was chosen by are not in this bundle; `attiqa benchmark` measures them.\n\n"
        f"On the training contexts: reward {_figure(training.get('training_reward'))}, "
        f"score {_figure(training.get('training_score_gain'))} (changes from the camera default)."
    )


def _limits(policy: Policy) -> str:
    task, names = policy.task, observation_names(policy.task.profile.names, policy.task.goals)
    low, high = policy.normaliser.low.tolist(), policy.normaliser.high.tolist()
    seen = [(name, f"{low[names.index(name)]:.3g}", f"{high[names.index(name)]:.3g}") for name in SHOWN_RANGES]
    constant = IspParams.from_action(policy.base[None], task.profile) if task.steps == 1 else None
    ranges = [
        (each.name, parameter.unit, f"{each.low:g}", f"{each.high:g}",
         "" if constant is None else f"{constant[each.name].item():.3g}")
        for each, parameter in zip(task.profile.controls, task.profile.parameters, strict=True)
    ]  # fmt: skip
    frozen = ", ".join(f"{name} {value:g}" for name, value in task.profile.frozen) or "none"
    never = [
        f"raws whose statistics lie outside of the ranges below (`docs/policies.md` has their units); it was fitted there "
        f"to nothing, and {UNFAMILIAR:g} deviations outside it is guessing",
        "the full-size picture: it saw proxies, and the final render is another size",
        *(
            ()
            if task.crops
            else ("a picture at native resolution: what sharpening and denoising do there, it cannot know",)
        ),
        *(() if task.pictures else ("where something is in the picture: statistics have no places",)),
        "what its scorer does not see, and people: no human judged its pictures for this card",
    ]
    return (
        "It never saw\n\n" + "\n".join(f"- {each};" for each in never) + "\n\n"
        f"{table(('observation', 'lowest in training', 'highest'), seen)}\n\n"
        f"Parameters that it sets, and the constant that it starts from (frozen elsewhere than at identity: {frozen}):\n\n"
        f"{table(('parameter', 'unit', 'lowest', 'highest', 'constant'), ranges)}"
    )


def _licence(licence: str) -> str:
    known = "not stated" if licence == "other" else licence
    return (
        f"The code that runs it, attiqa-isp, is Apache-2.0. The licence of these weights: {known}. The licence of the raws and "
        "photos that it was trained on is not recorded in the bundle: ask who trained it."
    )


def _figure(value: Any) -> str:
    return f"{value:.4f}" if _is_number(value) else "not recorded"


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
