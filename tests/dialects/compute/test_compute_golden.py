import pytest
import yaml
from compute_cases import all_cases, answer
from golden_cases import Case, check_golden

CASES = all_cases()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.path.name)
def test_case_gives_its_golden_model_and_findings(case: Case, request: pytest.FixtureRequest):
    check_golden(case, update=request.config.getoption("--update-golden"))


@pytest.mark.parametrize("case", [c for c in CASES if c.requests], ids=lambda case: case.path.name)
def test_model_answers_the_case_s_requests(case: Case):
    model = case.model()
    for item in case.requests:
        got = answer(model, item["request"])
        assert {key: got.get(key) for key in item["expect"]} == item["expect"], item


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.path.name)
def test_every_name_that_a_model_refers_to_is_there(case: Case):
    model = case.model()
    certificates = {*model.certificates, *model.certificate_requests}
    for lb in model.load_balancers.values():
        proxies = {proxy.name for proxy in lb.target_proxies}
        assert {rule.target_proxy for rule in lb.forwarding_rules} == proxies
        for proxy in lb.target_proxies:
            assert proxy.url_map in model.url_maps
            assert {*proxy.default_certificates} <= certificates
            assert {name for b in proxy.bindings for name in b.certificates} <= certificates
    for url_map in model.url_maps.values():
        actions = [r.action for h in url_map.host_rules for r in h.routes]
        for action in (*actions, url_map.default_action):
            for backend in getattr(action, "backends", ()):
                assert backend.backend_service in model.backend_services
            mirror = getattr(action, "mirror", None)
            assert mirror is None or mirror.value.backend_service in model.backend_services
        for test in url_map.tests:
            assert test.backend_service in {None, *model.backend_services}
    for service in model.backend_services.values():
        assert {*service.negs} <= {*model.negs}


def test_every_case_is_whole():
    assert CASES
    for case in CASES:
        assert yaml.safe_load((case.path / "findings.yaml").read_text()) is not None
        assert (case.path / "model.yaml").exists()
