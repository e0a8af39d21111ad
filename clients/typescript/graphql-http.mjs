// The audits of GraphQL over HTTP, by the authors of its specification.
//
// usage: node graphql-http.mjs URL TOKEN

import { serverAudits } from "graphql-http";

const [url, token] = process.argv.slice(2);
// Only who has signed in may look at the schema, which some audits do.
const fetchFn = (input, init = {}) =>
  fetch(input, { ...init, headers: { ...init.headers, authorization: `Bearer ${token}` } });

const audits = serverAudits({ url, fetchFn });
const faults = [];
for (const audit of audits) {
  const result = await audit.fn();
  if (result.status !== "ok") faults.push(`${result.status} ${audit.id} ${audit.name}: ${result.reason}`);
}
for (const fault of faults) console.log(fault);
if (audits.length < 60 || faults.length) process.exit(1);
console.log(`${audits.length} audits, no warning`);
