from attiqa_core.teachers.golden import same_encoder


def test_golden_rows_agree_within_rounding_only():
    assert same_encoder([0.6, 0.8], [0.60005, 0.8], "fp32") and same_encoder([0.6, 0.8], [0.607, 0.8], "bf16")
    assert not same_encoder([0.6, 0.8], [0.601, 0.8], "fp32") and not same_encoder([0.6, 0.8], [0.6], "fp32")
