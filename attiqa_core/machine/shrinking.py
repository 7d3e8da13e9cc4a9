"""Less at a time where the memory did not suffice, if that changes no bit of the result."""

import sys
from collections.abc import Callable, Sequence
from typing import Any

from attiqa_core.errors import ResourceError
from attiqa_core.machine.lacks import is_of_memory, sentence_of

SMALLEST = 2
"""Items: one alone has kernels of its own on every processor, so that nothing is ever shrunk to one."""


class Shrinking:
    """Calls `work` on batches; on halves of them from the first on for which the memory does not suffice.

    That is allowed only where company changes nothing, so this processor is asked: a half has to give, to the bit, what its
    own halves give. `join` makes one result of those of the parts, `same` compares two.
    """

    def __init__(
        self,
        work: Callable[[Sequence[Any]], Any],
        join: Callable[[list[Any]], Any],
        same: Callable[[Any, Any], bool],
        option: str = "--batch",
    ):
        self.work, self.join, self.same, self.option = work, join, same, option
        self.most: int | None = None
        """Items at a time; None: as many as come."""

    def __call__(self, items: Sequence[Any]) -> Any:
        """Return `work(items)`. Raises: ResourceError where the memory does not suffice and less at a time is no cure."""
        while True:
            failure = None
            try:
                return self._in_parts(items)
            except Exception as error:
                if not is_of_memory(error):
                    raise
                failure = error.with_traceback(None)  # whose frames hold what filled the memory
            self._shrink(items, failure)

    def _in_parts(self, items: Sequence[Any]) -> Any:
        if self.most is None or len(items) <= self.most:
            return self.work(items)
        return self.join([self.work(items[start : start + self.most]) for start in range(0, len(items), self.most)])

    def _shrink(self, items: Sequence[Any], failure: Exception) -> None:
        """Halve the batch, if a half is the same as its halves. Raises: ResourceError if not."""
        before = min(self.most or len(items), len(items))
        half = before // 2
        advice = f"begin anew with a smaller {self.option}"
        if half < 2 * SMALLEST:
            raise ResourceError(f"{sentence_of(failure)} ({before} at a time are too many; {advice})") from failure
        release()
        try:
            whole = self.work(items[:half])
            parts = [self.work(items[: half // 2]), self.work(items[half // 2 : half])]
        except Exception as error:
            if not is_of_memory(error):
                raise
            self.most = half  # the next round halves it again
            return
        if not self.same(whole, self.join(parts)):
            raise ResourceError(
                f"{sentence_of(failure)} ({before} at a time are too many, and on this processor fewer change last bits;"
                f" {advice})"
            ) from failure
        self.most = half
        print(f"attiqa: {half} at a time from here on: the memory did not suffice for {before}", file=sys.stderr)


def release() -> None:
    """Give memory of a GPU back that torch keeps, where torch is loaded and there is one."""
    torch: Any = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available():
        torch.cuda.empty_cache()
