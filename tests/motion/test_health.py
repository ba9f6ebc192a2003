import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hinge_imu.config import ChipConfig, Config
from hinge_imu.motion.clock import Timed
from hinge_imu.motion.health import Health
from hinge_imu.motion.timeline import Timeline
from hinge_imu.samples import RAW, SEGMENTS, Flag, Header

PERIOD = 5_000_000


def header(clock="timed", **chip):
    return Header(session_id="s", unit="counts", clock=clock, rate_hz=200.0, config=Config(chip=ChipConfig(**chip)))


def both(n, rng=None):
    """Both chips at 200 Hz, in turns of four samples as polls bring them, nothing wrong with them."""
    rng = rng or np.random.default_rng(0)
    raw = np.zeros((n // 4, 2, 4), RAW)
    raw["t_ns"] = (np.arange(n).reshape(-1, 1, 4) * PERIOD) + np.array([0, 1_700_000])[None, :, None]
    raw["seq"] = np.arange(n).reshape(-1, 1, 4)
    raw["sensor"] = np.array([0, 1])[None, :, None]
    raw["acc"] = rng.integers(1, 3000, (*raw.shape, 3))
    raw["flags"][..., -1] = Flag.LAST_OF_POLL
    return raw.ravel()


def marked(raw, sensor, numbers, flag):
    raw["flags"][(raw["sensor"] == sensor) & np.isin(raw["seq"], numbers)] |= np.uint8(flag)
    return raw


def heard(raw, cuts=(), head=None):
    """Return all that is said, each with when it was, and the watch at its end."""
    health, said = Health(head or header()), []
    for part in np.split(raw, cuts):
        health.push(Timed(part["t_ns"], part))
        said += health.said()
    health.finish()
    return said + health.said(), health


def test_of_good_samples_there_is_nothing_to_say_but_how_many_they_were():
    said, health = heard(both(4000))
    assert said == []
    assert health.samples == {"pelvis": 4000, "thorax": 4000}
    assert health.left_out == {"pelvis": 0, "thorax": 0}
    assert health.end_s == pytest.approx(3999 * 0.005 + 0.0017)


def test_a_stretch_is_said_a_quiet_second_after_its_last_sample():
    raw = marked(both(4000), 1, [1000, 1001, 1100, 1299], Flag.SATURATED)
    [(newest_ns, event)], health = heard(raw)
    assert (event.segment, event.what, event.count, event.lost_s) == ("thorax", "saturated", 4, None)
    assert event.at_s == pytest.approx(1000 * 0.005 + 0.0017)
    assert 0 < newest_ns * 1e-9 - (1299 * 0.005 + 1.0) < 0.025
    assert event.text.startswith("4 samples of the thorax stood at the end of their range")
    assert health.left_out == {"pelvis": 0, "thorax": 4}


def test_two_stretches_with_a_quiet_second_between_are_two():
    raw = marked(both(4000), 0, [1000, 1010, 1212, 1300], Flag.SPIKE)
    said, _ = heard(raw)
    assert [event.count for _, event in said] == [2, 2]
    assert [event.at_s for _, event in said] == pytest.approx([5.0, 6.06])


def test_each_kind_of_bad_sample_has_its_own_words():
    raw = both(4000)
    for number, flag in enumerate([Flag.SPIKE, Flag.FROZEN, Flag.DEAD]):
        marked(raw, 0, [600 + number], flag)
    said, health = heard(raw)
    assert [event.what for _, event in said] == ["spike"] * 3
    assert [event.text.split(":")[0] for _, event in said] == [
        "1 sample of the pelvis jumped further than a body can",
        "1 sample of the pelvis repeated the ones before to the last bit",
        "1 sample of the pelvis consisted of one byte repeated",
    ]
    assert health.left_out["pelvis"] == 3


def test_a_sample_that_is_bad_in_two_ways_is_left_out_once_and_said_twice():
    said, health = heard(marked(both(4000), 1, [50], Flag.DEAD | Flag.SATURATED))
    assert sorted(event.what for _, event in said) == ["saturated", "spike"]
    assert health.left_out["thorax"] == 1


def test_a_range_that_can_be_wider_is_the_mend_for_saturation_where_there_is_one():
    raw = marked(both(400), 0, [7], Flag.SATURATED)
    [(_, event)], _ = heard(raw, head=header(acc_range_g=8))
    assert "raise acc_range_g or gyr_range_dps" in event.text
    [(_, event)], _ = heard(raw)
    assert "raise" not in event.text


def test_what_never_ends_is_said_every_ten_seconds_and_at_the_end():
    raw = marked(both(5000), 0, range(5000), Flag.FROZEN)
    said, _ = heard(raw)
    assert [event.count for _, event in said] == [2000, 2000, 1000]
    assert [event.at_s for _, event in said] == [0.0, 10.0, 20.0]
    assert said[-1][0] == raw["t_ns"].max()


def test_a_chip_that_goes_away_has_its_stretch_said_when_it_is_back():
    raw = marked(both(4000), 1, [100, 101], Flag.SPIKE)
    away = (raw["sensor"] == 1) & (raw["seq"] > 101) & (raw["seq"] < 2000)
    [(newest_ns, event)], _ = heard(raw[~away])
    assert event.count == 2
    assert newest_ns == pytest.approx(2000 * PERIOD, abs=4 * PERIOD)


@st.composite
def troubled(draw):
    raw = both(3200)
    for _ in range(draw(st.integers(0, 12))):
        numbers = draw(st.integers(0, 3199)) + np.arange(draw(st.sampled_from([1, 3, 40, 700])))
        flag = draw(st.sampled_from([Flag.SATURATED, Flag.SPIKE, Flag.FROZEN, Flag.DEAD, Flag.SPIKE | Flag.SATURATED]))
        marked(raw, draw(st.sampled_from([0, 1])), numbers, flag)
    return raw


@settings(deadline=None, max_examples=60)
@given(raw=troubled(), cuts=st.lists(st.integers(0, 6400), max_size=20).map(sorted))
def test_what_is_said_and_counted_is_the_same_however_the_stream_is_cut(raw, cuts):
    (whole, one), (cut, other) = heard(raw), heard(raw, cuts)
    assert cut == whole
    assert (one.samples, one.left_out, one.end_s) == (other.samples, other.left_out, other.end_s)
    bad = raw[raw["flags"] > np.uint8(Flag.LAST_OF_POLL)]
    for sensor, segment in enumerate(SEGMENTS):
        assert other.left_out[segment] == (bad["sensor"] == sensor).sum()
    flags = np.unpackbits(raw["flags"][:, None], axis=1)
    assert sum(event.count for _, event in cut) == flags[:, :-1].sum(), "every mark is in one event"


@settings(deadline=None, max_examples=30)
@given(raw=troubled(), cuts=st.lists(st.integers(0, 6400), max_size=20).map(sorted))
def test_nothing_is_said_later_than_the_frames_that_follow_it(raw, cuts):
    """Sorted in among what is said of frames, it stands at the same place however the stream is cut."""

    def told(cuts):
        timeline, said, reached = Timeline(header(clock="polled")), [], -np.inf
        for part in np.split(raw.copy(), cuts):
            frames = timeline.push(part)
            new = timeline.said()
            assert all(at_s > reached for at_s, _ in new)
            said += new
            reached = frames.t_ns[-1] * 1e-9 if len(frames.t_ns) else reached
        timeline.finish()
        return said + timeline.said()

    assert told(cuts) == told(())
