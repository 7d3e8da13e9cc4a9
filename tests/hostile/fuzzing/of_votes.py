"""Votes: files that raters hand in, other programs' files, the server's store, a study's key; and Lightroom's catalogue."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from fixtures import other_programs as theirs
from fixtures.handed_in import file_of, hand_in
from fixtures.lightroom import write_catalogue
from fixtures.served import right, served
from fixtures.studies import small_study
from hostile.fuzzing.reader import Reader, of_file

from attiqa_core.errors import InputError
from experiments.study.folder import STORE_FILE, open_study
from experiments.study.imports.answers import read_answers
from experiments.study.imports.as_study import as_study
from experiments.study.imports.sources import SOURCES
from experiments.study.results.collect import from_files, from_store
from experiments.study.results.handed_in import read_handed_in
from isp_env.fivek.catalogue.edits import open_catalogue, read_edits
from isp_env.fivek.catalogue.lua_tables import parse


def _handed_in(folder: Path) -> None:
    study = small_study(folder / "study", lists=1)
    for rater in ("anna", "ben"):
        hand_in(folder, file_of(study, lambda trial: "left", rater=rater), f"{rater}.json")


def _read_handed_in(folder: Path, path: Path) -> Any:
    study = open_study(folder / "study")
    if path.parent.name == "results":
        from_files([path], study)
    return read_handed_in(path if path.parent.name == "results" else folder / "results/anna.json", study)


def _is_result(path: Path) -> bool:
    return path.suffix == ".json" and path.parent.name == "results"


def _is_description(path: Path) -> bool:
    return path.suffix == ".json"


def _store(folder: Path) -> None:
    on = served(folder, lists=1)
    token, state = on.begin()
    on.answer(token, state, 6, right)
    on.store.close()
    (folder / STORE_FILE).rename(folder / "votes.sqlite")


def _read_store(folder: Path, path: Path) -> Any:
    return from_store(folder / "votes.sqlite", open_study(folder))


def _imported(kind: str) -> Callable[[Path, Path], Any]:
    def read(folder: Path, path: Path) -> Any:
        return as_study(read_answers([path], SOURCES[kind], {}, {}, "{arm}/{scene}").answers)

    return read


def _catalogue(folder: Path) -> None:
    write_catalogue(folder / "a.lrcat", ["a0001-jmac_DSC1459", "a0002-dgw_005"])


def _read_catalogue(path: Path) -> Any:
    with open_catalogue(path) as catalogue:
        return [[_settings(edit) for edit in read_edits(catalogue, each)] for each in catalogue.collections]


def _settings(edit: Any) -> Any:
    try:
        return edit.settings()
    except InputError as error:
        return str(error)


LUA = 's = { Exposure = 0.5, ToneCurve = { 0, 0, 255, 255 }, CameraProfile = "Adobe Standard", Strokes = { { What = "x" } }, On = true }\n'


def _parsed(path: Path) -> Any:
    return parse(path.read_text(encoding="utf-8", errors="replace"))


READERS = (
    Reader("results of raters", "votes", _handed_in, _read_handed_in, _is_result, share=2),
    Reader("a study's key", "votes", lambda folder: small_study(folder, lists=1), lambda folder, path: open_study(folder), _is_description),
    Reader("store of votes", "votes", _store, _read_store, lambda path: path.suffix == ".sqlite"),
    *(Reader(f"votes of {kind}", "votes", lambda folder, kind=kind: theirs.written(kind, folder), _imported(kind)) for kind in SOURCES),
    Reader("Lightroom's catalogue", "FiveK", _catalogue, of_file(_read_catalogue)),
    Reader("Lightroom's settings", "FiveK", lambda folder: (folder / "a.lua").write_text(LUA), of_file(_parsed)),
)  # fmt: skip
