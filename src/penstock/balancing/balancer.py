"""From a model, health and load to assignments; remembers what did not change."""

from __future__ import annotations

from collections.abc import Mapping

from penstock.model import Assignment, BackendServiceName, HealthView, LoadView, Model

Assignments = Mapping[BackendServiceName, Assignment]


class Balancer:
    """Makes the assignments for the proxies of one region."""

    def __init__(self, region: str = "") -> None:
        """`region` is empty where proxies serve whatever there is."""
        self._region = region

    def assign(self, model: Model, health: HealthView, loads: LoadView) -> Assignments:
        """Of every backend service that needs one."""
        return {}
