"""Clients must let members come of which the document says nothing; here one that comes without a
word is a fault."""

import schemathesis


@schemathesis.hook
def before_load_schema(ctx, raw_schema):
    for schema in raw_schema["components"]["schemas"].values():
        if "properties" in schema:
            schema["additionalProperties"] = False
