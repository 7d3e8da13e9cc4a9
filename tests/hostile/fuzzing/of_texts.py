"""What people write by hand, and what our programs leave for them: TOML, recipes, sidecars."""

import json
import shutil
from pathlib import Path
from typing import Any

from hostile.fuzzing.reader import Make, Reader, of_file, of_folder

from attiqa_core.files.described import read_json, read_toml
from attiqa_core.files.lines import line_of, read_lines
from attiqa_core.prompts.adjectives import SHIPPED_ADJECTIVES, read_adjectives
from experiments.exports.recipes import read_recipe
from experiments.exports.xmp_packet import read_crs
from experiments.gallery.failures import read_failures
from experiments.gallery.recipes import read_recipe as shown_recipe
from experiments.paper.stored_results import read_evaluations
from experiments.rendering.recipes import is_recipe, read_params
from experiments.running.command_line import expand_config
from experiments.study.page.languages.reading import FOLDER as LANGUAGES
from experiments.study.page.languages.reading import read_language
from experiments.study.prolific.recruitment import read_recruitment
from experiments.study.prolific.sent import SENT_FILE, read_sent
from experiments.study.protocol import read_protocol
from experiments.sweeps.ledger import Trial, path_of, read_trials, write_trial
from experiments.sweeps.plan import read_sweep
from isp_env.black_box.description import BlackBox
from isp_env.lens_profiles.own import own_profile, read_lens_file
from isp_env.parameters.profile_files import read_profile
from isp_env.raw_io.own_sensor.files import read_description

SENSOR = """[raw]
width = 96
height = 64
cfa = "RGGB"
packing = "uint16le"
offset_bytes = 0
orientation = 6
[levels]
black_dn = [64, 65.5, 66, 64]
white_dn = 4095
[white_balance]
gains = [2.0, 1.0, 1.5]
[calibration]
xyz_to_camera = [0.8, -0.2, -0.1, -0.4, 1.2, 0.2, 0.0, 0.1, 0.6]
illuminant_kelvin = [6500]
[noise]
variance = [0.0001, 0.000001]
[capture]
iso = 400
make = "a"
model = "b"
"""
LENS = """name = "Lens"
model = "ptlens"
distortion = [0.01, -0.03, 0.005]
red = 1.001
blue = 0.9995
vignetting = [-0.4, 0.1, 0.0]
centre = [0.5, 0.52]
"""
PROFILE = """[profile]
base = "core+curve"
[frozen]
hue_deg = 0.0
contrast = 0.25
[ranges]
exposure_ev = [-2, 2]
sharpen_radius_px = [0.5, 1.0]
"""
RECRUITMENT = """url = "https://study.example.org/"
description = "Choose one of two pictures."
minutes = 12
reward = 180
currency = "GBP"
fee_percent = 33.3
raters = 10
devices = ["desktop"]
"""
SWEEP = """verb = "train"
search = "random"
trials = 4
seed = 1
cpus = 1.0
concurrent = 2
[fixed]
timesteps = 10
[swept]
lr = {low = 0.0001, high = 0.01, scale = "log"}
hidden = [8, 16]
"""
SETTINGS = """timesteps = 10
algo = "ppo"
crops = 0
allow_ungated = true
raws = ["a.dng", "b.dng"]
[nested]
"""
XMP = """<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about="" xmlns:crs="http://ns.adobe.com/camera-raw-settings/1.0/" crs:Exposure2012="+0.50" crs:Contrast2012="+5">
   <crs:ToneCurvePV2012><rdf:Seq><rdf:li>0, 0</rdf:li><rdf:li>255, 255</rdf:li></rdf:Seq></crs:ToneCurvePV2012>
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>
<?xpacket end="w"?>
"""
RECIPE = {
    "schema": "attiqa-recipe/1",
    "raw": {"name": "a.dng", "size": 100, "sha256": "a" * 64},
    "params": {"exposure_ev": 0.35, "contrast": 0.2},
    "tuner": {"policy": "p", "profile": "core"},
    "corrections": {"applied": ["lens"], "not_applied": ["OpcodeList3"]},
    "picture": {"name": "a.jpg", "sha256": "b" * 64},
    "output": {"format": "jpeg", "reading": {"raw_size": "96x64"}},
    "versions": {"attiqa": "1"},
}
SUMMARY = {
    "format": "attiqa-evaluation/1", "data": "koniq10k", "images": 10, "results": [{"arm": "a", "srocc": [0.5, 0.4]}],
    "split": {"numbers": [0, 1], "kind": "random", "grouped": False}, "arms": {"a": {"source": "x"}},
}  # fmt: skip


