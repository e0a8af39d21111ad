# A primary is killed and its synchronous standby promoted, three times, while users register.
# needs: postgres

import shutil
import time

from cluster import Cluster, new_folder, url_of
from common import Clients, Instance, row

ROUNDS = 3


def configure(cluster, other):
    cluster.configure(
        "wal_log_hints = on", "wal_keep_size = 1GB", "synchronous_standby_names = '*'",
        f"primary_conninfo = 'host=127.0.0.1 port={other.port} user=postgres'",
    )


def rejoin(old, primary):
    """The old primary becomes the synchronous standby of the new one."""
    old.start()
    old.stop("fast")
    # pg_rewind reads the timeline from the last checkpoint.
    primary.ask("CHECKPOINT", "postgres")
    source = f"host=127.0.0.1 port={primary.port} user=postgres dbname=postgres"
    old.run("pg_rewind", "-D", old.data, "--source-server", source)
    configure(old, primary)
    old.follow()
    old.start()
    primary.until("SELECT state FROM pg_stat_replication", "streaming")
    primary.ask("ALTER SYSTEM SET synchronous_standby_names = '*'", "postgres")
    primary.ask("SELECT pg_reload_conf()", "postgres")
    primary.until("SELECT sync_state FROM pg_stat_replication", "sync")


def main():
    root = new_folder()
    clusters = [Cluster(root, "a"), Cluster(root, "b")]
    instances = []
    try:
        primary, standby = clusters
        primary.create()
        configure(primary, standby)
        primary.start()
        standby.copy_of(primary)
        configure(standby, primary)
        standby.follow()
        standby.start()
        primary.until("SELECT sync_state FROM pg_stat_replication", "sync")
        primary.create_database()
        for host in ("127.0.2.2", "127.0.2.3"):
            instances.append(Instance(host, USERDOM_DATABASE_URL=url_of(*clusters)).start())
        clients, recoveries = Clients(instances, 2), []
        for _ in range(ROUNDS):
            time.sleep(4)
            primary.stop("immediate")
            time.sleep(2)
            standby.promote()
            recoveries.append(clients.first_after(time.monotonic()))
            rejoin(primary, standby)
            primary, standby = standby, primary
        time.sleep(2)
        clients.stop()
        lost, halved, doubled = clients.counted(primary.ask)
        slowest = max(recoveries)
        row(f"failover to a synchronous standby, {len(clients.done)} registrations, "
            f"{clients.refused} refused meanwhile", ROUNDS, lost, halved, doubled,
            f"first write {slowest:.1f} s after the promotion at most (limit 5)")
        raise SystemExit(1 if lost or halved or doubled or slowest > 5 else 0)
    finally:
        for instance in instances:
            instance.kill()
        for cluster in clusters:
            cluster.stop("immediate")
        shutil.rmtree(root, ignore_errors=True)


main()
