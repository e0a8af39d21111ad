//! GraphQL's own ways (G1–G4). That its operations are REST's is said by the tests of REST, which
//! go through REST and GraphQL.

use serde_json::{Value, json};
use userdom_tests::{
    app::{
        Client, Reply, TestApp,
        given::{self, PASSWORD},
    },
    databases::Kind,
    on_both,
};

const JSON: &str = "application/json";
const GRAPHQL_RESPONSE: &str = "application/graphql-response+json";

fn ask(client: &Client, query: &str) -> Reply {
    ask_with(client, query, &json!({}))
}

fn ask_with(client: &Client, query: &str, variables: &Value) -> Reply {
    client.post("/graphql", &json!({"query": query, "variables": variables}))
}

fn each(count: usize, text: impl Fn(usize) -> String) -> String {
    (0..count).map(text).collect::<Vec<_>>().concat()
}

#[track_caller]
fn data(reply: &Reply) -> Value {
    let answer = reply.json();
    assert!(answer["errors"].is_null(), "{answer}");
    answer["data"].clone()
}

/// The codes of all errors, with the fields that they are of.
#[track_caller]
fn codes(reply: &Reply) -> Vec<(String, String)> {
    let answer = reply.json();
    let errors = answer["errors"].as_array().unwrap_or_else(|| panic!("no errors: {answer}"));
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    errors.iter().map(|it| (text(&it["path"][0]), text(&it["extensions"]["code"]))).collect()
}

/// What is no request at all has the status that it has elsewhere, in GraphQL's form.
#[track_caller]
fn no_request(reply: &Reply, code: &str) {
    assert_eq!((reply.status, codes(reply)[0].1.as_str()), (400, code), "{}", reply.text);
    assert!(reply.json().get("data").is_none(), "{}", reply.text);
}

/// Its first faulty field.
fn first_fault(reply: &Reply) -> (String, String) {
    let fault = reply.json()["errors"][0]["extensions"]["errors"][0].clone();
    let text = |name: &str| fault[name].as_str().unwrap_or_default().to_owned();
    (text("pointer"), text("code"))
}

/// Nothing was begun, and a client that accepts anything gets JSON, which is 200.
#[track_caller]
fn refused(reply: &Reply, code: &str) {
    assert_eq!((reply.status, reply.header("content-type")), (200, JSON), "{}", reply.text);
    assert_eq!(codes(reply)[0].1, code, "{}", reply.text);
    assert!(reply.json().get("data").is_none(), "{}", reply.text);
}

fn one_asks_for_just_what_one_wants(app: &TestApp) {
    let ada = given::a_verified_user(app).with_username("ada").signed_in();
    ada.adds_phone("+442079460018");
    ada.adds_address("Street 1");
    let query = "query($kind: ContactType) { me { username status roles version
        profile { fullName } emails { email isDefault contactType } phones { e164 }
        homes: addresses(type: HOME) { city } others: addresses(type: $kind) { city } } }";
    let reply = ask_with(&ada.client, query, &json!({"kind": "WORK"})).expect(200);
    let expected = json!({"me": {
        "username": "ada", "status": "ACTIVE", "roles": ["USER"], "version": 4,
        "profile": {"fullName": "Ada Lovelace"},
        "emails": [{"email": "ada@example.org", "isDefault": true, "contactType": "PRIMARY"}],
        "phones": [{"e164": "+442079460018"}],
        "homes": [{"city": "Berlin"}], "others": [],
    }});
    assert_eq!(data(&reply), expected);
}

fn pages_of_users_follow_each_other(app: &TestApp) {
    let mona = given::a_moderator(app).with_username("mona").signed_in();
    for name in ["ada", "bob", "cleo", "dora"] {
        given::a_verified_user(app).with_username(name).present();
    }
    let query = "query($after: String) {
        users(first: 2, after: $after, orderBy: USERNAME_DESC, filter: {emailVerified: true}) {
            totalCount edges { cursor node { username } }
            pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }";
    let (mut after, mut names, mut pages) = (Value::Null, Vec::new(), 0);
    loop {
        let page = data(&ask_with(&mona.client, query, &json!({"after": after})));
        let (users, info) = (&page["users"], &page["users"]["pageInfo"]);
        assert_eq!(users["totalCount"], 5);
        assert_eq!(info["hasPreviousPage"], json!(pages > 0));
        let edges = users["edges"].as_array().unwrap();
        assert_eq!(info["startCursor"], edges[0]["cursor"]);
        assert_eq!(info["endCursor"], edges.last().unwrap()["cursor"]);
        names.extend(edges.iter().map(|edge| edge["node"]["username"].clone()));
        pages += 1;
        if info["hasNextPage"] == false {
            break;
        }
        after = info["endCursor"].clone();
    }
    assert_eq!((pages, json!(names)), (3, json!(["mona", "dora", "cleo", "bob", "ada"])));
}

