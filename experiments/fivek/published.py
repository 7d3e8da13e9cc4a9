"""What papers print on FiveK, second-hand, each under the protocol that it was measured by; shown beside no other."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from isp_env.fivek.protocols import PROTOCOLS, Protocol

TABLE = Path(__file__).with_name("published.csv")


@dataclass(frozen=True)
class Published:
    """A method's PSNR in dB, mean over a protocol's photos, as tables of papers give it."""

    method: str
    psnr_db: float
    protocol: Protocol


def published() -> list[Published]:
    """Return all that is known, in the order of the table: the worst first."""
    with TABLE.open(encoding="utf-8", newline="") as file:
        return [
            Published(row["method"], float(row["psnr_db"]), PROTOCOLS[row["protocol"]]) for row in csv.DictReader(file)
        ]


def published_under(protocol: Protocol) -> Mapping[str, float]:
    """Return PSNR in dB by method of what was measured by this very protocol, by its hash; empty for another."""
    return {each.method: each.psnr_db for each in published() if each.protocol.sha256 == protocol.sha256}
