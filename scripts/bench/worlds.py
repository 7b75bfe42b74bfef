"""Big inputs for benchmarks: many Ingresses over fewer Services, as directories of files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

PER_FILE = 50
"""Documents in a file of Ingresses; a changed Ingress costs the reading of its whole file."""


def ingress(number: int, services: int, path: str = "/") -> str:
    """One Ingress with a host of its own."""
    return f"""\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: site-{number}
  namespace: team-{number % 50}
spec:
  rules:
    - host: site-{number}.example
      http:
        paths:
          - path: {path}
            pathType: Prefix
            backend:
              service:
                name: app-{number % services}
                port:
                  number: 80
"""


def service(number: int, namespace: str) -> str:
    """A Service with endpoints of its own: three pods that need not exist."""
    return f"""\
apiVersion: v1
kind: Service
metadata:
  name: app-{number}
  namespace: {namespace}
spec:
  selector:
    app: app-{number}
  ports:
    - name: http
      port: 80
      targetPort: 8080
"""


def slice_of(number: int, namespace: str, addresses: tuple[str, ...]) -> str:
    """The Service's EndpointSlice."""
    listed = "\n".join(
        f"  - addresses: [{address}]\n    conditions: {{ready: true}}" for address in addresses
    )
    return f"""\
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata:
  name: app-{number}-x
  namespace: {namespace}
  labels:
    kubernetes.io/service-name: app-{number}
addressType: IPv4
endpoints:
{listed}
ports:
  - name: http
    port: 8080
"""


def write_world(
    folder: Path, ingresses: int, services: int, real: Mapping[int, str] | None = None
) -> None:
    """`ingresses` Ingresses over `services` Services in 50 namespaces.

    The Services of a site live in the site's namespace, so `services` must be a
    multiple of 50 (or 1).  `real` has the Services whose only pod is a real one.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for start in range(0, ingresses, PER_FILE):
        numbers = range(start, min(start + PER_FILE, ingresses))
        text = "---\n".join(ingress(number, services) for number in numbers)
        ingress_file(folder, start).write_text(text)
    for start in range(0, services, PER_FILE):
        numbers = range(start, min(start + PER_FILE, services))
        parts = [service(n, f"team-{n % 50}") for n in numbers]
        parts += [slice_of(n, f"team-{n % 50}", pods(n, real or {})) for n in numbers]
        service_file(folder, start).write_text("---\n".join(parts))


def ingress_file(folder: Path, number: int) -> Path:
    """The file that holds an Ingress."""
    return folder / f"ingress-{number // PER_FILE:04}.yaml"


def service_file(folder: Path, number: int) -> Path:
    """The file that holds a Service and its EndpointSlice."""
    return folder / f"service-{number // PER_FILE:04}.yaml"


def pods(number: int, real: Mapping[int, str]) -> tuple[str, ...]:
    """The Service's real pod, or three addresses of its own where nobody listens."""
    if number in real:
        return (real[number],)
    return tuple(f"127.{100 + number % 50}.{number // 50}.{host}" for host in (1, 2, 3))


def save(path: Path, text: str) -> None:
    """Write as careful editors do: a new file, then a rename."""
    fresh = path.with_name(f".{path.name}.new")
    fresh.write_text(text)
    fresh.rename(path)
