import pytest
import torch
from fixtures.tiny_net import tiny_net

from attiqa_core.errors import UsageError
from experiments.evaluation.arms import Arm, Starts, parse_arms


@pytest.mark.parametrize("words", [("imagenet",), ("a=",), ("a b=imagenet",), ("a=imagenet", "a=random")])
def test_arms_have_a_name_and_a_source(words):
    with pytest.raises(UsageError, match="--arm"):
        parse_arms(words)


def test_an_arm_is_fixed_by_its_encoders_weights_not_by_its_path():
    def start_of(seed):
        def build(source):
            return tiny_net(seed=seed), "pretrained 0123"

        return Starts(build, (), torch.device("cpu"))

    arm = Arm("ours", "runs/pretrain")
    assert start_of(1).weights(arm) == start_of(1).weights(arm) != start_of(2).weights(arm)
    drawn = Arm("none", "random")
    assert start_of(1).weights(drawn) == start_of(2).weights(drawn)  # drawn alike by each run, but for last bits
