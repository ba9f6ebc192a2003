"""What a live strap has through all its sessions, and one session of it: what it begins with, who listens, its end."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from threading import Thread
from typing import Any, Protocol

from hinge_imu.app import names, wearers
from hinge_imu.app.calibrating import Calibrating
from hinge_imu.app.calibrations import default_folder
from hinge_imu.app.control import Control
from hinge_imu.app.cueing import DRILL, NONE, Cueing, Wishes
from hinge_imu.app.drilling import Drilling, Pace, asked
from hinge_imu.app.expectations import expectation
from hinge_imu.app.made_with import made_with
from hinge_imu.app.notify import notify
from hinge_imu.app.relabel import relabel
from hinge_imu.app.session import Listeners, run
from hinge_imu.app.sitting import Patience, Sitting
from hinge_imu.app.uploads import Uploads
from hinge_imu.app.wallclock import Wallclock
from hinge_imu.app.wearing import Memory
from hinge_imu.config import Config, ConfigError, Drill
from hinge_imu.cues.patterns import Word
from hinge_imu.events import AnyEvent, ClockEvent, MarkEvent, NoticeEvent, SensorEvent
from hinge_imu.protocols.protocol import ORDER, find
from hinge_imu.publish.link import Link
from hinge_imu.publish.messages import message
from hinge_imu.publish.publisher import Publisher
from hinge_imu.recording import McapWriter, RecordingError, rounds
from hinge_imu.recording.retention import tidy
from hinge_imu.samples import Angles, Header, Item
from hinge_imu.sensing.host import Host
from hinge_imu.sensing.sampler import Sampler

HOUR_S = 3600.0

_log = logging.getLogger(__name__)


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
    unacknowledged: int = 0
    poweroff: bool = False


@dataclass
class Strap:
    """A strap at work; ``about`` are further fields of every header, ``tell`` hears events, ``say`` sentences."""

    config: Config
    sampler: Sampler
    control: Control
    memory: Memory
    folder: Path
    wallclock: Wallclock
    tell: Callable[[AnyEvent], None]
    say: Callable[[str], object] = lambda _: None
    calibrations: Sequence[Path] = ()
    watch: Watch | None = None
    wishes: Wishes = NONE
    link: Link | None = None
    standby: bool = False
    about: dict[str, Any] = field(default_factory=dict)
    host: Host = field(default_factory=Host)
    uploads: Uploads | None = None
    recording: Path | None = None
    """What is being written."""
    rotating: bool = False
    """Whether the last session has ended because it was long."""
    verdict: Word | None = None
    """What is still to be said of the drill that the last session was."""
    _run: str = field(default_factory=lambda: uuid.uuid4().hex[:12])
    _refused: int = 0
    _undated: bool = False
    _expected: bool = False
    _over: bool = False
    _short: str | None = None
    _drilled: bool = False

    def header(self, sitting: Sitting, drill: Drill | None = None) -> Header:
        """Return what a session begins with; one that is a drill counts and prescribes what that asks for."""
        wearing = self.memory.now
        fields = {name: getattr(wearing, name) for name in ("athlete", "exercise", "tempo")}
        labels = {**self.about.get("labels", {}), **wearing.labels}
        if drill is not None:
            fields |= asked(drill)
            labels[DRILL] = drill
        wearer, limits = self._known(wearing.athlete)
        began = self.wallclock.began(self.sampler.now_s - sitting.zero_s)
        self._undated = began is None
        given = {"limits": limits, **self.about, **fields, "labels": labels, "wearer": wearer, "started_utc": began}
        return self.sampler.header(session_id=uuid.uuid4().hex[:12], made_with=made_with(), **given)

    def session(self, sitting: Sitting) -> Callable[[], Outcome]:
        """Make everything ready for a session; whatever cannot be used is known before the first sample.

        What is returned runs it: the open rep is closed or dropped at its end, the recording whole.
        """
        name, self.control.drilling = self.control.drilling, None
        self.verdict, self._drilled = None, name is not None
        header = self.header(sitting, name)
        with ExitStack() as ready:
            path = self.folder / names.new(header, self.wallclock.now())
            writer = ready.enter_context(McapWriter(path, header, self.trouble))
            cueing = ready.enter_context(Cueing(header, self.config.cues, self.wishes, self.control))
            patience = Patience(60 * self.config.session.quiet_min, HOUR_S * self.config.recording.longest_h)
            # The wearer first: the disk and the broker can wait.
            listeners = Listeners(
                inputs=[writer.put],
                angles=[cueing.angles],
                events=[cueing.event, writer.event, patience.event, self.tell],
            )
            if self.watch is not None:
                listeners.angles.append(partial(self.watch, stop=self.control.quit))
            publisher = None if self.link is None else Publisher(header, self.link)
            if publisher is not None:
                listeners.angles.append(publisher.angles)
                # What is told to people is on its way to the coach already.
                listeners.events.insert(-1, publisher.event)
            if self.control.calibrating and (calibrating := self._calibrating(header)) is not None:
                listeners.inputs.append(calibrating.put)
            drill = None if name is None else Drilling(header, cueing.say, sitting.end)
            if drill is not None:
                listeners.angles.append(drill.angles)
                listeners.frames.append(drill.frames)
                listeners.events.append(drill.event)
                self.sampler.mark("drill", text=name)
            else:
                _pace(header, cueing, listeners)
            if self.standby:
                listeners.inputs.append(partial(self._look, sitting, patience))
            self.control.begin(sitting, header.session_id)
            self._introduce(header)
            self.recording = path
            closing = ready.pop_all()

        def going() -> Outcome:
            _log.info("session %s has begun%s", header.session_id, f", {header.athlete}" if header.athlete else "")
            notify(STATUS=f"session {header.session_id}")
            with closing:
                run(header, rounds(sitting.stream(), len(header.sensors)), listeners)
                self.control.ended()
                self._over = True
                if drill is not None:
                    self._judge(drill, path, sitting.now_s, publisher)
                if publisher is not None:
                    publisher.finish()
            self.recording = None
            recorded = names.dated(path)
            _log.info("session %s is over: %s", header.session_id, recorded)
            notify(STATUS="waiting for a wearer")
            if self.uploads is not None:
                self.uploads.wake()
            return Outcome(header, recorded, poweroff=self.control.poweroff and self.config.cues.poweroff)

        return going

    def _introduce(self, header: Header) -> None:
        """Say what there is to know beforehand."""
        if (sentence := expectation(self.config)) is not None and not self._expected:
            self._expected = True
            self.say(sentence)
        if header.wearer is not None:
            self.say(wearers.told(header.athlete, header.wearer))

    def look_after(self) -> None:
        """Look after clock and computer; call it every ten seconds or so."""
        self.tell_time()
        for trouble in self.host.look(self.folder, self.sampler.now_s):
            self.sampler.put(trouble)

    def tidy(self) -> None:
        """Let old recordings go, and say so."""
        now = self.wallclock.now() if self.wallclock.known else None
        done = tidy(self.folder, self.config.recording, self.writing, self._uploaded, now=now)
        for removed in done.removed:
            _log.info("%s", removed.why)
        if done.short is not None and done.short != self._short:
            self.trouble(done.short)
        self._short = done.short

    @property
    def goes_on(self) -> bool:
        """Whether the strap is on the same wearer still: the last session ended by its length, or for or by a drill."""
        return self.rotating or self.control.calibrating or self.control.drilling is not None or self._drilled

    @property
    def writing(self) -> list[Path]:
        """The recordings that are not finished."""
        return [] if self.recording is None else [self.recording]

    def _uploaded(self, path: Path) -> bool:
        return self.uploads is None or self.uploads.uploaded(path)

    def tell_time(self) -> None:
        """Bind the session to UTC as soon as that is known."""
        if self._undated and (began := self.wallclock.began(at_s := self.sampler.now_s)) is not None:
            self._undated = False
            self.sampler.put(ClockEvent(started_utc=began, at_s=at_s))

    def _known(self, athlete: str | None) -> tuple[Any, Any]:
        """Return calibration and limits of the athlete; on standby, one that cannot be used ends nothing."""
        try:
            return wearers.find(athlete, self.calibrations), wearers.limits(athlete, self.calibrations)
        except ConfigError as error:
            if not self.standby:
                raise
            _log.warning("%s", error)
            return None, {}

    def refuse(self, sentence: str) -> None:
        """Tell whoever sent a command why it was not done."""
        if self.link is not None:
            self._refused += 1
            notice = {"event": "notice", "text": sentence, "at_s": None, "id": f"{self._run}-refused-{self._refused}"}
            self.link.send([message(self.config.publish, "notice", None, notice)])

    def relabel(self, session_id: str, what: dict[str, str]) -> None:
        """Note something in the recording of a session that is over, in a thread of its own."""
        Thread(target=self._relabel, args=(session_id, what), name="relabel").start()

    def _relabel(self, session_id: str, what: dict[str, str]) -> None:
        path = next(self.folder.glob(f"*_{session_id}.mcap"), None)
        if path is None:
            self.refuse(f"there is no recording of the session {session_id} on this strap")
            return
        try:
            relabel(path, what)
        except RecordingError as error:
            self.refuse(str(error))

    def trouble(self, sentence: str | None) -> None:
        """Let what cannot be kept be said, recorded when that can be again, and published."""
        text = sentence or "all that is said is kept again"
        self.sampler.put(SensorEvent(segment=None, what="disk", at_s=self.sampler.now_s, text=text))
        if self.control.session_id is None and (self.standby or self._over):
            self.say(text)  # no session is there to tell it

    def _calibrating(self, header: Header) -> Calibrating | None:
        """Return what watches a session for the wearer's calibration, once asked for."""
        self.control.calibrating = False
        try:
            return Calibrating(header, default_folder(), self._calibrated)
        except ConfigError as error:
            self.say(str(error))
            return None

    def _calibrated(self, sentence: str) -> None:
        """Say what came of it, and let the next session begin with it."""
        self.say(sentence)
        self.control.mark("note", text=sentence)
        self.control.stop()

    def _judge(self, drill: Drilling, path: Path, now_s: float, publisher: Publisher | None) -> None:
        """Say what the drill has come to: here, to the coach, and, once the pins are free again, to the wearer."""
        self.verdict, sentences = drill.finish(path.name)
        for text in sentences:
            _log.info("%s", text)
            self.say(text)
            if publisher is not None:
                publisher.event(NoticeEvent(text=text, at_s=now_s))

    def _look(self, sitting: Sitting, patience: Patience, item: Item) -> None:
        # The mark that a drill begins with is its own.
        drills = isinstance(item, MarkEvent) and item.what == "drill" and self.control.drilling is not None
        if patience.over(sitting.now_s) or drills:
            sitting.end()
        self.rotating = patience.rotating


def _pace(header: Header, cueing: Cueing, listeners: Listeners) -> None:
    """Let whoever does a drill that a screen guides hear how far it is: one looks at the floor."""
    if (name := header.labels.get(DRILL)) in ORDER:
        pace = Pace(find(name), cueing.say)
        listeners.angles.append(pace.angles)
        listeners.events.append(pace.event)
