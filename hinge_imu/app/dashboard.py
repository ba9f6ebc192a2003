"""The coach's dashboard: broker, store, users, uploads and pages, in one process behind one door."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from hinge_imu import mqtt
from hinge_imu.app.dashboard_users import default_database, default_folder, default_uploads
from hinge_imu.app.late import awaited, leave
from hinge_imu.app.stopping import stopping
from hinge_imu.config import PublishConfig
from hinge_imu.publish import commands


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a dashboard is, what it keeps where, and what it is behind.

    ``uploads`` is the folder into which recordings come; ``gym`` the only one that is heard, ``group`` with whom the
    work of storing is shared; ``trusted`` are the addresses of proxies, ``base`` the path that they serve it under.
    """

    host: str = "127.0.0.1"
    port: int = 8080
    database: str | None = None
    uploads: Path | None = None
    gym: str | None = None
    group: str | None = None
    trusted: Sequence[str] = ()
    base: str = ""


def dashboard(config: PublishConfig, place: Place, *, say: Callable[[str], None]) -> None:
    """Serve until a signal asks to end; ``say`` is told where, and on the first day by which link one comes in.

    Raises
    ------
    ValueError
        What is configured cannot be used, or the extra ``dashboard`` is not installed.
    OSError
        The port is taken.
    """
    try:
        from sqlalchemy.exc import OperationalError

        from hinge_imu.app.session_pages import SessionPages
        from hinge_imu.app.uploaded import Uploaded
        from hinge_imu.dashboard import serve
        from hinge_imu.dashboard.access.guard import guarded, viewer_of
        from hinge_imu.dashboard.access.users import Users
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
    except ModuleNotFoundError as error:
        raise ValueError(f"{error.name} is missing; install it: pip install 'hinge-imu[dashboard]'") from error
    from hinge_imu.report.progress import BETWEEN_SESSIONS_DEG

    address, password = mqtt.parse(config.mqtt), mqtt.password(config)
    folder = place.uploads or default_uploads()
    with ExitStack() as closing:
        closing.enter_context(stopping(leave, None))
        listening = closing.enter_context(serve.listen(place.host, place.port))
        if place.database is None:
            default_folder().mkdir(parents=True, exist_ok=True, mode=0o700)

        def open_() -> tuple[Store, Users]:
            store = Store(place.database or default_database(), folder)
            closing.callback(store.close)
            return store, Users(store.engine)

        store, users = awaited(open_, (LateError, OperationalError), say)
        feed, gym = Feed(mqtt.client(address, password, config), place.gym), Gym()
        desk = Desk(
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
        uploaded = closing.enter_context(Uploaded(store, folder))

        def recorded(path: Path, about: Mapping[str, str]) -> None:
            store.recorded(path, about)
            uploaded.wake()

        receive = uploads(folder, Tokens(folder / "tokens.json").strap_of, recorded)
        mounted = {"/uploads": receive, "/session": reports(store, SessionPages(folder).page)}
        app = serve.application(desk, lambda: feed.turn(gym, time.monotonic()), mounted)
        door = guarded(app, users, open_paths=("/uploads", "/favicon.ico"), trusted=place.trusted, base=place.base)
        # Of those who share the work, each is known to the broker by where it is: the same after a new start.
        name = f"{NAME}-{platform.node()}-{listening.getsockname()[1]}" if place.group else NAME
        # What straps have said while it was away comes by the ingest only.
        ingest = Ingest(store, config, place.gym, place.group, name=name, hear=feed.hear, every=False)
        recall(gym, store, time.monotonic(), FORGOTTEN_S)
        closing.enter_context(ingest)
        feed.open(address.host, address.port)
        closing.callback(feed.close)
        _greet(f"http://{place.host}:{listening.getsockname()[1]}{place.base}", users, say)
        serve.serve(door, listening)


def kept(asked: str, measured: Sequence[float | None]) -> list[bool | None]:
    """Tell of each digit of a tempo whether it was kept, as reps are judged; raises ValueError where it is none."""
    from hinge_imu.reps.tempo import Prescription, compare

    return [verdict.kept for verdict in compare(Prescription.parse(asked), measured)]


def checked(command: dict[str, Any]) -> dict[str, Any]:
    """Return a command as a strap will take it; raises ValueError with what is wrong and the mend."""
    commands.parse(msgspec.json.encode(command))
    return command


def _greet(where: str, users: Any, say: Callable[[str], None]) -> None:
    from hinge_imu.dashboard.access.users import path_of

    say(f"the dashboard is at {where}")
    if (token := users.first_link()) is not None:
        say(f"nobody can log in yet: open {where}{path_of(token)} once, within a day, and become admin")
