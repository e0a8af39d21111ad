//! Finding users by anything.

use chrono::TimeDelta;
use serde_json::{Value, json};
use userdom_tests::{
    app::{
        Client, Reply, TestApp,
        given::{self, PASSWORD, sign_in},
    },
    through_rest_and_graphql,
};

use super::shown::assert_shown;

/// Ada, Björn, Chloé, Dagmar and Émile, who register a minute apart; Mona the moderator is
/// the last.
fn a_directory(app: &TestApp) -> Client {
    for (username, first, last) in [
        ("ada", "Ada", "Lovelace"),
        ("bjorn", "Björn", "Ångström"),
        ("Chloe", "Chloé", "Dupont"),
        ("dagmar", "Dagmar", "Ängström"),
        ("emile", "Émile", "O'Neill"),
    ] {
        let mut body = given::a_registration(username);
        body["first_name"] = first.into();
        body["last_name"] = last.into();
        app.client().post("/v1/users", &body).expect(201);
        app.after(TimeDelta::minutes(1));
    }
    given::a_moderator(app).signed_in().client
}

fn names(reply: &Reply) -> Vec<String> {
    let items = reply.json()["items"].as_array().unwrap().clone();
    items.iter().map(|user| user["username"].as_str().unwrap().to_lowercase()).collect()
}

fn encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |text, byte| format!("{text}%{byte:02X}"))
}

#[track_caller]
fn found(client: &Client, query: &str) -> Vec<String> {
    names(&client.get(&format!("/v1/users?{query}")).expect(200))
}

fn filtered(client: &Client, filter: &str) -> Vec<String> {
    found(client, &format!("filter={}", encoded(filter)))
}

fn a_page_of_users_is_shown(app: &TestApp) {
    let mona = a_directory(app);
    assert_shown("users", &mona.get("/v1/users?limit=2&count=true&sort=-created_at"));
}

fn r28_each_plain_parameter_narrows_the_search(app: &TestApp) {
    let mona = a_directory(app);
    let everybody = ["ada", "bjorn", "chloe", "dagmar", "emile", "mona"];
    assert_eq!(found(&mona, ""), everybody);
    assert_eq!(found(&mona, "status=active"), ["mona"]);
    assert_eq!(found(&mona, "status=pending&q=da"), ["dagmar"]);
    assert_eq!(found(&mona, "role=moderator"), ["mona"]);
    assert_eq!(found(&mona, "email_verified=true"), ["mona"]);
    assert_eq!(found(&mona, "phone_verified=true"), [""; 0]);
    assert_eq!(found(&mona, "two_factor_enabled=false&email_verified=true"), ["mona"]);
    assert_eq!(found(&mona, "email_domain=EXAMPLE.org"), everybody);
    assert_eq!(found(&mona, "email_domain=example"), [""; 0]);
    assert_eq!(found(&mona, "never_signed_in=false"), ["mona"]);
    assert_eq!(found(&mona, "never_signed_in=true&limit=1"), ["ada"]);
    let second = encoded(&given_minute(1));
    assert_eq!(found(&mona, &format!("created_before={second}")), ["ada"]);
    assert_eq!(found(&mona, &format!("created_after={second}&limit=2")), ["chloe", "dagmar"]);
    assert_eq!(found(&mona, &format!("last_login_after={second}")), ["mona"]);
    assert_eq!(found(&mona, &format!("last_login_before={second}")), [""; 0]);
    let sweden = json!({"street_line1": "Gatan 1", "city": "Malmö", "postal_code": "211 20",
        "country": "SE"});
    mona.post("/v1/users/me/addresses", &sweden).expect(201);
    assert_eq!(found(&mona, "country=SWE"), ["mona"]);
    assert_eq!(filtered(&mona, "city eq \"MALMO\" and postal_code sw \"211\""), ["mona"]);
}

/// So many minutes after the first registration.
fn given_minute(minutes: i64) -> String {
    (userdom_application::testing::given::now() + TimeDelta::minutes(minutes)).to_rfc3339()
}

fn r28_q_is_the_start_of_any_name_without_case_and_accents(app: &TestApp) {
    let mona = a_directory(app);
    assert_eq!(found(&mona, "q=angs"), ["bjorn", "dagmar"]);
    assert_eq!(found(&mona, &format!("q={}", encoded("ÄNG"))), ["bjorn", "dagmar"]);
    assert_eq!(found(&mona, "q=emile%20o%27n"), ["emile"]);
    assert_eq!(found(&mona, "q=bjorn@EX"), ["bjorn"]);
    assert_eq!(found(&mona, "q=CHL"), ["chloe"]);
    for sign in ["%", "_", "*", "\\", "'", "\u{0}", "ada%"] {
        let hits = found(&mona, &format!("q={}", encoded(sign)));
        assert_eq!(hits.is_empty(), sign != "\u{0}", "{sign:?}: {hits:?}");
    }
}

