"""What the API says of itself."""

from __future__ import annotations

import json
import re

import pytest

from litmine.web.access import needed_role
from litmine.web.api.document import operations
from tests.support.api import V1, told


@pytest.fixture
def dialect():
    """The database plays no part here."""
    return "sqlite"


@pytest.fixture
def document(client_as):
    return told(client_as(None).get(f"{V1}/openapi.json"))


def test_operations_have_readable_names_and_are_described(document):
    names = []
    for path, methods in document["paths"].items():
        assert path.startswith(f"{V1}/"), path
        for operation in methods.values():
            names.append(operation["operationId"])
            assert re.fullmatch(r"[a-z]+([A-Z][a-z]*)*", names[-1]), names[-1]
            assert operation["summary"]
            assert operation["tags"]
    assert len(set(names)) == len(names) == len(list(operations()))


def test_every_operation_tells_its_errors_in_one_shape(document):
    needs = {
        (route.path_format, method): needed_role(route.dependant) for method, route in operations()
    }
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            answers = operation["responses"]
            public = needs[path, method] == "public"
            assert bool(operation["security"]) is not public, path
            assert ({"401", "403"} <= set(answers)) is not public, path
            if "{" in path:
                assert "404" in answers, path
            if "requestBody" in operation:
                assert {"400", "413", "422"} <= set(answers), path
            for status, answer in answers.items():
                assert answer["description"], (path, status)
                if int(status) >= 400:
                    (kind,) = answer["content"]
                    assert kind == "application/problem+json", (path, status)
    assert "HTTPValidationError" not in document["components"]["schemas"]
    assert set(document["components"]["securitySchemes"]) == {"bearer", "session"}


def test_every_member_of_every_shape_is_described(document):
    for name, schema in document["components"]["schemas"].items():
        for member, told_of in schema.get("properties", {}).items():
            assert "description" in told_of or "$ref" in told_of, f"{name}.{member}"


def test_references_lead_somewhere(document):
    text = json.dumps(document)
    for name in set(re.findall(r'"#/components/schemas/([^"]+)"', text)):
        assert name in document["components"]["schemas"]
