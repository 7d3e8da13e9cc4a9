import io

import numpy as np
import pytest

from isp_env.raw_io.decoding.messages import read_message, write_message


@pytest.mark.parametrize(
    "value",
    [None, True, 0, 1.5, float("inf"), "ä\n", b"\0\xff", (), (1, (2.0, b"x")), {50706: (1, b"\1"), "name": None}],
)
def test_plain_values_come_back_as_they_were(value):
    stream = io.BytesIO()
    write_message(stream, value)
    stream.seek(0)
    assert read_message(stream) == value


@pytest.mark.parametrize("shape,dtype", [((2, 3), np.uint16), ((0, 4), np.float32), ((1, 2, 3), np.float64)])
def test_arrays_come_back_in_their_shape_and_type_and_may_be_written_to(shape, dtype):
    array, stream = np.arange(np.prod(shape)).astype(dtype).reshape(shape), io.BytesIO()
    write_message(stream, {"samples": array.swapaxes(0, 1)})
    stream.seek(0)
    again = read_message(stream)["samples"]
    assert again.dtype == dtype and np.array_equal(again, array.swapaxes(0, 1)) and again.flags.writeable


def test_a_message_cut_off_anywhere_is_the_end_of_the_stream():
    stream = io.BytesIO()
    write_message(stream, {"samples": np.arange(4), "text": "a"})
    for length in range(len(stream.getvalue())):
        with pytest.raises(EOFError):
            read_message(io.BytesIO(stream.getvalue()[:length]))
