"""Ray, started here or joined: quietly, behind a secret of its own, and ended with the command."""

import contextlib
import io
import logging
import os
import secrets
import signal
import socket
import threading
from collections.abc import Iterator, Mapping
from typing import Any

from attiqa_core.errors import ResourceError, UsageError, one_line
from experiments.options.ray_address import AUTO, LOCAL, check_address, require_ray

OBJECT_STORE_BYTES = 80 << 20
"""Ray wants 75 MiB at least; only numbers and names pass through it here."""

ANSWERS_WITHIN_S = 5.0
"""How long an address may take to answer. Ray itself asks one that nobody answers at for a quarter of an hour."""

STARTS = 3
"""How often a Ray of our own is started: it gives itself 30 s, which a machine with much else to do may not keep."""

TOLD_AT_MOST = 400
"""Characters of what Ray says, which may go on to a traceback."""

CLUSTER_CURE = "start a cluster with `ray start --head` and run the command on one of its machines, or give --ray local"

RETRIES = "2"
"""How often Ray asks a cluster that answers but is none, 40 s each; by itself 20 times."""


@contextlib.contextmanager
def cluster(address: str, *, cpus: int | None = None) -> Iterator[Any]:
    """A context with Ray running: "local" starts one for this command, of `cpus` processors, another address is joined.

    Yields the module. What Ray writes to stdout goes nowhere meanwhile; SIGTERM does what it did before.
    Raises: UsageError for an address that nobody answers at, or where the cluster's versions are others.
    """
    require_ray()
    check_address(address)
    with with_environment({"RAY_USAGE_STATS_ENABLED": "0"}):  # no report to its makers
        os.environ.setdefault("RAY_raylet_start_wait_time_s", "120")
        if address == LOCAL:  # a secret of this cluster's own, in the environment: nothing is left in the user's home
            os.environ |= {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32)}
        else:
            address = _answering(address)
            os.environ.setdefault("RAY_NUM_REDIS_GET_RETRIES", RETRIES)
        import ray  # reads the environment once and for all

        with contextlib.redirect_stdout(io.StringIO()):
            _begin(ray, address, cpus)
            try:
                yield ray
            finally:
                with _not_interrupted():
                    ray.shutdown()


@contextlib.contextmanager
def with_environment(further: Mapping[str, str]) -> Iterator[None]:
    """A context with further variables in the environment, which is afterwards what it was, whatever was set meanwhile."""
    before = dict(os.environ)
    os.environ |= further
    try:
        yield
    finally:
        for name in os.environ.keys() - before.keys():
            del os.environ[name]
        os.environ |= before


def resources(ray: Any) -> list[Mapping[str, float]]:
    """Return what each living machine of the cluster has: CPU, GPU, memory in bytes."""
    return [node["Resources"] for node in ray.nodes() if node["Alive"]]


def _begin(ray: Any, address: str, cpus: int | None) -> None:
    options: dict[str, Any] = {"address": address, "log_to_driver": False, "logging_level": logging.CRITICAL}
    if address == LOCAL:
        options |= {"num_cpus": cpus, "include_dashboard": False, "object_store_memory": OBJECT_STORE_BYTES}
    before = signal.getsignal(signal.SIGTERM)
    try:
        for last in range(STARTS if address == LOCAL else 1)[::-1]:
            try:
                ray.init(**options)
                return
            except Exception as error:  # Ray raises bare ones, too
                if not last:
                    raise _refused(address, error) from error
    finally:
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, before)  # Ray puts its own there


def _refused(address: str, error: Exception) -> Exception:
    told = one_line(" ".join(str(error).split()))[:TOLD_AT_MOST]
    if address == LOCAL:
        return ResourceError(f"--ray local: Ray does not start here ({told})")
    return UsageError(f"--ray {address}: {told}; {CLUSTER_CURE}")


def _answering(address: str) -> str:
    """Return an address that somebody answers at. Raises: UsageError after a few seconds if nobody does."""
    where = os.environ.get("RAY_ADDRESS", AUTO) if address == AUTO else address
    if where in (AUTO, LOCAL):
        return AUTO
    check_address(where)
    host, _, port = where.rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=ANSWERS_WITHIN_S).close()
    except OSError as error:
        raise UsageError(
            f"--ray {where}: nobody answers there ({error.strerror or 'timed out'}); {CLUSTER_CURE}"
        ) from error
    return where


@contextlib.contextmanager
def _not_interrupted() -> Iterator[None]:
    """A context in which Ctrl-C and SIGTERM wait: what ends Ray's processes has to come to its end itself."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
