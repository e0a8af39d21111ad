use actix_web::{
    HttpResponse,
    http::header::{CONTENT_SECURITY_POLICY, ContentType},
};

use crate::problem::Answer;

const VERIFY_EMAIL: &str = include_str!("verify_email.html");

/// Only the page's own style and script, by their hashes; a test keeps them right.
const VERIFY_EMAIL_POLICY: &str = "default-src 'none'; \
    style-src 'sha256-b1uexC9sngs1oB2/QmGowT5KFUswfvpcNt5Km+zAQJU='; \
    script-src 'sha256-GAjYEz9TLRQLu5Nx9MyZLoohNHIyrkg+0Zxi0UdyW9A='; \
    connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// `GET /verify-email`: where the link in the mail leads. Opening it changes
/// nothing, because mail scanners open links; its button does. Parameters that
/// mail programs add to links do no harm.
pub(super) async fn verify_email() -> Answer {
    Ok(HttpResponse::Ok()
        .content_type(ContentType::html())
        .insert_header((CONTENT_SECURITY_POLICY, VERIFY_EMAIL_POLICY))
        .body(VERIFY_EMAIL))
}

#[cfg(test)]
mod tests {
    use base64::{Engine, engine::general_purpose::STANDARD};
    use sha2::{Digest, Sha256};

    use super::*;

    fn hash_of(element: &str) -> String {
        let (_, rest) = VERIFY_EMAIL.split_once(&format!("<{element}>")).unwrap();
        let (content, _) = rest.split_once(&format!("</{element}>")).unwrap();
        format!("'sha256-{}'", STANDARD.encode(Sha256::digest(content)))
    }

    #[test]
    fn the_policy_allows_the_pages_own_style_and_script_alone() {
        for element in ["style", "script"] {
            let source = format!("{element}-src {};", hash_of(element));
            assert!(VERIFY_EMAIL_POLICY.contains(&source), "{source}");
        }
    }

    #[test]
    fn nothing_on_the_page_escapes_the_policy() {
        for inline in ["style=", "onclick=", "src=", "href="] {
            assert!(!VERIFY_EMAIL.contains(inline), "{inline}");
        }
    }
}
