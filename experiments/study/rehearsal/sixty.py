"""Sixty raters of 50 out of 200 pairs at one server, three of them in real browsers.

    python -m experiments.study.rehearsal.sixty FOLDER [--kill]

Makes a study of small pictures in FOLDER, serves it with `--raters 60`, lets everybody take part at once, and checks votes
and sides by the store. Screenshots and the study are left in FOLDER; `--kill` kills the server (SIGKILL) in the middle.
"""

import argparse
import random
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
from PIL import Image

from attiqa_isp.again import command, environment
from experiments.study.folder import LINKS_FILE, STORE_FILE, Study, open_study
from experiments.study.rehearsal.browsers import HANDS, browser, rate
from experiments.study.rehearsal.crowd import Eyes, Heard, Taste, crowd, known_pictures
from experiments.study.rehearsal.serving_process import Server
from experiments.study.rehearsal.standing import complaints, printed, standing
from experiments.study.server.links import read_links
from experiments.study.server.store import Store

RATERS, PAIRS, SPARE = 60, 200, 10
PROTOCOL = """[session]
per_rater = 50
training = 5
repeats = 4
gold = 5
traps = 5
break_every = 20
[device]
min_width = 320
min_height = 480
phones = true
"""


def make_study(folder: Path) -> Path:
    """Return the study's folder: two versions of 210 noisy pictures, the last ten for training and gold."""
    rng = np.random.default_rng(14)
    for version in ("first", "second"):
        (folder / version).mkdir(parents=True)
    for scene in range(PAIRS + SPARE):
        coarse = Image.fromarray(rng.integers(0, 256, (6, 9, 3), dtype=np.uint8)).resize(
            (270, 180), Image.Resampling.BICUBIC
        )
        for version, gain in (("first", 1.0), ("second", 0.8)):
            Image.fromarray((np.asarray(coarse) * gain).astype(np.uint8)).save(folder / version / f"{scene:03}.png")
    (folder / "protocol.toml").write_text(PROTOCOL)
    words = ["export", folder / "first", folder / "second", "--protocol", folder / "protocol.toml", "--raters", 0]
    made = subprocess.run(command("study", *words, "--max-scenes", PAIRS, "--out", folder / "study"), env=environment())
    assert made.returncode == 0, f"the export ended with {made.returncode}"
    return folder / "study"


def _links(folder: Path) -> list[str]:
    while not (folder / LINKS_FILE).is_file():
        time.sleep(0.1)
    return list(read_links(folder / LINKS_FILE).values())


def _browser(
    link: str, study: Study, taste: Taste, hand: str, pictures: Path, heard: Heard, told: dict[str, int]
) -> None:
    try:
        told[hand] = rate(
            link,
            Eyes(study, known_pictures(study, pictures.parent / "study"), taste, random.Random(hand)),
            hand,
            pictures,
        )
    except Exception as error:  # told with the rest
        heard.complaints.append(f"{hand}: {type(error).__name__}: {error}")


def _experimenter(address: str, token: str, picture: Path) -> None:
    with browser() as driver:
        driver.set_window_size(1280, 1600)
        driver.get(f"{address}experimenter#{token}")
        time.sleep(2)
        driver.save_screenshot(str(picture))


def _kill_midway(server: Server, store: Store, study: Study) -> None:
    while len(store.collected(study)[0]) < RATERS * 20:
        time.sleep(0.2)
    server.kill()
    time.sleep(2)
    server.start()


def run(folder: Path, *, kill: bool) -> int:
    """Rehearse, print the figures, and return how many things do not hold."""
    where, taste, pictures = make_study(folder), Taste(pause_s=1.2), folder / "screens"
    pictures.mkdir()
    study, path, began = open_study(where), where / STORE_FILE, time.monotonic()
    server = Server(where, path, RATERS, invited=True)
    links, by_browser, told = _links(where), Heard(), dict[str, int]()
    store = Store(path)
    work = [
        threading.Thread(
            target=_browser, args=(f"{server.address}#{link}", study, taste, hand, pictures, by_browser, told)
        )
        for hand, link in zip(HANDS, links, strict=False)
    ]
    work += [threading.Thread(target=_kill_midway, args=(server, store, study))] if kill else []
    for each in work:
        each.start()
    heard = crowd(server.address, study, known_pictures(study, where), links[len(HANDS) :], taste)
    for each in work:
        each.join()
    heard.complaints += by_browser.complaints
    _experimenter(server.address, store.meta("experimenter"), pictures / "experimenter.png")
    code, votes = server.stop(), store.collected(study)[0]
    found = standing(study, votes, heard)
    wrong = complaints(study, found, heard, everybody_finished=True)
    print(printed(found, heard))
    print(
        f"browsers         {told}; planted {taste.win_rate:.3f}; server ended {code}; {time.monotonic() - began:.0f} s"
    )
    print(*wrong, sep="\n")
    return len(wrong)


def main() -> None:
    """Rehearse from the command line; exit with 1 where something does not hold."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path, help="new folder for study, store and screenshots")
    parser.add_argument("--kill", action="store_true", help="kill the server in the middle and start it again")
    given = parser.parse_args()
    sys.exit(run(given.folder, kill=given.kill) > 0)


if __name__ == "__main__":
    main()
