//! HTTP as others speak it: what RFC 3986, 6750, 7396, 7617, 7662 and 9110 have, and GraphQL over HTTP.

use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::{Value, json};
use userdom_tests::{
    app::{
        Client, TestApp,
        given::{self, an_address},
    },
    on_both, through_rest_and_graphql,
};

/// Every byte in percent-encoding.
fn encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |text, byte| format!("{text}%{byte:02x}"))
}

/// Addresses with every reserved character of RFC 3986 that an address may have, and a percent sign.
const RESERVED: [&str; 9] = [
    "ada+news@example.com",
    "ada/news@example.com",
    "ada%2bnews@example.com",
    "ada%news@example.com",
    "ada?news#x@example.com",
    "ada!$&'*=x@example.com",
    "ada{x|y}^`~@example.com",
    "ada%25news@example.com",
    "ada-news_x.y@example.com",
];

fn rfc_3986_a_segment_is_percent_decoded_whole(app: &TestApp) {
    let mona = given::a_moderator(app).signed_in().client;
    for (n, email) in RESERVED.into_iter().enumerate() {
        let ada = given::a_verified_user(app).with_username(&format!("ada{n}")).with_email(email);
        let id = ada.present().id;
        let sparing: String = email
            .chars()
            .map(|c| {
                if c.is_alphanumeric() || "-._~!$&'*=".contains(c) {
                    c.to_string()
                } else {
                    encoded(&c.to_string())
                }
            })
            .collect();
        for segment in [encoded(email), encoded(email).to_uppercase(), sparing] {
            let path = format!("/v1/users/by-email/{segment}");
            assert_eq!(mona.get(&path).expect(200).at("/id"), id, "{path}");
            let batch = json!({"operations": [{"method": "GET", "path": path}]});
            let answer = mona.post("/v1/batch", &batch).expect(200).json();
            assert_eq!(answer["results"][0]["body"]["id"], json!(id), "{path}");
        }
        // Every segment is one: the id too.
        let path = format!("/v1/users/{}/emails", encoded(&id));
        assert_eq!(mona.get(&path).expect(200).json()["items"][0]["email"], json!(email));
        let path = format!("/v1/users/by-username/{}", encoded(&format!("ADA{n}")));
        assert_eq!(mona.get(&path).expect(200).at("/id"), id);
    }
    // Once, and not twice.
    let twice =
        format!("/v1/users/by-email/{}", encoded("ada+news@example.com").replace('%', "%25"));
    mona.get(&twice).expect_problem(404, "user.not_found");
}

fn rfc_3986_a_segment_in_utf_8_is_read_and_what_is_no_encoding_is_400(app: &TestApp) {
    let mona = given::a_moderator(app).signed_in().client;
    let email = "ada@bücher.example";
    let id = given::a_verified_user(app).with_email("ada@xn--bcher-kva.example").present().id;
    let path = format!("/v1/users/by-email/{}", encoded(email));
    assert_eq!(mona.get(&path).expect(200).at("/id"), id);
    for faulty in ["%", "%2", "ada%zz", "%ff", "ada%c3%28@example.com", "a%ed%a0%80"] {
        for path in [format!("/v1/users/by-email/{faulty}"), format!("/v1/users/{faulty}/emails")] {
            if let Some(reply) = mona.try_send("GET", &path, "", b"") {
                reply.expect_problem(400, "path.malformed");
            }
            let batch = json!({"operations": [{"method": "GET", "path": path}]});
            let answer = mona.post("/v1/batch", &batch).expect(200).json();
            assert_eq!(answer["results"][0]["body"]["code"], "path.malformed", "{path}");
        }
    }
    for odd in ["%00", "%0a", "ada%00", "%f0%9f%98%80"] {
        let path = format!("/v1/users/by-email/{odd}");
        mona.get(&path).expect_problem(404, "user.not_found");
        let path = format!("/v1/users/by-username/{odd}");
        mona.get(&path).expect_problem(404, "user.not_found");
    }
}

