"""`attiqa prompts` on a tiny random CLIP, a few small photos and a SPAQ of eight images."""

import csv
import json
import tomllib

import numpy as np
import pytest
import torch
from fixtures.rated import write_mos, write_spaq
from fixtures.tiny_clip import clip_options
from PIL import Image
from safetensors.torch import load_file
from skimage import data

from attiqa_core.attributes import ATTRIBUTES
from attiqa_core.datasets.readers.spaq import COLUMNS
from attiqa_core.errors import InputError, UsageError
from attiqa_core.files.whole import read_json
from attiqa_core.prompts.adjectives import SHIPPED_ADJECTIVES
from attiqa_core.teachers.clip import ClipTeacher
from attiqa_core.teachers.prompt_sets import read_prompts
from experiments.commands import prompts


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    """Options that name a tiny, randomly initialised CLIP."""
    return {**clip_options(tmp_path_factory.mktemp("clip"), "tiny-prompts-clip"), "device": "cpu"}


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    """Three colour photos."""
    folder = tmp_path_factory.mktemp("photos")
    for name in ("astronaut", "coffee", "chelsea"):
        Image.fromarray(getattr(data, name)()).resize((80, 64)).save(folder / f"{name}.png")
    return folder


@pytest.fixture(scope="module")
def spaq(tmp_path_factory):
    """Eight images with ratings in SPAQ's own table; noisiness rises with MOS."""
    folder = tmp_path_factory.mktemp("SPAQ")
    (folder / "TestImage").mkdir()
    random = np.random.default_rng(0)
    rows = []
    for index in range(8):
        pixels = random.integers(0, 256, (6, 8, 3), dtype=np.uint8)
        Image.fromarray(pixels).resize((60, 48)).save(folder / "TestImage" / f"{index:05d}.jpg")
        rows.append([f"{index:05d}.jpg", 10.0 * index, *random.uniform(20, 80, 4).tolist(), 9.0 * index + 5])
    return write_spaq(folder, rows, COLUMNS)


@pytest.fixture(scope="module")
def finished(clip, photos, spaq, tmp_path_factory):
    """The configuration of a whole run and its folder."""
    config = prompts.Config(
        (photos,), spaq, tmp_path_factory.mktemp("runs") / "both", levels="5", distort_at=48, heatmaps=False, **clip
    )
    assert prompts.run(config).path == config.out
    return config


@pytest.fixture
def no_image_pass(monkeypatch):
    """Make any pass of images through the encoder an error."""

    def refuse(*_):
        raise AssertionError("an image was embedded")

    monkeypatch.setattr(ClipTeacher, "embed", refuse)
    monkeypatch.setattr(ClipTeacher, "encode", refuse)


@pytest.mark.slow
def test_a_run_leaves_sets_scores_and_a_table(finished):
    content = read_json(finished.out / "prompts.json")
    assert set(content["sets"]) == {"joint", "task1", "task2", "median", "worst"}
    assert content["task1"]["photos"] == 3 and content["task2"]["images"] == 8
    assert len(content["task1"]["levels"]["contrast"]) == 5 and "coarse" in content["task1"]["note"]
    assert content["encoder"]["model"] == "tiny-prompts-clip" and len(content["encoder"]["weights_sha256"]) == 64
    for attribute in ATTRIBUTES:
        assert content["ranking"][attribute]["joint"]["table1"]["of"] == 2500
        assert read_prompts(str(finished.out))[attribute].positive.endswith(" image")
    scores = load_file(finished.out / "scores.safetensors")
    assert len(scores) == 15 and scores["task2.contrast"].shape == (50, 50)
    torch.testing.assert_close(scores["joint.contrast"], scores["task1.contrast"] + scores["task2.contrast"])
    with (finished.out / "pairs.csv").open(newline="") as file:
        assert sum(1 for _ in csv.DictReader(file)) == 5 * 2500
    assert not (finished.out / "heatmaps").exists()
    assert "task1 = " in (finished.out / "config.toml").read_text()


@pytest.mark.slow
def test_task_2_scores_are_what_the_teacher_labels_imply(finished, clip, spaq):
    """The same number by the public road: the teacher's own labels of the files, ranked by scipy."""
    from scipy.stats import spearmanr

    chosen = read_json(finished.out / "prompts.json")["ranking"]
    pairs = {attribute: chosen[attribute]["task2"]["best"]["prompts"] for attribute in ATTRIBUTES}
    teacher = ClipTeacher(clip["clip_model"], clip["clip_weights"], pairs, quick_gelu=False)
    images = [np.array(Image.open(path).convert("RGB")) for path in sorted((spaq / "TestImage").iterdir())]
    labels = teacher.labels(teacher.encode([teacher.prepare(image) for image in images]))
    noisiness = spearmanr(labels[:, 4], np.arange(8)).statistic
    assert chosen["noisiness"]["task2"]["best"]["score"] == pytest.approx(noisiness, abs=1e-6)


