"""How often a drill gets the verdict that its truth calls for: `python benchmarks/drills.py --seeds 20`.

SIMULATED lifters with the errors of real parts, each drill done well, with each of its faults at the usual size, and,
where a fault is graded, at a size drawn between as far inside its limit and as far beyond it.
"""

from __future__ import annotations

import argparse
from collections import Counter

import msgspec
import numpy as np
from rich.console import Console

from hinge_imu.motion.timeline import Timeline
from hinge_imu.pipeline import Pipeline
from hinge_imu.protocols.judge import judge
from hinge_imu.protocols.protocol import find
from hinge_imu.protocols.seen import Seen
from hinge_imu.samples import Angles
from hinge_imu.simulate import drills, fast

GRADED = frozenset(
    {
        *(("dowel", fault) for fault in ("rounding", "arching")),
        *(("self_assessment", fault) for fault in ("rounding", "arching")),
        *(("wall", fault) for fault in ("rounding", "uneven_depth")),
        *(("toe_touch", fault) for fault in ("slow_down", "long_pause")),
        *(("single_leg", fault) for fault in ("not_square_left", "not_square_right", "turning_right")),
        ("flexibility", "limited"),
        ("plank", "sagging"),
        ("hamstring_stretch", "rounding"),
    }
)
"""Faults that stay inside their limit when they are small."""


def judged(name: str, fault: str | None, beyond: float | None, seed: int, lost: float) -> tuple[str, str]:
    """Return the verdict on one drill, and that which its truth calls for."""
    rng, protocol = np.random.default_rng(seed), find(name)
    done = drills.drill(rng, name, fault, beyond)
    header, raw = fast.recorded(done.lifter, rng, exercise=protocol.exercise, lost=lost)
    header = msgspec.structs.replace(header, profile=protocol.profile, tempo=protocol.tempo)
    angles: list[Angles] = []
    pipeline, timeline = Pipeline(header, angles.append), Timeline(header)
    said = [*pipeline.push(raw), *pipeline.finish()]
    frames = [each for each in (timeline.push(raw), *timeline.finish()) if len(each.t_ns)]
    return judge(protocol, Seen.of(header, said, angles, frames)).verdict, done.verdict


def main() -> None:
    """Print a table, a line a drill."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seeds", type=int, default=20)
    options.add_argument("--first-seed", type=int, default=500)
    options.add_argument("--lost", type=float, default=0.0, help="share of each board's samples that are missing")
    options.add_argument("--drill", action="append", choices=drills.DRILLS, help="only this one; may be repeated")
    told = options.parse_args()
    console = Console(width=120)
    console.print("| drill | well | usual faults | graded faults | could not be judged |")
    console.print("|---|---|---|---|---|")
    for name in told.drill or drills.DRILLS:
        drill = drills.DRILLS[name]
        right, of, unsure = Counter[str](), Counter[str](), 0
        for seed in range(told.first_seed, told.first_seed + told.seeds):
            drawn = np.random.default_rng([seed, 1])
            cases: list[tuple[str, str | None, float | None]] = [("well", None, None)]
            cases += [("usual", fault, None) for fault in drill.faults]
            cases += [
                ("graded", fault, float(drawn.uniform(-1.0, 1.0)) * each.typical)
                for fault, each in drill.faults.items()
                if (name, fault) in GRADED
            ]
            for kind, fault, beyond in cases:
                verdict, called_for = judged(name, fault, beyond, seed, told.lost)
                right[kind] += verdict == called_for
                unsure += verdict == "unsure" != called_for
                of[kind] += 1
        cells = (f"{right[kind]} of {of[kind]}" for kind in ("well", "usual", "graded"))
        console.print(f"| `{name}` | {' | '.join(cells)} | {unsure} |", markup=False)


if __name__ == "__main__":
    main()
