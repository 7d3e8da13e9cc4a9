import base64
import hashlib
import io
import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest
import torch
from fixtures.seeded import seeded
from PIL import Image

from attiqa_core.errors import InputError, ResourceError, UsageError
from experiments.commands import study_export
from experiments.commands.study_export import Config, run
from experiments.pictures.encoders import encode_jpeg
from experiments.pictures.reading import load_picture
from experiments.pictures.writing import save_picture
from experiments.study import stimuli
from experiments.study.page import page

NAMES = [f"secretshot{index}" for index in range(5)]


def picture(seed, height=48, width=64, gamma=1.0):
    generator = seeded(seed)
    small = torch.rand(1, 3, 6, 8, generator=generator)
    return torch.nn.functional.interpolate(small, (height, width), mode="bilinear")[0] ** gamma


@pytest.fixture
def folders(tmp_path):
    for seed, name in enumerate(NAMES):
        save_picture(
            tmp_path / "cameradefault" / f"{name}.png", picture(seed, gamma=1.4), metadata={"make": "Secretcam"}
        )
        save_picture(tmp_path / "ouragent" / f"{name}.jpg", picture(seed), metadata={"make": "Secretcam"})
        (tmp_path / "ouragent" / f"{name}.recipe.json").write_text("{}")
    for side in ("cameradefault", "ouragent"):
        save_picture(tmp_path / side / "sheet.jpg", picture(99), metadata={})
    return tmp_path


@pytest.fixture
def config(folders):
    return Config(folders / "cameradefault", folders / "ouragent", folders / "study", seed=5, repeats=2)


def key_of(folder):
    return json.loads((folder / "private" / "key.json").read_text())


def test_export_writes_a_page_pictures_and_a_key_apart(config):
    outcome = run(config)
    assert outcome.failures == () and outcome.path == config.out / "public" / "index.html"
    key = key_of(config.out)
    files = {pair[side]["file"] for pair in key["pairs"].values() for side in "ab"}
    assert {path.name for path in (config.out / "public" / "pictures").iterdir()} == files
    assert {path.name for path in (config.out / "public").iterdir()} == {"index.html", "pictures"}
    assert {path.name for path in config.out.iterdir()} == {"public", "private", "README.txt"}
    assert sorted(key["pairs"]) == sorted(NAMES) and len(key["trials"]) == 7
    assert key["names"] == {"a": "cameradefault", "b": "ouragent"}


def test_the_key_tells_a_from_b(config):
    run(config)
    key = key_of(config.out)
    for seed, name in enumerate(NAMES):
        for side, gamma in (("a", 1.4), ("b", 1.0)):
            shown = load_picture(config.out / "public" / "pictures" / key["pairs"][name][side]["file"])
            truth = picture(seed, gamma=gamma).permute(1, 2, 0).numpy() * 255
            assert np.abs(shown - truth).mean() < 4
    for row in key["trials"]:
        assert row["left_file"] == key["pairs"][row["pair"]][row["left"]]["file"]
        assert row["right_file"] == key["pairs"][row["pair"]]["b" if row["left"] == "a" else "a"]["file"]


def test_nothing_public_names_a_side_a_scene_or_a_camera(config):
    run(config)
    for path in (config.out / "public").rglob("*"):
        assert re.fullmatch(r"index\.html|pictures|[0-9a-f]{20}\.jpg", path.name)
        if path.is_file():
            content = path.read_bytes().lower()
            for word in (b"cameradefault", b"ouragent", b"secret", b"gamma", b"exif", b"attiqa-isp", b"reward"):
                assert word not in content, (path, word)


def test_both_pictures_of_a_pair_are_alike_in_all_but_content(config):
    run(config)
    public = config.out / "public" / "pictures"
    for pair in key_of(config.out)["pairs"].values():
        a, b = (public / pair[side]["file"] for side in "ab")
        assert a.stat().st_size == b.stat().st_size
        assert a.stat().st_mtime == b.stat().st_mtime
        headers = [Image.open(path) for path in (a, b)]
        assert headers[0].size == headers[1].size and not headers[0].getexif()
        assert headers[0].info["icc_profile"] == headers[1].info["icc_profile"]
        assert headers[0].quantization == headers[1].quantization
        assert [set(one.info) - {"comment"} for one in headers] == [
            {"icc_profile", "jfif", "jfif_version", "jfif_unit", "jfif_density"}
        ] * 2


@pytest.mark.parametrize("missing", [0, 1, 2, 3, 4, 5, 300, 65537, 65538, 65540, 200_001])
def test_padding_gives_the_size_and_keeps_the_pixels(missing):
    content = encode_jpeg((picture(1).permute(1, 2, 0) * 255).byte().numpy())
    padded = stimuli._padded(content, len(content) + missing)
    assert len(padded) == len(content) + missing
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(padded))), np.asarray(Image.open(io.BytesIO(content))))


def test_the_same_seed_makes_the_same_study_and_no_seed_another_one(config, folders):
    run(config)
    run(replace(config, out=folders / "again"))
    for name in ("public/index.html",):
        assert (folders / "again" / name).read_bytes() == (config.out / name).read_bytes()
    run(replace(config, out=folders / "free", seed=None))
    run(replace(config, out=folders / "other", seed=None))
    seeds = {key_of(folders / name)["seed"] for name in ("study", "free", "other")}
    studies = {key_of(folders / name)["study"] for name in ("study", "free", "other")}
    assert len(seeds) == len(studies) == 3


