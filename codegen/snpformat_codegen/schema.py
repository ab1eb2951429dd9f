"""The tables of the language as a JSON Schema, so that editors complete and check as one types.

Made from the same tables that the checker reads by, so the two cannot drift apart. A schema says
less than the checker: it knows keys and kinds, not what is beside what.
"""

from __future__ import annotations

from collections.abc import Mapping

from .language import FILE
from .shapes import Either, Forms, Key, ListOf, MapOf, Shape, Table
from .words import Boolean, Choice, Integer, Range, Text, Word

Schema = dict[str, object]

_RANGE = r"^ *(0x[0-9a-fA-F]+|[0-9]+) *\.\. *(0x[0-9a-fA-F]+|[0-9]+) *$"


def schema() -> Schema:
    """The whole language."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "snpformat spec, version 1",
        **_schema_of(FILE),
    }


def _schema_of(shape: Shape) -> Schema:
    if isinstance(shape, Table):
        return _table(shape)
    if isinstance(shape, Forms):
        return {"oneOf": [_form(shape, name) for name in shape.forms]}
    if isinstance(shape, Either):
        return {"anyOf": [_schema_of(shape.short), _schema_of(shape.long)]}
    if isinstance(shape, ListOf):
        least = 0 if shape.may_be_empty else 1
        return {"type": "array", "items": _schema_of(shape.item), "minItems": least}
    if isinstance(shape, MapOf):
        value = _schema_of(shape.value)
        return {"type": "object", "additionalProperties": value, "minProperties": 1}
    return _word(shape)


def _word(shape: Shape) -> Schema:
    if isinstance(shape, Integer):
        return {"type": "integer", "minimum": shape.low, "maximum": shape.high}
    if isinstance(shape, Boolean):
        return {"type": "boolean"}
    if isinstance(shape, Choice):
        return {"enum": list(shape.choices)}
    if isinstance(shape, Range):
        span: Schema = {"type": "string", "pattern": _RANGE}
        return {"anyOf": [{"type": "integer", "minimum": 0}, span]} if shape.single else span
    if isinstance(shape, Word):
        return {"type": ["string", "integer"]}
    if isinstance(shape, Text):
        plain = shape.pattern.removeprefix("(?s)")
        return {"type": "string", "pattern": f"^({plain})$" if plain == shape.pattern else r"\S"}
    raise TypeError(f"no schema for {type(shape).__name__}")


def _table(table: Table) -> Schema:
    made: Schema = {
        "type": "object",
        "description": table.what,
        "properties": _properties(table.keys),
        "additionalProperties": _key(table.extra) if table.extra else False,
    }
    required = [name for name, key in table.keys.items() if key.required]
    return made | ({"required": required} if required else {})


def _form(forms: Forms, name: str) -> Schema:
    """One form; its telling key is what makes it that form."""
    made = _table(forms.forms[name])
    needed = made.get("required", [])
    assert isinstance(needed, list)
    return made | {"required": list(dict.fromkeys([*needed, name]))}


def _properties(keys: Mapping[str, Key]) -> Schema:
    return {name: _key(key) for name, key in keys.items()}


def _key(key: Key) -> Schema:
    return {"description": key.doc, **_schema_of(key.shape)}
