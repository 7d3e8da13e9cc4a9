import threading
from pathlib import Path

import pytest

from attiqa_core.errors import InputError
from attiqa_core.files.whole import write_json, write_text
from attiqa_core.remote import store
from attiqa_core.remote.mirror import Mirror


@pytest.fixture
def mirror(tmp_path) -> Mirror:
    (tmp_path / "there").mkdir()
    return Mirror(tmp_path / "here", Path(f"file://{tmp_path}/there"))


def there(mirror: Mirror) -> dict[str, bytes]:
    return {
        path.relative_to(mirror.address).as_posix(): store.read(path) for path, _ in store.files_below(mirror.address)
    }


def test_what_is_finished_is_brought_and_what_is_private_or_half_written_is_not(mirror):
    write_text(mirror.local / "shards" / "0.csv", "a")
    write_text(mirror.local / ".attiqa" / "lock", "mine")
    write_text(mirror.local / ".0.half.csv", "ha")
    write_text(mirror.local / ".attiqa" / "sharded.json", "{}")
    mirror.bring()
    assert there(mirror) == {"shards/0.csv": b"a"} and store.read(mirror.address / ".attiqa" / "sharded.json") == b"{}"
    assert not store.exists(mirror.address / ".attiqa" / "lock")


def test_only_changes_are_brought_and_what_is_gone_here_is_removed_there(mirror, monkeypatch):
    write_text(mirror.local / "a.csv", "a")
    write_text(mirror.local / "b.csv", "b")
    (Path(str(mirror.address).removeprefix("file:")) / "of-another.csv").write_text("kept")
    mirror.bring()
    sent, bring = [], store.bring
    monkeypatch.setattr(store, "bring", lambda source, path: (sent.append(path.name), bring(source, path)))
    (mirror.local / "a.csv").unlink()
    write_text(mirror.local / "b.csv", "longer")
    mirror.bring()
    assert sent == ["b.csv"] and there(mirror) == {"b.csv": b"longer", "of-another.csv": b"kept"}


def test_a_description_goes_after_what_it_describes_and_waits_where_it_changed_meanwhile(mirror, monkeypatch):
    write_json(mirror.local / "a.json", {"of": "weights-1"})
    write_text(mirror.local / "weights-1.bin", "1")
    sent, bring = [], store.bring

    def while_training_goes_on(source, path):
        sent.append(path.name)
        bring(source, path)
        if path.name == "weights-1.bin":
            write_text(mirror.local / "weights-2.bin", "22")
            write_json(mirror.local / "a.json", {"of": "weights-2 "})

    monkeypatch.setattr(store, "bring", while_training_goes_on)
    mirror.bring()
    assert sent == ["weights-1.bin"]
    mirror.bring()
    assert sent[1:] == ["weights-2.bin", "a.json"]


def test_a_run_is_fetched_by_another_machine_and_goes_on_there(mirror, tmp_path):
    write_text(mirror.local / "shards" / "0.csv", "a")
    write_json(mirror.local / "plan.json", 1)
    mirror.bring()
    other = Mirror(tmp_path / "other", mirror.address)
    assert other.fetch(lambda name: name == "plan.json") == 1 and other.fetch() == 2
    write_text(other.local / "shards" / "1.csv", "b")
    other.bring()
    assert set(there(mirror)) == {"plan.json", "shards/0.csv", "shards/1.csv"}


def test_everything_is_brought_at_the_end_however_it_ends_and_before_it_now_and_then(mirror, monkeypatch):
    brought, bring = threading.Event(), Mirror.bring

    def told(self):
        bring(self)
        brought.set()

    monkeypatch.setattr(Mirror, "bring", told)
    with pytest.raises(KeyboardInterrupt), mirror.kept(every_s=0.001):
        write_text(mirror.local / "a.csv", "a")
        brought.clear()
        assert brought.wait(10) and there(mirror) == {"a.csv": b"a"}
        write_text(mirror.local / "b.csv", "b")
        raise KeyboardInterrupt
    assert set(there(mirror)) == {"a.csv", "b.csv"}


def test_a_network_that_is_away_at_the_end_is_an_error_and_nothing_here_is_lost(mirror, monkeypatch):
    def away(source, path):
        raise InputError(f"{path}: cannot be reached")

    monkeypatch.setattr(store, "bring", away)
    with pytest.raises(InputError, match="cannot be reached"), mirror.kept():
        write_text(mirror.local / "a.csv", "a")
    assert (mirror.local / "a.csv").read_text() == "a"
