from itertools import pairwise

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hinge_imu.config import Calibration, Config, SensorConfig
from hinge_imu.samples import RAW, RAW_SI, Header, SagittalAngles, bridged, runs, stretches


@given(st.lists(st.booleans()))
def test_stretches_are_where_a_mask_is_true_and_as_long_as_they_can_be(bits):
    mask = np.array(bits, bool)
    found = stretches(mask)
    rebuilt = np.zeros(len(mask), bool)
    for start, stop in found:
        assert start < stop
        rebuilt[start:stop] = True
    assert np.array_equal(rebuilt, mask)
    assert all(stop < start for (_, stop), (start, _) in pairwise(found)), "no two touch"


@given(st.lists(st.booleans()), st.integers(0, 50))
def test_runs_count_on_from_before_and_begin_anew_after_each_false(bits, before):
    counted = []
    for bit in bits:
        counted.append((counted[-1] if counted else before) + 1 if bit else 0)
    assert runs(np.array(bits, bool), before).tolist() == counted


def test_holes_are_bridged_by_straight_lines_and_the_ends_are_held():
    known = np.array([False, True, False, False, True, False])
    values = np.array([9.0, 1.0, 9.0, 9.0, 4.0, 9.0])
    assert bridged(values, known).tolist() == [1.0, 1.0, 2.0, 3.0, 4.0, 4.0]
    apart = np.array([0.0, 1.0, 3.0, 3.5, 5.0, 6.0])
    assert bridged(values, known, apart).tolist() == [1.0, 1.0, 2.5, 2.875, 4.0, 4.0]
    both = bridged(np.stack([values, -values], axis=1), known)
    assert both.tolist() == [[each, -each] for each in bridged(values, known).tolist()]
    assert bridged(values, ~(known | ~known)) is values


def test_a_raw_sample_is_packed_as_recordings_hold_it():
    assert RAW.itemsize == 8 + 4 + 6 + 6 + 2 + 1 + 1
    assert RAW.names == RAW_SI.names == ("t_ns", "seq", "acc", "gyr", "temp", "sensor", "flags")
    assert RAW_SI["acc"].shape == (3,)


@pytest.mark.parametrize(("unit", "dtype"), [("counts", RAW), ("SI", RAW_SI)])
def test_a_header_knows_the_dtype_of_its_stream(unit, dtype):
    assert Header(session_id="s", unit=unit, clock="timed", rate_hz=100.0).dtype == dtype


@pytest.mark.parametrize(
    ("worn", "numbers"), [(("pelvis", "thorax"), (0, 1)), (("thorax", "pelvis"), (0, 1)), (("thorax",), (1,))]
)
def test_the_pelvis_is_sensor_0_and_the_thorax_sensor_1(worn, numbers):
    assert Header(session_id="s", unit="SI", clock="timed", rate_hz=100.0, worn=worn).sensors == numbers


def test_a_header_survives_json_whole():
    skewed = Calibration(acc_bias=(0.1, -0.2, 0.3))
    header = Header(
        session_id="monday",
        unit="counts",
        clock="polled",
        rate_hz=200.0,
        labels={"bar": "60 kg"},
        config=Config(sensors=(SensorConfig(segment="pelvis", address=0x69, calibration=skewed),)),
    )
    assert msgspec.json.decode(msgspec.json.encode(header), type=Header) == header


def test_the_time_of_angles_is_told_in_seconds():
    angles = SagittalAngles(np.array([0, 5_000_000, 3_600_000_000_000]), *np.zeros((3, 3)))
    assert angles.t_s.tolist() == [0.0, 0.005, 3600.0]
