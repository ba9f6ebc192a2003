"""The doctor's look at the recordings: those that were cut off, and those that wait for the dashboard."""

from __future__ import annotations

from collections.abc import Iterator

from hinge_imu.app.doctor import Finding, Installation


def recordings(here: Installation) -> Iterator[Finding]:
    """Count what is not whole, and what has yet to be uploaded."""
    from hinge_imu.app.folders import torn
    from hinge_imu.app.uploads import status

    cut_off = torn(here.recordings)
    yield Finding(
        part="recordings",
        what="torn",
        verdict="mind" if cut_off else "good",
        text=f"{len(cut_off)} were cut off, and are not whole" if cut_off else "all are whole, or being written",
        mend="the service mends them when it starts; by hand: hinge-imu recover FILE" if cut_off else None,
    )
    if here.config.upload.url is None:
        yield Finding(part="recordings", what="upload", text="stay on this computer: [upload] url is not set")
        return
    waiting, problem = status(here.recordings, here.config)
    text = f"{waiting} wait for {here.config.upload.url}" + (f"; {problem}" if problem else "")
    yield Finding(
        part="recordings",
        what="upload",
        verdict="mend" if problem else "mind" if waiting else "good",
        text=text,
        mend="hinge-imu upload says more, and tries again" if waiting or problem else None,
    )
