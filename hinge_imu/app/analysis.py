"""The whole product in one call from Python."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Generic, TypeVar

import numpy as np

from hinge_imu.app.replay import replay
from hinge_imu.events import AnyEvent, FaultEvent, RepEvent, SetEvent, to_dict
from hinge_imu.profiles import choose
from hinge_imu.recording import open_recording
from hinge_imu.samples import Angles, FrontalAngles, Header, SagittalAngles

if TYPE_CHECKING:
    import pandas as pd

E_ = TypeVar("E_", bound=AnyEvent)


class Events(tuple[E_, ...], Generic[E_]):
    """Events of one kind, in the order in which they were said."""

    __slots__ = ()

    def to_pandas(self) -> pd.DataFrame:
        """Return a row an event; needs pandas."""
        import pandas as pd

        return pd.DataFrame([to_dict(event) for event in self])


@dataclass(frozen=True)
class Session:
    """What a recording holds: ``reps``, ``sets``, ``faults`` as events, angles at every sample, and the rest.

    ``angles`` are in the sagittal plane, ``frontal`` out of it.
    """

    header: Header
    reps: Events[RepEvent]
    sets: Events[SetEvent]
    faults: Events[FaultEvent]
    angles: SagittalAngles
    frontal: FrontalAngles
    others: Events[AnyEvent]

    def to_pandas(self) -> pd.DataFrame:
        """Return the reps, a row each; needs pandas."""
        return self.reps.to_pandas()


def analyze(
    path: Path | str,
    exercise: str | None = None,
    *,
    tempo: str | None = None,
    smooth: bool = False,
    renamed: dict[int, str] | None = None,
) -> Session:
    """Run a recording through the pipeline that runs live, and return all it says.

    ``exercise`` and the prescription ``tempo`` replace the recording's own, ``renamed`` what single sets were, by their
    number. With ``smooth`` a second pass, which may
    look ahead, refines the numbers of the same reps.

    Raises
    ------
    ValueError
        Where there is no such exercise, or no such tempo.
    hinge_imu.recording.RecordingError
        Names the file, what was found in it, and the mend.
    """
    recording = open_recording(path)
    seen: list[Angles] = [_no_angles()]
    name, own = choose(exercise) if exercise is not None else (None, None)
    said = replay(recording, seen.append, smooth=smooth, exercise=name, profile=own, tempo=tempo, renamed=renamed)
    sagittal, frontal = zip(*seen, strict=True)
    angles = SagittalAngles(*(np.concatenate(part) for part in zip(*sagittal, strict=True)))
    aside = FrontalAngles(*(np.concatenate(part) for part in zip(*frontal, strict=True)))
    kinds = RepEvent, SetEvent, FaultEvent
    reps, sets, faults = (Events(event for event in said if isinstance(event, kind)) for kind in kinds)
    others = Events(event for event in said if not isinstance(event, kinds))
    return Session(recording.known, reps, sets, faults, angles, aside, others)  # type: ignore[arg-type]  # sorted just above


def _no_angles() -> Angles:
    t_ns = np.empty(0, np.int64)
    return Angles(SagittalAngles(t_ns, *np.empty((3, 0))), FrontalAngles(t_ns, *np.empty((2, 0, 2))))
