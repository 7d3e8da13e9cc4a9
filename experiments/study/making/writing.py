"""A study's folder: pictures under names that say nothing, a page for each list, the key, and what is in it in words."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from attiqa_core.files.whole import write_text
from attiqa_core.runs.folder import provenance
from experiments.study.design.lists import check_session, rater_lists
from experiments.study.folder import PICTURES, Scene, Study, study_name, write_key
from experiments.study.making.pictures import Encoded
from experiments.study.making.settled import protocol_toml
from experiments.study.making.spool import Spool, write_in_name_order
from experiments.study.page import page_of
from experiments.study.protocol import Protocol

PROTOCOL_FILE = Path("private") / "protocol.toml"
SAME_TIME = 946_684_800  # 2000-01-01 UTC, in s

README = """\
A study of {arms} in {scenes}: {pages}.

private/  Keep this: key.json says which picture is which, protocol.toml what is asked and whose votes will count.
public/   What raters may see. Nothing in it tells which picture is which.

{static}
Over the network: `attiqa study serve THIS_FOLDER` gives each rater a link, an order and sides of their own, and keeps every answer.
It needs nothing of public/ but the pictures, and shows none of its pages.

The result: `attiqa study analyse THIS_FOLDER`, and after it the files that raters saved, if any. votes.csv in its folder is what
`attiqa evaluate SCORES --votes THIS_FOLDER/analysis/votes.csv --votes-images THIS_FOLDER/public/pictures` reads.
"""
NO_PAGE = "There is no page to hand out: this study is to be served.\n"
ONE_PAGE = """\
By hand: give raters public/ or a zip of it. They open index.html in a browser, without a network, and send back the file that they
save at the end. All of them see the same pairs in the same order; `--raters N` at the export makes a list for each.
"""
MANY_PAGES = """\
By hand: each rater gets one page of their own, public/rater-01.html and so on, and public/pictures beside it. They open it in a
browser, without a network, and send back the file that they save at the end. A page holds one list of trials: give none to two.
"""


def designed_study(
    arms: Mapping[str, str],
    scenes: Mapping[str, Encoded],
    protocol: Protocol,
    *,
    raters: int,
    seed: int,
    rng: np.random.Generator,
) -> Study:
    """Return the study of these scenes, its pictures named at random, with a list for each of `raters`.

    Raises: InputError if the protocol asks for more than the scenes give.
    """
    named = {
        name: Scene(
            scene.kind,
            scene.width,
            scene.height,
            {arm: f"{rng.bytes(10).hex()}.jpg" for arm in scene.pieces},
            scene.sources,
            scene.sha256,
        )
        for name, scene in sorted(scenes.items())
    }
    check_session(protocol.session, named)
    lists = rater_lists(named, protocol.session, raters, rng) if raters else ()
    return Study(study_name(seed, arms, named, protocol), arms, protocol, named, lists, seed)


def write_study(folder: Path, study: Study, scenes: Mapping[str, Encoded], spool: Spool) -> None:
    """Write all of a study into a folder that is there; `scenes` say where in `spool` its pictures lie."""
    files = {
        file: (scenes[name].pieces[arm], scenes[name].padded_bytes)
        for name, scene in study.scenes.items()
        for arm, file in scene.files.items()
    }
    write_in_name_order(folder / PICTURES, files, spool)
    public = folder / PICTURES.parent
    for name, ratings in zip(page_names(len(study.lists)), study.lists, strict=True):
        write_text(public / name, page_of(study, ratings))
    write_key(folder, study, provenance())
    write_text(folder / PROTOCOL_FILE, protocol_toml(study.protocol))
    write_text(folder / "README.txt", _readme(study))
    for path in (public, *sorted(public.rglob("*"))):  # times of writing would tell what came first
        os.utime(path, (SAME_TIME, SAME_TIME))


def page_names(lists: int) -> Sequence[str]:
    """Return what the pages of so many lists are called."""
    return ["index.html"] if lists == 1 else [f"rater-{number:02d}.html" for number in range(1, lists + 1)]


def _readme(study: Study) -> str:
    static = {0: NO_PAGE, 1: ONE_PAGE}.get(len(study.lists), MANY_PAGES)
    pages = {0: "for serving", 1: "with one page"}.get(
        len(study.lists), f"with a page for each of {len(study.lists)} raters"
    )
    return README.format(
        arms=f"{len(study.arms)} versions", scenes=f"{len(study.main_scenes)} scenes", pages=pages, static=static
    )
