"""The dashboard's ingest by itself: from a broker into a store, until it is asked to end."""

from __future__ import annotations

import argparse
import logging
import signal

from hinge_imu.config import PublishConfig
from hinge_imu.dashboard.ingest import NAME, Ingest
from hinge_imu.dashboard.store import Store


def main() -> None:
    """Bring what is said into the store, whatever happens to the broker and to the database."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("database", help="its URL")
    parser.add_argument("mqtt", help="the broker's URL")
    parser.add_argument("--name", default=NAME, help="of the session that the broker keeps (default: %(default)s)")
    parser.add_argument("--group", help="shares the work with others of this group")
    given = parser.parse_args()
    logging.basicConfig(format="%(asctime)s %(message)s")
    # Blocked before any thread is started, so that all of them leave the signal to this one.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    store = Store(given.database)
    with Ingest(store, PublishConfig(mqtt=given.mqtt), None, given.group, name=given.name):
        signal.sigwait({signal.SIGTERM, signal.SIGINT})
    store.close()


if __name__ == "__main__":
    main()
