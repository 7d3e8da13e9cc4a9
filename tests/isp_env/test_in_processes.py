"""Work in several processes for which the memory does not suffice."""

import threading
from concurrent.futures import ThreadPoolExecutor

from isp_env.in_processes import in_order


def doubled(number: int) -> int:
    """Twice a number; of 3 only where nobody works beside."""
    if number == 3 and threading.current_thread() is not threading.main_thread():
        raise MemoryError
    return 2 * number


def test_what_finds_no_memory_beside_others_is_done_alone_in_its_turn(monkeypatch, capsys):
    monkeypatch.setattr("isp_env.in_processes.ProcessPoolExecutor", lambda workers, **how: ThreadPoolExecutor(workers))
    assert list(in_order(doubled, [(number,) for number in range(8)], workers=2)) == [2 * each for each in range(8)]
    assert "one at a time from here on" in capsys.readouterr().err
