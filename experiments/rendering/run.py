"""A whole run in a folder: under its lock, what is not finished removed, its raws made, failures and sheet written."""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path, PurePath

from attiqa_core.files.whole import write_json
from attiqa_core.runs.lock import only_run_in
from attiqa_core.runs.progress import progress
from experiments.options.render_folder import FAILURES
from experiments.rendering.batch import make_pictures
from experiments.rendering.inputs import Source
from experiments.rendering.names import places
from experiments.rendering.one_picture import Making
from experiments.rendering.overview import SHEET, keep_missing, write_sheet
from experiments.rendering.staging import clear, complete, staged
from experiments.rendering.tally import Tally
from experiments.rendering.watching import arrivals, wait_a_little
from isp_env.native.build import library


def render_all(
    making: Making, sources: Sequence[Source], *, jobs: int, sheet: bool = True, as_json: bool = False
) -> Tally:
    """Return what became of these raws. Raises: as `only_run_in` and `make_picture`; KeyboardInterrupt leaves what is finished."""
    where = places(sources)
    with only_run_in(making.out, "render"), progress(total=len(sources), label="render", unit="raw") as bar:
        tally = Tally(making.out, bar, as_json=as_json)
        with kept_in_order(making.out, tally):
            make_pictures(making, sources, where, tally.add, jobs)
            bar.close()  # the sheet has its own
            write_overviews(
                making, sources, where, sheet=sheet and bool(tally.counts["rendered"] or not has_sheet(making))
            )
    return tally


def has_sheet(making: Making) -> bool:
    """Return whether an earlier run wrote one."""
    return (making.out / SHEET).is_file()


def write_overviews(making: Making, sources: Sequence[Source], where: dict[Path, PurePath], *, sheet: bool) -> None:
    """Write the sheet of a run's first pictures, and what the gallery shows beside them, as far as asked for."""
    if sheet:
        write_sheet(making, sources, where)
    if making.look:
        keep_missing(making, sources, where)


def render_arrivals(
    making: Making,
    find: Callable[[], list[Source]],
    *,
    jobs: int,
    as_json: bool = False,
    wait: Callable[[], None] = wait_a_little,
) -> None:
    """Make what is in the folders and what arrives there, until KeyboardInterrupt, which is raised with the counts said."""
    with only_run_in(making.out, "render"):
        tally = Tally(making.out, as_json=as_json, as_lines=True)
        where: dict[Path, PurePath] = {}
        with kept_in_order(making.out, tally):
            for arrived in arrivals(find, wait):
                where = places(arrived, where)
                make_pictures(making, arrived, where, tally.add, jobs)


@contextlib.contextmanager
def kept_in_order(out: Path, tally: Tally) -> Iterator[None]:
    """A context that begins without what an ended process left, and however it ends lists what failed and leaves nothing half done."""
    library()  # compiled once, before threads ask for it
    complete(out)
    (out / FAILURES).unlink(missing_ok=True)
    try:
        yield
        tally.close()
    except BaseException:
        tally.close()
        tally.say_counts()
        raise
    finally:
        try:
            _list_failures(out, tally)
        finally:
            clear(out)


def _list_failures(out: Path, tally: Tally) -> None:
    if tally.failures and tally.has_pictures:  # else the folder is left as it was, for the mended command
        path = staged(out, PurePath(FAILURES), "")
        write_json(path, tally.failures_for_people())
        path.replace(out / FAILURES)
