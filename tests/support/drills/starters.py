# Eight services at once on an empty database: all serve, or are refused with the reason.
# needs: postgres

import contextlib
import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.request

from common import BINARY, row

ROUNDS = int(os.environ.get("DRILL_ROUNDS", "5"))
STARTERS = 8
POSTGRES = os.environ["USERDOM_TEST_POSTGRES_URL"]
ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../..")
MIGRATIONS = len(os.listdir(os.path.join(ROOT, "migrations/postgres")))


def ask(database, sql):
    url = re.sub("/postgres$", f"/{database}", POSTGRES)
    done = subprocess.run(["psql", "-qXAt", "-c", sql, url], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def start(folder, n, url):
    environment = {
        "PATH": os.environ["PATH"],
        "USERDOM_BIND": "127.0.0.1:0",
        "USERDOM_DATABASE_URL": url,
        "USERDOM_DATA_DIR": f"{folder}/data-{n}",
        "USERDOM_SECRET_KEY": "q6Zt0yI1m5mP2w0bJxv7Qk9sUu3RZc8LhT4nWfEoGyA=",
        "USERDOM_LOG_FORMAT": "pretty",
    }
    log = open(f"{folder}/log-{n}", "w")
    return subprocess.Popen([BINARY], env=environment, stdout=log, stderr=log)


def log(folder, n):
    with open(f"{folder}/log-{n}") as lines:
        return lines.read()


def outcome(folder, n, process):
    """`serves`, the reason of a refusal, or None for now."""
    if process.poll() is not None:
        return log(folder, n).strip().splitlines()[-1]
    address = re.search(r"listens on (http://\S+)", log(folder, n))
    if address:
        with contextlib.suppress(OSError):
            if urllib.request.urlopen(address[1] + "/readyz", timeout=5).status == 200:
                return "serves"
    return None


def round_on(url):
    """The outcomes, the migrations that were applied, and the seconds until the last had one."""
    with tempfile.TemporaryDirectory() as folder:
        began = time.monotonic()
        url = url or f"sqlite://{folder}/userdom.db"
        processes = [start(folder, n, url) for n in range(STARTERS)]
        try:
            outcomes = [None] * STARTERS
            while None in outcomes:
                assert time.monotonic() - began < 90, f"hangs: {outcomes}"
                outcomes = [
                    found or outcome(folder, n, processes[n]) for n, found in enumerate(outcomes)
                ]
                time.sleep(0.01)
            seconds = time.monotonic() - began
            applied = sum(
                len(re.findall(r"migration \S+ applied", log(folder, n))) for n in range(STARTERS)
            )
        finally:
            for process in processes:
                process.kill()
                process.wait()
    return outcomes, applied, seconds


def tell(kind, applied, seconds):
    lost = sum(max(0, MIGRATIONS - count) for count in applied)
    doubled = sum(max(0, count - MIGRATIONS) for count in applied)
    row(f"starters: {STARTERS} at once on an empty database, {kind}",
        ROUNDS, lost, 0, doubled, f"{max(seconds):.1f} s")
    return lost + doubled


def main():
    faults, applied, seconds = 0, [], []
    for n in range(ROUNDS):
        name = f"starters_{n}"
        ask("postgres", f"CREATE DATABASE {name} TEMPLATE template0")
        outcomes, count, took = round_on(re.sub("/postgres$", f"/{name}", POSTGRES))
        assert outcomes == ["serves"] * STARTERS, outcomes
        held = ask(name, "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")
        assert held == "0", "the lock on migrations is left"
        ask("postgres", f"DROP DATABASE {name} WITH (FORCE)")
        applied.append(count)
        seconds.append(took)
    faults += tell("Postgres: all serve", applied, seconds)
    applied, seconds = [], []
    for _ in range(ROUNDS):
        outcomes, count, took = round_on(None)
        refused = [reason for reason in outcomes if reason != "serves"]
        assert len(refused) == STARTERS - 1, outcomes
        assert all("in use by another process" in reason for reason in refused), outcomes
        applied.append(count)
        seconds.append(took)
    faults += tell("SQLite: one serves, seven are refused", applied, seconds)
    sys.exit(bool(faults))


main()
