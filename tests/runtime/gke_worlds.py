"""Random GKE manifests and random edits of them, as people and controllers make them.

Everything comes out of one `random.Random`, so that a seed is a history.
"""

from __future__ import annotations

import base64
import datetime as dt
import functools
import json
import random
from collections.abc import Callable
from typing import Any

import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

Doc = dict[str, Any]
R = random.Random

NAMESPACES = ["default", "default", "default", "shop"]
SERVICES = ["web", "api", "auth"]
INGRESSES = ["one", "two", "three"]
CONFIGS = ["slow", "sticky"]
CERTIFICATES = ["cert-a", "cert-b"]
ZONES = ["local-a", "local-b", "r1-a"]
REGIONS = ["local", "r1"]
ADDRESSES = ["vip-a", "vip-b"]
POLICIES = ["office", "nobody"]


def some(r: R, *values: Any) -> Any:
    """One of some values; a callable makes its own."""
    value = r.choice(values)
    return value() if callable(value) else value


def maybe(r: R, chance: float, make: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    return make() if r.random() < chance else {}


def meta(r: R, names: list[str], annotations: dict[str, str] | None = None, **more: Any) -> Doc:
    found: Doc = {"name": r.choice(names)}
    if (namespace := r.choice(NAMESPACES)) != "default":
        found["namespace"] = namespace
    if annotations:
        found["annotations"] = annotations
    if r.random() < 0.3:
        found["creationTimestamp"] = f"20{r.choice([20, 21, 22])}-01-01T00:00:00Z"
    return {**found, **more}


def backend(r: R) -> Doc:
    port = some(r, {"number": 80}, {"number": 80}, {"name": "http"}, {"number": 443}, {"name": "s"})
    if r.random() < 0.03:
        return {"resource": {"kind": "Bucket", "name": "b", "apiGroup": "x"}}
    return {"service": {"name": r.choice([*SERVICES, *SERVICES, "gone"]), "port": port}}


def path(r: R) -> Doc:
    kind = r.choice(["Prefix", "Exact", "ImplementationSpecific", "ImplementationSpecific"])
    word = r.choice(["/", "/a", "/a/*", "/*", "/a/b", "/b/", "/a*b", "", "/a/*/b", "/c?x=1"])
    return {"path": word, "pathType": kind, "backend": backend(r)}


def rule(r: R) -> Doc:
    host = r.choice(["", "a.example", "b.example", "*.example", "A.example", "a.example"])
    found: Doc = {"host": host} if host else {}
    if r.random() < 0.95:
        found["http"] = {"paths": [path(r) for _ in range(r.choice([1, 1, 2, 3]))]}
    return found


def ingress(r: R) -> Doc:
    a: dict[str, str] = {}
    word = r.choice(
        [*["gce"] * 3, *["gce-internal"] * 3, "gce-regional-external", "gce-regional-external",
         "gce-multi-cluster", "nginx", "", *[None] * 3]
    )  # fmt: skip
    if word is not None:
        a["kubernetes.io/ingress.class"] = word
    for name, chance, values in (
        ("kubernetes.io/ingress.allow-http", 0.25, ["false", "true", "no"]),
        ("kubernetes.io/ingress.global-static-ip-name", 0.2, [*ADDRESSES, "none"]),
        ("kubernetes.io/ingress.regional-static-ip-name", 0.3, [*ADDRESSES, "none"]),
        ("ingress.gcp.kubernetes.io/pre-shared-cert", 0.25,
         ["cert-a", "cert-b", "cert-a, cert-b", "ssl-1", "ssl-1,cert-a", "mcrt-1", "none"]),
        ("networking.gke.io/managed-certificates", 0.2, ["man-a", "man-b", "man-a,man-b", "none"]),
        ("networking.gke.io/v1beta1.FrontendConfig", 0.3, ["front", "front", "none"]),
        ("networking.gke.io/suppress-firewall-xpn-error", 0.05, ["true"]),
        ("ingress.kubernetes.io/url-map", 0.05, ["x"]),
        ("nginx.ingress.kubernetes.io/rewrite-target", 0.05, ["/"]),
        ("networking.gke.io/managed-certificate", 0.05, ["man-a"]),
    ):  # fmt: skip
        if r.random() < chance * (word is not None):  # else its Services have to say whose it is
            a[name] = r.choice(values)
    spec: Doc = {}
    if r.random() < 0.6:
        spec["defaultBackend"] = backend(r)
    if r.random() < 0.7:
        spec["rules"] = [rule(r) for _ in range(r.choice([1, 1, 2, 3]))]
    if r.random() < 0.4:
        spec["tls"] = [
            {"secretName": r.choice([*CERTIFICATES, "none"])} for _ in range(r.choice([1, 1, 2]))
        ]
        if r.random() < 0.3:
            spec["tls"][0]["hosts"] = ["a.example"]
    if r.random() < 0.1:
        spec["ingressClassName"] = r.choice(["gce", "gce-internal", "nginx", "penstock"])
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": meta(r, INGRESSES, a),
        "spec": spec,
    }


