"""Big inputs for benchmarks: many Ingresses over fewer Services, as directories of files."""

from __future__ import annotations

from pathlib import Path

PER_FILE = 50


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


def write_world(folder: Path, ingresses: int, services: int) -> None:
    """`ingresses` Ingresses over `services` Services in 50 namespaces.

    The Services of a site live in the site's namespace, so `services` must be a
    multiple of 50.
    """
    folder.mkdir(parents=True, exist_ok=True)
    documents = [ingress(number, services) for number in range(ingresses)]
    for start in range(0, ingresses, PER_FILE):
        text = "---\n".join(documents[start : start + PER_FILE])
        (folder / f"ingress-{start // PER_FILE:04}.yaml").write_text(text)
    for start in range(0, services, PER_FILE):
        numbers = range(start, min(start + PER_FILE, services))
        parts = [service(n, f"team-{n % 50}") for n in numbers]
        parts += [slice_of(n, f"team-{n % 50}", pods(n)) for n in numbers]
        (folder / f"service-{start // PER_FILE:04}.yaml").write_text("---\n".join(parts))


def pods(number: int) -> tuple[str, ...]:
    """Three addresses of the Service's own."""
    return tuple(f"127.{100 + number % 50}.{number // 50}.{host}" for host in (1, 2, 3))
