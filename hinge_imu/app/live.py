"""Live: both sensors through the pipeline, onto the disk and to the broker, until someone stops it.

One session, or, on standby, one after the other: each begins when the wearer stands, and ends by itself.
"""

from __future__ import annotations

import contextlib
import gc
import shutil
import subprocess
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from hinge_imu.app.calibrations import calibrated
from hinge_imu.app.control import Control
from hinge_imu.app.cueing import NONE, Waiting, Wishes
from hinge_imu.app.finishing import finishing
from hinge_imu.app.folders import OUTBOX, default_recordings
from hinge_imu.app.housekeeping import Housekeeping
from hinge_imu.app.notify import Watchdog, notify
from hinge_imu.app.orders import Orders
from hinge_imu.app.sitting import Sitting, wait
from hinge_imu.app.stopping import stopping
from hinge_imu.app.strap import HOUR_S, Outcome, Strap, Watch
from hinge_imu.app.uploads import Uploads
from hinge_imu.app.wallclock import Wallclock
from hinge_imu.app.wearing import Memory
from hinge_imu.config import Config, ConfigError
from hinge_imu.events import AnyEvent
from hinge_imu.publish.discovery import discovery
from hinge_imu.publish.link import Link
from hinge_imu.publish.outbox import Outbox
from hinge_imu.samples import Item
from hinge_imu.sensing.identity import identities
from hinge_imu.sensing.rescue import Rescue
from hinge_imu.sensing.sampler import Sampler


def live(config: Config, *, seconds: float | None = None, **how: Any) -> Outcome:
    """Read, record, count and publish one session until ``seconds`` are over or a signal asks to stop.

    ``how`` is that of `strapped`. What was being done is finished: the open rep is closed or dropped, the recording
    whole.
    """
    with strapped(config, seconds=seconds, **how) as (strap, items):
        outcome = strap.session(Sitting(items))()
        left = 0 if strap.link is None else strap.link.close()
        return replace(outcome, unacknowledged=left)


def standby(config: Config, *, seconds: float | None = None, **how: Any) -> bool:
    """Stay ready, and let session follow session: each begins when the wearer stands, and ends by itself.

    ``how`` is that of `strapped`. Returns whether the wearer has asked for the computer to be powered off.
    """
    with strapped(config, seconds=seconds, standby=True, **how) as (strap, items):
        for sitting in _sittings(strap, items):
            strap.session(sitting)()
            if not strap.goes_on:
                strap.memory.forget()
        return strap.control.poweroff and config.cues.poweroff


@contextmanager
def strapped(
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
    standby: bool = False,
    **about: Any,
) -> Iterator[tuple[Strap, Generator[Item]]]:
    """Give a strap with all that lasts longer than a session, and its stream, which begins when it is asked for.

    ``tell`` hears every event, ``say`` a sentence on what to expect of sensors that are not calibrated, and whether the
    athlete is known; calibrations that the configuration does not name, and the athlete's, are looked for in the
    folders ``calibrations``; ``watch`` is shown the angles, and what to call when it is enough; ``wishes`` is what the
    wearer wants besides the configured cues; ``about`` are further fields of the header.
    """
    # What is loaded by now stays; to look through it for garbage would take a Pi as long as a FIFO holds.
    gc.freeze()
    rescue = Rescue(config.bus)  # first of all: it brings the sensors' power up
    config = calibrated(config, calibrations, identities(bus_number, config.sensors))
    sampler = Sampler(config, bus_number, rescue=rescue, beat=Watchdog().beat)
    sampler.survey()
    folder = recordings or Path(config.recording.folder or default_recordings())
    with suppress(OSError):  # a disk that cannot be written is waited for, and said
        folder.mkdir(parents=True, exist_ok=True)
    given = {name: about.pop(name, None) for name in ("athlete", "exercise", "tempo")}
    memory = Memory(folder if standby else None, config.session, **given)
    control = Control(sampler, memory, standby=standby)
    strap = Strap(
        config=config,
        sampler=sampler,
        control=control,
        memory=memory,
        folder=folder,
        tell=tell,
        say=say,
        calibrations=calibrations,
        watch=watch,
        wishes=wishes,
        standby=standby,
        about=about,
        wallclock=Wallclock(),
    )
    with ExitStack() as closing:
        closing.callback(sampler.close)
        # What is published from this folder at other times waits for then.
        if closing.enter_context(finishing(folder, publish=publish or (folder / OUTBOX).exists())) and standby:
            # Somebody was at work when it ended; what comes now is recorded at once.
            control.start()
        if publish:
            outbox = closing.enter_context(Outbox(folder / OUTBOX, config.publish.keep_mb, strap.trouble))
            orders = Orders(control, strap.refuse, strap.relabel)
            also = discovery(config.publish)
            link = Link(config.publish, outbox, orders.hear, also=also, trouble=strap.trouble)
            strap.link = closing.enter_context(link)
        if config.upload.url is not None:
            strap.uploads = closing.enter_context(Uploads(folder, config, skip=lambda path: path in strap.writing))
        closing.enter_context(stopping(control.quit, seconds))
        closing.enter_context(Housekeeping([strap.look_after, sampler.wake]))
        if standby:  # a folder that somebody has named by hand is theirs to keep in order
            closing.enter_context(Housekeeping([strap.tidy], every_s=HOUR_S))
        yield strap, closing.enter_context(contextlib.closing(_started(sampler)))
        notify(STOPPING=1)


def power_off() -> None:
    """Ask systemd to power the computer off; raises `ConfigError` where there is no systemd to ask."""
    systemctl = shutil.which("systemctl")
    if systemctl is None:
        raise ConfigError("[cues] poweroff = true: there is no systemctl to ask; set it to false")
    subprocess.run([systemctl, "poweroff"], check=False)  # noqa: S603 - a program by its whole path


def _started(sampler: Sampler) -> Generator[Item]:
    """Yield what comes, from the moment that somebody asks for it."""
    with sampler:
        notify(READY=1, STATUS="reading the sensors")
        yield from sampler.stream()


def _sittings(strap: Strap, items: Iterator[Item]) -> Iterator[Sitting]:
    """Yield session after session, each once the one before is over."""
    while not strap.control.quitting:
        with Waiting(strap.config.cues, strap.control) as waiting:
            if strap.verdict is not None:
                waiting.say(strap.verdict)
            header = strap.sampler.header(session_id="waiting")
            sitting = wait(items, header, worn=strap.goes_on, called=strap.control.called)
        if sitting is None:
            return
        yield sitting
