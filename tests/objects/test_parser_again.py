"""Reading a file again: what did not change stays the same value, and it is quick."""

from __future__ import annotations

from penstock.objects.parse import Parser

DOCUMENT = """\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: web-{n}
  annotations:
    nginx.ingress.kubernetes.io/rewrite-target: "/$1"
spec:
  tls:
  - hosts: [web-{n}.example.com]
    secretName: web-tls
  rules:
  - host: web-{n}.example.com
    http:
      paths:
      - path: /
        pathType: Prefix
        backend:
          service:
            name: web
            port:
              number: 80
"""
WARNED = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndatum: {}\n"


def documents(count: int) -> list[str]:
    return [DOCUMENT.replace("{n}", str(n)) for n in range(count)]


def test_unchanged_documents_keep_their_objects() -> None:
    parser = Parser("f.yaml")
    before = parser.parse("---\n".join(documents(3)))
    edited = documents(3)
    edited[1] = edited[1].replace("number: 80", "number: 81")
    after = parser.parse("---\n".join(edited))
    assert before.objects[0] is after.objects[0]
    assert before.objects[1] is not after.objects[1]
    assert before.objects[2] is after.objects[2]


def test_moved_documents_have_new_lines_and_old_resources() -> None:
    parser = Parser("f.yaml")
    text = "---\n".join([*documents(2), WARNED])
    before = parser.parse(text)
    after = parser.parse("---\n# new\n\n---\n" + text)
    for old, new in zip(before.objects, after.objects, strict=True):
        assert old.resource == new.resource
        first, second = old.origin("metadata").position, new.origin("metadata").position
        assert first is not None
        assert second == (first.line + 4, first.column)
    assert before.objects[1].resource is after.objects[1].resource
    (old_finding,), (new_finding,) = before.findings, after.findings
    assert old_finding.origin.position is not None
    assert new_finding.origin.position is not None
    assert new_finding.origin.position.line == old_finding.origin.position.line + 4


def test_of_thousands_of_documents_only_the_changed_one_is_read_again() -> None:
    texts = documents(5000)
    parser = Parser("f.yaml")
    before = parser.parse("---\n".join(texts)).objects
    assert len(before) == 5000
    texts[2500] = texts[2500].replace("number: 80", "number: 81")
    after = parser.parse("---\n".join(texts)).objects
    assert len(after) == 5000
    pairs = enumerate(zip(before, after, strict=True))
    assert [number for number, (old, new) in pairs if old is not new] == [2500]
