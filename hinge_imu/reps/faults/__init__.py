"""What went wrong in a rep, each with its evidence; the names and what they mean are the contract's.

    back      spine_rounding, spine_arching, butt_wink, spine_first
    lockout   incomplete_lockout, overextended_lockout
    pace      uncontrolled_lowering, bounce, off_tempo
    form      partial_rep, not_square, squat_pattern

Where a fault begins is data of the lift (`hinge_imu.profiles.Limits`); how often each is right, `docs/faults.md`.
"""

from __future__ import annotations

from hinge_imu.events import Fault
from hinge_imu.reps.case import Case
from hinge_imu.reps.faults.back import butt_wink, spine_arching, spine_first, spine_rounding
from hinge_imu.reps.faults.form import not_square, partial_rep, squat_pattern
from hinge_imu.reps.faults.lockout import incomplete_lockout, overextended_lockout
from hinge_imu.reps.faults.pace import bounce, off_tempo, uncontrolled_lowering

FAULTS = (
    spine_rounding,
    spine_arching,
    butt_wink,
    spine_first,
    incomplete_lockout,
    overextended_lockout,
    uncontrolled_lowering,
    bounce,
    off_tempo,
    partial_rep,
    not_square,
    squat_pattern,
)
"""Each is named as what it says, takes a case, and returns None where the fault is not there or could not be seen."""


def faults_of(case: Case) -> tuple[Fault, ...]:
    """Return all faults of a rep that its lift can have, as far as they are known by now."""
    never = case.profile.never
    found = (look(case) for look in FAULTS if look.__name__ not in never)
    return tuple(fault for fault in found if fault is not None)
