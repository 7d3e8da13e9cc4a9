"""The whole run against a server that breaks connections at random places: nothing lost, nothing doubled, equal bytes."""

import hashlib

import pytest
from fixtures.breaking_server import BreakingServer, fivek_files, serving

from experiments.fivek.download.getting import get
from experiments.fivek.download.legal import fetch_legal, listed_photos
from experiments.fivek.download.plan import make_plan, wanted_files
from experiments.fivek.download.server import Server
from isp_env.fivek.manifest import read_manifest

MANY = {number: f"a{number:04d}-many [{number}] copy" for number in range(1, 31)}
KINDS = ("raw", "input", "c")


@pytest.mark.slow
def test_nothing_is_lost_and_nothing_doubled_over_200_broken_connections(tmp_path):
    with serving(BreakingServer(fivek_files(KINDS, MANY), seed=13)) as fivek:
        server = Server(fivek.url)
        fetch_legal(server, tmp_path)
        files = wanted_files(listed_photos(tmp_path)[0], MANY, KINDS)
        fivek.break_share, received = 0.75, 0
        for _ in range(3):  # what is given up in one run is gone on with in the next
            plan = make_plan(tmp_path, files, read_manifest(tmp_path), {})
            tally = get(server, tmp_path, plan, 6, sleep=lambda stop, seconds: None)
            received += tally.fetched
        fivek.break_share = 0.0
        received += get(server, tmp_path, make_plan(tmp_path, files, read_manifest(tmp_path), {}), 6).fetched
        assert fivek.broken >= 200
    rows = (tmp_path / "manifest.jsonl").read_text().splitlines()
    manifest = read_manifest(tmp_path)
    assert received == len(rows) == len(manifest) == len(files) == 90
    for file in files:
        content = fivek.files[file.path]
        assert (tmp_path / file.path).read_bytes() == content
        assert manifest[file.path].sha256 == hashlib.sha256(content).hexdigest()
    assert len([path for path in (tmp_path / "img").rglob("*") if path.is_file()]) == 90  # no part is left