fn rfc_7396_preferences_are_merged_at_every_depth(app: &TestApp) {
    let ada = given::a_verified_user(app).signed_in().client;
    let patch = |patch: Value| {
        let user = ada.patch("/v1/users/me", &json!({"preferences": patch})).expect(200).json();
        let stored = ada.get("/v1/users/me").expect(200).json();
        assert_eq!(user["preferences"], stored["preferences"]);
        user["preferences"].as_object().unwrap().clone()
    };
    patch(json!({"crm": {"a": 1, "b": {"c": 2, "d": 3}}}));
    let after = patch(json!({"crm": {"a": null, "b": {"c": 9}}}));
    assert_eq!(after["crm"], json!({"b": {"c": 9, "d": 3}}));
    // The examples of RFC 7396, appendix A, one level down.
    for (before, change, wanted) in [
        (json!({"a": "b"}), json!({"a": "c"}), json!({"a": "c"})),
        (json!({"a": "b"}), json!({"b": "c"}), json!({"a": "b", "b": "c"})),
        (json!({"a": "b"}), json!({"a": null}), json!({})),
        (json!({"a": "b", "b": "c"}), json!({"a": null}), json!({"b": "c"})),
        (json!({"a": ["b"]}), json!({"a": "c"}), json!({"a": "c"})),
        (json!({"a": "c"}), json!({"a": ["b"]}), json!({"a": ["b"]})),
        (json!({"a": {"b": "c"}}), json!({"a": {"b": "d", "c": null}}), json!({"a": {"b": "d"}})),
        (json!({"a": [{"b": "c"}]}), json!({"a": [1]}), json!({"a": [1]})),
        (json!(["a", "b"]), json!(["c", "d"]), json!(["c", "d"])),
        (json!({"a": "b"}), json!(["c"]), json!(["c"])),
        (json!({"e": null}), json!({"a": 1}), json!({"a": 1})),
        (json!([1, 2]), json!({"a": "b", "c": null}), json!({"a": "b"})),
        (json!({}), json!({"a": {"bb": {"ccc": null}}}), json!({"a": {"bb": {}}})),
    ] {
        patch(json!({"x": null}));
        patch(json!({"x": before}));
        assert_eq!(patch(json!({"x": change}))["x"], wanted, "{before} {change}");
    }
    // A known key goes back to its default, and an unknown one goes.
    assert!(!patch(json!({"x": null, "theme": "dark"})).contains_key("x"));
    assert_eq!(patch(json!({"theme": null}))["theme"], "light");
    let me = "/v1/users/me";
    let batch = |change: Value| {
        let operation = json!({"method": "PATCH", "path": me, "body": {"preferences": change}});
        let answer = ada.post("/v1/batch", &json!({"operations": [operation]})).expect(200).json();
        answer["results"][0]["body"]["preferences"].clone()
    };
    assert_eq!(
        batch(json!({"crm": {"b": {"d": null}, "e": {"f": {}}}}))["crm"],
        json!({"b": {"c": 9}, "e": {"f": {}}})
    );
}

