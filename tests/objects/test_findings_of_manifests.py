"""A table: a mistake in a good manifest, and the finding that it gives, with its exact place."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from penstock.model import Finding, Severity
from penstock.objects.parse import Parsed, parse_text

INGRESS = """\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: web
spec:
  rules:
  - host: a.example.com
    http:
      paths:
      - path: /
        pathType: Prefix
        backend:
          service:
            name: web
            port:
              number: 80
  - host: b.example.com
    http:
      paths:
      - path: /
        pathType: Prefix
        backend:
          service:
            name: api
            port:
              name: http
"""
SERVICE = """\
apiVersion: v1
kind: Service
metadata:
  name: web
spec:
  selector:
    app: web
  ports:
  - name: http
    port: 80
    targetPort: 8080
  - name: admin
    port: 81
"""
SLICE = """\
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: web-1}
addressType: IPv4
endpoints:
- addresses: [10.0.0.1]
- addresses: [10.0.0.2]
ports:
- port: 80
"""
DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector:
    matchLabels: {app: web}
  template:
    metadata:
      labels: {app: web}
    spec:
      containers:
      - name: web
        image: web
        ports:
        - containerPort: 8080
"""
SECRET = """\
apiVersion: v1
kind: Secret
metadata: {name: s}
data:
  a: aGVsbG8=
"""


class Case(NamedTuple):
    base: str
    old: str
    new: str
    code: str
    place: tuple[int, int]
    says: str
    live: bool = True


def ing(
    old: str, new: str, code: str, place: tuple[int, int], says: str, live: bool = True
) -> Case:
    return Case(INGRESS, old, new, code, place, says, live)


def svc(
    old: str, new: str, code: str, place: tuple[int, int], says: str, live: bool = True
) -> Case:
    return Case(SERVICE, old, new, code, place, says, live)


def gone(case: Case) -> Case:
    return case._replace(live=False)


