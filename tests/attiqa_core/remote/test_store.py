import socket
from pathlib import Path

import pytest
from fixtures.web_server import serving

from attiqa_core.errors import InputError, UsageError
from attiqa_core.remote import store


@pytest.fixture
def folder(tmp_path) -> Path:
    for name, content in {
        "b/2.jpg": b"two",
        "b/10.jpg": b"ten",
        "a.jpg": b"0123456789",
        ".hidden/x.jpg": b"x",
        "b-c.jpg": b"bc",
    }.items():
        (tmp_path / "served" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "served" / name).write_bytes(content)
    return tmp_path / "served"


@pytest.fixture(params=["file", "memory", "http", "http without ranges"])
def root(request, folder):
    """The same folder behind each kind of address."""
    if request.param == "file":
        yield Path(f"file://{folder}")
    elif request.param == "memory":
        import fsspec

        memory = fsspec.filesystem("memory")
        for path in folder.rglob("*"):
            if path.is_file():
                memory.pipe_file(f"/kept/{path.relative_to(folder)}", path.read_bytes())
        yield Path("memory://kept")
        for name in [name for name in memory.store if name.startswith("/kept/")]:
            del memory.store[name]
    else:
        with serving(folder, ranges=request.param == "http") as served:
            yield Path(served.url)


def test_files_are_listed_at_any_depth_in_order_with_the_hidden_left_out(root):
    assert [path.relative_to(root).as_posix() for path, _ in store.files_below(root)] == [
        "a.jpg",
        "b/10.jpg",
        "b/2.jpg",
        "b-c.jpg",
    ]
    assert store.is_folder(root / "b") and not store.is_folder(root / "a.jpg")


def test_whole_files_and_parts_of_them_are_read(root):
    assert store.read(root / "a.jpg") == b"0123456789" and store.size_of(root / "a.jpg") == 10
    assert store.read(root / "a.jpg", 3, 4) == b"3456" and store.read(root / "a.jpg", 8, 5) == b"89"


def test_a_file_is_read_anywhere_and_a_server_without_ranges_is_named(root, request):
    if "without ranges" in request.node.name:
        with pytest.raises(InputError, match="range requests"), store.opened(root / "a.jpg") as file:
            file.seek(5)
            file.read(2)
        return
    with store.opened(root / "a.jpg") as file:
        file.seek(5)
        assert file.read(2) == b"56"


def test_what_is_not_there_is_said_by_its_address(root):
    assert not store.exists(root / "none.jpg") and store.exists(root / "a.jpg")
    with pytest.raises(InputError, match=r"://.*none\.jpg: no such file"):
        store.read(root / "none.jpg")


def test_a_file_is_fetched_whole_or_not_at_all(root, tmp_path):
    store.fetch(root / "a.jpg", tmp_path / "got" / "a.jpg")
    assert (tmp_path / "got" / "a.jpg").read_bytes() == b"0123456789"
    with pytest.raises(InputError):
        store.fetch(root / "none.jpg", tmp_path / "got" / "none.jpg")
    assert [path.name for path in (tmp_path / "got").iterdir()] == ["a.jpg"]


@pytest.mark.parametrize("scheme", ["file", "memory"])
def test_a_file_is_brought_and_removed(scheme, tmp_path):
    root = Path(f"file://{tmp_path}/out") if scheme == "file" else Path("memory://out")
    (tmp_path / "own").write_bytes(b"mine")
    store.bring(tmp_path / "own", root / "deep" / "own")
    assert store.read(root / "deep" / "own") == b"mine"
    assert [path.name for path, _ in store.files_below(root)] == ["own"]
    store.remove(root / "deep" / "own")
    assert not store.exists(root / "deep" / "own")


def test_a_web_address_is_not_written_to(tmp_path):
    (tmp_path / "own").touch()
    with pytest.raises(UsageError, match="can only be read"):
        store.bring(tmp_path / "own", Path("http://127.0.0.1:9/own"))


def test_a_server_that_is_busy_is_asked_again_and_one_that_stays_so_is_named(folder, monkeypatch):
    monkeypatch.setattr(store, "FIRST_PAUSE_S", 0.0)
    with serving(folder, fail=2) as served:
        assert store.read(Path(served.url) / "a.jpg") == b"0123456789"
        assert len(served.asked) == 3
        served.fail = 99
        with pytest.raises(InputError, match="cannot be reached or read"):
            store.read(Path(served.url) / "a.jpg")


def test_nobody_at_an_address_is_one_sentence(monkeypatch):
    monkeypatch.setattr(store, "FIRST_PAUSE_S", 0.0)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(InputError, match="is the address right, and the network there"):
            store.read(Path(f"http://127.0.0.1:{taken.getsockname()[1]}/a.jpg"))


def test_a_missing_package_is_named_with_its_cure(monkeypatch):
    with pytest.raises(UsageError, match=r"pip install 'attiqa-isp\[scale\]'"), store.explained(Path("s3://bucket/a")):
        raise ImportError("Install s3fs to access S3")


@pytest.mark.parametrize("name", ["/kept//etc/x.jpg", "/kept/a/./x.jpg"])
@pytest.mark.parametrize("root", ["memory"], indirect=True)
def test_a_name_that_no_path_can_hold_is_refused_and_never_a_file_of_this_machine(root, name, monkeypatch):
    import fsspec

    memory = fsspec.filesystem("memory")
    memory.store[name] = memory.store["/kept/a.jpg"]
    # As stores of objects list, by the beginnings of names; the one of fsspec in memory left such names out before 2026.9.
    every = {each: {"name": each, "type": "file", "size": file.size} for each, file in memory.store.items()}
    monkeypatch.setattr(type(memory), "find", lambda self, path, detail: every)
    with pytest.raises(InputError, match="which no path can name; rename it there"):
        list(store.files_below(root))
