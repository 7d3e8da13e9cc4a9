"""FiveK from its server to a study, by the command line alone: get, doctor, bake, train, fit, evaluate, study, on a synthetic one.

Its server breaks off; its photos include cameras with square roots, four colours, staggered columns and no white balance.
"""

import csv
from pathlib import Path

import pytest
from fixtures.breaking_server import BreakingServer, serving
from fixtures.fivek import ODD_PHOTOS, SyntheticFiveK, write_fivek
from fixtures.lightroom import write_catalogue

from attiqa_core.files.whole import read_json

SMALL = ("--proxy-px", "48", "--crops", "0")


@pytest.fixture(scope="module")
def there(tmp_path_factory) -> SyntheticFiveK:
    """What the server has."""
    return write_fivek(tmp_path_factory.mktemp("server"), layout="single", odd=True)


@pytest.fixture(scope="module")
def server(there):
    """The server, which breaks off every fifth answer."""
    files = {str(path.relative_to(there.folder)): path for path in there.folder.rglob("*") if path.is_file()}
    with serving(BreakingServer({name: path.read_bytes() for name, path in files.items()}, break_share=0.2)) as state:
        yield state


@pytest.mark.slow
def test_fivek_goes_from_its_server_to_a_study_from_the_command_line(attiqa, succeed, there, server, tmp_path):
    here, agent = tmp_path / "fivek", tmp_path / "agent"
    _fetched_and_found_whole(attiqa, succeed, there, server, here)
    held_out = f"fivek:{here}@own/test?hold-out=EOS 5D"
    succeed("bake", f"fivek:{here}@own/train?hold-out=EOS 5D", "--variants", "0", "--out", tmp_path / "store", *SMALL)
    fits = _fitted(succeed, here, tmp_path)
    training = ("--timesteps", "4", "--batch-size", "4", "--start", fits / "policy", "--allow-ungated", *SMALL)
    succeed("train", tmp_path / "store", "--algo", "gradient", *training, "--out", agent)
    assert read_json(agent / "policy.json")["training"]["start"]["name"]
    compared = (
        "--protocol",
        "attiqa-raw",
        "--policy",
        agent,
        "--study",
        tmp_path / "study",
        "--out",
        tmp_path / "table",
    )
    printed = succeed("evaluate-fivek", held_out, *compared)
    results = read_json(tmp_path / "table" / "results.json")
    photos = {row["photo"] for row in csv.DictReader((tmp_path / "table" / "photos.csv").open())}
    assert photos == {photo.name for photo in there.photos if photo.photo.model == "Canon EOS 5D"}
    assert {row["row"] for row in results["rows"]} == {"neutral input", "camera default", "policy"}
    assert all(
        figure["protocol_sha256"] in results["protocols"] for row in results["rows"] for figure in row["figures"]
    )
    assert "hold-out=EOS 5D" in printed
    assert (tmp_path / "study" / "public" / "index.html").is_file()


def _fetched_and_found_whole(attiqa, succeed, there: SyntheticFiveK, server: BreakingServer, here: Path) -> None:
    asked = ("fivek", "get", here, "--raws", "--experts", "c", "--inputs", "--base-url", server.url)
    code, _, refusal = attiqa(*asked)
    assert code == 2 and "--accept-licence" in refusal
    succeed(*asked, "--accept-licence")
    for photo in there.photos:
        assert (here / photo.raw.relative_to(there.folder)).read_bytes() == photo.raw.read_bytes()
    assert server.broken > 5
    (here / "raw_photos").mkdir()
    write_catalogue(here / "raw_photos" / "fivek.lrcat", [photo.name for photo in there.photos])
    found = succeed("doctor", "--fivek", here)
    assert f"raw       {len(there.photos)} of 5000" in " ".join(found.split("\n")) and "damaged: 0" in found
    assert all(photo.name in found for photo in ODD_PHOTOS if photo.odd in ("four colours", "without white"))


def _fitted(succeed, here: Path, tmp_path: Path) -> Path:
    """Fits of some photos, begun at the sliders, and a policy that imitates them."""
    fits, sliders = tmp_path / "fits", tmp_path / "sliders.csv"
    succeed("fivek", "catalogue", here, "--csv", sliders, "--expert", "c", "--params")
    words = ("--reference", here / "img" / "tiff16_c", "--starts", "1", "--proxy-px", "48", "--start", sliders)
    succeed("fit", f"fivek:{here}?limit=4", *words, "--as-policy", "--epochs", "2", "--out", fits)
    for item in read_json(fits / "fits.json")["items"]:
        assert item["delta_e"] < 2
    return fits
