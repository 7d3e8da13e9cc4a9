"""Work in shards over pictures that cost little."""

import pytest

from attiqa_core.teachers.statistics import StatisticsTeacher


@pytest.fixture
def small_pictures(monkeypatch):
    """Photos are labelled at 32 px instead of 512: by whom is asked here, not what the labels are."""
    monkeypatch.setattr(StatisticsTeacher.__init__, "__defaults__", (32,))
