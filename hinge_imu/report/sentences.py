"""What the page says in words, each sentence from numbers alone."""

from __future__ import annotations

from collections import Counter
from statistics import median
from typing import NamedTuple

from hinge_imu.report.page import Page, SetView
from hinge_imu.samples import SEGMENTS
from hinge_imu.words import Words


class Change(NamedTuple):
    """A trend over a set: its field's name in the set's event, and how much of it is no more than an error."""

    name: str
    unit: str
    error: float
    digits: int
    key: str


CHANGES = (
    Change("spine_flexion_peak_trend", "deg", 8.0, 0, "rounding"),
    Change("concentric_trend", "s", 0.3, 1, "way_up"),
)
"""Within one session two reps of the deadlift must differ by up to 8 deg to differ at all (Aasa et al. 2019, DOI
10.1080/14763141.2019.1675751), and times by 0.3 s (Viecelli et al. 2020, DOI 10.1371/journal.pone.0235156)."""


def count(words: Words, what: str, number: int) -> str:
    """Return how many of something there are, in the singular where it is one."""
    return words.page[f"{what}_one" if number == 1 else f"{what}_many"].format(n=number)


def headline(page: Page, words: Words) -> list[str]:
    """Return the session in a few short sentences: what was done, how the back held, what comes first."""
    if not page.sets:
        return [words.page["no_reps"], words.page["no_reps_how"]]
    said = [done(page, words) + ".", held(page, words)]
    if page.todo:
        first = page.todo[0]
        said.append(
            words.page["first"].format(fault=words.faults[first.name].title, reps=count(words, "reps", first.reps))
        )
    else:
        said.append(words.page["nothing_to_mend"])
    return [sentence for sentence in said if sentence]


def done(page: Page, words: Words) -> str:
    """Return each exercise with its sets and reps."""
    lifts: dict[str, list[SetView]] = {}
    for each in page.sets:
        lifts.setdefault(words.exercise(each.profile.name, each.profile.title), []).append(each)
    return "; ".join(
        f"{name}: {count(words, 'sets', len(sets))}, {count(words, 'reps', sum(len(each.reps) for each in sets))}"
        for name, sets in lifts.items()
    )


def held(page: Page, words: Words) -> str:
    """Return in how many reps the back held; nothing where rounding it was the exercise."""
    if all(each.profile.may_round for each in page.sets):
        return ""
    if not page.back_measured:
        return words.page["back_not_measured"]
    key = "back_held_all" if page.back_held == page.back_measured else "back_held"
    return words.page[key].format(held=page.back_held, measured=page.back_measured)


def of_the_set(view: SetView, words: Words) -> list[str]:
    """Return what is worth saying of one set: attempts that failed, the tempo, where the set was going."""
    page = words.page
    said = [page["meant_to_round"]] if view.profile.may_round else []
    if view.failed:
        said.append(count(words, "failed", len(view.failed)))
    if not view.profile.may_round and (parted := _parted(view, words)):
        said.append(parted)
    kept = view.ended.tempo_kept_share if view.ended else None
    if kept is not None:
        said.append(page["tempo_kept"].format(percent=words.number(100 * kept)))
    return [*said, *(trend for change in CHANGES if (trend := _change(view, change, words)))]


def _parted(view: SetView, words: Words) -> str:
    """Return where spine and hips parted, in the middle of those reps in which they did."""
    found = [(rep.divergence_part, rep.divergence_pelvis_deg) for rep in view.reps if rep.divergence_part is not None]
    hips = [pelvis for _, pelvis in found if pelvis is not None]
    if not hips:
        return ""
    part, _ = Counter(part for part, _ in found).most_common(1)[0]
    where = {"part": words.page[f"part_{part}"], "hips": f"{words.number(median(hips))}°"}
    return words.page["parted"].format(reps=count(words, "reps", len(found)), **where)


def _change(view: SetView, change: Change, words: Words) -> str:
    """Return a change over the set where it is more than an error of measurement, and else that it is not."""
    ended, tail = view.ended, f"_{change.unit}"
    slope, low, high = (getattr(ended, f"{change.name}{part}{tail}", None) for part in ("", "_low", "_high"))
    if slope is None or low is None or high is None:
        seen = any(rep.spine_flexion_peak_deg is not None for rep in view.reps)
        return words.page["rounding_unknown"] if seen and change.key == "rounding" else ""
    total = slope * (len(view.reps) - 1)
    sure = abs(total) >= change.error and low * high > 0
    key = f"{change.key}_{'steady' if not sure else 'more' if total > 0 else 'less'}"
    unit = "°" if change.unit == "deg" else f" {change.unit}"
    amounts = {"change": words.number(abs(total), change.digits) + unit, "error": words.number(change.error, 1) + unit}
    return words.page[key].format(**amounts)


def missing(page: Page, words: Words) -> list[str]:
    """Return what was not measured in this session, and why."""
    said = [
        words.page["one_sensor"].format(sensor=words.page[f"sensor_{segment}"])
        for segment in SEGMENTS
        if segment not in page.header.worn
    ]
    holes = sum(rep.spine_flexion_peak_deg is None for rep in page.reps)
    if len(page.header.worn) > 1 and holes:
        said.append(words.page["holes"].format(reps=count(words, "reps", holes)))
    if any(rep.eccentric_s is None for rep in page.reps):
        dropped = sum(rep.eccentric_s is None for rep in page.reps)
        said.append(words.page["no_way_down"].format(reps=count(words, "reps", dropped)))
    return [*said, *_of_the_sensors(page, words)]


def _of_the_sensors(page: Page, words: Words) -> list[str]:
    if page.session is None:
        return []
    said = []
    for segment, sensor in page.session.sensors.items():
        facts = [f"{words.page[f'fact_{what}']} ({number}x)" for what, number in sorted(sensor.events.items())]
        if sensor.lost_s:
            facts.append(words.page["lost"].format(seconds=words.number(sensor.lost_s, 1)))
        if sensor.left_out:
            facts.append(words.page["left_out"].format(n=sensor.left_out, samples=sensor.samples))
        if facts:
            said.append(f"{words.page[f'sensor_{segment}']}: {', '.join(facts)}.")
    if page.session.bus:
        facts = [f"{words.page[f'fact_{what}']} ({number}x)" for what, number in sorted(page.session.bus.items())]
        said.append(f"{words.page['bus']}: {', '.join(facts)}.")
    return said
