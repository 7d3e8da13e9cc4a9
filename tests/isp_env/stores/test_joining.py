import hashlib

import pytest

from attiqa_core.errors import InputError
from isp_env.stores.joining import join
from isp_env.stores.store import CONTEXTS, FORMAT, INDEX, STORE, index_line, read_written_index

SOURCES = ((b"abc", b"de"), (), (b"fghi",), (b"j",))


def written(folder, *places):
    """A store's two files of the SOURCES at these places, as `bake` writes them."""
    folder.mkdir()
    end = 0
    with (folder / INDEX).open("wb") as index, (folder / CONTEXTS).open("wb") as contexts:
        for number in places:
            blocks, items = SOURCES[number], []
            for variant, block in enumerate(blocks):
                items.append({"name": f"r{number}_v{variant}", "offset": end, "size": len(block)})
                end += len(block)
            digest = hashlib.sha256(b"".join(blocks)).hexdigest()
            index.write(index_line({"format": FORMAT, "name": f"r{number}", "items": items, "sha256": digest}))
            contexts.write(b"".join(blocks))
    return folder / INDEX, folder / CONTEXTS


def test_parts_come_to_the_bytes_of_the_whole_whatever_a_killed_one_left(tmp_path):
    whole = written(tmp_path / "whole", 0, 1, 2, 3)
    parts = [written(tmp_path / str(number), *places) for number, places in enumerate(((0, 1), (), (2, 3)))]
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / CONTEXTS).write_bytes(b"abcdefghi, half and more")
    (tmp_path / "out" / STORE).write_text("{}")
    join(tmp_path / "out", parts)
    assert {path.name for path in (tmp_path / "out").iterdir()} == {CONTEXTS, INDEX}
    assert (tmp_path / "out" / INDEX).read_bytes() == whole[0].read_bytes()
    assert (tmp_path / "out" / CONTEXTS).read_bytes() == b"abcdefghij"


def test_a_changed_line_or_block_is_named_and_nothing_is_written(tmp_path):
    index, contexts = written(tmp_path / "part", 0, 1, 2, 3)
    out = tmp_path / "out"
    out.mkdir()
    for path, message in ((index, "line 3 is not what was written"), (contexts, "the contexts of r2 are damaged")):
        content = path.read_bytes()
        place = content.index(b"r2_v0") if path == index else content.index(b"g")
        path.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
        with pytest.raises(InputError, match=message):
            join(out, [(index, contexts)])
        assert not list(out.iterdir())
        path.write_bytes(content)


def test_a_part_of_an_earlier_version_is_refused(tmp_path):
    index, contexts = written(tmp_path / "part", 0)
    (line,) = read_written_index(index)
    for changed in ({**line, "format": "attiqa-store/1"}, {name: line[name] for name in line if name != "format"}):
        index.write_bytes(index_line(changed))
        (tmp_path / "out").mkdir(exist_ok=True)
        with pytest.raises(
            InputError, match=f"is not {FORMAT!r}, which this version reads; remove the folder and bake again"
        ):
            join(tmp_path / "out", [(index, contexts)])
