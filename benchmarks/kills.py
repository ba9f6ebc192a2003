"""Whether anything is lost when strap and broker are killed, the network is cut, and the disk fills: SIMULATED chips.

    python benchmarks/kills.py --rounds 50 --seed 1 --out kills.jsonl     # about 12 minutes; again with other seeds
    python benchmarks/kills.py --table kills.jsonl

The strap is the installed program on standby, as the service runs it: on simulated chips behind a preloaded library,
started anew whenever it ends. The broker is a mosquitto that keeps what the shipped configuration lets it keep; between
them is a line that can be cut. In each round something is killed, cut or filled at a random moment, and mended a random
time later. At the end the strap is left alone until its outbox is empty. Then every rep that the strap has said is
confirmed, on standard output or in any of its recordings, must be at the receiver: once, in its highest revision, with
its trace; and each recording must reach to within 2 s of the kill.
"""

from __future__ import annotations

import argparse
import json
import random
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, suppress
from datetime import UTC, datetime
from pathlib import Path
from queue import Empty
from runpy import run_path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import numpy as np
from rich.progress import track
from rich.table import Table
from rig import Broker, Line, Receiver, Strap

from hinge_imu.app import terminal
from hinge_imu.app.folders import OUTBOX, torn
from hinge_imu.app.replay import replay
from hinge_imu.events import RepEvent
from hinge_imu.recording import open_recording
from hinge_imu.samples import NS

PRELOAD = run_path(str(Path(__file__).parents[1] / "tests" / "preload" / "simulated_i2c.py"))
ACTIONS = ("strap", "broker", "strap and broker", "line", "line and strap", "disk", "disk and strap")
LIVE_S, AWAY_S = (2.0, 16.0), (0.2, 4.0)
"""Between two blows, so that sessions begin, reps are confirmed, and some are cut off; how long a thing stays away."""

SETTLE_S = 120.0
LOST_S = 2.0
FULL_BYTES = 20_000
"""A file that has this length already cannot grow while the disk is full."""

REPS = 400
TOP_S = 3.0
"""So long the wearer stands between reps: a session begins with a second of that."""


class Kill(NamedTuple):
    """When the strap was killed, and whether its disk was full then, so that its last seconds could not be kept."""

    at: datetime
    full: bool


class Campaign:
    """One piece of it, with everything of its own."""

    def __init__(self, folder: Path, environment: dict[str, str], seed: int) -> None:
        self._rng = random.Random(seed)  # noqa: S311 - chance that can be had again
        (folder / "recordings").mkdir()
        (folder / "broker").mkdir()
        self._broker = Broker(folder / "broker")
        self._broker.start()
        self._receiver = Receiver(self._broker.port)
        self._line = Line(self._broker.port)
        self._strap = Strap(folder / "recordings", self._line.port, environment)
        self._kills: list[Kill] = []
        self._died = 0

    def rounds(self, actions: Sequence[str], *, lifted: bool = False) -> Iterator[str]:
        """Do these one after the other, each once the strap has said a rep where that is wanted; yield them."""
        self._strap.start()
        for action in actions:
            if lifted:
                self._strap.lifted.wait(SETTLE_S)
            time.sleep(self._rng.uniform(*LIVE_S))
            self._died += not self._strap.running
            self._strike(action)
            time.sleep(self._rng.uniform(*AWAY_S))
            self._mend()
            yield action

    def outcome(self) -> dict[str, Any]:
        """Leave the strap alone until nothing waits, and hold what arrived against what was said."""
        settled = self._settle()
        status = self._strap.stop()
        self._broker.start()
        said = self._confirmed()
        kept = self._receiver.kept
        missing = [id_ for id_, revision in said.items() if kept.get(id_, {}).get("revision", 0) < revision]
        traceless = [id_ for id_ in said if id_ not in missing and not _traced(kept, id_)]
        short = self._short()
        self._receiver.close()
        self._line.close()
        self._broker.kill()
        return {
            "settled": settled,
            "status": status,
            "starts": self._strap.starts,
            "ended_by_itself": self._died,
            "confirmed": len(said),
            "missing": missing,
            "without_trace": traceless,
            "messages": self._receiver.heard,
            "dropped_as_repeats": self._receiver.again,
            "recordings": len([*self._strap.folder.glob("*.mcap")]),
            "longest_missing_s": max(short, default=0.0),
            "kills": len(self._kills),
            "kills_in_a_session": len(short),
        }

    def _strike(self, action: str) -> None:
        if "disk" in action:
            self._strap.fill_disk(FULL_BYTES)
            time.sleep(self._rng.uniform(0.0, 3.0))
        if "line" in action:
            self._line.cut()
        if "broker" in action:
            self._broker.kill()
        if "strap" in action:
            self._kills.append(Kill(datetime.now(UTC), "disk" in action))
            self._strap.kill()

    def _mend(self) -> None:
        self._strap.fill_disk(None)
        self._broker.start()
        self._line.mend()
        self._strap.start()

    def _settle(self) -> bool:
        """Wait until no session is cut off, and the outbox is empty; return whether that came about."""
        until = time.monotonic() + SETTLE_S
        while time.monotonic() < until:
            time.sleep(1.0)
            if len(torn(self._strap.folder)) == 0 and self._waiting() == 0:
                return True
        return False

    def _waiting(self) -> int:
        path = self._strap.folder / OUTBOX
        with suppress(sqlite3.Error), closing(sqlite3.connect(path, timeout=5.0)) as outbox:
            return int(outbox.execute("SELECT count(*) FROM waiting").fetchone()[0])
        return -1

    def _confirmed(self) -> dict[str, int]:
        """Return the reps that were said to be confirmed, live or by a recording, with the revision of that."""
        said: dict[str, int] = {}
        with suppress(Empty):
            while True:
                event = self._strap.said.get_nowait()
                if event.get("event") == "rep" and event["status"] == "confirmed":
                    said[event["id"]] = max(said.get(event["id"], 0), event["revision"])
        for path in self._strap.folder.glob("*.mcap"):
            for rep in replay(open_recording(path)):
                if isinstance(rep, RepEvent) and rep.status == "confirmed":
                    said.setdefault(rep.id, 1)
        return said

    def _short(self) -> list[float]:
        """Return how many seconds before a kill each recording that was cut off ends."""
        short = []
        for path in self._strap.folder.glob("*.mcap"):
            recording = open_recording(path)
            blocks = [*recording.blocks()]
            began = datetime.fromisoformat(recording.header.started_utc or "")
            if not blocks:
                continue
            last_s = float(np.concatenate(blocks)["t_ns"].max()) * NS
            killed = [kill for kill in self._kills if kill.at > began]
            if killed and (path.with_name(f"{path.name}.torn")).exists() and not killed[0].full:
                short.append((killed[0].at - began).total_seconds() - last_s)
        return short


