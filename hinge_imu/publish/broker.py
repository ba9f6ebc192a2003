"""A broker of one's own on this machine, for the demo and the tests: mosquitto, or amqtt where it is missing."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal, Self

_HOST = "127.0.0.1"
_START_S = 15.0  # amqtt on a Pi Zero imports for seconds
_STOP_S = 5.0


class PrivateBroker:
    """Context manager around a broker that only this machine can reach, and that keeps nothing.

    ``name`` is ``mosquitto`` or ``amqtt``; ``url`` is where it answers.

    Raises
    ------
    RuntimeError
        If neither broker is installed, or it does not start; the message says what to do.
    """

    def __init__(self) -> None:
        self._mosquitto = mosquitto()
        if self._mosquitto is None and find_spec("amqtt") is None:
            raise RuntimeError(
                "no MQTT broker is installed; run `sudo apt install mosquitto`, or `pip install 'hinge-imu[demo]'`"
            )
        self.name: Literal["mosquitto", "amqtt"] = "mosquitto" if self._mosquitto else "amqtt"
        self.port = _free_port()
        self.url = f"mqtt://{_HOST}:{self.port}"

    def __enter__(self) -> Self:
        self._folder = TemporaryDirectory(prefix="hinge-imu-broker-")
        self._log = Path(self._folder.name) / "log"
        with self._log.open("wb") as log:
            command = self._command(Path(self._folder.name) / "config")
            self._process = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL)  # noqa: S603
        try:
            self._wait_until_it_answers()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()

    def _command(self, config: Path) -> list[str]:
        if self._mosquitto:
            config.write_text(f"listener {self.port} {_HOST}\nallow_anonymous true\npersistence false\n")
            return [self._mosquitto, "-c", str(config)]
        # Its configuration is YAML, and JSON is YAML.
        config.write_text(json.dumps(_amqtt_config(self.port)))
        return [sys.executable, "-m", "amqtt.scripts.broker_script", "-c", str(config)]

    def _wait_until_it_answers(self) -> None:
        deadline = time.monotonic() + _START_S
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                socket.create_connection((_HOST, self.port), timeout=1.0).close()
            except OSError:
                time.sleep(0.02)
            else:
                return
        said = self._log.read_text(errors="replace").strip().splitlines()[-1:]
        raise RuntimeError(f"{self.name} does not start on port {self.port}: {' '.join(said) or 'it says nothing'}")

    def _stop(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._folder.cleanup()


def mosquitto() -> str | None:
    """Return the path of mosquitto, or None; Debian puts it where only root's PATH leads."""
    return shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")


def _free_port() -> int:
    with socket.create_server((_HOST, 0)) as server:
        port: int = server.getsockname()[1]
        return port


def _amqtt_config(port: int) -> dict[str, object]:
    return {
        "listeners": {"default": {"type": "tcp", "bind": f"{_HOST}:{port}"}},
        "plugins": {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}},
    }
