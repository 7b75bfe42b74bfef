"""A well-behaved client that must not notice what goes on beside it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from e2e.harness import until
from hostile.case import request
from hostile.conversation import Conversation
from hostile.site import Site

_GET = request(b"/neighbour")
_LEAST = 20


@dataclass
class Neighbour:
    """What its requests came to."""

    served: int = 0
    failures: list[str] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def run(self, address: str) -> None:
        """Requests one after the other, by turns on a kept connection and on new ones."""
        try:
            with Conversation(address) as kept:
                while not self.over.is_set():
                    self._ask(kept)
                    with Conversation(address) as fresh:
                        self._ask(fresh)
        except Exception as error:
            self.failures.append(repr(error))

    def _ask(self, client: Conversation) -> None:
        client.send(_GET)
        answer = client.response()
        if answer.status == 200 and answer.body == b"web: GET /neighbour HTTP/1.1":
            self.served += 1
        else:
            self.failures.append(repr(answer))

    def served_more(self) -> None:
        """Return when it has been served some more times from now on."""
        goal = self.served + _LEAST
        until(lambda: bool(self.failures) or self.served >= goal)
        assert not self.failures


@contextmanager
def neighbour(site: Site) -> Iterator[Neighbour]:
    """A neighbour for the time of the block; fails if one request of it did, or too few came."""
    made = Neighbour()
    thread = threading.Thread(target=made.run, args=[site.address], name="neighbour")
    thread.start()
    try:
        made.served_more()
        yield made
        made.served_more()
    finally:
        made.over.set()
        thread.join(30)
    assert not made.failures
