"""F3: a page of another origin uses the API in a real browser. See scripts/cors."""

import http.server
import json
import queue
import subprocess
import sys
import tempfile
import threading

from service import PASSWORD, Service

PAGE = """<!doctype html>
<script type="module">
const [api, other] = %s;
const steps = [];
const step = (name, so) => { steps.push([name, Boolean(so)]); };
const json = { "Content-Type": "application/json" };
try {
  const registration = { username: "ada", password: "%s", email: "ada@example.org", first_name: "Ada", last_name: "Lovelace" };
  const made = await fetch(`${api}/v1/users`, { method: "POST", headers: { ...json, "Idempotency-Key": "k" }, body: JSON.stringify(registration) });
  step("registers, and reads Location", made.status === 201 && made.headers.get("location"));
  await fetch("/verify", { method: "POST" });
  const wrong = await fetch(`${api}/v1/sessions`, { method: "POST", headers: json, body: JSON.stringify({ login: "ada", password: "a wrong guess" }) });
  step("reads a refusal", wrong.status === 401 && (await wrong.json()).code === "session.refused");
  const session = await (await fetch(`${api}/v1/sessions`, { method: "POST", headers: json, body: JSON.stringify({ login: "ada", password: registration.password }) })).json();
  const auth = { Authorization: `Bearer ${session.access_token}` };
  const seen = await fetch(`${api}/v1/users/me`, { headers: { ...auth, "X-Request-Id": "page-1" } });
  const etag = seen.headers.get("etag");
  step("signs in, and reads ETag and X-Request-Id", etag && seen.headers.get("x-request-id") === "page-1");
  const patch = (version) => fetch(`${api}/v1/users/me/profile`, { method: "PATCH", headers: { ...auth, "Content-Type": "application/merge-patch+json", "If-Match": version }, body: '{"bio": "Countess"}' });
  step("patches with If-Match", (await patch(etag)).status === 200);
  const stale = await patch(etag);
  step("reads that it is stale", stale.status === 412 && (await stale.json()).code === "version.stale");
  step("gets 304", (await fetch(`${api}/v1/users/me/profile`, { headers: { ...auth, "If-None-Match": stale.headers.get("etag") ?? '"3"' } })).status === 304);
  const phone = () => fetch(`${api}/v1/users/me/phones`, { method: "POST", headers: { ...auth, ...json, "Idempotency-Key": "p" }, body: '{"phone_number": "+44 20 7946 0018"}' });
  await phone();
  step("reads Idempotency-Replayed", (await phone()).headers.get("idempotency-replayed") === "true");
  const graphql = await fetch(`${api}/graphql?query=${encodeURIComponent("{ me { username } }")}`, { headers: { ...auth, Accept: "application/graphql-response+json" } });
  step("asks GraphQL", (await graphql.json()).data.me.username === "ada");
  step("reads the document", (await (await fetch(`${api}/openapi.json`)).json()).servers[0].url === api);
  let limited;
  for (let n = 0; n < 40 && limited?.status !== 429; n++)
    limited = await fetch(`${api}/v1/password-resets`, { method: "POST", headers: json, body: '{"email": "ada@example.org"}' });
  step("reads Retry-After, RateLimit and RateLimit-Policy of a 429", limited.status === 429 && ["retry-after", "ratelimit", "ratelimit-policy"].every((name) => limited.headers.get(name)));
  step("reads a 404", (await fetch(`${api}/nowhere`)).status === 404);
  step("gets nothing with credentials", await fetch(`${api}/livez`, { credentials: "include" }).then(() => false, () => true));
  step("gets nothing of a service that does not know its origin", await fetch(`${other}/livez`).then(() => false, () => true));
  step("signs out", (await fetch(`${api}/v1/sessions/current`, { method: "DELETE", headers: auth })).status === 204);
} catch (error) {
  step(String(error), false);
}
await fetch("/result", { method: "POST", body: JSON.stringify(steps) });
</script>"""

binary, browser = sys.argv[1:3]
results = queue.Queue()


class Pages(http.server.BaseHTTPRequestHandler):
    def answer(self, body=b""):
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        urls = json.dumps([f"http://127.0.0.1:{it.port}" for it in (service, other)])
        self.answer((PAGE % (urls, PASSWORD)).encode() if self.path == "/" else b"")

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path == "/verify":
            service.verify("ada")
        else:
            results.put(json.loads(body))
        self.answer()

    def log_message(self, *arguments):
        pass


pages = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Pages)
origin = f"http://localhost:{pages.server_port}"
threading.Thread(target=pages.serve_forever, daemon=True).start()
service = Service(binary, {"USERDOM_CORS_ORIGINS": origin, "USERDOM_RATE_LIMITS": "on"})
other = Service(binary, {"USERDOM_CORS_ORIGINS": "https://app.example.org"})
with tempfile.TemporaryDirectory() as profile:
    arguments = ["--headless=new", "--no-sandbox", "--disable-gpu", f"--user-data-dir={profile}", origin]
    chromium = subprocess.Popen([browser, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        steps = results.get(timeout=120)
    finally:
        chromium.terminate()
        chromium.wait(20)
        service.stop()
        other.stop()
for name, so in steps:
    print("ok  " if so else "FAIL", name)
failed = [name for name, so in steps if not so]
print(f"{len(steps) - len(failed)} passed, {len(failed)} failed")
sys.exit(1 if failed or len(steps) < 14 else 0)
