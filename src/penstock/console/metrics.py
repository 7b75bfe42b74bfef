"""Prometheus metrics: the control plane's own, and the proxies' through one endpoint.

Metrics are read off the instance when they are scraped (a custom collector), so
nothing has to count along.  Names follow Prometheus' conventions: unit suffixes,
`_total` for counters.  The proxies' statistics are limited by the inclusion list
of the bootstrap and follow the control plane's in the same answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    SummaryMetricFamily,
)
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from penstock import __version__
from penstock.console.proxy_metrics import joined
from penstock.model import Severity
from penstock.runtime.fleets import together
from penstock.runtime.instance import Instance

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class InstanceCollector(Collector):
    """The control plane's metrics."""

    def __init__(self, instance: Instance) -> None:
        self._instance = instance

    def collect(self) -> Iterable[Metric]:
        """All metric families, read off the instance now."""
        yield _gauge("penstock_build_info", "Version of Penstock.", 1, version=__version__)
        yield from self._revision()
        yield from self._work()
        yield from self._health()
        yield from self._proxies()

    def _revision(self) -> Iterator[Metric]:
        revision = self._instance.revision
        if revision is None:
            return
        model = revision.model
        yield _gauge("penstock_objects", "Objects in the world.", len(revision.world))
        yield _gauge(
            "penstock_load_balancers", "Load balancers in the model.", len(model.load_balancers)
        )
        yield _gauge(
            "penstock_backend_services",
            "Backend services in the model.",
            len(model.backend_services),
        )
        findings = GaugeMetricFamily(
            "penstock_findings", "Findings of the revision.", labels=["severity"]
        )
        for severity in Severity:
            count = sum(1 for f in revision.findings if f.severity is severity)
            findings.add_metric([severity.value], count)
        yield findings
        stages = SummaryMetricFamily(
            "penstock_stage_seconds", "Seconds each stage of a revision takes.", labels=["stage"]
        )
        for name, times in self._instance.stages.items():
            stages.add_metric([name], count_value=times.runs, sum_value=times.total)
        yield stages

    def _work(self) -> Iterator[Metric]:
        counters = self._instance.counters
        yield _counter("penstock_reconciles", "Times a revision was built.", counters.reconciles)
        yield _counter("penstock_revisions", "Revisions published.", counters.revisions)
        yield _counter("penstock_reconcile_failures", "Times building failed.", counters.failures)
        restarts = together.restarts(self._instance.fleets.running)
        yield _counter("penstock_proxy_restarts", "Times a proxy was started anew.", restarts)
        if self._instance.names.place is not None:
            answers = CounterMetricFamily(
                "penstock_dns_answers", "Answers to DNS queries.", labels=["rcode"]
            )
            for rcode, count in sorted(self._instance.names.counts.items()):
                answers.add_metric([rcode], count)
            yield answers

    def _health(self) -> Iterator[Metric]:
        health = self._instance.health
        yield _counter("penstock_health_probes", "Probes of endpoints.", health.counters.probes)
        failures = health.counters.failures
        yield _counter("penstock_health_probe_failures", "Of these, failed ones.", failures)
        family = GaugeMetricFamily(
            "penstock_endpoint_healthy",
            "Whether an endpoint is healthy by a health check: 1 or 0.",
            labels=["health_check", "endpoint"],
        )
        for (check, address, port), known in sorted(health.latest().items()):
            host = f"[{address}]" if ":" in address else address
            family.add_metric([check, f"{host}:{port}"], int(known.healthy))
        yield family

    def _proxies(self) -> Iterator[Metric]:
        proxies = self._instance.fleets.states
        yield _gauge("penstock_proxies_connected", "Connected proxies.", len(proxies))
        current = self._instance.revision
        behind = sum(1 for r, p in proxies if current is None or p.revision != current.id_in(r))
        yield _gauge(
            "penstock_proxies_behind", "Proxies that do not serve the latest revision.", behind
        )
        rejected = sum(len(p.nacks) for _, p in proxies)
        yield _gauge(
            "penstock_proxy_rejections", "Resource types a proxy currently rejects.", rejected
        )


def _gauge(name: str, text: str, value: float, **labels: str) -> Metric:
    family = GaugeMetricFamily(name, text, labels=list(labels))
    family.add_metric(list(labels.values()), value)
    return family


def _counter(name: str, text: str, value: float) -> Metric:
    return CounterMetricFamily(name, text, value=value)


async def exposition(instance: Instance) -> bytes:
    """Both parts as one Prometheus text exposition."""
    registry = CollectorRegistry()
    registry.register(InstanceCollector(instance))
    return generate_latest(registry) + joined(await together.prometheus(instance.fleets.running))
