import pytest

from agents.rows import make_tuners
from agents.tuners import TUNERS, find_tuner
from attiqa_core.errors import UsageError
from isp_env.core import Task


def names(*specs: str) -> list[str]:
    return [tuner.name for tuner in make_tuners(specs, Task(proxy_px=32), 0)]


def test_the_camera_default_always_leads_and_each_tuner_comes_once():
    assert names() == ["default"]
    assert names("sobol-4", "default", "gradient-2", "sobol-4") == ["default", "sobol-4", "gradient-2"]


@pytest.mark.parametrize(
    "spec", ["magic", "sobol", "sobol-N", "sobol-1", "sobol-x", "sobol-", "default-4", "-N", "", "refined-8"]
)
def test_a_wrong_name_is_told_the_names_there_are(spec):
    with pytest.raises(UsageError, match=f"--tuners {spec}: is not default, sobol-N, cma-N or gradient-N with N >= 2"):
        find_tuner(spec)


def test_a_row_of_the_table_is_all_that_a_new_tuner_needs(monkeypatch):
    monkeypatch.setitem(TUNERS, "cma-es-N", TUNERS["sobol-N"])
    assert names("cma-es-8") == ["default", "sobol-8"]
    with pytest.raises(UsageError, match="default, sobol-N, cma-N, gradient-N or cma-es-N with"):
        find_tuner("magic")
