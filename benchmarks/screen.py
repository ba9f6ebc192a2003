"""The whole dashboard with a gym on it and browsers that look: how late a lifter's picture is, and what that costs.

Simulated straps speak to a real mosquitto, `hinge-imu dashboard` stores and shows it, and chromium without a window
looks at the wall of everyone. A picture's age is taken when the browser begins to draw the frame that has it: from the
moment at which the strap said its angles, on this one machine, so by one clock.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from arrivals import complete, notes, reader
from program import Program, memory_mb, work_s
from rich.console import Console
from rig import Broker

from hinge_imu.app.dashboard_users import open_users

ROOT = Path(__file__).parent.parent
PASSWORD = "a sentence of several words"  # noqa: S105 - of a user who lives as long as the measurement
PATIENCE_S = 60.0

_LOG_IN = """document.querySelector("input[name=name]").value = "coach";
document.querySelector("input[name=secret]").value = %s; document.querySelector("form").submit()"""
_WATCH = """window.told = []; window.messages = 0; {
  const tell = hinge.tell;
  hinge.tell = (updates) => {
    tell(updates);
    window.messages++;
    for (const [id, points] of updates)
      if (points.length && document.getElementById(id)?.innerText.split("\\n").includes("lifter 1"))
        requestAnimationFrame(() => window.told.push([points[points.length - 1][0], Date.now() / 1000]));
  };
} 1"""


@contextmanager
def dashboard(folder: Path, broker: Broker) -> Iterator[tuple[Program, str, str]]:
    """Give the dashboard's process, its page, and its database."""
    database = str(folder / "dashboard.db")
    with open_users(database) as users:
        users.add("coach", "coach", PASSWORD)
        users.add("lasting", "admin", PASSWORD)
    log = folder / "log"
    where = ["--database", database, "--uploads", str(folder / "uploads"), "--port", "0"]
    command = [str(Path(sys.executable).parent / "hinge-imu"), "dashboard", *where]
    program = Program([*command, "--mqtt", f"mqtt://127.0.0.1:{broker.port}"], log)
    program.start()
    try:
        until_s = time.monotonic() + PATIENCE_S
        while "http://" not in program.said and time.monotonic() < until_s:
            time.sleep(0.1)
        yield program, program.said.partition("the dashboard is at ")[2].split()[0], f"sqlite:///{database}"
    finally:
        program.stop()


def looking(browser: Any, url: str) -> Any:
    """Return a tab that is logged in and looks at everyone."""
    tab = browser.tab(1280, 1600)
    tab.open(f"{url}/login")
    tab.until("document.querySelector('input[name=secret]')")
    tab.js(_LOG_IN % json.dumps(PASSWORD))
    tab.until("window.hinge && document.querySelector('.card, main, article')", PATIENCE_S)
    return tab


def ages(told: list[list[float]], angles: list[tuple[float, float]]) -> np.ndarray:
    """Return how old (ms) the last points were when a page was told of them; the later session's where two have one."""
    shown = []
    for t_s, now_s in told:
        said = [at for last_s, at in angles if last_s >= t_s - 1e-6 and at <= now_s and last_s < t_s + 0.1]
        shown += [1000 * (now_s - max(said))] if said else []
    return np.array(shown)


def main() -> int:
    """Measure and print; the exit status says whether every rep was in the store, once."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--straps", type=int, default=30, help="(default: %(default)s)")
    parser.add_argument("--browsers", type=int, default=1, help="that look at the wall (default: %(default)s)")
    parser.add_argument("--sessions", type=int, default=2, help="of each, of 30 s (default: %(default)s)")
    parser.add_argument("--angles", action=argparse.BooleanOptionalAction, default=True, help="the live traces too")
    given = parser.parse_args()
    sys.path.insert(0, str(ROOT / "tests" / "browser"))
    from tab import Browser

    console = Console(width=120, highlight=False)
    with ExitStack() as closing:
        folder = Path(closing.enter_context(tempfile.TemporaryDirectory()))
        broker = Broker(folder)
        broker.start()
        closing.callback(broker.kill)
        program, url, database = closing.enter_context(dashboard(folder, broker))
        said = folder / "said.jsonl"
        straps = [sys.executable, str(ROOT / "benchmarks" / "straps.py"), f"mqtt://127.0.0.1:{broker.port}"]
        straps += ["--said", str(said), "--straps", str(given.straps), "--sessions", str(given.sessions)]
        straps += [] if given.angles else ["--no-angles"]
        browser = closing.enter_context(Browser(folder)) if given.browsers else None
        speaking = subprocess.Popen(straps, stdout=subprocess.PIPE, text=True)  # noqa: S603 - this program
        tabs = [looking(browser, url) for _ in range(given.browsers)]
        for tab in tabs:
            tab.until(f"document.querySelectorAll('article').length >= {given.straps}", PATIENCE_S)
            tab.js(_WATCH)
        began_s, before = time.monotonic(), [work_s([pid]) for pid in (program.pid, broker.pid)]
        memory: list[float] = []
        while speaking.poll() is None:
            for tab in tabs:
                tab.js("0")  # takes in what the browser has to tell: it would wait for that
            memory.append(memory_mb([program.pid]))
            time.sleep(0.5)
        spoken, _ = speaking.communicate()
        seconds = time.monotonic() - began_s
        shares = [(work_s([pid]) - was) / seconds for pid, was in zip((program.pid, broker.pid), before, strict=True)]
        console.print(spoken.strip())
        console.print(
            f"{given.straps} straps, {given.browsers} browsers, {seconds:.0f} s: the broker takes "
            f"{100 * shares[1]:.0f} % of a core, "
            f"the dashboard {100 * shares[0]:.0f} %"
        )
        quarters = " / ".join(f"{np.median(each):.0f}" for each in np.array_split(memory, 4))
        console.print(f"the dashboard's memory, the median of each quarter: {quarters} MB")
        angles = [(note.t_s, note.at) for note in notes(said) if note.level == "angles" and note.t_s is not None]
        for tab in tabs:
            console.print(f"a page is told something {tab.js('window.messages') / seconds:.1f} times a second")
            if given.angles:
                late_ms = np.percentile(ages(tab.js("window.told"), angles), [50, 95, 99, 100])
                shown = " / ".join(f"{each:.0f}" for each in late_ms)
                console.print(f"what it draws is {shown} ms old (median / 95 % / 99 % / most)")
        holes = complete(said, reader(database), PATIENCE_S)
        console.print(f"{holes}")
    return int(not holes.none)


if __name__ == "__main__":
    raise SystemExit(main())
