"""Hosts and paths of GKE Ingresses against a table: where requests go, in `explain` and Envoy.

The oracle here is made from the documentation of GKE Ingress and of URL maps alone and knows
nothing of the dialect: random Ingresses, and requests near what they say.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote, unquote

import yaml
from explain_lab import CLIENT, Wire

from e2e.harness import up
from e2e.manifests import service
from penstock.cli import offline
from penstock.explain import Context, Listener, Request, explain
from penstock.runtime.settings import Settings

INGRESSES = int(os.environ.get("PENSTOCK_GKE_INGRESSES", "24"))
REQUESTS = int(os.environ.get("PENSTOCK_GKE_REQUESTS", "60"))
"""To each Ingress."""
SEED = int(os.environ.get("PENSTOCK_GKE_SEED", "6"))
SERVICES = ("one", "two", "three", "four")
HOSTS = ("a.test", "b.a.test", "c.b.a.test", "*.a.test", "*.b.a.test", "*.test", "x-a.test", None)
ASKED = (
    *(h for h in HOSTS if h and h[0] != "*"),
    "d.a.test",
    "e.b.a.test",
    "other",
    "test",
    "A.Test",
)
SEGMENTS = (
    "a",
    "b",
    "A",
    "ab",
    "a.b",
    "a-b",
    "~",
    "a;b",
    "a@b:c",
    "a,b",
    "%C3%A9",
    "a%20b",
    "a%7Cb",
)
SPELLINGS = {"%C3%A9": "é", "a%20b": "a b", "a%7Cb": "a|b", "A": "%41", "a-b": "a%2Db", "~": "%7E"}
"""Other ways to write some of them."""
NOT_FOUND = "404"


class Rule(NamedTuple):
    host: str | None
    paths: list[tuple[str, str, str]] | None
    """Path, type, Service; None is a rule without ``http``."""


class Case(NamedTuple):
    rules: list[Rule]
    default: str | None


def plain(path: str) -> str:
    """In one spelling, whatever it is written in."""
    return quote(unquote(path), safe="/*~;@:,")


def url_map_paths(path: str, kind: str) -> tuple[str, ...]:
    """What a path of an Ingress is in the URL map."""
    if kind == "ImplementationSpecific":
        return (path or "/*",)
    if kind == "Exact":
        return (path,)
    if path == "/":
        return ("/*",)
    bare = path[:-1] if path.endswith("/") else path
    return (bare, bare + "/*")


def wanted(case: Case, host: str, path: str) -> str:
    """The Service that gets a request."""
    default = case.default or NOT_FOUND
    by_host = {rule.host or "*": rule.paths for rule in case.rules if rule.paths is not None}
    name = host.lower()
    suffixes = [h for h in by_host if h.startswith("*.") and name.endswith(h[1:])]
    if name in by_host:
        chosen = name
    elif suffixes:
        chosen = max(suffixes, key=len)
    elif "*" in by_host:
        chosen = "*"
    else:
        return default
    entries = by_host[chosen] or ()
    table = {p: to for written, kind, to in entries for p in url_map_paths(plain(written), kind)}
    path = plain(path)
    if path in table and not path.endswith("/*"):
        return table[path]
    below = [p for p in table if p.endswith("/*") and path.startswith(p[:-1])]
    return table[max(below, key=len)] if below else default


def random_path(draw: random.Random) -> str:
    parts = [draw.choice(SEGMENTS) for _ in range(draw.choice((0, 1, 1, 1, 2, 2, 3)))]
    parts = [SPELLINGS.get(part, part) if draw.random() < 0.4 else part for part in parts]
    return "/" + "/".join(parts) + ("/" if parts and draw.random() < 0.3 else "")


def random_case(draw: random.Random) -> Case:
    def entry() -> tuple[str, str, str]:
        kind = draw.choice(("Exact", "Prefix", "ImplementationSpecific", "ImplementationSpecific"))
        path = random_path(draw)
        if kind == "ImplementationSpecific" and draw.random() < 0.6:
            path = draw.choice((path.rstrip("/") + "/*", "/*", ""))
        return path, kind, draw.choice(SERVICES)

    rules = [
        Rule(
            draw.choice(HOSTS),
            [entry() for _ in range(draw.randint(1, 6))] if draw.random() < 0.95 else None,
        )
        for _ in range(draw.randint(1, 5))
    ]
    return Case(rules, draw.choice((None, *SERVICES)))


def requests(draw: random.Random, case: Case) -> Iterator[tuple[str, str]]:
    written = [path for rule in case.rules for path, _, _ in rule.paths or ()]
    ends = ("", "", "/", "/a", "/b/A", "a", "/~/", ".b", "?q=/a/b", "/%C3%A9")
    for _ in range(REQUESTS):
        path = draw.choice(written) if written and draw.random() < 0.8 else random_path(draw)
        path = path.removesuffix("*")
        end = draw.choice(ends)
        path = quote(path.rstrip("/") if end[:1] == "/" else path or "/", safe="/%~;@:,|")
        yield draw.choice(ASKED), path + end


def manifest(number: int, case: Case) -> dict[str, Any]:
    def backend(name: str) -> dict[str, Any]:
        return {"service": {"name": name, "port": {"number": 80}}}

    rules: list[dict[str, Any]] = []
    for rule in case.rules:
        made: dict[str, Any] = {} if rule.host is None else {"host": rule.host}
        if rule.paths is not None:
            listed = [{"path": p, "pathType": k, "backend": backend(s)} for p, k, s in rule.paths]
            made["http"] = {"paths": listed}
        rules.append(made)
    spec: dict[str, Any] = {"rules": rules}
    if case.default:
        spec["defaultBackend"] = backend(case.default)
    notes = {"kubernetes.io/ingress.class": "gce-internal"}
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": f"case-{number}", "annotations": notes},
        "spec": spec,
    }


def test_requests_go_where_the_table_says(tmp_path: Path) -> None:
    draw = random.Random(SEED)
    cases = [random_case(draw) for _ in range(INGRESSES)]
    folder = tmp_path / "manifests"
    folder.mkdir()
    documents = [yaml.safe_dump(manifest(number, case)) for number, case in enumerate(cases)]
    (folder / "all.yaml").write_text("".join(map(service, SERVICES)) + "---\n".join(documents))
    with up([folder], tmp_path / "state", "--address-pool", "127.10.187.0/24") as running:
        addresses = {lb["name"]: lb["addresses"][0] for lb in running.events[-1]["loadBalancers"]}
        assert len(set(addresses.values())) == len(cases)
        model = offline.revision(Settings(sources=(str(folder),))).model
        context = Context(
            listeners={
                rule.name: Listener(addresses[name], rule.port)
                for name, lb in model.load_balancers.items()
                for rule in lb.forwarding_rules
            },
            findings=model.findings,
        )
        for number, case in enumerate(cases):
            address = addresses[f"gke/default/case-{number}"]
            wire = Wire(address)
            for host, target in requests(draw, case):
                path = target.partition("?")[0]
                expected = wanted(case, host, path)
                request = Request(target=target, host=host, client=CLIENT, connect_to=address)
                told = explain(model, request, context).answer
                said = (
                    told.backends[0].split("/")[3].split(":")[0] if told.backends else told.status
                )
                seen = wire.ask(request)
                got = seen.echo["service"] if seen.status == 200 else seen.status
                assert (str(said), str(got)) == (expected, expected), (case, host, target)
            wire.close()
