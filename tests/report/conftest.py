"""A made-up session: reps of two seconds one after the other, and the angles that go with them."""

import msgspec
import numpy as np
import pytest

from hinge_imu.events import Fault, SetEvent
from hinge_imu.report.page import page_of
from hinge_imu.samples import NS, Header, SagittalAngles

NO_TEMPO = (None,) * 4


@pytest.fixture
def header():
    return Header(session_id="monday", unit="SI", clock="timed", rate_hz=100.0, exercise="rdl", athlete="sam")


@pytest.fixture
def fault():
    """One fault; say which, and how far it goes against its limit."""

    def build(name="spine_rounding", value=35.0, limit=25.0, unit="deg", at_s=0.0, confidence=1.0):
        return Fault(name=name, value=value, limit=limit, unit=unit, at_s=at_s, confidence=confidence)

    return build


@pytest.fixture
def reps(rep):
    """Reps of one set, five seconds apart; each with its faults and its most rounding in deg."""

    def build(*faults, peaks=None, number=1, first_s=3.0, **more):
        found = []
        for i, mine in enumerate(faults):
            start = first_s + 5 * i
            found.append(
                msgspec.structs.replace(
                    rep,
                    id=f"monday-{number}-{i + 1}",
                    set=number,
                    rep=i + 1,
                    start_s=start,
                    bottom_s=start + 1.2,
                    end_s=start + 2.4,
                    eccentric_s=1.0,
                    bottom_pause_s=0.2,
                    concentric_s=1.2,
                    top_pause_s=2.6,
                    spine_flexion_peak_deg=8.0 if peaks is None else peaks[i],
                    faults=tuple(msgspec.structs.replace(each, at_s=start + 1.0) for each in mine),
                    **more,
                )
            )
        return found

    return build


@pytest.fixture
def angles():
    """So many seconds of a lean of a sine to 60 deg every five seconds, a sixth of it from the back, at 100 Hz."""

    def build(seconds=60.0, hidden=()):
        t_s = np.arange(0, seconds, 0.01)
        thorax = np.radians(30 * (1 - np.cos(2 * np.pi * (t_s - 3) / 5)))
        values = {"pelvis": thorax * 5 / 6, "thorax": thorax, "spine": thorax / 6}
        values |= {name: np.full_like(t_s, np.nan) for name in hidden}
        return SagittalAngles(np.rint(t_s / NS).astype(np.int64), **values)

    return build


@pytest.fixture
def ended():
    """A set that is over; ``trend`` is one of its trends as slope, low and high."""

    def build(number=1, reps=8, **more):
        return SetEvent(id=f"monday-set-{number}", set=number, exercise="rdl", reps=reps, start_s=1, end_s=60, **more)

    return build


@pytest.fixture
def page(header, angles):
    def build(said, asked=NO_TEMPO, hidden=(), seconds=60.0, **about):
        about = msgspec.structs.replace(header, **about)
        return page_of(about, said, angles(seconds, hidden), asked)

    return build