def _traced(kept: dict[str, dict[str, Any]], id_: str) -> bool:
    trace = kept.get(f"{id_}-trace")
    return trace is not None and len(trace["pelvis_deg"]) > 0 if kept[id_]["status"] == "confirmed" else True


def piece(actions: Sequence[str], seed: int, *, lifted: bool = False) -> dict[str, Any]:
    """Return what became of one piece of the campaign, with these blows."""
    with ExitStack() as running:
        folder = Path(running.enter_context(TemporaryDirectory(prefix="kills-")))
        library = PRELOAD["compile_library"](folder)
        chips = PRELOAD["simulated_i2c"](library, reps=REPS, top_s=TOP_S, seed=seed)
        campaign = Campaign(folder, running.enter_context(chips).environment, seed)
        done = [*track(campaign.rounds(actions, lifted=lifted), "rounds", total=len(actions), console=terminal.err)]
        counted = {action: done.count(action) for action in ACTIONS}
        return {"seed": seed, "rounds": len(done), "actions": counted, **campaign.outcome()}


def table(pieces: list[dict[str, Any]]) -> Table:
    """Return what became of all pieces, as a table."""
    shown = Table(title="Kill campaign, SIMULATED strap", title_justify="left")
    shown.add_column("what")
    shown.add_column("number", justify="right")
    rows = {"rounds": sum(each["rounds"] for each in pieces)}
    rows |= {f"  {action}": sum(each["actions"].get(action, 0) for each in pieces) for action in ACTIONS}
    for name in ("starts", "ended_by_itself", "recordings", "messages", "dropped_as_repeats", "confirmed"):
        rows[name.replace("_", " ")] = sum(each[name] for each in pieces)
    rows["confirmed, not at the receiver"] = sum(len(each["missing"]) for each in pieces)
    rows["at the receiver without a trace"] = sum(len(each["without_trace"]) for each in pieces)
    rows["killed in a session"] = sum(each["kills_in_a_session"] for each in pieces)
    for name, number in rows.items():
        shown.add_row(name, str(number))
    shown.add_row("longest missing from a recording", f"{max(each['longest_missing_s'] for each in pieces):.2f} s")
    shown.add_row("pieces that came to rest", f"{sum(each['settled'] for each in pieces)} of {len(pieces)}")
    return shown


def main() -> None:
    """Do a piece, or show what all pieces came to."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rounds", type=int, default=20)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--out", type=Path, help="add the piece to this file")
    options.add_argument("--table", type=Path, help="only show what the pieces in this file came to")
    asked = options.parse_args()
    if asked.table is None:
        actions = random.Random(asked.seed).choices(ACTIONS, k=asked.rounds)  # noqa: S311 - to be had again
        done = piece(actions, asked.seed)
        if asked.out is not None:
            with asked.out.open("a") as out:
                out.write(json.dumps(done) + "\n")
        terminal.out.print(table([done]))
        failed = done["missing"] or done["without_trace"] or not done["settled"] or done["longest_missing_s"] > LOST_S
        raise SystemExit(1 if failed else 0)
    terminal.out.print(table([json.loads(line) for line in asked.table.read_text().splitlines()]))


if __name__ == "__main__":
    main()
