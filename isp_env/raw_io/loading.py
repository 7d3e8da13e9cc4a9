"""Raw files to frames and proxies, one at a time: a full-size frame of 45 MP takes 90 MB and more, its proxy 1 MB."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from attiqa_core.errors import InputError
from isp_env.raw import RawFrame
from isp_env.raw_io.find import find_raws, is_linear_png
from isp_env.raw_io.linear_png import load_linear_png
from isp_env.raw_io.own_sensor.description import NOTHING, SensorDescription


def read_frame(path: Path, own: SensorDescription = NOTHING) -> RawFrame:
    """Return the frame of a raw file, with what `own` knows besides, or of a linear PNG with its sidecar. Raises: InputError if it cannot be read."""
    return load_linear_png(path) if is_linear_png(path) else RawFrame.load(path, own)


def read_frames(paths: Sequence[Path], failures: list[str]) -> Iterator[RawFrame]:
    """Return the readable raws in order, each read when it is asked for; for every other a sentence goes to `failures`.

    The iterator keeps no frame: who lets go of one before asking for the next holds one in memory.
    Raises: InputError at the end if none was readable.
    """
    for path in paths:
        try:
            frame = read_frame(path)
        except InputError as error:
            failures.append(str(error))
            continue
        yield frame
        del frame  # before the next is read
    if len(failures) == len(paths):
        raise InputError(f"{failures[0]} (none of {len(failures)} files can be read)")


def first_read(frames: Iterator[RawFrame]) -> Iterator[RawFrame]:
    """Return the same frames, the first of them read at once: a folder without a readable raw is noticed before work begins."""
    return _one_then(next(frames), frames)  # itertools.chain would hold the first to the end


def _one_then(first: RawFrame, rest: Iterator[RawFrame]) -> Iterator[RawFrame]:
    yield first
    del first
    yield from rest


def make_proxies(frames: Iterable[RawFrame], proxy_px: int, crops: int = 0, *, square: bool = False) -> list[RawFrame]:
    """Return proxies of the whole frames with about proxy_px^2 pixels, or of centred squares, each with so many crops.

    Each frame is let go before the next is asked for.
    """

    def made(frame: RawFrame) -> RawFrame:
        return frame.proxy(proxy_px, square=square, by_area=True, crops=crops)

    return list(map(made, frames))  # a comprehension's variable would hold each frame while the next is read


def load_proxies(
    raws: Sequence[str | Path], proxy_px: int, crops: int = 0, *, square: bool = False
) -> tuple[list[RawFrame], list[str]]:
    """Return `make_proxies` of the readable raws among files and folders, and a sentence for each that is not.

    Raises: InputError if none is readable.
    """
    failures: list[str] = []
    return make_proxies(read_frames(find_raws(raws), failures), proxy_px, crops, square=square), failures
