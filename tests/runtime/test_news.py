"""What is told of findings between two revisions."""

from __future__ import annotations

import dataclasses

from penstock.model import Finding, Origin, Position, Severity
from penstock.objects.parse import parse_text
from penstock.objects.world import World
from penstock.objects.yaml.locate import Point
from penstock.runtime.news import News, news

SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {{name: {}}}\nspec: {{ports: [{{port: 80}}]}}\n"


def world(*names: str) -> World:
    return World(parse_text("---\n".join(map(SERVICE.format, names)), "in.yaml").objects)


def finding(
    message: str, obj: str = "Service default/a", *path: str, line: int = 1, code: str = "a/b"
) -> Finding:
    place = Point("in.yaml", Position(line, 1))
    origin = Origin(obj, path, place, at=f"in.yaml:{line}")
    return Finding(code, Severity.WARNING, origin, message)


def between(old: list[Finding], new: list[Finding]) -> News:
    return news(old, new, world("a", "b"), world("a"))


def test_nothing_is_told_of_what_only_moved_in_its_file() -> None:
    assert between([finding("x", line=3)], [finding("x", line=9)]) == News()
    assert between([finding("x", "", line=3)], [finding("x", "", line=9)]) == News()


def test_another_hint_is_no_news() -> None:
    old = finding("no Service")
    assert between([old], [dataclasses.replace(old, hint="Did you mean `web`?")]) == News()


def test_other_words_are_neither_new_nor_gone() -> None:
    now = finding("no policy of project b")
    assert between([finding("no policy of project a")], [now]) == News(reworded=(now,))


def test_another_line_of_a_file_within_the_words_is_no_news() -> None:
    words = "no class, because of in.yaml:{} Ingress d/a and (in.yaml:{}:7)"
    old, new = finding(words.format(10, 2)), finding(words.format(11, 3), line=4)
    assert between([old], [new]) == News()
    twice = [old, finding(words.format(20, 2))]
    assert between(twice, [new]) == News(gone=(twice[1],)), "one of two is gone"
    for before, now in (("in.yaml:1 has a", "in.yaml:2 has b"), ("web:80", "web:81"),
                        ("in.yaml:1", "other.yaml:1")):  # fmt: skip
        assert between([finding(before)], [finding(now)]) == News(reworded=(finding(now),))


def test_a_code_an_object_or_a_field_of_its_own_is_a_finding_of_its_own() -> None:
    old = finding("x", "Service default/a", "spec")
    for new in (
        finding("x", "Service default/a", "metadata"),
        finding("x", "Service default/c", "spec"),
        finding("x", "Service default/a", "spec", code="a/c"),
    ):
        assert between([old], [new]) == News(found=(new,), gone=(old,))


def test_of_several_at_one_place_as_many_are_left_as_there_are() -> None:
    http, grpc = finding("port http"), finding("port grpc")
    assert between([http, grpc], [grpc]) == News(gone=(http,))
    assert between([grpc], [http, grpc]) == News(found=(http,))


def test_what_goes_with_its_object_is_told_apart() -> None:
    stays, goes = finding("x", "Service default/a"), finding("x", "Service default/b")
    never, nobodys = finding("x", "Service default/c"), finding("x", "")
    told = between([stays, goes, never, nobodys], [])
    assert told == News(gone=(stays, never, nobodys), removed=(goes,))


def test_another_severity_is_told() -> None:
    old = finding("x")
    new = dataclasses.replace(old, severity=Severity.ERROR)
    assert between([old], [new]) == News(reworded=(new,))