NUMBER = "number: 80"
HOST = "a.example.com"
CASES = [
    # What the object is.
    gone(ing("kind: Ingress", "kind: ingress", "object/kind-misspelt", (2, 1), "`Ingress`")),
    gone(ing("kind: Ingress", "kind: Ingres", "object/kind-misspelt", (2, 1), "`Ingress`")),
    gone(ing("kind: Ingress\n", "", "object/missing-kind", (1, 1), "`kind` is missing")),
    gone(ing("kind:", "knid:", "object/missing-kind", (1, 1), "`knid` looks like it")),
    gone(
        ing(
            "apiVersion: networking.k8s.io/v1\n",
            "",
            "object/missing-api-version",
            (1, 1),
            "apiVersion: networking.k8s.io/v1",
        )
    ),
    *(
        gone(ing("networking.k8s.io/v1", old, code, (1, 1), "networking.k8s.io/v1"))
        for old, code in (
            ("extensions/v1beta1", "object/old-api-version"),
            ("networking.k8s.io/v1beta1", "object/old-api-version"),
            ("v1", "object/wrong-api-version"),
            ("networking.k8.io/v1", "object/wrong-api-version"),
            ("networking/v1", "object/wrong-api-version"),
        )
    ),
    # Names.
    gone(ing("name: web\n", "labels: {}\n", "object/missing-name", (3, 1), "metadata.name")),
    gone(ing("name: web\n", "nmae: web\n", "object/unknown-field", (4, 3), "`name`")),
    gone(ing("name: web\n", "name: 5\n", "object/wrong-type", (4, 3), 'name: "5"')),
    gone(ing("name: web\n", "name: Web_1\n", "object/bad-name", (4, 3), "Write `web-1`")),
    gone(ing("name: web\n", "name: -a\n", "object/bad-name", (4, 3), "start and end")),
    gone(svc("name: web\n", "name: 1web\n", "object/bad-name", (4, 3), "start with a letter")),
    gone(
        svc("name: web\n", "name: web\n  namespace: A\n", "object/bad-name", (5, 3), "upper-case")
    ),
    svc("name: web\n", "name: web\n  labels: {a b: c}\n", "object/bad-label", (5, 12), "`a b`"),
    svc("name: web\n", "name: web\n  labels: {a: b/c}\n", "object/bad-label", (5, 12), "label `a`"),
    svc("app: web", "app: 1.0", "object/not-text", (7, 5), 'app: "1.0"'),
    ing(
        "name: web\n",
        "name: web\n  annotations:\n    a/b: true\n",
        "object/not-text",
        (6, 5),
        'a/b: "true"',
    ),
    ing(
        "name: web\n",
        "name: web\n  annotations:\n    a: 8080\n",
        "object/not-text",
        (6, 5),
        'a: "8080"',
    ),
    # Fields.
    ing("spec:\n", "spec:\n  foo: 1\n", "object/unknown-field", (6, 3), "`foo` is no field"),
    gone(ing("  rules:", "  rule:", "object/unknown-field", (6, 3), "`rules`")),
    ing("pathType", "pathtype", "object/unknown-field", (11, 9), "`pathType`"),
    ing("spec:\n", "spec:\n  service: {}\n", "object/misplaced-field", (6, 3), "defaultBackend"),
    ing(
        "    http:\n      paths:",
        "    paths:",
        "object/misplaced-field",
        (8, 5),
        "rules[].http.paths",
    ),
    ing(
        "service:\n            name: web\n            port:\n              number: 80",
        "serviceName: web\n          servicePort: 80",
        "object/old-field",
        (13, 11),
        "service: {name: web, port: {number: 80}}",
    ),
    gone(ing("spec:\n", "spec:\n  tls: {a: b}\n", "object/wrong-type", (6, 3), "a list")),
    ing(NUMBER, 'number: "80"', "object/wrong-type", (16, 15), "number: 80"),
    ing(NUMBER, "number: 80.5", "object/wrong-type", (16, 15), "whole number"),
    gone(
        ing(
            "metadata:\n  name: web",
            "metadata:\n  name:web",
            "object/wrong-type",
            (3, 1),
            "space after",
        )
    ),
    # Hosts, paths, backends.
    ing(HOST, "1.2.3.4", "object/invalid-host", (7, 5), "IP address"),
    ing(HOST, '"::1"', "object/invalid-host", (7, 5), "IP address"),
    ing(HOST, "a.example.com:80", "object/invalid-host", (7, 5), "Write `a.example.com`"),
    ing(HOST, "A.example.com", "object/invalid-host", (7, 5), "Write `a.example.com`"),
    ing(HOST, "foo.*.com", "object/invalid-host", (7, 5), "first label"),
    ing(HOST, '"*"', "object/invalid-host", (7, 5), "Leave the host out"),
    ing(HOST, "https://a.com/x", "object/invalid-host", (7, 5), "Write only the name: `a.com`"),
    ing(HOST, "a_b.com", "object/invalid-host", (7, 5), "underscore"),
    ing("path: /", "path: api", "object/invalid-path", (10, 9), "path: /api"),
    ing("path: /", "path: /a//b", "object/invalid-path", (10, 9), "`//`"),
    ing("path: /", "path: /a/./b", "object/invalid-path", (10, 9), "`/./`"),
    ing("path: /", "path: /a/../b", "object/invalid-path", (10, 9), "`/../`"),
    ing("path: /", "path: /a%2fb", "object/invalid-path", (10, 9), "`%2f`"),
    ing("path: /", "path: /a%5Cb", "object/invalid-path", (10, 9), "`%5C`"),
    ing("path: /", "path: /a/..", "object/invalid-path", (10, 9), "end with"),
    ing("pathType: Prefix", "pathType: prefix", "object/invalid-path", (11, 9), "`Prefix`"),
    ing("        pathType: Prefix\n", "", "object/missing-field", (10, 9), "pathType: Prefix"),
    ing(NUMBER, "number: 70000", "object/invalid-port", (16, 15), "1 to 65535"),
    ing(NUMBER, "number: 80\n              name: x", "object/invalid-backend", (15, 13), "both"),
    ing(NUMBER, "name: ''", "object/invalid-backend", (13, 11), "port: {number: 80}"),
    ing(NUMBER, "name: a_b", "object/invalid-port", (16, 15), "a_b"),
    ing(NUMBER, "name: '80'", "object/invalid-port", (16, 15), "looks like a number"),
    ing(
        "name: web\n            port",
        "name: Web\n            port",
        "object/invalid-backend",
        (14, 13),
        "Write `web`",
    ),
    ing(
        "spec:\n", "spec:\n  tls:\n  - hosts: [a.com, b:1]\n", "object/invalid-host", (7, 20), "`b`"
    ),
    ing("spec:\n", "spec:\n  tls:\n  - secretName: A\n", "object/bad-name", (7, 5), "upper-case"),
    ing(
        "spec:\n",
        "spec:\n  defaultBackend: {}\n",
        "object/invalid-backend",
        (6, 3),
        "default backend",
    ),
    gone(
        ing("spec:\n", "spec:\n  ingressClassName: A B\n", "object/bad-name", (6, 3), "class name")
    ),
    # Services.
    svc("port: 80\n", "port: 0\n", "object/invalid-port", (10, 5), "1 to 65535"),
    svc("targetPort: 8080", "targetPort: 99999", "object/invalid-port", (11, 5), "1 to 65535"),
    svc("targetPort: 8080", "targetPort: '8080'", "object/invalid-port", (11, 5), "8080"),
    svc("targetPort: 8080", "protocol: HTTP", "object/invalid-value", (11, 5), "TCP, UDP or SCTP"),
    svc("name: admin", "name: http", "object/invalid-port", (12, 5), "already taken"),
    svc("port: 81", "port: 80", "object/invalid-port", (13, 5), "already taken"),
    svc("- name: admin\n    port", "- port", "object/invalid-port", (12, 5), "needs a name"),
    gone(
        svc(
            "spec:\n",
            "spec:\n  type: Loadbalancer\n",
            "object/invalid-value",
            (6, 3),
            "`LoadBalancer`",
        )
    ),
    gone(
        svc(
            "spec:\n",
            "spec:\n  type: ExternalName\n",
            "object/missing-field",
            (5, 1),
            "externalName",
        )
    ),
    gone(svc("spec:\n", "spec:\n  clusterIP: x\n", "object/invalid-address", (6, 3), "IP address")),
    svc("    targetPort", "    targetport", "object/unknown-field", (11, 5), "`targetPort`"),
    # The rest.
    Case(SLICE, "10.0.0.2", "'::1'", "object/invalid-address", (7, 15), "IPv6"),
    Case(SLICE, "10.0.0.2", "x", "object/invalid-address", (7, 15), "IPv4"),
    gone(
        Case(
            SLICE,
            "addressType: IPv4",
            "addressType: ipv5",
            "object/invalid-value",
            (4, 1),
            "IPv4, IPv6",
        )
    ),
    gone(Case(SLICE, "addressType: IPv4\n", "", "object/missing-field", (1, 1), "`addressType`")),
    Case(SECRET, "aGVsbG8=", "'!!'", "object/invalid-data", (5, 3), "base64"),
    Case(DEPLOYMENT, "image: web", "imagee: web", "object/unknown-field", (13, 9), "`image`"),
    Case(
        DEPLOYMENT,
        "labels: {app: web}",
        "labels: {app: x}",
        "object/selector-mismatch",
        (6, 19),
        "`app`",
    ),
    gone(
        Case(
            DEPLOYMENT,
            "spec:\n  sel",
            "spec:\n  replicas: '3'\n  sel",
            "object/wrong-type",
            (5, 3),
            "replicas: 3",
        )
    ),
    # YAML.
    gone(ing("  name: web", "\tname: web", "yaml/tab", (4, 1), "spaces")),
    gone(ing("host: a", 'host: "a', "yaml/unclosed-quote", (7, 11), "closing")),
    gone(ing("  name: web", "    name: web\n  x: y", "yaml/indentation", (5, 3), "0 or 4")),
    gone(ing("  name: web", "  name: web\n    x: y", "yaml/indentation", (5, 5), "deeper")),
    gone(ing(HOST, "*.example.com", "yaml/syntax", (7, 11), '"*.example.com"')),
    gone(ing(HOST, "*x", "yaml/undefined-alias", (7, 11), "quote it")),
    gone(ing("name: web\n", "name: a: b\n", "yaml/syntax", (4, 10), "second")),
    gone(ing(HOST, "@a", "yaml/syntax", (7, 11), "cannot start with @")),
    gone(ing(HOST, "[a", "yaml/syntax", (8, 9), "]")),
    gone(ing("metadata:", "metadata", "yaml/syntax", (3, 1), "no colon")),
    ing("name: web\n", "name: web\n  name: web\n", "yaml/duplicate-key", (5, 3), "line 6"),
    gone(
        ing(
            "name: web\n",
            "name: {{ .Values.name }}\n",
            "file/helm-template",
            (4, 9),
            "helm template",
        )
    ),
    gone(
        ing(
            "name: web\n",
            'name: "{{ .Release.Name }}"\n',
            "file/helm-template",
            (4, 10),
            "helm template",
        )
    ),
    gone(ing("name: web\n", "name: \x00web\n", "file/control-character", (4, 9), "U+0000")),
]


