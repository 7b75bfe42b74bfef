"""Files' views together: all objects once, at the cost of the files that changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from penstock.model import Finding
from penstock.objects.duplicates import drop_duplicates
from penstock.objects.meta import Object
from penstock.sources.last_good import View, identity_of


class Collector:
    """Puts the views of the same files together, again and again."""

    def __init__(self) -> None:
        self._views: Sequence[View] = ()
        self._objects: list[Object[Any]] = []
        self._is_plain = False
        """Whether the objects are just those of the views, one after the other."""

    def collect(self, views: Sequence[View]) -> tuple[Sequence[Object[Any]], Sequence[Finding]]:
        """The objects in the order of `views`, and findings on those that are there twice."""
        if self._replace(views):
            return self._objects, ()
        objects, doubles = drop_duplicates(obj for view in views for obj in view.fresh)
        kept = any(view.kept for view in views)
        present = {identity_of(obj) for obj in objects} if kept else set()
        for view in views:
            # What is written now outranks a last good version, e.g. after a move between files.
            for obj in view.kept:
                if identity_of(obj) not in present:
                    present.add(identity_of(obj))
                    objects.append(obj)
        self._views, self._objects, self._is_plain = views, objects, not (doubles or kept)
        return objects, doubles

    def _replace(self, views: Sequence[View]) -> bool:
        """Exchange objects for others with the same identities; False if more has changed."""
        if not self._is_plain or len(views) != len(self._views):
            return False
        objects, start = list(self._objects), 0
        for old, new in zip(self._views, views, strict=True):
            if old is not new:
                if new.kept or not _same_identities(old.fresh, new.fresh):
                    return False
                objects[start : start + len(new.fresh)] = new.fresh
            start += len(new.fresh)
        self._views, self._objects = views, objects
        return True


def _same_identities(old: Sequence[Object[Any]], new: Sequence[Object[Any]]) -> bool:
    return len(old) == len(new) and all(
        a is b or identity_of(a) == identity_of(b) for a, b in zip(old, new, strict=True)
    )
