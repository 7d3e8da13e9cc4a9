"""Archives and tables that mean harm: tars that lead out, bombs in zips, XML that expands, tables without an end."""

import io
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from hostile.descriptions import later, picture
from hostile.tensors import bomb
from scipy.io import savemat

EXPANDING = (
    '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY a "'
    + "a" * 100
    + '">'
    + "".join(f'<!ENTITY {chr(98 + n)} "{("&" + chr(97 + n) + ";") * 10}">' for n in range(9))
    + "]>"
)
READING = '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY j SYSTEM "file:///etc/passwd">]>'


def _tar(fill: Callable[[tarfile.TarFile, bytes], object], *, cut: int = 0) -> Callable[[Path, Path], list]:
    def make(folder: Path, canary: Path) -> list:
        photo = picture(folder / "own").read_bytes()
        with tarfile.open(folder / "shard.tar", "w") as tar:
            fill(tar, photo)
        if cut:
            content = (folder / "shard.tar").read_bytes()
            (folder / "shard.tar").write_bytes(content[:-cut])
        return ["label", folder / "shard.tar", "--out", folder / "out", "--teacher", "statistics"]

    return make


def _add(tar: tarfile.TarFile, name: str, content: bytes = b"", **said: object) -> None:
    info = tarfile.TarInfo(name)
    info.size = len(content)
    for key, value in said.items():
        setattr(info, key, value)
    tar.addfile(info, io.BytesIO(content))


def _many(tar: tarfile.TarFile, photo: bytes) -> None:
    for number in range(100_000):
        tar.addfile(tarfile.TarInfo(f"{number}.txt"))


def _huge(tar: tarfile.TarFile, photo: bytes) -> None:
    info = tarfile.TarInfo("a.png")
    info.size = 2**40
    tar.fileobj.write(info.tobuf())  # type: ignore[union-attr]


def _spaq(sheet: str, strings: str = "") -> Callable[[Path, Path], list]:
    def make(folder: Path, canary: Path) -> list:
        (folder / "Annotations").mkdir()
        picture(folder / "TestImage")
        with zipfile.ZipFile(
            folder / "Annotations/MOS and Image attribute scores.xlsx", "w", zipfile.ZIP_DEFLATED
        ) as book:
            kinds = "http://schemas.openxmlformats.org/"
            book.writestr(
                "[Content_Types].xml",
                f'<Types xmlns="{kinds}package/2006/content-types"><Override PartName="/xl/workbook.xml" ContentType='
                '"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>',
            )
            book.writestr(
                "_rels/.rels",
                f'<Relationships xmlns="{kinds}package/2006/relationships"><Relationship Id="r" Type="{kinds}'
                'officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>',
            )
            book.writestr(
                "xl/workbook.xml",
                f'<workbook xmlns="{kinds}spreadsheetml/2006/main" xmlns:r="{kinds}officeDocument/2006/relationships">'
                '<sheets><sheet name="s" sheetId="1" r:id="r1"/></sheets></workbook>',
            )
            book.writestr(
                "xl/_rels/workbook.xml.rels",
                f'<Relationships xmlns="{kinds}package/2006/relationships"><Relationship Id="r1" Type="{kinds}'
                'officeDocument/2006/relationships/worksheet" Target="worksheets/s.xml"/></Relationships>',
            )
            book.writestr("xl/worksheets/s.xml", sheet)
        return ["evaluate", folder, "--dataset", "spaq", "--out", folder / "out", "--protocols", "ridge"]

    return make


def _sheet(rows: str, head: str = "") -> str:
    namespace = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    return f'{head}<worksheet xmlns="{namespace}"><sheetData>{rows}</sheetData></worksheet>'


CELL = '<row><c t="inlineStr"><is><t>{}</t></is></c></row>'


def _csv(text: str) -> Callable[[Path, Path], list]:
    def make(folder: Path, canary: Path) -> list:
        (folder / "scores.csv").write_text(text)
        return ["evaluate", folder / "scores.csv", "--mos-range", "0", "1", "--out", folder / "out"]

    return make


