"""The coach's store: what straps have said, what users have made of it, and the recordings that were uploaded."""

from hinge_imu.dashboard.store.engine import LateError
from hinge_imu.dashboard.store.rows import Athlete, Day, Edit, Extent, Recorded, Rep, Session, Set, Trace, Waiting
from hinge_imu.dashboard.store.store import AwayError, Store

__all__ = [
    "Athlete",
    "AwayError",
    "Day",
    "Edit",
    "Extent",
    "LateError",
    "Recorded",
    "Rep",
    "Session",
    "Set",
    "Store",
    "Trace",
    "Waiting",
]
