"""What is said of a drill, in the language that was asked for, as sentences and as a table."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from hinge_imu.app.terminal import FAULT, GOOD
from hinge_imu.protocols.protocol import Language, Protocol, common, protocols, say
from hinge_imu.verdict import DrillAdvice, DrillChange, DrillEvent, DrillFinding, DrillVerdict, Grade

MARKS: dict[Grade, tuple[str, str]] = {
    "good": ("good", GOOD),
    "watch": ("watch", "bold"),
    "practise": ("practise", FAULT),
    "unsure": ("unsure", "bold"),
    "told": ("told", ""),
}
"""The key of each grade's word, and its colour; the words have a sign each, for those who see no colour."""

VERDICTS: dict[DrillVerdict, tuple[str, str]] = {
    "passed": ("verdict_passed", GOOD),
    "practise": ("verdict_practise", FAULT),
    "unsure": ("verdict_unsure", "bold"),
}


def told(event: DrillEvent, protocol: Protocol, language: Language = "en") -> DrillEvent:
    """Return a verdict with all its sentences written out."""
    replace = msgspec.structs.replace
    return replace(
        event,
        findings=tuple(_finding(each, protocol, language) for each in event.findings),
        reps=tuple(
            replace(rep, findings=tuple(_finding(each, protocol, language) for each in rep.findings))
            for rep in event.reps
        ),
        practise=_advice(event.practise, protocol, language),
        unseen=_advice(event.unseen, protocol, language),
        changes=None if event.changes is None else tuple(_change(each, language) for each in event.changes),
    )


def report(event: DrillEvent, protocol: Protocol, language: Language = "en") -> RenderableType:
    """Return a verdict, with its sentences, as a table of findings and what follows from them."""
    word, style = VERDICTS[event.verdict]
    title = say(protocol.title, language)
    parts: list[RenderableType] = [
        Text.assemble(f"{title}: ", (_word(word, language), style)),
        _table(event.findings, language),
    ]
    parts += [_reps(event, language)] if event.reps else []
    parts += _listed("practise_next", [_pointed(each, language) for each in event.practise], language)
    if event.changes is not None:
        changed = [change.text for change in event.changes] or [_word("no_change", language)]
        parts += _listed("changed", changed, language)
    parts += _listed("unseen", [each.text for each in event.unseen], language)
    return Group(*parts, Text(_word("aid", language)))


def heading(event: DrillEvent, protocol: Protocol, language: Language = "en") -> str:
    """Return the drill's title and its verdict as a line."""
    return f"{say(protocol.title, language)}: {_word(VERDICTS[event.verdict][0], language)}"


def listing(language: Language = "en") -> RenderableType:
    """Return all drills, a line each."""
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(no_wrap=True, style="bold")
    table.add_column()
    for protocol in protocols().values():
        table.add_row(protocol.name, say(protocol.about, language))
    return table


def _table(findings: Iterable[DrillFinding], language: Language) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column()
    for finding in findings:
        word, style = MARKS[finding.grade]
        step = _word(f"step_{finding.step}", language) if finding.step else ""
        table.add_row(Text(_word(f"grade_{word}", language), style), step, finding.text)
    return table


def _reps(event: DrillEvent, language: Language) -> Table:
    """Return the reps as a table: what each has shown."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column(_word("rep", language), justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    several = len({rep.step for rep in event.reps}) > 1
    if several:
        table.add_column("", no_wrap=True)
    table.add_column("")
    for number, rep in enumerate(event.reps, 1):
        word, style = MARKS[rep.grade]
        step = [_word(f"step_{rep.step}", language)] if several else []
        shown = "; ".join(each.text for each in rep.findings)
        table.add_row(str(number), Text(_word(f"grade_{word}", language), style), *step, shown)
    return table


def _listed(heading: str, lines: list[str], language: Language) -> list[RenderableType]:
    if not lines:
        return []
    table = Table.grid(padding=(0, 1, 0, 0))
    for line in lines:
        table.add_row("-", line)
    return [Text(_word(heading, language), "bold"), table]


def _pointed(advice: DrillAdvice, language: Language) -> str:
    if advice.drill is None:
        return advice.text
    return f"{advice.text} ({_word('see_drill', language)} {advice.drill})"


def _finding(finding: DrillFinding, protocol: Protocol, language: Language) -> DrillFinding:
    value, limit = (float("nan") if each is None else each for each in (finding.value, finding.limit))
    numbers = {
        "value": value,
        "limit": limit,
        "size": abs(value),
        "ms": 1000 * abs(value),
        "limit_ms": 1000 * abs(limit),
        "size_of_limit": abs(limit),
    }
    return msgspec.structs.replace(finding, text=protocol.sentence(finding.name, language).format(**numbers))


def _advice(said: Iterable[DrillAdvice], protocol: Protocol, language: Language) -> tuple[DrillAdvice, ...]:
    return tuple(msgspec.structs.replace(each, text=protocol.sentence(each.name, language).format()) for each in said)


def _change(change: DrillChange, language: Language) -> DrillChange:
    unit = "°" if change.unit == "deg" else " %"
    what = _word(f"{change.name}_moved", language)
    text = _word("change", language).format(what=what, before=change.before, after=change.after, unit=unit)
    return msgspec.structs.replace(
        change, text=text if change.step is None else f"{_word(f'step_{change.step}', language)}: {text}"
    )


def _word(name: str, language: Language) -> str:
    return say(common()[name], language)