/// What the caller says of versions; every write that takes `If-Match` takes this too.
fn rfc_9110_if_none_match_holds_on_every_write_to_a_user(app: &TestApp) {
    let ada = given::a_verified_user(app).signed_in();
    let client = &ada.client;
    let email = client.post("/v1/users/me/emails", &json!({"email": "a@work.example"})).at("/id");
    let phone =
        client.post("/v1/users/me/phones", &json!({"phone_number": "+442079460018"})).at("/id");
    let address = client.post("/v1/users/me/addresses", &an_address("Street 1")).at("/id");
    let admin = given::another_admin(app);
    let present = client.get("/v1/users/me").header("etag").to_owned();
    let before = app.everything();
    for (client, method, path, body) in [
        (client, "PATCH", "", json!({"username": "ida"})),
        (client, "DELETE", "", json!({})),
        (client, "DELETE", "?erase=true", json!({})),
        (client, "PATCH", "/profile", json!({"bio": "new"})),
        (client, "POST", "/emails", json!({"email": "b@work.example"})),
        (client, "PATCH", &format!("/emails/{email}"), json!({"contact_type": "work"})),
        (client, "PUT", &format!("/emails/{email}/default"), json!({})),
        (client, "DELETE", &format!("/emails/{email}"), json!({})),
        (client, "POST", "/phones", json!({"phone_number": "+442079460019"})),
        (client, "PATCH", &format!("/phones/{phone}"), json!({"contact_type": "work"})),
        (client, "PUT", &format!("/phones/{phone}/default"), json!({})),
        (client, "DELETE", &format!("/phones/{phone}"), json!({})),
        (client, "POST", "/addresses", an_address("Street 2")),
        (client, "PUT", &format!("/addresses/{address}"), an_address("Street 2")),
        (client, "PUT", &format!("/addresses/{address}/default"), json!({})),
        (client, "DELETE", &format!("/addresses/{address}"), json!({})),
        (&admin.client, "POST", "/suspend", json!({"reason": "spam"})),
        (&admin.client, "POST", "/ban", json!({"reason": "spam"})),
        (&admin.client, "PUT", "/roles", json!({"roles": ["premium"]})),
    ] {
        let path = format!("/v1/users/{}{path}", ada.id);
        for tags in ["*", &present, &format!("W/{present}"), &format!("\"1\", {present}")] {
            let seen = client.header("if-none-match", tags);
            let kind = if method == "DELETE" { "" } else { "application/json" };
            let reply = seen.send(method, &path, kind, body.to_string().as_bytes());
            println!("{method} {path} {tags}");
            reply.expect_problem(412, "if_none_match.failed");
        }
    }
    assert_eq!(app.everything(), before);
    let bio = json!({"bio": "new"});
    let garbage = client.header("if-none-match", "x");
    garbage.patch("/v1/users/me/profile", &bio).expect_problem(400, "if_none_match.malformed");
    client.header("if-none-match", "\"1\", \"x\"").patch("/v1/users/me/profile", &bio).expect(200);
}

fn basic(client: &Client, user: &str, password: &str) -> Client {
    let word = BASE64_STANDARD.encode(format!("{user}:{password}"));
    client.header("authorization", &format!("Basic {word}"))
}

fn rfc_7662_introspection_takes_the_key_as_the_password_of_basic(app: &TestApp) {
    let ada = given::a_verified_user(app).signed_in();
    let key = given::an_api_key(app, &["introspect", "users:read"]);
    let (path, form) = ("/v1/token/introspect", format!("token={}", ada.token));
    for (user, password) in [
        ("gateway", key.key.clone()),
        ("", key.key.clone()),
        (key.id.as_str(), format!(" {}", key.key)),
    ] {
        let answer = basic(&app.client(), user, &password).post_form(path, &form).expect(200);
        assert_eq!(answer.json()["active"], true, "{user}");
    }
    let lower =
        basic(&app.client(), "x", &key.key).sends("authorization").replacen("Basic", "basic ", 1);
    app.client().header("authorization", &lower).post_form(path, &form).expect(200);
    for faulty in [
        basic(&app.client(), "gateway", "wrong"),
        basic(&app.client(), &key.key, ""),
        app.client().header("authorization", "Basic !"),
        app.client().header("authorization", "Basic"),
    ] {
        let reply = faulty.post_form(path, &form);
        reply.clone().expect_problem(401, "access.unauthenticated");
        let challenges: Vec<_> = reply
            .headers
            .get_all("www-authenticate")
            .iter()
            .map(|it| it.to_str().unwrap())
            .collect();
        assert!(challenges.iter().any(|it| it.starts_with("Basic realm=")), "{challenges:?}");
    }
    // Elsewhere it is no way to sign in.
    let elsewhere = basic(&app.client(), "gateway", &key.key).get(&format!("/v1/users/{}", ada.id));
    elsewhere.clone().expect_problem(401, "access.unauthenticated");
    assert!(elsewhere.header("www-authenticate").starts_with("Bearer"));
}