fn faulty_arguments_are_told_all_at_once(app: &TestApp) {
    let query = r#"mutation { register(input: {username: "a", password: "x", email: "nobody",
        firstName: "", lastName: "Lovelace", address: {streetLine1: "Street 1", city: "Berlin",
        postalCode: "1", country: "DEU"}, preferences: {theme: "blue"}}) { user { id } } }"#;
    let reply = ask(&app.client(), query).expect(200);
    let error = &reply.json()["errors"][0];
    assert_eq!(error["path"], json!(["register"]));
    let extensions = &error["extensions"];
    assert_eq!(
        (&extensions["code"], &extensions["status"]),
        (&json!("request.invalid"), &json!(422))
    );
    assert_eq!(extensions["requestId"], reply.header("x-request-id"));
    let pointers: Vec<_> = extensions["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|fault| fault["pointer"].as_str().unwrap())
        .collect();
    for at in ["username", "password", "email", "firstName", "address/postalCode"] {
        assert!(pointers.contains(&format!("/input/{at}").as_str()), "{at}: {pointers:?}");
    }
    assert!(pointers.contains(&"/input/preferences/theme"), "{pointers:?}");

    let mona = given::a_moderator(app).signed_in();
    let query = r#"{ users(first: 0, filter: {expression: "userName is", country: "Atlantis"}) {
        edges { cursor } } }"#;
    let answer = ask(&mona.client, query).expect(200).json();
    let mut pointers: Vec<_> = answer["errors"][0]["extensions"]["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|fault| fault["pointer"].as_str().unwrap().to_owned())
        .collect();
    pointers.sort();
    assert_eq!(pointers, ["/filter/country", "/filter/expression", "/first"]);
}

fn what_does_not_fit_the_schema_is_refused_before_anything_is_done(app: &TestApp) {
    let ada = given::a_verified_user(app).signed_in();
    for query in [
        "{ shoes }",
        "{ me { shoeSize } }",
        "{ me { addresses(type: CASTLE) { id } } }",
        "{ me }",
        "{ me { id { x } } }",
        "{ user { id } }",
        "{ user(id: true) { id } }",
        "{ me { ...nothing } }",
        "query($x: String) { me { id } }",
        "query { user(id: $x) { id } }",
        "subscription { me { id } }",
        "mutation { updateAccount(input: {username: 5}) { version } }",
        "mutation { updateAccount(input: {shoeSize: 5}) { version } }",
        "mutation { updateAccount { version } }",
        "mutation { addPhone(input: {phoneNumber: \"+442079460018\", contactType: CASTLE}) { version } }",
        "mutation { addPhone(input: {phoneNumber: \"+442079460018\"}) { version } oops }",
    ] {
        refused(&ask(&ada.client, query), "graphql.invalid");
    }
    let castle = json!({"type": "CASTLE"});
    let query = "query($type: ContactType) { me { addresses(type: $type) { id } } }";
    let reply = ask_with(&ada.client, query, &castle);
    assert_eq!(codes(&reply)[0].1, "graphql.invalid", "{}", reply.text);
    assert_eq!(app.count("user_phones"), 0);
    let reply = ask(&ada.client, "{ me { usernam } }");
    assert!(!reply.text.contains("Did you mean"), "{}", reply.text);
}

