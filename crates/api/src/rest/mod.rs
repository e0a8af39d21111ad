//! All URLs on one page; a file a noun.

mod addresses;
mod api_keys;
mod audit_events;
mod directory;
mod emails;
mod health;
mod pages;
mod parameters;
mod passwords;
mod phones;
mod profile;
mod sessions;
mod status;
mod two_factor;
mod users;

use std::fmt;

use actix_web::{http::Method, middleware::from_fn, web};
use serde::Serialize;
use userdom_application::queries;

use crate::{ApiState, middleware};

/// Who may call a route at all; what it does for them is the application's business.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Anybody.
    Open,
    /// Whoever presents a live token or key.
    Authenticated,
}

/// One thing that the service answers. `HEAD` is answered wherever `GET` is.
pub struct Route {
    /// The method.
    pub method: Method,
    /// The path, with the names of its parameters in braces.
    pub template: &'static str,
    /// Who may call it.
    pub access: Access,
    handler: fn() -> actix_web::Route,
}

impl fmt::Debug for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} ({:?})", self.method, self.template, self.access)
    }
}

type Handler = fn() -> actix_web::Route;

const fn open(method: Method, template: &'static str, handler: Handler) -> Route {
    Route { method, template, access: Access::Open, handler }
}

const fn auth(method: Method, template: &'static str, handler: Handler) -> Route {
    Route { method, template, access: Access::Authenticated, handler }
}

const GET: Method = Method::GET;
const POST: Method = Method::POST;
const PUT: Method = Method::PUT;
const PATCH: Method = Method::PATCH;
const DELETE: Method = Method::DELETE;

/// Everything that the service answers: the routes are made from this list alone. Those
/// of one path stand together.
#[rustfmt::skip]
pub const ROUTES: &[Route] = &[
    open(GET, "/livez", || web::to(health::alive)),
    open(GET, "/readyz", || web::to(health::ready)),
    open(GET, "/verify-email", || web::to(pages::verify_email)),
    open(GET, "/reset-password", || web::to(pages::reset_password)),

    open(POST, "/v1/sessions", || web::to(sessions::open)),
    open(POST, "/v1/sessions/challenge", || web::to(sessions::finish)),
    open(POST, "/v1/sessions/refresh", || web::to(sessions::refresh)),
    auth(DELETE, "/v1/sessions/current", || web::to(sessions::close)),
    auth(POST, "/v1/sessions/current/reauthenticate", || web::to(sessions::reauthenticate)),
    open(POST, "/v1/email-verifications", || web::to(emails::verify)),
    open(POST, "/v1/password-resets", || web::to(passwords::request_reset)),
    open(POST, "/v1/password-resets/confirm", || web::to(passwords::reset)),
    auth(POST, "/v1/token/introspect", || web::to(api_keys::introspect)),
    auth(GET, "/v1/api-keys", || web::to(api_keys::list)),
    auth(POST, "/v1/api-keys", || web::to(api_keys::create)),
    auth(DELETE, "/v1/api-keys/{id}", || web::to(api_keys::remove)),

    open(POST, "/v1/users", || web::to(users::register)),
    auth(GET, "/v1/users", || web::to(directory::search)),
    auth(GET, "/v1/users/by-email/{email}", || web::to(directory::by_email)),
    auth(GET, "/v1/users/by-username/{username}", || web::to(directory::by_username)),
    auth(GET, "/v1/users/{id}", || web::to(users::show)),
    auth(PATCH, "/v1/users/{id}", || web::to(users::update)),
    auth(DELETE, "/v1/users/{id}", || web::to(users::delete)),
    auth(GET, "/v1/users/{id}/profile", || web::to(profile::show)),
    auth(PATCH, "/v1/users/{id}/profile", || web::to(profile::update)),

    auth(GET, "/v1/users/{id}/emails", || web::to(emails::list)),
    auth(POST, "/v1/users/{id}/emails", || web::to(emails::add)),
    auth(PATCH, "/v1/users/{id}/emails/{email_id}", || web::to(emails::update)),
    auth(DELETE, "/v1/users/{id}/emails/{email_id}", || web::to(emails::remove)),
    auth(PUT, "/v1/users/{id}/emails/{email_id}/default", || web::to(emails::set_default)),
    open(POST, "/v1/users/{id}/emails/{email_id}/verification", || web::to(emails::send_again)),

    auth(GET, "/v1/users/{id}/phones", || web::to(phones::list)),
    auth(POST, "/v1/users/{id}/phones", || web::to(phones::add)),
    auth(PATCH, "/v1/users/{id}/phones/{phone_id}", || web::to(phones::update)),
    auth(DELETE, "/v1/users/{id}/phones/{phone_id}", || web::to(phones::remove)),
    auth(PUT, "/v1/users/{id}/phones/{phone_id}/default", || web::to(phones::set_default)),
    auth(POST, "/v1/users/{id}/phones/{phone_id}/verification", || web::to(phones::send_code)),
    auth(POST, "/v1/users/{id}/phones/{phone_id}/verification/confirm", || web::to(phones::verify)),

    auth(GET, "/v1/users/{id}/addresses", || web::to(addresses::list)),
    auth(POST, "/v1/users/{id}/addresses", || web::to(addresses::add)),
    auth(PUT, "/v1/users/{id}/addresses/{address_id}", || web::to(addresses::replace)),
    auth(DELETE, "/v1/users/{id}/addresses/{address_id}", || web::to(addresses::remove)),
    auth(PUT, "/v1/users/{id}/addresses/{address_id}/default", || web::to(addresses::set_default)),

    auth(GET, "/v1/users/{id}/sessions", || web::to(sessions::list)),
    auth(DELETE, "/v1/users/{id}/sessions", || web::to(sessions::end_all)),
    auth(DELETE, "/v1/users/{id}/sessions/{session_id}", || web::to(sessions::end)),
    auth(PUT, "/v1/users/{id}/password", || web::to(passwords::change)),
    auth(POST, "/v1/users/{id}/two-factor/totp", || web::to(two_factor::set_up)),
    auth(DELETE, "/v1/users/{id}/two-factor/totp", || web::to(two_factor::remove)),
    auth(POST, "/v1/users/{id}/two-factor/totp/confirm", || web::to(two_factor::confirm)),
    auth(POST, "/v1/users/{id}/two-factor/recovery-codes", || web::to(two_factor::replace_codes)),

    auth(POST, "/v1/users/{id}/activate", || web::to(status::activate)),
    auth(POST, "/v1/users/{id}/suspend", || web::to(status::suspend)),
    auth(POST, "/v1/users/{id}/reinstate", || web::to(status::reinstate)),
    auth(POST, "/v1/users/{id}/ban", || web::to(status::ban)),
    auth(POST, "/v1/users/{id}/unban", || web::to(status::unban)),
    auth(POST, "/v1/users/{id}/restore", || web::to(status::restore)),
    auth(POST, "/v1/users/{id}/unlock", || web::to(status::unlock)),
    auth(PUT, "/v1/users/{id}/roles", || web::to(status::set_roles)),
    auth(GET, "/v1/users/{id}/export", || web::to(users::export)),
    auth(GET, "/v1/users/{id}/events", || web::to(audit_events::list)),
];

