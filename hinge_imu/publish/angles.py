"""Angles as a coach's screen wants them: few messages, no more points than it can draw."""

from __future__ import annotations

from typing import Any

import numpy as np

from hinge_imu.samples import Floats, SagittalAngles

STEP_NS = 20_000_000
"""At most one angle in 20 ms: 50 a second."""

BATCH_NS = 50_000_000
"""One message in 50 ms: 20 a second."""


class AngleBatches:
    """Thins a stream of angles and cuts it into messages, on the session's own time grid.

    So the messages do not depend on how the stream came in.
    """

    def __init__(self) -> None:
        self._step = -(1 << 62)
        self._held: SagittalAngles | None = None

    def push(self, angles: SagittalAngles) -> list[dict[str, Any]]:
        """Take the next angles (times rising); return the fields of the messages that are complete."""
        if len(angles.t_ns) == 0:
            return []
        steps = angles.t_ns // STEP_NS
        kept = _of(angles, np.diff(steps, prepend=self._step) > 0)
        self._step = int(steps[-1])
        held = _joined(self._held, kept)
        batch = np.append(held.t_ns, angles.t_ns[-1]) // BATCH_NS
        cuts = np.flatnonzero(np.diff(batch)) + 1
        *whole, rest = [_of(held, slice(*edge)) for edge in zip([0, *cuts], [*cuts, len(held.t_ns)], strict=True)]
        self._held = rest
        return [_message(angles) for angles in whole]

    def finish(self) -> list[dict[str, Any]]:
        """Return the message that had begun, if one had."""
        held, self._held = self._held, None
        return [_message(held)] if held is not None and len(held.t_ns) else []


def _of(angles: SagittalAngles, which: Any) -> SagittalAngles:
    return SagittalAngles(*(array[which] for array in angles))


def _joined(first: SagittalAngles | None, second: SagittalAngles) -> SagittalAngles:
    if first is None:
        return second
    return SagittalAngles(*(np.concatenate(pair) for pair in zip(first, second, strict=True)))


def _message(angles: SagittalAngles) -> dict[str, Any]:
    return {
        "t_s": np.round(angles.t_s, 4).tolist(),
        "pelvis_deg": _degrees(angles.pelvis),
        "thorax_deg": _degrees(angles.thorax),
        "spine_deg": _degrees(angles.spine),
    }


def _degrees(angle: Floats) -> list[float]:
    # To 0.01 degrees, a tenth of what the sensors resolve; nan becomes null in JSON.
    rounded: list[float] = np.round(np.degrees(angle), 2).tolist()
    return rounded
