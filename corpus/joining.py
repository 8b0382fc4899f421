"""Which things belong together, given which pairs of them are alike and which are known to be apart. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pair:
    """Two things and how alike they are, from 0 to 1."""

    one: int
    other: int
    score: float


def joined(
    pairs: Iterable[Pair],
    *,
    apart: Iterable[tuple[int, int]] = (),
    may_join: Callable[[int, int], bool] | None = None,
    on_join: Callable[[int, int], None] | None = None,
) -> list[list[int]]:
    """The sets of two or more things that pairs connect, each sorted, sorted among themselves.

    The most alike pairs are taken first, and ties in the order of the things, so the order of ``pairs`` does not matter.
    Two sets never become one if that brought together things that are ``apart``, or if ``may_join`` refuses their
    first members; ``on_join`` is told of each union as (the first member that stays first, the one that no longer is).
    Without ``apart`` and ``may_join`` the sets are the connected components.
    """
    first: dict[int, int] = {}
    members: dict[int, list[int]] = {}
    shunned: dict[int, set[int]] = {}
    for one, other in apart:
        shunned.setdefault(one, set()).add(other)
        shunned.setdefault(other, set()).add(one)

    def find(thing: int) -> int:
        path = []
        while (above := first.setdefault(thing, thing)) != thing:
            path.append(thing)
            thing = above
        for passed in path:
            first[passed] = thing
        return thing

    # By falling score; the things' order among themselves makes ties the same whatever came first.
    ordered = sorted(pairs, key=lambda pair: (-pair.score, *sorted((pair.one, pair.other))))
    for pair in ordered:
        low, high = sorted((find(pair.one), find(pair.other)))
        if low == high:
            continue
        low_members, high_members = members.get(low, [low]), members.get(high, [high])
        # What a set shuns is kept with its first member: the union of what its members shun.
        if not shunned.get(low, set()).isdisjoint(high_members) or (may_join and not may_join(low, high)):
            continue
        first[high] = low
        members[low] = [*low_members, *high_members]
        members.pop(high, None)
        if high in shunned:
            shunned.setdefault(low, set()).update(shunned[high])
        if on_join:
            on_join(low, high)
    return sorted(sorted(found) for found in members.values())
