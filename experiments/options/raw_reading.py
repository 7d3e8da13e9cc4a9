"""Options of commands that read raws: what their owner knows of the sensor, where the file does not say it."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated, Any, Literal

from attiqa_core.errors import UsageError
from experiments.options.choices import one_of
from isp_env.raw_io.own_sensor.description import (
    NOTHING,
    Layout,
    SensorDescription,
    check_levels,
    checked_ccm,
    four_levels,
)
from isp_env.raw_io.own_sensor.packing import BITS
from isp_env.sensor.channel_numbers import checked_gains


@dataclass(frozen=True)
class RawReading:
    """What is known of the sensor; it comes before sensor files beside the raws, and these before what a raw says itself."""

    sensor: Path | None = None
    """Sensor file (TOML, docs/own-sensors.md) for all raws named: layout, levels, colour, dark and flat pictures."""
    raw_size: tuple[int, int] | None = None
    """Width and height in samples of headerless raws; with --cfa."""
    cfa: Literal["RGGB", "BGGR", "GRBG", "GBRG", "mono"] | None = None
    """Colour filters of headerless raws at the top left, row by row; mono for a sensor without any."""
    packing: Annotated[str, one_of(BITS)] = "uint16le"
    """How headerless raws put samples into bytes."""
    offset_bytes: int = 0
    """Bytes before the first sample of headerless raws."""
    row_bytes: int = 0
    """Bytes from row to row of headerless raws; 0: no padding."""
    black: tuple[float, ...] = ()
    """Black level in DN: one, or four for R, G in red rows, G in blue rows, B."""
    white: float | None = None
    """White level in DN."""
    wb: tuple[float, float, float] | None = None
    """White balance: gains of R, G, B."""
    ccm: tuple[float, ...] = ()
    """Colour correction matrix, nine numbers row by row: white-balanced camera RGB to linear sRGB."""
    dcp: Path | None = None
    """Camera profile (.dcp) in place of the raws' own colour."""

    def check(self) -> None:
        """Raises: UsageError or InputError for what cannot be."""
        self.description()

    def description(self) -> SensorDescription:
        """Return what is known: the options first, then the sensor file."""
        if (self.raw_size is None) != (self.cfa is None):
            raise UsageError(
                "--raw-size and --cfa: a headerless raw needs both; give width and height, and the filters"
            )
        if self.raw_size is None and (self.packing != "uint16le" or self.offset_bytes or self.row_bytes):
            raise UsageError(
                "--packing, --offset-bytes, --row-bytes: are of a headerless raw; give --raw-size and --cfa"
            )
        if len(self.black) not in (0, 1, 4):
            raise UsageError(
                f"--black: has {len(self.black)} numbers; give one, or four (R, G in red rows, G in blue rows, B)"
            )
        if len(self.ccm) not in (0, 9):
            raise UsageError(f"--ccm: has {len(self.ccm)} numbers; give nine, row by row")
        if self.ccm and self.dcp:
            raise UsageError("--ccm and --dcp: give one of them")
        given = SensorDescription(
            layout=self._layout(),
            black_dn=four_levels(self.black) if self.black else None,
            white_dn=self.white,
            gains=checked_gains("--wb", self.wb) if self.wb else None,
            ccm=checked_ccm(self.ccm, "--ccm") if self.ccm else None,
        )
        known = given.over(self._profile()).over(self._of_file())
        check_levels("--black and --white", known.black_dn, known.white_dn)
        return known

    def _profile(self) -> SensorDescription:
        if self.dcp is None:
            return NOTHING
        from isp_env.raw_io.dng_tags.camera_profiles import read_dcp  # loads torch, which few command lines need

        return SensorDescription(profile=read_dcp(self.dcp))

    def _of_file(self) -> SensorDescription:
        if self.sensor is None:
            return NOTHING
        from isp_env.raw_io.own_sensor.files import read_description  # as above

        return read_description(self.sensor)

    def _layout(self) -> Layout | None:
        if self.raw_size is None or self.cfa is None:
            return None
        layout = Layout(*self.raw_size, self.cfa, self.packing, self.offset_bytes, self.row_bytes)
        layout.check("--raw-size")
        return layout


def reading_of(stored: Mapping[str, Any]) -> RawReading:
    """Return the options as a recipe holds them (`output.reading`), files by path and hash; what it does not name is the default."""
    known = {each.name for each in fields(RawReading)}
    values: dict[str, Any] = {name: stored[name] for name in known & stored.keys()}
    values |= {name: tuple(value) for name, value in values.items() if isinstance(value, list)}
    values |= {
        name: Path(value["path"]) for name, value in values.items() if isinstance(value, dict) and "path" in value
    }
    return RawReading(**values)
