"""What the pages are given: the gym as it is now, the store, who looks, and how a strap is told something."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request

from hinge_imu.dashboard.access.users import Users
from hinge_imu.dashboard.access.viewer import Viewer
from hinge_imu.dashboard.live import Gym
from hinge_imu.dashboard.pages.cards import Kept
from hinge_imu.dashboard.store import Store


@dataclass(frozen=True)
class Desk:
    """All that pages work with.

    ``tell`` sends a command to a strap of a gym and raises ValueError or ConnectionError; ``kept`` holds a tempo
    against what was asked; less than ``between_sessions_deg`` of rounding is no change; ``clock`` is that of the gym;
    ``line`` tells whether the broker answers.
    """

    gym: Gym
    store: Store
    users: Users
    viewer: Callable[[Request], Viewer]
    tell: Callable[[str, str, dict[str, Any]], None]
    kept: Kept
    between_sessions_deg: float
    clock: Callable[[], float]
    line: Callable[[], bool]
