"""Who is there, and what the bus carries, judged line by line."""

from __future__ import annotations

from hinge_imu.app.findings import FAST, FREE, POWER, SUPPLY, WIRES, Finding
from hinge_imu.config import ChipConfig, Segment, SensorConfig
from hinge_imu.sensing import budget, settings
from hinge_imu.sensing.parts import MPU6050, PARTS, part
from hinge_imu.sensing.survey import BroughtUp, Run, Silence


def bus(number: int) -> Finding:
    """Return that the bus is there."""
    return Finding(what="bus", segment=None, text=f"/dev/i2c-{number} opens")


def broken(fault: str) -> Finding:
    """Judge a bus that did not open, or broke down, by the sentence for it: what is wrong, a colon, the mend."""
    text, _, mend = fault.partition(": ")
    return Finding(what="bus", segment=None, verdict="mend", text=text, mend=mend or "name another bus with --bus N")


def stuck(number: int) -> Finding:
    """Judge a bus on which every address reads nonsense."""
    text = f"/dev/i2c-{number} is stuck: SDA or SCL is held low"
    return Finding(what="bus", segment=None, verdict="mend", text=text, mend=POWER)


def answer(sensor: SensorConfig, found: int | Silence, other: int | Silence, *, shared: bool = False) -> Finding:
    """Judge who answers at a sensor's address, knowing who does at the other one; ``shared``: two at once."""
    at = f"{sensor.address:#04x}"
    if isinstance(found, int) and not shared:
        return Finding(what="answer", segment=sensor.segment, text=f"answers at {at}")
    if shared:
        text, mend = (
            f"two chips answer at {at}",
            f"both boards sit at {at}: wire AD0 of one to GND, of the other to 3V3",
        )
    elif found == "taken":
        text = f"a kernel driver holds {at}"
        mend = "a clock chip sits at 0x68, too: take its dtoverlay out of /boot/firmware/config.txt and restart"
    elif found == "held":
        text, mend = f"{at} reads nonsense, as when SDA or SCL is held", POWER
    else:
        text, mend = f"no answer at {at}", _absent(sensor.address, other_answers=isinstance(other, int))
    return Finding(what="answer", segment=sensor.segment, verdict="mend", text=text, mend=mend)


def stranger(address: int) -> Finding:
    """Judge a chip that no sensor is configured for."""
    return Finding(
        what="answer",
        segment=None,
        verdict="mind",
        text=f"a chip at {address:#04x} is not in the configuration",
        mend="name it in a [[sensors]] table to use it",
    )


def identity(segment: Segment, who_am_i: int) -> Finding:
    """Judge which part it is."""
    found = part(who_am_i)
    if found.genuine:
        return Finding(what="part", segment=segment, text=found.name)
    short = found.fifo_bytes < MPU6050.fifo_bytes
    less = f"; its FIFO may hold {found.fifo_bytes} bytes only, so a busy Pi loses samples sooner" if short else ""
    return Finding(
        what="part",
        segment=segment,
        verdict="mind",
        text=f"{found.name}, sold as {MPU6050.name}" if who_am_i in PARTS else found.name,
        mend=f"works: the driver knows its low-pass and thermometer{less}; where that is not enough, replace the board",
    )


def awake(segment: Segment, tested: BroughtUp, run: Run | None) -> Finding:
    """Judge whether the chip came up, and stayed so."""
    if tested.asleep or (run is not None and segment in run.asleep):
        text, mend = "does not stay awake", SUPPLY
    elif tested.fault is not None:
        text, mend = "does not start", tested.fault
    else:
        return Finding(what="awake", segment=segment, text="wakes, and stays awake")
    return Finding(what="awake", segment=segment, verdict="mend", text=text, mend=mend)


def _absent(address: int, *, other_answers: bool) -> str:
    if address & 1 and other_answers:
        return f"wire its AD0 to 3V3, without which both boards sit at 0x68; if it is wired so, {WIRES}"
    here = f"{WIRES}, AD0 to {'3V3' if address & 1 else 'GND'}"
    return here if other_answers else f"{here}; or name the bus that the strap hangs on with --bus N"


def carried(run: Run, chip: ChipConfig, chips: int) -> list[Finding]:
    """Judge what the bus carries, and what is left of it, for so many configured chips."""
    return [_speed(run.bus_hz, settings.rate_hz(chip), chips), _load(run), _free(run)]


def _speed(hz: float, wanted_hz: float, chips: int) -> Finding:
    plan = budget.plan(hz, wanted_hz, chips)
    text, mend = f"{hz / 1000:.0f} kHz", None
    faster = (
        f"{FAST}; with a long cable, lower [chip] rate_hz instead" if hz < budget.FAST_HZ else "lower [chip] rate_hz"
    )
    if plan.rate_hz < wanted_hz:
        text, mend = f"{text}, too slow for {wanted_hz:g} Hz", f"it carries {plan.rate_hz:g} samples a second: {faster}"
    elif budget.crowded(hz, plan):
        text, mend = f"{text}, slow for {wanted_hz:g} Hz", f"it is busy {100 * plan.load:.0f} % of the time: {faster}"
    return Finding(
        what="bus_speed",
        segment=None,
        value=hz / 1000,
        unit="kHz",
        verdict="mend" if mend else "good",
        text=text,
        mend=mend,
    )


def _load(run: Run) -> Finding:
    over = run.plan.load > budget.MOST_LOAD
    return Finding(
        what="bus_load",
        segment=None,
        value=run.plan.load * 100,
        unit="%",
        verdict="mend" if over else "good",
        text=f"{run.plan.load * 100:.0f} % at {run.plan.rate_hz:g} samples a second",
        mend=f"{FAST}; or lower [chip] rate_hz" if over else None,
    )


def _free(run: Run) -> Finding:
    short = run.free_s < FREE * run.plan.poll_s
    return Finding(
        what="free_time",
        segment=None,
        value=run.free_s * 1000,
        unit="ms",
        verdict="mend" if short else "good",
        text=f"{run.free_s * 1000:.1f} of the {run.plan.poll_s * 1000:.1f} ms from poll to poll",
        mend="end other programs on this computer, make the bus faster, or lower [chip] rate_hz" if short else None,
    )
