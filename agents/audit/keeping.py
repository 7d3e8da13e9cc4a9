"""What is kept of an audit while it runs, so that one that was killed goes on: here nothing."""

from collections.abc import Callable, Mapping

from torch import Tensor

from agents.audit.finding import Finding

Tensors = Mapping[str, Tensor]


class Unkept:
    """Keeps nothing: `made` is asked each time. Who keeps gives back the very numbers that `made` gave before."""

    def tensors(self, name: str, made: Callable[[], Tensors]) -> Tensors:
        """Return tensors by name, a part of the audit."""
        return made()

    def finding(self, key: str, made: Callable[[], Finding]) -> Finding:
        """Return what a check found."""
        return made()


NOTHING_KEPT = Unkept()
