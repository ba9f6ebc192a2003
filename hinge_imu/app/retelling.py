"""What an uploaded recording says, said once more for the store, as lines on standard output: its level, a tab, JSON.

In a process of its own, for whatever is in the file. A line of the level ``wrong`` is a sentence for the log: that
recording will never be worked through.
"""

from __future__ import annotations

import sys
from importlib.metadata import version
from pathlib import Path

import msgspec

from hinge_imu.app import bounded
from hinge_imu.events import AnyEvent
from hinge_imu.publish.greetings import Greetings
from hinge_imu.publish.messages import Message, Messages
from hinge_imu.recording import Recording, RecordingError, open_recording, pushes
from hinge_imu.samples import Angles

WRONG = "wrong"
COMPLETE = "--complete"

_PACKAGE = "hinge-imu"


def retell(path: Path, session_id: str, *, complete: bool) -> None:
    """Say all that a recording says, with the ids and revisions with which it was said live.

    Where the session is ``complete`` without, and another version of this program has counted it, nothing is said: that
    one may have counted otherwise, and there is no hole.

    Raises
    ------
    hinge_imu.recording.RecordingError
        It cannot be read, or is of another session.
    """
    recording = open_recording(path)
    header = recording.header
    if header.session_id != session_id:
        raise RecordingError(f"{path}: is of session {header.session_id!r}, and was sent as one of {session_id!r}")
    if complete and header.made_with.get(_PACKAGE, version(_PACKAGE)) != version(_PACKAGE):
        return
    _say(Greetings(header.config.publish).meta(recording.known))
    _work_through(recording)


def _work_through(recording: Recording) -> None:
    # Who starts this process has no use for the pipeline.
    from hinge_imu.app.replay import BLOCK
    from hinge_imu.app.session import Listeners, run

    # Who wore the strap may have been noted since; everything else is as it was said.
    known = msgspec.structs.replace(recording.header, athlete=recording.known.athlete)
    messages = Messages(known)

    def see(angles: Angles) -> None:
        messages.angles(angles)  # for the traces; nobody draws what is over

    def say(event: AnyEvent) -> None:
        for message in messages.event(event):
            _say(message)

    run(recording.header, pushes(recording.stream(), BLOCK), Listeners(angles=[see], events=[say]))


def _say(message: Message) -> None:
    if message.qos:
        _line(message.level, message.payload)


def _line(level: str, payload: bytes) -> None:
    sys.stdout.buffer.write(level.encode() + b"\t" + payload + b"\n")
    sys.stdout.buffer.flush()


def main(arguments: list[str]) -> int:
    """Retell one recording; the exit status says whether it came to its end."""
    bounded.bind()
    path, session_id, *rest = arguments
    try:
        retell(Path(path), session_id, complete=COMPLETE in rest)
    except BrokenPipeError:  # nobody listens any more
        return 1
    except (RecordingError, MemoryError) as error:
        _line(WRONG, msgspec.json.encode(str(error) or "it needs more memory than it may have"))
        return 1
    except Exception as error:  # noqa: BLE001 - whatever is in the file leads to
        _line(WRONG, msgspec.json.encode(f"{path}: cannot be worked through ({type(error).__name__}: {error})"))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
