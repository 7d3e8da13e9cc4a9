"""Changes inside of what packs other things: zip, tar, NumPy's arrays, SQLite, ONNX; the packing itself stays whole."""

import io
import os
import random
import sqlite3
import tarfile
import tempfile
import zipfile

from hostile.fuzzing import texts

ODD_CELLS = (
    None,
    0,
    -1,
    1e308,
    float("inf"),
    2**62,
    "",
    "a",
    "\0",
    b"",
    b"\xff\xfe",
    "a" * 5000,
    "[",
    "{}",
    "nan",
    "../x",
)


def zipped(content: bytes, rng: random.Random) -> bytes:
    """A text in a zip changed."""
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as parts, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as other:
        chosen = rng.choice(parts.namelist())
        for name in parts.namelist():
            inside = parts.read(name)
            if name == chosen:
                inside = rng.choice((texts.cell, texts.word, texts.letter, texts.line))(inside, rng)
            other.writestr(name, inside)
    return packed.getvalue()


def tar_header(content: bytes, rng: random.Random) -> bytes:
    """A field of a member's head changed; its checksum fits."""
    with tarfile.open(fileobj=io.BytesIO(content)) as tar:
        member = rng.choice(tar.getmembers())
    head = bytearray(content[member.offset : member.offset + 512])
    start, length = rng.choice(((0, 100), (100, 8), (124, 12), (136, 12), (156, 1), (157, 100), (257, 8), (345, 155)))
    odd = rng.choice(
        (b"\0", b"7" * length, b"\xff" * length, b"../", b"/a", b"1", b"2", b"x", b"S", b"\x80" + b"\0" * 10)
    )
    head[start : start + length] = odd.ljust(length, b"\0")[:length]
    head[148:156] = b" " * 8
    head[148:156] = b"%06o\0 " % sum(head)
    return content[: member.offset] + bytes(head) + content[member.offset + 512 :]


def npy_head(content: bytes, rng: random.Random) -> bytes:
    """A word in an array's description changed; its length fits."""
    length = int.from_bytes(content[8:10], "little")
    head = texts.word(content[10 : 10 + length].rstrip(), rng)
    head = head.ljust(length - 1)[: max(length - 1, len(head))] + b"\n"
    return content[:8] + len(head).to_bytes(2, "little") + head + content[10 + length :]


def database(content: bytes, rng: random.Random) -> bytes:
    """A cell of a table changed, a row or a table gone, a column called otherwise."""
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/changed"
        with open(path, "wb") as file:  # noqa: PTH123
            file.write(content)
        db = sqlite3.connect(path)
        db.execute("PRAGMA writable_schema = ON")
        _change(db, rng)
        db.commit()
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        db.close()
        with open(path, "rb") as file:  # noqa: PTH123
            return file.read()


def _change(db: sqlite3.Connection, rng: random.Random) -> None:
    table = rng.choice(
        [row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
    )
    column = rng.choice([row[1] for row in db.execute(f'PRAGMA table_info("{table}")')])
    how = rng.randrange(6)
    db.execute("PRAGMA foreign_keys = OFF")
    db.execute("PRAGMA ignore_check_constraints = ON")
    if how == 0:
        db.execute(f'DELETE FROM "{table}"')
    elif how == 1:
        db.execute(f'DROP TABLE "{table}"')
    elif how == 2:
        db.execute(f'ALTER TABLE "{table}" RENAME COLUMN "{column}" TO x')
    else:
        db.execute(
            f'UPDATE OR IGNORE "{table}" SET "{column}" = ? WHERE rowid % ? = 0',
            (rng.choice(ODD_CELLS), rng.choice((1, 2))),
        )


def onnx_words(content: bytes, rng: random.Random) -> bytes:
    """A word of the model's metadata changed, or one thing about an input, output or step."""
    import onnx

    os.environ.setdefault("PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION", "python")
    model = onnx.load_from_string(content)
    how = rng.randrange(6)
    if how < 3 and model.metadata_props:
        said = rng.choice(model.metadata_props)
        said.value = rng.choice((rng.choice(texts.ODD_VALUES), said.value[:-1], said.key, f"[{said.value}]"))
    elif how == 3:
        del model.graph.output[rng.randrange(len(model.graph.output))]
    elif how == 4:
        step = rng.choice(model.graph.node)
        step.op_type = rng.choice(("Add", "Nothing", "Reshape", "Loop", ""))
    else:
        dimension = rng.choice(rng.choice((model.graph.input, model.graph.output))).type.tensor_type.shape.dim
        dimension.add().dim_value = rng.choice((0, -1, 1, 2**40))
    return model.SerializeToString()