/// What is wrong with the request itself has the status that it has elsewhere.
fn what_is_no_request_is_told_in_graphqls_form(app: &TestApp) {
    let client = app.client();
    let send = |kind: &str, body: &str| client.send("POST", "/graphql", kind, body.as_bytes());
    let json = "application/json";
    let long = format!("{{\"query\": \"{}\"}}", "x".repeat(1 << 20));
    for (kind, body, status, code) in [
        ("text/plain", "{\"query\": \"{ me { id } }\"}", 415, "request.unsupported_media_type"),
        ("application/graphql", "{ me { id } }", 415, "request.unsupported_media_type"),
        (json, "[{\"query\": \"{ me { id } }\"}]", 400, "request.malformed"),
        (json, "", 400, "request.malformed"),
        (json, long.as_str(), 413, "request.too_large"),
    ] {
        let reply = send(kind, body);
        assert_eq!((reply.status, codes(&reply)[0].1.as_str()), (status, code), "{}", reply.text);
    }
    for (body, pointer, code) in [
        ("{}", "/query", "field.required"),
        ("{\"query\": 5}", "/query", "field.wrong_type"),
        ("{\"query\": \"{me{id}}\", \"id\": 1}", "/id", "field.unknown"),
        ("{\"query\": \"{me{id}}\", \"variables\": [null]}", "/variables", "field.wrong_type"),
    ] {
        let reply = send(json, body);
        no_request(&reply, "request.invalid");
        assert_eq!(first_fault(&reply), (pointer.to_owned(), code.to_owned()));
    }
    let reply = client.get("/graphql");
    no_request(&reply, "request.invalid");
    assert_eq!(first_fault(&reply), ("?query".to_owned(), "field.required".to_owned()));
    no_request(&client.get("/graphql?query=%7Bme%7Bid%7D%7D&x=1"), "query.unknown_parameter");
    refused(&ask(&client, "{ me "), "graphql.malformed");
    refused(&ask(&client, "query a { me { id } } query b { me { id } }"), "graphql.invalid");
}

/// Seen to fail without the limits of `document.rs`, one after the other.
fn g1_what_asks_for_too_much_is_refused_at_once(app: &TestApp) {
    let ada = given::a_verified_user(app).signed_in();
    let bomb =
        each(25, |n| format!("fragment f{n} on User {{ ...f{next} ...f{next} }} ", next = n + 1));
    let aliases = each(5_000, |n| format!("a{n}:me{{id}}"));
    for query in [
        format!("{}id{}", "{me".repeat(50), "}".repeat(50)),
        format!("{{{aliases}}}"),
        format!("{{{}}}", "me{id}".repeat(5_000)),
        format!("{{me{{id{}}}}}", "@include(if:true)".repeat(3_000)),
        format!("{{me{{...f0}}}} {bomb} fragment f25 on User {{id}}"),
        format!("{{me(x:{}1{}){{id}}}}", "[".repeat(30_000), "]".repeat(30_000)),
        "{me{...a}} fragment a on User{...b} fragment b on User{...a}".to_owned(),
        format!("{{users(first:200){{edges{{node{{{}}}}}}}}}", "id ".repeat(200)),
    ] {
        let (reply, sent) = app.statements_of(|| ask(&ada.client, &query));
        refused(&reply, "graphql.too_complex");
        assert_eq!(sent, [""; 0], "the store was asked: {query:.60}");
    }
    let deep = format!(
        "{{\"query\":\"{{me{{id}}}}\",\"variables\":{{\"x\":{}{}}}}}",
        "[".repeat(10_000),
        "]".repeat(10_000)
    );
    let reply = ada.client.send("POST", "/graphql", "application/json", deep.as_bytes());
    no_request(&reply, "request.malformed");
}

/// Seen to fail without the count of secrets in `document.rs`.
fn g2_passwords_and_codes_are_checked_once_in_a_request(app: &TestApp) {
    given::a_verified_user(app).with_username("ada").present();
    let sign_in = |name: &str, password: &str| {
        format!(
            "{name}: signIn(input: {{login: \"ada\", password: \"{password}\"}}) {{ challenge {{ challenge }} }} "
        )
    };
    let before = app.hasher.verifications();
    let many = each(40, |n| sign_in(&format!("a{n}"), "guess"));
    let reply = ask(&app.client(), &format!("mutation {{ {many} }}"));
    refused(&reply, "graphql.too_many_passwords");
    let batch = r#"batch(input: {operations: [{method: "POST", path: "/v1/sessions",
        body: {login: "ada", password: "guess"}}]}) { outcomes { committed } }"#;
    let two = format!("mutation {{ {} b: {batch} c: {batch} }}", sign_in("a", "guess"));
    refused(&ask(&app.client(), &two), "graphql.too_many_passwords");
    let codes_too = r#"mutation { a: verifyEmail(input: {token: "x"}) { version }
        b: verifyEmail(input: {token: "y"}) { version } }"#;
    refused(&ask(&app.client(), codes_too), "graphql.too_many_passwords");
    assert_eq!(app.hasher.verifications(), before);
    ask(&app.client(), &format!("mutation {{ {} }}", sign_in("a", PASSWORD))).expect(200);
    assert_eq!(app.hasher.verifications(), before + 1);
}

