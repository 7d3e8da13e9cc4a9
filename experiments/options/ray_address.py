"""Where Ray is to be found, as options name it."""

import importlib.util

from attiqa_core.errors import UsageError

LOCAL, AUTO = "local", "auto"
MISSING = "--ray: needs Ray, which is not installed; pip install 'attiqa-isp[scale]'"


def require_ray() -> None:
    """Raises: UsageError where Ray is not installed."""
    if importlib.util.find_spec("ray") is None:
        raise UsageError(MISSING)


def check_address(address: str) -> None:
    """Raises: UsageError for what is no address that Ray is asked at."""
    if address.startswith("ray://"):
        raise UsageError(f"--ray {address}: Ray's client is not supported; run the command on a machine of the cluster")
    host, _, port = address.rpartition(":")
    if address not in (LOCAL, AUTO) and not (host and port.isdecimal() and 0 < int(port) < 65536):
        raise UsageError(f"--ray {address}: give local, auto (for RAY_ADDRESS or a cluster here), or HOST:PORT")
