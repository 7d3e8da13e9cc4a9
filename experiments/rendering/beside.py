"""Files beside a raw that its picture depends on as well: sensor files and their reference frames, metadata of a linear PNG."""

import functools
from pathlib import Path

from attiqa_core.files.whole import sha256
from experiments.rendering.names import shown
from isp_env.raw_io.find import is_linear_png, own_sensor_file, sidecar_of
from isp_env.raw_io.own_sensor.description import SensorDescription
from isp_env.raw_io.own_sensor.files import FOLDER_FILE, description_of


def hashes_beside(raw: Path, own: SensorDescription) -> dict[str, str]:
    """Return the SHA-256 of each by its name, empty for nearly every raw. Raises: InputError for a sensor file with a mistake."""
    known = description_of(raw, own)
    files = [own_sensor_file(raw), raw.parent / FOLDER_FILE, *([sidecar_of(raw)] if is_linear_png(raw) else [])]
    files += [path for path in (known.black_frame, known.flat_field) if path is not None]
    return {shown(path.name): _hash(path, path.stat().st_mtime_ns) for path in files if path.is_file()}


@functools.lru_cache(maxsize=64)
def _hash(path: Path, written_ns: int) -> str:
    return sha256(path)
