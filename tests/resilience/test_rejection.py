"""What only Envoy can refuse: a finding on its object, the rest live, healed by itself."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Sequence
from ipaddress import ip_network
from pathlib import Path

import pytest

from e2e.certificates import secret
from e2e.harness import request
from e2e.manifests import ingress, service
from penstock.console.metrics import exposition
from penstock.model import Finding
from penstock.runtime.addresses import assigner
from penstock.runtime.instance import Instance
from penstock.runtime.news import News
from penstock.runtime.observer import Observer
from penstock.runtime.revision import Revision
from penstock.runtime.settings import Settings
from penstock.runtime.state import StateDir
from penstock.status import events, instance_report


class Recorder(Observer):
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.live = asyncio.Event()
        self.findings: list[Finding] = []
        self.gone: list[Finding] = []

    def ready(self, revision: Revision, seconds: float) -> None:
        self.live.set()

    def refused(self, findings: Sequence[Finding]) -> None:
        raise AssertionError(findings)

    def applied(
        self, revision: Revision, previous: Revision, changes: Sequence[str], seconds: float
    ) -> None:
        pass

    def told(self, news: News) -> None:
        self.findings += news.found
        self.gone += news.gone


async def until(condition, within: float = 20.0) -> None:  # type: ignore[no-untyped-def]
    async with asyncio.timeout(within):
        while True:
            if condition():
                return
            await asyncio.sleep(0.02)


async def test_a_port_that_only_envoy_finds_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool = f"127.{130 + os.getpid() % 60}.77.0/24"
    address = pool.replace(".0/24", ".1")
    file = tmp_path / "site.yaml"
    file.write_text(
        service("one") + secret("tls", "web.example") + ingress("web", ("/", "one"), tls="tls")
    )
    # As if somebody took the port between our look and Envoy's.
    monkeypatch.setattr(assigner, "probe", lambda address, port: None)
    settings = Settings((str(file),), address_pool=ip_network(pool), drain_seconds=1)
    state = StateDir.open(tmp_path / "state")
    recorder = Recorder()
    instance = Instance(settings, state, recorder)
    squatter = socket.create_server((address, 443))
    try:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(instance.run())
            await asyncio.wait_for(recorder.live.wait(), 20)
            await until(lambda: recorder.findings)
            (finding,) = recorder.findings
            assert finding.code == "envoy/rejected"
            assert "Address already in use" in finding.message
            assert events.finding(finding)["code"] == "envoy/rejected"
            answer = await asyncio.to_thread(request, address, host="web.example")
            assert answer.status == 200, "the other listener is live"
            shown = await instance_report.status_report(instance)
            assert shown["proxies"][0]["rejections"]
            assert b"penstock_proxy_rejections 1" in await exposition(instance)
            squatter.close()
            await until(lambda: finding in recorder.gone)
            assert not instance.fleets.nacks
            instance.stop()
    finally:
        squatter.close()
        state.close()
