//! Pages that are complete in themselves, and health.

pub(crate) mod docs;
pub(crate) mod health;

use actix_web::{
    HttpResponse, Route,
    http::header::{CONTENT_SECURITY_POLICY, ContentType},
    web,
};

use crate::http::endpoint::{Endpoint, Handler, Method, outside_the_api};

/// A page that is complete in itself.
struct Page {
    html: &'static str,
    /// Only the page's own style and script, by their hashes; a test keeps them right.
    policy: &'static str,
}

const VERIFY_EMAIL: Page = Page {
    html: include_str!("verify_email.html"),
    policy: "default-src 'none'; \
        style-src 'sha256-b1uexC9sngs1oB2/QmGowT5KFUswfvpcNt5Km+zAQJU='; \
        script-src 'sha256-GAjYEz9TLRQLu5Nx9MyZLoohNHIyrkg+0Zxi0UdyW9A='; \
        connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
};

const RESET_PASSWORD: Page = Page {
    html: include_str!("reset_password.html"),
    policy: "default-src 'none'; \
        style-src 'sha256-IysVJt2hhp4OjcKcDePy4CF/KH8Gv/6pdyJYPjJtCEI='; \
        script-src 'sha256-sKMrQpphSAs03X2JAPF/ZzQUvFR22DcCJJyDIoedSW0='; \
        connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
};

impl Page {
    fn show(&self) -> HttpResponse {
        HttpResponse::Ok()
            .content_type(ContentType::html())
            .insert_header((CONTENT_SECURITY_POLICY, self.policy))
            .body(self.html)
    }
}

/// Where the link in the mail leads. Opening it changes nothing, because mail scanners open
/// links; its button does. Parameters that mail programs add to links do no harm.
pub(crate) static VERIFY_EMAIL_PAGE: Endpoint =
    page("/verify-email", || web::to(async || VERIFY_EMAIL.show()));

/// Where the link in the reset mail leads; its form sets the new password.
pub(crate) static RESET_PASSWORD_PAGE: Endpoint =
    page("/reset-password", || web::to(async || RESET_PASSWORD.show()));

pub(crate) const fn page(path: &'static str, route: fn() -> Route) -> Endpoint {
    outside_the_api(Method::Get, path, Handler::Page(route))
}

#[cfg(test)]
mod tests {
    use base64::{Engine, engine::general_purpose::STANDARD};
    use sha2::{Digest, Sha256};

    use super::*;

    const PAGES: [Page; 2] = [VERIFY_EMAIL, RESET_PASSWORD];

    fn hash_of(page: &Page, element: &str) -> String {
        let (_, rest) = page.html.split_once(&format!("<{element}>")).unwrap();
        let (content, _) = rest.split_once(&format!("</{element}>")).unwrap();
        format!("'sha256-{}'", STANDARD.encode(Sha256::digest(content)))
    }

    #[test]
    fn the_policy_allows_the_pages_own_style_and_script_alone() {
        for (page, element) in PAGES.iter().flat_map(|page| [(page, "style"), (page, "script")]) {
            let source = format!("{element}-src {};", hash_of(page, element));
            assert!(page.policy.contains(&source), "{source}");
        }
    }

    #[test]
    fn nothing_on_a_page_escapes_the_policy() {
        for inline in ["style=", "onclick=", "onsubmit=", "src=", "href=", "action="] {
            assert!(PAGES.iter().all(|page| !page.html.contains(inline)), "{inline}");
        }
    }
}
