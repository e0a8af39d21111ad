# Disks are full for a while: SQLite's, Postgres's data and log of changes, mails and log lines.
# needs: root postgres

import collections
import contextlib
import os
import pathlib
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time

if "DRILL_MOUNTS" not in os.environ:
    # What is mounted is gone when this process is.
    os.environ["DRILL_MOUNTS"] = "own"
    os.execvp("unshare", ["unshare", "--mount", sys.executable, *sys.argv])

from cluster import Cluster, give_to_postgres, new_folder, url_of  # noqa: E402
from common import Clients, Instance, Sink, call, row, until  # noqa: E402

ROUNDS = 5
# A worker that sent a mail and could not write that down leaves it to others for three minutes.
LEASE = 180
faults = []


class Disk:
    """A file system of so many MiB on a folder."""

    def __init__(self, folder, size):
        self.folder = folder
        os.makedirs(folder, exist_ok=True)
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}m", "drill", folder], check=True)
        give_to_postgres(folder)

    def remove(self):
        subprocess.run(["umount", "--lazy", self.folder], check=True)

    @contextlib.contextmanager
    def full(self):
        """Whatever room is made meanwhile is taken at once."""
        ballast = os.path.join(self.folder, "ballast")
        over = threading.Event()

        def fill():
            with open(ballast, "wb", buffering=0) as file:
                while not over.is_set():
                    try:
                        file.write(bytes(65536))
                    except OSError:
                        time.sleep(0.01)

        filling = threading.Thread(target=fill)
        filling.start()
        try:
            until(30, "the disk to be full", lambda: os.statvfs(self.folder).f_bavail == 0)
            yield
        finally:
            over.set()
            filling.join()
            os.remove(ballast)


class Readers:
    """Somebody who reads the own user again and again."""

    def __init__(self, instance):
        _, self.token = instance.account()
        self.instance, self.statuses = instance, collections.Counter()
        threading.Thread(target=self.work, daemon=True).start()

    def work(self):
        while True:
            try:
                status = call(self.instance.address, "GET", "/v1/users/me", None, self.token)[0]
            except OSError:
                status = 0
            self.statuses[status] += 1
            time.sleep(0.02)


def add_row(what, clients, counts, recovery, statuses=(201, 503)):
    lost, halved, doubled = counts
    others = {status: n for status, n in clients.statuses.items() if status not in statuses}
    row(f"{what}, {len(clients.done)} registrations, {clients.statuses[503]} answered 503", ROUNDS,
        lost, halved, doubled, recovery)
    print(f"{what}: {dict(clients.statuses)}", flush=True)
    if lost or halved or doubled or others:
        faults.append(f"{what}: {counts} {others}")


def add_row_of_mails(what, sink, clients, since):
    """The mails of all acknowledged registrations."""
    names = [name for _, name in clients.done]
    deadline = time.monotonic() + LEASE + 60
    while sink.counted(names)[0] and time.monotonic() < deadline:
        time.sleep(1)
    took = time.monotonic() - since
    lost, doubled = sink.counted(names)
    row(f"{what}: its {len(names)} mails", ROUNDS, lost, "–", doubled, f"{took:.1f} s for the last one")
    if lost:
        faults.append(f"{what}: {lost} mails lost")


def outages(disk, clients, readers):
    """The seconds from room on the disk to the first registration."""
    recoveries = []
    for _ in range(ROUNDS):
        time.sleep(2)
        with disk.full():
            time.sleep(1)
            before, taken = readers.statuses.copy(), len(clients.done)
            time.sleep(4)
            read = readers.statuses - before
            if set(read) - {200} or not read:
                faults.append(f"reads: {dict(read)}")
            print(f"full: {len(clients.done) - taken} registrations, reads {dict(read)},"
                  f" ready {readers.instance.is_ready()}", flush=True)
        recoveries.append(clients.first_after(time.monotonic()))
    time.sleep(2)
    clients.stop()
    return max(recoveries)


def sqlite():
    what = "a full disk, SQLite"
    folder = tempfile.mkdtemp()
    disk, sink = Disk(folder, 24), Sink()
    instance = Instance("127.0.2.2", USERDOM_DATABASE_URL=f"sqlite://{folder}/userdom.db").start()
    readers = Readers(instance)
    instance.stop()
    instance.settings["USERDOM_SMTP_URL"] = sink.url
    instance.start()
    clients = Clients([instance])
    recovery = outages(disk, clients, readers)
    over = time.monotonic()
    with contextlib.closing(sqlite3.connect(f"file:{folder}/userdom.db?mode=ro", uri=True)) as database:
        def ask(sql):
            return [line[0] for line in database.execute(sql)]
        if ask("PRAGMA integrity_check") != ["ok"]:
            faults.append("SQLite: not whole")
        add_row(what, clients, clients.counted(ask), f"{recovery:.1f} s at most")
    add_row_of_mails(what, sink, clients, over)
    instance.stop()
    disk.remove()
    os.rmdir(folder)


