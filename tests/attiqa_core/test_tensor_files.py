import pytest
import torch

from attiqa_core import tensor_files
from attiqa_core.errors import InputError
from attiqa_core.files.whole import read_json, sha256
from attiqa_core.tensor_files import (
    check_seal,
    load_sealed,
    load_tensors,
    save_described,
    save_sealed,
    save_tensors,
    words_of,
)


def test_the_description_names_its_weights_by_their_hash_and_former_ones_go(tmp_path):
    for value in (1.0, 2.0):
        save_described(tmp_path / "thing.json", {"weight": torch.tensor([value])}, {"format": "thing/1"})
    (weights,) = tmp_path.glob("*.safetensors")
    described = read_json(tmp_path / "thing.json")
    assert described == {"format": "thing/1", "weights": weights.name, "sha256": sha256(weights)}
    assert weights.name == f"thing-{described['sha256'][:12]}.safetensors"
    assert load_tensors(weights, described["sha256"])["weight"].item() == 2


def test_a_crash_before_the_description_leaves_the_former_pair_whole(tmp_path, monkeypatch):
    save_described(tmp_path / "thing.json", {"weight": torch.tensor([1.0])}, {})
    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(tensor_files, "write_json", _interrupted)
        save_described(tmp_path / "thing.json", {"weight": torch.tensor([2.0])}, {})
    described = read_json(tmp_path / "thing.json")
    assert load_tensors(tmp_path / described["weights"], described["sha256"])["weight"].item() == 1


def _interrupted(path, content, seal=False):
    raise KeyboardInterrupt


def test_tensors_come_back_and_a_flipped_bit_is_refused(tmp_path):
    path = tmp_path / "t.safetensors"
    save_tensors(path, {"a": torch.arange(5.0)})
    digest = sha256(path)
    assert torch.equal(load_tensors(path, digest)["a"], torch.arange(5.0))
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(InputError, match="SHA-256"):
        load_tensors(path, digest)
    path.write_bytes(content[:20])
    with pytest.raises(InputError, match="not a whole safetensors"):
        load_tensors(path)


def test_equal_content_is_equal_bytes_whatever_the_order_of_its_words(tmp_path):
    written = set()
    for turn in range(8):
        words = [(f"word-{index}", f"é {index}\n") for index in range(6)]
        save_sealed(tmp_path / "a", {"a": torch.arange(5.0)}, dict(words[turn % 6 :] + words[: turn % 6]))
        written.add((tmp_path / "a").read_bytes())
    assert len(written) == 1 and words_of(tmp_path / "a")["word-5"] == "é 5\n"
    assert torch.equal(load_sealed(tmp_path / "a", "cure")["a"], torch.arange(5.0))


def test_of_a_sealed_file_a_flipped_bit_is_seen(tmp_path):
    path = tmp_path / "checkpoint.safetensors"
    save_sealed(path, {"a": torch.arange(5.0), "b": torch.ones(2, dtype=torch.bool)}, {"values": '{"seal": 1}'})
    assert torch.equal(load_sealed(path, "cure")["a"], torch.arange(5.0)) and words_of(path)["values"] == '{"seal": 1}'
    whole = path.read_bytes()
    for bit in range(0, 8 * len(whole), 61):  # all were, once
        flipped = bytearray(whole)
        flipped[bit // 8] ^= 1 << bit % 8
        path.write_bytes(flipped)
        with pytest.raises(InputError, match=r"is damaged, or was written by an earlier version of attiqa; cure"):
            check_seal(path, "cure")
    for part in (b"", whole[:7], whole[:50], whole[:-1], whole + b"x"):
        path.write_bytes(part)
        with pytest.raises(InputError, match="is damaged"):
            check_seal(path, "cure")


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
@pytest.mark.parametrize("dtype", [torch.float16, torch.float32, torch.float64, torch.bfloat16])
def test_numbers_that_are_not_finite_are_refused_by_the_name_of_their_tensor(tmp_path, value, dtype):
    path = tmp_path / "t.safetensors"
    save_tensors(path, {"whole": torch.ones(2), "head.weight": torch.tensor([1.0, value], dtype=dtype)})
    with pytest.raises(InputError, match=r"t\.safetensors: 'head\.weight' holds numbers that are not finite"):
        load_tensors(path, sha256(path))


def test_a_file_that_asks_for_more_memory_than_a_head_needs_is_refused(tmp_path):
    path = tmp_path / "t.safetensors"
    path.write_bytes((2**63).to_bytes(8, "little") + b"{}")
    with pytest.raises(InputError, match="not a whole safetensors"):
        load_tensors(path)
