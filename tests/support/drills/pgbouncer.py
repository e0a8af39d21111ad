# PgBouncer before Postgres: pools by transaction are refused at the start, by session served.
# needs: postgres pgbouncer

import contextlib
import http.client
import json
import os
import pwd
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time

from common import BINARY, row

POSTGRES = os.environ["USERDOM_TEST_POSTGRES_URL"]
ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../..")
REFUSALS = int(os.environ.get("DRILL_ROUNDS", "5"))
REGISTRATIONS = 400
THREADS = 8

# Name, pool mode, servers of the pool, and whether they are lent in turns.
SHARED = [
    ("transaction", "transaction", 20, 0),
    ("transaction_in_turns", "transaction", 20, 1),
    ("transaction_of_two", "transaction", 2, 1),
    ("transaction_of_one", "transaction", 1, 0),
    ("statement", "statement", 20, 0),
]


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def install():
    if not shutil.which("pgbouncer"):
        for arguments in (["update", "-q"], ["install", "-yq", "--no-install-recommends", "pgbouncer"]):
            subprocess.run(["apt-get", *arguments], check=True, stdout=sys.stderr)


@contextlib.contextmanager
def pooler(folder, mode, size, in_turns, database):
    """PgBouncer before a database; gives the URL."""
    host, port = re.search(r"@([^:/]+):(\d+)/", POSTGRES).groups()
    own = free_port()
    path = os.path.join(folder, "pgbouncer.ini")
    with open(path, "w") as settings:
        settings.write(
            f"[databases]\n{database} = host={host} port={port} dbname={database} user=postgres\n"
            f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {own}\nunix_socket_dir =\n"
            f"auth_type = any\npool_mode = {mode}\ndefault_pool_size = {size}\n"
            f"server_round_robin = {in_turns}\nlogfile = {folder}/pgbouncer.log\n"
        )
    user = {}
    if os.getuid() == 0:
        # It refuses to run as root.
        owner = pwd.getpwnam("postgres")
        os.chown(folder, owner.pw_uid, owner.pw_gid)
        user = {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}
    process = subprocess.Popen(["pgbouncer", "-q", path], cwd=folder, **user)
    try:
        for _ in range(200):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", own)):
                break
            time.sleep(0.05)
        yield f"postgres://postgres@127.0.0.1:{own}/{database}"
    finally:
        process.kill()
        process.wait()


