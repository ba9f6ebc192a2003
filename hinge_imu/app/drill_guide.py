"""What somebody sees and reads who is guided through a drill: the step that is next, and how far it is."""

from __future__ import annotations

from hinge_imu.app import rounds
from hinge_imu.protocols.progress import Progress
from hinge_imu.protocols.protocol import Language, Protocol, common, say


class Guide(rounds.Guide):
    """The drill as it goes: all steps first, then what is next."""

    def __init__(self, protocol: Protocol, language: Language) -> None:
        self._language: Language = language
        steps = [f"{number}. {say(step.how, language)}" for number, step in enumerate(protocol.steps, 1)]
        super().__init__([f"{say(protocol.title, language)}: {say(protocol.about, language)}", *steps])

    def watch(self, progress: Progress) -> None:
        """Show what is next."""
        self.show(lambda: [state(progress, self._language)])


def state(progress: Progress, language: Language = "en") -> str:
    """Return what is to be done now, as a line: how much of it is done, and what it is."""
    step = progress.step
    if step is None:
        return say(common()["all_done"], language)
    how = say(step.how, language)
    if step.kind == "stand":
        return how
    if step.kind == "hold":
        return f"{progress.done:.0f} / {step.seconds:.0f} s  {how}"
    return f"{progress.done:.0f} / {step.count}  {how}"
