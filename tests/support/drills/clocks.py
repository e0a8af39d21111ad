# Two instances, one on a machine whose clock is ten minutes ahead or behind.
# needs: postgres faketime psql

import base64
import glob
import hmac
import os
import struct
import subprocess
import time

from common import NAMES, PASSWORD, Instance, Sink, call, registration, row

POSTGRES = os.environ["USERDOM_TEST_POSTGRES_URL"]
DATABASE = POSTGRES.rsplit("/", 1)[0] + "/drill_clocks"
LIBRARY = glob.glob("/usr/lib/*/faketime/libfaketime.so.1")
SESSIONS = 20
MAILS = 40
faults = []


def ask(sql, url=DATABASE):
    output = subprocess.run(["psql", "-Atc", sql, url], check=True, capture_output=True, text=True)
    return output.stdout.split()


def post(instance, path, body, token=None):
    return call(instance.address, "POST", path, body, token)


def sign_in(instance, name, password=PASSWORD):
    return post(instance, "/v1/sessions", {"login": name, "password": password})


def refresh(instance, token):
    status, answer = post(instance, "/v1/sessions/refresh", {"refresh_token": token})
    return status, answer.get("refresh_token")


def code(secret):
    """By this process's clock, which is right."""
    mac = hmac.digest(base64.b32decode(secret), struct.pack(">Q", int(time.time()) // 30), "sha1")
    at = mac[-1] & 15
    return "%06d" % ((struct.unpack(">I", mac[at:at + 4])[0] & 0x7fffffff) % 1000000)


def refreshes(name, here, there):
    """Sessions that were ended although each token was used once, on one instance after the other."""
    ended = 0
    for n in range(SESSIONS):
        one, other = (here, there) if n % 2 else (there, here)
        token = sign_in(one, name)[1]["refresh_token"]
        status, token = refresh(one, token)
        if status == 200:
            status, token = refresh(other, token)
        ended += status != 200
    return ended


def thefts(name, here, there):
    """Spent refresh tokens that were taken, or did not end their session."""
    missed, rounds = 0, []
    for one, other in ((here, there), (there, here)):
        first = sign_in(one, name)[1]["refresh_token"]
        _, second = refresh(one, first)
        rounds.append((one, other, first, second))
    # A client that lost the answer may ask again for ten seconds.
    time.sleep(12)
    for one, other, first, second in rounds:
        missed += refresh(other, first)[0] != 401
        missed += refresh(one, second)[0] != 401
    return missed


def second_factors(name, here, there):
    """Codes that were refused, of two on each instance."""
    opened = sign_in(here, name)[1]
    _, made = post(here, "/v1/users/me/two-factor/totp", None, opened["access_token"])
    secret = made["secret"]
    refused = 0
    body = {"code": code(secret)}
    path = "/v1/users/me/two-factor/totp/confirm"
    refused += post(there, path, body, opened["access_token"])[0] != 200
    for instance in (here, there, here, there):
        # Each code opens once.
        time.sleep(31)
        challenge = sign_in(instance, name)[1]["challenge"]
        body = {"challenge": challenge, "totp": code(secret)}
        refused += post(instance, "/v1/sessions/challenge", body)[0] != 201
    return refused


def locks(name, here, there):
    """By how many seconds a lock is longer or shorter than fifteen minutes, and the faults."""
    wrong, off = 0, []
    for one, other in ((here, there), (there, here)):
        for _ in range(5):
            sign_in(one, name, "a wrong guess")
        began = time.time()
        wrong += sign_in(one, name)[0] != 401
        wrong += sign_in(other, name)[0] != 401
        until_then = float(ask("SELECT extract(epoch FROM account_locked_until) FROM users"
                               f" WHERE username = '{name}'")[0])
        off.append(abs(until_then - began - 900))
        # The same lock, near its end.
        ask("UPDATE users SET account_locked_until = (now() AT TIME ZONE 'UTC') + interval '3 s'"
            f" WHERE username = '{name}'")
        ends = time.time() + 3
        wrong += sign_in(one, name)[0] != 401
        wrong += sign_in(other, name)[0] != 401
        assert time.time() < ends, "the machine is too slow for this"
        time.sleep(3.5)
        wrong += sign_in(other, name)[0] != 201
        wrong += sign_in(one, name)[0] != 201
    return wrong, max(off)


def mails(sink, here, there):
    names = [f"drill{next(NAMES)}" for _ in range(MAILS)]
    for n, name in enumerate(names):
        status, _ = post((here, there)[n % 2], "/v1/users", registration(name))
        assert status == 201
    began = time.monotonic()
    while time.monotonic() < began + 240 and sink.counted(names)[0]:
        time.sleep(0.2)
    took = time.monotonic() - began
    # Longer than it takes to see that something is due.
    time.sleep(15)
    return *sink.counted(names), took


def drill(offset, sink):
    faked = {"LD_PRELOAD": LIBRARY[0], "FAKETIME": offset, "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
    there = Instance("127.0.2.3", USERDOM_DATABASE_URL=DATABASE, **faked).start()
    names = [there.account()[0] for _ in range(2)]
    there.stop()
    there.settings["USERDOM_SMTP_URL"] = sink.url
    there.start()
    here = Instance("127.0.2.2", USERDOM_DATABASE_URL=DATABASE, USERDOM_SMTP_URL=sink.url).start()
    seen = call(there.address, "GET", "/readyz")[1]["clock"]["machine_is_ahead_by_seconds"]
    what = f"a clock of {offset[:-1]} min"
    lost, doubled, took = mails(sink, here, there)
    ended = refreshes(names[0], here, there)
    missed = thefts(names[0], here, there)
    wrong, off = locks(names[0], here, there)
    refused = second_factors(names[1], here, there)
    row(f"{what}: mails of two instances", f"{MAILS} mails", lost, "–", doubled, f"{took:.1f} s for all")
    row(f"{what}: refreshed on one, then on the other", f"{SESSIONS} sessions", f"{ended} ended", "–",
        "–", "–")
    row(f"{what}: a spent refresh token on either", "2 sessions", f"{missed} thefts unseen", "–", "–",
        "–")
    row(f"{what}: second factors on either", "5 codes", f"{refused} refused", "–", "–", "–")
    row(f"{what}: locks, made on one, tried on both", "2 locks", f"{wrong} faults", "–", "–",
        f"{off:.1f} s from 15 min at most")
    print(f"{what}: seen as {seen} s; mails {lost} lost, {doubled} doubled; {ended} ended,"
          f" {missed} missed, {wrong} wrong, {off:.1f} s off, {refused} refused", flush=True)
    if lost or doubled or ended or missed or wrong or off > 5 or refused or abs(abs(seen) - 600) > 5:
        faults.append(what)
    here.stop()
    there.stop()


def main():
    ask("CREATE DATABASE drill_clocks TEMPLATE template0", POSTGRES)
    # It takes its time, so that both outboxes are at work at once.
    sink = Sink("--tarpit", "0.2")
    try:
        for offset in ("+10m", "-10m"):
            drill(offset, sink)
    finally:
        sink.process.kill()
        ask("DROP DATABASE drill_clocks WITH (FORCE)", POSTGRES)
    if faults:
        raise SystemExit(f"clocks: {', '.join(faults)}")


main()
