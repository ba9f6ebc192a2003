"""What went on before the dashboard was started: the gym hears again what the store has kept of it."""

from __future__ import annotations

import logging
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from hinge_imu.dashboard.live import Gym
from hinge_imu.dashboard.store import AwayError, Session, Store
from hinge_imu.dashboard.wire import Heard

_log = logging.getLogger(__name__)


def recall(gym: Gym, store: Store, now: float, for_s: float) -> None:
    """Let a gym that has heard nothing yet hear what the straps of the last ``for_s`` s have said in their session.

    ``now`` is that of the gym's clock. Where the store is away, the gym knows what it will hear, and the log says so.
    """
    now_utc = datetime.now(UTC)
    try:
        found = store.lately(now_utc - timedelta(seconds=for_s))
    except AwayError as error:
        _log.warning(
            "the wall begins empty, for the store does not answer (%s); it shows what comes from now on", error
        )
        return
    for session, messages in found:
        for came, heard in [(messages[0][0], _meta(session)), *messages]:
            with suppress(ValueError):  # it was not shown then, either
                gym.hear(heard, now - max(0.0, (now_utc - came).total_seconds()))


def _meta(session: Session) -> Heard:
    """Return what a session said of itself, of which the store keeps the latest only."""
    said = {name: getattr(session, name) for name in ("exercise", "tempo", "simulated")}
    about = {"session_id": session.id, "athlete": session.said_athlete}
    return Heard(session.gym, session.strap, "meta", {**said, **about})
