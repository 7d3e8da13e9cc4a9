"""Wrong command lines: each is one sentence and exit code 2 or 3, before a command is even imported, and leaves nothing."""

import importlib
from pathlib import Path

import pytest

from experiments import cli

WRONG = [
    ("score PHOTOS --workers 0", 2, "--workers 0"),
    ("score PHOTOS --crops 3", 2, "--crops 3"),
    ("score PHOTOS --csv USED/file", 2, "--csv USED/file"),
    ("score PHOTOS --resume", 2, "--csv"),
    ("score PHOTOS --maps USED", 2, "--maps USED"),
    ("score PHOTOS --maps new --scorer m.onnx", 2, "--maps"),
    ("score --crops 1", 2, "no images named"),
    ("score gone", 3, "gone: no such file or folder"),
    ("compare PHOTOS PHOTOS --workers 0", 2, "--workers 0"),
    ("compare PHOTOS PHOTOS --sheet s.png", 2, "--sheet"),
    ("compare PHOTOS PHOTOS --json USED/file", 2, "--json USED/file"),
    ("compare PHOTOS TABLE", 2, "two of a kind"),
    ("compare PHOTOS gone", 3, "gone: no such file or folder"),
    ("recipe gone.recipe.json", 3, "gone.recipe.json: no such file or folder"),
    ("recipe TABLE --raw gone", 3, "gone: no such file or folder"),
    ("recipe TABLE --to xmp xmp", 2, "--to xmp xmp"),
    ("recipe TABLE TABLE --raw TABLE", 2, "--raw TABLE"),
    ("recipe TABLE --out USED/file", 2, "--out USED/file"),
    ("chart gone --out c", 3, "gone: no such file or folder"),
    ("chart TABLE --out USED", 2, "--out USED"),
    ("chart TABLE --out c --corners 1,2 3,4", 2, "2 points; give four x,y"),
    ("chart TABLE --out c --corners 1,2 3,4 5,6 7", 2, "--corners 7: give x,y in pixels"),
    ("chart TABLE --out c --edge 1,2,3", 2, "--edge 1,2,3: give x,y,width,height"),
    ("chart TABLE --out c --edge 1,2,3.5,4", 2, "whole numbers"),
    ("chart TABLE --out c --kelvin 100", 2, "1000 to 40000"),
    ("chart TABLE --out c --scorer attiqa-mini", 2, "scorer of a --policy"),
    ("chart TABLE --out c --policy USED --params TABLE", 2, "give one of them"),
    ("chart TABLE --out c --chart classic42", 3, "classic42: no such file"),
    ("naturalness gone --out n", 3, "gone: no such file or folder"),
    ("naturalness PHOTOS --out USED", 2, "--out USED"),
    ("tools networks gone --out n", 3, "gone: no such file or folder"),
    ("tools networks PHOTOS --out USED", 2, "--out USED"),
    ("tools networks PHOTOS --networks denoise-9", 2, "--networks denoise-9: is none of denoise-3"),
    ("tools networks PHOTOS --held-out 1", 2, "--held-out 1"),
    ("tools networks PHOTOS --patch 500", 2, "--patch 500"),
    ("tools train", 2, "usage: attiqa tools train"),
    ("tools train PHOTOS --timesteps 0", 2, "--timesteps 0"),
    ("tools train PHOTOS --reward both", 2, "--reward both: needs a judge"),
    ("tools train PHOTOS --parity --horizon 4", 2, "--horizon"),
    ("tools train PHOTOS --clip-range 0.1", 2, "clip_range=0.1"),
    ("tools train PHOTOS --out USED", 2, "--out USED"),
    ("tools compare gone PHOTOS", 3, "gone: no such file or folder"),
    ("tools compare USED PHOTOS --beam 0 2", 2, "--beam 0"),
    ("tools compare USED PHOTOS --out USED", 2, "--out USED"),
    ("tools apply gone PHOTOS --out a", 3, "gone: no such file or folder"),
    ("tools apply USED PHOTOS --out a --space display-p3", 2, "--space: tools work in sRGB"),
    ("tools apply USED PHOTOS --out USED", 2, "--out USED"),
    ("imitate --out i", 2, "no raws named"),
    ("imitate RAWS --out i --pictures 0", 2, "--pictures 0"),
    ("imitate RAWS --out i --jobs 2", 2, "--jobs: is about another program"),
    ("imitate RAWS --out i --isp TABLE", 2, "is no .toml file"),
    ("imitate RAWS --out i --isp gone.toml", 3, "gone.toml: no such file or folder"),
    ("imitate RAWS --out USED", 2, "--out USED"),
    ("tools train PHOTOS --defects rain", 2, "defect 'rain': is not one of noise"),
    ("tools train PHOTOS --px 600", 2, "--px 600"),
    ("gate attiqa-mini --crops 2", 2, "--crops 2"),
    ("gate attiqa-mini --seed -1", 2, "--seed -1"),
    ("gate attiqa-mini gone", 3, "gone: no such file or folder"),
    ("gate attiqa-mini --raws gone", 3, "gone: no such file or folder"),
    ("gate attiqa-mini --judges attiqa-mini", 2, "--judges"),
    ("gate attiqa-mini --steps 8", 2, "--steps"),
    ("gate attiqa-mini --raws PHOTOS --steps 0", 2, "--steps 0"),
    ("export attiqa-mini --out USED", 2, "--out USED"),
    ("export attiqa-mini --out m.onnx --batch 0", 2, "--batch 0"),
    ("export attiqa-mini --out m.onnx --size 0 4", 2, "--size 0 4"),
    ("export attiqa-mini --out folder --batch 2", 2, "--batch"),
    ("export attiqa-mini --out folder --run gone", 3, "gone: no such file or folder"),
    ("clip-iqa TABLE --epochs 0", 2, "--epochs 0"),
    ("clip-iqa TABLE --tokens 0", 2, "--tokens 0"),
    ("clip-iqa TABLE --held-out 1", 2, "--held-out 1"),
    ("clip-iqa TABLE --lr 0", 2, "--lr 0"),
    ("finetune TABLE --crop 400 --resize 100", 2, "--crop 400"),
    ("finetune TABLE --epochs 0", 2, "--epochs"),
    ("finetune TABLE --hidden 0", 2, "--hidden 0"),
    ("finetune TABLE --cache-gb -1", 2, "--cache-gb -1"),
    ("finetune TABLE --mos-range 5 1", 2, "--mos-range 5 1"),
    ("finetune TABLE --dataset nothing", 2, "--dataset nothing"),
    ("finetune TABLE --out USED", 2, "--out USED"),
    ("finetune TABLE --out USED/file/sub", 2, "--out USED/file/sub"),
    ("finetune gone.csv", 3, "gone.csv: no such file or folder"),
    ("distil attiqa-mini gone", 3, "gone: no such file or folder"),
    ("distil attiqa-mini PHOTOS --crop 300", 2, "may be larger"),
    ("distil attiqa-mini PHOTOS --out USED", 2, "--out USED"),
    ("finetune TABLE --further attiqa-mini", 2, "one needs the other"),
    ("finetune TABLE --pretrained gone", 3, "gone: no such file or folder"),
    ("evaluate TABLE --splits 0", 2, "--splits 0"),
    ("evaluate TABLE --first-split -1", 2, "--first-split -1"),
    ("evaluate TABLE --val 2", 2, "--val 2"),
    ("evaluate TABLE --val nan", 2, "--val nan"),
    ("evaluate TABLE --train-share 0", 2, "--train-share 0"),
    ("evaluate TABLE --train-share 0.5 nan", 2, "--train-share nan"),
    ("evaluate TABLE --votes-images PHOTOS", 2, "--votes"),
    ("evaluate TABLE --out USED", 2, "--out USED"),
    ("evaluate TABLE --arm a=gone", 3, "--arm gone: no such run"),
    ("evaluate TABLE --test-on gone", 3, "gone: no such file or folder"),
    ("pretrain PHOTOS --teachers statistics --crop 300", 2, "--crop 300"),
    ("pretrain PHOTOS --teachers statistics --epochs 0", 2, "--epochs 0"),
    ("pretrain PHOTOS --teachers statistics --batch 1", 2, "--batch 1"),
    ("pretrain PHOTOS --teachers statistics --versions 3", 2, "--versions"),
    ("pretrain PHOTOS --teachers statistics --warmup 2", 2, "--warmup 2"),
    ("pretrain PHOTOS --teachers statistics --lr inf", 2, "--lr inf"),
    ("pretrain PHOTOS --teachers statistics --objective l2", 2, "--objective l2"),
    ("pretrain PHOTOS --teachers statistics --out USED", 2, "--out USED"),
    ("pretrain", 2, "no photos named"),
    ("pretrain PHOTOS --init gone", 3, "gone: no such file or folder"),
    ("qualiclip PHOTOS --levels 1", 2, "--levels 1"),
    ("qualiclip PHOTOS --crop 400", 2, "--crop 400"),
    ("qualiclip PHOTOS --hidden 8", 2, "--hidden"),
    ("qualiclip PHOTOS --batch 0", 2, "--batch 0"),
    ("label PHOTOS --out new --batch 0", 2, "--batch 0"),
    ("label PHOTOS --out new --threads -1", 2, "--threads -1"),
    ("label PHOTOS --out new --max-error-rate 2", 2, "--max-error-rate 2"),
    ("label PHOTOS --out new --teacher statistics --clip-model RN50", 2, "--clip-model"),
    ("label PHOTOS --out new --teacher qualiclip", 2, "--qualiclip"),
    ("label PHOTOS --out USED", 2, "--out USED"),
    ("label --out new", 2, "no photos named"),
    ("label gone --out new", 3, "gone: no such file or folder"),
    ("prompts --threads 2", 2, "--task1"),
    ("prompts --task1 PHOTOS --threads 0", 2, "--threads 0"),
    ("prompts --task1 PHOTOS --distort-at 8", 2, "--distort-at 8"),
    ("prompts --task1 PHOTOS --exclude-test TABLE", 2, "--exclude-test"),
    ("prompts --task2 gone", 3, "gone: no such file or folder"),
    ("train RAWS --timesteps 0", 2, "--timesteps 0"),
    ("train RAWS --num-envs 0", 2, "--num-envs 0"),
    ("train RAWS --proxy-px 0", 2, "--proxy-px 0"),
    ("train RAWS --horizon 3", 2, "--horizon"),
    ("train RAWS --formulation iterative --horizon 0", 2, "--horizon 0"),
    ("train RAWS --formulation iterative --step-size 0", 2, "--step-size 0"),
    ("train RAWS --chroma-loss -0.1", 2, "--chroma-loss -0.1"),
    ("train RAWS --seed 4294967296", 2, "--seed 4294967296"),
    ("train RAWS --profile all", 2, "--profile all: is not core, core+lens, core+curve, exposure8 or a .toml file"),
    ("train RAWS --profile gone.toml", 3, "gone.toml: no such file or folder"),
    ("train RAWS --out USED", 2, "--out USED"),
    ("train --seed 1", 2, "no raws named"),
    ("train gone", 3, "gone: no such file or folder"),
    ("audit gone", 3, "gone: no such file or folder"),
    ("audit USED gone", 3, "gone: no such file or folder"),
    ("audit USED --steps 0", 2, "--steps 0"),
    ("audit USED --permutations 0", 2, "--permutations 0"),
    ("audit USED --errors -1", 2, "--errors -1"),
    ("audit USED --seed -1", 2, "--seed -1"),
    ("benchmark RAWS --tuners simplex", 2, "--tuners simplex"),
    ("benchmark RAWS --tuners sobol-1", 2, "--tuners sobol-1"),
    ("benchmark RAWS --out USED", 2, "--out USED"),
    ("benchmark RAWS --policy USED --tint 1", 2, "--tint: beside a --policy"),
    ("benchmark RAWS --profile all", 2, "--profile all"),
    ("benchmark RAWS --policy USED --profile core+curve", 2, "--profile: beside a --policy"),
    ("benchmark RAWS --tint -1", 2, "--tint -1.0: give at least 0"),
    ("benchmark RAWS --policy gone", 3, "gone: no such file or folder"),
    ("benchmark RAWS --tuners refined-8", 2, "name one with --policy"),
    ("benchmark RAWS --errors -1", 2, "--errors -1"),
    ("look USED --out page.txt", 2, "ends in .html"),
    ("look gone", 3, "gone: no such file or folder"),
    ("look USED --before USED", 2, "is the folder of PICTURES itself"),
    ("look USED --out page.html --workers 0", 2, "--workers 0: give at least 1"),
    ("report USED --out page.txt", 2, "ends in .html"),
    ("report gone --out page.html", 3, "gone: no such file or folder"),
    ("render RAWS --out USED", 2, "--out USED"),
    ("render RAWS --out new --policy USED --params TABLE", 2, "--policy and --params"),
    ("render RAWS --out new --scorer attiqa-mini", 2, "--scorer"),
    ("render RAWS --out new --profile all", 2, "--profile all"),
    ("render RAWS --out new --policy USED --profile exposure8", 2, "--profile: a --policy has its own"),
    ("render RAWS --out new --format bmp", 2, "--format"),
    ("render gone --out new", 3, "gone: no such file or folder"),
    ("demo --timesteps 0", 2, "--timesteps 0"),
    ("demo --profile all", 2, "--profile all"),
    ("demo --out USED", 2, "--out"),
    ("demo --hue nan", 2, "--hue nan"),
    ("demo --raws gone", 3, "gone: no such file or folder"),
    ("bake --out new", 2, "no raws named"),
    ("bake RAWS --out USED", 2, "--out USED"),
    ("bake RAWS --out new --variants 0 --no-plain", 2, "nothing would be made"),
    ("bake RAWS --out new --validation-share 0.7 --test-share 0.4", 2, "add up to 1"),
    ("bake RAWS --out new --exposure-ev 1 -1", 2, "--exposure-ev 1 -1"),
    ("bake gone --out new", 3, "gone: no such file or folder"),
    ("demo --proxy-px 8", 2, "--proxy-px 8"),
    ("doctor --distance 17", 2, "--distance 17"),
    ("plot --out new", 2, "no runs named"),
    ("plot gone", 3, "gone: no such file or folder"),
    ("plot USED --out USED", 2, "--out USED"),
    ("speed --repeats 0", 2, "--repeats 0"),
    ("speed --repeats -1", 2, "--repeats -1"),
    ("speed --out USED/file", 2, "--out USED/file"),
    ("study export PHOTOS PHOTOS", 2, "both A and B"),
    ("study export PHOTOS RAWS --repeats -1", 2, "--repeats -1"),
    ("study export PHOTOS RAWS --max-pairs 0", 2, "--max-pairs 0"),
    ("study export PHOTOS RAWS --long-edge 3", 2, "--long-edge 3"),
    ("study export PHOTOS RAWS --out USED", 2, "--out USED"),
    ("study export PHOTOS gone", 3, "gone: no such file or folder"),
    ("study analyse USED", 2, "no results named"),
    ("study analyse USED VOTES --out USED", 2, "--overwrite"),
    ("study analyse gone VOTES", 3, "gone: no such file or folder"),
]


