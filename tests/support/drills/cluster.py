"""A server of Postgres in a folder of its own, durable; it may stand on another host."""

import contextlib
import glob
import os
import pathlib
import pwd
import subprocess
import tempfile
import time

from common import free_port

BIN = sorted(glob.glob("/usr/lib/postgresql/*/bin"))[-1]


def give_to_postgres(folder):
    """Postgres refuses to run as root."""
    if os.getuid() == 0:
        os.chown(folder, pwd.getpwnam("postgres").pw_uid, -1)


def new_folder():
    folder = tempfile.mkdtemp()
    give_to_postgres(folder)
    return folder


class Cluster:
    """`around` is what leads to another host, as `nsenter` does."""

    def __init__(self, root, name, host="127.0.0.1", around=()):
        self.data, self.host, self.around = os.path.join(root, name), host, list(around)
        self.port = free_port("127.0.0.1")

    def run(self, program, *arguments):
        owner = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
        command = [*self.around, *owner, os.path.join(BIN, program), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, cwd="/")
        if done.returncode:
            raise SystemExit(f"{' '.join(command)}: {done.stderr}")
        return done

    def create(self, *options):
        self.run("initdb", "-D", self.data, "-A", "trust", "-U", "postgres", *options)

    def configure(self, *lines):
        lines = [
            f"port = {self.port}", f"listen_addresses = '{self.host}'", "max_connections = 50",
            f"unix_socket_directories = '{os.path.dirname(self.data)}'", *lines,
        ]
        with open(os.path.join(self.data, "postgresql.auto.conf"), "w") as settings:
            settings.write("\n".join(lines) + "\n")

    def start(self):
        self.run("pg_ctl", "start", "-w", "-D", self.data, "-l", f"{self.data}.log")

    def stop(self, how):
        with contextlib.suppress(SystemExit):
            self.run("pg_ctl", "stop", "-w", "-D", self.data, "-m", how)

    def is_running(self):
        """Not while it only tries to recover."""
        pid = pathlib.Path(self.data, "postmaster.pid")
        return pid.exists()

    def copy_of(self, primary):
        self.run("pg_basebackup", "-h", primary.host, "-p", str(primary.port), "-U", "postgres",
                 "-D", self.data)

    def follow(self):
        pathlib.Path(self.data, "standby.signal").touch()

    def promote(self):
        self.run("pg_ctl", "promote", "-w", "-D", self.data)
        # The new primary has no standby of its own yet, and must not wait for one.
        self.ask("ALTER SYSTEM SET synchronous_standby_names = ''", "postgres")
        self.ask("SELECT pg_reload_conf()", "postgres")

    def create_database(self):
        self.ask("CREATE DATABASE userdom", "postgres")

    def ask(self, sql, database="userdom"):
        output = self.run("psql", "-h", self.host, "-p", str(self.port), "-U", "postgres", "-Atc", sql,
                        database)
        return output.stdout.split()

    def until(self, sql, wanted):
        while self.ask(sql, "postgres") != [wanted]:
            time.sleep(0.1)


def url_of(*clusters):
    hosts = ",".join(f"{cluster.host}:{cluster.port}" for cluster in clusters)
    return f"postgres://postgres@{hosts}/userdom"
