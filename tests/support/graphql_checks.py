"""How schemathesis tries GraphQL, and what it holds every answer against: errors of the client and
of the service are distinguished by `extensions.status`, which it does not know of."""

import re
import zlib

import graphql
import schemathesis
from hypothesis import strategies as st
from schemathesis.graphql import nodes

JSON = ["{}", "null", '{theme: "dark"}']
schemathesis.graphql.scalar("Date", st.dates().map(str).map(nodes.String))
schemathesis.graphql.scalar("DateTime", st.datetimes().map(lambda t: nodes.String(f"{t.isoformat()}Z")))
schemathesis.graphql.scalar("JSON", st.sampled_from(JSON).map(graphql.parse_value))

TEXT = r'"(?:[^"\\]|\\.)*"'
SOUND = [
    (re.compile(rf"\b(id|userId): {TEXT}"), r'\1: "me"'),
    (re.compile(rf"\busername: {TEXT}"), 'username: "boss"'),
    (re.compile(r"\bfirst: -?\d+"), "first: 5"),
    (re.compile(r"\bversion: -?\d+"), "version: null"),
    (re.compile(rf"\bafter: {TEXT}"), "after: null"),
]


@schemathesis.hook
def before_call(ctx, case, kwargs):
    """Asks for what there is in every second case: or else hardly any answer would have data."""
    if zlib.crc32(case.body.encode()) % 2:
        for pattern, sound in SOUND:
            case.body = pattern.sub(sound, case.body)


@schemathesis.check
def errors_are_the_clients(ctx, response, case):
    assert response.status_code == 200, response.status_code
    answer = response.json()
    assert set(answer) <= {"data", "errors"}, answer
    # An answer without data says that nothing was begun, and why.
    assert "data" in answer or answer["errors"], answer
    for error in answer.get("errors", []):
        extensions = error["extensions"]
        assert extensions["code"] and 400 <= extensions["status"] < 500, error
        # What fits the schema may not be refused as if it did not.
        if case.meta.generation.mode == schemathesis.GenerationMode.POSITIVE:
            assert not extensions["code"].startswith("graphql."), error
