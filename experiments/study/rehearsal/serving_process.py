"""A server of a study in a process of its own, to be asked, killed and started again."""

import signal
import socket
import subprocess
from pathlib import Path

from attiqa_isp.again import command, environment


class Server:
    """`attiqa study serve` in a process of its own, on a port that stays the same."""

    def __init__(self, study: Path, store: Path, raters: int, *, invited: bool = False):
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        options = ["--store", store, "--raters" if invited else "--open", raters, "--port", self.port, "--rate", 10_000]
        self.words = command("study", "serve", study, *options)
        self.start()

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}/"

    def start(self) -> None:
        """Start it, and do not wait until it answers."""
        self.process = subprocess.Popen(
            self.words, env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    def kill(self) -> None:
        """End it as a power cut would, as far as the process goes."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        """Ask it to end, and return its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(30)
