// The walk of the README, by a client that was generated from docs/openapi.json: a misspelt
// path, member or status here does not compile.
//
// usage: node built/walk.js URL MAIL_FOLDER ADMIN ADMIN_PASSWORD

import { strict as assert } from "node:assert";
import { createHmac } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import createClient from "openapi-fetch";
import type { components, paths } from "./schema.js";

const [url = "", mailFolder = "", admin = "", adminPassword = ""] = process.argv.slice(2);
const PASSWORD = "correct-horse-battery-staple";
const NEW_PASSWORD = "brass lantern over the weir";

type Problem = components["schemas"]["Problem"];
type OpenedSession = components["schemas"]["OpenedSession"];

const anybody = createClient<paths>({ baseUrl: url });
const as = (token: string) =>
  createClient<paths>({ baseUrl: url, headers: { Authorization: `Bearer ${token}` } });

/** What came back, or else the problem as an error. */
async function good<T>(call: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
  const { data, error, response } = await call;
  assert(response.ok, `${response.status}: ${JSON.stringify(error)}`);
  return data as T;
}

/** The problem that came back. */
async function refused(call: Promise<{ error?: Problem; response: Response }>): Promise<Problem> {
  const { error, response } = await call;
  assert(error && !response.ok, `${response.status} is no problem`);
  return error;
}

/** The token in the mail of this address: the service writes its mails into a folder. */
async function mailed(address: string, kind: "ud_ev" | "ud_pr"): Promise<string> {
  for (let tries = 0; tries < 100; tries++) {
    for (const name of existsSync(mailFolder) ? readdirSync(mailFolder) : []) {
      const mail = readFileSync(join(mailFolder, name), "utf8");
      const token = /#token=([\w-]+)/.exec(mail)?.[1];
      if (mail.includes(`To: ${address}`) && token?.startsWith(kind)) return token;
    }
    await sleep(50);
  }
  throw new Error(`no mail for ${address}`);
}

/** A session, when no second factor is asked for. */
function opened(step: OpenedSession | components["schemas"]["Challenge"]): OpenedSession {
  assert("access_token" in step, "a second factor is asked for");
  return step;
}

function bytesOfBase32(text: string): Buffer {
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const bits = [...text].map((it) => letters.indexOf(it).toString(2).padStart(5, "0")).join("");
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => parseInt(byte, 2)));
}

/** Six digits by the time (RFC 6238). */
function codeOf(secret: string): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000)));
  const mac = createHmac("sha1", bytesOfBase32(secret)).update(counter).digest();
  const number = mac.readUInt32BE(mac.readUInt8(19) & 15) & 0x7fffffff;
  return String(number % 1_000_000).padStart(6, "0");
}

// Register, verify the email, sign in, and refresh.
const user = await good(
  anybody.POST("/v1/users", {
    body: {
      username: "ada", password: PASSWORD, email: "ada@example.org",
      first_name: "Ada", last_name: "Lovelace",
    },
  }),
);
assert.equal(user.status, "pending");
const token = await mailed("ada@example.org", "ud_ev");
const email = await good(anybody.POST("/v1/email-verifications", { body: { token } }));
assert(email.is_verified && email.is_default);
const signIn = { login: "ada", password: PASSWORD };
let session = opened(await good(anybody.POST("/v1/sessions", { body: signIn })));
const refresh = { refresh_token: session.refresh_token };
session = await good(anybody.POST("/v1/sessions/refresh", { body: refresh }));
const ada = as(session.access_token);
const me = { path: { id: "me" as const } };
assert.equal((await good(ada.GET("/v1/users/{id}", { params: me }))).status, "active");

// The contact book.
await good(
  ada.POST("/v1/users/{id}/emails", {
    params: me, body: { email: "ada@work.example", contact_type: "work" },
  }),
);
await good(
  ada.POST("/v1/users/{id}/phones", {
    params: me,
    body: { phone_number: "+44 20 7946 0958", contact_type: "work", is_default: true },
  }),
);
const address = await good(
  ada.POST("/v1/users/{id}/addresses", {
    params: me,
    body: {
      street_line1: "12 St James Square", city: "London",
      postal_code: "SW1Y 4LB", country: "United Kingdom",
    },
  }),
);
assert.equal(address.country, "GBR");

// A POST that is sent again is done once.
const retry = () =>
  ada.POST("/v1/users/{id}/phones", {
    params: { ...me, header: { "Idempotency-Key": "my-first-retry" } },
    body: { phone_number: "+44 20 7946 0959" },
  });