@pytest.mark.slow
def test_each_attribute_gets_a_heat_map_with_readable_labels(clip, spaq, finished, tmp_path, no_image_pass):
    prompts.run(prompts.Config(task2=spaq, out=tmp_path, cache=finished.out / "embeddings", **clip))
    drawn = sorted((tmp_path / "heatmaps").iterdir())
    assert [path.name for path in drawn] == sorted(f"{attribute}_task2.png" for attribute in ATTRIBUTES)
    for path in drawn:
        with Image.open(path) as picture:
            assert min(picture.size) >= 1000 and np.asarray(picture.convert("L")).std() > 20


@pytest.mark.slow
def test_other_adjectives_cost_no_second_pass_over_the_images(finished, tmp_path, no_image_pass):
    tables = tomllib.loads(SHIPPED_ADJECTIVES.read_text(encoding="utf-8"))
    tables["contrast"]["positive"][1] = "Zesty"
    lines = [f"[{n}]\n" + "".join(f"{s} = {json.dumps(w)}\n" for s, w in table.items()) for n, table in tables.items()]
    (tmp_path / "mine.toml").write_text("".join(lines), encoding="utf-8")
    more = {"out": tmp_path / "run", "cache": finished.out / "embeddings", "adjectives": tmp_path / "mine.toml"}
    prompts.run(prompts.Config(**{**vars(finished), **more}))
    mine, theirs = (load_file(folder / "scores.safetensors") for folder in (tmp_path / "run", finished.out))
    assert torch.equal(mine["joint.sharpness"], theirs["joint.sharpness"])
    changed = (mine["joint.contrast"] != theirs["joint.contrast"]).any(1)
    assert changed.nonzero().squeeze(1).tolist() == [1]
    assert not (tmp_path / "run" / "embeddings").exists()


@pytest.mark.slow
def test_an_interrupted_run_goes_on_where_it_was_stopped(finished, tmp_path, monkeypatch):
    monkeypatch.setattr("attiqa_core.prompts.proxy_runs.PHOTOS_PER_PART", 1)
    config = prompts.Config(**{**vars(finished), "out": tmp_path / "run", "task2": None})
    embed, calls = ClipTeacher.embed, []

    def stop_in_the_second_photo(teacher, images):
        calls.append(1)
        if len(calls) == 8:
            raise KeyboardInterrupt
        return embed(teacher, images)

    monkeypatch.setattr(ClipTeacher, "embed", stop_in_the_second_photo)
    with pytest.raises(KeyboardInterrupt):
        prompts.run(config)
    assert not (tmp_path / "run" / "prompts.json").exists()
    with pytest.raises(InputError, match="begun with seed 0, not 1"):
        prompts.run(prompts.Config(**{**vars(config), "resume": True, "seed": 1}))
    prompts.run(prompts.Config(**{**vars(config), "resume": True}))
    assert len(calls) == 8 + 2 * 5  # the first photo came from its file
    mine, theirs = (load_file(folder / "scores.safetensors") for folder in (tmp_path / "run", finished.out))
    assert torch.equal(mine["task1.noisiness"], theirs["task1.noisiness"])


@pytest.mark.slow
def test_heat_maps_left_out_are_drawn_when_the_finished_run_goes_on(clip, photos, finished, tmp_path, no_image_pass):
    options = {"out": tmp_path / "run", "cache": finished.out / "embeddings", "levels": "5", "distort_at": 48, **clip}
    prompts.run(prompts.Config((photos,), heatmaps=False, **options))
    assert not (tmp_path / "run" / "heatmaps").exists()
    prompts.run(prompts.Config((photos,), resume=True, **options))
    assert len(list((tmp_path / "run" / "heatmaps").iterdir())) == len(ATTRIBUTES)


