# 2,500 connections at once, idle, slow and busy, from many addresses and from one.

import asyncio
import collections
import http.client
import json
import multiprocessing
import resource
import time

from common import Instance, call, row

CONNECTIONS = 2500
SECONDS = 30
# Requests of the quick ones; and what counts as normal.
NORMAL = 0.25
PATH = "/v1/users/me/profile"
MANY = [f"127.0.4.{n}" for n in range(1, 9)]
ONE = MANY[:1]
faults = []


class Writer:
    """Changes the own profile again and again, and knows what was acknowledged."""

    def __init__(self, token):
        self.token, self.sent, self.kept = token, 0, 0

    def request(self):
        self.sent += 1
        body = json.dumps({"bio": str(self.sent)})
        return (f"PATCH {PATH} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {self.token}\r\n"
                f"content-type: application/merge-patch+json\r\ncontent-length: {len(body)}\r\n\r\n"
                f"{body}").encode()


async def answer(reader):
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
    await reader.readexactly(length)
    return int(head[9:12])


class Crowd:
    def __init__(self, address, sources, writers):
        self.address, self.sources, self.writers = address, sources, writers
        self.statuses, self.opened, self.open, self.most = collections.Counter(), 0, 0, 0
        self.failed = 0

    async def idle(self, reader, stream, writer):
        stream.write(b"GET /livez HTTP/1.1\r\nhost: x\r\n\r\n")
        self.statuses[await answer(reader)] += 1
        await reader.read(1)

    async def slow(self, reader, stream, writer):
        stream.write(b"GET /livez HTTP/1.1\r\nhost: x\r\n")
        while True:
            try:
                # A 408, or the end.
                await asyncio.wait_for(reader.read(1), 3)
                return
            except TimeoutError:
                stream.write(b"x")

    async def busy(self, reader, stream, writer):
        while True:
            stream.write(writer.request() if writer else b"GET /livez HTTP/1.1\r\nhost: x\r\n\r\n")
            status = await answer(reader)
            self.statuses[status] += 1
            if writer and status == 200:
                writer.kept = writer.sent
            await asyncio.sleep(1)

    async def one(self, source, behave, writer):
        while True:
            try:
                reader, stream = await asyncio.open_connection(*self.address, local_addr=(source, 0))
            except OSError:
                self.failed += 1
                await asyncio.sleep(1)
                continue
            self.opened += 1
            self.open += 1
            self.most = max(self.most, self.open)
            try:
                await behave(reader, stream, writer)
            except (OSError, EOFError):
                pass
            finally:
                self.open -= 1
                stream.transport.abort()
            # A client that had to make room for others does not come back at once.
            await asyncio.sleep(3)

    async def run(self):
        # A fifth is busy.
        kinds = [self.idle, self.slow, self.idle, self.slow, self.busy]
        writers = iter(self.writers)
        tasks = []
        for n in range(CONNECTIONS):
            behave = kinds[n % len(kinds)]
            writer = next(writers, None) if behave == self.busy else None
            source = self.sources[n % len(self.sources)]
            tasks.append(asyncio.create_task(self.one(source, behave, writer)))
            if n % 100 == 99:
                await asyncio.sleep(0.05)
        await asyncio.sleep(SECONDS)
        left = tasks
        while left:
            # One that has just been answered can miss that it is to end.
            for task in left:
                task.cancel()
            _, left = await asyncio.wait(left, timeout=1)


def probe(address, token, over, results):
    """A quick client, in a process of its own: writes and reads, on a new connection every time."""
    times = []
    while not over.is_set():
        began = time.monotonic()
        statuses = []
        for method, path, body in (("GET", "/livez", None), ("PATCH", PATH, {"bio": "quick"})):
            try:
                statuses.append(call(address, method, path, body, token)[0])
            except (OSError, http.client.HTTPException) as error:
                statuses.append(type(error).__name__)
        times.append((began, time.monotonic() - began, statuses))
        time.sleep(0.05)
    results.put(times)


def phase(what, sources, **settings):
    instance = Instance("127.0.2.2", **settings).start()
    tokens = [instance.account()[1] for _ in range(21)]
    writers = [Writer(token) for token in tokens[:-1]]
    crowd = Crowd(instance.address, sources, writers)
    over, results = multiprocessing.Event(), multiprocessing.Queue()
    prober = multiprocessing.Process(target=probe, args=(instance.address, tokens[-1], over, results))
    prober.start()
    asyncio.run(crowd.run())
    left = time.monotonic()
    time.sleep(5)
    over.set()
    times = results.get()
    prober.join()
    lost = 0
    for writer in writers:
        bio = call(instance.address, "GET", PATH, None, writer.token)[1].get("bio") or "0"
        lost += int(bio) < writer.kept
    during = sorted(took for began, took, _ in times if began < left)
    refused = sum(503 in statuses for *_, statuses in times)
    failed = sum(set(statuses) - {200, 503} != set() for *_, statuses in times)
    normal = next((began + took - left for began, took, statuses in times
                   if began > left and took < NORMAL and statuses == [200, 200]), None)
    p99 = during[int(len(during) * 0.99)] * 1000
    writes = sum(writer.kept for writer in writers)
    print(f"{what}: {crowd.most} open at most, {crowd.opened} opened, {crowd.failed} not;"
          f" {dict(crowd.statuses)}; {len(times)} quick, {refused} refused, {failed} failed, p99 {p99:.0f} ms,"
          f" slowest {during[-1] * 1000:.0f} ms; normal after {normal}", flush=True)
    unknown = {status: n for status, n in crowd.statuses.items() if status not in (200, 503)}
    row(f"{what}: {crowd.most} open at most, another client's write p99 {p99:.0f} ms, {refused}"
        f" refused and {failed} failed of {len(times)}", f"{writes} acknowledged writes", lost, "–", "–",
        "never" if normal is None else f"{normal:.1f} s")
    if lost or failed or unknown or normal is None or not writes:
        faults.append(f"{what}: {lost} lost, {failed} failed, {unknown}")
    instance.stop()


def main():
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 16384) if hard > 0 else 16384, hard))
    phase("2,500 connections from eight addresses, the settings as they come", MANY)
    phase("2,500 connections from one address, 1,024 as it comes", ONE)
    phase("2,500 connections from one address, 4,096 allowed", ONE,
          USERDOM_MAX_CONNECTIONS="4096", USERDOM_MAX_CONNECTIONS_PER_ADDRESS="4096")
    if faults:
        raise SystemExit(f"connections: {'; '.join(faults)}")


main()