const [first, again] = [await retry(), await retry()];
assert.deepEqual(again.data, first.data);
assert.equal(again.response.headers.get("idempotency-replayed"), "true");

// The profile, and no lost updates.
const profile = await good(
  ada.PATCH("/v1/users/{id}/profile", {
    params: me, body: { bio: "Writes programs for engines.", timezone: "Europe/London" },
  }),
);
assert.equal(profile.timezone, "Europe/London");
const stale = await refused(
  ada.PATCH("/v1/users/{id}/profile", {
    params: { ...me, header: { "If-Match": '"1"' } }, body: { bio: "Too late." },
  }),
);
assert.equal(stale.code, "version.stale");

// All faults of the input are reported at once.
const faulty = await refused(
  anybody.POST("/v1/users", {
    body: {
      username: "al", password: "hunter2", email: "nobody",
      first_name: "Al", last_name: "", phone: "555-1234",
    },
  }),
);
assert.deepEqual(
  faulty.errors?.map((fault) => fault.pointer),
  ["/username", "/password", "/email", "/phone"],
);

// A second factor: from now on the password alone opens nothing.
const enrolment = await good(ada.POST("/v1/users/{id}/two-factor/totp", { params: me }));
const codes = await good(
  ada.POST("/v1/users/{id}/two-factor/totp/confirm", {
    params: me, body: { code: codeOf(enrolment.secret) },
  }),
);
async function secondStep(password: string, recoveryCode = ""): Promise<OpenedSession> {
  const half = await good(anybody.POST("/v1/sessions", { body: { login: "ada", password } }));
  assert("challenge" in half);
  const body = { challenge: half.challenge, recovery_code: recoveryCode };
  return good(anybody.POST("/v1/sessions/challenge", { body }));
}
await secondStep(PASSWORD, codes.recovery_codes[0]);

// A forgotten password.
const forgotten = await anybody.POST("/v1/password-resets", { body: { email: email.email } });
assert.equal(forgotten.response.status, 202);
await good(
  anybody.POST("/v1/password-resets/confirm", {
    body: { token: await mailed(email.email, "ud_pr"), new_password: NEW_PASSWORD },
  }),
);
const finished = await secondStep(NEW_PASSWORD, codes.recovery_codes[1]);
const sessions = await good(
  as(finished.access_token).GET("/v1/users/{id}/sessions", { params: me }),
);
assert(sessions.items.some((it) => it.is_current));

// The admin suspends Ada, and reinstates her.
const login = { login: admin, password: adminPassword };
const boss = as(opened(await good(anybody.POST("/v1/sessions", { body: login }))).access_token);

const about = { path: { id: user.id } };
await good(
  boss.POST("/v1/users/{id}/suspend", { params: about, body: { reason: "Sends spam", until: "2030-01-01T00:00:00Z" } }),
);
const out = await refused(as(finished.access_token).GET("/v1/users/{id}", { params: me }));
assert.equal(out.code, "access.unauthenticated");
await good(boss.POST("/v1/users/{id}/reinstate", { params: about }));
const trail = await good(boss.GET("/v1/users/{id}/events", { params: about }));
const kinds = trail.items.map((event) => event.kind);
assert.deepEqual(kinds.slice(0, 2), ["user.reinstated", "user.suspended"]);

// The directory: page by page, by the start of a name, and by an expression.
const names: string[] = [];
let cursor: string | null = null;
do {
  const query: { limit: number; cursor?: string } = { limit: 1 };
  if (cursor !== null) query.cursor = cursor;
  const page: components["schemas"]["UserPage"] = await good(
    boss.GET("/v1/users", { params: { query: { ...query, sort: "username" } } }),
  );
  names.push(...page.items.map((it) => it.username));
  cursor = page.next_cursor;
} while (cursor !== null);
assert.deepEqual(names, ["ada", admin].sort());
const filter = 'emails[contact_type eq "work" and email co "@work"]';
const found = await good(boss.GET("/v1/users", { params: { query: { filter, count: true } } }));
assert.equal(found.total, 1);
const named = await good(
  boss.GET("/v1/users", { params: { query: { status: "active", q: "LOVE", sort: "-created_at" } } }),
);
assert.deepEqual(named.items.map((it) => it.username), ["ada"]);

// A key for another service, and the way out.
const made = await good(
  boss.POST("/v1/api-keys", { body: { name: "billing", scopes: ["introspect"] } }),
);
const inspected = await good(
  as(made.key).POST("/v1/token/introspect", { body: { token: finished.access_token } }),
);
assert.equal(inspected.active, false);
assert.equal((await boss.DELETE("/v1/sessions/current")).response.status, 204);
console.log("walked");
