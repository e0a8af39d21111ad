use userdom_application::ports::{OrderKey, PlaceValue, UserOrder};

use super::{Dialect, RowPlace};
use crate::persistence::sql::Sql;

/// The sort key of an order, without the id; each has an index.
fn key(dialect: Dialect, by: OrderKey) -> String {
    match by {
        OrderKey::Created => dialect.moment_key("u.created_at"),
        OrderKey::Username => dialect.lower("u.username"),
        OrderKey::LastLogin => dialect.last_login("u"),
        OrderKey::LastName => "COALESCE(u.last_name_key, '')".to_owned(),
    }
}

/// ` ORDER BY …`.
pub(super) fn ordered(dialect: Dialect, order: UserOrder) -> Sql {
    let (key, way) = (key(dialect, order.by), if order.descending { " DESC" } else { "" });
    // A username is unique.
    Sql::new(match order.by {
        OrderKey::Username => format!(" ORDER BY {key}{way}"),
        OrderKey::Created | OrderKey::LastLogin | OrderKey::LastName => {
            format!(" ORDER BY {key}{way}, u.id{way}")
        }
    })
}

/// The rows after a place.
pub(super) fn from_place(dialect: Dialect, order: UserOrder, last: &RowPlace) -> Sql {
    let (key, than) = (key(dialect, order.by), if order.descending { "<" } else { ">" });
    match (&last.value, order.by) {
        (PlaceValue::Text(name), OrderKey::Username) => {
            Sql::new(format!("{key} {than} ")).text(name)
        }
        (PlaceValue::Text(text), _) => beyond(&key, than, |sql| sql.text(text), last),
        (PlaceValue::Moment(Some(moment)), _) => {
            let moment = dialect.moment(moment.naive_utc());
            beyond(&key, than, |sql| sql.then(moment), last)
        }
        (PlaceValue::Moment(None), _) => {
            beyond(&key, than, |sql| sql.push(dialect.before_all_time()), last)
        }
    }
}

/// A comparison of rows, which an index answers at any depth.
fn beyond(key: &str, than: &str, value: impl FnOnce(Sql) -> Sql, last: &RowPlace) -> Sql {
    let start = Sql::new(format!("({key}, u.id) {than} ("));
    value(start).push(", ").text(&last.id).push(")")
}
