"""Simulated chips behind a Unix socket, in real time: the other end of `i2c.c`, which describes what goes over it.

    python chips.py [options] SOCKET

Says ``ready``, then serves until standard input closes. A line there, a JSON list, does something to the bus
(["bus", "unplug", 105]) or to a chip (["0x68", "freeze"]), or sets what is no method (["bus", "hz", 100000]);
the answer is one line, ``done`` or why not. All but plain transfers become smbus2's own kernel calls within
`SimulatedBus.installed`, so that a bus with a process around it behaves as one without.
"""

from __future__ import annotations

import argparse
import ctypes
import gc
import json
import os
import select
import socket
import struct
import sys
import time
from pathlib import Path

import numpy as np
import smbus2.smbus2 as kernel
from scipy.spatial.transform import Rotation

from hinge_imu.simulate.bus import SimulatedBus
from hinge_imu.simulate.chip import Chip
from hinge_imu.simulate.hands import EDGES, FACES, Hands
from hinge_imu.simulate.imu import ImuErrors, mounted
from hinge_imu.simulate.lifter import Lifter
from hinge_imu.simulate.plan import Timetable
from hinge_imu.simulate.strap import RESIDUAL, TEMPO, timetable

PELVIS, THORAX = 0x68, 0x69
EVER = 1_000_000
SCENARIOS = {
    "good": "two good MPU-6050s",
    "missing": "the thorax's chip is not there",
    "clash": "both chips are at 0x68",
    "clone": "both chips are MPU-6500s",
    "self_test": "the thorax's chip answers a self-test with half of what it should",
    "asleep": "the thorax's chip never takes what is written to it, and so never wakes",
    "slow": "a bus of 100 kHz",
    "none": "no chip at all",
}
HEAD = struct.Struct("=II")
COUNT = struct.Struct("=I")
MESSAGE = struct.Struct("=HHH")
SMBUS = struct.Struct("=III")
SPIN_NS = 60_000
"""A sleep may last so much longer than asked, which is half a transfer."""


class BusClock:
    """Real time, at which transfers are taken to happen; they are simulated first, and then take their time."""

    def __init__(self) -> None:
        self._at = time.monotonic_ns()

    def now(self) -> int:
        """Return how far the bus is, in ns."""
        return self._at

    def spend(self, ns: int) -> None:
        """Let the bus be occupied for so long."""
        self._at += ns

    def start(self) -> None:
        """Begin something on the bus now, or when it is free."""
        self._at = max(self._at, time.monotonic_ns())

    def wait(self) -> None:
        """Wait until the bus has done what it was simulated to do."""
        left = self._at - time.monotonic_ns()
        if left > SPIN_NS:
            time.sleep((left - SPIN_NS) * 1e-9)
        while time.monotonic_ns() < self._at:
            pass


class Wearer:
    """The person with the strap on, who begins when somebody opens the bus for the first time."""

    def __init__(self, reps: int, still_s: float, top_s: float, rng: np.random.Generator) -> None:
        tempo = (*TEMPO[:3], top_s)
        plan = Timetable(timetable(rng, reps=reps, tempo=tempo).reps if reps else (), still_s)
        # Without reps the strap lies on a table.
        self._lifter = Lifter(plan, rng, **({} if reps else {"sway_deg": 0.0}))
        self.start_ns = 0

    def source(self, sensor: int, rng: np.random.Generator):
        board = mounted(
            lambda t_s: self._lifter.specific_force_and_rate(sensor, t_s), Rotation.random(rng=rng).as_matrix()
        )
        return lambda t_ns: board(t_ns - self.start_ns)


