import json
from dataclasses import replace
from pathlib import PurePath

import pytest

from attiqa_core.errors import InputError
from attiqa_core.files.whole import read_json, sha256, write_json
from experiments.rendering.finished import reason_to_render
from experiments.rendering.inputs import Source
from experiments.rendering.one_picture import make_picture
from experiments.rendering.settings import Settings

PLACE = PurePath("a")


@pytest.fixture
def made(making, write_raw, tmp_path):
    """A finished picture: what made it, its raw, and the folder."""
    raw = write_raw(tmp_path / "a.dng")
    this = making()
    assert make_picture(this, Source(raw, PurePath("a.dng")), PLACE).state == "rendered"
    return this, raw, this.out


def reason(made, settings: Settings | None = None) -> str | None:
    this, raw, out = made
    return reason_to_render(out, PLACE, ".jpg", {"sha256": sha256(raw), "beside": {}}, settings or this.settings)


def test_what_is_whole_and_equal_is_finished(made):
    assert reason(made) is None


def test_what_is_gone_or_of_another_size_is_made_again(made):
    picture = made[2] / "a.jpg"
    picture.write_bytes(picture.read_bytes()[:-1])
    assert reason(made) == "its picture is not of the size that was written"
    picture.unlink()
    assert reason(made) == "its picture is gone"


def test_other_parameters_options_and_versions_are_named(made, making):
    settings = made[0].settings
    assert reason(made, making(exposure_ev=0.5).settings) == "made with exposure_ev 0, not 0.5"
    assert reason(made, replace(settings, output={"format": "jpg", "jpeg": {"quality": 80}})).startswith(
        "made with jpeg"
    )
    assert reason(made, replace(settings, versions={**settings.versions, "libraw": "4"})) == "made with another libraw"
    assert "another policy" in str(reason(made, replace(settings, chosen={"policy_sha256": "0" * 64})))


def test_a_picture_of_another_raw_is_never_overwritten(made, write_raw):
    write_raw(made[1], 1)
    with pytest.raises(InputError, match=r"tells of another a\.dng"):
        reason(made)


def test_a_picture_that_is_not_ours_is_never_overwritten(made):
    recipe = made[2] / "a.recipe.json"
    told = read_json(recipe)
    for content in ("{", "[]", json.dumps({"params": {}, "raw": "a.dng"})):
        recipe.write_text(content)
        with pytest.raises(InputError, match="no recipe of this version"):
            reason(made)
    recipe.unlink()
    with pytest.raises(InputError, match="has no recipe of ours"):
        reason(made)
    write_json(recipe, {**told, "settings_sha256": "", "picture": {**told["picture"], "name": "a.png"}})
    with pytest.raises(InputError, match=r"not what a\.recipe\.json tells of"):
        reason(made)


def test_a_sensor_file_that_changed_counts(made):
    this, raw, _ = made
    source = Source(raw, PurePath("a.dng"))
    sensor = raw.with_name("a.sensor.toml")
    sensor.write_text("[levels]\nblack_dn = 300\n")
    again = make_picture(this, source, PLACE)
    assert (again.state, again.why) == ("rendered", "made with another sensor file")
    assert again.recipe["raw"]["beside"] == {"a.sensor.toml": sha256(sensor)}
    assert make_picture(this, source, PLACE).state == "finished"
