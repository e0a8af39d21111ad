# Instances and the database's processes are killed, while users register.
# needs: postgres psql

import http.client
import os
import signal
import subprocess
import threading
import time

from common import NAMES, PASSWORD, Instance, call, row

POSTGRES = os.environ["USERDOM_TEST_POSTGRES_URL"]
DATABASE = POSTGRES.rsplit("/", 1)[0] + "/drill_kills"
ROUNDS = 8


def ask(sql, url=DATABASE):
    told = subprocess.run(["psql", "-Atc", sql, url], check=True, capture_output=True, text=True)
    return told.stdout.split()


class Clients:
    """Register users, and write down who was told that it is done, and when."""

    def __init__(self, instances):
        self.done, self.refused, self.over = [], 0, False
        self.threads = [
            threading.Thread(target=self.work, args=(instance,))
            for instance in instances for _ in range(3)
        ]
        for thread in self.threads:
            thread.start()

    def work(self, instance):
        while not self.over:
            name = f"drill{next(NAMES)}"
            body = {
                "username": name, "password": PASSWORD, "email": f"{name}@example.org",
                "first_name": "Ada", "last_name": "Lovelace",
            }
            try:
                status, _ = call(instance.address, "POST", "/v1/users", body)
            except (OSError, http.client.HTTPException):
                status = 0
            if status == 201:
                self.done.append((time.monotonic(), name))
            else:
                self.refused += 1
                time.sleep(0.05)

    def first_after(self, moment):
        while True:
            for at, _ in self.done[-200:]:
                if at > moment:
                    return at - moment
            time.sleep(0.01)

    def stop(self):
        self.over = True
        for thread in self.threads:
            thread.join()


def judged(what, clients, recoveries):
    there = set(ask("SELECT username FROM users"))
    lost = sum(name not in there for _, name in clients.done)
    halved = int(ask(
        "SELECT count(*) FROM users u WHERE NOT EXISTS (SELECT 1 FROM user_profiles p"
        " WHERE p.user_id = u.id) OR NOT EXISTS (SELECT 1 FROM user_emails e"
        " WHERE e.user_id = u.id) OR NOT EXISTS (SELECT 1 FROM outbox_events o"
        " WHERE o.user_id = u.id AND o.kind = 'user.registered')")[0])
    doubled = int(ask(
        "SELECT count(*) - count(DISTINCT user_id) FROM outbox_events"
        " WHERE kind = 'user.registered'")[0])
    row(f"{what}, {len(clients.done)} registrations, {clients.refused} failed meanwhile", ROUNDS,
        lost, halved, doubled, f"{max(recoveries):.1f} s at most")
    return lost + halved + doubled


def main():
    ask("CREATE DATABASE drill_kills TEMPLATE template0", POSTGRES)
    # The throw-away cluster acknowledges what it has not written yet.
    ask("ALTER DATABASE drill_kills SET synchronous_commit = on", POSTGRES)
    instances = [
        Instance(host, USERDOM_DATABASE_URL=DATABASE).start() for host in ("127.0.2.2", "127.0.2.3")
    ]
    clients, recoveries = Clients(instances), []
    for n in range(ROUNDS):
        time.sleep(2)
        victim = instances[n % 2]
        victim.kill()
        killed = time.monotonic()
        victim.start()
        recoveries.append(time.monotonic() - killed)
    clients.stop()
    faults = judged("kill -9 of an instance of two", clients, recoveries)

    clients, recoveries = Clients(instances), []
    for _ in range(ROUNDS):
        time.sleep(2)
        # One process killed: Postgres ends all the others, and recovers from its log.
        pid = ask("SELECT pid FROM pg_stat_activity WHERE datname = 'drill_kills' AND pid <>"
                  " pg_backend_pid() LIMIT 1")[0]
        os.kill(int(pid), signal.SIGKILL)
        recoveries.append(clients.first_after(time.monotonic()))
    clients.stop()
    faults += judged("kill -9 of a process of Postgres", clients, recoveries)
    for instance in instances:
        instance.stop()
    ask("DROP DATABASE drill_kills WITH (FORCE)", POSTGRES)
    raise SystemExit(1 if faults else 0)


main()
