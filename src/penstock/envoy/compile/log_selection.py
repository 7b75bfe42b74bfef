"""Which requests are logged, and in which form: by what their backend service asks for.

A cluster says under `LOG` which selection its requests belong to; the connection
managers' access loggers have a filter for each selection that a backend service of their
URL map asks for.  As long as none asks for anything, clusters say nothing and loggers have
no filter.
Shares are drawn by Envoy, independent of what clients send.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from envoy.config.accesslog.v3 import accesslog_pb2
from envoy.extensions.access_loggers.filters.cel.v3 import cel_pb2
from envoy.type.v3 import percent_pb2

from penstock.envoy.compile.messages import pack
from penstock.model import (
    BackendService,
    BackendServiceName,
    Forward,
    RequestLogging,
    UrlMap,
    UrlMapName,
)

LOG: Final = "penstock.log"
"""The namespace of metadata of clusters."""
_KEY: Final = "selection"
_METADATA: Final = "xds.cluster_metadata"
_TOLD: Final = f"has({_METADATA}) && '{LOG}' in {_METADATA}.filter_metadata"
"""Constant expressions; of a selection there are only numbers in them."""
_ALL: Final = 1_000_000
_FRACTION: Final = percent_pb2.FractionalPercent.DenominatorType.MILLION


class LogForm(NamedTuple):
    """What entries have beside the usual fields."""

    orca: bool = False
    """The endpoint's report of its load."""
    cipher: bool = False
    headers: bool = False

    @classmethod
    def of(cls, logging: RequestLogging) -> LogForm:
        """The form of a backend service's entries."""
        fields = logging.optional_fields
        headers = bool(logging.request_headers or logging.response_headers)
        return cls("orca_load_report" in fields, "tls.cipher" in fields, headers)


USUAL: Final = LogForm()


class LogSelection(NamedTuple):
    """Requests that are logged in one form, and how many of a million."""

    form: LogForm
    per_million: int

    @classmethod
    def of(cls, logging: RequestLogging) -> LogSelection:
        """The selection that a backend service asks for."""
        share = round(logging.sample_rate * _ALL) if logging.enable else 0
        return cls(LogForm.of(logging) if share else USUAL, share)

    @property
    def key(self) -> str:
        """What clusters say."""
        return f"{self.per_million}/{sum(1 << bit for bit, on in enumerate(self.form) if on)}"


LogSelections = tuple[LogSelection, ...]


Asked = Mapping[BackendServiceName, LogSelection]
"""What each backend service that asks for anything asks for."""


def asked_by(services: Iterable[BackendService]) -> Asked:
    """What backend services ask to be logged."""
    return {s.name: asked for s in services if (asked := _asked(s)) is not None}


def _asked(service: BackendService) -> LogSelection | None:
    """What a backend service asks for; who asks for everything in the usual form need not."""
    asked = LogSelection.of(service.logging.value) if service.logging is not None else None
    return None if asked == LogSelection(USUAL, _ALL) else asked


class MapSelections:
    """The selections of URL maps, each of the backend services that it leads to.

    Of others' none, for a listener that changes asks its clients to leave.
    """

    def __init__(self) -> None:
        self._led_to: dict[UrlMapName, tuple[UrlMap, frozenset[BackendServiceName]]] = {}

    def read(
        self, url_maps: Mapping[UrlMapName, UrlMap], asked: Asked
    ) -> Mapping[UrlMapName, LogSelections]:
        """The selections of each URL map, sorted; only maps that changed are walked through."""
        if not asked:
            self._led_to = {}
            return dict.fromkeys(url_maps, ())
        self._led_to = {name: self._read(url_map) for name, url_map in url_maps.items()}
        return {
            name: tuple(sorted({asked[service] for service in led_to & asked.keys()}))
            for name, (_, led_to) in self._led_to.items()
        }

    def _read(self, url_map: UrlMap) -> tuple[UrlMap, frozenset[BackendServiceName]]:
        known = self._led_to.get(url_map.name)
        if known is not None and known[0] is url_map:
            return known
        return url_map, frozenset(_led_to(url_map))


def _led_to(url_map: UrlMap) -> Iterator[BackendServiceName]:
    for action in url_map.actions:
        if isinstance(action, Forward):
            yield from (backend.backend_service for backend in action.backends)


def fill_selection(cluster: Any, service: BackendService) -> None:
    """Have the cluster say which selection its requests belong to."""
    asked = _asked(service)
    if asked is not None:
        cluster.metadata.filter_metadata[LOG].update({_KEY: asked.key})


def filter_of(form: LogForm, selections: LogSelections) -> Any:
    """The filter of the logger of a form; None where everything is logged in one form."""
    if not selections:
        return None
    filters = [_filter(s) for s in selections if s.form == form and s.per_million]
    if form == USUAL:
        # Also requests that no backend service gets: nobody asks for anything about them.
        filters.insert(0, _expression(f"!({_TOLD})"))
    if len(filters) == 1:
        return filters[0]
    return accesslog_pb2.AccessLogFilter(or_filter=accesslog_pb2.OrFilter(filters=filters))


def _filter(selection: LogSelection) -> Any:
    named = f"{_METADATA}.filter_metadata['{LOG}']['{_KEY}'] == '{selection.key}'"
    belongs = _expression(f"{_TOLD} && {named}")
    if selection.per_million >= _ALL:
        return belongs
    drawn = accesslog_pb2.RuntimeFilter(
        runtime_key=LOG,
        percent_sampled=percent_pb2.FractionalPercent(
            numerator=selection.per_million, denominator=_FRACTION
        ),
        use_independent_randomness=True,
    )
    both = [accesslog_pb2.AccessLogFilter(runtime_filter=drawn), belongs]
    return accesslog_pb2.AccessLogFilter(and_filter=accesslog_pb2.AndFilter(filters=both))


def _expression(text: str) -> Any:
    made = accesslog_pb2.AccessLogFilter()
    made.extension_filter.name = "envoy.access_loggers.extension_filters.cel"
    made.extension_filter.typed_config.CopyFrom(pack(cel_pb2.ExpressionFilter(expression=text)))
    return made