fn r28_a_filter_is_one_expression_over_the_same_fields(app: &TestApp) {
    let mona = a_directory(app);
    let work = json!({"email": "mona@work.example", "contact_type": "work"});
    mona.post("/v1/users/me/emails", &work).expect(201);
    let phone = json!({"phone_number": "(202) 555-0143"});
    mona.post("/v1/users/me/phones", &phone).expect(201);
    for (filter, expected) in [
        ("name.familyName eq \"LOVELACE\"", &["ada", "mona"][..]),
        ("userName sw \"b\" or userName ew \"E\"", &["bjorn", "chloe", "emile"]),
        ("displayName co \"e O\" and not (username eq \"ada\")", &["emile"]),
        ("emails[type eq \"work\" and value co \"@work\"]", &["mona"]),
        ("emails[type eq \"work\" and is_verified eq true]", &[]),
        ("phones.value sw \"202555\"", &["mona"]),
        ("phones pr", &["mona"]),
        ("addresses pr", &[]),
        (
            "last_login_at eq null and id ne \"0193b7f2-6c1e-7a3b-9d4e-5f60718293a4\"",
            &["ada", "bjorn", "chloe", "dagmar", "emile"],
        ),
        ("status eq \"active\" or last_name eq \"dupont\"", &["chloe", "mona"]),
    ] {
        assert_eq!(filtered(&mona, filter), expected, "{filter}");
    }
}

fn r28_orders_go_both_ways(app: &TestApp) {
    let mona = a_directory(app);
    sign_in(app, "mona", PASSWORD).expect(201);
    let by_last_name = ["dagmar", "bjorn", "chloe", "ada", "mona", "emile"];
    assert_eq!(found(&mona, "sort=last_name"), by_last_name);
    let by_username = ["ada", "bjorn", "chloe", "dagmar", "emile", "mona"];
    assert_eq!(found(&mona, "sort=username"), by_username);
    assert_eq!(found(&mona, "sort=-last_login_at&limit=1"), ["mona"]);
    for order in ["created_at", "username", "last_login_at", "last_name"] {
        let mut backwards = found(&mona, &format!("sort=-{order}"));
        backwards.reverse();
        assert_eq!(found(&mona, &format!("sort={order}")), backwards, "{order}");
    }
}

fn every_user_is_on_one_page_also_when_others_register_between(app: &TestApp) {
    let (mona, mut late) = (a_directory(app), 0);
    for order in ["created_at", "-created_at", "username", "-last_name", "last_login_at"] {
        let mut seen = Vec::new();
        let mut path = format!("/v1/users?limit=2&sort={order}");
        loop {
            let page = mona.get(&path).expect(200);
            seen.extend(names(&page));
            late += 1;
            let late = format!("late{late}");
            app.client().post("/v1/users", &given::a_registration(&late)).expect(201);
            let json = page.json();
            let Some(cursor) = json["next_cursor"].as_str() else { break };
            path = format!("/v1/users?limit=2&sort={order}&cursor={cursor}");
        }
        seen.retain(|name| !name.starts_with("late"));
        seen.sort();
        assert_eq!(seen, ["ada", "bjorn", "chloe", "dagmar", "emile", "mona"], "{order}");
    }
}

/// V5. Seen to fail with the tag of a cursor left unread.
fn v5_a_cursor_that_was_touched_is_refused(app: &TestApp) {
    let mona = a_directory(app);
    let path = "/v1/users?limit=1&sort=last_name";
    let cursor = mona.get(path).expect(200).at("/next_cursor");
    mona.get(&format!("{path}&cursor={cursor}")).expect(200);
    for at in 0..cursor.len() {
        let mut bytes = cursor.clone().into_bytes();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        let other = String::from_utf8(bytes).unwrap();
        let reply = mona.get(&format!("{path}&cursor={other}"));
        reply.expect_problem(400, "cursor.not_valid");
    }
    for other in ["", "x", "%00", "%27%20OR%201%3D1--", &"A".repeat(8000)] {
        let reply = mona.get(&format!("{path}&cursor={other}"));
        reply.expect_problem(400, "cursor.not_valid");
    }
    // It is good for its own search alone, of any length.
    mona.get(&format!("/v1/users?limit=5&sort=last_name&cursor={cursor}")).expect(200);
    for search in ["sort=-last_name", "sort=username", "sort=last_name&status=active"] {
        let reply = mona.get(&format!("/v1/users?{search}&cursor={cursor}"));
        reply.expect_problem(400, "cursor.not_valid");
    }
    let events = mona.get(&format!("/v1/users/me/events?cursor={cursor}"));
    events.expect_problem(400, "cursor.not_valid");
}

