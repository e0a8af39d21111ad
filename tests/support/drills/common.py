"""What the drills share: instances of the service, a proxy that goes silent, and the table."""

import atexit
import contextlib
import http.client
import itertools
import json
import os
import re
import signal
import socket
import subprocess
import tempfile
import threading
import time
import urllib.parse

BINARY = os.environ["USERDOM_DRILL_BINARY"]
PASSWORD = "granite otter canyon 93"
KEY = "q6Zt0yI1m5mP2w0bJxv7Qk9sUu3RZc8LhT4nWfEoGyA="
NAMES = itertools.count(int(time.time() * 1000) % 10**9)


def row(what, how_often, lost, halved, doubled, recovery):
    """Adds a line to the table at the end."""
    with open(os.environ["USERDOM_DRILL_TABLE"], "a") as table:
        table.write("\t".join(map(str, (what, how_often, lost, halved, doubled, recovery))) + "\n")


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
        status, answer = call(self.address, "POST", "/v1/users", {
            "username": name, "password": PASSWORD, "email": f"{name}@example.org",
            "first_name": "Ada", "last_name": "Lovelace",
        })
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
