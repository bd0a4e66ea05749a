"""The description of the interface that ONE reads at its first call (`/api/schema`, OpenAPI 3)."""

from __future__ import annotations

from collections.abc import Iterable

from .endpoints import Endpoint


def describe(endpoints: Iterable[Endpoint]) -> dict[str, object]:
    """The paths with their methods and parameters, and the fields of what they take."""
    paths: dict[str, dict[str, object]] = {}
    schemas: dict[str, object] = {}
    for endpoint in endpoints:
        single = endpoint.pattern.groups > 0
        path = f"/{endpoint.label}" + ("/{id}" if single else "")
        methods = paths.setdefault(path, {})
        schemas[endpoint.label] = {
            "type": "object",
            "properties": {field.name: {"type": "string", "readOnly": field.read_only} for field in endpoint.fields},
        }
        for method in endpoint.actions:
            methods[method.lower()] = _operation(endpoint, method, single=single)
    return {
        "openapi": "3.0.3",
        "info": {"title": "Alyx stand-in of cagelab-bridge", "version": "3.6.1"},
        "paths": paths,
        "components": {"schemas": schemas},
    }


def _operation(endpoint: Endpoint, method: str, *, single: bool) -> dict[str, object]:
    names = [] if single or method != "GET" else [*endpoint.filters, "limit", "offset"]
    operation: dict[str, object] = {
        "parameters": [{"name": name, "in": "query", "schema": {"type": "string"}} for name in names],
        "responses": {"200": {"description": ""}},
    }
    if method in {"POST", "PUT", "PATCH"}:
        reference = {"$ref": f"#/components/schemas/{endpoint.label}"}
        operation["requestBody"] = {"content": {"application/json": {"schema": reference}}}
    return operation
