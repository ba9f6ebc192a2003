"""What recordings are called: when the session began, and its id; the date may have to wait for the clock."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from hinge_imu.recording import open_recording
from hinge_imu.recording.recover import is_whole
from hinge_imu.samples import Header

UNDATED = "undated"
"""What a name begins with until the time is known."""

DATE = "%Y%m%dT%H%M%SZ"


def new(header: Header, now: datetime) -> str:
    """Return the name of a recording that begins now."""
    begins = UNDATED if header.started_utc is None else f"{now.astimezone(UTC):{DATE}}"
    return f"{begins}_{header.session_id}.mcap"


def dated(path: Path) -> Path:
    """Give a recording that is over the date that became known meanwhile, where one did; return its path."""
    if not path.name.startswith(UNDATED) or not is_whole(path):
        return path
    began = open_recording(path).known.started_utc
    if began is None:
        return path
    date = f"{datetime.fromisoformat(began).astimezone(UTC):{DATE}}"
    return path.rename(path.with_name(f"{date}{path.name.removeprefix(UNDATED)}"))
