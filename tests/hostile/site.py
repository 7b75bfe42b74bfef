"""The site under attack: everything goes to `web`, only `/public` goes to `public`."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from e2e.harness import Up, address_of, up
from e2e.manifests import other_hosts, service
from hostile.recorder import Recorder, recorder

MANIFESTS = (
    service("web")
    + service("public")
    + """\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web}
spec:
  defaultBackend: {service: {name: web, port: {number: 80}}}
  tls: [{hosts: [web.example], secretName: web-tls}]
  rules:
    - host: web.example
      http:
        paths:
          - path: /public
            pathType: Prefix
            backend: {service: {name: public, port: {number: 80}}}
          - path: /
            pathType: Prefix
            backend: {service: {name: web, port: {number: 80}}}
    - http:
        paths:
          - path: /public
            pathType: Prefix
            backend: {service: {name: public, port: {number: 80}}}
"""
)


@dataclass(frozen=True)
class Site:
    """A running instance, where it is reached, and what stands behind it."""

    up: Up
    address: str
    web: Recorder
    public: Recorder

    @property
    def envoy(self) -> int:
        """Envoy's process id."""
        (proxy,) = self.up.cli("status", "-o", "json")["proxies"]
        return int(proxy["pid"])

    def restarts(self) -> int:
        """How often Envoy died."""
        (proxy,) = self.up.cli("status", "-o", "json")["proxies"]
        return int(proxy["restarts"])


@contextmanager
def site(others: int = 0) -> Iterator[Site]:
    """`penstock up` with two recording endpoints."""
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="pen-")))
        (directory / "site.yaml").write_text(MANIFESTS + other_hosts(others, "web"))
        web = stack.enter_context(recorder("web"))
        public = stack.enter_context(recorder("public"))
        options = [
            option
            for each in (web, public)
            for option in ("--endpoints", f"default/{each.name}={each.address}")
        ]
        # A range of our own: instances that start at the same moment could pick the same address.
        options += ["--address-pool", f"127.24.{os.getpid() % 250}.0/24"]
        running = stack.enter_context(up([directory / "site.yaml"], directory / "state", *options))
        yield Site(running, address_of(running.events[0]), web, public)
