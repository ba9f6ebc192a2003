"""The protocol, word by word, over TLS; what a strap makes of it is in tests/publish."""

import hashlib
import os
import signal
import ssl
from base64 import b64encode
from contextlib import closing
from http.client import HTTPSConnection

import pytest

from hinge_imu.dashboard.tokens import Tokens

CONTENT = os.urandom(3000)


class Line:
    """A connection to a dashboard that says what it is told to say, right or wrong."""

    def __init__(self, dashboard):
        self.common = {"Authorization": f"Bearer {dashboard.token}", "Tus-Resumable": "1.0.0"}
        self.context = ssl.create_default_context(cafile=dashboard.certificates.ca)
        self.port = dashboard.port

    def connection(self):
        return closing(HTTPSConnection("localhost", self.port, timeout=20.0, context=self.context))

    def ask(self, method, where, headers, body=None):
        with self.connection() as connection:
            connection.request(method, f"/uploads/{where}", body, {**self.common, **headers})
            response = connection.getresponse()
            self.said = response.read().decode()
            return response.status, response.headers

    def create(self, session, content=CONTENT, length=None, **told):
        about = {"session_id": session, "name": f"{session}.mcap", "gym": "gym", "strap": "strap"}
        about |= {"sha256": hashlib.sha256(content).hexdigest(), **told}
        metadata = ",".join(f"{key} {b64encode(value.encode()).decode()}" for key, value in about.items())
        return self.ask("POST", "", {"Upload-Length": str(length or len(content)), "Upload-Metadata": metadata})

    def begin(self, name, content=CONTENT):
        status, headers = self.create(name, content)
        assert status == 201
        return headers["Location"]

    def append(self, where, content, offset=0, **headers):
        kind = {"Content-Type": "application/offset+octet-stream", "Upload-Offset": str(offset)}
        return self.ask("PATCH", where, {**kind, **headers}, content)

    def offset(self, where):
        status, headers = self.ask("HEAD", where, {})
        assert status == 200
        return int(headers["Upload-Offset"])

    def hold(self, connection, where, sent, announced):
        """Begin a piece, and fall silent in the middle of it."""
        connection.putrequest("PATCH", f"/uploads/{where}")
        kind = {"Content-Type": "application/offset+octet-stream", "Upload-Offset": "0"}
        for key, value in {**self.common, **kind, "Content-Length": str(announced)}.items():
            connection.putheader(key, value)
        connection.endheaders(sent)
        while self.offset(where) < len(sent):
            pass


@pytest.fixture
def line(lasting):
    return Line(lasting)


@pytest.fixture
def name(request):
    return request.node.name[:60].replace("[", "-").replace("]", "-")


def test_a_recording_comes_in_pieces_and_stands_where_its_strap_says(line, lasting, name):
    where = line.begin(name)
    assert line.append(where, CONTENT[:1000])[1]["Upload-Offset"] == "1000"
    assert line.offset(where) == 1000
    status, headers = line.append(where, CONTENT[1000:], 1000)
    assert (status, headers["Upload-Offset"]) == (204, "3000")
    assert (lasting.store / "gym/strap" / f"{name}.mcap").read_bytes() == CONTENT
    (told,) = [each for each in lasting.received() if each["session_id"] == name]
    assert (told["gym"], told["strap"], told["sha256"]) == ("gym", "strap", hashlib.sha256(CONTENT).hexdigest())


def test_what_is_spoken_is_said_to_whoever_asks(line):
    status, headers = line.ask("OPTIONS", "", {"Authorization": ""})
    assert status == 204
    assert headers["Tus-Version"] == "1.0.0"
    assert headers["Tus-Extension"] == "creation,checksum,expiration"
    assert headers["Tus-Max-Size"] == "5000000"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Authorization": ""}, 401),
        ({"Authorization": "Bearer guess"}, 401),
        ({"Authorization": "Basic Z3ltOnN0cmFw"}, 401),
        ({"Tus-Resumable": "0.2.2"}, 412),
    ],
)
def test_whoever_is_not_known_or_speaks_another_version_is_refused_at_every_word(line, name, headers, status):
    where = line.begin(name)
    line.common |= headers
    assert line.create(name)[0] == status
    assert line.ask("HEAD", where, {})[0] == status
    assert line.append(where, CONTENT)[0] == status


def test_no_strap_sends_in_the_name_of_another_or_sees_what_it_sends(line, lasting, name):
    where = line.begin(name)
    line.common["Authorization"] = f"Bearer {Tokens(lasting.store / 'tokens.json').new('gym', 'other')}"
    assert line.create(name)[0] == 403
    assert "is not that of gym/strap" in line.said
    assert line.ask("HEAD", where, {})[0] == 404
    assert line.append(where, CONTENT)[0] == 404


