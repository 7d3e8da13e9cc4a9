"""`fivek:DIR@SPLIT/SIDE` wherever the commands are told of raws."""

import shutil
from pathlib import Path

import pytest
from fixtures.fivek_files import NAMES

from agents.audit.trained_on import refuse_trained, trained_on
from agents.tools.sides import read_pictures
from attiqa_core.errors import InputError, UsageError
from attiqa_core.files.whole import read_json
from experiments.cli import parse
from experiments.options.resume import inputs_of_raws
from experiments.rendering.inputs import find_sources
from isp_env.fivek.photos import path_of
from isp_env.stores.store import BakedStore

NUMBERS = (1, 2, 4501, 4502)  # two on each side of upe


@pytest.fixture(scope="session")
def fivek(raws, tmp_path_factory):
    """Four small DNGs under FiveK's names, as single files."""
    folder = tmp_path_factory.mktemp("fivek")
    for number, raw in zip(NUMBERS, sorted(raws.iterdir()), strict=True):
        place = folder / path_of(NAMES[number], "raw")
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(raw, place)
    return folder


@pytest.mark.parametrize(
    ("verb", "rest"),
    [
        ("bake", "{} --out new"),
        ("train", "{} --out new"),
        ("train", "{} --validate {} --out new"),
        ("benchmark", "{} --out new"),
        ("render", "{} --out new"),
        ("imitate", "{} --out new"),
        ("tools train", "{} --out new"),
        ("audit", ". {}"),
        ("gate", "attiqa-mini --raws {}"),
    ],
)
def test_every_check_takes_an_address_and_refuses_one_that_means_nothing(verb, rest, fivek, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def config(address: str):
        return parse(verb, [word.replace("{}", address) for word in rest.split()])

    config(f"fivek:{fivek}@upe/train").check()
    config(f"fivek:{fivek}?limit=1").check()
    with pytest.raises(UsageError, match="say which side"):
        config(f"fivek:{fivek}@upe").check()
    with pytest.raises(InputError, match=r"is in .*; fetch them with `attiqa fivek get`"):
        config(f"fivek:{fivek}@deeplpf-dpe/validation").check()


def test_pictures_of_an_address_are_placed_by_the_photos_names(fivek):
    sources = find_sources([parse("render", [f"fivek:{fivek}@upe/test", "--out", "x"]).raws[0]])
    assert [str(source.below) for source in sources] == ["a4501-kme [1].dng", "a4502-_DGW0251.dng"]


@pytest.mark.slow
def test_a_store_is_baked_of_one_side(fivek, tmp_path, succeed):
    small = ("--variants", 0, "--proxy-px", 32, "--crops", 0, "--no-sheet", "--validation-share", 0)
    succeed("bake", f"fivek:{fivek}@upe/train", "--out", tmp_path / "store", *small)
    store = BakedStore.open(tmp_path / "store")
    assert sorted({item.raw for item in store.items}) == [NAMES[1], NAMES[2]]
    with pytest.raises(UsageError, match=r"a0001-jmac_DSC1459\.dng: was trained on"):
        refuse_trained(run_on(store.path, tmp_path), [Path(f"fivek:{fivek}?limit=1")])


def run_on(raws, folder):
    (folder / "config.toml").write_text(f'raws = ["{raws}"]\nvalidate = []\n')
    return trained_on(folder)


@pytest.mark.slow
def test_a_training_on_one_side_is_judged_by_another_and_says_so_without_paths(
    fivek, tmp_path, succeed, tiny_scorer_folder
):
    train, test = f"fivek:{fivek}@upe/train", f"fivek:{fivek}@upe/test"
    tiny = [
        "--algo",
        "constant",
        "--timesteps",
        "2",
        "--proxy-px",
        "32",
        "--crops",
        "0",
        "--allow-ungated",
        "--device",
        "cpu",
    ]
    out = tmp_path / "agent"
    succeed("train", train, "--validate", test, "--scorer", tiny_scorer_folder, "--out", out, *tiny)
    data = read_json(next(out.glob("policy*.json")))["training"]["data"]
    assert data["raws"] == ["fivek@upe/train"] and data["validate"] == ["fivek@upe/test"]
    assert inputs_of_raws("raws", [train])["raws"] == "2"
    known = trained_on(out)
    assert {path.stem for path in known.files} == {NAMES[number] for number in NUMBERS} and not known.missing
    with pytest.raises(UsageError, match=r"a4501-kme \[1\]\.dng: was trained on"):
        refuse_trained(known, [Path(test)])


def test_tools_are_trained_on_pictures_of_an_address(fivek):
    pictures = read_pictures([Path(f"fivek:{fivek}@upe/test")], 32, [])
    assert [name for name, _ in pictures] == [NAMES[4501], NAMES[4502]]


def test_one_raw_on_both_sides_is_refused(fivek, tmp_path, attiqa, tiny_scorer_folder):
    words = ("--scorer", tiny_scorer_folder, "--out", tmp_path / "agent", "--allow-ungated")
    code, _, err = attiqa("train", f"fivek:{fivek}", "--validate", f"fivek:{fivek}@upe/test", *words)
    assert code == 2 and "a4501-kme [1].dng: is trained on, too" in err
