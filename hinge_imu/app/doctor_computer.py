"""What the doctor finds of the program, its configuration and its secrets, and of disk, clock and computer."""

from __future__ import annotations

import os
import platform
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from tempfile import TemporaryFile

from hinge_imu.app.doctor import Finding, Installation
from hinge_imu.app.findings import Limit
from hinge_imu.config import Config
from hinge_imu.sensing.host import AIR, HOT_C, READ_ONLY, ROOM, SUPPLY, look

PACKAGES = ("numpy", "scipy", "ahrs", "msgspec", "mcap", "paho-mqtt", "smbus2")

FSYNC_S = Limit(0.5, 5.0)
"""How long a second's worth of recording may take to the disk. It waits in a thread of its own, so a slow card costs
nothing until a plug is pulled: then what was on its way is lost. Chosen."""

FSYNC_BYTES, FSYNC_TIMES = 8192, 5
"""What two sensors at 200 Hz record in a second, about; how often it is tried."""

KNOWN_SINCE = datetime(2025, 1, 1, tzinfo=UTC)
"""A clock that is behind this has not been set since it was started."""

SECRETS = "etc/credstore"


def program(_: Installation) -> Iterator[Finding]:
    """Look at Python, and at what the program is made of."""
    found = (3, 11) <= sys.version_info < (3, 14)
    yield Finding(
        part="program",
        what="python",
        verdict="good" if found else "mend",
        text=f"{platform.python_version()} on {platform.machine()}",
        mend=None if found else "install Python 3.11 to 3.13",
    )
    yield Finding(part="program", what="hinge-imu", text=f"{version('hinge-imu')} in {sys.prefix}")
    missing = [name for name in PACKAGES if _version(name) is None]
    yield Finding(
        part="program",
        what="packages",
        verdict="mend" if missing else "good",
        text=f"missing: {', '.join(missing)}" if missing else ", ".join(f"{n} {_version(n)}" for n in PACKAGES),
        mend="run ./run install again" if missing else None,
    )


def configuration(here: Installation) -> Iterator[Finding]:
    """Look at the files, and at what they ask for that is not there."""
    if here.wrong is not None:
        text, _, mend = here.wrong.partition("; ")
        yield Finding(part="configuration", what="files", verdict="mend", text=text, mend=mend or "mend that line")
        return
    text = f"{here.config_file}, laid over what ships" if here.config_file else "what ships, and nothing of your own"
    yield Finding(part="configuration", what="files", text=text)
    yield Finding(part="configuration", what="strap", text=f"{here.config.publish.strap} of {here.config.publish.gym}")
    if _pins(here.config) and (find_spec("gpiozero") is None or find_spec("lgpio") is None):
        yield Finding(
            part="configuration",
            what="pins",
            verdict="mend",
            text="pins are configured, and gpiozero or lgpio is missing",
            mend="sudo apt install python3-lgpio, then ./run install",
        )


def credentials(here: Installation) -> Iterator[Finding]:
    """Look at who may read the secrets."""
    named = {
        "password_file": here.config.publish.password_file,
        "key_file": here.config.publish.key_file,
        "token_file": here.config.upload.token_file,
    }
    files = {setting: Path(file) for setting, file in named.items() if file is not None}
    files |= {file.name.removeprefix("hinge-imu."): file for file in sorted((here.root / SECRETS).glob("hinge-imu.*"))}
    if not files:
        yield Finding(part="credentials", what="files", text="none are configured")
    for what, file in files.items():
        try:
            mode = file.stat().st_mode
        except OSError as error:
            text = f"{file}: cannot be looked at ({error.strerror})"
            yield Finding(part="credentials", what=what, verdict="mend", text=text, mend="write it, or mend its path")
            continue
        open_to_all = bool(mode & stat.S_IRWXO)
        yield Finding(
            part="credentials",
            what=what,
            verdict="mend" if open_to_all else "good",
            text=f"{file}: {'every user may read it' if open_to_all else 'is kept to itself'} ({stat.filemode(mode)})",
            mend=f"chmod o= {file}" if open_to_all else None,
        )


