"""Inclinations as a perfect sensor would give them, for the stages after it."""

import numpy as np
import pytest

from hinge_imu.profiles import built_in
from hinge_imu.reps.counter import Counter
from hinge_imu.reps.judge import judge
from hinge_imu.reps.metrics import measure
from hinge_imu.reps.segment import Bends
from hinge_imu.reps.track import Trace
from hinge_imu.reps.verdicts import Context
from hinge_imu.samples import NS, SEGMENTS, Angles, FrontalAngles, Header, Poses, SagittalAngles

RATE = 100.0


@pytest.fixture(scope="session")
def square():
    """Turn inclinations into angles and poses of who stays square, and whose boards feel gravity alone."""
    return _square


def _square(sagittal):
    shape = (len(sagittal.t_ns), 2)
    up = np.broadcast_to([0.0, 1.0, 0.0], (*shape, 3))
    seen = np.stack([np.isfinite(sagittal.pelvis), np.isfinite(sagittal.thorax)], axis=1)
    still = np.zeros((*shape, 3))
    aside = np.where(seen, 0.0, np.nan)
    return (
        Angles(sagittal, FrontalAngles(sagittal.t_ns, aside, aside)),
        Poses(sagittal.t_ns, up, still, still, seen, seen),
    )


@pytest.fixture(scope="session")
def seen():
    """Turn inclinations in deg at 100 Hz, pelvis and thorax, into what the alignment would hand on."""

    def build(pelvis, thorax):
        t_ns = np.rint(np.arange(len(thorax)) / RATE / NS).astype(np.int64)
        pelvis, thorax = np.radians(pelvis), np.radians(thorax)
        return SagittalAngles(t_ns, pelvis, thorax, thorax - pelvis)

    return build


@pytest.fixture(scope="session")
def seen_of(seen):
    """The same from a lifter's timetable."""

    def build(lifter, more_s=0.0):
        return seen(*lifter.inclinations(np.arange(0, lifter.timetable.duration_s + more_s, 1 / RATE)))

    return build


@pytest.fixture(scope="session")
def rows_of():
    """The rows that perfect boards would give, as `hinge_imu.reps.track` has them."""

    def build(lifter):
        t = np.arange(0, lifter.timetable.duration_s, 1 / RATE)
        posture = lifter.posture(t)
        turn, tilt, pelvis = posture.pelvis
        thorax = posture.thorax[2]
        force, _ = lifter.specific_force_and_rate(0, t)
        acc = posture.turned(0).apply(force) - [0.0, 9.80665, 0.0]
        return np.stack([t, pelvis, thorax, thorax - pelvis, thorax, acc[:, 1], tilt, turn, *acc.T])

    return build


@pytest.fixture(scope="session")
def bends_of(rows_of):
    """Measure every bend of a lifter, each from the bottom before it to the bottom after it."""

    def build(lifter):
        rows = rows_of(lifter)
        machine = Bends(RATE)
        bottoms = [bend.bottom for bend in (*machine.push(rows[4]), *machine.finish())]
        spans = zip([0, *bottoms], bottoms, [*bottoms[1:], rows.shape[1]], strict=False)
        return [measure(Trace.smoothed(rows, RATE), span) for span in spans]

    return build


@pytest.fixture(scope="session")
def judged(staged, bends_of):
    """Judge the bends of these scenes as one set, whole unless it is said otherwise."""

    def run(*scenes, exercise="hinge", seed=0, walked=None, begins=True, over=True):
        profile = built_in()[exercise]
        bends = bends_of(staged(*scenes, seed=seed))
        bends = [bend for bend in bends if bend is not None and bend.descent_deg > profile.least_rom_deg]
        bends = [bend.pulled if profile.starts_bent else bend for bend in bends]
        return judge(bends, profile, Context(walked or [(False, False)] * len(bends), begins, over))

    return run


@pytest.fixture(scope="session")
def counted():
    """Say everything about these angles, whole or cut before the samples with these numbers; with its time."""

    def run(angles, cuts=(), *, exercise="hinge", worn=SEGMENTS, tempo=None):
        about = {"exercise": exercise, "worn": worn, "tempo": tempo}
        counter = Counter(Header(session_id="monday", unit="SI", clock="timed", rate_hz=RATE, **about))
        said = []
        for i in range(len(cuts) + 1):
            said += counter.push(*_square(SagittalAngles(*(np.split(part, cuts)[i] for part in angles))))
        return said + list(counter.finish())

    return run
