//! All URLs on one page; a file a noun.

mod addresses;
mod emails;
mod health;
mod pages;
mod phones;
mod profile;
mod sessions;
mod users;

use actix_web::{middleware::from_fn, web};
use serde::Serialize;

use crate::{ApiState, middleware};

/// Everything that the service answers.
pub fn routes(config: &mut web::ServiceConfig, state: ApiState) {
    let at = web::resource::<&str>;
    let all = web::scope("")
        .wrap(from_fn(middleware::around))
        .service(at("/livez").get(health::alive).head(health::alive))
        .service(at("/readyz").get(health::ready).head(health::ready))
        .service(at("/verify-email").get(pages::verify_email).head(pages::verify_email))
        .service(at("/v1/sessions").post(sessions::open))
        .service(at("/v1/sessions/current").delete(sessions::close))
        .service(at("/v1/email-verifications").post(emails::verify))
        .service(at("/v1/users").post(users::register))
        .service(
            at("/v1/users/{id}")
                .get(users::show)
                .head(users::show)
                .patch(users::update)
                .delete(users::delete),
        )
        .service(
            at("/v1/users/{id}/profile")
                .get(profile::show)
                .head(profile::show)
                .patch(profile::update),
        )
        .service(at("/v1/users/{id}/emails").get(emails::list).head(emails::list).post(emails::add))
        .service(
            at("/v1/users/{id}/emails/{email_id}").patch(emails::update).delete(emails::remove),
        )
        .service(at("/v1/users/{id}/emails/{email_id}/default").put(emails::set_default))
        .service(at("/v1/users/{id}/emails/{email_id}/verification").post(emails::send_again))
        .service(at("/v1/users/{id}/phones").get(phones::list).head(phones::list).post(phones::add))
        .service(
            at("/v1/users/{id}/phones/{phone_id}").patch(phones::update).delete(phones::remove),
        )
        .service(at("/v1/users/{id}/phones/{phone_id}/default").put(phones::set_default))
        .service(
            at("/v1/users/{id}/addresses")
                .get(addresses::list)
                .head(addresses::list)
                .post(addresses::add),
        )
        .service(
            at("/v1/users/{id}/addresses/{address_id}")
                .put(addresses::replace)
                .delete(addresses::remove),
        )
        .service(at("/v1/users/{id}/addresses/{address_id}/default").put(addresses::set_default));
    config.app_data(state).service(all);
}

/// A list that always fits on one page.
#[derive(Serialize)]
struct Page<T> {
    items: Vec<T>,
    next_cursor: Option<String>,
}

impl<T> Page<T> {
    fn whole(items: Vec<T>) -> Self {
        Self { items, next_cursor: None }
    }
}
