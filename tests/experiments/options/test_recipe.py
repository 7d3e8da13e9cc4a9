"""The options of trainings: their defaults are the library's, and they are known without loading torch."""

import subprocess
import sys
from pathlib import Path

import pytest
from fixtures.pages import ROOT

from attiqa_core.training.recipe import ClipIqaRecipe, FinetuneRecipe, Objective, PretrainRecipe, QualiClipRecipe
from experiments.options import clip_iqa, pretrain, qualiclip, train
from experiments.options.recipe import Recipe, recipe_of
from isp_env.task import Task


def test_the_defaults_of_the_commands_are_those_of_the_library():
    pretraining = pretrain.Config()
    objective = Objective(*(getattr(pretraining, name) for name in ("objective", "margin", "pairs", "tie_tolerance")))
    assert recipe_of(PretrainRecipe, pretraining, objective=objective) == PretrainRecipe()
    assert recipe_of(QualiClipRecipe, qualiclip.Config((Path(),))) == QualiClipRecipe()
    assert recipe_of(ClipIqaRecipe, clip_iqa.Config(Path())) == ClipIqaRecipe()
    assert Recipe().training() == FinetuneRecipe()
    assert recipe_of(Task, train.Config((Path(),)), profile=Task.profile) == Task()


@pytest.mark.parametrize(("name", "value"), [("epochs", 3), ("crop", 64), ("flip", False), ("decay_norms", False)])
def test_an_option_reaches_the_recipe(name, value):
    assert getattr(Recipe(**{name: value}).training(), name) == value


@pytest.mark.slow
def test_options_are_known_without_torch():
    words = "import sys; from experiments.options import finetune, pretrain, qualiclip; print('torch' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", words], cwd=ROOT, capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "False"
