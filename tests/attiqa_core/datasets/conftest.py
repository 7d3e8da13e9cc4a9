"""KonIQ's table, which several tests read."""

import pytest
from fixtures.rated import KONIQ_HEADER as SETS
from fixtures.rated import write


@pytest.fixture
def koniq(tmp_path):
    write(
        tmp_path / "koniq10k_distributions_sets.csv",
        SETS,
        "1.jpg,0.0,0.0,0.2,0.7,0.1,105,77.3836206897,0.53,training",
        "2.jpg,0.0,0.0,0.5,0.5,0.0,96,68.7285714286,0.58,test",
        "3.jpg,0.6,0.4,0.0,0.0,0.0,96,3.91176470588,0.5,validation",
    )
    return tmp_path
