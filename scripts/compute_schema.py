"""Write what tests need of Google's API schemas, out of the API's discovery documents.

    .venv/bin/python scripts/compute_schema.py compute.v1.json networksecurity.v1.json …

The documents are those that the APIs themselves serve.  What is kept is facts only:
names, types and enumerations of the fields of the schemas that Penstock reads, and the
names of all kinds; no descriptions.  Of a schema that two documents have, the later
document's is kept.
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

DIGEST = Path(__file__).resolve().parent.parent / "tests" / "objects" / "compute_schema.json"


def digest(documents: list[dict[str, Any]]) -> dict[str, Any]:
    """The facts of all documents together."""
    schemas: dict[str, Any] = {}
    for document in documents:
        schemas.update(document["schemas"])
    read = {schema_name(kind) for kind in FIELDS if kind is not ComputeResource}
    return {
        "revisions": {document["id"]: document["revision"] for document in documents},
        "kinds": sorted(_kinds(schemas)),
        "schemas": {
            name: {field: _fact(of) for field, of in sorted(schemas[name]["properties"].items())}
            for name in sorted(read)
        },
    }


def _kinds(schemas: dict[str, Any]) -> set[str]:
    """Kinds of everything that is neither a list nor an answer to a method."""
    kinds = set()
    for name, of in schemas.items():
        kind = of.get("properties", {}).get("kind", {}).get("default", "")
        if kind.startswith(PREFIX) and "List" not in kind and not name.endswith("Response"):
            kinds.add(kind.removeprefix(PREFIX))
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
    text = json.dumps(digest(documents), indent=1, ensure_ascii=False)
    DIGEST.write_text(f"{text}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
