"""``tests[]`` of a URL map: what its author expects of some requests."""

from __future__ import annotations

from penstock.dialects.compute.actions import ActionReader
from penstock.model import BackendServiceName, Origin
from penstock.model import UrlMapTest as ModelTest
from penstock.objects.compute.url_map import UrlMap, UrlMapTest
from penstock.objects.meta import Object


def read_tests(obj: Object[UrlMap], reader: ActionReader) -> tuple[ModelTest, ...]:
    """The tests; one whose backend service is not there is left out with a finding."""
    tests = []
    for i, written in enumerate(obj.resource.tests or ()):
        test = _test(written, obj.origin("tests", i), reader)
        if test is not None:
            tests.append(test)
    return tuple(tests)


def _test(written: UrlMapTest, origin: Origin, reader: ActionReader) -> ModelTest | None:
    service: BackendServiceName | None = None
    if written.service is not None:
        found = reader.find(written.service, origin.child("service"))
        if found is None:
            return None
        service = found.service.name
    headers = ((h.name, h.value or "") for h in written.headers or () if h.name)
    return ModelTest(
        host=written.host or "",
        path=written.path or "/",
        headers=tuple((name or "", value) for name, value in headers),
        backend_service=service,
        url=written.expected_output_url,
        redirect_status=written.expected_redirect_response_code,
        origin=origin,
    )
