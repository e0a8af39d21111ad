# Instances and the database's processes are killed, while users register.
# needs: postgres psql

import os
import signal
import subprocess
import time

from common import Clients, Instance, row

POSTGRES = os.environ["USERDOM_TEST_POSTGRES_URL"]
DATABASE = POSTGRES.rsplit("/", 1)[0] + "/drill_kills"
ROUNDS = 8


def ask(sql, url=DATABASE):
    output = subprocess.run(["psql", "-Atc", sql, url], check=True, capture_output=True, text=True)
    return output.stdout.split()


def judged(what, clients, recoveries):
    lost, halved, doubled = clients.counted(ask)
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
