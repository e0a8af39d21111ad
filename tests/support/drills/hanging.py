# What a stop waits for: a mail server, a receiver of text messages, a silent database.
# needs: postgres

import os
import threading
import time

from common import PASSWORD, Hanging, Instance, Proxy, call, free_port, row, until

POSTGRES = os.environ["USERDOM_TEST_POSTGRES_URL"]
BOUND = 30
failed = []


def report(what, how_often, lost, took, code, words):
    ended = f"killed after {took:.0f} s" if code is None else f"{took:.1f} s, exit code {code}"
    print(f"{what}: {ended}\n    {words}", flush=True)
    row(what, how_often, lost, "–", "–", ended)
    if code is None or took > BOUND:
        failed.append(what)


def mail_server():
    """Mails wait at one instance whose server hangs; another one has a good way out."""
    nowhere = f"smtp://127.0.2.1:{free_port('127.0.2.1')}"
    before = Instance("127.0.2.2", USERDOM_DATABASE_URL=POSTGRES, USERDOM_SMTP_URL=nowhere).start()
    names = [before.register() for _ in range(20)]
    before.stop()
    # All of them are due when the next instance starts: it takes as many as it may.
    time.sleep(25)
    server = Hanging("127.0.2.1", b"220-one moment\r\n")
    url = f"smtp://{server.address[0]}:{server.address[1]}"
    hanging = Instance("127.0.2.2", USERDOM_DATABASE_URL=POSTGRES, USERDOM_SMTP_URL=url).start()
    until(30, "the mail that hangs", lambda: server.taken)
    began = time.monotonic()
    other = Instance("127.0.2.3", USERDOM_DATABASE_URL=POSTGRES).start()
    deadline = time.monotonic() + 240
    while time.monotonic() < deadline and len(other.messages("mail")) < len(names):
        time.sleep(0.1)
    left = len(other.messages("mail"))
    took = time.monotonic() - began
    print(f"the other instance has sent {left} of {len(names)} mails after {took:.1f} s")
    row("a mail server never ends its greeting: the other instance's mails", "20 mails",
        f"{len(names) - left} not sent", "–", "–", f"{took:.1f} s")
    if took > 60:
        failed.append("the other instance")
    # No other worker takes the mail that hangs when it has to stop.
    other.stop()
    taken = server.taken
    hanging.register()
    until(60, "a mail that hangs", lambda: server.taken > taken)
    took, code = hanging.stop()
    other.start()
    found = sum(call(other.address, "POST", "/v1/users", {
        "username": name, "password": PASSWORD, "email": f"{name}@example.net",
        "first_name": "A", "last_name": "B"})[0] == 409 for name in names)
    report("a mail server never ends its greeting: SIGTERM", "1", f"{len(names) - found} of 20",
           took, code, hanging.last_words())
    other.stop()


def text_messages():
    server = Hanging("127.0.2.1", b"HTTP/1.1 100 Continue\r\n\r\n")
    url = f"http://{server.address[0]}:{server.address[1]}/"
    hanging = Instance("127.0.2.2", USERDOM_DATABASE_URL=POSTGRES, USERDOM_SMS_URL=url).start()
    _, token = hanging.account()
    for n in range(6):
        body = {"phone_number": f"+1-202-555-011{n}"}
        phone = call(hanging.address, "POST", "/v1/users/me/phones", body, token)[1]
        path = f"/v1/users/me/phones/{phone['id']}/verification"
        call(hanging.address, "POST", path, None, token)
    until(30, "the message that hangs", lambda: server.taken)
    took, code = hanging.stop()
    report("a receiver of text messages hangs: SIGTERM", "1", "–", took, code, hanging.last_words())


def database():
    # With as many writes as connections nobody else has one; with two, the workers hang as well.
    for round, writes in enumerate((8, 2)):
        proxy = Proxy("127.0.2.1", POSTGRES)
        instance = Instance("127.0.2.2", USERDOM_DATABASE_URL=proxy.url).start()
        _, token = instance.account()
        acknowledged = {"bio": f"acknowledged {round}"}
        path = "/v1/users/me/profile"
        assert call(instance.address, "PATCH", path, acknowledged, token)[0] == 200
        proxy.open.clear()

        def ask():
            try:
                call(instance.address, "PATCH", path, {"bio": "lost"}, token)
            except Exception:
                pass

        for _ in range(writes):
            threading.Thread(target=ask, daemon=True).start()
        time.sleep(2)
        took, code = instance.stop()
        witness = Instance("127.0.2.3", USERDOM_DATABASE_URL=POSTGRES).start()
        kept = call(witness.address, "GET", path, None, token)[1].get("bio")
        report("a silent database: SIGTERM", f"{writes} writes under way",
               "0 of 1" if kept == acknowledged["bio"] else f"1 of 1 ({kept})",
               took, code, instance.last_words())
        witness.stop()


mail_server()
text_messages()
database()
if failed:
    raise SystemExit(f"hanging: over {BOUND} s: {', '.join(failed)}")
