# The database falls silent with requests under way; then another server has its address.
# needs: postgres

import os
import threading
import time

from common import Instance, Proxy, call, row, until

POSTGRES = os.environ["USERDOM_TEST_POSTGRES_URL"]
ROUNDS = 3


def main():
    proxy = Proxy("127.0.2.1", POSTGRES)
    instance = Instance("127.0.2.2", USERDOM_DATABASE_URL=proxy.url).start()
    _, token = instance.account()
    path, kept = "/v1/users/me/profile", ""
    waits, ready, back, lost = [], [], [], 0

    def write(n):
        began = time.monotonic()
        status, _ = call(instance.address, "PATCH", path, {"bio": f"silent {n}"}, token)
        waits.append((time.monotonic() - began, status))

    for n in range(ROUNDS):
        kept = f"acknowledged {n}"
        assert call(instance.address, "PATCH", path, {"bio": kept}, token)[0] == 200
        proxy.open.clear()
        writers = [threading.Thread(target=write, args=(n,)) for _ in range(40)]
        for writer in writers:
            writer.start()
        time.sleep(1)
        began = time.monotonic()
        assert call(instance.address, "GET", "/readyz")[0] == 503
        ready.append(time.monotonic() - began)
        for writer in writers:
            writer.join()
        # The connections that there are stay silent for ever.
        proxy.strand()
        began = time.monotonic()
        until(60, "the service to be back", instance.is_ready, instance.last_words)
        shown = call(instance.address, "GET", path, None, token)[1].get("bio")
        back.append(time.monotonic() - began)
        lost += shown != kept
    refused = all(status == 503 for _, status in waits)
    slowest = max(wait for wait, _ in waits)
    row(f"a silent database, {len(waits)} writes under way, refused after {slowest:.1f} s at most"
        f" (limit 5), /readyz after {max(ready):.1f} s (limit 2)", ROUNDS, lost, 0, 0,
        f"{max(back):.1f} s after another server has its address (limit 10)")
    instance.stop()
    raise SystemExit(0 if refused and not lost and slowest < 5 and max(ready) < 2 and max(back) < 10 else 1)


main()
