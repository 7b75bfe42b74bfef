"""Worlds so large that their routes are in shards: growing into one and back fails nothing."""

from __future__ import annotations

from contextlib import suppress

from load import Load, Site
from stage import HOST, Stage

from e2e.harness import request, until
from e2e.manifests import ingress
from penstock.envoy.compile.shards import SHARDED_FROM

LAST = f"h{SHARDED_FROM}.example"


def hosts(path: str = "/") -> str:
    """Enough of them; the last one leads elsewhere at `path`."""
    many = [ingress(f"m{n}", ("/", "two"), host=f"h{n}.example") for n in range(SHARDED_FROM)]
    return "".join((*many, ingress("last", (path, "one"), host=LAST)))


def answer(stage: Stage, host: str, path: str = "/") -> int:
    return request(stage.address, path, host=host).status


def is_live(stage: Stage, host: str, path: str) -> bool:
    """Whether there is a proxy, and it answers."""
    with suppress(OSError):
        return answer(stage, host, path) == 200
    return False


def test_growing_large_and_small_again_and_again(stage: Stage) -> None:
    """Twice: the second time Envoy has had scoped routes before, and does not ask for them."""
    up = stage.start()
    # Without WebSockets: the listener changes, which cuts them when the drain time is over.
    clients = Load(Site(stage.address, HOST), sockets=0, hasty=8)
    with clients:
        for _ in range(2):
            stage.write("many.yaml", hosts())
            up.applied("last")
            assert answer(stage, LAST) == 200
            assert answer(stage, LAST.upper()) == 200
            clients.more(100)
            (stage.folder / "many.yaml").unlink()
            up.applied("last")
            assert answer(stage, LAST) == 404
            clients.more(100)
    assert not clients.tally.failures, clients.tally.failures[:8]


def gke(number: int, name: str = "gke", more: str = "") -> str:
    """An Ingress with an address of its own and so many hosts, all of them for pods of `one`."""
    backend = "{service: {name: three, port: {number: 80}}}"
    paths = f"{{paths: [{{path: /, pathType: Prefix, backend: {backend}}}]}}"
    rules = "".join(f"    - {{host: g{n}.example, http: {paths}}}\n" for n in range(number))
    return f"""\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {{name: {name}, annotations: {{kubernetes.io/ingress.class: gce-internal{more}}}}}
spec:
  rules:
{rules}---
apiVersion: v1
kind: Service
metadata: {{name: three, annotations: {{cloud.google.com/neg: '{{"ingress": true}}'}}}}
spec: {{selector: {{app: one}}, ports: [{{port: 80, targetPort: 8080}}]}}
---
"""


def test_another_load_balancer_grows_large(stage: Stage) -> None:
    """Its listener shares Envoy's scopes with another one's and does not wait for them."""
    stage.write("many.yaml", hosts())
    stage.write("gke.yaml", gke(1))
    up = stage.start()
    event = next(e for e in up.events if e["event"] == "ready")
    balancer = next(lb for lb in event["loadBalancers"] if "gke" in lb["name"])
    address = balancer["addresses"][0]
    with Load(Site(address, "g0.example"), http2=0, sockets=0, hasty=8) as clients:
        for number in (SHARDED_FROM + 1, 1, SHARDED_FROM + 1):
            stage.write("gke.yaml", gke(number))
            up.applied("gke")
            assert request(address, host=f"g{number - 1}.example").status == 200
            clients.more(100)
    assert not clients.tally.failures, clients.tally.failures[:8]


def test_a_large_load_balancer_takes_an_address_over(stage: Stage) -> None:
    """Envoy refuses a listener at an address that another one has: it cannot come first."""
    vip = stage.pool.replace(".0/24", ".9")
    config = f"""\
apiVersion: penstock.dev/v1alpha1
kind: PenstockConfig
metadata: {{name: vips}}
spec:
  region: us-central1
  addresses: [{{name: vip, address: {vip}, region: us-central1, purpose: SHARED_LOADBALANCER_VIP}}]
---
"""
    static = ", kubernetes.io/ingress.regional-static-ip-name: vip"
    stage.write("gke.yaml", config, gke(1, "small", static))
    up = stage.start()
    clients = Load(Site(vip, "g0.example"), http1=0, http2=0, sockets=0, hasty=8)
    with clients:
        stage.write("gke.yaml", config, gke(SHARDED_FROM + 1, "large", static))
        up.applied("large")
        assert request(vip, host=f"g{SHARDED_FROM}.example").status == 200
        clients.more(100)
    assert not clients.tally.failures, clients.tally.failures[:8]


def test_a_change_is_sent_alone(stage: Stage) -> None:
    stage.write("many.yaml", hosts())
    up = stage.start()
    before = up.cli("status", "-o", "json")["xds"]["resourcesSent"]
    with Load(Site(stage.address, HOST)) as clients:
        for turn in range(5):
            stage.write("many.yaml", hosts(f"/v{turn}"))
            up.applied("last")
            assert answer(stage, LAST, f"/v{turn}") == 200
            assert answer(stage, LAST) == 404
        clients.more(60)
    clients.check()
    assert up.cli("status", "-o", "json")["xds"]["resourcesSent"] == before + 5


def test_a_killed_control_plane_and_a_new_proxy(stage: Stage) -> None:
    """The next control plane finds the scopes known; a new proxy asks for everything."""
    stage.write("many.yaml", hosts())
    stage.start()
    with Load(Site(stage.address, HOST)) as clients:
        stage.kill()
        up = stage.start()
        assert up.cli("status", "-o", "json")["xds"]["resourcesSent"] == 0
        stage.write("many.yaml", hosts("/v"))
        up.applied("last")
        assert answer(stage, LAST, "/v") == 200
    clients.check()
    stage.kill_envoy()
    until(lambda: is_live(stage, LAST, "/v"))