def postgres():
    what = "a full disk, Postgres's data"
    root = new_folder()
    disk, sink = Disk(os.path.join(root, "disk"), 96), Sink()
    cluster = Cluster(root, "disk/data")
    cluster.create("--waldir", os.path.join(root, "wal"))
    cluster.configure("max_wal_size = 4GB")
    cluster.start()
    cluster.create_database()
    instance = Instance("127.0.2.2", USERDOM_DATABASE_URL=url_of(cluster)).start()
    readers = Readers(instance)
    instance.stop()
    instance.settings["USERDOM_SMTP_URL"] = sink.url
    instance.start()
    clients = Clients([instance])
    recovery = outages(disk, clients, readers)
    over = time.monotonic()
    add_row(what, clients, clients.counted(cluster.ask), f"{recovery:.1f} s at most")
    add_row_of_mails(what, sink, clients, over)
    instance.stop()
    cluster.stop("immediate")
    disk.remove()
    shutil.rmtree(root, ignore_errors=True)


def has_ended(cluster):
    """Asks for another file of the log, since a machine that is busy writes little."""
    with contextlib.suppress(SystemExit):
        cluster.ask("SELECT pg_switch_wal()")
    return not cluster.is_running()


def log_of_changes():
    """Postgres itself ends, and comes back when it is started again."""
    what = "a full disk, Postgres's log of changes: Postgres ends and is started again"
    root = new_folder()
    disk = Disk(os.path.join(root, "disk"), 16)
    cluster = Cluster(root, "data")
    cluster.create("--waldir", os.path.join(root, "disk/wal"), "--wal-segsize", "1")
    cluster.configure("min_wal_size = 2MB", "max_wal_size = 6MB")
    cluster.start()
    cluster.create_database()
    instance = Instance("127.0.2.2", USERDOM_DATABASE_URL=url_of(cluster)).start()
    clients, recoveries = Clients([instance]), []
    for _ in range(ROUNDS):
        time.sleep(2)
        with disk.full():
            until(120, "Postgres to end", lambda: has_ended(cluster))
        cluster.start()
        recoveries.append(clients.first_after(time.monotonic()))
    clients.stop()
    add_row(what, clients, clients.counted(cluster.ask), f"{max(recoveries):.1f} s after the start at most")
    instance.stop()
    cluster.stop("immediate")
    disk.remove()
    shutil.rmtree(root, ignore_errors=True)


def mails_and_log():
    """The folder of the mails is full, and so is that of the log; the database has room."""
    what = "a full disk, mails as files and the log"
    database = tempfile.TemporaryDirectory()
    path = os.path.join(database.name, "userdom.db")
    instance = Instance("127.0.2.2", USERDOM_DATABASE_URL=f"sqlite://{path}")
    disk = Disk(instance.folder.name, 24)
    instance.start()
    clients = Clients([instance])
    for _ in range(ROUNDS):
        time.sleep(1)
        with disk.full():
            time.sleep(2)
    time.sleep(1)
    clients.stop()
    over = time.monotonic()
    names = [name for _, name in clients.done]

    def mails():
        got = collections.Counter()
        for mail in instance.messages("mail"):
            text = pathlib.Path(mail).read_text()
            # Half a mail has no end.
            whole = text.rstrip().endswith("--")
            got[text.split("To: ")[1].split("@")[0] if whole else None] += 1
        return got

    until(LEASE, "the mails", lambda: not set(names) - set(mails()), instance.last_words)
    took = time.monotonic() - over
    got = mails()
    with open(instance.log) as log:
        notes = [line for line in log if "lines of this log were lost" in line]
    print(f"{what}: {dict(clients.statuses)}, {notes[-1:]}")
    add_row(what, clients, (0, got[None], sum(got.values()) - len(got)),
            f"{took:.1f} s for the last mail", statuses=(201,))
    if not notes:
        faults.append("the log does not tell what it lost")
    instance.stop()
    disk.remove()


for drill in sys.argv[1:] or ("sqlite", "postgres", "log_of_changes", "mails_and_log"):
    globals()[drill]()
if faults:
    raise SystemExit(f"full_disk: {'; '.join(faults)}")
