"""A dashboard of one's own over TLS, a link to it that can be cut, and recordings to send."""

from __future__ import annotations

import json
import os
import resource
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

import numpy as np

from hinge_imu.dashboard.tokens import Tokens
from hinge_imu.recording import McapWriter
from hinge_imu.samples import RAW, Header

ROOT = Path(__file__).parent.parent
GYM, STRAP = "gym", "strap"
START_S = 20.0

SEND = """
import sys
from pathlib import Path
from hinge_imu.config import load
from hinge_imu.publish.upload import UploadError, token, upload
config = load(Path(sys.argv[1]))
path = Path(sys.argv[2])
about = {"session_id": path.stem, "name": path.name, "gym": "gym", "strap": "strap"}
try:
    upload(path, config.upload, token(config.upload), about)
except UploadError as error:
    sys.exit(str(error))
"""


class Certificates:
    """A CA, and a certificate of it for this machine, made by openssl."""

    def __init__(self, folder: Path) -> None:
        self.ca, self.certificate, self.key = folder / "ca.pem", folder / "here.pem", folder / "here.key"
        curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
        ca = ["-subj", "/CN=a CA of a test", "-addext", "keyUsage=critical,keyCertSign"]
        names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
        names += ["-addext", "basicConstraints=critical,CA:FALSE"]
        self._make(*curve, *ca, "-keyout", str(folder / "ca.key"), "-out", str(self.ca))
        signed = ["-CA", str(self.ca), "-CAkey", str(folder / "ca.key")]
        self._make(*curve, *names, *signed, "-keyout", str(self.key), "-out", str(self.certificate))

    def _make(self, *options: str) -> None:
        command = ["openssl", "req", "-x509", *options]
        subprocess.run(command, check=True, capture_output=True)  # noqa: S603 - openssl is looked for on the PATH


class Dashboard:
    """`docs/receive.py` under uvicorn with TLS, in a process that can be killed and started again; what it has got."""

    def __init__(self, store: Path, certificates: Certificates, **environment: str) -> None:
        self.store, self.certificates = store, certificates
        store.mkdir(exist_ok=True)
        self.token = Tokens(store / "tokens.json").new(GYM, STRAP)
        self.port = free_port()
        self._environment = {**os.environ, "STORE": str(store), **environment}
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        """The number of the process; 0 before the first start."""
        return 0 if self._process is None else self._process.pid

    def start(self) -> None:
        """Start it, and wait until it answers."""
        tls = ["--ssl-certfile", str(self.certificates.certificate), "--ssl-keyfile", str(self.certificates.key)]
        where = ["--app-dir", str(ROOT / "docs"), "--host", "127.0.0.1", "--port", str(self.port)]
        command = [sys.executable, "-m", "uvicorn", *where, *tls, "--log-level", "warning", "receive:app"]
        with (self.store / "log").open("ab") as log:
            self._process = subprocess.Popen(command, env=self._environment, stdout=log, stderr=log)  # noqa: S603
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline and self.alive:
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1.0):
                return
            time.sleep(0.02)
        raise RuntimeError(f"the dashboard does not start: {self.log}")

    def kill(self) -> None:
        """As the power goes, for a process."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def room(self, most_bytes: int) -> None:
        """Let no file of its grow above a size, as on a disk that is full; -1 for all the room there is."""
        _, hard = resource.prlimit(self.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(self.pid, resource.RLIMIT_FSIZE, (most_bytes if most_bytes >= 0 else hard, hard))

    def received(self, strap: str = STRAP) -> list[dict[str, Any]]:
        """Return what the dashboard was told that a strap has sent."""
        path = self.store / "received.jsonl"
        told = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
        return [each for each in told if each["strap"] == strap]

    def arrived(self, strap: str = STRAP) -> dict[str, bytes]:
        """Return the recordings of a strap, by name."""
        return {path.name: path.read_bytes() for path in (self.store / GYM / strap).glob("*")}

    @property
    def log(self) -> str:
        """What it has written for whoever looks after it."""
        return (self.store / "log").read_text(errors="replace")

    def settings(self, folder: Path, port: int | None = None, token: str | None = None, strap: str = STRAP) -> Path:
        """Write a strap's configuration; return its path."""
        known = self.token if strap == STRAP else Tokens(self.store / "tokens.json").new(GYM, strap)
        (folder / "token").write_text((token or known) + "\n")
        (folder / "strap.toml").write_text(
            f'[publish]\ngym = "{GYM}"\nstrap = "{strap}"\n[upload]\nurl = "https://localhost:{port or self.port}"\n'
            f'token_file = "token"\nca_file = "{self.certificates.ca}"\n'
        )
        return folder / "strap.toml"


class Cable:
    """A link to the dashboard that does something once so many bytes have gone up, or come down."""

    def __init__(self, far: int, host: str = "127.0.0.1") -> None:
        self._far = far
        self._lock = threading.Lock()
        self._server = socket.create_server((host, 0))
        self.port: int = self._server.getsockname()[1]
        self._ends: list[socket.socket] = []
        self.sent = 0
        self._armed: tuple[str, int, Callable[[], object]] | None = None
        self._passed = Counter[str]()
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._server.close()
        self.cut()

    def after(self, count: int, action: Callable[[], object], way: str = "up") -> None:
        """Do it, once, when so many more bytes have gone that way; the rest of them never arrive."""
        with self._lock:
            self._passed.clear()
            self._armed = (way, count, action)

    def cut(self) -> None:
        """Cut the link, without a word to either end."""
        for end in self._ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
        self._ends = []

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._server.accept()
                try:
                    far = socket.create_connection(("127.0.0.1", self._far))
                except OSError:
                    near.close()
                    continue
                self._ends += [near, far]
                for ends in ((near, far, "up"), (far, near, "down")):
                    threading.Thread(target=self._carry, args=ends, daemon=True).start()

    def _carry(self, start: socket.socket, end: socket.socket, way: str) -> None:
        with suppress(OSError):
            while data := start.recv(1 << 16):
                left, action = self._counted(way, len(data))
                end.sendall(data[:left])
                if action is not None:
                    action()
                    break
        for each in (start, end):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _counted(self, way: str, count: int) -> tuple[int, Callable[[], object] | None]:
        with self._lock:
            self.sent += count if way == "up" else 0
            if self._armed is None or self._armed[0] != way:
                return count, None
            self._passed[way] += count
            over = self._passed[way] - self._armed[1]
            if over < 0:
                return count, None
            action, self._armed = self._armed[2], None
            return max(count - over, 0), action


def free_port() -> int:
    """Return a port on which nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


def recording(path: Path, megabytes: float, seed: int = 0) -> Path:
    """Record random numbers: about so many MB that nothing can shrink."""
    rng = np.random.default_rng(seed)
    raw = np.zeros(round(megabytes * 1e6 / 19), RAW)
    for field in ("acc", "gyr"):
        raw[field] = rng.integers(-(1 << 15), 1 << 15, raw[field].shape)
    raw["temp"] = rng.integers(-(1 << 15), 1 << 15, len(raw))
    raw["t_ns"] = np.arange(len(raw)) // 2 * 5_000_000
    raw["seq"], raw["sensor"] = np.arange(len(raw)) // 2, np.arange(len(raw)) % 2
    header = Header(session_id=path.stem, unit="counts", clock="polled", rate_hz=200.0, simulated=True, athlete="sam")
    with McapWriter(path, header) as writer:
        for block in np.array_split(raw, max(1, len(raw) // 4000)):
            writer.put(block)
    return path