def disk(here: Installation) -> Iterator[Finding]:
    """Look at where sessions are kept: room, rights, and how long a second of recording takes onto it."""
    folder, free_mb = here.recordings, look(here.recordings, here.root).free_mb
    if free_mb is not None:
        keep_mb = here.config.recording.keep_free_mb
        short = free_mb < keep_mb
        yield Finding(
            part="disk",
            what="room",
            verdict="mend" if short else "good",
            text=f"{free_mb / 1000:.1f} GB free, {keep_mb / 1000:.1f} GB are to be left",
            mend=ROOM if short else None,
        )
    if not folder.exists():
        yield Finding(part="disk", what="folder", text=f"{folder} will be made by the first session")
        return
    try:
        seconds = _fsync_s(folder)
    except PermissionError:
        text = f"{folder} may not be written by this user"
        yield Finding(
            part="disk", what="folder", verdict="mind", text=text, mend="ask as its owner: sudo hinge-imu doctor"
        )
        return
    except OSError as error:
        text = f"{folder} cannot be written ({error.strerror})"
        yield Finding(part="disk", what="folder", verdict="mend", text=text, mend=READ_ONLY)
        return
    verdict = FSYNC_S.verdict(seconds)
    yield Finding(part="disk", what="folder", text=f"{folder} can be written")
    yield Finding(
        part="disk",
        what="speed",
        verdict=verdict,
        text=f"a second of recording is on the disk after {1000 * seconds:.1f} ms",
        mend=None if verdict == "good" else "it is slow: take another card, one of class A1 or better",
    )


def clock(here: Installation) -> Iterator[Finding]:
    """Look at whether the computer knows what time it is."""
    now = datetime.now(UTC)
    own = "has a clock of its own" if any((here.root / "dev").glob("rtc*")) else "has no clock of its own"
    synchronised = _said("timedatectl", "show", "--property=NTPSynchronized", "--value") == "yes"
    known = now >= KNOWN_SINCE
    yield Finding(
        part="clock",
        what="time",
        verdict="good" if known and synchronised else "mind" if known else "mend",
        text=f"{now:%Y-%m-%d %H:%M:%S} UTC, {'set by' if synchronised else 'not set by'} the network; it {own}",
        mend=None
        if synchronised
        else "bring it into a network once; until then sessions are recorded by their own time, and dated later",
    )


def computer(here: Installation) -> Iterator[Finding]:
    """Look at supply and heat."""
    found = look(here.recordings, here.root)
    supply = {None: "is not known here", True: "dips now (under-voltage)", False: "holds"}[found.under_voltage]
    yield Finding(
        part="computer",
        what="supply",
        verdict="mend" if found.under_voltage else "good",
        text=supply,
        mend=SUPPLY if found.under_voltage else None,
    )
    hot = found.hot_c is not None and found.hot_c >= HOT_C
    yield Finding(
        part="computer",
        what="heat",
        verdict="mend" if hot else "good",
        text="is not known here" if found.hot_c is None else f"{found.hot_c:.0f} °C",
        mend=AIR if hot else None,
    )


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _pins(config: Config) -> bool:
    return bool(config.cues.pins) or config.bus.power_pin is not None


def _fsync_s(folder: Path) -> float:
    took = []
    with TemporaryFile(dir=folder) as file:
        for _ in range(FSYNC_TIMES):
            began = time.perf_counter()
            file.write(os.urandom(FSYNC_BYTES))
            file.flush()
            os.fsync(file.fileno())
            took.append(time.perf_counter() - began)
    return median(took)


def _said(*words: str) -> str | None:
    """Return what a program says, None where it cannot be asked."""
    try:
        done = subprocess.run(words, capture_output=True, text=True, timeout=5, check=False)  # noqa: S603 - fixed words
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
