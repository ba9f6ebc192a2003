"""The words that the wearer is told, to be learnt: shown, and played one after the other."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from rich.box import SIMPLE_HEAD
from rich.table import Table

from hinge_imu.config import CuesConfig
from hinge_imu.cues.outputs import Outputs
from hinge_imu.cues.patterns import FAULTS, WORDS, drawn, length_s

TIMES, APART_S = 2, 1.0
"""Each word is played so often, with so long in between. Chosen."""


def table() -> Table:
    """Return the words as a table, with the faults that each is said for."""
    shown = Table(title="Cues: on the buzzer, the motor and the LED alike", title_justify="left", box=SIMPLE_HEAD)
    shown.add_column("played", no_wrap=True)
    shown.add_column("says", no_wrap=True)
    shown.add_column("said for")
    for word, (pattern, says) in WORDS.items():
        faults = [name.replace("_", " ") for name, told in FAULTS.items() if told == word]
        shown.add_row(drawn(pattern), says, ", ".join(faults))
    return shown


def play(config: CuesConfig, wait: Callable[[float], object] = time.sleep) -> Iterator[str]:
    """Yield what each word says, and play it meanwhile; ``wait`` lets seconds pass."""
    with Outputs(config) as outputs:
        for word, (pattern, says) in WORDS.items():
            yield f"{drawn(pattern):<12} {says}"
            for _ in range(TIMES):
                outputs.say(word)
                wait(length_s(pattern) + APART_S)
