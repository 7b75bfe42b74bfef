"""Who hears of a revision: the observer in order, names by what is newest and live."""

from collections.abc import Sequence

from penstock.envoy.compile import Owners
from penstock.envoy.resources import CLUSTER, EnvoyResource, Snapshot
from penstock.model import EndpointHealth, Finding, Model
from penstock.objects.world import World
from penstock.runtime.health import EndpointChange
from penstock.runtime.news import News
from penstock.runtime.revision import Revision
from penstock.runtime.telling import Telling

REFUSED = EndpointHealth(healthy=False, reason="connection refused", since=0.0)
TURNED = EndpointChange("127.20.0.1", 80, (), REFUSED, None)


class Heard:
    """An observer that remembers what it was told, in order."""

    def __init__(self) -> None:
        self.events: list[object] = []
        self.applied_last: Revision | None = None

    def ready(self, revision: Revision, seconds: float) -> None:
        self.events.append("ready")

    def refused(self, findings: Sequence[Finding]) -> None:
        self.events.append("refused")

    def applied(
        self, revision: Revision, previous: Revision, changes: Sequence[str], seconds: float
    ) -> None:
        self.events.append(tuple(changes))
        self.applied_last = revision

    def health_changed(self, change: EndpointChange) -> None:
        self.events.append(change)

    def told(self, news: News) -> None:
        self.events.append(news)


def revision(version: str) -> Revision:
    model = Model({}, {}, {}, {}, {}, {}, ())
    snapshot = Snapshot.of([EnvoyResource(CLUSTER, "web", version.encode())])
    return Revision(World(), model, {}, snapshot, (), Owners(model, {}))


def test_what_was_found_out_early_is_told_after_ready() -> None:
    heard, shown = Heard(), list[Revision]()
    telling = Telling(heard, shown.append)
    telling.health_changed(TURNED)
    assert not telling.is_live
    assert heard.events == []
    telling.ready(first := revision("1"), 0.1)
    telling.health_changed(TURNED)
    assert telling.is_live
    assert heard.events == ["ready", TURNED, TURNED]
    assert shown == [first]


def test_what_proxies_need_not_learn_is_told_with_the_rollout_under_way() -> None:
    heard = Heard()
    telling = Telling(heard, lambda _revision: None)
    telling.ready(first := revision("1"), 0.1)
    telling.unchanged(revision("1"), first, ["~a"], 0.0)
    number = telling.rolling_out(["~b"], 0.0)
    newer, latest = revision("2"), revision("2")
    telling.unchanged(latest, newer, ["~c"], 0.0)
    assert heard.events == ["ready", ("~a",)]
    telling.rolled_out(number, newer, latest)
    assert heard.events == ["ready", ("~a",), ("~b", "~c")]
    assert heard.applied_last is latest


def test_names_stay_those_of_what_was_built_while_the_rollout_was_under_way() -> None:
    shown: list[Revision] = []
    telling = Telling(Heard(), shown.append)
    telling.ready(first := revision("1"), 0.1)
    number = telling.rolling_out(["~route"], 0.0)
    newer, with_other_record = revision("2"), revision("2")
    telling.unchanged(with_other_record, newer, ["~record set"], 0.0)
    telling.rolled_out(number, newer, with_other_record)
    assert [each is with_other_record for each in shown] == [False, True, True]
    assert shown[0] is first
