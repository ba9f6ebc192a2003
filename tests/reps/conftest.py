"""Inclinations as a perfect sensor would give them, for the stages after it."""

import numpy as np
import pytest

from hinge_imu.reps.counter import Counter
from hinge_imu.samples import NS, SEGMENTS, Header, SagittalAngles

RATE = 100.0


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
def counted():
    """Say everything about these angles, whole or cut before the samples with these numbers; with its time."""

    def run(angles, cuts=(), *, exercise="hinge", worn=SEGMENTS):
        counter = Counter(
            Header(session_id="monday", unit="SI", clock="timed", rate_hz=RATE, exercise=exercise, worn=worn)
        )
        said = []
        for i in range(len(cuts) + 1):
            said += counter.push(SagittalAngles(*(np.split(part, cuts)[i] for part in angles)))
        return said + list(counter.finish())

    return run
