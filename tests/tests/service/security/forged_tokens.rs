//! S5, and what else is sent in place of a token: noise, and never our own fault.

use serde_json::{Value, json};
use userdom_tests::{
    app::{
        TestApp,
        given::{self, PASSWORD, sign_in},
    },
    on_both,
};

/// What others have been fooled by, and what nobody should be.
fn forgeries(genuine: &[String]) -> Vec<String> {
    let mut all: Vec<String> = [
        "",
        " ",
        "null",
        "undefined",
        "true",
        "0",
        "Bearer",
        "' OR 1=1 --",
        "\" or \"\"=\"",
        "${jndi:ldap://127.0.0.1/a}",
        "../../etc/passwd",
        "ud_at_",
        "ud_rt_",
        "ud_key_",
        "ud_ch_",
        "ud_pr_",
        "ud_ev_",
        "ud_at_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZGEiLCJyb2xlcyI6WyJhZG1pbiJdfQ.",
        "eyJhbGciOiJIUzI1NiIsImtpZCI6Ii4uLy4uL2Rldi9udWxsIn0.eyJzdWIiOiJhZGEifQ.c2ln",
        "eyJhbGciOiJSUzI1NiIsImprdSI6Imh0dHA6Ly8xMjcuMC4wLjEvayJ9.eyJzdWIiOiJhZGEifQ.c2ln",
        "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhZGEiLCJleHAiOiI5OTk5OTk5OTk5In0.AAAA",
        "00000000-0000-0000-0000-000000000000",
        "019b796d-d67b-7001-8000-000000000001",
        "dGVzdDp0ZXN0",
    ]
    .map(str::to_owned)
    .to_vec();
    for token in genuine {
        let at = token.len() / 2;
        all.push(token[..token.len() - 1].to_owned());
        all.push(token[1..].to_owned());
        all.push(format!("{token}A"));
        all.push(format!("{token}="));
        all.push(format!("{token}%00"));
        all.push(token.to_uppercase());
        all.push(token.chars().rev().collect());
        for place in [7, at, token.len() - 2] {
            let mut bytes = token.clone().into_bytes();
            bytes[place] = if bytes[place] == b'A' { b'B' } else { b'A' };
            all.push(String::from_utf8(bytes).unwrap());
        }
        for prefix in ["ud_at_", "ud_rt_", "ud_key_", "ud_ch_", "ud_pr_", "ud_ev_", "ud_dt_"] {
            let body = token.splitn(3, '_').nth(2).unwrap();
            let other = format!("{prefix}{body}");
            if &other != token {
                all.push(other);
            }
        }
    }
    all
}

fn s5_a_forged_token_opens_nothing(app: &TestApp) {
    let ada = given::a_verified_user(app).signed_in();
    let key = given::an_api_key(app, &["users:read", "introspect"]);
    let session = sign_in(app, "ada", PASSWORD).expect(201);
    let device = session.at("/device_token");
    app.client().post("/v1/password-resets", &json!({"email": ada.email})).expect(202);
    let reset = app.last_link_token(&ada.email);
    let genuine =
        [ada.token.clone(), ada.refresh_token.clone(), key.key.clone(), device, reset.clone()];
    let forged = forgeries(&genuine);
    assert!(forged.len() > 80, "{}", forged.len());
    let before = app.texts("SELECT password_hash AS value FROM users ORDER BY 1");
    for token in &forged {
        if !token.trim().is_empty() {
            let client = app.client().header("authorization", &format!("Bearer {token}"));
            client.get("/v1/users/me").expect_problem(401, "access.unauthenticated");
        }
        let refresh = json!({"refresh_token": token});
        let refused = app.client().post("/v1/sessions/refresh", &refresh);
        refused.expect_problem(401, "access.unauthenticated");
        let challenge = json!({"challenge": token, "totp": "000000"});
        let refused = app.client().post("/v1/sessions/challenge", &challenge);
        refused.expect_problem(401, "session.refused");
        let confirm = json!({"token": token, "new_password": "a longer horse battery"});
        let refused = app.client().post("/v1/password-resets/confirm", &confirm);
        refused.expect_problem(422, "token.not_valid");
        given::verify(app, token).expect_problem(422, "token.not_valid");
        let introspection =
            key.client.post("/v1/token/introspect", &json!({"token": token})).expect(200);
        assert_eq!(introspection.json(), json!({"active": false}), "{token}");
        let stranger = json!({"login": "ada", "password": PASSWORD, "device_token": token});
        let opened = app.client().post("/v1/sessions", &stranger).expect(201);
        assert_ne!(&opened.at("/device_token"), token);
    }
    assert_eq!(app.texts("SELECT password_hash AS value FROM users ORDER BY 1"), before);
    ada.client.get("/v1/users/me").expect(200);
    key.client.get(&format!("/v1/users/{}", ada.id)).expect(200);
}