NEGS = [
    *['{"ingress": true}'] * 2, '{"ingress": false}', "{", "{}",
    '{"exposed_ports": {"80": {}}}',
    '{"exposed_ports": {"80": {"name": "mine"}}}',
    '{"ingress": true, "exposed_ports": {"80": {}, "443": {}}}',
    '{"ingress": true, "exposed_ports": {"80": {"name": "mine"}}}',
    '{"exposed_ports": {"99": {}}}',
    '{"exposed_ports": {"80": {"name": "mine"}}, "zones": ["local-b"]}',
]  # fmt: skip
PROTOCOLS = [
    '{"http": "HTTPS"}', '{"http": "HTTP2"}', '{"s": "HTTPS"}', '{"": 1}', '{"http": "http"}'
]  # fmt: skip
CHOICES = [
    '{"default": "slow"}', '{"ports": {"http": "sticky"}}', '{"default": "none"}', "x",
    '{"default": "slow", "ports": {"443": "sticky"}}', '{"Default": "sticky"}',
]  # fmt: skip
SERVICE_ANNOTATIONS = [
    ("cloud.google.com/neg", 0.7, NEGS),
    ("cloud.google.com/app-protocols", 0.2, PROTOCOLS),
    ("service.alpha.kubernetes.io/app-protocols", 0.1, PROTOCOLS),
    ("cloud.google.com/backend-config", 0.3, CHOICES),
    ("beta.cloud.google.com/backend-config", 0.1, CHOICES),
    ("networking.gke.io/max-rate-per-endpoint", 0.1, ["10", "-1", "1.5"]),
    ("networking.gke.io/capacity-scaler", 0.1, ["0.5", "0", "2"]),
    ("networking.gke.io/transparent-health-checker", 0.1, ['{"enabled": true}']),
    ("cloud.google.com/negs", 0.05, ["x"]),
]


def some_of(r: R, table: list[tuple[str, float, Any]]) -> dict[str, Any]:
    """Each with its chance, by one of its values or what makes one."""
    found = {}
    for name, chance, values in table:
        if r.random() < chance:
            found[name] = values() if callable(values) else r.choice(values)
    return found


def service(r: R) -> Doc:
    http: Doc = {"name": "http", "port": 80, "targetPort": some(r, 8080, "web", 8080)}
    tls: Doc = {"name": "s", "port": 443, "targetPort": 8443}
    if r.random() < 0.3:
        http["nodePort"] = r.choice([30080, 30081])
    other, udp = {**http, "name": "other"}, {**http, "protocol": "UDP"}
    spec: Doc = {"ports": some(r, [http], [http], [http, tls], [http, tls], [tls], [other], [udp])}
    spec |= some_of(r, [
        ("type", 0.7, ["ClusterIP", "NodePort", "NodePort", "LoadBalancer"]),
        ("selector", 0.8, [{"app": name} for name in SERVICES]),
        ("ipFamilies", 0.08, [["IPv6"]]),
        ("publishNotReadyAddresses", 0.05, [True]),
    ])  # fmt: skip
    if r.random() < 0.05:
        spec = {"type": "ExternalName", "externalName": "x.example", "ports": spec["ports"]}
    annotations = some_of(r, SERVICE_ANNOTATIONS)
    found = meta(r, [*SERVICES, *SERVICES, *SERVICES, "default-http-backend"], annotations)
    if found["name"] == "default-http-backend":
        found["namespace"] = "kube-system"
    return {"apiVersion": "v1", "kind": "Service", "metadata": found, "spec": spec}


