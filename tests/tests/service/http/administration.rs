//! Sanctions, roles, keys of other services, and the audit trail.

use chrono::TimeDelta;
use serde_json::json;
use userdom_tests::{
    app::{
        TestApp,
        given::{self, PASSWORD, sign_in},
    },
    through_rest_and_graphql,
};

use super::shown::assert_shown;

fn r14_a_moderator_suspends_and_reinstates(app: &TestApp) {
    let ada = given::a_verified_user(app).signed_in();
    let mona = given::a_moderator(app).signed_in();
    let path = |action: &str| format!("/v1/users/{}/{action}", ada.id);
    let until = "2026-02-01T00:00:00Z";
    let suspended = mona.client.post(&path("suspend"), &json!({"reason": "spam", "until": until}));
    assert_shown("suspended", &suspended);
    ada.client.get("/v1/users/me").expect(401);
    sign_in(app, "ada", PASSWORD).expect_problem(401, "session.refused");
    let again = mona.client.post(&path("suspend"), &json!({"reason": "spam"}));
    assert_shown("invalid_transition", &again);
    mona.client.ask("POST", &path("reinstate")).expect(200);
    sign_in(app, "ada", PASSWORD).expect(201);
}

fn r14_a_timed_sanction_ends_by_itself(app: &TestApp) {
    let ada = given::a_verified_user(app).present();
    let admin = given::another_admin(app);
    let until = (app.now() + TimeDelta::hours(1)).to_rfc3339();
    let body = json!({"reason": "a day off", "until": until});
    admin.client.post(&format!("/v1/users/{}/ban", ada.id), &body).expect(200);
    sign_in(app, "ada", PASSWORD).expect(401);
    app.after(TimeDelta::hours(1));
    sign_in(app, "ada", PASSWORD).expect(201);
}

fn r14_every_other_change_of_status(app: &TestApp) {
    let ada = given::a_registered_user(app).present();
    let admin = given::another_admin(app);
    let change = |action: &str| admin.client.ask("POST", &format!("/v1/users/{}/{action}", ada.id));
    assert_eq!(change("activate").expect(200).at("/status"), "active");
    let refused = "status.invalid_transition";
    for action in ["activate", "reinstate", "unban", "restore"] {
        change(action).expect_problem(422, refused);
    }
    let ban = format!("/v1/users/{}/ban", ada.id);
    let reason = json!({"reason": "spam"});
    assert_eq!(admin.client.post(&ban, &reason).expect(200).at("/status"), "banned");
    admin.client.post(&ban, &reason).expect_problem(422, refused);
    for action in ["activate", "reinstate", "restore"] {
        change(action).expect_problem(422, refused);
    }
    assert_eq!(change("unban").expect(200).at("/status"), "active");
}

fn a_faulty_sanction_is_told_all_at_once(app: &TestApp) {
    let ada = given::a_verified_user(app).present();
    let mona = given::a_moderator(app).signed_in();
    let path = format!("/v1/users/{}/suspend", ada.id);
    let missing = [("/reason", "field.required")];
    mona.client.post(&path, &json!({})).expect_faults(400, &missing);
    let both = [("/reason", "status.reason_invalid"), ("/until", "status.until_in_past")];
    let body = json!({"reason": "  ", "until": "2020-01-01T00:00:00Z"});
    mona.client.post(&path, &body).expect_faults(422, &both);
    let odd = json!({"reason": "  ", "until": "tomorrow", "x": 1});
    let all = [
        ("/reason", "status.reason_invalid"),
        ("/until", "time.invalid_format"),
        ("/x", "field.unknown"),
    ];
    mona.client.post(&path, &odd).expect_faults(400, &all);
}

fn a_faulty_key_is_told_all_at_once(app: &TestApp) {
    let admin = given::an_admin(app).signed_in();
    let body = json!({"name": " ", "scopes": ["king"], "expires_at": "2020-01-01T00:00:00Z"});
    let all = [
        ("/name", "api_key.name_invalid"),
        ("/scopes/0", "scope.unknown"),
        ("/expires_at", "api_key.expires_in_past"),
    ];
    admin.client.post("/v1/api-keys", &body).expect_faults(422, &all);
}

fn r14_a_deleted_account_is_restored(app: &TestApp) {
    let ada = given::a_verified_user(app).deleted();
    let admin = given::another_admin(app);
    sign_in(app, "ada", PASSWORD).expect(401);
    admin.client.ask("POST", &format!("/v1/users/{}/restore", ada.id)).expect(200);
    sign_in(app, "ada", PASSWORD).expect(201);
}

fn r15_roles_are_given_and_the_last_admin_stays(app: &TestApp) {
    let ada = given::a_verified_user(app).present();
    let chief = given::an_admin(app).signed_in();
    let roles = |id: &str| format!("/v1/users/{id}/roles");
    let given = chief.client.put(&roles(&ada.id), &json!({"roles": ["user", "premium"]}));
    assert_shown("roles", &given);
    let last = chief.client.put(&roles("me"), &json!({"roles": ["user"]}));
    assert_shown("last_admin", &last);
    chief.client.delete("/v1/users/me").expect_problem(422, "role.last_admin");
    chief.client.delete("/v1/users/me?erase=true").expect_problem(422, "role.last_admin");
    let none = chief.client.put(&roles(&ada.id), &json!({"roles": []}));
    none.expect_problem(422, "role.none");
    let unknown = [("/roles/0", "role.unknown")];
    chief.client.put(&roles(&ada.id), &json!({"roles": ["root"]})).expect_faults(422, &unknown);
    let ada = sign_in(app, "ada", PASSWORD).expect(201).at("/access_token");
    let raised = app.client().bearer(&ada).put(&roles("me"), &json!({"roles": ["admin"]}));
    raised.expect_problem(403, "access.forbidden");
}

