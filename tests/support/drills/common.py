"""What the drills share: instances of the service, clients with a ledger, servers of mail that work
and that do not, a proxy that goes silent, and the table."""

import atexit
import collections
import contextlib
import http.client
import itertools
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

BINARY = os.environ["USERDOM_DRILL_BINARY"]
PASSWORD = "granite otter canyon 93"
KEY = "q6Zt0yI1m5mP2w0bJxv7Qk9sUu3RZc8LhT4nWfEoGyA="
SINK = pathlib.Path(__file__).resolve().parent.parent / "smtp_sink.py"
NAMES = itertools.count(int(time.time() * 1000) % 10**9)


def row(what, how_often, lost, halved, doubled, recovery):
    """Adds a line to the table at the end."""
    with open(os.environ["USERDOM_DRILL_TABLE"], "a") as table:
        table.write("\t".join(map(str, (what, how_often, lost, halved, doubled, recovery))) + "\n")


def registration(name):
    return {
        "username": name, "password": PASSWORD, "email": f"{name}@example.org",
        "first_name": "Ada", "last_name": "Lovelace",
    }


def free_port(address):
    with socket.socket() as free:
        free.bind((address, 0))
        return free.getsockname()[1]


def call(address, method, path, body=None, token=None, connection=None):
    """One request: its status and the JSON of its answer."""
    connection = connection or http.client.HTTPConnection(*address, timeout=60)
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    if body is not None:
        merge = "merge-patch+" if method == "PATCH" else ""
        headers["Content-Type"] = f"application/{merge}json"
    connection.request(method, path, None if body is None else json.dumps(body), headers)
    answer = connection.getresponse()
    text = answer.read()
    with contextlib.suppress(ValueError):
        return answer.status, json.loads(text)
    return answer.status, text.decode(errors="replace")


