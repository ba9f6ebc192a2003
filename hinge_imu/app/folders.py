"""Where recordings are kept, and which of them were cut off."""

from __future__ import annotations

import os
from pathlib import Path

OUTBOX = "outbox.sqlite"
"""What the outbox beside the recordings is called."""


def default_recordings() -> Path:
    """Return where sessions go: systemd's state directory in a service, else the user's data folder."""
    state = os.environ.get("STATE_DIRECTORY")
    data = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    return Path(state) if state else data / "hinge-imu" / "recordings"


def torn(folder: Path) -> list[Path]:
    """Return the recordings that were cut off, the oldest first; those that are being written are none of them."""
    from hinge_imu.recording.disk import in_use
    from hinge_imu.recording.scan import is_whole

    return sorted(path for path in folder.glob("*.mcap") if not is_whole(path) and not in_use(path))
