"""The fold of proxies under torch.compile for batches of one static shape, with a cache that outlives the process."""

import functools
import os
from collections.abc import Callable

import torch

from attiqa_core.files.whole import user_cache
from isp_env.pipeline import render_prepared

CACHE_VARIABLE = "TORCHINDUCTOR_CACHE_DIR"  # torch's own: whoever sets it keeps it


@functools.cache
def compiled_render_prepared() -> Callable:
    """Return `pipeline.render_prepared`, compiled for each shape that it meets; a second process finds the first one's work.

    For training on CUDA, where one batch shape comes thousands of times. Inductor keeps its graphs under the system's
    temporary folder unless it is told where; here it is told the user's cache, which a restart leaves alone.
    """
    import torch._inductor.config as inductor  # a second of work, for whoever compiles alone
    from torch._inductor.runtime.cache_dir_utils import default_cache_dir

    if os.environ.get(CACHE_VARIABLE) in (
        None,
        default_cache_dir(),
    ):  # torch sets the latter itself when first imported
        os.environ[CACHE_VARIABLE] = str(user_cache() / "inductor")
    inductor.fx_graph_cache = True
    return torch.compile(render_prepared, dynamic=False)