def endpoint_slice(r: R) -> Doc:
    owner = r.choice(SERVICES)
    endpoints = []
    for _ in range(r.choice([0, 1, 2, 3])):
        address = some(r, *(f"10.0.0.{n}" for n in range(1, 7)), "169.254.169.254", "fd00::1")
        item: Doc = {"addresses": [address]}
        if r.random() < 0.6:
            item["conditions"] = some(
                r, {"ready": True}, {"ready": False},
                {"ready": False, "serving": True, "terminating": True}, {}
            )  # fmt: skip
        if r.random() < 0.5:
            item["nodeName"] = r.choice(["n1", "n2", "n3"])
        if r.random() < 0.3:
            item["zone"] = r.choice(ZONES)
        if r.random() < 0.5:
            item["targetRef"] = {"kind": "Pod", "name": r.choice(["p1", "p2"])}
        endpoints.append(item)
    port = some(r, {"name": "http", "port": 8080}, {"name": "http", "port": 8080}, {"port": 8080},
                {"name": "s", "port": 8443})  # fmt: skip
    labels = {"kubernetes.io/service-name": owner} if r.random() < 0.95 else {}
    if r.random() < 0.2:
        labels["endpointslice.kubernetes.io/managed-by"] = "endpointslice-controller.k8s.io"
    return {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": meta(r, [f"{owner}-1", f"{owner}-2", "x"], labels=labels),
        "addressType": "IPv4",
        "endpoints": endpoints,
        "ports": [port],
    }


def endpoints(r: R) -> Doc:
    subset = {
        "addresses": [{"ip": f"10.0.1.{r.randrange(1, 4)}"}],
        "ports": [{"name": "http", "port": 8080}],
    }
    return {
        "apiVersion": "v1",
        "kind": "Endpoints",
        "metadata": meta(r, SERVICES),
        "subsets": some(r, [subset], []),
    }


def node(r: R) -> Doc:
    labels = {}
    if r.random() < 0.7:
        labels["topology.kubernetes.io/zone"] = r.choice(ZONES)
    if r.random() < 0.1:
        labels["node.kubernetes.io/exclude-from-external-load-balancers"] = ""
    name = r.choice(["n1", "n2", "n3"])
    status: Doc = {}
    if r.random() < 0.7:
        address = some(r, "10.1.0.1", "10.1.0.2", "127.40.0.1")
        status["addresses"] = [{"type": "InternalIP", "address": address}]
    if r.random() < 0.4:
        status["conditions"] = [{"type": "Ready", "status": r.choice(["True", "False"])}]
    spec: Doc = {}
    if r.random() < 0.4:
        spec["providerID"] = f"gce://p/{r.choice(ZONES)}/{name}"
    if r.random() < 0.1:
        spec["taints"] = [{"key": "ToBeDeletedByClusterAutoscaler", "effect": "NoSchedule"}]
    version = str(r.randrange(99))
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": labels, "resourceVersion": version},
        "spec": spec,
        "status": status,
    }


def container(r: R) -> Doc:
    found: Doc = {"name": "c", "image": "x"}
    if r.random() < 0.8:
        found["ports"] = some(r, [{"name": "web", "containerPort": 8080}],
                              [{"containerPort": 8080}, {"containerPort": 8443}])  # fmt: skip
    if r.random() < 0.6:
        action = {"path": r.choice(["/ready", "/ok", "ok"]), "port": r.choice([8080, "web", 8443])}
        if r.random() < 0.2:
            action["scheme"] = "HTTPS"
        if r.random() < 0.2:
            action["httpHeaders"] = [{"name": "Host", "value": "h.example"}]
        probe: Doc = some(r, {"httpGet": action}, {"httpGet": action}, {"tcpSocket": {"port": 80}})
        if r.random() < 0.4:
            probe = {**probe, "periodSeconds": r.choice([1, 5]), "timeoutSeconds": 1}
        found["readinessProbe"] = probe
    return found


