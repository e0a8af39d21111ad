# The network between service and Postgres is cut for 20 s, three ways; then one server for good.
# needs: root postgres ip=iproute2 iptables

import atexit
import http.client
import os
import shutil
import subprocess
import sys
import threading
import time

CUT = 20
faults = []

if "DRILL_NETWORK" not in os.environ:
    # Network and names of all that follows end with this process.
    os.environ["DRILL_NETWORK"] = "own"
    os.execvp("unshare", ["unshare", "--net", sys.executable, *sys.argv])

from cluster import Cluster, new_folder, url_of  # noqa: E402
from common import Clients, Instance, call, row, until  # noqa: E402


def run(*command):
    subprocess.run(command, check=True)


class Host:
    """A host of its own, which a cable connects to this one's bridge."""

    def __init__(self, n):
        self.address, self.port = f"10.93.0.{n}", f"port{n}"
        holder = subprocess.Popen(["unshare", "--net", "sleep", "infinity"])
        atexit.register(holder.kill)
        self.around = ["nsenter", "--net", "--target", str(holder.pid)]
        namespace = f"/proc/{holder.pid}/ns/net"
        until(5, "the namespace", lambda: os.readlink(namespace) != os.readlink("/proc/self/ns/net"))
        run("ip", "link", "add", self.port, "type", "veth", "peer", "name", "cable", "netns",
            str(holder.pid))
        run("ip", "link", "set", self.port, "master", "bridge", "up")
        self.run("ip", "link", "set", "lo", "up")
        self.run("ip", "address", "add", f"{self.address}/24", "dev", "cable")
        self.run("ip", "link", "set", "cable", "up")

    def run(self, *command):
        run(*self.around, *command)

    def pull(self):
        run("ip", "link", "set", self.port, "down")

    def plug(self):
        run("ip", "link", "set", self.port, "up")

    def drop(self, chain, side):
        self.run("iptables", "-A", chain, side, "cable", "-j", "DROP")

    def pass_on(self, chain):
        self.run("iptables", "-F", chain)


class Asking:
    """Asks again and again, a connection each time; how long each answer took."""

    def __init__(self, instance, method, path, body=None, token=None):
        self.asked = (instance.address, method, path)
        self.body, self.token, self.waits, self.over = body, token, [], False
        self.kept = self.sent = 0
        self.thread = threading.Thread(target=self.work, daemon=True)
        self.thread.start()

    def work(self):
        while not self.over:
            began = time.monotonic()
            self.sent += 1
            body = self.body and {self.body: str(self.sent)}
            try:
                status = call(*self.asked, body, self.token)[0]
            except (OSError, http.client.HTTPException):
                status = 0
            if status == 200:
                self.kept = self.sent
            self.waits.append((time.monotonic() - began, status, began))
            time.sleep(0.02)

    def slowest(self, since):
        return max(took for took, _, began in self.waits if began > since)

    def answered_after(self, moment):
        """Seconds until one that was asked later was answered with 200."""
        def seconds():
            return next((began + took - moment for took, status, began in self.waits[-100:]
                         if began > moment and status == 200), None)
        return until(90, f"an answer to {self.asked[1:]}", seconds)


class Crowd:
    """Some change their own profile each, some read theirs, one asks whether the service is ready."""

    def __init__(self, instance, accounts):
        path = "/v1/users/me/profile"
        self.writers = [Asking(instance, "PATCH", path, "bio", token) for _, token in accounts]
        self.readers = [Asking(instance, "GET", path, None, token) for _, token in accounts[:4]]
        self.ready = Asking(instance, "GET", "/readyz")
        self.instance = instance

    def back_after(self, moment):
        """Seconds until each of them is served: nobody's row is held by a session that the cut left behind."""
        return max(one.answered_after(moment) for one in [*self.writers, *self.readers, self.ready])

    def judge(self, what, since):
        slowest = max(one.slowest(since) for one in [*self.writers, *self.readers])
        ready = self.ready.slowest(since)
        if slowest > 5 or ready > 2:
            faults.append(f"{what}: {slowest:.1f} s, /readyz {ready:.1f} s")
        return f"answers after {slowest:.1f} s at most (limit 5), /readyz {ready:.1f} s (limit 2)"

    def stop(self):
        for one in [*self.writers, *self.readers, self.ready]:
            one.over = True
        for one in [*self.writers, *self.readers, self.ready]:
            one.thread.join()

    def lost(self):
        """Writers whose last acknowledged write, or a later one, is not there."""
        kept = [call(*writer.asked[:1], "GET", writer.asked[2], None, writer.token)[1]["bio"]
                for writer in self.writers]
        return sum(int(bio) < writer.kept for bio, writer in zip(kept, self.writers))


