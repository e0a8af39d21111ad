//! F3: what `USERDOM_CORS_ORIGINS` and `USERDOM_PUBLIC_URL` say to the clients of others, in the
//! service as it is started. In a real browser: scripts/cors.

use userdom_tests::{
    databases::{Kind, TestDatabase},
    process::Launch,
};

#[test]
fn f3_a_page_of_a_named_origin_may_use_the_service() {
    let database = TestDatabase::new(Kind::Sqlite);
    let service = Launch::on(&database)
        .with("USERDOM_CORS_ORIGINS", "https://App.Example.org:443/, http://localhost:5173")
        .with("USERDOM_PUBLIC_URL", "https://accounts.example.org/users/")
        .start();
    for origin in ["https://app.example.org", "http://localhost:5173"] {
        let asked = [
            ("origin", origin),
            ("access-control-request-method", "PATCH"),
            ("access-control-request-headers", "authorization,content-type,if-match"),
        ];
        let path = "/v1/users/me/profile";
        let allowed = service.send("OPTIONS", path, &asked, None).unwrap().expect(200);
        assert_eq!(allowed.headers["access-control-allow-origin"], origin);
        for (path, status) in [(path, 401), ("/nowhere", 404), ("/graphql", 400), ("/livez", 200)] {
            let answer = service.send("GET", path, &asked[..1], None).unwrap().expect(status);
            assert_eq!(answer.headers["access-control-allow-origin"], origin, "{path}");
        }
    }
    let stranger = [("origin", "https://evil.example")];
    let answer = service.send("GET", "/openapi.json", &stranger, None).unwrap().expect(200);
    assert!(!answer.headers.contains_key("access-control-allow-origin"));
    assert!(answer.headers["vary"].contains("Origin"));
    assert_eq!(answer.body["servers"][0]["url"], "https://accounts.example.org/users");
}