def pod(r: R) -> Doc:
    found = meta(r, ["p1", "p2"])
    found["labels"] = {"app": r.choice(SERVICES)}
    status = some(r, {}, {"phase": "Running", "podIP": "10.0.0.1"})
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": found,
        "spec": {"containers": [container(r)], **maybe(r, 0.3, lambda: {"nodeName": "n1"})},
        "status": status,
    }


def deployment(r: R) -> Doc:
    labels = {"app": r.choice(SERVICES)}
    kind = r.choice(["Deployment", "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"])
    spec: Doc = {
        "selector": {"matchLabels": labels},
        "template": {"metadata": {"labels": labels}, "spec": {"containers": [container(r)]}},
    }
    if kind != "DaemonSet":
        spec["replicas"] = r.choice([0, 1, 2, 3])
    return {
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": meta(r, SERVICES),
        "spec": spec,
    }


@functools.cache
def pem(name: str) -> tuple[bytes, bytes]:
    """A chain and its key; one for each name."""
    key = ec.derive_private_key(len(name) + ord(name[0]), ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(dt.datetime(2020, 1, 1, tzinfo=dt.UTC))
        .not_valid_after(dt.datetime(2021 if name == "old.example" else 2060, 1, 1, tzinfo=dt.UTC))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), False)
        .sign(key, hashes.SHA256(), ecdsa_deterministic=True)
    )
    return (
        made.public_bytes(serialization.Encoding.PEM),
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ),
    )


def secret(r: R) -> Doc:
    names = ["a.example", "b.example", "old.example"]
    chain, key = pem(r.choice(names))
    if r.random() < 0.15:
        key = pem(r.choice(names))[1]
    data = {
        "tls.crt": base64.b64encode(chain).decode(),
        "tls.key": base64.b64encode(key).decode(),
    }
    if r.random() < 0.1:
        data.pop(r.choice(list(data)))
    if r.random() < 0.1:
        data["tls.crt"] = "bm8="
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": meta(r, CERTIFICATES),
        "type": r.choice(["kubernetes.io/tls", "kubernetes.io/tls", "Opaque"]),
        "data": data,
    }


def backend_config(r: R) -> Doc:
    spec: Doc = {}
    parts: dict[str, Callable[[], Any]] = {
        "timeoutSec": lambda: r.choice([1, 10, 0]),
        "connectionDraining": lambda: {"drainingTimeoutSec": r.choice([0, 30])},
        "sessionAffinity": lambda: some(
            r, {"affinityType": "CLIENT_IP"}, {"affinityType": "NONE"},
            {"affinityType": "GENERATED_COOKIE", "affinityCookieTtlSec": 50}),
        "customRequestHeaders": lambda: {"headers": some(r, ["X: {client_region}"], ["A: b"], [])},
        "customResponseHeaders": lambda: {"headers": ["X-B: {cdn_cache_id}"]},
        "healthCheck": lambda: some(
            r, {"requestPath": "/hc"}, {"port": 9000, "type": "HTTP"},
            {"checkIntervalSec": 1, "timeoutSec": 1}, {"timeoutSec": 60}, {"type": "HTTP2"}),
        "logging": lambda: some(r, {"enable": True, "sampleRate": 0.5}, {"enable": False}, {}),
        "iap": lambda: some(
            r, {"enabled": False}, {"enabled": True,
             "oauthclientCredentials": {"secretName": "cert-a"}}),
        "cdn": lambda: some(r, {"enabled": True}, {"enabled": False}),
        "securityPolicy": lambda: {"name": r.choice([*POLICIES, "", "none"])},
    }  # fmt: skip
    for name, make in parts.items():
        if r.random() < 0.25:
            spec[name] = make()
    return {
        "apiVersion": "cloud.google.com/" + r.choice(["v1", "v1beta1"]),
        "kind": "BackendConfig",
        "metadata": meta(r, CONFIGS),
        "spec": spec,
    }