fn rfc_6750_a_refused_token_is_told_from_none(app: &TestApp) {
    let challenge = |client: Client| {
        let reply = client.get("/v1/users/me").expect(401);
        reply.header("www-authenticate").to_owned()
    };
    assert_eq!(challenge(app.client()), "Bearer");
    for token in ["x", "ud_at_x", &given::a_verified_user(app).deleted().token] {
        assert_eq!(challenge(app.client().bearer(token)), "Bearer error=\"invalid_token\"");
    }
    assert_eq!(
        challenge(app.client().header("authorization", "Bearer")),
        "Bearer error=\"invalid_token\""
    );
    // A wrong password is no wrong token.
    let refused = given::sign_in(app, "nobody", "x").expect(401);
    assert_eq!(refused.header("www-authenticate"), "Bearer");
}

fn rfc_6750_the_scheme_is_read_in_any_case_with_any_space(app: &TestApp) {
    let ada = given::a_verified_user(app).signed_in();
    for scheme in ["Bearer ", "bearer ", "BEARER  ", "Bearer\t", " Bearer \t "] {
        let header = format!("{scheme}{}", ada.token);
        app.client().header("authorization", &header).get("/v1/users/me").expect(200);
    }
}

fn rfc_9110_a_content_encoding_is_415_and_told_what_is_taken(app: &TestApp) {
    let ada = given::a_verified_user(app).signed_in().client;
    let gzip =
        b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xab\xae\x05\x00\x43\xbf\xa6\xa3\x02\x00\x00\x00";
    for coding in ["gzip", "GZIP", "br", "deflate", "zstd", "identity, gzip", "x"] {
        for (method, path) in [
            ("POST", "/v1/users"),
            ("PATCH", "/v1/users/me"),
            ("POST", "/v1/users/me/emails"),
            ("POST", "/v1/users/me/unlock"),
            ("POST", "/v1/batch"),
            ("POST", "/v1/sessions"),
        ] {
            let client = ada.header("content-encoding", coding);
            let reply = client.send(method, path, "application/json", gzip);
            reply.clone().expect_problem(415, "request.unsupported_encoding");
            assert_eq!(reply.header("accept-encoding"), "identity", "{path}");
        }
    }
    let plain = ada.header("content-encoding", "identity");
    plain.send("PATCH", "/v1/users/me/profile", "application/json", b"{\"bio\":\"x\"}").expect(200);
    let other = ada.send("PATCH", "/v1/users/me", "text/plain", b"{}");
    other.clone().expect_problem(415, "request.unsupported_media_type");
    assert_eq!(other.header("accept-encoding"), "");
}

fn rfc_9110_media_types_are_read_with_their_parameters(app: &TestApp) {
    let ada = given::a_verified_user(app).signed_in().client;
    for kind in [
        "application/json",
        "application/json; charset=utf-8",
        "Application/JSON;charset=\"UTF-8\"",
        "application/merge-patch+json; charset=utf-8",
        " application/merge-patch+json",
    ] {
        ada.send("PATCH", "/v1/users/me/profile", kind, b"{\"bio\":\"x\"}").expect(200);
    }
}

fn r2_an_id_is_read_in_any_case(app: &TestApp) {
    let ada = given::a_verified_user(app).signed_in();
    let id = ada.id.to_uppercase();
    ada.client.get(&format!("/v1/users/{id}")).expect(200);
    let email = ada.email_id.to_uppercase();
    let body = json!({"contact_type": "primary"});
    ada.client.patch(&format!("/v1/users/{id}/emails/{email}"), &body).expect(200);
}

/// The media types that a client of GraphQL over HTTP asks for, with what it then gets.
const ACCEPTED: [(&str, &str); 9] = [
    ("", "application/json"),
    ("*/*", "application/json"),
    ("application/json", "application/json"),
    ("application/graphql-response+json", "application/graphql-response+json"),
    ("Application/GraphQL-Response+JSON; charset=utf-8", "application/graphql-response+json"),
    (
        "application/graphql-response+json, application/json;q=0.9",
        "application/graphql-response+json",
    ),
    ("application/json, application/graphql-response+json;q=0.5", "application/json"),
    ("application/graphql-response+json;q=0, application/json", "application/json"),
    (
        "application/json;q=0.5, application/graphql-response+json;q=0.9, */*;q=0.1",
        "application/graphql-response+json",
    ),
];

