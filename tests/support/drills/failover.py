# A primary is killed and its synchronous standby promoted, three times, while users register.
# needs: postgres

import collections
import contextlib
import glob
import json
import os
import pathlib
import pwd
import shutil
import subprocess
import sys
import tempfile
import threading
import time


sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from common import BINARY, row  # noqa: E402
from service import PASSWORD, Service, free_port  # noqa: E402

ROUNDS = 3
BIN = sorted(glob.glob("/usr/lib/postgresql/*/bin"))[-1]


class Cluster:
    """A server of Postgres in a folder of its own."""

    def __init__(self, root, name):
        self.data, self.port = os.path.join(root, name), free_port()

    def run(self, program, *arguments, **options):
        owner = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
        command = [*owner, os.path.join(BIN, program), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, **options)
        if done.returncode:
            raise SystemExit(f"{' '.join(command)}: {done.stderr}")
        return done

    def configure(self, other):
        lines = [
            f"port = {self.port}", "listen_addresses = '127.0.0.1'", "wal_log_hints = on", "wal_keep_size = 1GB",
            f"unix_socket_directories = '{os.path.dirname(self.data)}'",
            "synchronous_standby_names = '*'", "max_connections = 50",
            f"primary_conninfo = 'host=127.0.0.1 port={other.port} user=postgres'",
        ]
        with open(os.path.join(self.data, "postgresql.auto.conf"), "w") as settings:
            settings.write("\n".join(lines) + "\n")

    def start(self):
        self.run("pg_ctl", "start", "-w", "-D", self.data, "-l", f"{self.data}.log")

    def stop(self, how):
        with contextlib.suppress(SystemExit):
            self.run("pg_ctl", "stop", "-w", "-D", self.data, "-m", how)

    def follow(self):
        pathlib.Path(self.data, "standby.signal").touch()

    def ask(self, sql, database="userdom"):
        told = self.run("psql", "-h", "127.0.0.1", "-p", str(self.port), "-U", "postgres", "-Atc", sql, database)
        return told.stdout.split()

    def until(self, sql, wanted):
        while self.ask(sql, "postgres") != [wanted]:
            time.sleep(0.1)


class Clients:
    """Register users, and write down who was told that it is done, and when."""

    def __init__(self, services):
        self.done, self.failed, self.over = [], 0, False
        self.threads = [
            threading.Thread(target=self.work, args=(service, f"{at}x{n}"))
            for at, service in enumerate(services) for n in range(2)
        ]
        for thread in self.threads:
            thread.start()

    def work(self, service, name):
        n = 0
        while not self.over:
            n += 1
            username = f"user{name}n{n}"
            body = {
                "username": username, "password": PASSWORD, "email": f"{username}@example.org",
                "first_name": "Ada", "last_name": "Lovelace",
            }
            try:
                status, _ = service.call("POST", "/v1/users", body)
            except OSError:
                status = 0
            if status == 201:
                self.done.append((time.monotonic(), username))
            else:
                self.failed += 1
                time.sleep(0.05)

    def stop(self):
        self.over = True
        for thread in self.threads:
            thread.join()


def main():
    root = tempfile.mkdtemp()
    if os.getuid() == 0:
        os.chown(root, pwd.getpwnam("postgres").pw_uid, -1)
    clusters = [Cluster(root, "a"), Cluster(root, "b")]
    services = []
    try:
        primary, standby = clusters
        primary.run("initdb", "-D", primary.data, "-A", "trust", "-U", "postgres")
        primary.configure(standby)
        primary.start()
        primary.run("pg_basebackup", "-h", "127.0.0.1", "-p", str(primary.port), "-U", "postgres", "-D", standby.data)
        standby.configure(primary)
        standby.follow()
        standby.start()
        primary.until("SELECT sync_state FROM pg_stat_replication", "sync")
        primary.run("createdb", "-h", "127.0.0.1", "-p", str(primary.port), "-U", "postgres", "userdom")
        hosts = ",".join(f"127.0.0.1:{cluster.port}" for cluster in clusters)
        settings = {
            "USERDOM_DATABASE_URL": f"postgres://postgres@{hosts}/userdom",
            "USERDOM_SECRET_KEY": "q6Zt0yI1m5mP2w0bJxv7Qk9sUu3RZc8LhT4nWfEoGyA=",
        }
        services = [Service(BINARY, settings), Service(BINARY, settings)]
        clients = Clients(services)
        recoveries = []
        for _ in range(ROUNDS):
            time.sleep(4)
            primary.stop("immediate")
            time.sleep(2)
            standby.run("pg_ctl", "promote", "-w", "-D", standby.data)
            # The new primary has no standby of its own yet, and must not wait for one.
            standby.ask("ALTER SYSTEM SET synchronous_standby_names = ''", "postgres")
            standby.ask("SELECT pg_reload_conf()", "postgres")
            promoted = time.monotonic()
            first = None
            while first is None and time.monotonic() < promoted + 60:
                first = next((at for at, _ in clients.done if at > promoted), None)
                time.sleep(0.02)
            recoveries.append((first or promoted + 60) - promoted)
            primary.start()
            primary.stop("fast")
            # pg_rewind reads the timeline from the last checkpoint.
            standby.ask("CHECKPOINT", "postgres")
            source = f"host=127.0.0.1 port={standby.port} user=postgres dbname=postgres"
            primary.run("pg_rewind", "-D", primary.data, "--source-server", source)
            primary.configure(standby)
            primary.follow()
            primary.start()
            standby.until("SELECT state FROM pg_stat_replication", "streaming")
            standby.ask("ALTER SYSTEM SET synchronous_standby_names = '*'", "postgres")
            standby.ask("SELECT pg_reload_conf()", "postgres")
            standby.until("SELECT sync_state FROM pg_stat_replication", "sync")
            primary, standby = standby, primary
        time.sleep(2)
        clients.stop()
        there = set(primary.ask("SELECT username FROM users"))
        lost = sum(username not in there for _, username in clients.done)
        halved = int(primary.ask(
            "SELECT count(*) FROM users u WHERE NOT EXISTS (SELECT 1 FROM user_profiles p WHERE p.user_id = u.id) "
            "OR NOT EXISTS (SELECT 1 FROM user_emails e WHERE e.user_id = u.id)")[0])
        events = collections.Counter(primary.ask(
            "SELECT user_id || kind FROM outbox_events WHERE kind = 'user.registered'"))
        doubled = sum(count - 1 for count in events.values())
        slowest = max(recoveries)
        row(f"failover to a synchronous standby, {len(clients.done)} registrations, "
            f"{clients.failed} refused meanwhile", ROUNDS, lost, halved, doubled,
            f"first write {slowest:.1f} s after the promotion at most (limit 5)")
        return int(bool(lost or halved or doubled) or slowest > 5)
    finally:
        for service in services:
            service.stop()
        for cluster in clusters:
            cluster.stop("immediate")
        shutil.rmtree(root, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
