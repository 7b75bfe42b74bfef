"""`penstock explain`, about files and about a running instance."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from e2e.clients import careless, leaf_names
from e2e.harness import TIMEOUT, Up, address_of, request, until, up
from e2e.manifests import deployment, ingress, service
from penstock.cli import app

TEXT = (
    service("web")
    + deployment("web")
    + ingress("web", ("/", "web"), host="web.example", tls="web-tls")
    + ingress("wild", ("/shop", "web"), host='"*.web.example"', tls="wild-tls")
    + ingress("gone", ("/", "missing"), host="gone.example")
)


@pytest.fixture(scope="module")
def manifests(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("explain") / "web.yaml"
    path.write_text(TEXT)
    return path


def run(*arguments: str) -> Result:
    return CliRunner(env={"COLUMNS": "140", "NO_COLOR": "1", "TERM": "dumb"}).invoke(
        app, ["explain", *arguments]
    )


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["http://web.example/a"], 0, "ingress/default/web:80 answers, asked for /a"),
        (["web.example/a%2fb"], 0, "the proxy answers 307 to /a/b"),
        (["http://gone.example/"], 1, "default/missing:80 is not asked: there is no such Service"),
        (["http://other.example/"], 1, "the proxy answers 404: no host rule covers other.example"),
        (["http://web.example/", "-H", "a_b: 1"], 1, "the proxy answers 400: the header a_b has"),
        (["http://web.example/", "-X", "BREW"], 1, "is no method"),
        (["http://web.example:81/"], 1, "no connection: nothing listens on port 81"),
        (["ftp://web.example/"], 2, "write it like http://shop.example/path"),
        (["http://web.example/", "--lb", "x"], 2, "there is no load balancer x; there is: ing"),
        (["http://web.example/", "--client", "me"], 2, "the client me is no IP address"),
        (["http://web.example/", "-H", "nothing"], 2, "is no header"),
    ],
)  # fmt: skip
def test_answers_and_exit_codes(
    manifests: Path, arguments: list[str], code: int, words: str
) -> None:
    done = run(*arguments, "-f", str(manifests))
    assert words in done.output
    assert done.exit_code == code


def test_text_names_every_origin(manifests: Path) -> None:
    lines = run("https://web.example//a?q=1", "-f", str(manifests)).output.splitlines()
    rows = {line.split("  ")[0]: line for line in lines if line and not line.startswith(" ")}
    assert f"{manifests}:" in rows["Route rule"].replace("\n", "") or "web.yaml" in "".join(lines)
    assert "//a → /a  doubled slashes are merged" in rows["Normalised"]
    assert "for web.example" in rows["Certificate"]
    assert "default of dialect ingress" in rows["Time limits"]


def test_json_has_the_documented_keys(manifests: Path) -> None:
    done = run("http://web.example/", "-o", "json", "-f", str(manifests), "--client", "192.0.2.1")
    data = json.loads(done.output)
    page = (Path(__file__).parents[2] / "docs" / "json-output.md").read_text()
    for key in data:
        assert f"`{key}`" in page, key
    assert {"X-Forwarded-For": "192.0.2.1"}.items() <= {
        change["name"]: change["value"] for change in data["requestHeaders"]
    }.items()


def test_no_instance_says_what_to_do(tmp_path: Path) -> None:
    done = run("http://web.example/", "--state-dir", str(tmp_path))
    assert done.exit_code == 2
    assert "penstock explain URL -f manifests/" in done.output


@pytest.fixture(scope="module")
def running(manifests: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    with up([manifests], tmp_path_factory.mktemp("running") / "state") as instance:
        yield instance


def ask(running: Up, *arguments: str) -> Any:
    """The answer; an error as the answer is an answer too."""
    done = subprocess.run(
        [sys.executable, "-m", "penstock", "explain", *arguments, "-o", "json",
         "--state-dir", str(running.state)],
        capture_output=True, text=True, timeout=TIMEOUT, check=False,
    )  # fmt: skip
    assert done.returncode in (0, 1), done.stderr
    return json.loads(done.stdout)


def test_the_running_instance_knows_health(running: Up) -> None:
    url = "http://web.example/"
    first, second = ask(running, url)["action"]["backends"][0]["endpoints"]
    assert [first["health"], second["health"]] == ["healthy", "healthy"]
    pod = first["target"].partition("/")[2]
    running.command(pod, "--ready=false")
    until(
        lambda: (
            sorted(
                (e["health"], e["share"])
                for e in ask(running, url)["action"]["backends"][0]["endpoints"]
            )
            == [("healthy", 1.0), ("not ready", 0.0)]
        )
    )
    running.command(pod, "--ready=true")


def test_the_running_instance_has_its_addresses(running: Up) -> None:
    address = address_of(next(e for e in running.events if e["event"] == "ready"))
    data = ask(running, f"http://{address}/", "-H", "Host: web.example")
    assert (data["forwardingRule"]["address"], data["answer"]["by"]) == (address, "backend")
    assert data["notes"] == []
    with pytest.raises(AssertionError, match="write it like"):
        ask(running, "nonsense://")


@pytest.mark.parametrize(
    "name", ["web.example", "x.web.example", "y.x.web.example", "other.example", "WEB.example"]
)
def test_certificates_are_those_that_clients_get(running: Up, name: str) -> None:
    address = address_of(next(e for e in running.events if e["event"] == "ready"))
    (certificate,) = ask(running, f"https://{name}/")["tls"]["certificates"]
    assert certificate["notAfter"]
    assert certificate["kind"] == "generated"
    assert tuple(certificate["dnsNames"]) == leaf_names(address, 443, name)


def test_clients_without_a_name_get_the_default(running: Up) -> None:
    address = address_of(next(e for e in running.events if e["event"] == "ready"))
    (certificate,) = ask(running, f"https://{address}/")["tls"]["certificates"]
    assert tuple(certificate["dnsNames"]) == leaf_names(address, 443, None)


@pytest.mark.parametrize(
    ("host", "path"), [("x.web.example", "/shop/a"), ("web.example", "http://web.example/"),
                       ("web.example", "https://x.web.example/shop"), ("web.example", "/%2f")]
)  # fmt: skip
def test_over_tls_too(running: Up, host: str, path: str) -> None:
    """Absolute-form over TLS is the one thing that differs from clear text."""
    from penstock.cli import offline
    from penstock.explain import Context, Listener, Request, explain
    from penstock.runtime.settings import Settings

    address = address_of(next(e for e in running.events if e["event"] == "ready"))
    (source,) = (Path(p) for p in [running.events[0]["findings"][0]["file"]])
    model = offline.revision(Settings(sources=(str(source),))).model
    listeners = {
        rule.name: Listener(address, rule.port)
        for lb in model.load_balancers.values()
        for rule in lb.forwarding_rules
    }
    asked = Request(path, host, tls=True, server_name=host)
    told = explain(model, asked, Context(listeners)).answer
    got = request(address, path, host, port=443, tls=careless(), server_name=host)
    assert got.status == (told.status or 200)
    if told.by == "backend":
        assert got.echo["path"] == told.path


def test_what_only_redirects_to_https_is_found_by_the_address_it_shares(tmp_path: Path) -> None:
    """Its URL map has no host rules; that of port 443 on the same address has."""
    done = run("http://www.shop.test/a", "-f", write_redirecting(tmp_path), "-o", "json")
    told = json.loads(done.output)
    assert told["answer"]["location"] == "https://www.shop.test/a"
    assert told["loadBalancer"]["name"] == "compute/p/r1/redirect"
    assert "another port of its address" in told["loadBalancer"]["why"]
    assert told["loadBalancer"]["others"] == ["compute/p/r1/aside"]


def write_redirecting(folder: Path) -> str:
    """Three load balancers: one redirects to another on its address, one stands aside."""
    parts = [
        front("aside", "10.0.0.8", 80, "defaultUrlRedirect: {hostRedirect: aside.test}"),
        front("redirect", "10.0.0.9", 80, "defaultUrlRedirect: {httpsRedirect: true}"),
        front("shop", "10.0.0.9", 8080, HOSTS),
        "kind: compute#address\nname: vip\nregion: projects/p/regions/r1\naddress: 10.0.0.9\n"
        "purpose: SHARED_LOADBALANCER_VIP\naddressType: INTERNAL\n",
    ]
    path = folder / "lbs.yaml"
    path.write_text("---\n".join(parts))
    return str(path)


HOSTS = """\
defaultUrlRedirect: {hostRedirect: nobody.test}
hostRules: [{hosts: [www.shop.test], pathMatcher: shop}]
pathMatchers: [{name: shop, defaultUrlRedirect: {hostRedirect: shop.test}}]"""


def front(name: str, address: str, port: int, rest: str) -> str:
    place = f"name: {name}\nregion: projects/p/regions/r1\n"
    return (
        f"kind: compute#forwardingRule\n{place}loadBalancingScheme: INTERNAL_MANAGED\n"
        f"IPAddress: {address}\nportRange: '{port}'\ntarget: targetHttpProxies/{name}\n---\n"
        f"kind: compute#targetHttpProxy\n{place}urlMap: urlMaps/{name}\n---\n"
        f"kind: compute#urlMap\n{place}{rest}\n"
    )


def checked(path: str, *options: str) -> Result:
    arguments = ["check", "-f", path, "--url-map-tests", *options]
    return CliRunner(env={"COLUMNS": "140", "NO_COLOR": "1"}).invoke(app, arguments)


TESTS = """
tests:
- {host: www.shop.test, path: /a, expectedOutputUrl: "http://shop.test/a"}
- {host: www.shop.test, path: /b, expectedOutputUrl: "http://other.test/b"}
"""


def test_check_tells_what_came_of_url_map_tests_as_the_api_would(tmp_path: Path) -> None:
    path = tmp_path / "lb.yaml"
    path.write_text(front("shop", "10.0.0.9", 80, HOSTS + TESTS))
    done = checked(str(path), "-o", "json")
    assert done.exit_code == 2
    [result] = [item["result"] for item in json.loads(done.output).values()]
    assert (result["loadSucceeded"], result["testPassed"]) == (True, False)
    assert result["testFailures"] == [
        {
            "host": "www.shop.test",
            "path": "/b",
            "expectedOutputUrl": "http://other.test/b",
            "actualOutputUrl": "http://shop.test/b",
            "actualRedirectResponseCode": 301,
        }
    ]
    text = checked(str(path)).output
    assert "1 URL map test passed, 1 failed" in text
    assert text.count("compute/") == 1