fn g4_only_those_who_have_signed_in_see_the_schema(app: &TestApp) {
    let schema = "{ __schema { queryType { name } types { name } } }";
    refused_as_stranger(&ask(&app.client(), schema));
    refused_as_stranger(&ask(&app.client(), "{ __type(name: \"User\") { name } }"));
    refused_as_stranger(&ask(&app.client().bearer("ud_at_x"), schema));
    let hidden = "query { ...f } fragment f on Query { __schema { types { name } } }";
    refused_as_stranger(&ask(&app.client(), hidden));
    assert_eq!(data(&ask(&app.client(), "{ __typename }")), json!({"__typename": "Query"}));
    let ada = given::a_verified_user(app).signed_in();
    let shown = data(&ask(&ada.client, schema));
    assert_eq!(shown["__schema"]["queryType"]["name"], "Query");
}

#[track_caller]
fn refused_as_stranger(reply: &Reply) {
    refused(reply, "access.unauthenticated");
}

/// One for the token, and as many for a hundred users as for one.
fn g4_a_hundred_users_with_all_children_are_read_by_six_statements_at_most(app: &TestApp) {
    let mona = given::a_moderator(app).signed_in();
    for n in 0..100 {
        given::a_registered_user(app).with_username(&format!("user-{n}")).present();
    }
    let query = "{ users(first: 100) { edges { node { username profile { fullName }
        emails { email } phones { e164 } addresses { formatted } } } } }";
    let (reply, sent) = app.statements_of(|| ask(&mona.client, query));
    assert_eq!(data(&reply)["users"]["edges"].as_array().unwrap().len(), 100);
    let most = if app.kind() == Kind::Postgres { 2 } else { 6 };
    assert!(sent.len() <= most, "{}: {sent:#?}", sent.len());
}

fn each_root_field_is_done_by_itself(app: &TestApp) {
    let ada = given::a_verified_user(app).signed_in();
    let query = r#"mutation {
        first: addEmail(input: {email: "ada@work.example", contactType: WORK}) { email { email } version }
        again: addEmail(input: {email: "ada@work.example"}) { email { email } }
        bio: updateProfile(input: {bio: "Countess"}) { profile { bio } version } }"#;
    let reply = ask(&ada.client, query).expect(200);
    let again = ("again".to_owned(), "email.already_exists".to_owned());
    assert_eq!(codes(&reply), [again]);
    let expected = json!({
        "first": {"email": {"email": "ada@work.example"}, "version": 3},
        "again": null,
        "bio": {"profile": {"bio": "Countess"}, "version": 4},
    });
    assert_eq!(reply.json()["data"], expected);
}

/// Seen to fail with the caller kept for the whole request.
fn s3_a_token_that_ends_on_the_way_opens_nothing_more(app: &TestApp) {
    let ada = given::a_verified_user(app).signed_in();
    let query = r#"mutation { signOut { done }
        updateProfile(input: {bio: "Too late"}) { version } }"#;
    let reply = ask(&ada.client, query).expect(200);
    let refused = ("updateProfile".to_owned(), "access.unauthenticated".to_owned());
    assert_eq!(
        (codes(&reply), &reply.json()["data"]["signOut"]["done"]),
        (vec![refused], &json!(true))
    );
}

fn an_edit_can_name_its_version(app: &TestApp) {
    let ada = given::a_verified_user(app).signed_in();
    let edit = |client: &Client, bio: &str, version: &str| {
        let query = format!(
            "mutation {{ updateProfile(input: {{bio: \"{bio}\"}}{version}) {{ version }} }}"
        );
        ask(client, &query)
    };
    let stale = edit(&ada.client, "a", ", version: 1");
    assert_eq!(codes(&stale)[0].1, "version.stale");
    assert_eq!(stale.json()["errors"][0]["extensions"]["status"], 412);
    assert_eq!(data(&edit(&ada.client, "b", ", version: 2"))["updateProfile"]["version"], 3);
    let strict = ada.client.at(&app.requiring_if_match());
    assert_eq!(codes(&edit(&strict, "c", ""))[0].1, "if_match.required");
    assert_eq!(data(&edit(&strict, "d", ", version: 3"))["updateProfile"]["version"], 4);
}

