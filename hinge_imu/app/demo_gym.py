"""A gym without hardware: three simulated lifters, a broker, and the coach's dashboard to look at them."""

from __future__ import annotations

import os
import secrets
import signal
import webbrowser
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Timer

import msgspec

from hinge_imu.app.dashboard import Place, dashboard
from hinge_imu.app.dashboard_users import open_users
from hinge_imu.app.lifting import GYM, PARTS, lifters
from hinge_imu.config import Config
from hinge_imu.publish.broker import PrivateBroker

COACH = "coach"


def gym(config: Config, *, seconds: float | None, say: Callable[[str], None], recordings: Path | None = None) -> None:
    """Let them lift for so long, or until a signal asks to end, and serve the dashboard meanwhile.

    What the dashboard keeps is gone afterwards; so are the recordings, where no folder is named for them.

    Raises
    ------
    ValueError
        Where the extra ``dashboard`` is not installed.
    RuntimeError
        Where no broker is installed; the message says what to install.
    """
    with ExitStack() as closing:
        folder = Path(closing.enter_context(TemporaryDirectory(prefix="hinge-imu-demo-")))
        place = Place(port=0, database=str(folder / "dashboard.db"), uploads=folder / "uploads", gym=GYM)
        password = secrets.token_urlsafe(9)
        with open_users(place.database) as users:
            users.add(COACH, "admin", password)
        broker = closing.enter_context(PrivateBroker())
        say(f"{len(PARTS)} simulated lifters, {', '.join(part.athlete for part in PARTS)}, put their straps on")
        closing.enter_context(lifters(broker.url, recordings or folder / "recordings", seconds))
        if seconds is not None:
            ending = Timer(seconds, os.kill, [os.getpid(), signal.SIGTERM])
            ending.daemon = True
            ending.start()
            closing.callback(ending.cancel)

        def tell(sentence: str) -> None:
            say(sentence)
            say(f"log in as {COACH}, with the password {password}; Ctrl-C ends it all")
            if os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
                webbrowser.open(sentence.rpartition(" ")[2])

        dashboard(msgspec.structs.replace(config.publish, mqtt=broker.url), place, say=tell)
