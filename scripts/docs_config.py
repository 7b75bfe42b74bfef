"""PenstockConfig's reference page and JSON schema, from its types.

Descriptions are the docstrings of types and fields in the source.
"""

from __future__ import annotations

import ast
import functools
import inspect
import json
import re
import textwrap
from collections.abc import Iterator
from typing import Any

SCHEMA_ID = "https://json-schema.org/draft/2020-12/schema"

INTRODUCTION = """\
<!-- Written by `make docs` from src/penstock/objects/penstock_config.py. Do not edit. -->
# PenstockConfig

Manifests name what the cloud knows: projects, regions, subnets, machines, services, certificates,
addresses.
A PenstockConfig says what these names mean where there is no cloud. Nobody needs one to start:
everything has a default. It is an object like others, in a file beside the manifests; several add
up, in the order of their names, and of a single value the first counts.

```yaml
apiVersion: penstock.dev/v1alpha1
kind: PenstockConfig
metadata:
  name: office
spec:
  project: shop
  region: europe-west1
  projects:
  - name: payments
    grants:
    - to: [shop]
  networks:
  - name: default
    connected: [office]
  subnets:
  - name: clients
    region: europe-west1
    range: 10.1.0.0/24
  - name: proxies
    region: europe-west1
    range: 10.129.0.0/23
    purpose: REGIONAL_MANAGED_PROXY
  instances:
  - name: vm-1
    zone: europe-west1-b
    address: 192.168.7.21
  services:
  - name: hello
    address: 127.0.0.1
    port: 8080
  certificates:
  - name: shop-example-com
    secret: default/shop-example-com
  addresses:
  - name: shop-vip
    region: europe-west1
    address: 10.1.0.80
    purpose: SHARED_LOADBALANCER_VIP
  clients:
  - ranges: [192.168.0.0/16]
    region: europe-west1
    network: office
  securityPolicies:
  - name: office-only
    rules:
    - priority: 1000
      action: allow
      match: {versionedExpr: SRC_IPS_V1, config: {srcIpRanges: [192.168.0.0/16]}}
    - priority: 2147483647
      action: deny(403)
      match: {versionedExpr: SRC_IPS_V1, config: {srcIpRanges: ['*']}}
```

A mistake costs the smallest part: a bad subnet is left out, and the others stay; of a security
policy nothing stays. Editors check the [JSON schema](penstock-config.schema.json).
"""


def config_page() -> str:
    """docs/penstock-config.md."""
    lines = [INTRODUCTION]
    for cls in _classes():
        title = "`spec`" if cls.__name__ == "PenstockConfigSpec" else f"`{_places()[cls]}`"
        lines += [f"## {title}", "", _one_line(cls.__doc__), "", *_table(cls), ""]
    return "\n".join(lines).rstrip() + "\n"


def config_schema() -> str:
    """docs/penstock-config.schema.json."""
    import msgspec

    from penstock.objects.penstock_config import PenstockConfig

    schema = msgspec.json.schema(PenstockConfig)
    definitions = schema["$defs"]
    for cls in _classes():
        _describe(definitions[cls.__name__], cls)
    root = definitions["PenstockConfig"]
    root["properties"]["apiVersion"] = {"enum": list(PenstockConfig.API_VERSIONS)}
    root["properties"]["kind"] = {"enum": [PenstockConfig.KIND]}
    root["required"] = sorted({*root["required"], "metadata"})
    definitions["ObjectMeta"]["required"] = ["name"]
    whole = {"$schema": SCHEMA_ID, "title": "PenstockConfig", **schema}
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"


def _describe(definition: dict[str, Any], cls: type) -> None:
    from penstock.objects.penstock_config import VALUES

    texts = _field_texts(cls)
    for name, of in definition["properties"].items():
        if name in texts:
            of["description"] = texts[name]
        if (cls, name) in VALUES:
            of["enum"] = list(VALUES[cls, name])


@functools.cache
def _classes() -> tuple[type, ...]:
    """The spec's type, then those of its parts, in its order."""
    from penstock.objects.penstock_config import PenstockConfigSpec

    return (PenstockConfigSpec, *_places())


@functools.cache
def _places() -> dict[type, str]:
    """The types of the spec's lists and of all in these, and where they stand."""
    from penstock.objects.penstock_config import PenstockConfigSpec

    return dict(_parts(PenstockConfigSpec, "spec"))


def _parts(cls: type, path: str) -> Iterator[tuple[type, str]]:
    from msgspec import inspect as types

    tree = types.type_info(cls)
    assert isinstance(tree, types.StructType)
    for field in tree.fields:
        place = f"{path}.{field.encode_name}"
        for of in field.type.types if isinstance(field.type, types.UnionType) else (field.type,):
            part, where = of, place
            if isinstance(of, types.VarTupleType):
                part, where = of.item_type, f"{place}[]"
            if isinstance(part, types.StructType):
                yield part.cls, where
                yield from _parts(part.cls, where)


def _table(cls: type) -> Iterator[str]:
    from msgspec import NODEFAULT
    from msgspec import inspect as types

    from penstock.objects.penstock_config import VALUES

    tree = types.type_info(cls)
    assert isinstance(tree, types.StructType)
    texts = _field_texts(cls)
    yield "| field | type | default | |"
    yield "|---|---|---|---|"
    for field in tree.fields:
        name = field.encode_name
        default = field.default
        shown = "required" if field.required else f"`{default}`" if default else ""
        if default is NODEFAULT and not field.required:
            shown = ""
        values = VALUES.get((cls, name))
        listed = f"One of {', '.join(f'`{value}`' for value in values)}." if values else ""
        text = listed or texts.get(name, "")
        yield f"| `{name}` | {_type(field.type)} | {shown} | {text} |"


def _type(of: Any) -> str:
    from msgspec import inspect as types

    match of:
        case types.UnionType():
            options = [each for each in of.types if not isinstance(each, types.NoneType)]
            return " or ".join(_type(each) for each in options)
        case types.VarTupleType():
            return f"list of {_type(of.item_type)}"
        case types.StructType():
            place = _places().get(of.cls)
            anchor = re.sub(r"[^a-z]", "", place.lower()) if place else ""
            return f"[{place}](#{anchor})" if place else str(of.cls.__name__)
        case types.IntType():
            return "number"
        case types.BoolType():
            return "bool"
    return "string"


@functools.cache
def _field_texts(cls: type) -> dict[str, str]:
    """Docstrings below fields, by JSON name."""
    import msgspec

    names = {field.name: field.encode_name for field in msgspec.structs.fields(cls)}
    (tree,) = ast.parse(textwrap.dedent(inspect.getsource(cls))).body
    assert isinstance(tree, ast.ClassDef)
    texts = {}
    for field, text in zip(tree.body, tree.body[1:], strict=False):
        if not (isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)):
            continue
        value = text.value if isinstance(text, ast.Expr) else None
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            texts[names[field.target.id]] = _one_line(value.value)
    return texts


def _one_line(text: str | None) -> str:
    return " ".join((text or "").split()).replace("``", "`")
