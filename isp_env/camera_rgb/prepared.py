"""Frames after the stages that no parameter reaches."""

from dataclasses import replace

from isp_env.frames.batch import FrameBatch
from isp_env.stages.defects import correct_defects
from isp_env.stages.highlights import restore_highlights, restore_mosaic_highlights
from isp_env.stages.lens_shading import plane_gains, rgb_gains
from isp_env.stages.mosaic import pack, pad_to_even, unpack


def prepare(batch: FrameBatch) -> FrameBatch:
    """Return the batch after the stages that no parameter reaches: defect pixels, clipped highlights, lens shading.

    In this order, because defects and clipping are known by the sensor's own levels. A mosaic of odd size comes back
    one row or column larger. Whoever renders a batch often does this once; a batch that is prepared, as proxies are,
    comes back as it is.
    """
    if batch.prepared:
        return batch
    if not batch.is_mosaic:  # defects went with demosaicing
        shading = 1.0 if batch.shading is None else rgb_gains(batch.shading, batch.samples)
        samples = restore_highlights(batch.samples, batch.wb_as_shot, shading) * shading
        return replace(batch, samples=samples, prepared=True)
    planes = pack(pad_to_even(batch.samples), batch.cfa_index)
    planes = correct_defects(planes, batch.noise)
    shading = None if batch.shading is None else plane_gains(batch.shading, batch.cfa_index, planes)
    planes = restore_mosaic_highlights(planes, batch.wb_as_shot, shading)
    planes = planes if shading is None else planes * shading
    return replace(batch, samples=unpack(planes, batch.cfa_index), prepared=True)
