"""What the table of fields calls honoured the dialect reads, and nothing else."""

from __future__ import annotations

import functools
from pathlib import Path

from compute_cases import all_cases
from field_reads import Field, Reads, watched
from golden_cases import Case, options

from penstock.dialects import translate
from penstock.objects.compute.fields import FIELDS, Effect
from penstock.objects.compute.fields.tested import CASES, TESTED, path_of, proofs_of
from penstock.objects.world import World

ROOT = Path(__file__).parents[3]
USED = (Effect.HONOURED, Effect.CHECKED)
UNUSED = (Effect.NO_EFFECT, Effect.NOT_YET, Effect.NOT_INTERNAL)
READ_BY_OTHERS = {("ComputeResource", "kind")}
"""What the reading of files needs before there is an object for the dialect."""


def with_effect(*effects: Effect) -> set[Field]:
    return {
        (kind.__name__, row.name)
        for kind, rows in FIELDS.items()
        for row in rows
        if row.effect in effects
    }


@functools.cache
def reads() -> dict[str, Reads]:
    """By golden case."""
    return {case.path.name: reads_of(case) for case in all_cases()}


def reads_of(case: Case) -> Reads:
    world = World(case.parsed().objects)
    with watched() as seen:
        translate(world, options(**case.options))
    return seen


def test_what_is_honoured_is_read() -> None:
    read = {field for each in reads().values() for field in each.written}
    assert with_effect(Effect.HONOURED) - read == READ_BY_OTHERS


def test_what_has_no_effect_is_not_read() -> None:
    read = {field for each in reads().values() for field in each.every}
    assert read & with_effect(*UNUSED) == set()


def test_every_field_with_an_effect_names_its_tests_and_no_other() -> None:
    named = {
        (schema, field)
        for schema, tests in TESTED.items()
        for fields in tests.values()
        for field in fields.split()
    }
    assert named == with_effect(*USED)


def test_every_named_test_exists() -> None:
    for tests in TESTED.values():
        for test in tests:
            assert (ROOT / path_of(test)).exists(), test


def test_named_golden_cases_are_about_the_fields() -> None:
    wrong = []
    for schema, field in sorted(with_effect(*USED)):
        for path in proofs_of(schema, field):
            folder, _, case = path.rpartition("/")
            if folder == CASES and (schema, field) not in reads()[case].written:
                wrong.append((schema, field, case))
    assert wrong == []


def test_the_watch_sees_what_is_read_and_what_was_written() -> None:
    seen = reads()["timeouts"]
    assert ("BackendService", "timeoutSec") in seen.written
    assert ("BackendService", "tlsSettings") in seen.every - seen.written
    assert ("BackendService", "cdnPolicy") not in seen.every
