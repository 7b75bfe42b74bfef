"""Small manifests for end-to-end tests."""

from __future__ import annotations


def service(name: str, port: int = 80, target: int = 8080, extra: str = "") -> str:
    """A Service whose pods are stand-ins."""
    return f"""\
apiVersion: v1
kind: Service
metadata: {{name: {name}}}
spec:
  selector: {{app: {name}}}
  ports: [{{name: http, port: {port}, targetPort: {target}{extra}}}]
---
"""


def deployment(name: str, replicas: int = 2, target: int = 8080) -> str:
    """The workload behind `service(name)`."""
    return f"""\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}}}
spec:
  replicas: {replicas}
  selector: {{matchLabels: {{app: {name}}}}}
  template:
    metadata: {{labels: {{app: {name}}}}}
    spec:
      containers:
        - name: main
          ports: [{{containerPort: {target}}}]
          readinessProbe: {{httpGet: {{path: /ready, port: {target}}}}}
---
"""


def ingress(
    name: str,
    *paths: tuple[str, str],
    host: str = "web.example",
    tls: str = "",
    port: int = 80,
    annotations: str = "",
) -> str:
    """An Ingress with Prefix paths to Services."""
    rules = "\n".join(
        f"""\
          - path: {path}
            pathType: Prefix
            backend: {{service: {{name: {backend}, port: {{number: {port}}}}}}}"""
        for path, backend in paths
    )
    tls_block = f"  tls: [{{hosts: [{host}], secretName: {tls}}}]\n" if tls else ""
    return f"""\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {{name: {name}, annotations: {{{annotations}}}}}
spec:
{tls_block}  rules:
    - host: {host}
      http:
        paths:
{rules}
---
"""


def other_hosts(number: int, backend: str) -> str:
    """Documents, each with a ``---`` before it, of as many hosts that nobody asks for."""
    made = (
        ingress(f"other-{n}", ("/", backend), host=f"h{n}.other.invalid") for n in range(number)
    )
    return "".join(f"---\n{text}" for text in made)
