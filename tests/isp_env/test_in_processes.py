"""Work in processes, one of which is ended from outside."""

import os
import signal
from pathlib import Path

import pytest

from isp_env.bake_recipe import BakeRecipe
from isp_env.baking import Baked, Source, lost
from isp_env.in_processes import in_order
from isp_env.scenes import Taken


def _baked(source: Source, recipe: BakeRecipe) -> Baked:
    """As `bake_one`, but that the system takes the process of one source, at every try."""
    if source.path.stem == "huge":
        os.kill(os.getpid(), signal.SIGKILL)
    return Baked(Taken(source.path.stem))


@pytest.mark.slow
def test_a_raw_that_kills_its_process_twice_is_named_and_all_others_are_baked_in_order():
    sources = [Source(place, Path(f"{name}.dng")) for place, name in enumerate(("a", "huge", "c"))]
    a, huge, c = in_order(_baked, [(source, BakeRecipe()) for source in sources], 2, lost)
    assert (a.raw.name, c.raw.name, a.failure, c.failure) == ("a", "c", None, None)
    assert huge.failure is not None and huge.failure.startswith("huge.dng: its process was ended from outside twice")
