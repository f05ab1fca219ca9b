"""The OpenAPI document and its page say what the server does."""

from __future__ import annotations

import re
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from teammcp import Server
from teammcp.errors import Forbidden, InvalidInput
from teammcp.testing import TestTeam
from tests.rest_plugin import RestPlugin

pytestmark = pytest.mark.teammcp(install={"rest_plugin": RestPlugin()})


@pytest.fixture
async def document(team: TestTeam) -> dict[str, Any]:
    answer = await team.client().get("/api/openapi.json")
    found: dict[str, Any] = answer.json()
    return found


def described(document: dict[str, Any], name: str) -> dict[str, Any]:
    """The operation of that name."""
    found = [
        operation
        for methods in document["paths"].values()
        for operation in methods.values()
        if operation["operationId"] == name
    ]
    assert len(found) == 1, name
    return found[0]


async def test_every_operation_is_in_it_once(document: dict[str, Any], server: Server) -> None:
    for operation in server.registry.offered():
        described(document, operation.name)


async def test_what_the_server_alone_does_is_offered_nowhere(document: dict[str, Any], team: TestTeam) -> None:
    inside = [operation for operation in team.server.registry if operation.internal]
    assert {"stop_loop", "requeue_task", "note_delivery"} <= {operation.name for operation in inside}
    described_names = {operation["operationId"] for path in document["paths"].values() for operation in path.values()}
    for operation in inside:
        assert operation.name not in described_names
        assert (await team.owner.http.post(f"/api/call/{operation.name}", json={})).status_code == 404
        with pytest.raises((Forbidden, InvalidInput)):
            await team.owner.call(operation.name)


async def test_a_path_is_in_it_once_whatever_operations_call_its_parts(document: dict[str, Any]) -> None:
    places = [re.sub(r"\{\w+\}", "{}", path) for path in document["paths"]]
    assert len(places) == len(set(places))
    for path, methods in document["paths"].items():
        for operation in methods.values():
            named = [item["name"] for item in operation.get("parameters", []) if item["in"] == "path"]
            assert sorted(named) == sorted(re.findall(r"\{(\w+)\}", path))


async def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    def references(value: Any) -> list[str]:
        if isinstance(value, dict):
            own = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
            return own + [found for item in value.values() for found in references(item)]
        return [found for item in value for found in references(item)] if isinstance(value, list) else []

    for reference in references(document):
        _, *path = reference.split("/")
        target: Any = document
        for part in path:
            target = target[part]


async def test_its_schemas_are_schemas(document: dict[str, Any]) -> None:
    for schema in document["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


async def test_it_tells_where_arguments_go(document: dict[str, Any]) -> None:
    places = {(item["name"], item["in"], item["required"]) for item in described(document, "list_things")["parameters"]}
    assert places == {("tags", "query", False), ("limit", "query", False), ("deep", "query", False)}
    change = described(document, "change_thing")
    body = change["requestBody"]["content"]["application/json"]["schema"]
    assert [item["name"] for item in change["parameters"]] == ["id", "Idempotency-Key"]
    assert (list(body["properties"]), body["required"], body["additionalProperties"]) == (["name"], ["name"], False)


async def test_a_query_has_no_null(document: dict[str, Any]) -> None:
    [tags] = [item for item in described(document, "list_things")["parameters"] if item["name"] == "tags"]
    assert tags["schema"]["type"] == "array"
    assert "anyOf" not in tags["schema"]


async def test_files_come_as_forms_too_and_leave_as_bytes(document: dict[str, Any]) -> None:
    content = described(document, "send_parcel")["requestBody"]["content"]
    assert content["multipart/form-data"]["schema"]["required"] == ["content"]
    assert set(content["application/json"]["schema"]["required"]) == {"content", "name"}
    assert "*/*" in described(document, "get_parcel")["responses"]["200"]["content"]


async def test_anonymous_operations_need_no_key_and_name_a_team(document: dict[str, Any]) -> None:
    hello = described(document, "say_hello")
    assert {} in hello["security"]
    assert "team" in hello["requestBody"]["content"]["application/json"]["schema"]["properties"]
    assert "security" not in described(document, "get_me")
    assert described(document, "health")["security"] == []


async def test_answers_are_as_described(team: TestTeam, document: dict[str, Any]) -> None:
    answers = {
        "list_things": await team.owner.http.get("/api/things"),
        "make_thing": await team.owner.http.post("/api/things", json={"name": "x"}),
        "delete_thing": await team.owner.http.delete("/api/things/1"),
        "get_agents": await team.owner.http.get("/api/agents"),
        "health": await team.client().get("/api/health"),
    }
    for name, answer in answers.items():
        response = described(document, name)["responses"][str(answer.status_code)]
        if "$ref" in response:
            response = document["components"]["responses"][response["$ref"].rpartition("/")[2]]
        schema = response["content"][answer.headers["content-type"]]["schema"]
        Draft202012Validator({**schema, "components": document["components"]}).validate(answer.json())


async def test_the_page_shows_every_operation_and_loads_nothing_from_elsewhere(team: TestTeam, server: Server) -> None:
    answer = await team.client().get("/api/docs")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    for operation in server.registry.offered():
        assert f'id="{operation.name}"' in answer.text
    assert "http://" not in answer.text
    assert "https://" not in answer.text
    assert "<script" not in answer.text
    style = await team.client().get("/api/docs.css")
    assert style.headers["content-type"].startswith("text/css")
