# Backup beside writers, kill -9, restore, on SQLite, under a ledger of acknowledged writes.

import contextlib
import http.client
import json
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time

from common import BINARY, row

ROUNDS = int(os.environ.get("DRILL_ROUNDS", "6"))
WRITERS = 4


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


class Drill:
    def __init__(self, folder):
        self.folder = folder
        self.data = os.path.join(folder, "data")
        self.database = os.path.join(self.data, "userdom.db")
        self.port = free_port()
        self.process = None
        self.ledger = []
        self.sent = 0
        self.lock = threading.Lock()

    def environment(self):
        return {
            "PATH": os.environ["PATH"],
            "RUST_LOG": "warn",
            "USERDOM_BIND": f"127.0.0.1:{self.port}",
            "USERDOM_DATA_DIR": self.data,
            "USERDOM_RATE_LIMITS": "off",
        }

    def start(self):
        """Seconds until it is ready, or None if it has ended by itself."""
        started = time.monotonic()
        with open(os.path.join(self.folder, "log"), "a") as log:
            self.process = subprocess.Popen(
                [BINARY], env=self.environment(), stdout=log, stderr=log
            )
        while self.process.poll() is None:
            with contextlib.suppress(OSError):
                if self.call("GET", "/readyz")[0] == 200:
                    return time.monotonic() - started
            if time.monotonic() - started > 60:
                sys.exit("the service does not start")
            time.sleep(0.01)
        return None

    def kill(self):
        self.process.kill()
        self.process.wait()

    def call(self, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        with contextlib.closing(connection):
            headers = {"Content-Type": "application/json"} if body else {}
            connection.request(method, path, json.dumps(body) if body else None, headers)
            answer = connection.getresponse()
            return answer.status, answer.read()

    def register(self):
        with self.lock:
            self.sent += 1
            name = f"user-{self.sent}"
        body = {
            "username": name, "password": "granite otter canyon 93",
            "email": f"{name}@example.org", "first_name": "Ada", "last_name": "Lovelace",
        }
        status, answer = self.call("POST", "/v1/users", body)
        if status == 201:
            with self.lock:
                self.ledger.append(name)
        return status

    @contextlib.contextmanager
    def writers(self):
        """They write until the service is gone."""
        stopping = threading.Event()

        def write():
            with contextlib.suppress(OSError, http.client.HTTPException):
                while not stopping.is_set():
                    status = self.register()
                    assert status in (201, 503), status

        threads = [threading.Thread(target=write) for _ in range(WRITERS)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            stopping.set()
            for thread in threads:
                thread.join()

    def command(self, *arguments):
        return subprocess.run(
            [BINARY, *arguments], env=self.environment(), capture_output=True, text=True
        )

    def must(self, *arguments):
        done = self.command(*arguments)
        assert done.returncode == 0, done.stderr

    def wait_for_writes(self, count):
        wanted, deadline = len(self.ledger) + count, time.monotonic() + 60
        while len(self.ledger) < wanted:
            assert time.monotonic() < deadline, "nothing is written"
            time.sleep(0.005)


def users(path):
    """Each user of a file with its emails and events."""
    database = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=60)
    with contextlib.closing(database):
        fault = database.execute("PRAGMA integrity_check").fetchone()[0]
        assert fault == "ok", f"{path}: {fault}"
        rows = database.execute(
            "SELECT username, (SELECT count(*) FROM user_emails WHERE user_id = users.id),"
            " (SELECT count(*) FROM outbox_events WHERE user_id = users.id"
            "  AND kind = 'user.registered') FROM users"
        ).fetchall()
    return rows


class Count:
    lost = halved = doubled = checked = 0

    def compare(self, path, acknowledged):
        rows = users(path)
        names = [row[0] for row in rows]
        self.checked += len(acknowledged)
        self.lost += len(set(acknowledged) - set(names))
        self.halved += sum(1 for _, emails, events in rows if emails < 1 or events < 1)
        self.doubled += len(names) - len(set(names))
        self.doubled += sum(1 for _, emails, events in rows if emails > 1 or events > 1)
        return names


def put_back_by_hand(drill, backup):
    """What a hurried operator does; True if a malformed file was served."""
    other = Drill(os.path.join(drill.folder, "by-hand"))
    shutil.copytree(drill.data, other.data)
    shutil.copyfile(backup, other.database)
    if other.start() is None:
        return False
    other.kill()
    with contextlib.closing(sqlite3.connect(other.database)) as database:
        try:
            whole = database.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        except sqlite3.DatabaseError:
            whole = False
    return not whole


def main():
    count, recoveries, malformed, refused = Count(), [], 0, 0
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as at_end:
        drill = Drill(folder)
        drill.start()
        at_end.callback(lambda: drill.kill())
        for n in range(ROUNDS):
            beside, after = (os.path.join(folder, f"{name}-{n}.db") for name in ("beside", "after"))
            with drill.writers():
                drill.wait_for_writes(10)
                before = list(drill.ledger)
                drill.must("backup", beside)
                drill.wait_for_writes(5 + 3 * n)
                drill.kill()
            in_backup = count.compare(beside, before)
            drill.must("backup", after)
            count.compare(after, drill.ledger)

            recoveries.append(drill.start())
            with drill.writers():
                drill.wait_for_writes(10)
                refused += drill.command("restore", beside).returncode != 0
                drill.kill()
            malformed += put_back_by_hand(drill, beside)
            shutil.rmtree(os.path.join(folder, "by-hand"))
            last = list(drill.ledger)
            drill.must("restore", beside)
            [old] = [name for name in os.listdir(drill.data) if ".before-" in name
                     and not name.endswith(("-wal", "-shm"))]
            count.compare(os.path.join(drill.data, old), last)
            for name in os.listdir(drill.data):
                if ".before-" in name:
                    os.remove(os.path.join(drill.data, name))
            recoveries.append(drill.start())
            assert sorted(users(drill.database)) == sorted(users(beside))
            assert drill.register() == 201
            drill.ledger = in_backup + drill.ledger[-1:]
    assert refused == ROUNDS, f"{ROUNDS - refused} restores beside a running service"
    assert malformed == 0, f"{malformed} malformed files were served"
    row(f"copies: backup beside writers, kill -9, restore ({count.checked} acknowledged writes)",
        ROUNDS, count.lost, count.halved, count.doubled, f"{max(recoveries):.1f} s")
    sys.exit(bool(count.lost or count.halved or count.doubled))


main()
