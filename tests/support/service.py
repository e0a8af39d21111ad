"""What the measuring scripts share: a service of their own, and somebody who has signed in."""

import contextlib
import http.client
import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import tempfile
import time

PASSWORD = "granite otter canyon 93"


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


class Service:
    """The binary on SQLite in a folder of its own, with rate limits off."""

    def __init__(self, binary, settings=None):
        self.folder = tempfile.TemporaryDirectory()
        self.port = free_port()
        environment = {
            "PATH": os.environ["PATH"],
            "USERDOM_BIND": f"127.0.0.1:{self.port}",
            "USERDOM_DATA_DIR": self.folder.name,
            "USERDOM_RATE_LIMITS": "off",
            "USERDOM_DRAIN_SECONDS": "0",
            "RUST_LOG": "warn",
            **(settings or {}),
        }
        self.log = open(os.path.join(self.folder.name, "log"), "w")
        self.process = subprocess.Popen([binary], env=environment, stdout=self.log, stderr=self.log)
        for _ in range(200):
            with contextlib.suppress(OSError):
                if self.call("GET", "/readyz")[0] == 200:
                    return
            time.sleep(0.05)
        raise SystemExit("the service does not start")

    def connect(self):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=300)

    def call(self, method, path, body=None, token=None, connection=None):
        connection = connection or self.connect()
        headers = {}
        if body is not None:
            headers["Content-Type"] = "application/json"
        if token:
            headers["Authorization"] = f"Bearer {token}"
        connection.request(method, path, json.dumps(body) if body is not None else None, headers)
        answer = connection.getresponse()
        return answer.status, answer.read()

    def register(self, name):
        body = {
            "username": name, "password": PASSWORD, "email": f"{name}@example.org",
            "first_name": "Ada", "last_name": "Lovelace",
        }
        status, answer = self.call("POST", "/v1/users", body)
        assert status == 201, answer
        return json.loads(answer)["id"]

    def verify(self, name):
        folder = os.path.join(self.folder.name, "mail")
        for _ in range(200):
            files = os.listdir(folder) if os.path.isdir(folder) else []
            # What is still being written has another ending.
            for file in (file for file in files if file.endswith(".eml")):
                with open(os.path.join(folder, file)) as mail:
                    text = mail.read().replace("=\n", "").replace("=3D", "=")
                token = re.search(r"/verify-email#token=(ud_ev_[\w-]+)", text)
                if f"To: {name}@example.org\n" in text and token:
                    body = {"token": token.group(1)}
                    assert self.call("POST", "/v1/email-verifications", body)[0] == 200
                    return
            time.sleep(0.05)
        raise SystemExit(f"no mail for {name}")

    def signed_in(self, name):
        body = {"login": name, "password": PASSWORD}
        return json.loads(self.call("POST", "/v1/sessions", body)[1])["access_token"]

    def database(self):
        path = os.path.join(self.folder.name, "userdom.db")
        return sqlite3.connect(path, timeout=120, isolation_level=None)

    def resident_kib(self, field):
        with open(f"/proc/{self.process.pid}/status") as status:
            return int(re.search(rf"{field}:\s+(\d+)", status.read()).group(1))

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(20)
        self.process.kill()
        self.process.wait()
        self.log.close()
        self.folder.cleanup()


def percentile(times, share):
    ordered = sorted(times)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]