def _written(name: str, content: str) -> Make:
    return lambda folder: (folder / name).write_text(content, encoding="utf-8")


def _json(name: str, content: Any) -> Make:
    return _written(name, json.dumps(content))


def _copied(*paths: Path) -> Make:
    return lambda folder: [shutil.copy(path, folder) for path in paths]


def _examples(folder: Path) -> None:
    source = Path(BlackBox.load.__func__.__code__.co_filename).parent / "examples"
    for path in source.glob("*.*"):
        shutil.copy(path, folder)


def _box(path: Path) -> Any:
    box = BlackBox.load(path)
    return box.profile, box.sha256, box.texts({})


def _trials(folder: Path) -> None:
    path_of(folder, "t1").parent.mkdir(parents=True)
    write_trial(folder, Trial(name="t1", verb="train", setting={"lr": 0.1}, options={"seed": 1}, metric="score"))


def _sent(folder: Path) -> None:
    (folder / SENT_FILE).parent.mkdir()
    study = {"internal_name": "a", "api": "https://x", "request_sha256": "a" * 64, "id": "5"}
    _json(str(SENT_FILE), {"format": "attiqa-study-prolific", "version": 1, "studies": [study]})(folder)


def _recipe(path: Path) -> Any:
    said = read_recipe(path)
    return said, read_params(path), is_recipe(read_json(path))


def _lines(folder: Path) -> None:
    rows = [{"name": f"a{n}", "value": n / 3} for n in range(4)]
    (folder / "checked.jsonl").write_text("".join(map(line_of, rows)))


READERS = (
    Reader("sensor files", "TOML", _written("a.sensor.toml", SENSOR), of_file(read_description)),
    Reader("lens files", "TOML", _written("lens.toml", LENS), of_file(lambda path: own_profile(read_lens_file(path), 48, 64))),
    Reader("profiles", "TOML", _written("own.toml", PROFILE), of_file(read_profile)),
    Reader("black boxes", "TOML", _examples, of_file(_box), lambda path: path.suffix == ".toml"),
    Reader("protocols", "TOML", lambda folder: shutil.copy("experiments/presets/studies/paper.toml", folder), of_file(read_protocol)),
    Reader("recruitments", "TOML", _written("r.toml", RECRUITMENT), of_file(read_recruitment)),
    Reader("sweeps", "TOML", _written("s.toml", SWEEP), of_file(lambda path: list(zip(range(50), read_sweep(path).settings(), strict=False)))),
    Reader("--config", "TOML", _written("c.toml", SETTINGS.removesuffix("[nested]\n")), of_file(lambda path: expand_config(["--config", str(path)], frozenset({"raws"})))),
    Reader("languages", "TOML", lambda folder: shutil.copy(LANGUAGES / "de.toml", folder / "nl.toml"), of_file(lambda path: read_language(str(path)))),
    Reader("adjectives", "TOML", lambda folder: shutil.copy(SHIPPED_ADJECTIVES, folder), of_file(read_adjectives)),
    Reader("any TOML", "TOML", lambda folder: [_written(f"{n}.toml", text)(folder) for n, text in enumerate((SENSOR, SWEEP, LENS))], of_file(read_toml)),
    Reader("recipes", "recipes", _json("a.recipe.json", RECIPE), of_file(_recipe)),
    Reader("recipes on a page", "recipes", _json("a.recipe.json", RECIPE), lambda folder, path: shown_recipe(folder / "a.jpg")),
    Reader("parameters", "recipes", _json("p.json", {"exposure_ev": 0.3, "contrast": 0.1}), of_file(read_params)),
    Reader("failures", "recipes", _json("failures.json", [{"raw": "a", "reason": "b"}, "c: d"]), of_folder(read_failures)),
    Reader("XMP sidecars", "recipes", _written("a.xmp", XMP), of_file(lambda path: read_crs(path.read_bytes(), str(path)))),
    Reader("evaluations", "JSON", _json("summary.json", SUMMARY), of_folder(lambda folder: read_evaluations([folder]))),
    Reader("trials of a sweep", "JSON", _trials, of_folder(read_trials)),
    Reader("what was sent to Prolific", "JSON", _sent, of_folder(read_sent)),
    Reader("any JSON", "JSON", lambda folder: [_json(f"{n}.json", each)(folder) for n, each in enumerate((RECIPE, SUMMARY, [RECIPE]))], of_file(read_json)),
    Reader("checked lines", "JSON", _lines, of_file(lambda path: read_lines(path, "take it out"))),
)  # fmt: skip
