"""C2, C3, C4: gives one user very much, and measures what others notice. See scripts/growth."""

import sys
import threading
import time

from service import Service, percentile

MIB = 1024 * 1024
ENDED = 300_000
# The sweeper begins a minute after the start.
LONGEST_SWEEP = 600


class Watch:
    """Samples the memory, and times the writes of somebody else."""

    def __init__(self, service, token):
        self.service, self.token = service, token
        self.most, self.times, self.stop = 0, [], threading.Event()
        self.threads = [threading.Thread(target=self.memory), threading.Thread(target=self.writes)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        for thread in self.threads:
            thread.join()

    def memory(self):
        while not self.stop.wait(0.02):
            self.most = max(self.most, self.service.resident_kib("VmRSS"))

    def writes(self):
        connection, n = self.service.connect(), 0
        while not self.stop.wait(0.005):
            n += 1
            body = {"preferences": {"n": n}}
            started = time.monotonic()
            status, _ = self.service.call("PATCH", "/v1/users/me", body, self.token, connection)
            self.times.append((time.monotonic() - started, status))

    def tell(self, what, idle):
        failed = sum(status != 200 for _, status in self.times)
        times = [taken for taken, _ in self.times]
        print(
            f"{what}: memory {(self.most - idle) / 1024:.1f} MiB above idle, limit 50; "
            f"{len(times)} writes of somebody else, {failed} not 200, "
            f"p50 {percentile(times, 0.5) * 1000:.1f} ms, p99 {percentile(times, 0.99) * 1000:.1f} ms, "
            f"longest {max(times) * 1000:.0f} ms, limit 100"
        )


def give_lines(database, user, lines):
    database.execute("BEGIN")
    database.execute(
        """INSERT INTO audit_events (id, occurred_at, kind, outcome, user_id, actor_id, ip_address,
           user_agent, request_id)
           WITH RECURSIVE g(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM g WHERE n < ?)
           SELECT printf('00000000-0000-7000-8000-%012d', n), '2026-01-01 00:00:00',
           'session.opened', 'success', ?, ?, '198.51.100.7', 'a browser of some length/1.0', 'r'
           FROM g""",
        (lines, user, user),
    )
    database.execute("COMMIT")


def give_ended_sessions(database, user):
    database.execute("BEGIN")
    database.execute(
        """INSERT INTO sessions (id, user_id, access_token_hash, access_expires_at, created_at,
           last_used_at, seed, idle_expires_at, expires_at)
           WITH RECURSIVE g(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM g WHERE n < ?)
           SELECT printf('00000000-0000-7000-8000-%012d', n), ?, randomblob(32),
           '2020-01-01 00:00:00', '2020-01-01 00:00:00', '2020-01-01 00:00:00', randomblob(32),
           '2020-01-01 00:00:00', '2020-01-01 00:00:00' FROM g""",
        (ENDED, user),
    )
    database.execute("COMMIT")


def export(service, token, sizes):
    connection = service.connect()
    connection.timeout = 600
    connection.request("GET", "/v1/users/me/export", headers={"Authorization": f"Bearer {token}"})
    answer = connection.getresponse()
    assert answer.status == 200, answer.read()
    size, last = 0, b""
    while part := answer.read(65536):
        size, last = size + len(part), part
    assert last.endswith(b"]}"), last[-100:]
    sizes.append(size)


def main():
    binary, lines = sys.argv[1], int(sys.argv[2])
    service = Service(binary)
    started = time.monotonic()
    try:
        for name in ("ada", "bob"):
            service.register(name)
            service.verify(name)
        ada, bob = service.signed_in("ada"), service.signed_in("bob")
        database = service.database()
        (user,) = database.execute("SELECT id FROM users WHERE username = 'ada'").fetchone()
        (other,) = database.execute("SELECT id FROM users WHERE username = 'bob'").fetchone()
        give_ended_sessions(database, other)
        idle = service.resident_kib("VmRSS")
        with Watch(service, bob) as watch:
            while database.execute("SELECT count(*) FROM sessions").fetchone()[0] > ENDED // 2:
                assert time.monotonic() - started < LONGEST_SWEEP, "nothing was swept"
                time.sleep(0.5)
        watch.tell(f"a sweep of {ENDED} sessions", idle)
        give_lines(database, user, lines)
        for at_once in (1, 4):
            sizes, begun = [], time.monotonic()
            with Watch(service, bob) as watch:
                exports = [
                    threading.Thread(target=export, args=(service, ada, sizes))
                    for _ in range(at_once)
                ]
                for one in exports:
                    one.start()
                for one in exports:
                    one.join()
            assert len(sizes) == at_once, "an export failed"
            took = time.monotonic() - begun
            watch.tell(
                f"{at_once} exports of {lines} lines, {max(sizes) / MIB:.0f} MiB each, {took:.0f} s",
                idle,
            )
        begun = time.monotonic()
        with Watch(service, bob) as watch:
            status, _ = service.call("DELETE", "/v1/users/me?erase=true", token=ada)
            answered = time.monotonic() - begun
            while database.execute("SELECT count(*) FROM erasures").fetchone()[0]:
                time.sleep(0.1)
        assert status == 204, status
        took = time.monotonic() - begun
        watch.tell(f"erasing {lines} lines, answered in {answered:.1f} s, done in {took:.0f} s", idle)
        wiped = "SELECT count(*) FROM audit_events WHERE ip_address <> '' AND user_id = ?"
        assert database.execute(wiped, (user,)).fetchone() == (0,)
    finally:
        service.stop()


if __name__ == "__main__":
    main()
