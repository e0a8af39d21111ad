"""What schemathesis holds every answer of GraphQL against: it tells errors of the client's and of
the service's apart by `extensions.status`, which schemathesis does not know of."""

import schemathesis


@schemathesis.check
def errors_are_the_clients(ctx, response, case):
    assert response.status_code in (200, 400), response.status_code
    answer = response.json()
    assert set(answer) <= {"data", "errors"}, answer
    for error in answer.get("errors", []):
        told = error["extensions"]
        assert told["code"] and 400 <= told["status"] < 500, error
        # What fits the schema may not be refused as if it did not.
        if case.meta.generation.mode == schemathesis.GenerationMode.POSITIVE:
            assert not told["code"].startswith("graphql."), error
