"""Straps that are not there: what a recorded session said, said again over MQTT under another name, as it happened."""

import json
import time
from functools import cache
from itertools import count
from pathlib import Path
from queue import SimpleQueue
from socket import SHUT_RDWR
from threading import Event, Thread

import msgspec
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from hinge_imu.app.session import Listeners, run
from hinge_imu.publish.messages import Messages
from hinge_imu.recording import batched, open_recording

RECORDINGS = Path(__file__).parents[2] / "recordings"
HOSTILE = "<img src=x onerror=document.title='caught'>"
"""The name of somebody who means no good."""

PAIN = {"event": "mark", "what": "pain", "at_s": 5.0, "exercise": None, "text": None}
_numbers = count(1)


@cache
def said(name):
    """Return the exercise of a recording, and all that it says: (session time, level, payload), without names."""
    told, now = [], [0.0]
    recording = open_recording(RECORDINGS / f"{name}.mcap")
    header = msgspec.structs.replace(recording.header, session_id="SESSION", athlete="ATHLETE", started_utc=None)
    messages = Messages(header)

    def hear(made):
        told.extend((now[0], each.level, each.payload) for each in made)

    def angles(block):
        if len(block.sagittal.t_ns):
            now[0] = float(block.sagittal.t_s[-1])
        hear(messages.angles(block))

    listeners = Listeners(angles=[angles], events=[lambda event: hear(messages.event(event))])
    run(header, batched(recording.stream(), 100), listeners)
    hear(messages.finish())
    return header.exercise, told


class Fake:
    """One strap of a gym, in a thread: online, one session, offline; ``speed`` 0 says it all at once.

    At ``until_s`` of the session's time it waits until it may `go_on`.
    """

    def __init__(
        self, port, strap, athlete, name, *, gym="gym", speed=1.0, started_utc=None, tempo=None, skip_s=0.0, until_s=1e9
    ):
        self.session = f"{strap}-{next(_numbers)}"
        self._exercise, self._told = said(name)
        self._names = {"SESSION": self.session, "ATHLETE": athlete}
        self._top = f"hinge/v1/{gym}/{strap}"
        self._athlete, self._speed, self._skip_s = athlete, speed, skip_s
        self._utc, self._tempo = started_utc, tempo
        self._until_s, self.go_on = until_s, Event()
        self.said_rep: dict[str, float] = {}
        self.told, self.over, self._stop = SimpleQueue(), Event(), Event()
        self.client = Client(CallbackAPIVersion.VERSION2)
        self.client.max_queued_messages_set(0)
        self.client.max_inflight_messages_set(1000)
        self.client.on_message = lambda _c, _d, message: self.told.put(json.loads(message.payload))
        self.client.reconnect_delay_set(3, 3)
        will = {**self._common("status"), "session_id": None, "status": "lost"}
        self.client.will_set(f"{self._top}/status", json.dumps(will), qos=1, retain=True)
        self.client.connect("127.0.0.1", port)
        self.client.subscribe(f"{self._top}/command", qos=1)
        self.client.loop_start()
        self._thread = Thread(target=self._play, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self.go_on.set()
        self._thread.join()
        self.client.disconnect()
        self.client.loop_stop()

    def die(self):
        """Be gone without a word, and there again in the same session 3 s later."""
        self.client.on_connect = lambda *_: self.say("status", {"status": "online"})
        self.client.socket().shutdown(SHUT_RDWR)

    def say(self, level, fields, *, wait=False):
        self._send(level, json.dumps({**self._common(level), **fields}).encode(), wait=wait)

    def _common(self, level):
        common = {"schema": f"hinge/v1/{level}", "session_id": self.session, "athlete": self._athlete, "revision": 1}
        return {**common, "id": f"{self.session}-{level}-{next(_numbers)}", "time": None}

    def _send(self, level, payload, *, wait=False):
        sent = self.client.publish(
            f"{self._top}/{level}", payload, qos=level != "angles", retain=level in {"status", "meta"}
        )
        if level == "rep":
            self.said_rep.setdefault(json.loads(payload)["id"], time.time())
        if wait:
            sent.wait_for_publish(10)

    def _named(self, level, payload):
        for before, after in self._names.items():
            payload = payload.replace(before.encode(), json.dumps(after)[1:-1].encode())
        known = f'"started_utc":"{self._utc}"' if self._utc else '"started_utc":null'
        return payload.replace(b'"started_utc":null', known.encode()) if level == "session" else payload

    def _play(self):
        self.say("status", {"status": "online"})
        meta = {"rate_hz": 200.0, "exercise": self._exercise, "tempo": self._tempo, "started_utc": self._utc}
        self.say("meta", {**meta, "simulated": True, "labels": {}, "worn": ["pelvis", "thorax"]})
        start = {
            "event": "session",
            "end_s": 0.0,
            "sets": None,
            "reps": None,
            "sensors": {},
            "bus": {},
            "state": "open",
        }
        self.say("session", {**start, "id": self.session, "started_utc": self._utc})
        began = time.monotonic()
        for at_s, level, payload in self._told:
            if at_s > self._until_s and not self.go_on.is_set():
                self.go_on.wait()
                if self._stop.is_set():
                    return
            if self._speed and at_s > self._skip_s:
                late = (at_s - self._skip_s) / self._speed - (time.monotonic() - began)
                if late > 0 and self._stop.wait(late):
                    return
            elif level == "angles" and not self._speed:
                continue
            self._send(level, self._named(level, payload), wait=not self._speed and level == "session")
        self.over.set()