class Calibrator:
    """The person who lays both boards, as they were bought, on one side after the other, then on edges."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._hands = Hands(FACES + EDGES, rng, still_s=2.6, turn_s=1.0)
        self.start_ns = 0

    def source(self, sensor: int, rng: np.random.Generator):
        board = mounted(self._hands.specific_force_and_rate, Rotation.from_rotvec(rng.normal(0, 0.1, 3)).as_matrix())
        return lambda t_ns: board(t_ns - self.start_ns)


def build(asked: argparse.Namespace, clock: BusClock, wearer: Wearer | Calibrator) -> tuple[SimulatedBus, list[Chip]]:
    """Return the bus and its chips, pelvis first, as the scenario has them."""
    share = 1.0 if isinstance(wearer, Calibrator) else RESIDUAL
    rng = np.random.default_rng(asked.seed)
    name = 0x70 if asked.scenario == "clone" else 0x68
    pelvis, thorax = (
        Chip(wearer.source(sensor, rng), ImuErrors.draw(rng, share), seed=sensor, who_am_i=name) for sensor in (0, 1)
    )
    for chip in (pelvis, thorax):
        chip.power_on(clock.now())
    clash = asked.scenario == "clash"
    chips = {PELVIS: (pelvis, thorax)} if clash else {PELVIS: pelvis, THORAX: thorax}
    bus = SimulatedBus(chips, clock.now, busy=clock.spend, hz=asked.hz)
    match asked.scenario:
        case "slow":
            bus.hz = 100_000
        case "self_test":
            thorax.self_test_response = 0.5
        case "asleep":
            thorax.deafen(EVER)
        case "missing" | "none":
            bus.unplug(THORAX)
    if asked.scenario == "none":
        bus.unplug(PELVIS)
    return bus, [pelvis, thorax]


class Server:
    """One thread for all connections: the bus can do one thing at a time, too."""

    def __init__(self, bus: SimulatedBus, chips: list[Chip], clock: BusClock, wearer: Wearer | Calibrator) -> None:
        self._bus = bus
        self._targets = {"bus": bus, hex(PELVIS): chips[0], hex(THORAX): chips[1]}
        self._clock = clock
        self._wearer = wearer
        self._connections: dict[int, tuple[socket.socket, int]] = {}
        self._poll = select.poll()
        # Unbuffered, so that poll knows of every line that has not been read.
        self._orders = os.fdopen(sys.stdin.fileno(), "rb", buffering=0)

    def serve(self, path: str) -> None:
        """Answer until standard input closes."""
        with socket.socket(socket.AF_UNIX) as door, self._bus.installed():
            door.bind(path)
            door.listen()
            for file in (self._orders, door):
                self._poll.register(file, select.POLLIN)
            say("ready")
            while True:
                for fd, _ in self._poll.poll():
                    if fd in self._connections:
                        self._answer(fd)
                    elif fd == door.fileno():
                        self._let_in(door)
                    elif not self._obey(self._orders.readline()):
                        return

    def _let_in(self, door: socket.socket) -> None:
        connection, _ = door.accept()
        self._clock.start()
        self._wearer.start_ns = self._wearer.start_ns or self._clock.now()
        self._connections[connection.fileno()] = connection, kernel.os.open("/dev/i2c-1", os.O_RDWR)
        self._poll.register(connection, select.POLLIN)

    def _let_go(self, fd: int) -> None:
        self._poll.unregister(fd)
        connection, bus_fd = self._connections.pop(fd)
        connection.close()
        kernel.os.close(bus_fd)

    def _obey(self, line: bytes) -> bool:
        if line:
            target, what, *arguments = json.loads(line)
            self._clock.start()
            say(do(self._targets[target], what, arguments))
        return bool(line)

    def _answer(self, fd: int) -> None:
        connection, bus_fd = self._connections[fd]
        try:
            head = connection.recv(HEAD.size, socket.MSG_WAITALL)
            if len(head) < HEAD.size:
                self._let_go(fd)
                return
            length, request = HEAD.unpack(head)
            body = connection.recv(length, socket.MSG_WAITALL)
            connection.sendall(self._carry_out(bus_fd, request, body))
        except ConnectionError:
            self._let_go(fd)

    def _carry_out(self, fd: int, request: int, body: bytes) -> bytes:
        self._clock.start()
        try:
            if request == kernel.I2C_RDWR:
                data = transfer(self._bus, body)
            else:
                data = REQUESTS.get(request, setting)(fd, request, body)
            error = 0
        except OSError as failed:
            data, error = b"", failed.errno
        self._clock.wait()
        return HEAD.pack(len(data), error) + data


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def do(target: object, what: str, arguments: list) -> str:
    if not hasattr(target, what):
        return f"a {type(target).__name__} has no {what}"
    if callable(getattr(target, what)):
        getattr(target, what)(*arguments)
    else:
        setattr(target, what, *arguments)
    return "done"


def transfer(bus: SimulatedBus, body: bytes) -> bytes:
    """Write and read messages; return what was read."""
    (count,) = COUNT.unpack_from(body)
    at, messages = COUNT.size, []
    for _ in range(count):
        address, flags, length = MESSAGE.unpack_from(body, at)
        at += MESSAGE.size
        if flags & kernel.I2C_M_RD:
            messages.append((address, length))
        else:
            messages.append((address, body[at : at + length]))
            at += length
    return bus.transfer(messages)


def smbus(fd: int, request: int, body: bytes) -> bytes:
    """Carry out an SMBus command; return its data."""
    read_write, command, size = SMBUS.unpack_from(body)
    data = kernel.union_i2c_smbus_data.from_buffer_copy(body, SMBUS.size)
    kernel.ioctl(fd, request, kernel.i2c_smbus_ioctl_data(read_write, command, size, ctypes.pointer(data)))
    return bytes(data)


def functions(fd: int, request: int, _: bytes) -> bytes:
    """Return what the adapter can do."""
    found = ctypes.c_uint64()
    kernel.ioctl(fd, request, found)
    return bytes(found)


def setting(fd: int, request: int, body: bytes) -> bytes:
    """Set an address or a timeout."""
    kernel.ioctl(fd, request, int.from_bytes(body, sys.byteorder))
    return b""


REQUESTS = {kernel.I2C_SMBUS: smbus, kernel.I2C_FUNCS: functions}


def main() -> None:
    shown = "; ".join(f"{name}: {what}" for name, what in SCENARIOS.items())
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("socket")
    options.add_argument("--scenario", choices=SCENARIOS, default="good", help=shown)
    options.add_argument("--hz", type=int, default=400_000, help="what the bus runs at; transfers take that long")
    options.add_argument("--reps", type=int, default=0, help="hinges that the wearer does; with 0 the strap lies still")
    options.add_argument("--still-s", type=float, default=3.0, help="how long the wearer stands still before them")
    options.add_argument("--top-s", type=float, default=TEMPO[3], help="how long the wearer stands between two of them")
    options.add_argument("--sides", type=int, default=0, help="1: the strap is laid on one side after the other")
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--log", type=Path, help="write all that was sampled here at the end (.npz)")
    asked = options.parse_args()
    clock = BusClock()
    rng = np.random.default_rng(asked.seed)
    wearer = Calibrator(rng) if asked.sides else Wearer(asked.reps, asked.still_s, asked.top_s, rng)
    bus, chips = build(asked, clock, wearer)
    if asked.log:
        for chip in chips:
            chip.log = []
    gc.freeze()  # what was imported need not be looked through again; that would be a pause on the bus
    Server(bus, chips, clock, wearer).serve(asked.socket)
    if asked.log:
        write_log(asked.log, chips)


def write_log(path: Path, chips: list[Chip]) -> None:
    """Write the words (N,7) of each chip."""
    np.savez(
        path, **{name: np.concatenate([words for _, words in chip.log]) for name, chip in zip("01", chips, strict=True)}
    )


if __name__ == "__main__":
    main()
