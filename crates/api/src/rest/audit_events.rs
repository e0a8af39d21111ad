use actix_web::HttpResponse;
use userdom_application::queries::EventView;
use uuid::Uuid;

use super::Page;
use crate::{
    call::Call,
    problem::{Answer, Problem},
};

const USUAL_LIMIT: u32 = 50;
const GREATEST_LIMIT: u32 = 200;

/// `GET /v1/users/{id}/events?limit=&cursor=`: the audit trail, the newest first.
pub(super) async fn list(mut call: Call) -> Answer {
    let limit = call.parameter("limit").map_or(Ok(USUAL_LIMIT), |text| read_limit(&text));
    let before = call.parameter("cursor").map(|text| read_cursor(&text)).transpose();
    let page = call
        .on_user(move |app, caller, id| {
            let (limit, before) = (limit?, before?);
            // One more tells whether there is another page.
            let events = app.list_events(caller, id, before, limit + 1)?;
            Ok(page(events, limit))
        })
        .await?;
    Ok(HttpResponse::Ok().json(page))
}

fn page(mut items: Vec<EventView>, limit: u32) -> Page<EventView> {
    let size = usize::try_from(limit).unwrap_or(usize::MAX);
    let is_last = items.len() <= size;
    items.truncate(size);
    let next = items.last().filter(|_| !is_last).map(|event| event.id.simple().to_string());
    Page { items, next_cursor: next }
}

fn read_limit(text: &str) -> Result<u32, Problem> {
    let limit = text.parse().ok().filter(|limit: &u32| limit.to_string() == text);
    let limit = limit.filter(|limit| (1..=GREATEST_LIMIT).contains(limit));
    limit.ok_or_else(|| refused(format!("limit: a number from 1 to {GREATEST_LIMIT}")))
}

fn read_cursor(text: &str) -> Result<Uuid, Problem> {
    let id = Uuid::try_parse(text).ok().filter(|id| id.simple().to_string() == text);
    id.ok_or_else(|| refused("cursor: send the next_cursor of another page".to_owned()))
}

fn refused(detail: String) -> Problem {
    Problem::new("query.invalid_parameter").with_detail(detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_a_number_from_1_to_200() {
        assert_eq!(read_limit("1").unwrap(), 1);
        assert_eq!(read_limit("200").unwrap(), 200);
        for text in ["", "0", "-1", "201", "+5", "05", "5.0", "x", "2147483648", "9e1"] {
            assert!(read_limit(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_cursor_is_read_in_one_form() {
        let id = Uuid::from_u128(7);
        assert_eq!(read_cursor(&id.simple().to_string()).unwrap(), id);
        for text in ["", "7", &id.to_string(), &format!("{{{id}}}"), "' OR 1=1 --"] {
            assert!(read_cursor(text).is_err(), "{text}");
        }
    }
}
