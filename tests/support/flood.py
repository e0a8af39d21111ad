"""R3, C6: floods the service with passwords, and measures what others notice, and how much of the
machine's hashing rate becomes sign-ins. See scripts/flood."""

import collections
import json
import os
import selectors
import socket
import sys
import threading
import time

from service import PASSWORD, Service, percentile


def sign_in(login, password):
    body = json.dumps({"login": login, "password": password})
    return (
        f"POST /v1/sessions HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n"
        f"content-length: {len(body)}\r\n\r\n{body}"
    ).encode()


def flood(port, requests, seconds, statuses, slowest):
    """One thread, a socket for each request: it is sent again when it was answered."""
    chosen = selectors.DefaultSelector()

    def open_one(request):
        try:
            client = socket.create_connection(("127.0.0.1", port), timeout=30)
            client.sendall(request)
            client.setblocking(False)
            chosen.register(client, selectors.EVENT_READ, (time.monotonic(), request))
        except OSError:
            statuses["refused"] += 1

    for request in requests:
        open_one(request)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for key, _ in chosen.select(0.5):
            client, (asked_at, request) = key.fileobj, key.data
            try:
                answer = client.recv(65536)
            except OSError:
                answer = b""
            chosen.unregister(client)
            if not answer:
                statuses["closed"] += 1
                client.close()
                open_one(request)
                continue
            status = answer.split(b" ", 2)[1].decode()
            statuses[status] += 1
            if status in ("503", "429"):
                slowest.append(time.monotonic() - asked_at)
            try:
                client.setblocking(True)
                client.sendall(request)
                client.setblocking(False)
                chosen.register(client, selectors.EVENT_READ, (time.monotonic(), request))
            except OSError:
                client.close()
                open_one(request)
    for key in list(chosen.get_map().values()):
        key.fileobj.close()


def sign_ins(service, seconds):
    """Users who sign in with the right password as often as they can, so many at once."""
    users = [f"user{n}" for n in range(64)]
    for user in users:
        service.register(user)
        service.verify(user)
    served = {}
    for count in (8, 64):
        served[count] = collections.Counter()
        requests = [sign_in(user, PASSWORD) for user in users[:count]]
        flood(service.port, requests, seconds, served[count], [])
    return served


def timed(service, path, token, stop, times):
    connection = service.connect()
    while not stop.is_set():
        started = time.monotonic()
        try:
            status, _ = service.call("GET", path, token=token, connection=connection)
        except OSError:
            connection, status = service.connect(), 0
        times.append((time.monotonic() - started, status))
        time.sleep(0.005)


def main():
    binary, seconds, connections = sys.argv[1], float(sys.argv[2]), int(sys.argv[3])
    raw = float(sys.argv[4])
    service = Service(binary)
    try:
        service.register("bob")
        service.verify("bob")
        token = service.signed_in("bob")
        time.sleep(2)
        base = service.resident_kib("VmRSS")
        statuses, excess, stop = collections.Counter(), [], threading.Event()
        alive, read = [], []
        others = [
            threading.Thread(target=timed, args=(service, "/livez", None, stop, alive)),
            threading.Thread(target=timed, args=(service, "/v1/users/me", token, stop, read)),
        ]
        for other in others:
            other.start()
        guesses = [sign_in("ada", "a wrong guess")] * connections
        flood(service.port, guesses, seconds, statuses, excess)
        stop.set()
        for other in others:
            other.join()
        peak = service.resident_kib("VmHWM")
        # What waits in the queue comes first.
        time.sleep(3)
        served = sign_ins(service, seconds)
    finally:
        service.stop()
    permits = len(os.sched_getaffinity(0))
    limit = base + permits * 19 * 1024 + 100 * 1024
    print(f"{connections} connections for {seconds:.0f} s: answers {dict(statuses)}")
    print(f"memory: {base} KiB before, {peak} KiB at most; {peak / limit:.2f} of the limit {limit}")
    checked = statuses["401"] / seconds
    print(f"{raw:.1f} hashes/s on the idle machine; checked {checked:.1f}/s, {checked / raw:.2f} of it")
    for count, answers in served.items():
        rate = answers["201"] / seconds
        print(f"{count} sign in: {dict(answers)}; {rate:.1f}/s, {rate / raw:.2f} of the hashing rate")
    if excess:
        print(f"excess answered in {percentile(excess, 0.99) * 1000:.0f} ms (p99), limit 1000")
    for name, times, most in [("/livez", alive, 100), ("/v1/users/me", read, 250)]:
        failed = sum(status != 200 for _, status in times)
        p50, p99 = (percentile([t for t, _ in times], share) * 1000 for share in (0.5, 0.99))
        print(f"{name}: {len(times)} calls, {failed} not 200, p50 {p50:.1f} ms, p99 {p99:.1f} ms, limit {most}")


if __name__ == "__main__":
    main()
