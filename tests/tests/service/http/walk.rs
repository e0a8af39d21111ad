//! The README's walk: what a newcomer does first.

use serde_json::json;
use userdom_tests::{
    app::{
        PUBLIC_URL, TestApp,
        given::{PASSWORD, sign_in, verify},
    },
    through_rest_and_graphql,
};

fn from_the_registration_to_signing_out(app: &TestApp) {
    let anybody = app.client();
    let body = json!({
        "username": "ada", "password": PASSWORD, "email": "ada@example.org",
        "first_name": "Ada", "last_name": "Lovelace",
    });
    let user = anybody.post("/v1/users", &body).expect(201);
    assert_eq!(user.at("/status"), "pending");
    sign_in(app, "ada", PASSWORD).expect_problem(401, "session.refused");

    let mail = app.mails_to("ada@example.org").remove(0);
    assert!(mail.text.contains(&format!("{PUBLIC_URL}/verify-email#token=")));
    verify(app, &app.last_link_token("ada@example.org")).expect(200);

    let session = sign_in(app, "ada@example.org", PASSWORD).expect(201);
    assert_eq!(session.at("/user/status"), "active");
    let ada = anybody.bearer(&session.at("/access_token"));

    let email = json!({"email": "ada@work.example", "contact_type": "work"});
    let email = ada.post("/v1/users/me/emails", &email).expect(201).at("/id");
    verify(app, &app.last_link_token("ada@work.example")).expect(200);
    let default = ada.ask("PUT", &format!("/v1/users/me/emails/{email}/default")).expect(200);
    assert_eq!(default.json()["is_default"], true);

    let phone = json!({"phone_number": "+44 20 7946 0018", "is_default": true});
    assert_eq!(ada.post("/v1/users/me/phones", &phone).expect(201).at("/e164"), "+442079460018");
    let address = json!({
        "street_line1": "12 St James's Square", "city": "London", "postal_code": "SW1Y 4JH",
        "country": "GBR", "is_default": true,
    });
    ada.post("/v1/users/me/addresses", &address).expect(201);
    let profile = json!({"display_name": "Countess Ada", "timezone": "Europe/London"});
    ada.patch("/v1/users/me/profile", &profile).expect(200);

    let user = ada.get("/v1/users/me").expect(200);
    assert_eq!(user.at("/profile/display_name"), "Countess Ada");
    let all = user.json();
    let defaults = |list: &str| {
        let items = all[list].as_array().unwrap().iter();
        items.filter(|item| item["is_default"] == true).count()
    };
    assert_eq!([defaults("emails"), defaults("phones"), defaults("addresses")], [1, 1, 1]);

    ada.delete("/v1/sessions/current").expect(204);
    ada.get("/v1/users/me").expect_problem(401, "access.unauthenticated");
}

through_rest_and_graphql!(from_the_registration_to_signing_out);
