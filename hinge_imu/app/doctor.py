"""The whole installation at one look: each part is asked by itself, and none may keep the others waiting."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from time import monotonic
from typing import Any, Literal, NamedTuple

import msgspec

from hinge_imu.app.findings import Verdict
from hinge_imu.config import Config, ConfigError, load

Part = Literal[
    "program",
    "configuration",
    "credentials",
    "sensors",
    "broker",
    "outbox",
    "recordings",
    "disk",
    "clock",
    "service",
    "computer",
]

PATIENCE_S = 10.0
"""How long a part may take to answer: a broker that is away, a card that is worn out. Chosen."""

CONFIG_FILE = Path("etc/hinge-imu/strap.toml")
SERVICE_FOLDER = Path("var/lib/hinge-imu")
"""What the installed service reads, and where it keeps what it records; from the root."""


class Finding(msgspec.Struct, frozen=True, kw_only=True, tag_field="event", tag="doctor"):
    """One line of the whole: which part, what of it was looked at, what was found; ``mend`` says what to do."""

    part: Part
    what: str
    verdict: Verdict = "good"
    text: str
    mend: str | None = None

    @property
    def place(self) -> str:
        """What it belongs to, in a table."""
        return self.part

    @property
    def name(self) -> str:
        """What was looked at, in a table."""
        return self.what

    def plain(self) -> dict[str, Any]:
        """Return the finding as plain values, ``"event": "doctor"`` among them."""
        built: dict[str, Any] = msgspec.to_builtins(self)
        return built


class Installation(NamedTuple):
    """What is looked at: the file that is laid over what ships, what they come to, and where sessions are kept."""

    root: Path
    config_file: Path | None
    config: Config
    wrong: str | None
    recordings: Path
    bus_number: int

    @classmethod
    def found(cls, root: Path = Path("/"), config_file: Path | None = None, bus_number: int = 1) -> Installation:
        """Return that of this computer; what is wrong with its configuration is kept, and what ships is taken."""
        installed = root / CONFIG_FILE
        file = config_file or (installed if installed.exists() else None)
        try:
            config, wrong = load(file), None
        except ConfigError as error:
            config, wrong = Config(), str(error)
        return cls(root, file, config, wrong, _recordings(config, root), bus_number)


Probe = Callable[[Installation], Iterable[Finding]]


def probes() -> dict[Part, Probe]:
    """Return who looks at which part."""
    from hinge_imu.app import doctor_computer as computer
    from hinge_imu.app import doctor_links as links
    from hinge_imu.app.doctor_recordings import recordings

    return {
        "program": computer.program,
        "configuration": computer.configuration,
        "credentials": computer.credentials,
        "sensors": links.sensors,
        "broker": links.broker,
        "outbox": links.outbox,
        "recordings": recordings,
        "disk": computer.disk,
        "clock": computer.clock,
        "service": links.service,
        "computer": computer.computer,
    }


def diagnose(
    installation: Installation, asked: dict[Part, Probe] | None = None, patience_s: float = PATIENCE_S
) -> list[Finding]:
    """Return what was found of each part, all asked at once; one that does not answer in time is to be mended."""
    asked = asked or probes()
    answers: SimpleQueue[tuple[Part, list[Finding]]] = SimpleQueue()

    def ask(part: Part, probe: Probe) -> None:
        answers.put((part, _answer(part, probe, installation)))

    for part, probe in asked.items():
        # Not a pool: that would wait, in the end, for the very thread that hangs.
        Thread(target=ask, args=[part, probe], daemon=True).start()
    found: dict[Part, list[Finding]] = {}
    until = monotonic() + patience_s
    while len(found) < len(asked):
        try:
            part, findings = answers.get(timeout=max(0.0, until - monotonic()))
        except Empty:
            break
        found[part] = findings
    return [finding for part in asked for finding in found.get(part) or [_silent(part, patience_s)]]


def failed(findings: Iterable[Finding]) -> bool:
    """Return whether something must be mended."""
    return any(finding.verdict == "mend" for finding in findings)


def _answer(part: Part, probe: Probe, installation: Installation) -> list[Finding]:
    try:
        return list(probe(installation))
    except (OSError, ValueError, RuntimeError) as error:
        return [Finding(part=part, what="look", verdict="mend", text=f"cannot be looked at: {error}")]


def _silent(part: Part, patience_s: float) -> Finding:
    text = f"gives no answer within {patience_s:g} s"
    return Finding(part=part, what="answer", verdict="mend", text=text, mend="restart the computer, and look again")


def _recordings(config: Config, root: Path) -> Path:
    """Return where sessions are kept: as configured, or the service's folder where it is installed, or the user's."""
    from hinge_imu.app.folders import default_recordings

    if config.recording.folder is not None:
        return Path(config.recording.folder)
    service = root / SERVICE_FOLDER
    return service if service.exists() and "STATE_DIRECTORY" not in os.environ else default_recordings()
