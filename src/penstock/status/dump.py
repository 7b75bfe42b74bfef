"""Models and compiled messages as plain data for `show`: keys in order, secrets never.

Positions are looked up here, once, because here somebody asked for them.
"""

from __future__ import annotations

import enum
import json
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
from google.protobuf import descriptor_pool, json_format, message_factory

from penstock.envoy.resources import SECRET, Snapshot
from penstock.model import Model, Origin, PrivateBytes


def dump_model(model: Model) -> Any:
    """The model as nested dictionaries and lists; origins as text, keys and PEM left out."""
    return _plain(model)


def _plain(value: object) -> Any:
    if isinstance(value, Origin):
        return value.describe()
    if isinstance(value, PrivateBytes):
        return "<private>"
    if isinstance(value, bytes):
        return value.decode("ascii", "replace")
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    if hasattr(value, "as_dict"):
        return value.as_dict()
    if isinstance(value, msgspec.Struct):
        return _fields(value)
    return value


def _fields(value: msgspec.Struct) -> dict[str, Any]:
    tag = value.__struct_config__.tag
    kind = {"kind": tag} if tag is not None else {}
    return {**kind, **{name: _plain(given) for name, given in shown_fields(value)}}


def shown_fields(value: msgspec.Struct) -> Iterator[tuple[str, Any]]:
    """A value's fields by name; of kinds with many seldom used ones only what is not as usual."""
    omits = value.__struct_config__.omit_defaults
    for field in msgspec.structs.fields(value):
        given = getattr(value, field.name)
        if field.required or not omits or given != _default(field):
            yield field.name, given


def _default(field: msgspec.structs.FieldInfo) -> Any:
    made = field.default_factory
    return field.default if made is msgspec.NODEFAULT else made()


def dump_messages(snapshot: Snapshot) -> Any:
    """The compiled messages by type and name, as Envoy's JSON; private keys are left out."""
    dumped: dict[str, Any] = {}
    for type_url, resources in snapshot.resources.items():
        short = type_url.rsplit(".", 1)[-1]
        dumped[short] = {
            name: _message(type_url, resource.body) for name, resource in resources.items()
        }
    return dumped


def _message(type_url: str, body: bytes) -> Any:
    pool = descriptor_pool.Default()
    descriptor = pool.FindMessageTypeByName(type_url.rsplit("/", 1)[-1])
    message = message_factory.GetMessageClass(descriptor)()
    message.ParseFromString(body)
    # By way of text: unpacked `Any`s come as a kind of dictionary that YAML does not know.
    dumped = json.loads(json_format.MessageToJson(message, preserving_proto_field_name=True))
    if type_url == SECRET and "private_key" in dumped.get("tls_certificate", {}):
        dumped["tls_certificate"]["private_key"] = "<private>"
    return dumped
