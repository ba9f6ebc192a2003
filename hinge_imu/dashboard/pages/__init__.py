"""The coach's pages: a wall of everyone who lifts now, and a page for each athlete; one for who may look."""

from __future__ import annotations

from hinge_imu.dashboard.pages import athlete, athletes, downloads, users, wall
from hinge_imu.dashboard.pages.desk import Desk


def register(desk: Desk) -> None:
    """Have NiceGUI's one application of this process serve the pages."""
    wall.register(desk)
    athletes.register(desk)
    athlete.register(desk)
    users.register(desk)
    downloads.register(desk)
