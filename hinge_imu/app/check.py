"""Are both sensors there, healthy, and fast enough? One look at all of it, in about eight seconds."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import closing

import msgspec
from smbus2 import SMBus

from hinge_imu.app import condition, verdicts
from hinge_imu.app.findings import Finding
from hinge_imu.config import Config, SensorConfig
from hinge_imu.sensing import survey
from hinge_imu.sensing.i2c import BusFault, open_bus
from hinge_imu.sensing.rescue import Rescue
from hinge_imu.sensing.survey import BroughtUp, Clock, Run, Silence, Wait

TEST_SHARE = 0.1
"""How much of the time one chip's self-test takes, for whoever watches."""


def check(
    config: Config,
    bus_number: int = 1,
    *,
    seconds: float = 5.0,
    progress: Callable[[float], object] = lambda _: None,
    clock: Clock = time.monotonic_ns,
    wait: Wait = time.sleep,
) -> list[Finding]:
    """Return what was found of the bus, then of each configured sensor, then of them together.

    The sensors run together for ``seconds``; ``progress`` is told the share that is done (0..1). Raises
    `hinge_imu.config.ConfigError` where a power pin is configured and cannot be used.
    """
    with closing(Rescue(config.bus, wait)) as rescue, closing(SMBus()) as bus:
        try:
            open_bus(bus, bus_number)
        except BusFault as fault:
            return [verdicts.broken(str(fault))]
        answers = {address: survey.ask(bus, address) for address in survey.ADDRESSES}
        if all(answers[sensor.address] == "held" for sensor in config.sensors):
            return [verdicts.stuck(bus_number)]
        there = [sensor for sensor in config.sensors if isinstance(answers[sensor.address], int)]
        tested: dict[int, BroughtUp] = {}
        for done, sensor in enumerate(there, 1):
            tested[sensor.address] = survey.brought_up(bus, sensor.address, clock=clock, wait=wait)
            progress(TEST_SHARE * done)
        alone = tuple(sensor for sensor in there if tested[sensor.address].alone)
        share = TEST_SHARE * len(there)
        findings = [verdicts.bus(bus_number), *_strangers(config, answers)]
        run = None
        if alone:
            try:
                run = survey.run(
                    msgspec.structs.replace(config, sensors=alone),
                    bus_number,
                    bus,
                    seconds=seconds,
                    clock=clock,
                    wait=wait,
                    rescue=rescue,
                    progress=lambda done: progress(share + (1 - share) * done),
                )
            except BusFault as fault:
                findings = [verdicts.broken(str(fault))]
    for sensor in config.sensors:
        findings += _of(sensor, answers, tested.get(sensor.address), run, config)
    return findings + (verdicts.carried(run, config.chip, len(config.sensors)) if run is not None else [])


def failed(findings: list[Finding]) -> bool:
    """Return whether something must be mended."""
    return any(finding.verdict == "mend" for finding in findings)


def _strangers(config: Config, answers: dict[int, int | Silence]) -> list[Finding]:
    configured = {sensor.address for sensor in config.sensors}
    return [
        verdicts.stranger(address)
        for address, found in answers.items()
        if isinstance(found, int) and address not in configured
    ]


def _of(
    sensor: SensorConfig,
    answers: dict[int, int | Silence],
    tested: BroughtUp | None,
    run: Run | None,
    config: Config,
) -> list[Finding]:
    found, other = answers[sensor.address], answers[sensor.address ^ 1]
    answer = verdicts.answer(sensor, found, other, shared=tested is not None and tested.shared)
    if answer.verdict == "mend" or tested is None or not isinstance(found, int):
        return [answer]
    findings = [answer, verdicts.identity(sensor.segment, found), verdicts.awake(sensor.segment, tested, run)]
    if tested.bench is not None:
        findings.append(condition.self_test(sensor.segment, tested.bench))
    if run is not None and sensor.segment in run.chips:
        findings += condition.streamed(sensor.segment, run.chips[sensor.segment], run, config.chip)
    return findings
