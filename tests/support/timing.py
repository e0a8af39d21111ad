"""E2, E3: whether the time of an answer tells who is here. See scripts/timing."""

import os
import statistics
import subprocess
import sys
import tempfile
import time

from service import PASSWORD, Service


def auc(first, second):
    """The chance that one of the second takes longer than one of the first."""
    ranked = sorted([(t, 0) for t in first] + [(t, 1) for t in second])
    ranks, at = 0.0, 0
    while at < len(ranked):
        end = at
        while end < len(ranked) and ranked[end][0] == ranked[at][0]:
            end += 1
        mean = (at + 1 + end) / 2
        ranks += mean * sum(which for _, which in ranked[at:end])
        at = end
    n, m = len(first), len(second)
    return (ranks - m * (m + 1) / 2) / (n * m)


def measured(service, connection, call):
    started = time.perf_counter()
    service.call(*call, connection=connection)
    return time.perf_counter() - started


def compare(service, name, one, other, samples, forget):
    connection = service.connect()
    first, second = [], []
    for n in range(samples + 20):
        pair = [(first, one), (second, other)]
        for times, call in pair if n % 2 == 0 else reversed(pair):
            forget()
            took = measured(service, connection, call)
            if n >= 20:
                times.append(took)
    area = auc(first, second)
    medians = [statistics.median(times) * 1000 for times in (first, second)]
    difference = abs(medians[0] - medians[1])
    allowed = max(2.0, 0.05 * medians[0])
    verdict = "alike" if 0.45 <= area <= 0.55 and difference <= allowed else "DIFFERENT"
    print(
        f"{name}: AUC {area:.3f}, medians {medians[0]:.2f} and {medians[1]:.2f} ms, "
        f"{difference:.2f} apart (at most {allowed:.2f}): {verdict}",
        flush=True,
    )


def sign_in(login, password="a wrong guess"):
    return ("POST", "/v1/sessions", {"login": login, "password": password})


def sign_ins(binary, samples):
    service = Service(binary)
    try:
        for name in ["known", "locked", "suspended", "unverified"]:
            service.register(name)
            if name != "unverified":
                service.verify(name)
        database = service.database()
        database.execute("UPDATE users SET status = 'suspended' WHERE username = 'suspended'")
        database.execute(
            "UPDATE users SET failed_login_attempts = 5, account_locked_until = '2099-01-01 00:00:00' "
            "WHERE username = 'locked'"
        )

        database.execute("CREATE TABLE beat (n INTEGER)")
        database.execute("INSERT INTO beat VALUES (0)")

        def forget():
            """Nobody is locked by the measuring, and it writes before every call alike."""
            database.executescript(
                "BEGIN IMMEDIATE; UPDATE beat SET n = n + 1; "
                "UPDATE users SET failed_login_attempts = 0, account_locked_until = NULL "
                "WHERE username <> 'locked' AND failed_login_attempts > 0; COMMIT"
            )

        compare(service, "known twice", sign_in("known"), sign_in("known"), samples, forget)
        others = {
            "an unknown login": sign_in("nobody"),
            "an unknown email": sign_in("nobody@example.org"),
            "an empty password": sign_in("known", ""),
            "a password of 1 KiB": sign_in("known", "x" * 1024),
            "a locked account": sign_in("locked"),
            "a suspended account": sign_in("suspended"),
            "an unverified account": sign_in("unverified"),
            "the right password of a suspended one": sign_in("suspended", PASSWORD),
        }
        for name, other in others.items():
            compare(service, f"known, {name}", sign_in("known"), other, samples, forget)
    finally:
        service.stop()


def mails(binary, samples, smtp_port):
    service = Service(binary, {"USERDOM_SMTP_URL": f"smtp://127.0.0.1:{smtp_port}"})
    try:
        service.register("known")
        pending = service.register("pending")
        database = service.database()
        database.execute("UPDATE users SET status = 'active' WHERE username = 'known'")
        database.execute(
            "UPDATE user_emails SET is_verified = 1, verified_at = created_at "
            "WHERE email = 'known@example.org'"
        )
        (email,) = database.execute(
            "SELECT uid FROM user_emails WHERE email = 'pending@example.org'"
        ).fetchone()
        nobody = "019b79da-0000-7000-8000-000000000000"

        def reset(name):
            return ("POST", "/v1/password-resets", {"email": f"{name}@example.org"})

        def resend(user, email):
            return ("POST", f"/v1/users/{user}/emails/{email}/verification")

        compare(service, "reset, known twice", reset("known"), reset("known"), samples, int)
        compare(service, "reset, known, nobody", reset("known"), reset("nobody"), samples, int)
        again = resend(pending, email)
        compare(service, "resend, pending, nobody", again, resend(nobody, nobody), samples, int)
    finally:
        service.stop()


def main():
    binary, samples = sys.argv[1], int(sys.argv[2])
    print("sign-ins", flush=True)
    sign_ins(binary, samples)
    print("mails, with a mail server that waits half a second before every answer", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        sink = os.path.join(os.path.dirname(os.path.abspath(__file__)), "smtp_sink.py")
        sink = subprocess.Popen(
            [sys.executable, sink, "--tarpit", "0.5", "--dir", folder],
            stdout=subprocess.PIPE, text=True,
        )
        try:
            mails(binary, samples, sink.stdout.readline().strip())
        finally:
            sink.terminate()
            sink.wait()


if __name__ == "__main__":
    main()
