"""A study behind a port, until it is told to stop."""

import errno
import socket

import uvicorn

from attiqa_core.errors import UsageError
from experiments.study.server.web.connection import PatientOnlySoLong
from experiments.study.server.web.headers import Guarded
from experiments.study.server.web.limits import Limits


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens there; port 0: any that is free. Raises: UsageError if it cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=256)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise UsageError(
                f"--port {port}: is in use on {host}; stop the other program, or give another port"
            ) from error
        if error.errno in (errno.EACCES, errno.EPERM):
            raise UsageError(f"--port {port}: is not allowed to you; give one from 1024 up") from error
        raise UsageError(f"--host {host}: cannot be listened on ({error.strerror or error})") from error


def serve(app: Guarded, listener: socket.socket, limits: Limits) -> None:
    """Answer requests until SIGINT or SIGTERM comes; those under way are answered still, then the signal is raised anew.

    No address is logged, neither the client's nor the one that a proxy tells.
    """
    connection = type("Connection", (PatientOnlySoLong,), {"within_s": limits.request_within_s})
    config = uvicorn.Config(
        app,
        http=connection,
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="error",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        date_header=False,
        limit_concurrency=limits.connections,
        timeout_keep_alive=int(limits.request_within_s),
        timeout_graceful_shutdown=5,
        h11_max_incomplete_event_size=limits.header,
    )
    uvicorn.Server(config).run(sockets=[listener])
