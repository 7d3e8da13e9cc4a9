"""A study with codes, how raters are recruited for it, and the stand-in with an account that does not wait."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fixtures.prolific import CODES, RECRUITMENT, TOKEN, StandIn, standing_in
from fixtures.studies import small_study

from experiments.study.folder import Study
from experiments.study.prolific.account import Account
from experiments.study.prolific.asking import Door


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "study"


@pytest.fixture
def study(folder: Path) -> Study:
    """Six pairs, three each, five votes a pair: ten raters."""
    return small_study(folder, scenes=6, session={"per_rater": 3, "votes_per_pair": 5}, prolific=CODES)


@pytest.fixture
def recruitment(tmp_path: Path) -> Path:
    path = tmp_path / "recruitment.toml"
    path.write_text(RECRUITMENT)
    return path


@pytest.fixture
def stand_in() -> Iterator[StandIn]:
    with standing_in() as running:
        yield running


@pytest.fixture
def pauses() -> list[float]:
    """The seconds that were waited for, instead of waiting."""
    return []


@pytest.fixture
def account(stand_in: StandIn, pauses: list[float]) -> Account:
    return Account(Door(stand_in.base, TOKEN, timeout_s=0.2), pause=pauses.append)


@pytest.fixture
def with_token(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    return lambda token: monkeypatch.setenv("PROLIFIC_TOKEN", token)
