"""Options of the lens: what goes together, and scales."""

from pathlib import Path

import pytest

from attiqa_core.errors import UsageError
from experiments.options.lens import LensOptions


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (LensOptions(lens_name="x"), "--lens-name: is for --lens auto or lensfun"),
        (LensOptions(lens="none", lens_file=Path("a.toml")), "--lens-file and --lens none"),
        (LensOptions(lens_scale="large"), "--lens-scale large: give auto, none or a number"),
        (LensOptions(lens_scale="nan"), "--lens-scale nan"),
        (LensOptions(lens_scale="9"), "--lens-scale 9"),
    ],
)
def test_what_does_not_go_together_is_said(options, words):
    with pytest.raises(UsageError, match=words):
        options.check()


@pytest.mark.parametrize(("given", "scale"), [("auto", None), ("none", 1.0), ("1.05", 1.05)])
def test_scales_are_read(given, scale):
    LensOptions(lens_scale=given).check()
    assert LensOptions(lens_scale=given).scale() == scale
