import numpy as np
import pytest

from hinge_imu.events import NoticeEvent, SensorEvent
from hinge_imu.motion.notices import Notices
from hinge_imu.samples import Frames, Header, SagittalAngles

HEADER = Header(session_id="s", unit="SI", clock="timed", rate_hz=100.0)


def said(valid, known_from, cuts=()):
    """Everything that is said of ten seconds at 100 Hz, with these frames valid, and angles from one moment on."""
    t_ns = np.arange(1000) * 10_000_000
    angle = np.where(np.arange(1000) >= known_from, 0.1, np.nan)
    notices, heard = Notices(HEADER), []
    for part in np.split(np.arange(1000), cuts):
        nothing = np.zeros((len(part), 2, 3))
        frames = Frames(t_ns[part], nothing, nothing, valid[part], np.zeros((len(part), 2), bool))
        heard += notices.push(frames, SagittalAngles(t_ns[part], *np.tile(angle[part], (3, 1))))
    return [*heard, *notices.finish()]


@pytest.fixture
def valid():
    return np.ones((1000, 2), bool)


def test_who_stands_still_at_once_hears_nothing(valid):
    assert said(valid, 100) == []


def test_a_hole_is_said_when_it_ends(valid):
    valid[300:350, 1] = False
    assert said(valid, 100) == [(3.5, SensorEvent(segment="thorax", what="gap", at_s=3.0, lost_s=0.5))]


def test_a_hole_that_never_ends_is_said_at_the_end(valid):
    valid[600:, 0] = False
    [(at_s, hole)] = said(valid, 100)
    assert (hole.segment, hole.at_s, at_s) == ("pelvis", 6.0, 9.99)
    assert hole.lost_s == pytest.approx(3.99)


def test_one_chip_that_starts_a_sample_after_the_other_is_no_hole(valid):
    valid[0, 1] = False
    assert said(valid, 100) == []


@pytest.mark.parametrize("cuts", [[300], [320], [350], range(1, 1000), [299, 301, 349, 351]])
def test_holes_are_the_same_however_the_frames_are_cut(valid, cuts):
    valid[300:350, 1] = valid[320:420, 0] = valid[900:, 1] = False
    whole, cut = said(valid, 100), said(valid, 100, cuts)
    assert len(whole) == 3
    assert sorted(cut, key=str) == sorted(whole, key=str)


def test_who_stands_still_late_is_told_from_when_on_there_are_angles(valid):
    [(at_s, notice)] = said(valid, 400, [250, 500])
    assert at_s == notice.at_s == 4.0
    assert "first 4.0 s: no angles and no reps before that" in notice.text


def test_who_never_stands_still_is_told_what_to_do(valid):
    [(_, notice)] = said(valid, 1000)
    assert isinstance(notice, NoticeEvent)
    assert "never stood still for a second; begin a recording with that" in notice.text
