"""A dashboard put together: what is stored, what is shown, what comes in, and who is let in to it."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy.exc import OperationalError
from starlette.types import ASGIApp

from hinge_imu import mqtt
from hinge_imu.app.dashboard import Place
from hinge_imu.app.dashboard_users import default_database, default_folder, default_uploads
from hinge_imu.app.late import awaited, leave
from hinge_imu.app.session_pages import SessionPages
from hinge_imu.app.stopping import stopping
from hinge_imu.app.uploaded import Uploaded
from hinge_imu.config import PublishConfig
from hinge_imu.dashboard import serve
from hinge_imu.dashboard.access.guard import guarded, viewer_of
from hinge_imu.dashboard.access.users import Users, path_of
from hinge_imu.dashboard.feed import Feed
from hinge_imu.dashboard.ingest import NAME, Ingest
from hinge_imu.dashboard.live import Gym
from hinge_imu.dashboard.pages.desk import Desk
from hinge_imu.dashboard.pages.wall import FORGOTTEN_S
from hinge_imu.dashboard.recall import recall
from hinge_imu.dashboard.reports import reports
from hinge_imu.dashboard.store import LateError, Store
from hinge_imu.dashboard.tokens import Tokens
from hinge_imu.dashboard.uploads import uploads
from hinge_imu.publish import commands

OPEN = "/uploads", "/favicon.ico"
"""What is asked for without a log-in: straps have tokens."""


def run(config: PublishConfig, place: Place, *, say: Callable[[str], None]) -> None:
    """Serve until a signal asks to end, as `hinge_imu.app.dashboard.dashboard` says."""
    address, password = mqtt.parse(config.mqtt), mqtt.password(config)
    folder = place.uploads or default_uploads()
    with ExitStack() as closing:
        closing.enter_context(stopping(leave, None))
        listening = closing.enter_context(serve.listen(place.host, place.port))
        port = listening.getsockname()[1]
        store, users = _stored(place, folder, closing, say)
        feed, gym = Feed(mqtt.client(address, password, config), place.gym), Gym()
        desk = _desk(gym, store, users, feed)
        uploaded = closing.enter_context(Uploaded(store, folder))
        mounted = _mounted(store, folder, uploaded)
        app = serve.application(desk, lambda: feed.turn(gym, time.monotonic()), mounted)
        door = guarded(app, users, open_paths=OPEN, trusted=place.trusted, base=place.base)
        # Of those who share the work, each is known to the broker by where it is: the same after a new start.
        name = f"{NAME}-{platform.node()}-{port}" if place.group else NAME
        # What straps have said while it was away comes by the ingest only.
        ingest = Ingest(store, config, place.gym, place.group, name=name, hear=feed.hear, every=False)
        recall(gym, store, time.monotonic(), FORGOTTEN_S)
        closing.enter_context(ingest)
        feed.open(address.host, address.port)
        closing.callback(feed.close)
        where = f"http://{place.host}:{port}{place.base}"
        serve.serve(door, listening, lambda: _greet(where, users, say))


def _stored(place: Place, folder: Path, closing: ExitStack, say: Callable[[str], None]) -> tuple[Store, Users]:
    """Return the store and its users, as soon as the database is there."""
    if place.database is None:
        default_folder().mkdir(parents=True, exist_ok=True, mode=0o700)

    def open_() -> tuple[Store, Users]:
        store = Store(place.database or default_database(), folder)
        closing.callback(store.close)
        return store, Users(store.engine)

    return awaited(open_, (LateError, OperationalError), say)


def _desk(gym: Gym, store: Store, users: Users, feed: Feed) -> Desk:
    from hinge_imu.report.progress import BETWEEN_SESSIONS_DEG

    return Desk(
        gym=gym,
        store=store,
        users=users,
        viewer=viewer_of,
        tell=lambda where, strap, command: feed.tell(where, strap, checked(command)),
        kept=kept,
        between_sessions_deg=BETWEEN_SESSIONS_DEG,
        clock=time.monotonic,
        line=lambda: feed.connected,
    )


def _mounted(store: Store, folder: Path, uploaded: Uploaded) -> dict[str, ASGIApp]:
    """Return what is served besides the pages, by path."""

    def recorded(path: Path, about: Mapping[str, str]) -> None:
        store.recorded(path, about)
        uploaded.wake()

    receive = uploads(folder, Tokens(folder / "tokens.json").strap_of, recorded)
    return {"/uploads": receive, "/session": reports(store, SessionPages(folder).page)}


def kept(asked: str, measured: Sequence[float | None]) -> list[bool | None]:
    """Tell of each digit of a tempo whether it was kept, as reps are judged; raises ValueError where it is none."""
    from hinge_imu.reps.tempo import Prescription, compare

    return [verdict.kept for verdict in compare(Prescription.parse(asked), measured)]


def checked(command: dict[str, Any]) -> dict[str, Any]:
    """Return a command as a strap will take it; raises ValueError with what is wrong and the mend."""
    commands.parse(msgspec.json.encode(command))
    return command


def _greet(where: str, users: Users, say: Callable[[str], None]) -> None:
    say(f"the dashboard is at {where}")
    if (token := users.first_link()) is not None:
        say(f"nobody can log in yet: open {where}{path_of(token)} once, within a day, and become admin")
