"""A strap at the shipped broker, with the program as it is shipped: what it gives away, and what it opens."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from mcap.stream_reader import StreamReader

SECRET = "strap1's secret"  # as conftest.py has it  # noqa: S105
LISTENS = "0A"  # TCP_LISTEN of include/net/tcp_states.h


def listening(pid):
    """The TCP sockets of a process that wait for others to connect, from /proc."""
    own = {str(link.readlink()) for link in Path(f"/proc/{pid}/fd").iterdir()}
    rows = [
        line.split() for name in ("tcp", "tcp6") for line in Path(f"/proc/{pid}/net/{name}").read_text().splitlines()
    ]
    return [row[1] for row in rows if row[3] == LISTENS and f"socket:[{row[9]}]" in own]


def plain(path):
    """All bytes of a file, those of a recording unpacked."""
    raw = path.read_bytes()
    if path.suffix != ".mcap":
        return raw
    with path.open("rb") as file:
        return raw + b"".join(repr(record).encode() for record in StreamReader(file, emit_chunks=False).records)


@pytest.fixture
def own(start, authority, tmp_path):
    """The strap's configuration, its broker, and everything it writes."""
    broker = start()
    (tmp_path / "mqtt-password").write_text(SECRET + "\n")
    config = tmp_path / "strap.toml"
    config.write_text(f"""[publish]
gym = "barbell-club"
strap = "strap1"
mqtt = "mqtts://strap1@127.0.0.1:{broker.port}"
ca_file = "{authority}/ca.crt"
password_file = "mqtt-password"
""")
    return broker, config, tmp_path / "recordings"


def test_a_strap_that_is_worn_opens_no_port_and_its_password_is_nowhere(own, i2c):
    broker, config, recordings = own
    program = Path(sys.executable).parent / "hinge-imu"
    command = [program, "live", "--json", "--seconds", "2", "--config", config, "--recordings", recordings]
    with broker("coach") as coach:
        coach.hears("hinge/v1/barbell-club/strap1/status")
        streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        with subprocess.Popen(command, env=i2c().environment, **streams) as strap:
            [(_, status)] = coach.next(1)
            assert json.loads(status)["status"] == "online"
            assert listening(strap.pid) == []
            seen = [Path(f"/proc/{strap.pid}/{what}").read_bytes() for what in ("cmdline", "environ")]
            seen += strap.communicate(timeout=60)
    assert strap.returncode == 0
    written = [path for path in recordings.rglob("*") if path.is_file()]
    assert {path.suffix for path in written} >= {".mcap"}
    seen += [plain(path) for path in written]
    assert b"strap1@127.0.0.1" in b"".join(seen), "what is looked for would be seen"
    assert [each[:200] for each in seen if SECRET.encode() in each] == []


def test_a_socket_that_listens_would_be_seen():
    code = "import socket, sys; s = socket.create_server(('127.0.0.1', 0)); print(flush=True); sys.stdin.read()"
    streams = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", code], **streams) as server:
        server.stdout.readline()
        assert len(listening(server.pid)) == 1
        server.stdin.close()
