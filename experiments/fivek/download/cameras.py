"""Which camera took each photo, from the first bytes of its DNG; what was asked once is kept in the folder as cameras.csv."""

import io
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from attiqa_core.runs.progress import progress
from experiments.fivek.download.patience import Reports, insist
from experiments.fivek.download.server import Server, Trouble
from experiments.fivek.download.workers import Failed, Finished, GaveUp, work
from isp_env.fivek.camera_list import Head, read_cameras, write_cameras
from isp_env.fivek.cameras import require_cameras
from isp_env.fivek.headers import header_in, read_header
from isp_env.fivek.photos import RAW, path_of
from isp_env.raw_io.decoding.tiff_tags import TIFF_HEADS

HEAD_BYTES = 64 * 1024
KEPT_EVERY = 200  # heads


def of_cameras(numbers: Sequence[int], wanted: Sequence[str], heads: Mapping[int, Head]) -> list[int]:
    """Return the photos by these cameras, in order. Raises: InputError, naming the cameras that there are, where one took none."""
    known = {number: heads[number].camera for number in numbers if number in heads}
    cameras = set(known.values()) - {""}
    meant = {camera for each in wanted for camera in require_cameras(each, cameras, "--camera")}
    return [number for number in known if known[number] in meant]


def fetch_heads(
    server: Server,
    folder: Path,
    names: Mapping[int, str],
    numbers: Sequence[int],
    raws: Mapping[int, Path],
    connections: int,
    failed: Callable[[str], object],
) -> dict[int, Head]:
    """Return the heads of these photos' raws: those kept in the folder, those of `raws`, which are here, the others from the server.

    All are kept as they come. `failed` takes a sentence for each that cannot be had.
    """

    def head(number: int, reports: Reports) -> Head:
        if number in raws:
            return Head(read_header(raws[number]).camera or "", raws[number].stat().st_size)
        return insist(lambda: _head(server, path_of(names[number], RAW)), reports)

    heads = read_cameras(folder)
    unknown = [number for number in numbers if number not in heads]
    with progress(total=len(unknown), label="cameras", unit="raw") as bar:
        try:
            for event in work(unknown, head, connections):
                if isinstance(event, Finished):
                    heads[event.job] = event.result
                    bar.update()
                    if bar.n % KEPT_EVERY == 0:
                        write_cameras(folder, names, heads)
                elif isinstance(event, Failed | GaveUp):
                    failed(event.reason)
        finally:
            if unknown:
                write_cameras(folder, names, heads)
    return heads


def _head(server: Server, path: str) -> Head:
    with server.ask(path, end=HEAD_BYTES) as answer:
        return Head(camera_in(answer.url, answer.read_all(HEAD_BYTES)), answer.total)


def camera_in(url: str, content: bytes) -> str:
    """Return the camera that the first bytes of a DNG name, "" where they name none. Raises: Trouble for what is no TIFF."""
    if not content.startswith(TIFF_HEADS):
        raise Trouble(f"{url}: what came is no DNG")
    return header_in(io.BytesIO(content)).camera or ""