fn c6_mutations_that_are_sent_again_have_one_effect(app: &TestApp) {
    let ada = given::a_verified_user(app).signed_in();
    let client = ada.client.header("idempotency-key", "abc");
    let add = |email: &str| {
        format!("a: addEmail(input: {{email: \"{email}\"}}) {{ email {{ id }} version }}")
    };
    let one = format!("mutation {{ {} }}", add("a@work.example"));
    let first = ask(&client, &one).expect(200);
    assert_eq!(data(&ask(&client, &one)), data(&first));
    let other = format!("mutation {{ {} }}", add("b@work.example"));
    assert_eq!(codes(&ask(&client, &other))[0].1, "idempotency_key.reused");
    // What is still missing is done.
    let more =
        format!("mutation {{ {} b: {} }}", add("a@work.example"), &add("c@work.example")[3..]);
    let both = data(&ask(&client, &more));
    assert_eq!(both["a"], data(&first)["a"]);
    assert_eq!(both["b"]["version"], 4);
    assert_eq!(app.count("user_emails"), 3);
}

fn f4_a_request_error_has_no_data_and_the_status_of_its_media_type(app: &TestApp) {
    let ada = given::a_verified_user(app).signed_in().client;
    let own = [
        GRAPHQL_RESPONSE,
        "application/graphql-response+json; charset=utf-8, application/json;q=0.9",
    ];
    let older = [
        "*/*",
        "application/json",
        "text/html",
        "application/json, application/graphql-response+json;q=0.5",
    ];
    let two = "mutation { a: verifyEmail(input: {token: \"x\"}) { version }
        b: verifyEmail(input: {token: \"y\"}) { version } }";
    for (client, query, status, code) in [
        (&ada, "{", 400, "graphql.malformed"),
        (&ada, "{ nobody }", 400, "graphql.invalid"),
        (&ada, "query($id: ID!) { user(id: $id) { id } }", 400, "graphql.invalid"),
        (&ada, two, 422, "graphql.too_many_passwords"),
        (&app.client(), "{ __schema { types { name } } }", 401, "access.unauthenticated"),
    ] {
        for accept in own {
            let reply = ask(&client.header("accept", accept), query).expect(status);
            assert_eq!(reply.header("content-type"), GRAPHQL_RESPONSE, "{accept}");
            assert_eq!(codes(&reply)[0].1, code, "{query}");
            assert_eq!(reply.json().as_object().unwrap().len(), 1, "{}", reply.text);
            let challenge = reply.header("www-authenticate");
            assert_eq!(challenge, if status == 401 { "Bearer" } else { "" });
        }
        for accept in older {
            refused(&ask(&client.header("accept", accept), query), code);
        }
        refused(&ask(client, query), code);
    }
    for (accept, kind) in [(own[0], GRAPHQL_RESPONSE), (older[0], JSON)] {
        let reply = ask(&ada.header("accept", accept), "{ __typename }").expect(200);
        assert_eq!(reply.header("content-type"), kind);
        assert!(reply.json().get("errors").is_none(), "{}", reply.text);
        // What was begun is 200, even if nothing came of it.
        let reply = ask(&app.client().header("accept", accept), "{ me { id } }").expect(200);
        assert_eq!(reply.json()["data"], json!({"me": null}));
    }
}

/// A text as a part of a query.
fn escaped(text: &str) -> String {
    text.bytes().fold(String::new(), |escaped, byte| format!("{escaped}%{byte:02X}"))
}

fn f4_a_get_reads_and_never_changes_anything(app: &TestApp) {
    let ada = given::a_verified_user(app).with_username("ada").signed_in().client;
    let ada = ada.header("accept", GRAPHQL_RESPONSE);
    let get = |client: &Client, members: &[(&str, &str)]| {
        let parts = members.iter().map(|(name, text)| format!("{name}={}", escaped(text)));
        client.get(&format!("/graphql?{}", parts.collect::<Vec<_>>().join("&")))
    };
    let me = json!({"me": {"username": "ada"}});
    assert_eq!(data(&get(&ada, &[("query", "{ me { username } }")]).expect(200)), me);
    let two = "query a { me { username } } mutation b { signOut { done } }";
    assert_eq!(data(&get(&ada, &[("query", two), ("operationName", "a")]).expect(200)), me);
    let kind = "query($kind: ContactType) { me { addresses(type: $kind) { city } } }";
    let with = [("query", kind), ("variables", r#"{"kind": "WORK"}"#), ("extensions", "{}")];
    assert_eq!(data(&get(&ada, &with).expect(200)), json!({"me": {"addresses": []}}));
    let as_nobody = app.client().header("accept", GRAPHQL_RESPONSE);
    let reply = get(&as_nobody, &[("query", "{ me { username } }")]).expect(200);
    assert_eq!(codes(&reply)[0].1, "access.unauthenticated");

    let mutations = [
        vec![("query", "mutation { signOut { done } }")],
        vec![("query", two), ("operationName", "b")],
        vec![("query", two)],
        vec![("query", "mutation { ...f } fragment f on Mutation { signOut { done } }")],
        vec![("query", "query a { __typename } mutation b { __typename }"), ("operationName", "b")],
        vec![("query", "subscription { __typename }")],
    ];
    for members in mutations {
        let rows = app.everything();
        for accept in [GRAPHQL_RESPONSE, JSON] {
            let ada = ada.with_header("accept", accept);
            let reply = get(&ada, &members).expect(405);
            assert_eq!((reply.header("allow"), reply.header("content-type")), ("POST", accept));
            assert_eq!(codes(&reply)[0].1, "method.not_allowed");
            assert!(reply.json().get("data").is_none(), "{}", reply.text);
        }
        assert_eq!(app.everything(), rows, "{members:?}");
    }

    let faulty = |members: &[(&str, &str)], pointer: &str, code: &str| {
        let reply = get(&ada, members);
        no_request(&reply, "request.invalid");
        assert_eq!(first_fault(&reply), (pointer.to_owned(), code.to_owned()));
    };
    faulty(&[("query", "")], "?query", "field.required");
    for name in ["variables", "extensions"] {
        for text in ["[]", "null", "7", "{", r#"{"a": 1, "a": 2}"#, r#"{}, "query": "{x}""#] {
            let pointer = format!("?{name}");
            faulty(&[("query", "{ __typename }"), (name, text)], &pointer, "field.wrong_type");
        }
    }
    let twice = get(&ada, &[("query", "{ __typename }"), ("query", "{ __typename }")]);
    no_request(&twice, "query.unknown_parameter");
}

/// A URL has 64 KiB at most, as a body has.
fn f4_a_get_may_ask_for_no_more_than_a_post(app: &TestApp) {
    let ada = given::a_verified_user(app).signed_in();
    let deep = format!("{}id{}", "{me".repeat(50), "}".repeat(50));
    let aliases = format!("{{{}}}", each(60, |n| format!("a{n}:me{{id}}%20")));
    for query in [deep, aliases] {
        let (reply, sent) =
            app.statements_of(|| ada.client.get(&format!("/graphql?query={query}")));
        refused(&reply, "graphql.too_complex");
        assert_eq!(sent, [""; 0], "the store was asked: {query:.60}");
    }
    let long =
        format!("GET /graphql?query={{{}}} HTTP/1.1\r\nhost: a\r\n\r\n", "x".repeat(1 << 16));
    let answer = ada.client.raw(long.as_bytes());
    assert!(answer.starts_with("HTTP/1.1 4"), "{answer}");
}

fn f4_own_scalars_say_where_they_are_specified(app: &TestApp) {
    let ada = given::a_verified_user(app).signed_in();
    for name in ["Date", "DateTime", "JSON", "Long"] {
        let query = format!("{{ __type(name: \"{name}\") {{ specifiedByURL }} }}");
        let shown = data(&ask(&ada.client, &query));
        let url = shown["__type"]["specifiedByURL"].as_str().unwrap();
        let line = format!("scalar {name} @specifiedBy(url: \"{url}\")");
        assert!(url.starts_with("https://"), "{url}");
        assert!(userdom_api::GRAPHQL_SCHEMA.contains(&line), "{line}");
    }
}

on_both!(
    one_asks_for_just_what_one_wants,
    pages_of_users_follow_each_other,
    faulty_arguments_are_told_all_at_once,
    what_does_not_fit_the_schema_is_refused_before_anything_is_done,
    what_is_no_request_is_told_in_graphqls_form,
    g1_what_asks_for_too_much_is_refused_at_once,
    g2_passwords_and_codes_are_checked_once_in_a_request,
    g4_only_those_who_have_signed_in_see_the_schema,
    g4_a_hundred_users_with_all_children_are_read_by_six_statements_at_most,
    each_root_field_is_done_by_itself,
    s3_a_token_that_ends_on_the_way_opens_nothing_more,
    an_edit_can_name_its_version,
    c6_mutations_that_are_sent_again_have_one_effect,
    f4_a_request_error_has_no_data_and_the_status_of_its_media_type,
    f4_a_get_reads_and_never_changes_anything,
    f4_a_get_may_ask_for_no_more_than_a_post,
    f4_own_scalars_say_where_they_are_specified,
);