def only(parsed: Parsed) -> Finding:
    assert len(parsed.findings) == 1, [f.message for f in parsed.findings]
    return parsed.findings[0]


@pytest.mark.parametrize("base", [INGRESS, SERVICE, SLICE, DEPLOYMENT, SECRET])
def test_the_bases_are_good(base: str) -> None:
    parsed = parse_text(base, "f.yaml")
    assert not parsed.findings
    assert len(parsed.objects) == 1


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.code}:{case.new.strip()[:30]!r}")
def test_one_mistake_one_finding(case: Case) -> None:
    assert case.old in case.base
    text = "# first\n---\n" + case.base.replace(case.old, case.new, 1) + "---\n" + other(case.base)
    parsed = parse_text(text, "dir/f.yaml")
    finding = only(parsed)
    assert finding.code == case.code
    position = finding.origin.position
    assert position is not None
    assert (position.line - 2, position.column) == case.place
    assert finding.origin.file == "dir/f.yaml"
    assert case.says in f"{finding.message} {finding.hint}"
    names = {obj.name for obj in parsed.objects}
    assert "neighbour" in names, "the other document stays live"
    assert (len(names) == 2) is case.live


def other(base: str) -> str:
    return SERVICE.replace("name: web", "name: neighbour", 1)


def test_a_bad_path_leaves_the_rest_of_its_ingress_and_its_positions() -> None:
    text = INGRESS.replace("a.example.com", "1.2.3.4")
    parsed = parse_text(text, "f.yaml")
    (ingress,) = parsed.objects
    assert [rule.host for rule in ingress.resource.spec.rules] == ["b.example.com"]
    position = ingress.origin("spec", "rules", 0, "host").position
    assert position is not None
    assert position.line == 17
    assert parsed.left_out == {("Ingress", "default", "web")}
    assert "Only this rule is left out" in only(parsed).message


