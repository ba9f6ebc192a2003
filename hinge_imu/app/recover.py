"""What is said of a recording that was recovered."""

from __future__ import annotations

from hinge_imu.recording.recover import Recovered


def told(done: Recovered) -> str:
    """Return the sentence on what was saved, and where the torn one is."""
    length = f"{done.saved_s:.1f} s with {done.samples} samples"
    if done.whole:
        return f"{done.path}: is whole, {length}; nothing was done"
    lost = f", without {done.damaged} damaged stretches of {done.left_out_s:.1f} s together" if done.damaged else ""
    return f"{done.path}: {length} were saved{lost}; what was torn is kept as {done.torn}"