def frontend_config(r: R) -> Doc:
    spec: Doc = {}
    if r.random() < 0.5:
        spec["sslPolicy"] = r.choice(["modern", "none", ""])
    if r.random() < 0.6:
        redirect: Doc = {"enabled": r.choice([True, True, False])}
        if r.random() < 0.5:
            redirect["responseCodeName"] = r.choice(["FOUND", "PERMANENT_REDIRECT"])
        spec["redirectToHttps"] = redirect
    return {
        "apiVersion": "networking.gke.io/v1beta1",
        "kind": "FrontendConfig",
        "metadata": meta(r, ["front"]),
        "spec": spec,
    }


def managed_certificate(r: R) -> Doc:
    found: Doc = {
        "apiVersion": "networking.gke.io/v1",
        "kind": "ManagedCertificate",
        "metadata": meta(r, ["man-a", "man-b"]),
        "spec": {"domains": some(r, ["a.example"], ["b.example", "A.example"])},
    }
    if r.random() < 0.4:
        found["status"] = {"certificateName": "mcrt-1"}
    return found


def policy(r: R) -> Doc:
    last = {
        "priority": 2147483647,
        "action": r.choice(["allow", "deny(403)"]),
        "match": {"versionedExpr": "SRC_IPS_V1", "config": {"srcIpRanges": ["*"]}},
    }
    match = {"versionedExpr": "SRC_IPS_V1", "config": {"srcIpRanges": ["10.0.0.0/8"]}}
    first = {"priority": 5, "action": r.choice(["deny(404)", "allow", "bad"]), "match": match}
    return {"name": r.choice(POLICIES), "rules": some(r, [last], [first, last], [first])}


def _addresses(r: R) -> list[Doc]:
    where = some(r, {}, {"region": "local"}, {"region": "r1"})
    purpose = some(r, {}, {"purpose": "SHARED_LOADBALANCER_VIP"})
    return [
        {"name": name, "address": r.choice(["127.9.0.1", "127.9.0.2"]), **where, **purpose}
        for name in ADDRESSES
        if r.random() < 0.7
    ]


def _subnets(r: R) -> list[Doc]:
    subnet = {
        "name": "proxies",
        "region": r.choice(REGIONS),
        "range": r.choice(["10.9.0.0/23", "127.30.0.0/24"]),
        "purpose": "REGIONAL_MANAGED_PROXY",
    }
    return [subnet]


def penstock_config(r: R) -> Doc:
    spec = some_of(r, [
        ("project", 0.2, ["local", "p"]),
        ("region", 0.3, REGIONS),
        ("zone", 0.1, ZONES),
        ("gkeClasses", 0.2, [[], ["gce"], ["gce-internal", "gce"]]),
        ("vpcNative", 0.3, [True, False]),
        ("regions", 0.3, [[{"name": "r1", "zones": ["r1-a"]}],
                          [{"name": "r1", "zones": ["r1-a", "r1-b"]}]]),
        ("addresses", 0.5, lambda: _addresses(r)),
        ("instances", 0.3, [[{"name": "n1", "address": "127.41.0.1"}]]),
        ("certificates", 0.3, [[{"name": "ssl-1", "secret": "default/cert-a"}],
                               [{"name": "ssl-1", "secret": "x/y"}]]),
        ("subnets", 0.3, lambda: _subnets(r)),
        ("securityPolicies", 0.3, lambda: [policy(r)]),
        ("via", 0.05, ["me"]),
    ])  # fmt: skip
    return {
        "apiVersion": "penstock.dev/v1alpha1",
        "kind": "PenstockConfig",
        "metadata": {"name": r.choice(["a", "b"])},
        "spec": spec,
    }


def _front(r: R) -> Doc:
    region = r.choice(REGIONS)
    return {
        "kind": "compute#forwardingRule",
        "name": r.choice(["f1", "f2"]),
        "region": region,
        "loadBalancingScheme": "INTERNAL_MANAGED",
        "portRange": "80-80",
        "target": f"regions/{region}/targetHttpProxies/t1",
        **maybe(r, 0.4, lambda: {"IPAddress": r.choice(["127.9.0.1", "127.9.0.2"])}),
    }