def test_every_problem_has_a_finding() -> None:
    text = INGRESS.replace("a.example.com", "1.2.3.4").replace("name: api", "name: 5")
    text = text.replace("spec:", "spec:\n  tls:\n  - hosts: x")
    codes = sorted(finding.code for finding in parse_text(text, "f.yaml").findings)
    assert codes == ["object/invalid-host", "object/wrong-type", "object/wrong-type"]


def test_a_missing_line_between_two_documents_is_suspected() -> None:
    findings = parse_text(INGRESS + SERVICE, "f.yaml").findings
    doubles = [finding for finding in findings if finding.code == "yaml/duplicate-key"]
    keys = [finding.message.split("`")[1] for finding in doubles]
    assert keys == ["apiVersion", "kind", "metadata", "spec"]
    assert {finding.hint for finding in doubles} == {
        "Is a line `---` missing between two documents?"
    }
    [inner] = parse_text(INGRESS.replace("  name: web", "  name: web\n  name: web", 1), "").findings
    assert inner.hint == "Remove one of them."
    [other] = parse_text(f"{SERVICE}metadata: {{name: web}}\n", "").findings
    assert other.hint == "Remove one of them."


def test_misspelt_kinds_of_other_groups_get_a_suggestion() -> None:
    text = "apiVersion: networking.gke.io/v1beta1\nkind: FrontEndConfig\nmetadata: {name: x}\n"
    finding = only(parse_text(text, "f.yaml"))
    assert (finding.severity, finding.hint) == (Severity.ERROR, "Did you mean `FrontendConfig`?")


def test_values_of_secrets_are_never_shown() -> None:
    text = SECRET.replace("aGVsbG8=", "12345678\n  b: 'topsecret!'\n  c: [topsecret]\ntype: 4711")
    for finding in parse_text(text, "f.yaml").findings:
        words = finding.message + finding.hint
        assert "topsecret" not in words
        assert "12345678" not in words
        assert "4711" not in words


