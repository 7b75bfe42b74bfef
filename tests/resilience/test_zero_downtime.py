"""Nothing that we do on purpose fails a request or cuts a WebSocket."""

from __future__ import annotations

import signal

from load import Load, Site, load
from stage import HOST, Stage

from e2e.certificates import secret
from e2e.clients import leaf_names
from e2e.harness import request, until
from e2e.manifests import deployment, ingress, service


def test_repointing_a_live_route(stage: Stage) -> None:
    up = stage.start()
    with load(stage.address, HOST):
        for turn in range(40):
            stage.write("ingress.yaml", ingress("web", ("/", ("two", "one")[turn % 2]), tls="tls"))
            up.applied("web")


def test_replacing_all_endpoints(stage: Stage) -> None:
    up = stage.start()
    pods = set(up.pods("one"))
    with load(stage.address, HOST) as clients:
        for turn in range(8):
            other = deployment("one").replace("{name: one}", f"{{name: one-{turn}}}", 1)
            stage.write("services.yaml", service("one"), other, service("two"), deployment("two"))
            up.applied("one")
            clients.more(60)
    assert pods.isdisjoint(up.pods("one"))


def test_adding_and_removing_3000_routes(stage: Stage) -> None:
    up = stage.start()
    with load(stage.address, HOST):
        paths = [(f"/r{number}", "two") for number in range(100)]
        many = "".join(ingress(f"m{n}", *paths, host=f"h{n}.example", tls="") for n in range(30))
        stage.write("many.yaml", many)
        up.applied("m29")
        (stage.folder / "many.yaml").unlink()
        up.applied("m29")


def test_rotating_a_certificate(stage: Stage) -> None:
    up = stage.start()
    with load(stage.address, HOST) as clients:
        for turn in range(5):
            stage.write("secret.yaml", secret("tls", HOST, f"turn{turn}.example"))
            up.applied("tls")
            clients.more(60)
            until(lambda: f"turn{turn}.example" in leaf_names(stage.address, 443, HOST))  # noqa: B023
        # Open connections stay: nobody was told to leave.
        assert clients.tally.handshakes == 2


def test_a_killed_control_plane_and_the_next(stage: Stage) -> None:
    stage.start()
    address, envoy, pods = stage.address, stage.envoy(), sorted(stage.up.pods())
    with load(address, HOST):
        for _ in range(3):
            stage.kill()
            stage.start()
            assert stage.address == address
            assert stage.envoy() == envoy
    assert sorted(stage.up.pods()) == pods
    status = stage.up.cli("status", "-o", "json")
    assert status["xds"]["resourcesSent"] == 0, "a proxy that has everything is sent nothing"


def test_changes_while_nobody_watched(stage: Stage) -> None:
    stage.start()
    with load(stage.address, HOST):
        stage.kill()
        stage.write("ingress.yaml", ingress("web", ("/", "two"), tls="tls"))
        stage.start()


def test_hot_restart(stage: Stage) -> None:
    stage.start()
    before = stage.envoy()
    with load(stage.address, HOST) as clients:
        stage.up.process.send_signal(signal.SIGUSR2)
        until(lambda: stage.envoy() != before)
        clients.more(300)
        assert before.alive, "it finishes its connections"


def test_other_options_hot_restart_the_proxy(stage: Stage) -> None:
    stage.start()
    before = stage.envoy()
    with load(stage.address, HOST) as clients:
        stage.kill()
        stage.start("--drain-time", "7")
        until(lambda: stage.envoy() != before)
        clients.more(300)


def test_draining_tells_clients_to_leave(stage: Stage) -> None:
    stage.start()
    clients = Load(Site(stage.address, HOST), sockets=0, hasty=16)
    with clients:
        clients.more(100)
        assert stage.up.stop(signal.SIGTERM) == 0
    stage.running = None
    # Refused cleanly, who comes back and who was about to connect; nothing is cut.
    assert {failure.split("(")[0].split(": ")[1] for failure in clients.tally.failures} <= {
        "ConnectionRefusedError"
    }


def test_a_burst_of_saves_is_few_revisions(stage: Stage) -> None:
    up = stage.start()
    with load(stage.address, HOST) as clients:
        for turn in range(100):
            stage.write("ingress.yaml", ingress("web", ("/", ("two", "one")[turn % 2]), tls="tls"))
        stage.write("ingress.yaml", ingress("web", ("/", "two"), ("/last", "one"), tls="tls"))
        until(lambda: request(stage.address, "/last", host=HOST).echo["service"] == "one")
        until(lambda: request(stage.address, "/", host=HOST).echo["service"] == "two")
        clients.more(100)
    assert up.cli("status", "-o", "json")["xds"]["responses"] < 150
