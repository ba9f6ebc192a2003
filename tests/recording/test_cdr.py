import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from mcap_ros2._dynamic import serialize_dynamic

from hinge_imu.recording import cdr
from hinge_imu.samples import RAW, RAW_SI

sizes = st.integers(1, 9)
blocks = st.one_of(hnp.arrays(RAW, sizes), hnp.arrays(RAW_SI, sizes))


@given(blocks)
def test_a_block_comes_back_bit_for_bit(raw):
    assert cdr.decode(cdr.encode(raw), raw.dtype).tobytes() == raw.tobytes()


@given(blocks)
def test_the_bytes_are_those_that_a_public_encoder_makes(raw):
    # Blocks of 1 to 9 samples put every field at every possible alignment.
    encode = serialize_dynamic("hinge_imu/msg/Samples", cdr.schema(raw.dtype))["hinge_imu/msg/Samples"]
    assert cdr.encode(raw) == encode({name: raw[name].ravel().tolist() for name in raw.dtype.names})


def test_the_schema_names_the_public_types():
    assert cdr.schema(RAW).split("\n") == [
        "int64[] t_ns",
        "uint32[] seq",
        "int16[] acc",
        "int16[] gyr",
        "int16[] temp",
        "uint8[] sensor",
        "uint8[] flags",
    ]
    assert "float64[] acc" in cdr.schema(RAW_SI)


def test_a_message_in_another_byte_order_is_refused():
    message = cdr.encode(np.zeros(3, RAW))
    with pytest.raises(ValueError, match="begins with 00010000, this one with 00000000"):
        cdr.decode(b"\0\0\0\0" + message[4:], RAW)


def test_a_message_of_the_other_unit_is_refused():
    with pytest.raises(ValueError):
        cdr.decode(cdr.encode(np.zeros(3, RAW)), RAW_SI)
