"""Loaded by every Python that finds it on its path: the time of day jumps by up to years, forward and back, all the while."""

import itertools
import time

_JUMPS_S = itertools.cycle((0.0, 86400.0, -3600.0, 3.2e7, -9.5e7, 5.0, -2.0))
_told, _own_ns = time.time, time.time_ns
_jump, _asked = [0.0], itertools.count(1)


def _shifted_s() -> float:
    if next(_asked) % 7 == 0:
        _jump[0] = next(_JUMPS_S)
    return _told() + _jump[0]


time.time = _shifted_s
time.time_ns = lambda: int(_shifted_s() * 1e9)