def compute(r: R) -> Doc:
    region = r.choice(REGIONS)
    zone = r.choice(ZONES)
    group = some(r, "mine", "mine", "k8s1-local-default-web-80")
    address: Doc = {
        "kind": "compute#address",
        "name": r.choice(ADDRESSES),
        "address": r.choice(["127.9.0.1", "127.9.0.3"]),
        **some(r, {"addressType": "EXTERNAL"}, {"region": region, "addressType": "INTERNAL",
               "purpose": r.choice(["GCE_ENDPOINT", "SHARED_LOADBALANCER_VIP"])}),
    }  # fmt: skip
    made: Doc = some(
        r,
        address,
        address,
        lambda: {"kind": "compute#sslPolicy", "name": "modern", "profile": r.choice(
            ["MODERN", "COMPATIBLE"]), "minTlsVersion": "TLS_1_2"},
        lambda: {"kind": "compute#sslCertificate", "name": "ssl-1", "type": "SELF_MANAGED",
                 "selfManaged": {"certificate": pem("a.example")[0].decode(),
                                 "privateKey": pem("a.example")[1].decode()}},
        lambda: {"kind": "compute#securityPolicy", **policy(r)},
        lambda: {"kind": "compute#subnetwork", "name": "proxies", "region": region,
                 "ipCidrRange": "10.8.0.0/24", "purpose": "REGIONAL_MANAGED_PROXY",
                 "role": "ACTIVE"},
        lambda: {"kind": "compute#networkEndpointGroup", "name": "mine", "zone": zone,
                 "networkEndpointType": "GCE_VM_IP_PORT",
                 "networkEndpoints": [{"ipAddress": "10.3.0.1", "port": 80}],
                 **maybe(r, 0.5, lambda: {"description": json.dumps(
                     {"namespace": "default", "service-name": "web", "port": "80"})})},
        lambda: {"kind": "compute#backendService", "name": "b1", "region": region,
                 "loadBalancingScheme": "INTERNAL_MANAGED", "protocol": "HTTP",
                 **maybe(r, 0.5, lambda: {"healthChecks": [f"regions/{region}/healthChecks/h1"]}),
                 "backends": [{"group": f"zones/{zone}/networkEndpointGroups/{group}",
                               "balancingMode": "RATE", "maxRatePerEndpoint": 1}]},
        lambda: {"kind": "compute#healthCheck", "name": "h1", "region": region, "type": "HTTP",
                 "httpHealthCheck": {"port": r.choice([80, 81]), "requestPath": "/"}},
        lambda: {"kind": "compute#urlMap", "name": "u1", "region": region,
                 "defaultService": f"regions/{region}/backendServices/b1"},
        lambda: {"kind": "compute#targetHttpProxy", "name": "t1", "region": region,
                 "urlMap": f"regions/{region}/urlMaps/u1"},
        lambda: _front(r),
    )  # fmt: skip
    return made


def ingress_class(r: R) -> Doc:
    name = r.choice(["penstock", "gce", "gce-internal"])
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "IngressClass",
        "metadata": {
            "name": name,
            **maybe(r, 0.3, lambda: {"annotations": {
                "ingressclass.kubernetes.io/is-default-class": "true"}}),
        },
        "spec": {"controller": r.choice(["penstock.dev/ingress", "x.example/y"])},
    }  # fmt: skip


KINDS: list[Callable[[R], Doc]] = [
    *[ingress] * 5,
    *[service] * 6,
    *[endpoint_slice] * 3,
    endpoints,
    *[node] * 2,
    *[pod] * 2,
    *[deployment] * 2,
    *[secret] * 2,
    *[backend_config] * 3,
    frontend_config,
    managed_certificate,
    *[penstock_config] * 2,
    *[compute] * 5,
    ingress_class,
]


def text_of(doc: Doc) -> str:
    return yaml.safe_dump(doc, sort_keys=False)