fn s5_a_token_of_a_megabyte_is_refused(app: &TestApp) {
    let long = "x".repeat(1 << 20);
    for (path, body) in [
        ("/v1/sessions/refresh", json!({"refresh_token": long})),
        ("/v1/email-verifications", json!({"token": long})),
        ("/v1/password-resets/confirm", json!({"token": long, "new_password": PASSWORD})),
    ] {
        app.client().post(path, &body).expect_problem(413, "request.too_large");
    }
    let long = "x".repeat(60_000);
    app.client()
        .post("/v1/sessions/refresh", &json!({"refresh_token": long}))
        .expect_problem(401, "access.unauthenticated");
    let head = format!(
        "GET /v1/users/me HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {}\r\n\r\n",
        "x".repeat(1 << 20)
    );
    let answer = app.client().raw(head.as_bytes());
    let status = answer.split(' ').nth(1).unwrap_or_default();
    assert!(answer.is_empty() || status.starts_with('4'), "{answer:.200}");
}

/// Each write with odd bodies: the problem that the contract names, never our own fault.
fn odd_bodies_of_the_new_routes_are_told(app: &TestApp) {
    let ada = given::an_admin(app).signed_in();
    let nobody = "019b79da-0000-7000-8000-000000000000";
    let routes = [
        ("POST", "/v1/sessions/challenge".to_owned()),
        ("POST", "/v1/sessions/refresh".to_owned()),
        ("POST", "/v1/sessions/current/reauthenticate".to_owned()),
        ("POST", "/v1/password-resets".to_owned()),
        ("POST", "/v1/password-resets/confirm".to_owned()),
        ("PUT", "/v1/users/me/password".to_owned()),
        ("POST", "/v1/users/me/two-factor/totp/confirm".to_owned()),
        ("POST", format!("/v1/users/me/phones/{nobody}/verification/confirm")),
        ("POST", format!("/v1/users/{nobody}/suspend")),
        ("POST", format!("/v1/users/{nobody}/ban")),
        ("PUT", format!("/v1/users/{nobody}/roles")),
        ("POST", "/v1/api-keys".to_owned()),
        ("POST", "/v1/token/introspect".to_owned()),
    ];
    let names = [
        "challenge",
        "totp",
        "refresh_token",
        "password",
        "email",
        "token",
        "new_password",
        "current_password",
        "code",
        "reason",
        "until",
        "roles",
        "name",
        "scopes",
        "expires_at",
    ];
    let odd_values = [
        json!(null),
        json!(7),
        json!(1e300),
        json!(true),
        json!([]),
        json!({}),
        json!([null]),
        json!("\u{0}"),
        json!("a\r\nSet-Cookie: x=1"),
        json!("\u{202e}"),
        json!(["a", ["b"]]),
        json!("x".repeat(3000)),
        json!("9999-99-99T99:99:99Z"),
        json!(-1),
    ];
    for (method, path) in &routes {
        let send = |kind: &str, body: &[u8]| {
            let reply = ada.client.send(method, path, kind, body);
            assert!(
                (400..500).contains(&reply.status),
                "{method} {path}: {} {}",
                reply.status,
                reply.text
            );
            assert!(reply.headers.get("set-cookie").is_none());
            reply.problem_code();
        };
        let broken: [&[u8]; 8] = [
            b"",
            b"[]",
            b"null",
            b"\"x\"",
            b"{",
            b"{\"a\":1,\"a\":2}",
            b"\xff\xfe",
            b"{\"token\":\"\\ud800\"}",
        ];
        for body in broken {
            send("application/json", body);
        }
        send("text/plain", b"{}");
        send("application/json", format!("{{\"a\":{}}}", "[".repeat(10_000)).as_bytes());
        for value in &odd_values {
            let body: serde_json::Map<String, Value> =
                names.iter().map(|name| ((*name).to_owned(), value.clone())).collect();
            send("application/json", Value::Object(body).to_string().as_bytes());
        }
    }
}

on_both!(
    s5_a_forged_token_opens_nothing,
    s5_a_token_of_a_megabyte_is_refused,
    odd_bodies_of_the_new_routes_are_told,
);