fn v7_faulty_parameters_are_told_all_at_once(app: &TestApp) {
    let mona = given::a_moderator(app).signed_in().client;
    let query = "status=gone&role=king&country=Atlantis&email_verified=1&created_after=today\
        &sort=age&limit=0&count=maybe&filter=userName%20is";
    assert_shown("faulty_parameters", &mona.get(&format!("/v1/users?{query}")));
    for limit in ["0", "-1", "201", "2147483648", "9223372036854775808", "", "x", "1.5"] {
        let reply = mona.get(&format!("/v1/users?limit={limit}"));
        reply.expect_faults(400, &[("?limit", "limit.invalid")]);
    }
    mona.get("/v1/users?shoe_size=43").expect_problem(400, "query.unknown_parameter");
    mona.get("/v1/users?status=active&status=banned")
        .expect_problem(400, "query.unknown_parameter");
}

fn v5_what_is_no_filter_is_refused_with_its_place(app: &TestApp) {
    let mona = given::a_moderator(app).signed_in().client;
    let nested = format!("{}id pr{}", "(".repeat(500), ")".repeat(500));
    let many = vec!["id pr"; 300].join(" or ");
    for filter in [
        "",
        "id",
        "id eq",
        "shoe eq 1",
        "' OR 1=1 --",
        "id eq \"x\"; DROP TABLE users",
        "((((",
        &nested,
        &many,
        "userName eq \"\u{0}",
        "userName eq \"\\ud800\"",
    ] {
        let reply = mona.get(&format!("/v1/users?filter={}", encoded(filter)));
        reply.expect_faults(400, &[("?filter", "filter.invalid")]);
    }
}

fn v5_nothing_in_a_value_is_read_as_sql(app: &TestApp) {
    let mona = a_directory(app);
    for attack in [
        "' OR '1'='1",
        "\" OR \"1\"=\"1",
        "'; DROP TABLE users; --",
        "ada' --",
        "ada'/**/OR/**/1=1",
        "\\' OR 1=1 --",
        "%27%20OR%201=1",
        "$1",
        "?",
        "\u{0}' OR 1=1",
        "{{7*7}}",
        "1; SELECT pg_sleep(9)",
        "')) OR ((1=1",
    ] {
        let quoted = Value::from(attack).to_string();
        for operator in ["eq", "sw", "co", "ew"] {
            for field in ["username", "last_name", "emails.value", "phones.value", "city"] {
                let filter = format!("{field} {operator} {quoted}");
                assert_eq!(filtered(&mona, &filter).len(), 0, "{filter}");
            }
        }
        assert_eq!(found(&mona, &format!("q={}", encoded(attack))), [""; 0], "{attack}");
        let sort = mona.get(&format!("/v1/users?sort={}", encoded(attack)));
        sort.expect_faults(400, &[("?sort", "sort.unknown")]);
    }
    assert_eq!(found(&mona, "").len(), 6);
}

fn r21_a_user_is_looked_up_by_name_and_by_verified_email(app: &TestApp) {
    let mona = a_directory(app);
    assert_eq!(mona.get("/v1/users/by-username/CHLOE").expect(200).at("/username"), "Chloe");
    assert_eq!(mona.get("/v1/users/by-email/Mona@EXAMPLE.org").expect(200).at("/username"), "mona");
    for path in [
        "by-email/ada@example.org",
        "by-email/nobody@example.org",
        "by-email/x",
        "by-username/no",
        "by-username/nobody",
        "by-username/%00",
        "by-email/%27%20OR%201=1",
    ] {
        mona.get(&format!("/v1/users/{path}")).expect_problem(404, "user.not_found");
    }
}

fn who_looks_after_nobody_finds_nobody(app: &TestApp) {
    let ada = given::a_verified_user(app).signed_in();
    for path in [
        "/v1/users",
        "/v1/users?sort=x",
        "/v1/users/by-username/ada",
        "/v1/users/by-email/ada@example.org",
        "/v1/users/by-email/nobody",
    ] {
        ada.client.get(path).expect_problem(403, "access.forbidden");
        app.client().get(path).expect_problem(401, "access.unauthenticated");
    }
    let reader = given::an_api_key(app, &["users:read"]);
    assert_eq!(found(&reader.client, "q=ada"), ["ada"]);
    let other = given::an_api_key(app, &["events"]);
    other.client.get("/v1/users").expect_problem(403, "access.forbidden");
}

