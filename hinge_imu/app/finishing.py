"""Sessions that were cut off are brought to their end: made whole, worked through again, and what they say is sent.

In a process of its own, of low priority, so that a session that has begun meanwhile is not held up. The outbox passes
over what was said live, so nothing is said twice; killed at any moment, it begins again with the next start.
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hinge_imu.app import names
from hinge_imu.app.folders import OUTBOX, torn
from hinge_imu.app.replay import BLOCK
from hinge_imu.app.session import Listeners, run
from hinge_imu.events import AnyEvent
from hinge_imu.publish.messages import Messages
from hinge_imu.publish.outbox import Outbox
from hinge_imu.recording import RecordingError, open_recording, pushes
from hinge_imu.recording.recover import recover
from hinge_imu.samples import Angles

NICE = 15
"""What is taken off the priority (nice(1): 19 is the least). Chosen."""

_log = logging.getLogger(__name__)


@contextmanager
def finishing(folder: Path, *, publish: bool) -> Iterator[bool]:
    """Let another process bring to their end what was cut off; give whether there is anything.

    What it has not done by the end is done next time.
    """
    cut_off = torn(folder)
    if not cut_off:
        yield False
        return
    _log.warning("%d sessions were cut off; they are brought to their end", len(cut_off))
    options = ["--publish"] if publish else []
    command = [sys.executable, "-m", "hinge_imu.app.finishing", *options, *map(str, cut_off)]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)  # noqa: S603 - this program
    try:
        yield True
    finally:
        process.terminate()
        process.wait()


def finish(path: Path, *, publish: bool) -> None:
    """Make a recording whole, and put what it says into the outbox beside it.

    Raises
    ------
    hinge_imu.recording.RecordingError
        It could not be made whole this time, as where the disk is full.
    """
    try:
        open_recording(path)
    except RecordingError as error:
        aside = path.with_name(f"{path.name}.torn")
        _log.warning("%s; it is kept as %s", error, aside.name)
        path.rename(aside)
        return
    # What it says first: once it is whole, nobody would ask for it again.
    if publish:
        _say_again(path)
    done = recover(path)
    _log.warning("%s: made whole, %.1f s of it", names.dated(path), done.saved_s)


def _say_again(path: Path) -> None:
    recording = open_recording(path)
    header = recording.header
    messages = Messages(header)
    with Outbox(path.parent / OUTBOX, header.config.publish.keep_mb) as outbox:

        def see(angles: Angles) -> None:
            messages.angles(angles)  # for the traces; nobody draws what is over

        def put(event: AnyEvent) -> None:
            outbox.put(messages.event(event)).result()

        run(header, pushes(recording.stream(), BLOCK), Listeners(angles=[see], events=[put]))


def main(arguments: list[str]) -> None:
    """Finish the recordings that are named, each by itself."""
    from hinge_imu.app.log import set_up

    os.nice(NICE)
    set_up()
    publish = "--publish" in arguments
    for name in arguments:
        if not name.startswith("--"):
            try:
                finish(Path(name), publish=publish)
            except Exception:  # noqa: BLE001 - the next one may be mended all the same
                _log.exception("%s: could not be brought to its end", name)


if __name__ == "__main__":
    main(sys.argv[1:])
