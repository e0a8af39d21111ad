use userdom_tests::{app::TestApp, on_both};

use super::shown::assert_shown;

fn the_process_and_the_store_answer(app: &TestApp) {
    assert_shown("livez", &app.client().get("/livez"));
    assert_shown("readyz", &app.client().get("/readyz"));
    for path in ["/livez", "/readyz", "/verify-email"] {
        assert_eq!(app.client().ask("HEAD", path).expect(200).text, "");
    }
}

fn the_page_of_the_mail_is_self_contained_and_changes_nothing(app: &TestApp) {
    let page = app.client().get("/verify-email").expect(200);
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
    let ada = userdom_tests::app::given::a_registered_user(app).present();
    let token = app.last_link_token(&ada.email);
    for path in ["/verify-email".to_owned(), format!("/verify-email?token={token}")] {
        let page = app.client().get(&path).expect(200);
        assert!(!page.text.contains(&token));
    }
    let verified = "SELECT uid AS value FROM user_emails WHERE is_verified";
    assert!(app.texts(verified).is_empty());
    userdom_tests::app::given::verify(app, &token).expect(200);
}

on_both!(
    the_process_and_the_store_answer,
    the_page_of_the_mail_is_self_contained_and_changes_nothing,
    opening_the_link_as_mail_scanners_do_verifies_nothing,
);