@pytest.fixture
def place(tmp_path, monkeypatch, photos, raws):
    """An empty folder to stand in, with a used one, photos and raws beside it, and no command to be imported."""
    (tmp_path / "used").mkdir()
    (tmp_path / "used" / "file").touch()
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    load = importlib.import_module

    def only_options(name: str):
        assert not name.startswith("experiments.commands"), f"{name} was imported for a wrong command line"
        return load(name)

    monkeypatch.setattr(cli.importlib, "import_module", only_options)
    return {"USED": tmp_path / "used", "PHOTOS": photos, "TABLE": photos / "mos.csv", "RAWS": raws, "VOTES": "v.json"}


def spelled(text: str, place: dict) -> str:
    for name, path in place.items():
        text = text.replace(name, str(path))
    return text


@pytest.mark.parametrize(("words", "code", "said"), WRONG, ids=[words for words, _, _ in WRONG])
@pytest.mark.slow
def test_a_wrong_command_line_is_one_sentence_and_costs_nothing(attiqa, place, words, code, said):
    got, out, err = attiqa(*spelled(words, place).split())
    plain = " ".join(err.split())
    assert (got, out) == (code, "") and spelled(said, place) in plain
    assert "--format" in said or (err.startswith("attiqa: ") and err.count("\n") == 1)
    assert not list(Path().iterdir()) and [path.name for path in place["USED"].iterdir()] == ["file"]


def test_every_command_has_wrong_command_lines_here():
    assert {verb for verb in cli.VERBS if any(f"{words} ".startswith(f"{verb} ") for words, _, _ in WRONG)} == set(
        cli.VERBS
    )
