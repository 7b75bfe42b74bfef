"""Backend subsetting: what it costs to compute, how even it is, and what moves.

No proxy takes part: this is the pure function that `penstock up` runs when the
endpoints of a backend service with subsetting change.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TypeVar

from figures import milliseconds
from sections import Section, Table, add_json_option, finish

from penstock.balancing.subsetting import Place, Subsetter

Shares = Mapping[str, Collection[Place]]
T = TypeVar("T")
SIZES = ((100, 10), (1000, 50), (5000, 50))


def shares(proxies: Sequence[str], places: Sequence[Place]) -> Shares:
    """The shares, computed from nothing."""
    return Subsetter(proxies).shares(dict.fromkeys(places, True))


def pairs(found: Shares) -> set[tuple[str, Place]]:
    """Who uses what."""
    return {(proxy, place) for proxy, share in found.items() for place in share}


def gained(before: Shares, after: Shares) -> float:
    """New pairs, as a share of those there were."""
    old = pairs(before)
    return len(pairs(after) - old) / len(old)


def balance(found: Shares) -> tuple[float, float]:
    """Requests of the least and the most busy endpoint, as a share of the mean."""
    load: dict[Place, float] = {}
    for share in found.values():
        for place in share:
            load[place] = load.get(place, 0.0) + 1 / len(share)
    mean = sum(load.values()) / len(load)
    return min(load.values()) / mean, max(load.values()) / mean


def measure(endpoints: int, fleet: int, samples: int) -> tuple[str, ...]:
    """One column of the table."""
    places = [(f"10.0.{n // 250}.{n % 250}", 8080) for n in range(endpoints)]
    proxies = [f"us-east1-{n}" for n in range(fleet)]
    first, again = timed(proxies, places, samples)
    whole = shares(proxies, places)
    dice = random.Random(1)  # noqa: S311 - the same in every run
    fewer_places = [without(places, dice.choice(places)) for _ in range(samples)]
    fewer_proxies = [without(proxies, dice.choice(proxies)) for _ in range(samples)]
    by_place = [shares(proxies, each) for each in fewer_places]
    by_proxy = [shares(each, places) for each in fewer_proxies]
    sizes = [len(share) for share in whole.values()]
    least, most = balance(whole)
    return (
        milliseconds(first),
        milliseconds(again),
        f"{min(sizes)} to {max(sizes)}",
        f"{least:.2f} to {most:.2f}",
        percent(gained(whole, each) for each in by_place),
        percent(gained(each, whole) for each in by_place),
        percent(gained(whole, each) for each in by_proxy),
        percent(gained(each, whole) for each in by_proxy),
    )


def without(items: Sequence[T], gone: T) -> list[T]:
    """All but one."""
    return [item for item in items if item != gone]


def timed(proxies: Sequence[str], places: Sequence[Place], samples: int) -> tuple[float, float]:
    """Medians: for a subsetter that knows nothing yet, and when one endpoint has changed."""
    fresh, known = [], []
    group = dict.fromkeys(places, True)
    for number in range(samples):
        subsetter = Subsetter(proxies)
        fresh.append(seconds(subsetter, group))
        changed = dict.fromkeys([*places[1:], (f"10.9.0.{number % 250}", 8080)], True)
        known.append(seconds(subsetter, changed))
    return statistics.median(fresh), statistics.median(known)


def seconds(subsetter: Subsetter, group: Mapping[Place, bool]) -> float:
    """What one computation takes."""
    begin = time.perf_counter()
    subsetter.shares(group)
    return time.perf_counter() - begin


def percent(values: Iterable[float]) -> str:
    """Mean and largest."""
    listed = list(values)
    return f"{statistics.mean(listed) * 100:.2f}% (at most {max(listed) * 100:.2f}%)"


ROWS = (
    "computing, the first time",
    "computing, when one endpoint has changed",
    "endpoints that a proxy uses",
    "requests of an endpoint, of the mean",
    "new pairs when an endpoint leaves",
    "… when one comes",
    "… when a proxy leaves",
    "… when one comes",
)


def section(samples: int) -> Section:
    """All sizes side by side."""
    columns = [measure(endpoints, fleet, samples) for endpoints, fleet in SIZES]
    rows = zip(ROWS, *columns, strict=True)
    titles = tuple(f"{endpoints:,} × {fleet}" for endpoints, fleet in SIZES)
    return Section(
        "subsetting",
        "Backend subsetting",
        (
            "Each proxy of a fleet uses a share of a group's endpoints (`subsetting` of a backend "
            f"service). {samples} samples each. A pair is a proxy with an endpoint that it uses; "
            "new ones are connections to be made. Fewest possible when an endpoint leaves is none, "
            "when a proxy leaves those that it had.",
        ),
        (Table("", ("endpoints × proxies", *titles), tuple(rows)),),
    )


def main() -> int:
    """Measure all sizes."""
    parser = argparse.ArgumentParser(description=str(__doc__).split("\n", maxsplit=1)[0])
    parser.add_argument("--samples", type=int, default=20)
    add_json_option(parser)
    arguments = parser.parse_args()
    finish(section(arguments.samples), arguments.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