fn the_index_of_what_others_wrote_is_made_up_for(app: &TestApp) {
    let mona = a_directory(app);
    app.execute("UPDATE user_profiles SET last_name = 'Ünal' WHERE first_name = 'Chloé'");
    app.execute("UPDATE user_profiles SET display_name = 'Zoë' WHERE first_name = 'Dagmar'");
    assert_eq!(found(&mona, "q=unal"), [""; 0]);
    assert_eq!(found(&mona, "q=dupont"), [""; 0]);
    assert!(app.app.index_directory(&|| true).unwrap() > 0);
    assert_eq!(found(&mona, "q=unal"), ["chloe"]);
    assert_eq!(found(&mona, "q=zoe"), ["dagmar"]);
    assert_eq!(app.app.index_directory(&|| true).unwrap(), 0);
    // Our own changes need no making up for.
    mona.patch("/v1/users/me/profile", &json!({"first_name": "Jose"})).expect(200);
    mona.patch("/v1/users/me/profile", &json!({"first_name": "José"})).expect(200);
    assert_eq!(app.app.index_directory(&|| true).unwrap(), 0);
    assert_eq!(found(&mona, "q=jose"), ["mona"]);
}

fn r28_what_has_been_changed_is_found_by_it_at_once(app: &TestApp) {
    let mona = a_directory(app);
    app.app.index_directory(&|| true).unwrap();
    let added = |path: &str, body: &Value| {
        let added = mona.post(&format!("/v1/users/me/{path}"), body).expect(201);
        let id = added.at("/id");
        format!("/v1/users/me/{path}/{id}")
    };
    let finds = |filter: &str| filtered(&mona, filter);

    let email =
        added("emails", &json!({"email": "o'mona@changed.example", "contact_type": "work"}));
    assert_eq!(finds("emails.value sw \"O'M\" and email_domain eq \"changed.example\""), ["mona"]);
    let phone = added("phones", &json!({"phone_number": "+44 20 7946 0958"}));
    assert_eq!(finds("phones.value sw \"+442079460\""), ["mona"]);
    let address = added(
        "addresses",
        &json!({"street_line1": "1", "city": "L'Haÿ\\", "postal_code": "94240", "country": "FRA"}),
    );
    assert_eq!(finds("city eq \"l'hay\\\\\" and postal_code eq \"94240\""), ["mona"]);
    let rungis = json!({"street_line1": "1", "city": "Rungis", "postal_code": "94150",
        "country": "FRA"});
    mona.put(&address, &rungis).expect(200);
    assert_eq!(finds("city eq \"rungis\" and not (city sw \"l'h\")"), ["mona"]);
    mona.patch("/v1/users/me/profile", &json!({"preferred_language": "fr-CA"})).expect(200);
    assert_eq!(finds("preferred_language eq \"fr-ca\""), ["mona"]);
    mona.patch("/v1/users/me", &json!({"username": "mona_ii"})).expect(200);
    assert_eq!(finds("username eq \"MONA_II\""), ["mona_ii"]);
    for path in [email, phone, address] {
        mona.delete(&path).expect(204);
    }
    for filter in ["email_domain eq \"changed.example\"", "phones pr", "city eq \"rungis\""] {
        assert_eq!(finds(filter), [""; 0], "{filter}");
    }
    assert_eq!(app.app.index_directory(&|| true).unwrap(), 0, "nothing is left to the indexer");
}

through_rest_and_graphql!(
    a_page_of_users_is_shown,
    r28_each_plain_parameter_narrows_the_search,
    r28_q_is_the_start_of_any_name_without_case_and_accents,
    r28_a_filter_is_one_expression_over_the_same_fields,
    r28_orders_go_both_ways,
    every_user_is_on_one_page_also_when_others_register_between,
    v5_a_cursor_that_was_touched_is_refused,
    v7_faulty_parameters_are_told_all_at_once,
    v5_what_is_no_filter_is_refused_with_its_place,
    v5_nothing_in_a_value_is_read_as_sql,
    r21_a_user_is_looked_up_by_name_and_by_verified_email,
    who_looks_after_nobody_finds_nobody,
    the_index_of_what_others_wrote_is_made_up_for,
    r28_what_has_been_changed_is_found_by_it_at_once,
);