def cut(what, instance, accounts, database, begin, end):
    crowd, clients = Crowd(instance, accounts), Clients([instance], 2)
    time.sleep(3)
    since = time.monotonic()
    # Transactions that have begun wait for these rows, and go on when their clients are cut off.
    waiting = threading.Thread(target=database.ask, args=(
        "BEGIN; SELECT id FROM users FOR UPDATE; SELECT pg_sleep(2); COMMIT",))
    waiting.start()
    time.sleep(1)
    begin()
    time.sleep(CUT)
    end()
    over = time.monotonic()
    took = max(crowd.back_after(over), clients.first_after(over))
    time.sleep(2)
    clients.stop()
    crowd.stop()
    outcome = crowd.judge(what, since)
    lost, halved, doubled = clients.counted(database.ask)
    lost += crowd.lost()
    held = database.ask("SELECT count(*) FROM pg_stat_activity WHERE datname = 'userdom'"
                        " AND state LIKE 'idle in transaction%'")
    writes = sum(sum(status == 200 for _, status, _ in writer.waits) for writer in crowd.writers)
    row(f"{what}, {CUT} s, {writes + len(clients.done)} writes, {outcome}", 1, lost, halved, doubled,
        f"{took:.1f} s until everybody is served (limit 10)")
    print(f"{what}: back after {took:.1f} s, {outcome}, {held[0]} transactions are left", flush=True)
    if lost or halved or doubled or took > 10:
        faults.append(f"{what}: {lost}, {halved}, {doubled}, {took:.1f} s")


def standby_of(primary, root, host):
    standby = Cluster(root, "standby", host.address, host.around)
    standby.copy_of(primary)
    for one, other in ((primary, standby), (standby, primary)):
        configure(one, f"primary_conninfo = 'host={other.host} port={other.port} user=postgres'",
                  "synchronous_standby_names = '*'")
    standby.follow()
    standby.start()
    primary.ask("SELECT pg_reload_conf()", "postgres")
    primary.until("SELECT sync_state FROM pg_stat_replication", "sync")
    return standby


def other_server(instance, accounts, primary, standby, host):
    """The primary's cable is pulled for good; its standby, the second of the URL, takes over."""
    what = "the network of the primary is cut, its synchronous standby promoted"
    crowd, clients = Crowd(instance, accounts), Clients([instance], 2)
    time.sleep(3)
    since = time.monotonic()
    host.pull()
    time.sleep(5)
    standby.promote()
    promoted = time.monotonic()
    took = max(crowd.back_after(promoted), clients.first_after(promoted))
    # The operator that promotes another one sees to it that the old one does not come back as it was.
    primary.stop("immediate")
    time.sleep(CUT - 5)
    host.plug()
    time.sleep(5)
    again = time.monotonic()
    crowd.back_after(again)
    clients.stop()
    crowd.stop()
    outcome = crowd.judge(what, since)
    lost, halved, doubled = clients.counted(standby.ask)
    lost += crowd.lost()
    row(f"{what}, {len(clients.done)} registrations, {outcome}", 1, lost, halved, doubled,
        f"{took:.1f} s after the promotion until everybody is served (limit 10)")
    print(f"{what}: back after {took:.1f} s, {outcome}", flush=True)
    if lost or halved or doubled or took > 10:
        faults.append(f"{what}: {lost}, {halved}, {doubled}, {took:.1f} s")


def configure(cluster, *lines):
    cluster.configure("wal_log_hints = on", *lines)
    subprocess.run(["sed", "-i", "s/127.0.0.1\\/32/10.93.0.0\\/24/",
                    os.path.join(cluster.data, "pg_hba.conf")], check=True)


def main():
    run("ip", "link", "set", "lo", "up")
    run("ip", "link", "add", "bridge", "type", "bridge")
    run("ip", "address", "add", "10.93.0.1/24", "dev", "bridge")
    run("ip", "link", "set", "bridge", "up")
    hosts = [Host(2), Host(3)]
    root = new_folder()
    clusters, instance = [], None
    try:
        primary = Cluster(root, "primary", hosts[0].address, hosts[0].around)
        clusters.append(primary)
        primary.create()
        configure(primary)
        primary.start()
        primary.create_database()
        instance = Instance("127.0.0.1", USERDOM_DATABASE_URL=url_of(primary)).start()
        accounts = [instance.account() for _ in range(12)]
        host = hosts[0]
        for what, begin, end in (
            ("the network is cut, the cable pulled", host.pull, host.plug),
            ("the network is cut, nothing reaches the database",
             lambda: host.drop("INPUT", "-i"), lambda: host.pass_on("INPUT")),
            ("the network is cut, nothing comes from the database",
             lambda: host.drop("OUTPUT", "-o"), lambda: host.pass_on("OUTPUT")),
        ):
            cut(what, instance, accounts, primary, begin, end)
        instance.stop()
        standby = standby_of(primary, root, hosts[1])
        clusters.append(standby)
        instance.settings["USERDOM_DATABASE_URL"] = url_of(primary, standby)
        instance.start()
        other_server(instance, accounts, primary, standby, host)
    finally:
        if instance:
            instance.kill()
        for cluster in clusters:
            cluster.stop("immediate")
        shutil.rmtree(root, ignore_errors=True)
    if faults:
        raise SystemExit(f"network: {'; '.join(faults)}")


main()