fn r17_an_admin_unlocks(app: &TestApp) {
    let ada = given::a_verified_user(app).present();
    let admin = given::another_admin(app);
    for _ in 0..5 {
        sign_in(app, "ada", "wrong").expect(401);
    }
    let shown = admin.client.get(&format!("/v1/users/{}", ada.id)).expect(200).json();
    assert_eq!(shown["failed_login_attempts"], 5);
    admin.client.ask("POST", &format!("/v1/users/{}/unlock", ada.id)).expect(200);
    sign_in(app, "ada", PASSWORD).expect(201);
}

fn a_key_is_made_listed_used_and_removed(app: &TestApp) {
    let chief = given::an_admin(app).signed_in();
    let body = json!({"name": "dashboards", "scopes": ["users:read"], "expires_at": "2027-01-01T00:00:00Z"});
    let made = chief.client.post("/v1/api-keys", &body);
    assert_shown("api_key_made", &made);
    let (id, key) = (made.at("/id"), made.at("/key"));
    let service = app.client().bearer(&key);
    let path = format!("/v1/users/{}", chief.id);
    service.get(&path).expect(200);
    service.patch(&path, &json!({"username": "another"})).expect(403);
    service.get("/v1/users/me").expect_problem(404, "user.not_found");
    assert_shown("api_keys", &chief.client.get("/v1/api-keys"));
    assert_shown("api_key_removed", &chief.client.delete(&format!("/v1/api-keys/{id}")));
    service.get(&path).expect_problem(401, "access.unauthenticated");
    let faults = [
        ("/name", "api_key.name_invalid"),
        ("/scopes", "api_key.no_scope"),
        ("/expires_at", "api_key.expires_in_past"),
    ];
    let body = json!({"name": "", "scopes": [], "expires_at": "2020-01-01T00:00:00Z"});
    chief.client.post("/v1/api-keys", &body).expect_faults(422, &faults);
    let unknown = json!({"name": "a", "scopes": ["users:read", "root"]});
    let faults = [("/scopes/1", "scope.unknown")];
    chief.client.post("/v1/api-keys", &unknown).expect_faults(422, &faults);
}

fn a_service_introspects_by_form_and_by_json(app: &TestApp) {
    let ada = given::a_verified_user(app).signed_in();
    let service = given::an_api_key(app, &["introspect"]).client;
    let path = "/v1/token/introspect";
    let introspection =
        service.post_form(path, &format!("token={}&token_type_hint=access_token", ada.token));
    assert_shown("introspected", &introspection);
    let json = service.post(path, &json!({"token": ada.token})).expect(200);
    assert_eq!(json.json(), introspection.json());
    assert_shown("introspected_dead", &service.post_form(path, "token=x"));
    service.post_form(path, "tokens=x").expect_problem(400, "request.malformed");
    ada.client.post_form(path, "token=x").expect_problem(403, "access.forbidden");
}

fn p3_the_audit_trail_is_read_page_by_page(app: &TestApp) {
    let ada = given::a_verified_user(app).signed_in();
    let path = "/v1/users/me/events";
    let first = ada.client.get(&format!("{path}?limit=2")).expect(200);
    assert_shown("events", &first);
    let cursor = first.at("/next_cursor");
    let rest = ada.client.get(&format!("{path}?cursor={cursor}")).expect(200).json();
    let all = ada.client.get(&format!("{path}?limit=200")).expect(200).json();
    let kinds = |page: &serde_json::Value| -> Vec<String> {
        let items = page["items"].as_array().unwrap().iter();
        items.map(|item| item["kind"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!([kinds(&first.json()), kinds(&rest)].concat(), kinds(&all));
    assert_eq!(all["next_cursor"], json!(null));
    for odd in ["0", "-1", "201", "9223372036854775808", "x"] {
        let refused = ada.client.get(&format!("{path}?limit={odd}"));
        refused.expect_faults(400, &[("?limit", "limit.invalid")]);
    }
    let of_another = given::a_moderator(app).signed_in();
    let of_another = format!("/v1/users/{}/events", of_another.id);
    for odd in ["", "x", &cursor[1..]] {
        let refused = ada.client.get(&format!("{path}?cursor={odd}"));
        refused.expect_problem(400, "cursor.not_valid");
    }
    let admin = given::another_admin(app);
    let refused = admin.client.get(&format!("{of_another}?cursor={cursor}"));
    refused.expect_problem(400, "cursor.not_valid");
    ada.client.get(&format!("{path}?page=1")).expect_problem(400, "query.unknown_parameter");
}

through_rest_and_graphql!(
    r14_a_moderator_suspends_and_reinstates,
    r14_a_timed_sanction_ends_by_itself,
    r14_every_other_change_of_status,
    a_faulty_sanction_is_told_all_at_once,
    a_faulty_key_is_told_all_at_once,
    r14_a_deleted_account_is_restored,
    r15_roles_are_given_and_the_last_admin_stays,
    r17_an_admin_unlocks,
    a_key_is_made_listed_used_and_removed,
    a_service_introspects_by_form_and_by_json,
    p3_the_audit_trail_is_read_page_by_page,
);
