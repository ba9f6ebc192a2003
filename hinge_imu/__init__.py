"""hinge-imu: the coach's dowel as a wearable, two inertial sensors on pelvis and thorax."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hinge_imu.app.analysis import Session, analyze

__all__ = ["Session", "analyze"]


def __getattr__(name: str) -> Any:
    # Wiring everything up imports half the package; only who asks for it should pay.
    if name in __all__:
        from hinge_imu.app import analysis

        return getattr(analysis, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