@pytest.mark.parametrize(
    ("api_version", "kind", "code"),
    [
        ("networking.gke.io/v1beta1", "FrontEndConfig", "object/kind-misspelt"),
        ("networking.gke.io/v1", "ManagedCertficate", "object/kind-misspelt"),
        ("cloud.google.com/v1", "BackenConfig", "object/kind-misspelt"),
        ("penstock.dev/v1alpha1", "PenstockConfg", "object/kind-misspelt"),
        ("cloud.google.com/v1", "FrontendConfig", "object/wrong-api-version"),
        ("networking.gke.io/v1", "GCPBackendPolicy", "object/not-supported-yet"),
        ("cloud.google.com/v1", "BackendPolicy", "object/unknown-kind"),
        ("gateway.networking.k8s.io/v1", "HTTPRoute", "object/not-supported-yet"),
        ("networking.gke.io/v1", "ServiceAttachment", "object/not-supported-yet"),
        ("elbv2.k8s.aws/v1beta1", "TargetGroupBinding", "object/not-supported-yet"),
        ("example.org/v1", "Widget", "object/unknown-kind"),
        ("serving.knative.dev/v1", "Service", "object/unknown-kind"),
        ("batch/v1", "CronJob", None),
        ("autoscaling/v2", "HorizontalPodAutoscaler", None),
        ("rbac.authorization.k8s.io/v1", "Role", None),
        ("apiextensions.k8s.io/v1", "CustomResourceDefinition", None),
        ("networking.k8s.io/v1", "NetworkPolicy", None),
        ("policy/v1", "PodDisruptionBudget", None),
        ("v1", "PersistentVolumeClaim", None),
        ("v1", "ServiceAccount", None),
        ("cert-manager.io/v1", "Certificate", None),
        ("monitoring.coreos.com/v1", "ServiceMonitor", None),
    ],
)
def test_other_kinds(api_version: str, kind: str, code: str | None) -> None:
    parsed = parse_text(f"apiVersion: {api_version}\nkind: {kind}\nmetadata: {{name: x}}", "f")
    assert [finding.code for finding in parsed.findings] == ([code] if code else [])
    mistaken = code in ("object/kind-misspelt", "object/wrong-api-version")
    wanted = Severity.ERROR if mistaken else Severity.INFO
    assert all(finding.severity is wanted for finding in parsed.findings)
    assert (parsed.broken is None) is (code != "object/kind-misspelt"), "the last good one stays"


@pytest.mark.parametrize(
    ("file", "text", "says"),
    [
        ("x/kustomization.yaml", "resources: [a.yaml]", "kubectl kustomize"),
        ("x/Chart.yaml", "name: a\nversion: 1", "helm template"),
        ("x/values.yaml", "replicas: 3", "helm template"),
        ("docker-compose.yml", "services: {}", "Docker Compose"),
        ("f.yaml", "a: 1", "neither apiVersion nor kind"),
        ("f.yaml", "- a", "kind: List"),
        ("f.yaml", "hello", "Start with apiVersion"),
    ],
)
def test_what_is_no_object(file: str, text: str, says: str) -> None:
    finding = only(parse_text(text, file))
    assert finding.code == "file/not-kubernetes"
    assert says in finding.message + finding.hint


def test_duplicates_name_both_places() -> None:
    parsed = parse_text(f"{SERVICE}---\n{SERVICE}", "f.yaml")
    finding = only(parsed)
    assert len(parsed.objects) == 1
    assert parsed.objects[0].origin().position == (1, 1)
    assert finding.code == "object/duplicate"
    assert "f.yaml:4" in finding.message
    assert "f.yaml:18" in finding.message
    assert finding.origin.position == (18, 3)


def test_equal_findings_of_two_files_are_two() -> None:
    first = only(parse_text("a:\n\tb", "one.yaml"))
    second = only(parse_text("a:\n\tb", "two.yaml"))
    assert first != second
    assert first == only(parse_text("a:\n\tb", "one.yaml"))


def test_an_old_book_backend_is_left_out_with_one_finding() -> None:
    text = "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: a}\nspec:\n"
    for spec, code in (
        ("  service: {name: x}", "object/misplaced-field"),
        ("  backend: {serviceName: x, servicePort: 80}", "object/old-field"),
    ):
        parsed = parse_text(text + spec, "f.yaml")
        assert only(parsed).code == code
        assert "The Ingress is left out" in only(parsed).message
        assert not parsed.objects


def test_templates_give_one_finding_a_file() -> None:
    text = "{{- if .Values.x }}\na: b\n---\nname: {{ .Values.y }}\n---\n" + SERVICE
    parsed = parse_text(text, "f.yaml")
    assert only(parsed).code == "file/helm-template"
    assert len(parsed.objects) == 1