class Files:
    """Files with documents, edited at random."""

    def __init__(self, r: R, size: int) -> None:
        self._r = r
        self.files: dict[str, list[Doc]] = {"a.yaml": [], "b.yaml": [], "c.yaml": []}
        self._lead: dict[str, str] = {}
        for _ in range(size):
            self._add()

    def texts(self) -> dict[str, str]:
        return {
            name: self._lead.get(name, "") + "---\n".join(map(text_of, docs))
            for name, docs in self.files.items()
        }

    def edit(self) -> str:
        """Change something; what was done."""
        r = self._r
        edits = [
            *[self._add] * 3, *[self._change] * 8, *[self._delete] * 3, self._move, self._move,
            *[self._rename] * 2, *[self._shift] * 4, self._double, self._file, self._order,
        ]  # fmt: skip
        chosen = r.choice(edits)
        chosen()
        return chosen.__name__

    def _place(self) -> tuple[list[Doc], int] | None:
        places = [(docs, i) for docs in self.files.values() for i in range(len(docs))]
        return self._r.choice(places) if places else None

    def _new(self) -> Doc:
        return self._r.choice(KINDS)(self._r)

    def _add(self) -> None:
        docs = self._r.choice(list(self.files.values()))
        docs.insert(self._r.randint(0, len(docs)), self._new())

    def _change(self) -> None:
        """Another object of the same kind and name, or one field of it gone."""
        place = self._place()
        if place is None:
            return
        docs, i = place
        old = docs[i]
        makers = {"Ingress": ingress, "Service": service, "EndpointSlice": endpoint_slice,
                  "Endpoints": endpoints, "Node": node, "Pod": pod, "Secret": secret,
                  "BackendConfig": backend_config, "FrontendConfig": frontend_config,
                  "ManagedCertificate": managed_certificate, "PenstockConfig": penstock_config,
                  "IngressClass": ingress_class}  # fmt: skip
        make = makers.get(old["kind"])
        if make is not None:
            new = make(self._r)
            keep = ("name", "namespace")
            named = {k: v for k, v in old["metadata"].items() if k in keep}
            rest = {k: v for k, v in new["metadata"].items() if k not in keep}
            if self._r.random() < 0.5:
                rest = {k: v for k, v in old["metadata"].items() if k not in keep}
            docs[i] = {**new, "metadata": {**named, **rest}}
            return
        for _ in range(60):
            new = self._new()
            if new["kind"] == old["kind"]:
                docs[i] = new
                return

    def _delete(self) -> None:
        place = self._place()
        if place is not None:
            del place[0][place[1]]

    def _move(self) -> None:
        place = self._place()
        if place is not None:
            doc = place[0].pop(place[1])
            docs = self._r.choice(list(self.files.values()))
            docs.insert(self._r.randint(0, len(docs)), doc)

    def _rename(self) -> None:
        place = self._place()
        if place is None:
            return
        docs, i = place
        old = docs[i]
        others = [d for ds in self.files.values() for d in ds if d["kind"] == old["kind"]]
        other = self._r.choice(others)
        if "metadata" in old:
            name = {k: v for k, v in other["metadata"].items() if k in ("name", "namespace")}
            rest = {k: v for k, v in old["metadata"].items() if k not in ("name", "namespace")}
            if self._r.random() < 0.3:
                name = {"name": f"{name['name']}-x"}
            docs[i] = {**old, "metadata": {**name, **rest}}
        else:
            docs[i] = {**old, "name": self._r.choice([other["name"], f"{old['name']}-x"])}

    def _shift(self) -> None:
        """Lines above, as a comment makes them."""
        name = self._r.choice(list(self.files))
        self._lead[name] = "# note\n" * self._r.randrange(4)

    def _double(self) -> None:
        place = self._place()
        if place is not None:
            docs = self._r.choice(list(self.files.values()))
            docs.insert(self._r.randint(0, len(docs)), dict(place[0][place[1]]))

    def _file(self) -> None:
        """A file is called otherwise, which changes the order of files."""
        name = self._r.choice(list(self.files))
        new = self._r.choice([n for n in ("0.yaml", "a.yaml", "b.yaml", "c.yaml", "z.yaml")
                              if n not in self.files])  # fmt: skip
        self.files[new] = self.files.pop(name)

    def _order(self) -> None:
        self._r.shuffle(self._r.choice(list(self.files.values())))