def _mat(folder: Path, canary: Path) -> list:
    (folder / "Data").mkdir()
    savemat(folder / "Data/AllImages_release.mat", {"AllImages_release": np.array([[{"a": 1}], [7]], dtype=object)})
    savemat(folder / "Data/AllMOS_release.mat", {"AllMOS_release": np.zeros((1, 2))})
    return ["evaluate", folder, "--dataset", "clive", "--out", folder / "out"]


def _mat_73(folder: Path, canary: Path) -> list:
    (folder / "Data").mkdir()
    for name in ("AllImages_release", "AllMOS_release"):
        (folder / f"Data/{name}.mat").write_bytes(b"MATLAB 7.3 MAT-file".ljust(124) + b"\0\2IM" + b"\x89HDF\r\n\x1a\n")
    return ["evaluate", folder, "--dataset", "clive", "--out", folder / "out"]


def _pickled_photo(name: str) -> Callable[[Path, Path], list]:
    def make(folder: Path, canary: Path) -> list:
        (folder / name).write_bytes(bomb(canary))
        return ["score", folder / name]

    return make


MAKERS = {
    "tar: a name that leads out": _tar(lambda tar, photo: _add(tar, "../../evil.png", photo)),
    "tar: an absolute name": _tar(lambda tar, photo: _add(tar, "/tmp/evil.png", photo)),
    "tar: a link to /etc/passwd": _tar(
        lambda tar, photo: _add(tar, "a.png", type=tarfile.SYMTYPE, linkname="/etc/passwd")
    ),
    "tar: a hard link": _tar(lambda tar, photo: _add(tar, "a.png", type=tarfile.LNKTYPE, linkname="/etc/shadow")),
    "tar: a device": _tar(lambda tar, photo: _add(tar, "a.png", type=tarfile.CHRTYPE, devmajor=1, devminor=5)),
    "tar: a FIFO": _tar(lambda tar, photo: _add(tar, "a.png", type=tarfile.FIFOTYPE)),
    "tar: 100,000 members": _tar(_many),
    "tar: a member of 2^40 bytes": _tar(_huge),
    "tar: cut off": _tar(lambda tar, photo: _add(tar, "a.png", photo), cut=9000),
    "tar: a name with a newline and a formula": _tar(lambda tar, photo: _add(tar, "=cmd|'/C calc'!A0\n.png", photo)),
    "tar: the same name twice": _tar(lambda tar, photo: [_add(tar, "a.png", photo), _add(tar, "a.png", photo)]),
    "xlsx: entities that expand": _spaq(_sheet(CELL.format("&j;"), EXPANDING)),
    "xlsx: an entity that reads a file": _spaq(_sheet(CELL.format("&j;"), READING)),
    "xlsx: 200 MB of one cell in a zip": later(lambda: _spaq(_sheet(CELL.format("a" * 200_000_000)))),
    "xlsx: two million rows": later(lambda: _spaq(_sheet("<row/>" * 2_000_000))),
    "CSV: a line of 200 MB": later(lambda: _csv("image,mos\n" + "a" * 200_000_000 + ",1\n")),
    "CSV: 100,000 columns": _csv(",".join(f"c{n}" for n in range(100_000)) + "\n" + "1," * 100_000 + "\n"),
    "CSV: a quotation without an end": later(lambda: _csv('image,mos\n"' + "a\n" * 5_000_000)),
    "CSV: names that lead out": _csv("image,mos\n" + "".join(f"../../etc/{n},{n / 9}\n" for n in range(9))),
    "CSV: NUL bytes": _csv("image,mos\n\0.png,1\n"),
    "mat: objects": _mat,
    "mat: version 7.3": _mat_73,
    "a pickle as a .png": _pickled_photo("a.png"),
    "a pickle as a .jpg": _pickled_photo("a.jpg"),
}
