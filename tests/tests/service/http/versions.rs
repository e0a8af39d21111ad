//! `ETag`, `If-None-Match` and `If-Match`.

use serde_json::json;
use userdom_tests::{
    app::{
        TestApp,
        given::{self, an_address},
    },
    through_rest_and_graphql,
};

/// The contacts are made unreadable: a request that reads them anyway fails.
fn what_the_client_has_is_304_without_a_look_at_the_contacts(app: &TestApp) {
    let ada = given::a_verified_user(app).signed_in();
    let etag = ada.client.get("/v1/users/me").header("etag").to_owned();
    app.execute("UPDATE user_emails SET uid = 'no uuid'");
    let reader = ada.client.header("if-none-match", &etag);
    for path in ["", "/profile", "/emails", "/phones", "/addresses", "/addresses?type=home"] {
        let path = format!("/v1/users/me{path}");
        assert_eq!(ada.client.get(&path).status, 500, "{path}");
        let reply = reader.get(&path).expect(304);
        assert_eq!((reply.header("etag"), reply.text.as_str()), (etag.as_str(), ""), "{path}");
    }
    let other = ada.client.header("if-none-match", "\"99\"");
    assert_eq!(other.get("/v1/users/me").status, 500);
}

/// Who may not see a user does not learn its version either.
fn z2_304_is_for_those_who_may_see_the_user(app: &TestApp) {
    let ada = given::a_verified_user(app).signed_in();
    let etag = ada.client.get("/v1/users/me").header("etag").to_owned();
    let bob = given::a_verified_user(app).with_username("bob").signed_in();
    let reader = bob.client.header("if-none-match", &etag);
    for path in ["", "/profile", "/emails", "/phones", "/addresses"] {
        let reply = reader.get(&format!("/v1/users/{}{path}", ada.id));
        reply.expect_problem(404, "user.not_found");
        let nobody = format!("/v1/users/019b79da-0000-7000-8000-000000000000{path}");
        reader.get(&nobody).expect_problem(404, "user.not_found");
    }
}

/// The counters of failed sign-ins change without a new version.
fn who_sees_the_counters_always_gets_the_user(app: &TestApp) {
    let ada = given::a_verified_user(app).signed_in();
    let mona = given::a_moderator(app).signed_in();
    let path = format!("/v1/users/{}", ada.id);
    let etag = mona.client.get(&path).header("etag").to_owned();
    let reader = mona.client.header("if-none-match", &etag);
    reader.get(&path).expect(200);
    reader.get(&format!("{path}/emails")).expect(304);
}

fn every_write_to_a_user_takes_if_match(app: &TestApp) {
    let ada = given::a_verified_user(app).signed_in();
    let client = &ada.client;
    let email = client.post("/v1/users/me/emails", &json!({"email": "a@work.example"})).at("/id");
    let phone =
        client.post("/v1/users/me/phones", &json!({"phone_number": "+442079460018"})).at("/id");
    let address = client.post("/v1/users/me/addresses", &an_address("Street 1")).at("/id");
    let admin = given::another_admin(app);
    let before = app.everything();
    for (client, method, path, body) in [
        (client, "PATCH", "", json!({"username": "ida"})),
        (client, "DELETE", "", json!({})),
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
        let late = client.header("if-match", "\"1\"");
        let kind = if method == "DELETE" { "" } else { "application/json" };
        let reply = late.send(method, &path, kind, body.to_string().as_bytes());
        reply.expect_problem(412, "version.stale");
    }
    assert_eq!(app.everything(), before);
}

fn v7_if_match_is_missing_where_the_installation_wants_it(app: &TestApp) {
    let ada = given::a_verified_user(app).signed_in();
    let strict = app.requiring_if_match();
    let client = ada.client.at(&strict);
    let bio = json!({"bio": "new"});
    let refused = client.patch("/v1/users/me/profile", &bio);
    super::shown::assert_shown("if_match_required", &refused);
    for (method, path, body) in [
        ("PATCH", "/v1/users/me", json!({})),
        ("DELETE", "/v1/users/me", json!({})),
        ("POST", "/v1/users/me/emails", json!({"email": "a@work.example"})),
        ("POST", "/v1/users/me/suspend", json!({"reason": "spam"})),
    ] {
        let reply = client.send(method, path, "application/json", body.to_string().as_bytes());
        reply.expect_problem(428, "if_match.required");
    }
    // What is no edit of a user asks for none.
    app.client().at(&strict).get("/v1/users/me").expect(401);
    let etag = client.get("/v1/users/me").expect(200);
    client.if_match(&etag).patch("/v1/users/me/profile", &bio).expect(200);
    client.header("if-match", "*").patch("/v1/users/me/profile", &bio).expect(200);
    client.delete("/v1/users/me/sessions").expect(204);
}

through_rest_and_graphql!(
    what_the_client_has_is_304_without_a_look_at_the_contacts,
    z2_304_is_for_those_who_may_see_the_user,
    who_sees_the_counters_always_gets_the_user,
    every_write_to_a_user_takes_if_match,
    v7_if_match_is_missing_where_the_installation_wants_it,
);
