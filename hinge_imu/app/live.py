"""Live: both sensors through the pipeline, onto the disk and to the broker, until someone stops it."""

from __future__ import annotations

import gc
import os
import shutil
import signal
import subprocess
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from threading import Timer
from typing import Any, Protocol

from hinge_imu.app import wearers
from hinge_imu.app.calibrations import calibrated
from hinge_imu.app.cueing import NONE, Cueing, Wishes
from hinge_imu.app.expectations import expectation
from hinge_imu.app.made_with import made_with
from hinge_imu.app.session import Listeners, run
from hinge_imu.config import Config, ConfigError, PublishConfig
from hinge_imu.events import AnyEvent, SensorEvent
from hinge_imu.publish.discovery import discovery
from hinge_imu.publish.link import Link
from hinge_imu.publish.outbox import Outbox
from hinge_imu.publish.publisher import Publisher
from hinge_imu.recording import McapWriter, rounds
from hinge_imu.samples import Angles, Header
from hinge_imu.sensing.identity import identities
from hinge_imu.sensing.rescue import Rescue
from hinge_imu.sensing.sampler import Sampler


def default_recordings() -> Path:
    """Return where sessions go: systemd's state directory in a service, else the user's data folder."""
    state = os.environ.get("STATE_DIRECTORY")
    data = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    return Path(state) if state else data / "hinge-imu" / "recordings"


class Watch(Protocol):
    """Is shown each block of angles, and what to call when it has seen enough."""

    def __call__(self, angles: Angles, *, stop: Callable[[], None]) -> None:
        """Look at a block."""


@dataclass(frozen=True)
class Outcome:
    """How a live session ended: its header, its recording, and how many messages the broker did not acknowledge.

    ``poweroff`` says that the wearer has held the button, and that the computer is to be powered off for it.
    """

    header: Header
    recording: Path
    unacknowledged: int
    poweroff: bool = False


def live(
    config: Config,
    *,
    tell: Callable[[AnyEvent], None],
    bus_number: int = 1,
    seconds: float | None = None,
    recordings: Path | None = None,
    publish: bool = True,
    say: Callable[[str], object] = lambda _: None,
    calibrations: Sequence[Path] = (),
    watch: Watch | None = None,
    wishes: Wishes = NONE,
    **about: Any,
) -> Outcome:
    """Read, record, count and publish until ``seconds`` are over or a signal asks to stop.

    ``tell`` hears every event, ``say`` a sentence on what to expect of sensors that are not calibrated, and whether the
    athlete is known; calibrations that the configuration does not name, and the athlete's, are looked for in the
    folders ``calibrations``; ``watch`` is shown the angles, and what to call when it is enough; ``wishes`` is what the
    wearer wants besides the configured cues; ``about`` are further fields of the header. What was being done is
    finished: the open rep is closed or dropped, the recording whole.
    """
    started = datetime.now(UTC)
    wearer = wearers.find(about.get("athlete"), calibrations)
    about.setdefault("limits", wearers.limits(about.get("athlete"), calibrations))
    # What is loaded by now stays; to look through it for garbage would take a Pi as long as a FIFO holds.
    gc.freeze()
    rescue = Rescue(config.bus)  # first of all: it brings the sensors' power up
    config = calibrated(config, calibrations, identities(bus_number, config.sensors))
    sampler = Sampler(config, bus_number, rescue=rescue)
    sampler.survey()
    header = sampler.header(
        session_id=uuid.uuid4().hex[:12], started_utc=started.isoformat(), wearer=wearer, made_with=made_with(), **about
    )
    with ExitStack() as closing:
        # Whatever cannot be used is known before the first sample.
        folder = recordings or default_recordings()
        link = _link(closing, config.publish, folder, sampler) if publish else None
        publisher = Publisher(header, link) if link is not None else None
        path = _new_path(folder, started, header.session_id)
        writer = closing.enter_context(
            McapWriter(path, header, lambda text: say(text or f"{path}: the disk is well again"))
        )
        cueing = closing.enter_context(Cueing(header, config.cues, wishes, sampler))
        closing.enter_context(stopping(sampler.stop, seconds))
        if (sentence := expectation(config)) is not None:
            say(sentence)
        if wearer is not None:
            say(wearers.told(header.athlete, wearer))
        # The wearer first: the disk and the broker can wait.
        listeners = Listeners(inputs=[writer.put], angles=[cueing.angles], events=[cueing.event, writer.event, tell])
        if watch is not None:
            listeners.angles.append(partial(watch, stop=sampler.stop))
        if publisher is not None:
            listeners.angles.append(publisher.angles)
            listeners.events.insert(2, publisher.event)
        run(header, rounds(closing.enter_context(sampler).stream(), len(header.sensors)), listeners)
        if publisher is not None:
            publisher.finish()
        unacknowledged = 0 if link is None else link.close()
    return Outcome(header, path, unacknowledged, poweroff=cueing.stopped and config.cues.poweroff)


def _link(closing: ExitStack, config: PublishConfig, folder: Path, sampler: Sampler) -> Link:
    """Return the link to the broker, with its outbox beside the recordings; its troubles go between the samples."""

    def trouble(text: str | None) -> None:
        if text is not None:
            sampler.put(SensorEvent(segment=None, what="disk", at_s=sampler.now_s, text=text))

    outbox = closing.enter_context(Outbox(folder / "outbox.sqlite", config.keep_mb, trouble))
    return closing.enter_context(Link(config, outbox, also=discovery(config)))


def power_off() -> None:
    """Ask systemd to power the computer off; raises `ConfigError` where there is no systemd to ask."""
    systemctl = shutil.which("systemctl")
    if systemctl is None:
        raise ConfigError("[cues] poweroff = true: there is no systemctl to ask; set it to false")
    subprocess.run([systemctl, "poweroff"], check=False)  # noqa: S603 - a program by its whole path


def _new_path(folder: Path, started: datetime, session_id: str) -> Path:
    return folder / f"{started:%Y%m%dT%H%M%SZ}_{session_id}.mcap"


@contextmanager
def stopping(stop: Callable[[], None], seconds: float | None) -> Iterator[None]:
    """Call ``stop`` at Ctrl-C, at SIGTERM, and when the time is over."""
    before = {number: signal.signal(number, lambda *_: stop()) for number in (signal.SIGINT, signal.SIGTERM)}
    timer = None if seconds is None else Timer(seconds, stop)
    if timer is not None:
        timer.daemon = True
        timer.start()
    try:
        yield
    finally:
        if timer is not None:
            timer.cancel()
        for number, handler in before.items():
            signal.signal(number, handler)
