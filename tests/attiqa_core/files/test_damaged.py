"""What reading a damaged file raises is one sentence; lacks of the machine and sentences of ours stay what they are."""

import numpy as np
import pytest

from attiqa_core.errors import InputError, ResourceError
from attiqa_core.files.damaged import read_array, refusing


def test_what_a_reader_raises_names_the_file_and_the_cure():
    with (
        pytest.raises(InputError, match=r"^a\.csv: is damaged.*KeyError: 'x'.*; fetch it again$"),
        refusing("a.csv", "fetch it again"),
    ):
        {}["x"]


@pytest.mark.parametrize("error", [InputError("a: b"), ResourceError("c"), MemoryError(), OSError(28, "No space left")])
def test_what_is_no_fault_of_the_file_passes(error):
    with pytest.raises(type(error)) as raised, refusing("a.csv", "cure"):
        raise error
    assert raised.value is error


def test_a_lack_of_memory_in_a_librarys_words_is_not_blamed_on_the_file():
    with pytest.raises(ResourceError), refusing("a.npy", "cure"):
        raise RuntimeError("Unable to allocate 3 GiB")


@pytest.mark.parametrize("shape", [(3, 2), (0, 3), ()])
def test_an_array_comes_back(tmp_path, shape):
    np.save(tmp_path / "a.npy", np.full(shape, 7.0))
    for mapped in (False, True):
        found = read_array(tmp_path / "a.npy", "cure", mapped=mapped)
        assert found.shape == shape and (found == 7).all()


def test_an_array_that_claims_more_than_the_file_holds_takes_no_memory(tmp_path):
    np.save(tmp_path / "a.npy", np.zeros((3, 2)))
    content = (tmp_path / "a.npy").read_bytes()
    (tmp_path / "a.npy").write_bytes(
        content.replace(b"(3, 2), }", b"(9999999999999,)}".ljust(9)[:9]).replace(b"(3, 2)", b"(3, 9)")
    )
    with pytest.raises(InputError, match=r"a\.npy: is damaged"):
        read_array(tmp_path / "a.npy", "cure")


def test_archives_and_objects_are_no_arrays(tmp_path):
    np.savez(tmp_path / "a.npz", a=np.zeros(3))
    np.save(tmp_path / "b.npy", np.array([{}]), allow_pickle=True)
    for name in ("a.npz", "b.npy"):
        with pytest.raises(InputError, match=name):
            read_array(tmp_path / name, "cure")
