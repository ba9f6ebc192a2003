"""What the pages are given: the gym as it is now, the store, who looks, and how a strap is told something."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from starlette.requests import Request

from hinge_imu.dashboard.live import Gym
from hinge_imu.dashboard.pages.cards import Kept

Act = Literal["edit", "command", "delete", "users"]


class Viewer(Protocol):
    """Who looks at a page."""

    @property
    def name(self) -> str:
        """What they are called."""

    def sees(self, athlete: str | None) -> bool:
        """Tell whether they may see that athlete, or straps that nobody is known to wear."""

    def may(self, what: Act) -> bool:
        """Tell whether they may do that."""


@dataclass(frozen=True)
class Desk:
    """All that pages work with.

    ``tell`` sends a command to a strap of a gym and raises ValueError or ConnectionError; ``kept`` holds a tempo
    against what was asked; less than ``between_sessions_deg`` of rounding is no change; ``clock`` is that of the gym;
    ``line`` tells whether the broker answers.
    """

    gym: Gym
    store: Any
    viewer: Callable[[Request], Viewer]
    tell: Callable[[str, str, dict[str, Any]], None]
    kept: Kept
    between_sessions_deg: float
    clock: Callable[[], float]
    line: Callable[[], bool]
