//! Any text as filter, cursor, start of a name, order, GraphQL document and variables, by an admin:
//! never a panic, never our own fault.

#![no_main]

use actix_web::{App as Server, rt::System, test};
use libfuzzer_sys::fuzz_target;
use userdom_api::routes;
use userdom_fuzz::house;

fuzz_target!(|input: (u8, &str)| {
    let (place, text) = input;
    let (state, token, _) = house();
    let encoded: String = text.bytes().map(|byte| format!("%{byte:02x}")).collect();
    let quoted = text.replace('\\', "\\\\").replace('"', "\\\"");
    let quoted: String = quoted.chars().filter(|letter| !letter.is_control()).collect();
    let request = match place % 6 {
        0 => test::TestRequest::get().uri(&format!("/v1/users?filter={encoded}")),
        1 => test::TestRequest::get().uri(&format!("/v1/users?cursor={encoded}")),
        2 => test::TestRequest::get().uri(&format!("/v1/users?q={encoded}&sort={encoded}")),
        3 => graphql(format!("{{\"query\": \"{quoted}\"}}")),
        4 => graphql(format!("{{\"query\": \"{{ users(filter: {quoted}) {{ totalCount }} }}\"}}")),
        _ => graphql(format!(
            "{{\"query\": \"query($a: UserFilter) {{ users(filter: $a) {{ totalCount }} }}\", \"variables\": {text}}}"
        )),
    };
    let request = request.insert_header(("authorization", format!("Bearer {token}")));
    System::new().block_on(async move {
        let server = Server::new().configure(|config| routes(config, state));
        let server = test::init_service(server).await;
        let reply = test::call_service(&server, request.to_request()).await;
        let status = reply.status();
        let body = test::read_body(reply).await;
        let told = String::from_utf8_lossy(&body);
        assert!(status.as_u16() < 500 && !told.contains("\"status\":500"), "{place}: {told}");
    });
});

fn graphql(body: String) -> test::TestRequest {
    let request = test::TestRequest::post().uri("/graphql");
    request.insert_header(("content-type", "application/json")).set_payload(body)
}
