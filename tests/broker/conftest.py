"""The broker's files that ship, run as they are: only paths, ports and passwords are those of the test."""

import getpass
import re
import socket
import ssl
import subprocess
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Event, Thread

import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from hinge_imu.publish.broker import mosquitto

SHIPPED = Path(__file__).parents[2] / "firmware_config" / "mosquitto"
USERS = ["strap1", "strap2", "coach", "gym-barbell-club", "river-strap1", "river-coach", "homeassistant"]
HOST = "127.0.0.1"


def password(user):
    return f"{user}'s secret"


def _free_port():
    with socket.create_server((HOST, 0)) as server:
        return server.getsockname()[1]


@pytest.fixture(scope="session")
def authority(tmp_path_factory):
    """The folder of certificates that the shipped script has made."""
    folder = tmp_path_factory.mktemp("certs")
    subprocess.run([SHIPPED / "certificates.sh", folder, HOST, "strap1", "strap2"], check=True, capture_output=True)
    return folder


@pytest.fixture(scope="session")
def passwords(tmp_path_factory):
    path = tmp_path_factory.mktemp("passwords") / "hinge-imu.passwd"
    for user in USERS:
        flags = ["-b"] if path.exists() else ["-b", "-c"]
        subprocess.run(["mosquitto_passwd", *flags, path, user, password(user)], check=True, capture_output=True)
    return path


@pytest.fixture
def start(authority, passwords, tmp_path):
    """Start a broker with the shipped files: start(uncommented=..., bridge=...)."""
    number = count(1)
    with ExitStack() as running:
        yield lambda **how: running.enter_context(
            Shipped(tmp_path / f"broker{next(number)}", authority, passwords, **how)
        )


class Shipped:
    """A real mosquitto that runs hinge-imu.conf, and bridge.conf to another one where wanted; it can be killed."""

    def __init__(self, folder, authority, passwords, *, certificates=False, home_assistant=False, bridge_to=None):
        self.folder, self.authority = folder, authority
        self.port, self.local_port = _free_port(), _free_port()
        (folder / "conf.d").mkdir(parents=True)
        places = {
            "/etc/mosquitto/certs/chain-ca.crt": str(authority / "ca.crt"),
            "/etc/mosquitto/certs": str(authority),
            "/etc/mosquitto/hinge-imu.acl": str(folder / "conf.d" / "acl.example"),
            "/etc/mosquitto/hinge-imu.passwd": str(passwords),
            "listener 8883": f"listener {self.port}",
            "listener 1883": f"listener {self.local_port}",
        }
        self._copy(
            "hinge-imu.conf", places, "cafile|require_certificate|use_identity_as_username" if certificates else "-"
        )
        self._copy("acl.example", {}, "user|topic" if home_assistant else "-")
        if bridge_to is not None:
            chain = {
                "broker.chain.example:8883": f"{HOST}:{bridge_to.port}",
                "replace-me": password("gym-barbell-club"),
            }
            self._copy("bridge.conf", {**places, **chain})
        # As Debian's own, beside which the shipped ones lie.
        self.config = folder / "mosquitto.conf"
        own = [f"persistence_location {folder}/", f"include_dir {folder}/conf.d", f"user {getpass.getuser()}"]
        self.config.write_text("\n".join(["persistence true", *own, ""]))

    def _copy(self, name, places, switched_on="-"):
        text = (SHIPPED / name).read_text()
        for written, here in places.items():
            text = text.replace(written, here)
        text = re.sub(rf"(?m)^#(?=({switched_on}) )", "", text)
        (self.folder / "conf.d" / name).write_text(text)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.kill()

    def start(self):
        self.process = subprocess.Popen([mosquitto(), "-c", self.config], stderr=subprocess.PIPE, text=True)
        said = []
        for line in self.process.stderr:
            said.append(line)
            if "running" in line:
                break
        assert self.process.poll() is None, said
        # Read on, or a full pipe would stop it.
        self.reader = Thread(target=self.process.stderr.read, daemon=True)
        self.reader.start()

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.reader.join()
        self.process.stderr.close()

    @property
    def kept(self):
        """The file in which the broker keeps what waits."""
        return self.folder / "mosquitto.db"

    def __call__(self, user, **how):
        return Someone(self, user, **how)


class Someone:
    """A client: what it hears, and what the broker answers to what it says."""

    def __init__(self, broker, user, secret=None, name=None, version=MQTTProtocolVersion.MQTTv311, certificate=None):
        keeps = {} if version == MQTTProtocolVersion.MQTTv5 else {"clean_session": name is None}
        self.client = Client(CallbackAPIVersion.VERSION2, client_id=name or "", protocol=version, **keeps)
        self.client.max_inflight_messages_set(100)
        if user is not None:
            self.client.username_pw_set(user, secret or password(user))
        files = {}
        if certificate is not None:
            files = {
                name: str(broker.authority / f"{certificate}.{end}")
                for name, end in (("certfile", "crt"), ("keyfile", "key"))
            }
        self.client.tls_set(str(broker.authority / "ca.crt"), cert_reqs=ssl.CERT_REQUIRED, **files)
        self.answer, self.heard, self.acknowledged = SimpleQueue(), SimpleQueue(), SimpleQueue()
        self.client.on_connect = lambda _c, _d, _f, reason, _p: self.answer.put(reason)
        self.client.on_message = lambda _c, _d, message: self.heard.put((message.topic, message.payload))
        self.client.on_publish = lambda _c, _d, _mid, reason, _p: self.acknowledged.put(reason)
        self.port = broker.port

    def __enter__(self):
        self.client.connect(HOST, self.port)
        self.client.loop_start()
        self.connected = str(self.answer.get(timeout=60))
        return self

    def __exit__(self, *_):
        self.client.disconnect()
        self.client.loop_stop()

    def hears(self, topic):
        listening = Event()
        self.client.on_subscribe = lambda *_: listening.set()
        self.client.subscribe(topic, qos=1)
        assert listening.wait(10)
        return self

    def says(self, topic, payload=b"{}", **how):
        """Say something, and return the broker's answer once it has it."""
        self.client.publish(topic, payload, qos=1, **how)
        return str(self.acknowledged.get(timeout=60))

    def next(self, count, quiet_s=10.0):
        """Return the next messages heard, fewer where it stays quiet."""
        got = []
        try:
            while len(got) < count:
                got.append(self.heard.get(timeout=quiet_s))
        except Empty:
            pass
        return got
