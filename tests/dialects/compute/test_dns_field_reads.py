"""What the table of Cloud DNS' fields calls honoured the dialect reads, and nothing else."""

from __future__ import annotations

import functools

from compute_cases import all_cases
from field_reads import Field, Reads, watched
from golden_cases import options
from test_compute_field_reads import ROOT, UNUSED, USED

from penstock.dialects import translate
from penstock.objects.compute.fields import Effect
from penstock.objects.compute.fields.tested import path_of
from penstock.objects.dns.fields import FIELDS
from penstock.objects.dns.tested import TESTED
from penstock.objects.world import World

READ_BY_OTHERS = {
    ("ResourceRecordSet", "kind"),
    ("ManagedZone", "kind"),
    ("ResourceRecordSet", "name"),
    ("ManagedZone", "name"),
}
"""What the reading of files needs; names are read before the watch begins, too."""


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
    found = {}
    for case in all_cases():
        if case.path.name.startswith("dns-"):
            world = World(case.parsed().objects)
            with watched(tuple(FIELDS)) as found[case.path.name]:
                translate(world, options(**case.options))
    return found


def test_what_is_honoured_is_read() -> None:
    read = {field for each in reads().values() for field in each.written}
    assert with_effect(Effect.HONOURED) - read - READ_BY_OTHERS == set()


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


def test_every_named_test_exists_and_is_about_the_fields() -> None:
    for schema, tests in TESTED.items():
        for test, fields in tests.items():
            assert (ROOT / path_of(test)).exists(), test
            if "/" not in test:
                about = {(schema, field) for field in fields.split()} - READ_BY_OTHERS
                assert about <= reads()[test].written, (schema, test)
