"""Slow clients, and what two quick ones notice of them. See scripts/slow-clients."""

import asyncio
import multiprocessing
import os
import resource
import subprocess
import sys
import time

from service import Service, percentile

LIMIT_MS = 200
DRIP_EVERY = 5
ADDRESSES = [f"127.0.0.{n}" for n in range(2, 10)]
HEAD = b"GET /livez HTTP/1.1\r\nhost: x\r\n"
BODY = b"POST /v1/users HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 9000\r\n\r\n"
LARGE = b"GET /openapi.json HTTP/1.1\r\nhost: x\r\n\r\n" * 100


def quick(service, path, token, until, answer):
    """Times and statuses of requests, each on a connection of its own."""
    times, statuses = [], {}
    while time.time() < until:
        started = time.perf_counter()
        try:
            status = service.call("GET", path, token=token)[0]
        except OSError as error:
            status = type(error).__name__
        times.append((time.perf_counter() - started) * 1000)
        statuses[status] = statuses.get(status, 0) + 1
        time.sleep(0.02)
    answer.put((path, times, statuses))


class Quick:
    """Two quick clients, in processes of their own."""

    def __init__(self, service, token, seconds):
        self.answers = multiprocessing.Queue()
        until = time.time() + seconds
        self.clients = [
            multiprocessing.Process(target=quick, args=(service, path, given, until, self.answers))
            for path, given in [("/livez", None), ("/v1/users/me", token)]
        ]
        for client in self.clients:
            client.start()

    def report(self, what):
        for path, times, statuses in [self.answers.get() for _ in self.clients]:
            p99 = percentile(times, 0.99)
            print(
                f"{what}: {path} {len(times)} times, median {percentile(times, 0.5):.1f} ms,"
                f" p99 {p99:.1f} ms ({p99 / LIMIT_MS:.2f} of the limit {LIMIT_MS}), {statuses}"
            )
        for client in self.clients:
            client.join()


async def drip(reader, writer, first):
    """Sends a byte now and then until the other side closes; how long that took."""
    started = time.perf_counter()
    writer.write(first)
    while True:
        try:
            if await asyncio.wait_for(reader.read(65536), DRIP_EVERY) == b"":
                break
        except TimeoutError:
            writer.write(b"x")
        except OSError:
            break
    return time.perf_counter() - started


async def second_head(reader, writer):
    writer.write(HEAD + b"\r\n")
    await reader.readuntil(b"}")
    return await drip(reader, writer, HEAD)


async def body(reader, writer):
    return await drip(reader, writer, BODY)


async def no_reading(reader, writer):
    started = time.perf_counter()
    writer.transport.pause_reading()
    try:
        while True:
            writer.write(LARGE)
            await asyncio.wait_for(writer.drain(), 120)
            await asyncio.sleep(0.5)
    except (OSError, TimeoutError):
        pass
    return time.perf_counter() - started


async def slow(port, address, behave, until, lives):
    while time.time() < until:
        try:
            reader, writer = await asyncio.open_connection(
                "127.0.0.1", port, local_addr=(address, 0), limit=4096
            )
            try:
                lives.setdefault(behave.__name__, []).append(await behave(reader, writer))
            finally:
                writer.transport.abort()
        except (OSError, asyncio.IncompleteReadError):
            await asyncio.sleep(0.2)


async def many(port, connections, seconds):
    lives, until = {}, time.time() + seconds
    kinds = [second_head, body, no_reading]
    tasks = []
    for n in range(connections):
        address, behave = ADDRESSES[n % len(ADDRESSES)], kinds[n % len(kinds)]
        tasks.append(asyncio.create_task(slow(port, address, behave, until, lives)))
        if n % 50 == 0:
            await asyncio.sleep(0.05)
    await asyncio.sleep(max(0, until - time.time()))
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return lives


def files(service):
    return len(os.listdir(f"/proc/{service.process.pid}/fd"))


def main():
    binary, seconds, connections = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, connections + 2000), hard))
    service = Service(binary)
    try:
        service.register("slow")
        service.verify("slow")
        token, before = service.signed_in("slow"), files(service)

        clients = Quick(service, token, 10)
        clients.report("alone")

        clients = Quick(service, token, seconds)
        lives = asyncio.run(many(service.port, connections, seconds))
        clients.report(f"{connections} slow connections")
        for kind, times in sorted(lives.items()):
            print(f"{kind}: {len(times)} closed, after {max(times):.1f} s at most")

        url = f"http://127.0.0.1:{service.port}"
        for options in [
            ["-H", "-u", url + "/livez", "-i", "5"],
            ["-B", "-u", url + "/v1/users", "-i", "5", "-s", "60000", "-t", "POST"],
            ["-X", "-u", url + "/openapi.json", "-k", "3", "-w", "10", "-y", "20", "-n", "5", "-z", "32"],
        ]:
            clients = Quick(service, token, 45)
            command = ["slowhttptest", "-c", "1000", "-r", "200", "-l", "40", "-p", "3", *options]
            run = subprocess.run(command, capture_output=True, text=True)
            said = [line.strip() for line in run.stdout.splitlines() if line.strip()]
            clients.report(f"slowhttptest {options[0]}")
            print(f"slowhttptest {options[0]}: {'; '.join(said[-3:])}")

        for _ in range(60):
            if files(service) <= before + 8:
                break
            time.sleep(0.5)
        print(f"memory: {service.resident_kib('VmHWM')} KiB at most")
        print(f"open files: {before} before, {files(service)} after")
    finally:
        service.stop()


if __name__ == "__main__":
    main()
