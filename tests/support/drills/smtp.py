# A mail server with faults: it hangs up, refuses for now or for good, loses its answer, is slow.

import collections
import re
import socket
import threading
import time

from common import Instance, call, free_port, registration, row, until

EACH = 6
SLOW_ONES = 2
# A mail has 20 s in all, and a receiver is slow that takes more than 5 for one.
SLOW, TOO_SLOW = 7, 24
# How many mails, what the server does at the first try of each, and whether it has taken the mail
# then although nobody can know it.
FAULTS = {
    "none": (EACH, "no fault", 0),
    "greeting": (EACH, f"says 421 in place of a greeting, {EACH} times", 0),
    "middle": (EACH, "hangs up in the middle of DATA", 0),
    "later": (EACH, "answers RCPT with 451", 0),
    "never": (EACH, "answers RCPT with 550", 0),
    "silent": (EACH, "takes the mail and hangs up before it says so", 1),
    "slow": (SLOW_ONES, f"answers the final dot after {SLOW} s", 0),
    "tooslow": (SLOW_ONES, f"takes the mail and says so after {TOO_SLOW} s (limit 20)", 1),
}


class Server:
    """The fault follows from the start of the recipient's name; the next try is served."""

    def __init__(self):
        self.address = ("127.0.2.1", free_port("127.0.2.1"))
        self.tries, self.taken, self.acknowledged = (collections.Counter() for _ in range(3))
        self.ids = collections.defaultdict(set)
        self.refuse_next = 0
        self.last = time.monotonic()
        server = socket.create_server(self.address)
        threading.Thread(target=self.accept, args=(server,), daemon=True).start()

    def accept(self, server):
        while True:
            stream, _ = server.accept()
            threading.Thread(target=self.guarded, args=(stream,), daemon=True).start()

    def guarded(self, stream):
        with stream:
            try:
                self.serve(stream)
            except OSError:
                pass

    def serve(self, stream):
        lines = stream.makefile("rb")

        def say(line):
            stream.sendall(line.encode() + b"\r\n")

        if self.refuse_next > 0:
            self.refuse_next -= 1
            return say("421 not now")
        say("220 ready")
        name = fault = None
        for line in lines:
            verb = line[:4].upper()
            if verb == b"EHLO":
                say("250-drill\r\n250 8BITMIME")
            elif verb == b"RCPT":
                name = re.search(rb"<(.*?)@", line)[1].decode()
                self.tries[name] += 1
                fault = name.split("x")[0] if self.tries[name] == 1 else None
                say({"later": "451 later", "never": "550 never"}.get(fault, "250 ok"))
            elif verb == b"DATA":
                say("354 go on")
                if fault == "middle":
                    lines.readline()
                    return
                self.take(name, lines)
                if fault == "silent":
                    return
                time.sleep({"slow": SLOW, "tooslow": TOO_SLOW}.get(fault, 0))
                say("250 taken")
                self.acknowledged[name] += fault != "tooslow"
            elif verb == b"QUIT":
                return say("221 bye")
            else:
                say("250 ok")

    def take(self, name, lines):
        text = b""
        while (line := lines.readline()) != b".\r\n":
            if not line:
                raise OSError("hung up")
            text += line
        self.taken[name] += 1
        self.ids[name].add(re.search(rb"Message-ID: (\S+)", text)[1])
        self.last = time.monotonic()


def main():
    server = Server()
    url = f"smtp://{server.address[0]}:{server.address[1]}"
    instance = Instance("127.0.2.2", USERDOM_SMTP_URL=url).start()
    names = {kind: [f"{kind}x{n}" for n in range(count)] for kind, (count, *_) in FAULTS.items()}
    began = time.monotonic()
    for kind in FAULTS:
        server.refuse_next += EACH if kind == "greeting" else 0
        for name in names[kind]:
            assert call(instance.address, "POST", "/v1/users", registration(name))[0] == 201
    wanted = [name for kind in FAULTS for name in names[kind] if kind != "never"]
    until(300, "every mail", lambda: all(server.acknowledged[name] for name in wanted),
          lambda: str([name for name in wanted if not server.acknowledged[name]]))
    took = server.last - began
    # As long as the longest wait there was between two tries.
    time.sleep(25)
    faults = []
    with open(instance.log) as log:
        given_up = sum("message given up" in line for line in log)
    for kind, (count, what, hidden) in FAULTS.items():
        lost = sum(not server.acknowledged[name] for name in names[kind])
        twice = sum(max(0, server.acknowledged[name] - 1) for name in names[kind])
        doubled = sum(max(0, server.taken[name] - 1) for name in names[kind])
        other_ids = sum(len(server.ids[name]) > 1 for name in names[kind])
        if kind == "never":
            outcome = f"{lost} given up, as the server wants"
            lost = count - min(given_up, lost)
        else:
            outcome = str(lost)
        # The protocol has no way to ask whether a mail was taken.
        unavoidable = hidden * count
        if lost or twice or other_ids or doubled > unavoidable:
            faults.append(f"{what}: {lost} lost, {twice} acknowledged twice, {doubled} doubled,"
                          f" {other_ids} under another Message-ID")
        row(f"a mail server {what}" if kind != "none" else "a mail server, no fault",
            f"{count} mails", outcome, "–",
            f"{doubled}, the same Message-ID: its answer was lost" if doubled and hidden else doubled,
            f"{took:.0f} s for all")
    print(f"tries {dict(server.tries)}, given up {given_up}, last mail after {took:.1f} s", flush=True)
    instance.stop()
    if faults:
        raise SystemExit(f"smtp: {'; '.join(faults)}")


main()
