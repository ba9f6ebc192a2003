"""Angles as a coach's screen wants them: few messages, no more points than it can draw."""

from __future__ import annotations

from typing import Any

import numpy as np

from hinge_imu.samples import Floats, SagittalAngles

STEP_NS = 20_000_000
"""At most one angle in 20 ms: 50 a second."""

BATCH_NS = 50_000_000
"""One message in 50 ms: 20 a second."""


class Thin:
    """Thins a stream of angles to those that begin a step of the session's own time grid.

    So what is left does not depend on how the stream came in.
    """

    def __init__(self) -> None:
        self._step = -(1 << 62)

    def push(self, angles: SagittalAngles) -> SagittalAngles:
        """Take the next angles (times rising); return which of them stay."""
        if len(angles.t_ns) == 0:
            return angles
        steps = angles.t_ns // STEP_NS
        kept = part(angles, np.diff(steps, prepend=self._step) > 0)
        self._step = int(steps[-1])
        return kept


class AngleBatches:
    """Thins a stream of angles and cuts it into messages, on the session's own time grid."""

    def __init__(self) -> None:
        self._thin = Thin()
        self._held: SagittalAngles | None = None

    def push(self, angles: SagittalAngles) -> list[dict[str, Any]]:
        """Take the next angles (times rising); return the fields of the messages that are complete."""
        if len(angles.t_ns) == 0:
            return []
        held = joined(self._held, self._thin.push(angles))
        batch = np.append(held.t_ns, angles.t_ns[-1]) // BATCH_NS
        cuts = np.flatnonzero(np.diff(batch)) + 1
        *whole, rest = [part(held, slice(*edge)) for edge in zip([0, *cuts], [*cuts, len(held.t_ns)], strict=True)]
        self._held = rest
        return [fields(angles) for angles in whole]

    def finish(self) -> list[dict[str, Any]]:
        """Return the message that had begun, if one had."""
        held, self._held = self._held, None
        return [fields(held)] if held is not None and len(held.t_ns) else []


def part(angles: SagittalAngles, which: Any) -> SagittalAngles:
    """Return some of them."""
    return SagittalAngles(*(array[which] for array in angles))


def joined(first: SagittalAngles | None, second: SagittalAngles) -> SagittalAngles:
    """Return the ones and then the others."""
    if first is None:
        return second
    return SagittalAngles(*(np.concatenate(pair) for pair in zip(first, second, strict=True)))


def fields(angles: SagittalAngles) -> dict[str, Any]:
    """Return the angles as messages carry them: t_s, and degrees to 0.01, a tenth of what the sensors resolve."""
    return {
        "t_s": np.round(angles.t_s, 4).tolist(),
        "pelvis_deg": _degrees(angles.pelvis),
        "thorax_deg": _degrees(angles.thorax),
        "spine_deg": _degrees(angles.spine),
    }


def _degrees(angle: Floats) -> list[float]:
    # nan becomes null in JSON.
    rounded: list[float] = np.round(np.degrees(angle), 2).tolist()
    return rounded
