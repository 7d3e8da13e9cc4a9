"""A server of a small FiveK that breaks as it is told, and transfers whose pauses are written down instead of waited."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from fixtures.breaking_server import BreakingServer, fivek_files, serving

from experiments.fivek.download.patience import Reports


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch):
    """This machine is asked directly, whatever the proxies."""
    monkeypatch.setenv("no_proxy", "*")


@pytest.fixture
def fivek() -> Iterator[BreakingServer]:
    """Five photos: raws, expert c, inputs and the legal texts."""
    with serving(BreakingServer(fivek_files())) as server:
        yield server


@dataclass
class Told:
    """What a transfer told: bytes that came less those that were dropped, sizes, and its pauses in seconds."""

    moved: int = 0
    sizes: list[int] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    pauses: list[float] = field(default_factory=list)

    @property
    def reports(self) -> Reports:
        return Reports(self._moved, self.sizes.append, self._pausing, lambda seconds: None, lambda: None)

    def _moved(self, size: int) -> None:
        self.moved += size

    def _pausing(self, reason: str, seconds: float) -> None:
        self.reasons.append(reason)
        self.pauses.append(seconds)


@pytest.fixture
def told() -> Told:
    return Told()
