//! What must hold for every route at once: authorisation, enumeration, dead tokens.

mod authorisation;
mod enumeration;
mod forged_tokens;
mod keys;
mod object_level;
mod property_level;
mod recent_proof;
mod revocation;
mod secrets_stay_inside;

use userdom_tests::app::Reply;

/// The bytes of an answer, but for what names the request, the moment and the connection.
fn bytes(reply: &Reply) -> String {
    let headers = reply.headers.iter();
    let mut lines: Vec<_> = headers
        .filter(|(name, _)| !["connection", "date", "x-request-id"].contains(&name.as_str()))
        .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()))
        .collect();
    lines.sort();
    let body = reply.text.replace(reply.header("x-request-id"), "ID");
    format!("{} {} {body}", reply.status, lines.join("\n"))
}