/// A document that cannot be carried out is 400 in GraphQL's own media type alone.
const BY_MEDIA_TYPE: u16 = 0;

fn a_fault_of_graphql_has_its_request_id_and_the_media_type_that_is_accepted(app: &TestApp) {
    let ada = given::a_verified_user(app).signed_in().client;
    let no_token = app.client();
    let document = |query: &str| json!({"query": query}).to_string();
    let long = format!("{{\"query\":\"{}\"}}", "x".repeat(70_000));
    for (client, kind, body, status) in [
        (&ada, "application/json", "{", 400),
        (&ada, "application/json", "[]", 400),
        (&ada, "application/json", "{\"query\":7}", 400),
        (&ada, "application/json", "{\"query\":\"{me{id}}\",\"x\":1}", 400),
        (&ada, "text/plain", "{me{id}}", 415),
        (&ada, "application/json", long.as_str(), 413),
        (&ada, "application/json", &document("{"), BY_MEDIA_TYPE),
        (&ada, "application/json", &document("{nothing}"), BY_MEDIA_TYPE),
        (
            &ada,
            "application/json",
            &document("query Q($id: ID!) {user(id: $id) {id}}"),
            BY_MEDIA_TYPE,
        ),
        (&ada, "application/json", &document("{user(id: \"x\") {id}}"), 200),
        (&no_token, "application/json", &document("{user(id: \"me\") {id}}"), 200),
    ] {
        for (accept, answered) in ACCEPTED {
            let client =
                if accept.is_empty() { client.clone() } else { client.header("accept", accept) };
            let client = client.header("x-request-id", "abc-123");
            let reply = client.send("POST", "/graphql", kind, body.as_bytes());
            let shown = &body[..body.len().min(60)];
            let own = if answered == "application/json" { 200 } else { 400 };
            let status = if status == BY_MEDIA_TYPE { own } else { status };
            assert_eq!(reply.status, status, "{shown}: {}", reply.text);
            assert_eq!(reply.header("content-type"), answered, "{shown}: {accept}");
            let errors = reply.json()["errors"].as_array().cloned().unwrap_or_default();
            assert!(!errors.is_empty(), "{shown}: {}", reply.text);
            for error in errors {
                assert_eq!(error["extensions"]["requestId"], "abc-123", "{shown}: {}", reply.text);
                assert!(error["extensions"]["code"].is_string(), "{shown}: {}", reply.text);
                assert!(error["message"].as_str().is_some_and(|it| !it.is_empty()));
            }
        }
    }
}

fn graphql_reads_an_empty_operation_name_as_none(app: &TestApp) {
    let ada = given::a_verified_user(app).signed_in().client;
    for name in [json!(""), json!(" "), Value::Null] {
        let body = json!({"query": "{user(id: \"me\") {username}}", "operationName": name});
        let reply = ada.post("/graphql", &body).expect(200).json();
        assert_eq!(reply["data"]["user"]["username"], "ada", "{reply}");
    }
    let body = json!({"query": "query A {user(id: \"me\") {username}}", "operationName": "B"});
    let refused = ada.post("/graphql", &body).json();
    assert!(refused.get("data").is_none() && refused["errors"].is_array(), "{refused}");
}

through_rest_and_graphql!(
    rfc_3986_a_segment_is_percent_decoded_whole,
    rfc_7396_preferences_are_merged_at_every_depth,
    r2_an_id_is_read_in_any_case,
);

on_both!(
    rfc_3986_a_segment_in_utf_8_is_read_and_what_is_no_encoding_is_400,
    rfc_9110_if_none_match_holds_on_every_write_to_a_user,
    rfc_7662_introspection_takes_the_key_as_the_password_of_basic,
    rfc_6750_a_refused_token_is_told_from_none,
    rfc_6750_the_scheme_is_read_in_any_case_with_any_space,
    rfc_9110_a_content_encoding_is_415_and_told_what_is_taken,
    rfc_9110_media_types_are_read_with_their_parameters,
    a_fault_of_graphql_has_its_request_id_and_the_media_type_that_is_accepted,
    graphql_reads_an_empty_operation_name_as_none,
);
