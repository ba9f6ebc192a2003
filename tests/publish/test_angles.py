import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hinge_imu.publish.angles import AngleBatches
from hinge_imu.samples import SagittalAngles


def stream(seconds=4, rate_hz=200):
    t = np.arange(seconds * rate_hz) / rate_hz
    pelvis, thorax = np.sin(t), np.sin(t) * 1.2
    return SagittalAngles(np.rint(t * 1e9).astype(np.int64), pelvis, thorax, thorax - pelvis)


def pushed(angles, cuts=()):
    batches = AngleBatches()
    edges = zip([0, *cuts], [*cuts, len(angles.t_ns)], strict=True)
    pieces = [SagittalAngles(*(array[start:end] for array in angles)) for start, end in edges]
    return [message for piece in pieces for message in batches.push(piece)] + batches.finish()


@pytest.mark.parametrize("rate_hz", [20, 50, 60, 100, 200, 1000])
def test_a_second_makes_at_most_20_messages_and_50_angles(rate_hz):
    messages = pushed(stream(10, rate_hz))
    said = np.array([message["t_s"][-1] for message in messages])
    times = np.concatenate([message["t_s"] for message in messages])
    for start in np.arange(0, 9, 0.05):
        assert ((said >= start) & (said < start + 1 - 1e-9)).sum() <= 20
    assert len(times) == 10 * min(rate_hz, 50)


def test_the_angles_are_those_of_the_stream_in_degrees():
    messages = pushed(stream())
    t = np.concatenate([message["t_s"] for message in messages])
    np.testing.assert_allclose(t, np.arange(200) * 0.02)
    for name, factor in ("pelvis_deg", 1.0), ("thorax_deg", 1.2), ("spine_deg", 0.2):
        said = np.concatenate([message[name] for message in messages])
        np.testing.assert_allclose(said, factor * np.sin(t) * 180 / np.pi, atol=0.0051)


@given(st.lists(st.integers(0, 800), max_size=40).map(sorted))
def test_the_messages_do_not_depend_on_how_the_stream_was_cut(cuts):
    assert pushed(stream(), cuts) == pushed(stream())


def test_a_message_leaves_as_soon_as_its_time_has_passed():
    batches = AngleBatches()
    angles = stream(1)
    ten, eleven = (SagittalAngles(*(array[part] for array in angles)) for part in (slice(10), slice(10, 11)))
    assert batches.push(ten) == []
    assert [message["t_s"] for message in batches.push(eleven)] == [[0.0, 0.02, 0.04]]


def test_nothing_in_makes_nothing_out():
    assert pushed(SagittalAngles(*(array[:0] for array in stream()))) == []