def test_sizes_are_made_equal_and_other_shapes_refused(config, folders):
    save_picture(folders / "ouragent" / f"{NAMES[0]}.jpg", picture(0, 24, 32), metadata={})
    save_picture(folders / "ouragent" / f"{NAMES[1]}.jpg", picture(1, 64, 48), metadata={})
    outcome = run(replace(config, repeats=0, long_edge=40))
    key = key_of(config.out)
    assert (key["pairs"][NAMES[0]]["width"], key["pairs"][NAMES[0]]["height"]) == (32, 24)
    assert (key["pairs"][NAMES[2]]["width"], key["pairs"][NAMES[2]]["height"]) == (40, 30)
    assert len(outcome.failures) == 1 and NAMES[1] in outcome.failures[0] and "shape" in outcome.failures[0]


def test_bad_pairs_are_left_out_and_reported(config, folders):
    a, b = folders / "cameradefault", folders / "ouragent"
    (a / f"{NAMES[0]}.png").write_bytes(b"not a picture")
    save_picture(b / f"{NAMES[1]}.png", picture(7), metadata={})  # beside the .jpg of that name
    save_picture(a / "same.png", picture(8), metadata={})
    save_picture(b / "same.png", picture(8), metadata={})
    save_picture(b / "lonely.jpg", picture(9), metadata={})
    outcome = run(replace(config, repeats=0))
    assert sorted(key_of(config.out)["pairs"]) == NAMES[2:]
    told = "\n".join(outcome.failures)
    for word in (NAMES[0], NAMES[1], "same picture", "lonely.jpg: has no partner"):
        assert word in told


def test_at_most_max_pairs_are_shown(config):
    run(replace(config, max_pairs=2, repeats=1))
    key = key_of(config.out)
    assert len(key["pairs"]) == 2 and len(key["trials"]) == 3


def test_an_existing_folder_is_refused_and_kept(config):
    config.out.mkdir()
    (config.out / "votes.json").write_text("precious")
    with pytest.raises(UsageError, match="already holds files"):
        run(config)
    assert (config.out / "votes.json").read_text() == "precious"


@pytest.mark.parametrize("change", [{"repeats": 3}, {"repeats": -1}, {"max_pairs": 0}, {"long_edge": 3}, {"seed": -1}])
def test_options_that_cannot_be_met_are_usage_errors_and_leave_nothing(config, folders, change):
    before = {path.name for path in folders.iterdir()}
    with pytest.raises(UsageError):
        run(replace(config, **change))
    assert {path.name for path in folders.iterdir()} == before


def test_folders_without_pairs_are_input_errors(config, folders, tmp_path):
    empty = tmp_path / "empty"
    empty.mkdir()
    for b, words in ((empty, "share a name"), (tmp_path / "absent", "no such file or folder")):
        with pytest.raises(InputError, match=words):
            run(replace(config, b=b))
    with pytest.raises(UsageError, match="both A and B"):
        run(replace(config, b=config.a))


def test_a_failure_halfway_leaves_no_half_study(config, folders, monkeypatch):
    def full_disk(*_):
        raise ResourceError("disk full")

    monkeypatch.setattr(study_export, "encode_alike", full_disk)
    before = {path.name for path in folders.iterdir()}
    with pytest.raises(ResourceError, match=f"{config.out.name}: the disk is full"):
        run(config)
    assert {path.name for path in folders.iterdir()} == before


class Tags(HTMLParser):
    """Collects what the page refers to."""

    def __init__(self):
        super().__init__()
        self.references, self.policy, self.handlers = [], "", []

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        self.references += [values[name] for name in ("src", "href", "action", "srcset") if name in values]
        self.handlers += [name for name in values if name.startswith("on") or name == "style"]
        if values.get("http-equiv") == "Content-Security-Policy":
            self.policy = values["content"]


def test_the_page_needs_nothing_from_elsewhere(config):
    run(config)
    text = (config.out / "public" / "index.html").read_text()
    tags = Tags()
    tags.feed(text)
    assert tags.references == ["data:,"] and tags.handlers == []
    assert not re.search(r"https?://|//[a-z]+\.|@import|fetch\(|XMLHttpRequest|WebSocket|sendBeacon|eval\(", text)
    assert "default-src 'none'" in tags.policy and "unsafe" not in tags.policy and "%%" not in text


def test_the_policy_lets_only_the_pages_own_script_and_style_run(config):
    run(config)
    text = (config.out / "public" / "index.html").read_text()
    for tag in ("script", "style"):
        (content,) = re.findall(rf"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in text


def test_the_embedded_study_is_json_with_files_that_exist_and_nothing_of_the_key(config):
    run(config)
    text = (config.out / "public" / "index.html").read_text()
    study = json.loads(re.search(r'id="study">(.*?)</script>', text, re.DOTALL)[1])
    assert set(study) == {"study", "question", "ties", "trials"} and study["study"] == key_of(config.out)["study"]
    for trial in study["trials"]:
        assert set(trial) == {"trial", "left", "right"}
        assert all((config.out / "public" / "pictures" / trial[side]).is_file() for side in ("left", "right"))


def test_a_question_cannot_break_out_of_the_page():
    text = page("s", [], question="</script><b>Which & why? %%STUDY%%", ties=False)
    assert "</script><b>" not in text and "&lt;/script&gt;&lt;b&gt;Which &amp; why?" in text
    study = json.loads(re.search(r'id="study">(.*?)</script>', text, re.DOTALL)[1])
    assert study["question"] == "</script><b>Which & why? %%STUDY%%"
