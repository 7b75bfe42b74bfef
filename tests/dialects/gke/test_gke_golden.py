import pytest
import yaml
from gke_cases import Case, all_cases
from golden_cases import check_golden

from penstock.dialects.gke import codes
from penstock.model import FindingCode

CASES = all_cases()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.path.name)
def test_case_gives_its_golden_model_and_findings(case: Case, request: pytest.FixtureRequest):
    check_golden(case, update=request.config.getoption("--update-golden"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.path.name)
def test_no_case_is_given_to_two_dialects(case: Case):
    served = [ref for lb in case.model().load_balancers.values() for ref in lb.objects]
    assert len(served) == len(set(served))


def test_every_finding_of_the_dialect_has_a_case():
    declared = {c.name for c in vars(codes).values() if isinstance(c, FindingCode)}
    said = {
        finding["code"]
        for case in CASES
        for finding in yaml.safe_load((case.path / "findings.yaml").read_text())
    }
    assert declared - said == set()


def test_equal_worlds_give_equal_models_whatever_their_order():
    from golden_cases import options

    from penstock.dialects import translate
    from penstock.objects.world import World

    for case in CASES:
        objects = case.parsed().objects
        assert translate(World(reversed(objects)), options(**case.options)) == case.model()
