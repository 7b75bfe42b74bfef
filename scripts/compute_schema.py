"""Write what tests need of Google's API schemas, out of the API's discovery documents.

    .venv/bin/python scripts/compute_schema.py compute.v1.json networksecurity.v1.json …

The documents are those that the APIs themselves serve.  What is kept is facts only:
names, types and enumerations of the fields of the schemas that Penstock reads, and the
names of all kinds; no descriptions.  Of a schema that two documents have, the later
document's is kept.  Cloud DNS' document makes a digest of its own.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from penstock.objects.compute.base import ComputeResource
from penstock.objects.compute.fields import FIELDS
from penstock.objects.compute.kinds import PREFIX
from penstock.objects.compute.schema_names import schema_name
from penstock.objects.dns.base import PREFIX as DNS_PREFIX
from penstock.objects.dns.fields import FIELDS as DNS_FIELDS
from penstock.objects.dns.schema_names import schema_name as dns_schema_name

FOLDER = Path(__file__).resolve().parent.parent / "tests" / "objects"
DIGEST, DNS_DIGEST = FOLDER / "compute_schema.json", FOLDER / "dns_schema.json"
DNS = "dns"
"""The name of Cloud DNS' document."""


def compute_digest(documents: list[dict[str, Any]]) -> dict[str, Any]:
    """The facts of all documents but Cloud DNS'."""
    read = {schema_name(kind) for kind in FIELDS if kind is not ComputeResource}
    return digest(documents, read, PREFIX)


def dns_digest(documents: list[dict[str, Any]]) -> dict[str, Any]:
    """The facts of Cloud DNS' document."""
    return digest(documents, {dns_schema_name(kind) for kind in DNS_FIELDS}, DNS_PREFIX)


def digest(documents: list[dict[str, Any]], read: set[str], prefix: str) -> dict[str, Any]:
    """The facts of all documents together, about the schemas that are read."""
    schemas: dict[str, Any] = {}
    for document in documents:
        schemas.update(document["schemas"])
    return {
        "revisions": {document["id"]: document["revision"] for document in documents},
        "kinds": sorted(_kinds(schemas, prefix)),
        "schemas": {
            name: {field: _fact(of) for field, of in sorted(schemas[name]["properties"].items())}
            for name in sorted(read)
        },
    }


def _kinds(schemas: dict[str, Any], prefix: str) -> set[str]:
    """Kinds of everything that is neither a list nor an answer to a method."""
    kinds = set()
    for name, of in schemas.items():
        kind = of.get("properties", {}).get("kind", {}).get("default", "")
        if kind.startswith(prefix) and "List" not in kind and not name.endswith("Response"):
            kinds.add(kind.removeprefix(prefix))
    return kinds


def _fact(of: dict[str, Any]) -> dict[str, Any]:
    """Type, format and enumeration of one field."""
    fact: dict[str, Any] = {key: of[key] for key in ("type", "format", "$ref") if key in of}
    values = of.get("enum") or of.get("items", {}).get("enum")
    return {**fact, "enum": sorted(values)} if values else fact


def main() -> None:
    """Read the documents, write the digest."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("documents", nargs="+", type=Path, metavar="DISCOVERY_JSON")
    paths: list[Path] = parser.parse_args().documents
    documents = [json.loads(path.read_text(encoding="utf-8")) for path in paths]
    own = [document for document in documents if document["name"] == DNS]
    others = [document for document in documents if document["name"] != DNS]
    if others:
        _write(DIGEST, compute_digest(others))
    if own:
        _write(DNS_DIGEST, dns_digest(own))


def _write(path: Path, facts: dict[str, Any]) -> None:
    text = json.dumps(facts, indent=1, ensure_ascii=False)
    path.write_text(f"{text}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
