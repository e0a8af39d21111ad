# Rolling restarts behind HAProxy without retries, at layer 7 and at layer 4.
# needs: postgres haproxy

import atexit
import collections
import contextlib
import http.client
import os
import socket
import subprocess
import tempfile
import threading
import time

from common import Instance, call, free_port, row, until

RESTARTS = int(os.environ.get("DRILL_RESTARTS", "20"))
POSTGRES = os.environ["USERDOM_TEST_POSTGRES_URL"]
FRONT = "127.0.3.1"
PATH = "/v1/users/me/profile"

instances = [Instance(f"127.0.3.{n}", USERDOM_DATABASE_URL=POSTGRES) for n in (2, 3)]
folder = tempfile.TemporaryDirectory()
socket_path = os.path.join(folder.name, "stats")
ports = {"http": free_port(FRONT), "tcp": free_port(FRONT)}
servers = "".join(
    f"    server s{n} {host}:{port}\n" for n, (host, port) in enumerate(i.address for i in instances)
)
with open(os.path.join(folder.name, "haproxy.cfg"), "w") as config:
    config.write(f"""
global
    stats socket {socket_path}
defaults
    timeout connect 2s
    timeout client 60s
    timeout server 60s
    retries 0
    no option redispatch
""" + "".join(f"""
frontend in-{mode}
    mode {mode}
    bind {FRONT}:{port}
    default_backend {mode}
backend {mode}
    mode {mode}
    option httpchk GET /readyz
    default-server check inter 1s fall 2 rise 1
{servers}""" for mode, port in ports.items()))
haproxy = subprocess.Popen(["haproxy", "-db", "-f", config.name], stderr=subprocess.DEVNULL)
atexit.register(haproxy.kill)


def up():
    """How many servers the balancer counts as up, over both backends."""
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as stats:
        stats.connect(socket_path)
        stats.sendall(b"show stat\n")
        text = b"".join(iter(lambda: stats.recv(65536), b"")).decode()
        lines = [line.split(",") for line in text.splitlines()]
        return sum(line[1:2] in (["s0"], ["s1"]) and line[17] == "UP" for line in lines)


results = {mode: collections.Counter() for mode in ports}
failures = []
over = threading.Event()


class Client(threading.Thread):
    """Writes a counter and reads it, again and again; keeps its connection or does not."""

    def __init__(self, mode, keeps_open):
        super().__init__(daemon=True)
        self.mode, self.keeps_open = mode, keeps_open
        self.name, self.token = instances[0].account()
        self.acknowledged = self.sent = 0

    def run(self):
        connection = None
        while not over.is_set():
            if not (self.keeps_open and connection):
                connection = http.client.HTTPConnection(FRONT, ports[self.mode], timeout=60)
            writes = self.sent % 4 == 0
            self.sent += 1
            try:
                if writes:
                    body = {"bio": str(self.sent)}
                    status, answer = call(None, "PATCH", PATH, body, self.token, connection)
                else:
                    status, answer = call(None, "GET", PATH, None, self.token, connection)
                # What the balancer itself says has no code.
                code = answer.get("code") if isinstance(answer, dict) else "of the balancer"
                result = "answered" if status == 200 else f"status {status} {code}"
            except (OSError, http.client.HTTPException) as error:
                result = type(error).__name__
            if result != "answered":
                failures.append((time.monotonic() - began, self.mode, self.keeps_open, result))
                connection.close()
                connection = None
            elif writes:
                self.acknowledged = self.sent
            if connection and not self.keeps_open:
                connection.close()
            results[self.mode][result] += 1
            time.sleep(0.005)


instances[0].start()
clients = [Client(mode, keeps) for mode in ports for keeps in (True, True, False, False)]
instances[1].start()
until(30, "both servers at the balancer", lambda: up() == 4)
began = time.monotonic()
for client in clients:
    client.start()
times, codes = [], collections.Counter()
time.sleep(2)
for n in range(RESTARTS):
    instance = instances[n % 2]
    took, code = instance.stop()
    codes[code] += 1
    times.append(took)
    instance.start()
    until(60, "both servers at the balancer", lambda: up() == 4)
    time.sleep(0.5)
over.set()
for client in clients:
    client.join(60)
took = time.monotonic() - began

failed_in_all = 0
for mode, layer in (("http", 7), ("tcp", 4)):
    count = results[mode]
    total = sum(count.values())
    failed = total - count["answered"]
    failed_in_all += failed
    of_mode = [client for client in clients if client.mode == mode]
    kept = [call(instances[0].address, "GET", PATH, None, c.token)[1]["bio"] for c in of_mode]
    lost = sum(int(bio) < client.acknowledged for bio, client in zip(kept, of_mode))
    failed_in_all += lost
    print(f"layer {layer}: {failed} of {total} requests failed: {dict(count)}")
    row(f"rolling restarts, layer {layer}", f"{RESTARTS} restarts, {total} requests",
        f"{failed} requests, {lost} acknowledged writes", "–", "–",
        f"{sum(times) / len(times):.1f} s a stop, {max(times):.1f} at most")
for failure in failures[:20]:
    print("  at %.2f s, %s, keeps open: %s: %s" % failure)
print(f"{RESTARTS} restarts in {took:.0f} s; exit codes {dict(codes)}")
for instance in instances:
    instance.stop()
if failed_in_all or set(codes) != {0}:
    raise SystemExit(f"rolling: {failed_in_all} failures, exit codes {dict(codes)}")
