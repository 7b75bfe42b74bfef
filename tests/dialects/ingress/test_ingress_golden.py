import pytest
import yaml
from golden_cases import check_golden
from ingress_cases import Case, all_cases, answer

CASES = all_cases()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.path.name)
def test_case_gives_its_golden_model_and_findings(case: Case, request: pytest.FixtureRequest):
    check_golden(case, update=request.config.getoption("--update-golden"))


@pytest.mark.parametrize("case", [c for c in CASES if c.requests], ids=lambda case: case.path.name)
def test_model_answers_the_case_s_requests(case: Case):
    model = case.model()
    for item in case.requests:
        asked, expected = item["request"], item["expect"]
        got = answer(model, asked.get("host", "127.0.0.1"), asked["path"], asked.get("lb"))
        for key in ("status", "service", "path"):
            assert got.get(key, expected.get(key)) == expected.get(key, got.get(key)), item


def test_every_case_is_whole():
    assert CASES
    for case in CASES:
        assert yaml.safe_load((case.path / "findings.yaml").read_text()) is not None
        assert (case.path / "model.yaml").exists()


def test_all_25_conformance_scenarios_are_there():
    names = [
        item["name"]
        for case in CASES
        if case.path.name.startswith("conformance-")
        for item in case.requests
    ]
    scenarios = {name.split(" / ")[0] for name in names}
    # The unknown class has no request: its case asserts that there is no load balancer.
    assert len(scenarios) == 24
    class_case = next(c for c in CASES if c.path.name == "conformance-ingress-class")
    assert not class_case.model().load_balancers
