"""A strap, a line that can be cut, a broker, and a receiver that is always on: for campaigns in real time."""

from __future__ import annotations

import getpass
import json
import resource
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue
from threading import Event, Thread
from typing import IO, Any

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion

from hinge_imu.publish.broker import mosquitto

PROGRAM = Path(sys.executable).parent / "hinge-imu"
HOST = "127.0.0.1"
GYM, STRAP = "campaign", "strap"
PATIENCE_S = 30.0


class Broker:
    """A mosquitto that keeps its messages on disk, with what the shipped configuration sets for that."""

    def __init__(self, folder: Path) -> None:
        with socket.create_server((HOST, 0)) as free:
            self.port = free.getsockname()[1]
        self._config = folder / "mosquitto.conf"
        self._config.write_text(
            f"listener {self.port} {HOST}\nallow_anonymous true\nuser {getpass.getuser()}\n"
            f"persistence true\npersistence_location {folder}/\nautosave_interval 1\nmax_queued_messages 100000\n"
        )
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, where it does not run, and wait until it answers."""
        if self._process is None:
            command = [mosquitto() or "mosquitto", "-c", str(self._config)]
            self._process = subprocess.Popen(  # noqa: S603 - a program of the system
                command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            with suppress(OSError):
                socket.create_connection((HOST, self.port), timeout=1.0).close()
                return
            time.sleep(0.02)
        raise RuntimeError("mosquitto does not start")

    def kill(self) -> None:
        """Kill it, without a word."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def stop(self) -> None:
        """Ask it to end: it writes down what waits."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait()
            self._process = None

    @property
    def pid(self) -> int:
        """The number of its process; 0 while there is none."""
        return self._process.pid if self._process is not None else 0


class Line:
    """The way from the strap to the broker, which can be cut without a word to either end, as a link is lost."""

    def __init__(self, far: int) -> None:
        self._far = far
        self._ends: list[socket.socket] = []
        self._door = socket.create_server((HOST, 0))
        self.port = self._door.getsockname()[1]
        self.whole = True
        Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """End every connection, and let none begin."""
        self.whole = False
        for end in self._ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
        self._ends = []

    def mend(self) -> None:
        """Let connections begin again."""
        self.whole = True

    def close(self) -> None:
        """Take it away."""
        self.cut()
        with suppress(OSError):
            self._door.shutdown(socket.SHUT_RDWR)
        self._door.close()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._door.accept()
            except OSError:
                return
            if not self.whole:
                near.close()
                continue
            try:
                far = socket.create_connection((HOST, self._far), timeout=5.0)
            except OSError:
                near.close()
                continue
            far.settimeout(None)
            self._ends += [near, far]
            for source, sink in (near, far), (far, near):
                Thread(target=_carry, args=[source, sink], daemon=True).start()


def _carry(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    for end in (source, sink):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


class Receiver:
    """The coach's store in small: a persistent session at the broker, and the highest revision of each id."""

    def __init__(self, port: int) -> None:
        self.kept: dict[str, dict[str, Any]] = {}
        self.heard = 0
        self.again = 0
        """How many came that were here before: they are dropped."""
        self._listening = Event()
        self._client = Client(CallbackAPIVersion.VERSION2, client_id="receiver", clean_session=False)
        self._client.on_connect = lambda client, *_: client.subscribe(f"hinge/v1/{GYM}/+/#", qos=1)
        self._client.on_subscribe = lambda *_: self._listening.set()
        self._client.on_message = self._hear
        self._client.reconnect_delay_set(1, 1)
        self._client.connect(HOST, port)
        self._client.loop_start()
        if not self._listening.wait(PATIENCE_S):
            raise RuntimeError("the receiver may not listen")

    def close(self) -> None:
        """Leave."""
        self._client.disconnect()
        self._client.loop_stop()

    def _hear(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        if message.topic.rpartition("/")[2] in {"angles", "cue", "status", "meta"}:
            return
        told = json.loads(message.payload)
        self.heard += 1
        before = self.kept.get(told["id"])
        if before is not None and before["revision"] >= told["revision"]:
            self.again += 1
        else:
            self.kept[told["id"]] = told


class Strap:
    """The installed program on standby, under an environment with simulated chips; what it says is kept."""

    def __init__(self, folder: Path, port: int, environment: dict[str, str]) -> None:
        self.folder = folder
        self.said: SimpleQueue[dict[str, Any]] = SimpleQueue()
        self.log = folder.parent / "strap.log"
        self.starts = 0
        self.lifted = Event()
        """Set by the first rep since the last start."""
        options = ["--standby", "--json", "--gym", GYM, "--strap", STRAP, "--mqtt", f"mqtt://{HOST}:{port}"]
        self._command = [str(PROGRAM), "live", *options, "--recordings", str(folder)]
        self._environment = environment
        self._process: subprocess.Popen[str] | None = None
        self._reading: Thread | None = None

    def start(self) -> None:
        """Start it, where it does not run."""
        if self._process is not None and self._process.poll() is None:
            return
        self._wait()
        self.starts += 1
        self.lifted.clear()
        with self.log.open("a") as log:
            self._process = subprocess.Popen(  # noqa: S603 - this program
                self._command, env=self._environment, stdout=subprocess.PIPE, stderr=log, text=True
            )
        self._reading = Thread(target=self._read, args=[self._process.stdout], daemon=True)
        self._reading.start()

    @property
    def running(self) -> bool:
        """Whether it has not ended by itself."""
        return self._process is not None and self._process.poll() is None

    def kill(self) -> None:
        """Kill it, without a word."""
        if self._process is not None:
            self._process.kill()
            self._wait()

    def stop(self) -> int:
        """Ask it to end; return its status."""
        if self._process is None:
            return 0
        self._process.terminate()
        return self._wait()

    def fill_disk(self, most_bytes: int | None) -> None:
        """Let no file of its grow beyond so many bytes; None: as much as it likes."""
        if self._process is not None and self.running:
            limit = resource.RLIM_INFINITY if most_bytes is None else most_bytes
            resource.prlimit(self._process.pid, resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))

    def _wait(self) -> int:
        status = 0
        if self._process is not None:
            try:
                status = self._process.wait(PATIENCE_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                status = self._process.wait()
            self._process = None
        if self._reading is not None:
            self._reading.join()
        return status

    def _read(self, lines: IO[str]) -> None:
        with lines:
            for line in lines:
                with suppress(json.JSONDecodeError):  # the last line of one that was killed
                    self.said.put(told := json.loads(line))
                    if told["event"] == "rep":
                        self.lifted.set()