class Instance:
    """A process on an address of its own; with the default settings, but for these."""

    def __init__(self, host, **settings):
        self.address = (host, free_port(host))
        self.folder = tempfile.TemporaryDirectory()
        self.settings = settings
        self.process = None

    def start(self):
        host, port = self.address
        environment = {
            "PATH": os.environ["PATH"],
            "USERDOM_BIND": f"{host}:{port}",
            "USERDOM_DATA_DIR": self.folder.name,
            "USERDOM_SECRET_KEY": KEY,
            "USERDOM_RATE_LIMITS": "off",
            "RUST_LOG": "warn,userdom=info,http=warn",
            **self.settings,
        }
        self.log = os.path.join(self.folder.name, "log")
        with open(self.log, "a") as log:
            self.process = subprocess.Popen(
                [BINARY], env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        atexit.register(self.process.kill)
        until(60, "the service to be ready", self.is_ready, self.last_words)
        return self

    def is_ready(self):
        with contextlib.suppress(OSError, http.client.HTTPException):
            connection = http.client.HTTPConnection(*self.address, timeout=5)
            return call(None, "GET", "/readyz", connection=connection)[0] == 200

    def account(self):
        """Somebody who has registered, and the access token. While this instance is the only one:
        another could take the mail."""
        name = self.register()
        token = until(30, "the link", lambda: self.link(name))
        assert call(self.address, "POST", "/v1/email-verifications", {"token": token})[0] == 200
        body = {"login": name, "password": PASSWORD}
        return name, call(self.address, "POST", "/v1/sessions", body)[1]["access_token"]

    def register(self):
        name = f"drill{next(NAMES)}"
        status, answer = call(self.address, "POST", "/v1/users", registration(name))
        assert status == 201, answer
        return name

    def messages(self, kind):
        folder = os.path.join(self.folder.name, kind)
        files = os.listdir(folder) if os.path.isdir(folder) else []
        return [os.path.join(folder, file) for file in files if file.endswith((".eml", ".txt"))]

    def link(self, name):
        for path in self.messages("mail"):
            with open(path) as mail:
                text = mail.read().replace("=\n", "").replace("=3D", "=")
            token = re.search(r"/verify-email#token=(ud_ev_[\w-]+)", text)
            if f"To: {name}@example.org\n" in text and token:
                return token.group(1)

    def terminate(self):
        self.process.send_signal(signal.SIGTERM)

    def stop(self, at_most=150):
        """SIGTERM: the seconds until it ended and the exit code, or `None` if it had to be killed."""
        started = time.monotonic()
        self.terminate()
        return self.ended(started, at_most)

    def ended(self, started, at_most=150):
        try:
            code = self.process.wait(at_most)
        except subprocess.TimeoutExpired:
            self.kill()
            code = None
        return time.monotonic() - started, code

    def kill(self):
        self.process.kill()
        self.process.wait()

    def last_words(self):
        with open(self.log) as log:
            return (log.read().strip().splitlines() or ["no line of a log"])[-1]


def until(seconds, what, ask, last_words=lambda: ""):
    """Asks until there is an answer that is true."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if answer := ask():
            return answer
        time.sleep(0.05)
    raise SystemExit(f"waited {seconds} s in vain for {what} {last_words()}")


class Clients:
    """Register users, and write down which registrations were acknowledged, and when."""

    def __init__(self, instances, each=3):
        self.done, self.statuses, self.over = [], collections.Counter(), False
        self.threads = [
            threading.Thread(target=self.work, args=(instance,), daemon=True)
            for instance in instances for _ in range(each)
        ]
        for thread in self.threads:
            thread.start()

    def work(self, instance):
        while not self.over:
            name = f"drill{next(NAMES)}"
            try:
                status, _ = call(instance.address, "POST", "/v1/users", registration(name))
            except (OSError, http.client.HTTPException):
                status = 0
            self.statuses[status] += 1
            if status == 201:
                self.done.append((time.monotonic(), name))
            else:
                time.sleep(0.05)

    @property
    def refused(self):
        return self.statuses.total() - self.statuses[201]

    def first_after(self, moment, at_most=60):
        """Seconds until the next registration was acknowledged after this moment."""
        def seconds():
            return next((at - moment for at, _ in self.done[-200:] if at > moment), None)
        return until(at_most, "a registration", seconds)

    def stop(self):
        self.over = True
        for thread in self.threads:
            thread.join()

    def counted(self, ask):
        """How many users are lost, halved and doubled, as the database tells it."""
        there = set(ask("SELECT username FROM users"))
        lost = sum(name not in there for _, name in self.done)
        halved = int(ask(
            "SELECT count(*) FROM users u WHERE NOT EXISTS (SELECT 1 FROM user_profiles p"
            " WHERE p.user_id = u.id) OR NOT EXISTS (SELECT 1 FROM user_emails e"
            " WHERE e.user_id = u.id) OR NOT EXISTS (SELECT 1 FROM outbox_events o"
            " WHERE o.user_id = u.id AND o.kind = 'user.registered')")[0])
        doubled = int(ask(
            "SELECT count(*) - count(DISTINCT user_id) FROM outbox_events"
            " WHERE kind = 'user.registered'")[0])
        return lost, halved, doubled


class Hanging:
    """A server that takes connections and says a line now and then, never what is waited for."""

    def __init__(self, host, line):
        self.address = (host, free_port(host))
        self.taken = 0
        server = socket.create_server(self.address)
        threading.Thread(target=self.accept, args=(server, line), daemon=True).start()

    def accept(self, server, line):
        while True:
            stream, _ = server.accept()
            self.taken += 1
            threading.Thread(target=self.drip, args=(stream, line), daemon=True).start()

    @staticmethod
    def drip(stream, line):
        with contextlib.suppress(OSError):
            while True:
                stream.sendall(line)
                time.sleep(1)


class Sink:
    """A mail server, which keeps what it takes."""

    def __init__(self, *options):
        self.folder = tempfile.TemporaryDirectory()
        port = free_port("127.0.0.1")
        self.url = f"smtp://127.0.0.1:{port}"
        command = [sys.executable, SINK, "--port", str(port), "--dir", self.folder.name, *options]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE)
        atexit.register(self.process.kill)
        self.process.stdout.readline()

    def counted(self, names):
        """How many of these got no mail, and how many mails came once more."""
        got = collections.Counter()
        for path in pathlib.Path(self.folder.name).glob("*.eml"):
            got[re.search("X-Envelope-To: (.*)@", path.read_text())[1]] += 1
        return sum(not got[name] for name in names), sum(max(0, got[name] - 1) for name in names)


class Proxy:
    """Stands between the service and its database; when it is silent, nothing gets through."""

    def __init__(self, host, url):
        parts = urllib.parse.urlsplit(url)
        self.target = (parts.hostname, parts.port)
        address = (host, free_port(host))
        self.open = threading.Event()
        self.open.set()
        self.generation = 0
        place = f"{parts.username}@{address[0]}:{address[1]}"
        self.url = parts._replace(netloc=place).geturl()
        server = socket.create_server(address)
        threading.Thread(target=self.accept, args=(server,), daemon=True).start()

    def accept(self, server):
        while True:
            client, _ = server.accept()
            database = socket.create_connection(self.target)
            for ends in ((client, database), (database, client)):
                threading.Thread(target=self.forward, args=ends, daemon=True).start()

    def strand(self):
        """The connections that there are stay silent for ever; new ones are not."""
        self.generation += 1
        self.open.set()

    def forward(self, source, sink):
        born = self.generation
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                self.open.wait()
                if self.generation != born:
                    threading.Event().wait()
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