@pytest.mark.slow
def test_one_task_alone_writes_its_own_sets_only(clip, photos, spaq, finished, tmp_path, no_image_pass):
    for name, task in (("task1", {"task1": (photos,)}), ("task2", {"task2": spaq})):
        options = {"out": tmp_path / name, "cache": finished.out / "embeddings", "heatmaps": False, **task, **clip}
        prompts.run(prompts.Config(levels="5", distort_at=48, **options))
        sets = read_json(tmp_path / name / "prompts.json")["sets"]
        assert set(sets) == {name, "median", "worst"}
        assert sets[name] == read_json(finished.out / "prompts.json")["sets"][name]


@pytest.mark.slow
def test_test_images_can_be_left_out_without_a_second_pass(clip, spaq, finished, tmp_path, no_image_pass):
    split = tmp_path / "split.csv"
    split.write_text("image,split\n" + "".join(f"{i:05d}.jpg,{'test' if i in (1, 4) else 'train'}\n" for i in range(8)))
    options = {"task2": spaq, "out": tmp_path / "run", "cache": finished.out / "embeddings", "heatmaps": False}
    prompts.run(prompts.Config(exclude_test=split, **options, **clip))
    about = read_json(tmp_path / "run" / "prompts.json")["task2"]
    assert about["images"] == 6 and about["excluded_test_images"] == 2 and about["noisiness_mos_correlation"] > 0.9


@pytest.mark.slow
def test_photos_that_cannot_be_read_are_reported_and_take_no_part(clip, photos, tmp_path):
    for photo in photos.iterdir():
        (tmp_path / photo.name).write_bytes(photo.read_bytes())
    (tmp_path / "broken.png").write_bytes(b"nonsense")
    Image.fromarray(data.coffee()).convert("L").resize((80, 64)).save(tmp_path / "grey.png")
    config = prompts.Config((tmp_path,), out=tmp_path / "run", levels="3", distort_at=48, heatmaps=False, **clip)
    outcome = prompts.run(config)
    assert len(outcome.failures) == 1 and "broken.png" in outcome.failures[0]
    about = read_json(tmp_path / "run" / "prompts.json")["task1"]
    assert about["photos"] == 4 and about["photos_without_order"] == dict.fromkeys(ATTRIBUTES, 0) | {"colorfulness": 1}


@pytest.mark.slow
def test_no_more_photos_are_distorted_than_asked_for(clip, photos, tmp_path):
    config = prompts.Config((photos,), out=tmp_path, most_photos=2, levels="3", distort_at=48, heatmaps=False, **clip)
    prompts.run(config)
    assert read_json(tmp_path / "prompts.json")["task1"]["photos"] == 2


@pytest.mark.slow
def test_a_finished_run_is_kept(finished, no_image_pass):
    before = (finished.out / "prompts.json").stat().st_mtime_ns
    assert prompts.run(prompts.Config(**{**vars(finished), "resume": True})).path == finished.out
    other_threads = {"resume": True, "threads": 1, "heatmaps": False}
    assert "nothing left to do" in prompts.run(prompts.Config(**{**vars(finished), **other_threads})).sentence
    with pytest.raises(InputError, match="was begun with seed 0, not 1"):
        prompts.run(prompts.Config(**{**vars(finished), "resume": True, "seed": 1}))
    with pytest.raises(UsageError, match="already holds files"):
        prompts.run(finished)
    assert (finished.out / "prompts.json").stat().st_mtime_ns == before


@pytest.mark.slow
def test_mistakes_are_named_before_anything_is_written(clip, photos, spaq, tmp_path):
    out = tmp_path / "run"
    write_mos(tmp_path / "mos.csv", {"a.png": 1, "b.png": 2})
    for name in ("a.png", "b.png"):
        Image.new("RGB", (40, 40)).save(tmp_path / name)
    with pytest.raises(UsageError, match="give --task1 PHOTOS, --task2 SPAQ"):
        prompts.run(prompts.Config(out=out, **clip))
    with pytest.raises(UsageError, match="--task2"):
        prompts.run(prompts.Config((photos,), out=out, exclude_test=tmp_path / "s.csv", **clip))
    with pytest.raises(UsageError, match="--levels"):
        prompts.run(prompts.Config((photos,), out=out, levels="many", **clip))
    with pytest.raises(UsageError, match="--distort-at"):
        prompts.run(prompts.Config((photos,), out=out, distort_at=0, **clip))
    with pytest.raises(InputError, match=r"mine\.toml"):
        prompts.run(prompts.Config((photos,), out=out, adjectives=tmp_path / "mine.toml", **clip))
    assert not out.exists()
    with pytest.raises(InputError, match="no ratings of the five attributes"):
        prompts.run(prompts.Config(task2=tmp_path / "mos.csv", out=out, **clip))
