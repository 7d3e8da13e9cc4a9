"""One of everything that is written to be read again, in its smallest form, with its reader: what comes out is a plain value."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from fixtures.fitted import frame_of
from fixtures.judges import tiny_qualiclip
from fixtures.policies import random_policy
from fixtures.seeded import seeded
from fixtures.studies import small_study
from fixtures.tiny_net import tiny_net
from hostile import runs
from hostile.artefact import Artefact, digest

from agents.actor import Architecture
from agents.audit.verdict import Bundle, bundle_of, make_verdict, read_verdict, write_verdict
from agents.bundles.files import load_policy, save_policy
from agents.normaliser import Normaliser
from agents.tools.actor import ChoiceNet
from agents.tools.bundle import load_tool_policy, save_tool_policy
from agents.tools.policy import ToolPolicy
from attiqa_core.datasets.splits import read_splits, write_splits
from attiqa_core.errors import InputError
from attiqa_core.files.described import read_json
from attiqa_core.files.whole import write_json
from attiqa_core.judges.gate import FORMAT as GATE_FORMAT
from attiqa_core.judges.gate import REPORT, report_about
from attiqa_core.judges.naturalness import Pristine
from attiqa_core.judges.niqe import Niqe
from attiqa_core.judges.qualiclip import load_qualiclip
from attiqa_core.labelling.labels import Labels
from attiqa_core.labelling.labels import read as read_labels
from attiqa_core.labelling.labels import write as write_labels
from attiqa_core.network.pretrained import load_pretrained, save_pretrained
from attiqa_core.runs.folder import new_run
from attiqa_core.scorer import MosRange, Preprocessing, Scorer, save_scorer
from attiqa_core.shards.commit import commit, prove
from attiqa_core.shards.manifest import plan, read_manifest
from attiqa_core.teachers.prompt_sets import read_prompts
from experiments.study.folder import open_study
from isp_env.fitting.files import Fit, Fits, read_fits, write_fits
from isp_env.fivek.manifest import Row, append
from isp_env.fivek.manifest import read_manifest as read_fivek
from isp_env.learned_isp.files import LearnedModel, load_learned, save_learned
from isp_env.learned_isp.network import Architecture as CopyShape
from isp_env.learned_isp.network import LearnedNetwork
from isp_env.parameters.profiles import CORE
from isp_env.raw_io.dng import write_frame
from isp_env.stores.bake_recipe import BakeRecipe
from isp_env.stores.baking import Source, bake, describe
from isp_env.stores.store import BakedStore
from isp_env.task import Task
from isp_env.tool_episodes.observation import tool_observation_names
from isp_env.tool_episodes.task import ToolTask
from isp_env.tools.learned.files import opened, save_network, stored_network
from isp_env.tools.learned.networks import fresh_network
from isp_env.tools.learned.table import Network

ATTRIBUTES = ("sharpness", "noisiness", "brightness", "contrast", "colorfulness")
DIGEST = "a" * 64


def _state(module: torch.nn.Module) -> str:
    return digest(*module.state_dict().values())


def _make_scorer(folder: Path) -> None:
    save_scorer(folder, tiny_net(8), Preprocessing(72, 64), MosRange(0.0, 100.0), {"data": "random weights"})


def _read_scorer(folder: Path) -> Any:
    scorer = Scorer.load(folder, crops=1)
    return _state(scorer.net), scorer.preprocessing, scorer.mos_range, scorer.attribute_names, scorer.net.arch


def _make_gate(folder: Path) -> None:
    told = {"format": GATE_FORMAT, "sha256": DIGEST, "crops": 1, "photos": 5, "passed": True, "failures": []}
    write_json(folder / REPORT, told, seal=True)


def _read_pretrained(folder: Path) -> Any:
    net, described = load_pretrained(folder)
    encoder = {name: each for name, each in net.state_dict().items() if not name.startswith("regressor.")}
    return digest(*encoder.values()), described


def _make_niqe(folder: Path) -> None:
    count = len(Niqe.statistics)
    mean = torch.arange(count, dtype=torch.float64)
    Niqe.save(folder, Pristine(mean, torch.eye(count, dtype=torch.float64), torch.tensor(1.5, dtype=torch.float64)), {})


def _read_niqe(folder: Path) -> Any:
    judge = Niqe.load(folder)
    return digest(judge.mean, judge.covariance, judge.typical), judge.sha256


def _read_qualiclip(folder: Path) -> Any:
    judge = load_qualiclip(folder)
    return _state(judge), judge.view, judge.scale


def _make_labels(folder: Path) -> None:
    scores = torch.rand(4, 5, generator=seeded())
    write_labels(folder, Labels(tuple("abcd"), scores, {"teacher": "t"}, Path("/photos"), {"e": "is no photo"}))


def _read_labels(folder: Path) -> Any:
    labels = read_labels(folder)
    return labels.keys, digest(labels.labels), labels.provenance, labels.root, labels.errors, labels.attributes


def _make_shards(folder: Path) -> None:
    for shard in plan(folder, ([f"k{number}", number] for number in range(5)), {"seed": 1}, shard_size=2).shards():
        shard.file(".csv").parent.mkdir(exist_ok=True)
        shard.file(".csv").write_text(f"row {shard.index}\n")
        commit(shard, [item[0] for item in shard.items()], [".csv"], {}, {"by": "a test"})


def _read_shards(folder: Path) -> Any:
    manifest = read_manifest(folder)
    told = [(each.done, each.errors, each.about, each.shard.file(".csv").read_text()) for each in prove(manifest)]
    return manifest.about, manifest.count, told


def _make_store(folder: Path) -> None:
    raws = folder.parent / f"{folder.name}-raws"
    raws.mkdir()
    paths = [raws / f"r{number}.dng" for number in range(2)]
    for number, path in enumerate(paths):
        write_frame(path, frame_of(number, 48))
    recipe = BakeRecipe(variants=1, proxy_px=32, crops=0, precision="uint16", seed=3)
    bake([Source(place, path) for place, path in enumerate(paths)], recipe, folder)
    describe(folder, recipe, 0, scene_pattern="", shares={"validation": 0.5})


def _read_store(folder: Path) -> Any:
    store = BakedStore.open(folder)
    frames = [(each.name, each.wb_as_shot, each.samples.tobytes()) for each in store.proxies()]
    return [(item.name, item.raw, item.scene, item.split) for item in store.items], store.proxy_px, store.crops, frames


def _read_policy(folder: Path) -> Any:
    policy = load_policy(folder)
    actor = _state(policy.actor) if policy.actor is not None else ""
    said = (policy.reach, policy.task, policy.weights, policy.scorer, policy.training, policy.isp)
    return digest(policy.base, *policy.normaliser.tensors().values()), actor, repr(said)


def _make_verdict(folder: Path) -> None:
    write_json(folder / "policy.json", {"sha256": DIGEST}, seal=True)
    write_verdict(folder, make_verdict([], 3, bundle_of(folder) or Bundle("", "", "gain")))


def _read_verdict(folder: Path) -> Any:
    found = read_verdict(folder)
    if found is None:  # `attiqa audit` and everybody who asks say "no verdict on this policy"
        raise InputError("no verdict on this policy")
    return asdict(found)


def _make_tool_policy(folder: Path) -> None:
    tools = ("brightness+0.15", "contrast*1.25")
    names = tool_observation_names(tools, judged=False)
    ones = torch.ones(len(names))
    net = ChoiceNet(Architecture(len(names), len(tools) + 1, hidden=(4,)))
    normaliser = Normaliser(0 * ones, ones, -ones, ones)
    save_tool_policy(
        folder, ToolPolicy(net, normaliser, ToolTask(), dict.fromkeys(tools, ""), {}, 32, {"timesteps": 1})
    )


def _read_tool_policy(folder: Path) -> Any:
    policy = load_tool_policy(folder)
    said = (policy.task, policy.tools, policy.judge, policy.size_px, policy.training)
    return _state(policy.actor), digest(*policy.normaliser.tensors().values()), repr(said)


NETWORK = Network("denoise-3", "denoise", "noise", "residual", 3, 4)


def _make_network(folder: Path) -> None:
    save_network(folder, NETWORK, fresh_network(NETWORK, seeded()), {"seed": 1})


def _read_network(folder: Path) -> Any:
    opened.cache_clear()
    stored = stored_network(folder, NETWORK.name)
    return _state(opened(stored, "cpu")), stored.network


def _make_copy(folder: Path) -> None:
    count = len(CORE.controls)
    net = LearnedNetwork(CopyShape(count, 4, 4, 4), torch.zeros(count))
    save_learned(folder, LearnedModel(net, CORE, {"name": "p"}, 64, 1, {"seed": 1}, {"psnr": 40.0}))


def _read_copy(folder: Path) -> Any:
    model = load_learned(folder)
    said = (model.profile, model.program, model.proxy_px, model.crops, model.training, model.held_out)
    return _state(model.network), repr(said)


def _make_fits(folder: Path) -> None:
    params = {each.name: each.identity for each in CORE.parameters}
    one = Fit("r.dng", "r", params, 1.5, 40.0, "r.tif", "scene", DIGEST)
    write_fits(folder / "fits.json", Fits(CORE, (one,)))


def _make_splits(folder: Path) -> None:
    write_splits(folder / "splits.json", "koniq10k", [{"train": ["1.jpg", "2.jpg"], "test": ["3.jpg"]}])


def _make_prompts(folder: Path) -> None:
    sets = {"joint": {name: [f"good {name}", f"bad {name}"] for name in ATTRIBUTES}}
    write_json(folder / "prompts.json", {"format": "attiqa-prompts/1", "sets": sets}, seal=True)


def _make_manifest(folder: Path) -> None:
    for number in range(3):
        append(folder, Row(f"raw/{number}.dng", 100 + number, f"{number}" * 64, when="2026-01-01T00:00:00Z"))


def _read_manifest(folder: Path) -> Any:
    """A row that is not what was written counts for nothing, and its file is fetched or compared again."""
    whole = {f"raw/{number}.dng": (100 + number, f"{number}" * 64) for number in range(3)}
    found = {name: (row.bytes, row.sha256) for name, row in read_fivek(folder).items()}
    if found != whole and found.items() <= whole.items():
        raise InputError("its file is fetched again")
    return found


def _make_meta(folder: Path) -> None:
    @dataclass(frozen=True)
    class Config:
        out: Path = folder

    new_run(folder, Config(), seed=1, inputs={"photos": DIGEST})


def _make_study(folder: Path) -> None:
    small_study(folder, lists=1)


ARTEFACTS: dict[str, Artefact] = {
    "scorer": Artefact(_make_scorer, _read_scorer),
    "gate report": Artefact(_make_gate, lambda folder: report_about(folder, DIGEST) or _no("not believed")),
    "pretrained network": Artefact(
        lambda folder: save_pretrained(folder, tiny_net(4), {"init": "random", "teachers": []}), _read_pretrained
    ),
    "naturalness": Artefact(_make_niqe, _read_niqe),
    "QualiCLIP": Artefact(tiny_qualiclip, _read_qualiclip),
    "labels": Artefact(_make_labels, _read_labels),
    "work in shards": Artefact(_make_shards, _read_shards),
    "store": Artefact(_make_store, _read_store),
    "policy": Artefact(lambda folder: save_policy(folder, random_policy(Task())), _read_policy),
    "verdict": Artefact(_make_verdict, _read_verdict),
    "bundle of tools": Artefact(_make_tool_policy, _read_tool_policy),
    "learned tool": Artefact(_make_network, _read_network),
    "learned ISP": Artefact(_make_copy, _read_copy),
    "fits": Artefact(_make_fits, lambda folder: repr(read_fits(folder))),
    "splits": Artefact(_make_splits, lambda folder: read_splits(folder / "splits.json")),
    "prompts": Artefact(_make_prompts, lambda folder: read_prompts(str(folder))),
    "FiveK's manifest": Artefact(_make_manifest, _read_manifest),
    "run's meta.json": Artefact(_make_meta, lambda folder: read_json(folder / "meta.json")),
    "study's key": Artefact(_make_study, lambda folder: repr(open_study(folder))),
    **runs.ARTEFACTS,
}
"""By what people call it."""


def _no(reason: str) -> None:
    raise InputError(reason)
