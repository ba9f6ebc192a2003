"""What may be told to a strap over the network: a closed set of small messages, and nothing else gets in.

Whoever may write to a strap's `command` topic is known to the broker, but is not trusted here: every text is bounded,
printable and normalised before anything else sees it.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated, Any, Literal, TypeAlias, get_args
from unicodedata import normalize

import msgspec

from hinge_imu.config import Drill
from hinge_imu.profiles import exercises

LONGEST = 4096
"""A command has no more bytes. Chosen: the longest text in the longest UTF-8, twice over."""

SHOWN = 200
"""Of what was wrong with a command so many characters are shown. Chosen: a line or two."""

# No control characters, no line breaks, nothing that turns the direction of reading (U+202A to U+202E, U+2066 to
# U+2069), and something to see. `$` alone would let a line break pass at the end.
_PRINTABLE = r"^(?=.*\S)[^\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]+$(?!\n)"
_DIGIT = r"([12]?[0-9](\.[0-9]{1,2})?|30(\.0{1,2})?)"
_TEMPO = rf"^(?!0+(\.0+)?-){_DIGIT}-{_DIGIT}-({_DIGIT}|[Xx])(-{_DIGIT})?$(?!\n)"

_LINE = "one line of up to {} characters that can be seen"
_KEY = "up to 64 of the characters A-Z a-z 0-9 . _ : -"
_WRITTEN = {
    "command": "start, stop, exercise, prescription, athlete, load, note, calibrate, drill or pain",
    "drill": f"one of {', '.join(get_args(Drill))}",
    "id": _KEY,
    "session_id": _KEY,
    "tempo": "seconds down, at the bottom, up, at the top, each up to 30, as in 3-1-1-0 or 3-1-X-0; or null for none",
    "athlete": _LINE.format(80),
    "exercise": _LINE.format(500),
    "text": _LINE.format(500),
    "load": "a number from 0 to 1000, or " + _LINE.format(500),
    "unit": "kg or lb",
    "schema": "hinge/v1/command, or leave it out",
    "time": "when it was sent, or leave it out",
}
"""How each field is written, for whoever wrote it otherwise."""

Text = Annotated[str, msgspec.Meta(pattern=_PRINTABLE, max_length=500)]
AthleteName = Annotated[str, msgspec.Meta(pattern=_PRINTABLE, max_length=80)]
Key = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9._:-]{1,64}$(?!\n)")]
# As `reps.tempo` reads them: three or four seconds up to 30, X for a way up as fast as possible.
Tempo = Annotated[str, msgspec.Meta(pattern=_TEMPO)]
Weight = Annotated[float, msgspec.Meta(ge=0, le=1000)]


class Command(msgspec.Struct, frozen=True, kw_only=True, tag_field="command", forbid_unknown_fields=True):
    """What all commands share. One with an ``id`` that has been done before is not done again.

    ``schema`` and ``time`` (when it was sent, ISO 8601) may be given, as on every level, and change nothing.
    """

    id: Key | None = None
    schema: Literal["hinge/v1/command"] | None = None
    time: Text | None = None


class Start(Command, frozen=True, kw_only=True, tag="start"):
    """Begin a session, or the next set where a session runs."""


class Stop(Command, frozen=True, kw_only=True, tag="stop"):
    """End the session."""


class Exercise(Command, frozen=True, kw_only=True, tag="exercise"):
    """What the next set is; it ends the one that runs."""

    exercise: Text


class Prescribe(Command, frozen=True, kw_only=True, tag="prescription"):
    """The tempo that is asked for from the next set on, as ``3-1-1-0``; null for none."""

    tempo: Tempo | None


class Athlete(Command, frozen=True, kw_only=True, tag="athlete"):
    """Who wears the strap; with ``session_id`` who wore it, in a session that may be over."""

    athlete: AthleteName
    session_id: Key | None = None


class Load(Command, frozen=True, kw_only=True, tag="load"):
    """What is on the bar: a number in ``unit``, or words such as a band's colour."""

    load: Weight | Text
    unit: Literal["kg", "lb"] = "kg"
    session_id: Key | None = None

    @property
    def words(self) -> str:
        """The load as people write it: ``62.5 kg``, or the words that were given."""
        return self.load if isinstance(self.load, str) else f"{self.load:g} {self.unit}"


class Note(Command, frozen=True, kw_only=True, tag="note"):
    """A line that is kept with the session."""

    text: Text
    session_id: Key | None = None


class Calibrate(Command, frozen=True, kw_only=True, tag="calibrate"):
    """Find stance and forward anew; the wearer stands still."""


class Practise(Command, frozen=True, kw_only=True, tag="drill"):
    """Let a drill begin, in a session of its own; the one that runs ends."""

    drill: Drill


class Pain(Command, frozen=True, kw_only=True, tag="pain"):
    """The wearer has said that something hurts."""


AnyCommand: TypeAlias = Start | Stop | Exercise | Prescribe | Athlete | Load | Note | Calibrate | Practise | Pain


def parse(payload: bytes, known: Collection[str] = exercises()) -> AnyCommand:
    """Read a command; texts come without blanks around them, in Unicode's NFC.

    Parameters
    ----------
    payload
        What came in on the strap's ``command`` topic: JSON in UTF-8, of at most 4096 bytes.
    known
        The names of the exercises that there are; those that come with the package where none are given.

    Raises
    ------
    ValueError
        One sentence that says what was found, and the mend; it is safe to log and to publish.
    """
    if len(payload) > LONGEST:
        raise ValueError(f"the command has {len(payload)} bytes; send at most {LONGEST}")
    fields: dict[str, Any] = {}
    try:
        fields = _tidy(msgspec.json.decode(payload, type=dict[str, Any]))
        command: AnyCommand = msgspec.convert(fields, AnyCommand)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise ValueError(_sentence(str(error), fields)) from None
    if isinstance(command, Exercise) and command.exercise not in known:
        raise ValueError(f"the exercise {_shown(command.exercise)!r} is not known; name one of {', '.join(known)}")
    return command


def _tidy(fields: dict[str, Any]) -> dict[str, Any]:
    return {
        name: normalize("NFC", value).strip() if isinstance(value, str) else value for name, value in fields.items()
    }


def _sentence(error: str, fields: dict[str, Any]) -> str:
    name = error.rpartition("`$.")[2].rstrip("`")
    if name in _WRITTEN:
        return f"the command's {name} is {_shown(fields[name])!r}; write {_WRITTEN[name]}"
    return f"the command was not understood: {_shown(error)}; docs/mqtt.md has an example of each"


def _shown(what: object) -> str:
    """Return what somebody has sent as it may stand in a log: short, and nothing in it that a terminal obeys."""
    return "".join(each if each.isprintable() else "?" for each in str(what)[:SHOWN])
