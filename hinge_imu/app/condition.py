"""How a chip is: its self-test and what its samples tell, judged line by line."""

from __future__ import annotations

import math

import numpy as np

from hinge_imu.app.findings import (
    ACC_DENSITY_MG,
    ACC_OFFSET_G,
    ACC_SCALE,
    DROPPED,
    GYR_DENSITY_DPS,
    LIE_STILL,
    NOISE,
    RATE_OFF,
    REPLACE,
    STILL_DPS,
    STILL_MG,
    TEMPERATURE_C,
    Finding,
    What,
)
from hinge_imu.config import ChipConfig, Segment
from hinge_imu.sensing.selftest import Bench
from hinge_imu.sensing.settings import STANDARD_GRAVITY
from hinge_imu.sensing.survey import Run, Streamed


def self_test(segment: Segment, bench: Bench) -> Finding:
    """Judge the answer of each axis against what the factory noted."""
    if not bench.tested:
        return Finding(what="self_test", segment=segment, verdict="mind", text="skipped: its factory trim is not known")
    if _moves(*bench.unrest):
        return Finding(what="self_test", segment=segment, verdict="mind", text="not judged: it moved", mend=LIE_STILL)
    worst = int(np.argmax(np.abs(bench.change)))
    change, limit = float(bench.change[worst]), bench.method.limit
    axis = f"{'accelerometer' if worst < 3 else 'gyroscope'} {'xyz'[worst % 3]}"
    failed = abs(change) > limit
    return Finding(
        what="self_test",
        segment=segment,
        value=100 + change * 100,
        unit="%",
        verdict="mend" if failed else "good",
        text=f"{axis}: {100 + change * 100:.0f} % of trim ({100 - limit * 100:.0f}-{100 + limit * 100:.0f})",
        mend="check once more; if it fails again, the chip is damaged: replace the board" if failed else None,
    )


def streamed(segment: Segment, found: Streamed, run: Run, chip: ChipConfig) -> list[Finding]:
    """Judge what one chip's samples say."""
    if math.isnan(found.gyr_noise):
        return [_dropped(segment, found, run)]
    moves = _moves(found.acc_noise, found.gyr_noise)
    dps, mg = math.degrees(found.gyr_noise), found.acc_noise / STANDARD_GRAVITY * 1000
    still = Finding(
        what="still",
        segment=segment,
        value=dps,
        unit="deg/s",
        verdict="mend" if moves else "good",
        text=f"moves: {dps:.1f} deg/s and {mg:.0f} mg rms" if moves else "lies still",
        mend=f"{LIE_STILL}: noise and gravity cannot be told" if moves else None,
    )
    root = math.sqrt(chip.low_pass_hz)
    lying = [
        _noise("gyr_noise", segment, dps, "deg/s", GYR_DENSITY_DPS * root),
        _noise("acc_noise", segment, mg, "mg", ACC_DENSITY_MG * root),
        _gravity(segment, found),
    ]
    rest = [_temperature(segment, found.temperature_c), _rate(segment, found.rate_hz, run.rate_hz)]
    return [still, *([] if moves else lying), *rest, _dropped(segment, found, run)]


def _moves(acc: float, gyr: float) -> bool:
    return acc / STANDARD_GRAVITY * 1000 > STILL_MG or math.degrees(gyr) > STILL_DPS


def _noise(what: What, segment: Segment, rms: float, unit: str, typical: float) -> Finding:
    verdict, mend = NOISE.verdict(rms / typical), None
    if rms == 0:
        verdict, mend = "mend", f"its values never change: {REPLACE}"
    elif verdict != "good":
        mend = f"{LIE_STILL}; if it stays, its supply is unsteady: shorter cable, 100 nF and 10 uF at the board"
    return Finding(
        what=what,
        segment=segment,
        value=rms,
        unit=unit,
        verdict=verdict,
        text=f"{rms:.2g} {unit} rms (typical: {typical:.2g})",
        mend=mend,
    )


def _gravity(segment: Segment, found: Streamed) -> Finding:
    size = float(np.linalg.norm(found.acc))
    limit = STANDARD_GRAVITY * (ACC_SCALE + float(np.abs(found.acc) @ ACC_OFFSET_G) / size) if size else 0.0
    wrong = abs(size - STANDARD_GRAVITY) > limit
    return Finding(
        what="gravity",
        segment=segment,
        value=size,
        unit="m/s^2",
        verdict="mend" if wrong else "good",
        text=f"{size:.2f} m/s^2 (9.81 ± {limit:.2f} as it lies)",
        mend="further off than a good part may be: replace the board" if wrong else None,
    )


def _temperature(segment: Segment, celsius: float) -> Finding:
    low, high = TEMPERATURE_C
    wrong = not low <= celsius <= high
    return Finding(
        what="temperature",
        segment=segment,
        value=celsius,
        unit="deg C",
        verdict="mind" if wrong else "good",
        text=f"{celsius:.0f} deg C",
        mend="feel the board: if it is not so hot or cold, its thermometer is broken" if wrong else None,
    )


def _rate(segment: Segment, rate: float, nominal: float) -> Finding:
    off = rate / nominal - 1
    verdict = RATE_OFF.verdict(abs(off))
    mend = None if verdict == "good" else REPLACE
    text = f"{rate:.2f} Hz, {abs(off) * 100:.2f} % {'below' if off < 0 else 'above'} {nominal:g}"
    if math.isnan(rate):
        text, mend = "too few samples in a row to tell", None
    return Finding(
        what="rate",
        segment=segment,
        value=None if math.isnan(rate) else rate,
        unit="Hz",
        verdict=verdict,
        text=text,
        mend=mend,
    )


def _dropped(segment: Segment, found: Streamed, run: Run) -> Finding:
    dropped = found.missing + found.bad
    verdict = DROPPED.verdict(dropped / found.due) if found.due else "mend"
    said = [event.text for event in run.said if event.segment == segment and event.what != "clone" and event.text]
    bad = f", {found.bad} of them torn or stuck" if found.bad else ""
    return Finding(
        what="dropped",
        segment=segment,
        value=dropped,
        unit="samples",
        verdict=verdict,
        text=f"{dropped} of {found.due} samples{bad}",
        mend=None if verdict == "good" else f"bend the cable and look at its plugs{_quoted(said)}",
    )


def _quoted(said: list[str]) -> str:
    return f" (the driver says: {said[-1]})" if said else ""
