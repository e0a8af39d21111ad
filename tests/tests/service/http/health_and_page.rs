use userdom_tests::{
    app::{
        Reply, TestApp,
        given::{self, PASSWORD, sign_in},
    },
    on_both,
};

use super::shown::assert_shown;

fn the_process_and_the_store_answer(app: &TestApp) {
    assert_shown("livez", &app.client().get("/livez"));
    assert_shown("readyz", &app.client().get("/readyz"));
    for path in ["/livez", "/readyz", "/verify-email"] {
        assert_eq!(app.client().ask("HEAD", path).expect(200).text, "");
    }
}

fn the_pages_of_the_mails_are_self_contained(app: &TestApp) {
    for path in ["/verify-email", "/reset-password"] {
        assert_self_contained(&app.client().get(path).expect(200));
    }
}

fn assert_self_contained(page: &Reply) {
    assert!(page.header("content-type").starts_with("text/html"));
    let policy = page.header("content-security-policy");
    for directive in
        ["default-src 'none'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"]
    {
        assert!(policy.contains(directive), "{policy}");
    }
    assert!(!policy.contains("unsafe") && !policy.contains('*'), "{policy}");
    for elsewhere in ["http://", "https://", "src=", "@import", "url("] {
        assert!(!page.text.contains(elsewhere), "{elsewhere}");
    }
    assert!(page.text.contains("<button"));
}

fn opening_the_link_as_mail_scanners_do_verifies_nothing(app: &TestApp) {
    let ada = given::a_registered_user(app).present();
    let token = app.last_link_token(&ada.email);
    for path in ["/verify-email".to_owned(), format!("/verify-email?token={token}")] {
        let page = app.client().get(&path).expect(200);
        assert!(!page.text.contains(&token));
    }
    let verified = "SELECT uid AS value FROM user_emails WHERE is_verified";
    assert!(app.texts(verified).is_empty());
    given::verify(app, &token).expect(200);
}

fn opening_the_link_as_mail_scanners_do_resets_nothing(app: &TestApp) {
    let ada = given::a_verified_user(app).present();
    let ask = serde_json::json!({"email": ada.email});
    app.client().post("/v1/password-resets", &ask).expect(202);
    let token = app.last_link_token(&ada.email);
    for path in ["/reset-password".to_owned(), format!("/reset-password?token={token}")] {
        let page = app.client().get(&path).expect(200);
        assert!(!page.text.contains(&token));
    }
    sign_in(app, "ada", PASSWORD).expect(201);
}

on_both!(
    the_process_and_the_store_answer,
    the_pages_of_the_mails_are_self_contained,
    opening_the_link_as_mail_scanners_do_verifies_nothing,
    opening_the_link_as_mail_scanners_do_resets_nothing,
);
