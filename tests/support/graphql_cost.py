"""G1: what refusing costs, and what GraphQL costs beside REST. See scripts/graphql-cost."""

import json
import os
import sys
import time

from service import Service, percentile

LISTS = "[" * 30_000 + "]" * 30_000
BOMB = "".join(f"fragment f{n} on User {{...f{n + 1} ...f{n + 1}}}" for n in range(40))
TOO_MUCH = {
    "50 levels": "{me" * 50 + "{id" + "}" * 51,
    "20,000 levels": "{a" * 20_000,
    "30,000 lists in each other": "{me(x:" + LISTS + "){id}}",
    "5,000 aliases": "{" + "".join(f"a{n}:me{{id}}" for n in range(5_000)) + "}",
    "9,000 root fields": "{" + "me{id}" * 9_000 + "}",
    "3,500 directives": "{me{id" + "@include(if:true)" * 3_500 + "}}",
    "fragments that double 40 times": "{me{...f0}} " + BOMB + "fragment f40 on User{id}",
    "fragments in each other": "{me{...a}} fragment a on User{...b} fragment b on User{...a}",
    "1 MiB": "x" * (1 << 20),
}
EVERYTHING = """{ users(first: 100) { edges { cursor node {
    id username status roles emailVerified phoneVerified twoFactorEnabled createdAt updatedAt
    lastLoginAt passwordChangedAt preferences version
    profile { firstName lastName fullName displayName dateOfBirth age gender preferredLanguage
        timezone bio avatarUrl createdAt updatedAt }
    emails { id email provider contactType isVerified isDefault createdAt verifiedAt }
    phones { id phoneNumber e164 countryCode formattedNumber contactType isVerified isDefault }
    addresses { id streetLine1 city postalCode country formatted contactType isDefault }
} } pageInfo { hasNextPage endCursor } } }"""


def processor_seconds(service):
    with open(f"/proc/{service.process.pid}/stat") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def refusals(service, token):
    ask = lambda query: service.call("POST", "/graphql", {"query": query}, token)
    ask("{ me { id } }")
    resident, times = service.resident_kib("VmRSS"), 50
    for name, query in TOO_MUCH.items():
        before = processor_seconds(service)
        for _ in range(times):
            status, answer = ask(query)
            assert status in (400, 413), answer
        spent = (processor_seconds(service) - before) / times * 1000
        print(f"{name}: {spent:.1f} ms of processor, {spent / 50:.2f} of the limit 50")
    kept = (service.resident_kib("VmRSS") - resident) / 1024
    print(f"memory kept after all of them: {kept:.1f} MiB, {kept / 10:.2f} of the limit 10")


def in_turns(service, token, path, query, times):
    connection = service.connect()
    took = {"REST": [], "GraphQL": []}
    for _ in range(times):
        for door, call in (("REST", ("GET", path, None)), ("GraphQL", ("POST", "/graphql", {"query": query}))):
            before = time.perf_counter()
            status, answer = service.call(*call, token, connection)
            took[door].append(time.perf_counter() - before)
            assert status == 200 and b'"errors"' not in answer, answer
    rest, graphql = (percentile(took[door], 0.5) * 1000 for door in ("REST", "GraphQL"))
    return f"REST {rest:.2f} ms, GraphQL {graphql:.2f} ms (medians): {graphql / rest:.2f} times"


def main():
    service = Service(sys.argv[1])
    try:
        for n in range(100):
            service.register(f"user-{n}")
        service.verify("user-0")
        service.database().execute("UPDATE users SET roles = '[\"admin\"]' WHERE username = 'user-0'")
        token = service.signed_in("user-0")
        refusals(service, token)
        user = "{ me { id username emails { email } } }"
        print("a user:", in_turns(service, token, "/v1/users/me", user, 1000))
        page = "/v1/users?limit=100"
        print("a hundred users:", in_turns(service, token, page, EVERYTHING, 100))
    finally:
        service.stop()


main()