def test_an_upload_that_there_is_not_is_not_found(line):
    for where in ("0" * 32, "nothing", "..%2f..%2ftokens"):
        assert line.ask("HEAD", where, {})[0] == 404


@pytest.mark.parametrize(
    ("length", "told", "status"),
    [
        (5_000_001, {}, 413),
        (3000, {"name": "../x.mcap"}, 400),
        (3000, {"sha256": "no"}, 400),
        ("-1", {}, 400),
        ("0", {}, 400),
        ("9" * 30, {}, 400),
    ],
)
def test_what_cannot_be_taken_is_refused_before_it_is_sent(line, name, length, told, status):
    assert line.create(name, length=length, **told)[0] == status
    assert line.said


def test_metadata_that_is_none_is_refused(line):
    for metadata in ("", "session_id", "session_id ???", "session_id /w==", "a b c"):
        assert line.ask("POST", "", {"Upload-Length": "5", "Upload-Metadata": metadata})[0] == 400


def test_a_piece_that_does_not_begin_where_the_last_one_ended_is_refused(line, name):
    where = line.begin(name)
    assert line.append(where, CONTENT[10:], 10)[0] == 409
    assert line.offset(where) == 0


def test_more_than_was_announced_is_refused_and_the_rest_can_still_come(line, lasting, name):
    where = line.begin(name)
    assert line.append(where, CONTENT + b"more")[0] == 413
    offset = line.offset(where)
    assert line.append(where, CONTENT[offset:], offset)[0] == 204
    assert (lasting.store / "gym/strap" / f"{name}.mcap").read_bytes() == CONTENT


def test_a_piece_of_another_kind_is_refused(line, name):
    assert line.append(line.begin(name), CONTENT, **{"Content-Type": "text/plain"})[0] == 415


def test_a_piece_that_was_damaged_on_the_way_is_taken_back(line, name):
    where = line.begin(name)
    checksum = "sha256 " + b64encode(hashlib.sha256(CONTENT[:500]).digest()).decode()
    assert line.append(where, CONTENT[:499] + b"?", **{"Upload-Checksum": checksum})[0] == 460
    assert line.offset(where) == 0
    assert line.append(where, CONTENT[:500], **{"Upload-Checksum": checksum})[0] == 204
    assert line.offset(where) == 500


def test_a_checksum_that_is_none_is_refused(line, name):
    where = line.begin(name)
    for checksum in ("sha256", "md5 AAAA", "sha256 ???"):
        assert line.append(where, CONTENT, **{"Upload-Checksum": checksum})[0] == 400
    assert line.offset(where) == 0


def test_a_recording_that_is_not_what_was_announced_is_forgotten(line, lasting, name):
    where = line.begin(name)
    assert line.append(where, CONTENT[::-1])[0] == 460
    assert line.ask("HEAD", where, {})[0] == 404
    assert not (lasting.store / "gym/strap" / f"{name}.mcap").exists()


def test_two_connections_cannot_send_the_same_recording_at_once(line, name):
    where = line.begin(name)
    with line.connection() as first:
        line.hold(first, where, CONTENT[:700], len(CONTENT))
        assert line.append(where, CONTENT[700:], 700)[0] == 423
        assert line.create(name)[0] == 423


def test_what_came_before_the_line_was_cut_need_not_come_again(line, name):
    where = line.begin(name)
    with line.connection() as first:
        line.hold(first, where, CONTENT[:700], len(CONTENT))
    status = 423
    while status == 423:  # until the cut is noticed
        status, _ = line.append(where, CONTENT[700:], 700)
    assert status == 204


def test_what_has_arrived_is_there_after_the_dashboard_was_killed_in_mid_piece(dashboard):
    line = Line(dashboard)
    where = line.begin("monday")
    with line.connection() as first:
        line.hold(first, where, CONTENT[:700], len(CONTENT))
        os.kill(dashboard.pid, signal.SIGKILL)
    dashboard.kill()
    dashboard.start()
    assert line.offset(where) == 700
    assert line.append(where, CONTENT[700:], 700)[0] == 204
    assert (dashboard.store / "gym/strap/monday.mcap").read_bytes() == CONTENT
    assert len(dashboard.received()) == 1


def test_a_full_disk_is_said_and_the_upload_goes_on_once_there_is_room(dashboard):
    line = Line(dashboard)
    where = line.begin("monday")
    dashboard.room(1024)
    assert line.append(where, CONTENT)[0] == 507
    assert "disk is full" in line.said
    dashboard.room(-1)
    offset = line.offset(where)
    assert offset <= 1024
    assert line.append(where, CONTENT[offset:], offset)[0] == 204
    assert (dashboard.store / "gym/strap/monday.mcap").read_bytes() == CONTENT
