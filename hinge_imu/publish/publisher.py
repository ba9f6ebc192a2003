"""One session's mouth: what it says becomes messages, and these go to the link."""

from __future__ import annotations

from hinge_imu.events import AnyEvent, SessionEvent
from hinge_imu.publish.link import Link
from hinge_imu.publish.messages import Messages
from hinge_imu.samples import Angles, Header


class Publisher:
    """Says a session's events and angles, from its header to `finish`."""

    def __init__(self, header: Header, link: Link) -> None:
        self._messages = Messages(header)
        self._link = link
        link.session(header)

    def event(self, event: AnyEvent) -> None:
        """Publish an event; where the session has become known better, say so too."""
        self._link.send(self._messages.event(event))
        if isinstance(event, SessionEvent):
            self._link.session(self._messages.header)

    def angles(self, angles: Angles) -> None:
        """Publish angles."""
        self._link.send(self._messages.angles(angles))

    def finish(self) -> None:
        """Say what is left, and that the strap has no session any more."""
        self._link.send(self._messages.finish())
        self._link.session(None)
