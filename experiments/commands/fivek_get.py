"""Fetch MIT-Adobe FiveK, or a part of it: which files, whether they fit, consent to the licences, and the transfers."""

import dataclasses
import sys
from collections.abc import Callable, Sequence

from experiments.fivek.download.archive import get_archive
from experiments.fivek.download.cameras import fetch_heads, of_cameras
from experiments.fivek.download.choice import listed_and_licensed
from experiments.fivek.download.disk import check_fits, free_bytes, size_text
from experiments.fivek.download.getting import MOST_ASKED, ask_sizes, get
from experiments.fivek.download.legal import fetch_legal, listed_photos, obtain_consent
from experiments.fivek.download.plan import PhotoFile, Plan, make_plan, wanted_files
from experiments.fivek.download.server import Server
from experiments.options.fivek_get import Config
from experiments.options.outcome import Outcome, count, say
from isp_env.fivek.camera_list import read_cameras
from isp_env.fivek.folder import FiveKFolder
from isp_env.fivek.manifest import read_manifest
from isp_env.fivek.photos import LICENCE_COUNTS, PHOTOS, RAW

FEWER = "ask for fewer photos or kinds, or name a folder on another disk"


def run(config: Config) -> Outcome:
    """Fetch what was asked for; a file that cannot be had is a failure (exit code 4), and the others are fetched."""
    config.check()
    server = Server(config.server_url)
    fetch_legal(server, config.folder)
    return _archive(config, server) if config.archive else _pictures(config, server)


def _pictures(config: Config, server: Server) -> Outcome:
    names, licences = listed_photos(config.folder)
    if len(names) != PHOTOS:
        say(f"the lists in {config.folder / 'legal'} name {len(names):,} photos, and FiveK has {PHOTOS:,}")
    numbers, failures = listed_and_licensed(names, licences, config.numbers(), config.licence), list[str]()
    consent = _consent(config, sorted({licences[number] for number in numbers}))
    if config.camera:
        consent()  # the head of a DNG is a part of a picture
        raws = FiveKFolder.open(config.folder).files[RAW]
        heads = fetch_heads(server, config.folder, names, numbers, raws, config.connections, failures.append)
        numbers = of_cameras(numbers, config.camera, heads)
    numbers = numbers[: config.limit]
    plan = _plan(config, server, wanted_files(names, numbers, config.kinds))
    _say_plan(config, plan, len(numbers))
    if config.dry_run:
        print("".join(f"{plan.expected[file]:>12} {file.path}\n" for file in plan.fetched), end="")
    check_fits(config.folder, plan.bytes, FEWER)
    if config.dry_run:
        return Outcome(None, f"{count(len(plan.fetched), 'file')} would be fetched", (*failures, *plan.changed), "left")
    if plan.fetched:
        consent()
    tally = get(server, config.folder, plan, config.connections)
    there = f"{len(plan.there) + tally.adopted:,} there already{' and compared' if config.verify else ''}"
    done = f"{count(tally.fetched, 'file')} fetched, {there}"
    return Outcome(config.folder, done, (*failures, *tally.failures), "left")


def _plan(config: Config, server: Server, files: Sequence[PhotoFile]) -> Plan:
    """What is to be done about these files, with the server's word on their sizes where they are few."""
    manifest, heads = read_manifest(config.folder), read_cameras(config.folder)
    plan = make_plan(config.folder, files, manifest, heads, verify=config.verify, replace=config.replace)
    if len(plan.fetched) > MOST_ASKED:
        return plan
    sizes = ask_sizes(server, plan.fetched, config.connections)
    return dataclasses.replace(plan, expected={**plan.expected, **sizes})


def _consent(config: Config, licences: Sequence[str]) -> Callable[[], None]:
    """What goes on only with consent to these licences."""
    ask = input if sys.stdin.isatty() else None
    return lambda: obtain_consent(config.folder, licences, accepted=config.accept_licence, ask=ask, say=say)


def _say_plan(config: Config, plan: Plan, photos: int) -> None:
    there = len(plan.there) + len(plan.adopted)
    words = [count(photos, "photo"), f"{count(there, 'file')} there already"]
    if plan.fetched:
        about = "" if len(plan.fetched) <= MOST_ASKED else "about "
        parts = f" ({size_text(plan.part_bytes)} of it are here)" if plan.part_bytes else ""
        words.append(f"{len(plan.fetched):,} to fetch: {about}{size_text(sum(plan.expected.values()))}{parts}")
    say(f"{', '.join(words)}; {size_text(free_bytes(config.folder))} free")


def _archive(config: Config, server: Server) -> Outcome:
    consent = _consent(config, tuple(LICENCE_COUNTS))
    return get_archive(
        server,
        config.folder,
        config.connections,
        extract=config.extract,
        dry_run=config.dry_run,
        consent=consent,
        say=say,
    )
