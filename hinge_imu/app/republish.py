"""A recording said to a broker again, as it was live: every revision, and the angles."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import msgspec

from hinge_imu.app.replay import BLOCK
from hinge_imu.app.session import Listeners, run
from hinge_imu.publish.link import Link
from hinge_imu.publish.outbox import Outbox
from hinge_imu.publish.publisher import Publisher
from hinge_imu.recording import Recording, batched, paced, pushes
from hinge_imu.samples import Header, Item

STRAP = "replay"
"""Who says it, so that the status of the strap that recorded it stays what it is."""

PATIENCE_S = 30.0
"""How long the last messages may take to be acknowledged; chosen: a broker that is there answers in a fraction."""


def republish(
    recording: Recording,
    url: str,
    *,
    gym: str | None = None,
    strap: str = STRAP,
    speed: float | None = None,
    patience_s: float = PATIENCE_S,
    progress: Callable[[float], None] = lambda _: None,
    **about: Any,
) -> int:
    """Publish a session; return how many messages the broker has not acknowledged.

    ``speed`` paces it, 1 as it was; without, it goes as fast as it can. ``gym`` is the recording's own where it is not
    given; ``about`` are fields of the header that are not to be as they were.

    Raises
    ------
    ValueError
        Where the URL, or a name, is none.
    """
    names = {"mqtt": url, "strap": strap} | ({"gym": gym} if gym else {})
    header = _as(msgspec.structs.replace(recording.header, **about), names)
    stream = batched(recording.stream(), BLOCK) if speed is None else paced(pushes(recording.stream(), BLOCK), speed)
    return _publish(header, _told(stream, recording, progress), patience_s)


def _publish(header: Header, stream: Iterator[Item], patience_s: float) -> int:
    config = header.config.publish
    with closing(Outbox(None, config.keep_mb)) as outbox, Link(config, outbox) as link:
        publisher = Publisher(header, link)
        run(header, stream, Listeners(angles=[publisher.angles], events=[publisher.event]))
        publisher.finish()
        return link.close(patience_s)


def _as(header: Header, names: dict[str, str]) -> Header:
    publish = msgspec.to_builtins(header.config.publish) | names
    named = msgspec.convert(publish, type(header.config.publish))
    return msgspec.structs.replace(header, config=msgspec.structs.replace(header.config, publish=named))


def _told(stream: Iterator[Item], recording: Recording, progress: Callable[[float], None]) -> Iterator[Item]:
    for item in stream:
        yield item
        progress(recording.fraction)