def ask(database, sql, url=POSTGRES):
    url = re.sub("/[^/]*$", f"/{database}", url)
    done = subprocess.run(["psql", "-qXAt", "-c", sql, url], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@contextlib.contextmanager
def load(url, clients):
    """Others who use the pool; they need transactions alone."""
    stopping = threading.Event()

    def work():
        # One psql, fed until the end: thousands of transactions a second.
        with subprocess.Popen(
            ["psql", "-qX", url], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, text=True,
        ) as client:
            with contextlib.suppress(OSError):
                while not stopping.is_set():
                    client.stdin.write("SELECT pg_sleep(0.001);\n" * 20)
                    client.stdin.flush()
            with contextlib.suppress(OSError):
                client.stdin.close()
            client.kill()

    threads = [threading.Thread(target=work) for _ in range(clients)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stopping.set()
        for thread in threads:
            thread.join()


class Service:
    def __init__(self, folder, url):
        self.port = free_port()
        self.log = os.path.join(folder, f"log-{self.port}")
        environment = {
            "PATH": os.environ["PATH"],
            "RUST_LOG": "warn",
            "USERDOM_BIND": f"127.0.0.1:{self.port}",
            "USERDOM_DATABASE_URL": url,
            "USERDOM_DATA_DIR": os.path.join(folder, f"data-{self.port}"),
            "USERDOM_RATE_LIMITS": "off",
            "USERDOM_SECRET_KEY": "q6Zt0yI1m5mP2w0bJxv7Qk9sUu3RZc8LhT4nWfEoGyA=",
        }
        with open(self.log, "w") as log:
            self.process = subprocess.Popen([BINARY], env=environment, stdout=log, stderr=log)

    def output(self):
        with open(self.log) as log:
            return log.read()

    def call(self, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        with contextlib.closing(connection):
            headers = {"Content-Type": "application/json"} if body else {}
            connection.request(method, path, json.dumps(body) if body else None, headers)
            answer = connection.getresponse()
            return answer.status, answer.read()

    def is_ready(self):
        with contextlib.suppress(OSError):
            return self.call("GET", "/readyz")[0] == 200
        return False

    def ended(self, seconds):
        """Its exit code, and how long that took; fails if it serves."""
        began = time.monotonic()
        while self.process.poll() is None:
            assert not self.is_ready(), "it serves"
            assert time.monotonic() - began < seconds, f"it hangs: {self.output()}"
            time.sleep(0.02)
        return self.process.returncode, time.monotonic() - began

    def kill(self):
        self.process.kill()
        self.process.wait()


def refused(folder, database):
    """Starts on poolers that share sessions; how many, and the slowest refusal."""
    count, slowest = 0, 0
    for name, mode, size, in_turns in SHARED:
        with pooler(folder, mode, size, in_turns, database) as url:
            for clients in (0, 4):
                with load(url, clients):
                    for _ in range(REFUSALS):
                        service = Service(folder, url)
                        try:
                            code, seconds = service.ended(60)
                        finally:
                            service.kill()
                        assert code == 1, f"{name}: {service.output()}"
                        assert "pool_mode = session" in service.output(), f"{name}: {service.output()}"
                        count, slowest = count + 1, max(slowest, seconds)
    held = ask(database, "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")
    assert held == "0", "the lock on migrations is left"
    return count, slowest


def served(folder, database):
    """Registrations and searches by session pooling; the statuses, and who was acknowledged."""
    with pooler(folder, "session", 20, 0, database) as url:
        began = time.monotonic()
        service = Service(folder, url)
        try:
            while not service.is_ready():
                assert service.process.poll() is None, service.output()
                assert time.monotonic() - began < 60, service.output()
                time.sleep(0.02)
            ready_in = time.monotonic() - began
            statuses, ledger, lock = [], [], threading.Lock()

            def work(thread):
                for n in range(REGISTRATIONS // THREADS):
                    name = f"user-{thread}-{n}"
                    body = {
                        "username": name, "password": "granite otter canyon 93",
                        "email": f"{name}@example.org", "first_name": "Ada", "last_name": "Lovelace",
                    }
                    status = service.call("POST", "/v1/users", body)[0]
                    ready = service.call("GET", "/readyz")[0]
                    with lock:
                        statuses.extend([status, ready])
                        if status == 201:
                            ledger.append(name)

            with load(url, 4):
                threads = [threading.Thread(target=work, args=[n]) for n in range(THREADS)]
                for thread in threads:
                    thread.start()
                for thread in threads:
                    thread.join()
        finally:
            service.kill()
    return statuses, ledger, ready_in


def full(folder, database):
    """A pool of one session never has two: that is logged, and given up after a minute."""
    with pooler(folder, "session", 1, 0, database) as url:
        service = Service(folder, url)
        try:
            code, seconds = service.ended(90)
        finally:
            service.kill()
    assert code == 1, service.output()
    assert service.output().count("waiting for two connections") >= 9, service.output()
    return seconds


def main():
    install()
    database = "pooled"
    ask("postgres", f"CREATE DATABASE {database} TEMPLATE template0")
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        count, slowest = refused(folder, database)
        row("pgbouncer: transaction and statement mode, idle and busy: refused at the start",
            count, 0, 0, 0, f"{slowest:.1f} s")
        statuses, ledger, ready_in = served(folder, database)
        rows = ask(database, "SELECT username, (SELECT count(*) FROM user_emails WHERE user_id ="
                             " users.id) FROM users").splitlines()
        found = dict(line.split("|") for line in rows)
        lost = len(set(ledger) - set(found))
        halved = sum(1 for emails in found.values() if emails == "0")
        doubled = len(rows) - len(found) + sum(1 for emails in found.values() if int(emails) > 1)
        failed = sum(1 for status in statuses if status >= 500)
        row(f"pgbouncer: session mode, {failed} of {len(statuses)} requests 5xx",
            len(ledger), lost, halved, doubled, f"{ready_in:.1f} s")
        seconds = full(folder, database)
        row("pgbouncer: session mode, a full pool is logged and given up", 1, 0, 0, 0,
            f"{seconds:.1f} s")
    ask("postgres", f"DROP DATABASE {database} WITH (FORCE)")
    sys.exit(bool(lost or halved or doubled or failed))


main()
