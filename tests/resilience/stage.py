"""An instance that is killed and started again on one state directory."""

from __future__ import annotations

import itertools
import os
import signal
import time
from pathlib import Path

from e2e.certificates import secret
from e2e.harness import Up, address_of
from e2e.manifests import deployment, ingress, service
from penstock.envoy.child import Identity
from penstock.envoy.record import Running

HOST = "web.example"
_numbers = itertools.count()


class Stage:
    """Manifests of two Services behind one host, with TLS."""

    def __init__(self, root: Path) -> None:
        self.folder = root / "manifests"
        self.state = root / "state"
        self.running: Up | None = None
        self.stderr: list[str] = []
        self.pool = f"127.{40 + os.getpid() % 80}.{next(_numbers) % 250}.0/24"
        self.folder.mkdir()
        self.write("services.yaml", *(service(n) + deployment(n) for n in ("one", "two")))
        self.write("ingress.yaml", ingress("web", ("/", "one"), tls="tls"))
        self.write("secret.yaml", secret("tls", HOST))

    def write(self, name: str, *texts: str) -> None:
        """Save a file as editors do: whole."""
        fresh = self.folder / f".{name}.new"
        fresh.write_text("".join(texts))
        fresh.replace(self.folder / name)

    def start(self, *options: str) -> Up:
        """Start, and wait until it is ready."""
        self.running = self.launch(*options)
        self.running.ready()
        return self.running

    def launch(self, *options: str) -> Up:
        """Start without waiting, with addresses that no other instance takes meanwhile."""
        return Up([self.folder], self.state, "--address-pool", self.pool, *options)

    @property
    def up(self) -> Up:
        assert self.running is not None
        return self.running

    @property
    def address(self) -> str:
        return address_of(next(e for e in self.up.events if e["event"] == "ready"))

    def envoy(self) -> Identity:
        """The process that the pid file names."""
        record = Running.load(self.state / "envoy.pid")
        assert record is not None
        return record.identity

    def kill(self) -> None:
        """kill -9 the control plane."""
        if self.running is not None:
            self.running.process.kill()
            self.running.process.wait()
            self.running.close()
            self.stderr += self.running.stderr
            self.running = None

    def kill_envoy(self) -> None:
        """kill -9 the proxy, if there is one."""
        record = Running.load(self.state / "envoy.pid")
        if record is not None and record.identity.alive:
            os.kill(record.identity.pid, signal.SIGKILL)
            deadline = time.monotonic() + 10
            while record.identity.alive and time.monotonic() < deadline:
                time.sleep(0.005)

    def end(self) -> None:
        """Stop everything, however the test ended."""
        if self.running is None:  # Whoever starts on the directory ends what was left there.
            self.running = self.launch()
            self.running.wait(lambda e: e["event"] in ("ready", "stopped"))
        self.running.stop()
        self.stderr += self.running.stderr
        assert "Traceback" not in "".join(self.stderr)