/// Everything that the service answers.
pub fn routes(config: &mut web::ServiceConfig, state: ApiState) {
    let mut all = web::scope("").wrap(from_fn(middleware::around));
    for of_path in ROUTES.chunk_by(|a, b| a.template == b.template) {
        let Some(first) = of_path.first() else { continue };
        let mut resource = web::resource(first.template);
        for route in of_path {
            resource = resource.route((route.handler)().method(route.method.clone()));
            if route.method == Method::GET {
                resource = resource.route((route.handler)().method(Method::HEAD));
            }
        }
        all = all.service(resource);
    }
    config.app_data(state).service(all);
}

/// A part of a list, and where the rest begins.
#[derive(Serialize)]
struct Page<T> {
    items: Vec<T>,
    next_cursor: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    total: Option<u64>,
}

fn page_of<T>(page: queries::Page<T>) -> Page<T> {
    let (items, cursors): (Vec<_>, Vec<_>) = page.items.into_iter().unzip();
    let next_cursor = cursors.into_iter().next_back().filter(|_| page.has_more);
    Page { items, next_cursor, total: page.total }
}

impl<T> Page<T> {
    /// A list that always fits on one page.
    fn whole(items: Vec<T>) -> Self {
        Self { items, next_cursor: None, total: None }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_routes_of_one_path_stand_together() {
        let paths: Vec<_> = ROUTES.chunk_by(|a, b| a.template == b.template).collect();
        let distinct: BTreeSet<_> = ROUTES.iter().map(|route| route.template).collect();
        assert_eq!(paths.len(), distinct.len());
    }

    #[test]
    fn no_route_stands_there_twice() {
        let distinct: BTreeSet<_> =
            ROUTES.iter().map(|route| (route.method.as_str(), route.template)).collect();
        assert_eq!(distinct.len(), ROUTES.len());
    }
}
