use userdom_domain::{TextOperator, TextTest, folded, plain};

use super::Dialect;
use crate::persistence::sql::Sql;

/// The form in which a column has a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Normalization {
    /// The text in lower case.
    Lower,
    /// The folded text, U+0001 and the text itself ([`sortable`](userdom_domain::sortable)).
    Folded,
    /// The text in lower case, U+0001 and the text itself.
    Keyed,
}

/// The text of a test in the form of the column.
pub(super) fn normalized(normalization: Normalization, test: &TextTest) -> String {
    match normalization {
        Normalization::Folded => folded(&test.text),
        Normalization::Lower | Normalization::Keyed => plain(&test.text),
    }
}

/// The test of a text that `column` holds.
pub(super) fn text(
    dialect: Dialect,
    column: &str,
    normalization: Normalization,
    test: &TextTest,
) -> Sql {
    let wanted = normalized(normalization, test);
    let (find, end) = (dialect.position(), dialect.end_of_key());
    match (test.operator, normalization) {
        (TextOperator::Equals, Normalization::Lower) => {
            Sql::new(format!("{column} = ")).text(wanted)
        }
        (TextOperator::Equals, _) => starts_with(column, &format!("{wanted}\u{1}")),
        (TextOperator::StartsWith, _) => starts_with(column, &wanted),
        (TextOperator::Contains, Normalization::Lower) => {
            Sql::new(format!("{find}({column}, ")).text(wanted).push(") > 0")
        }
        // The key goes on after its end with the text itself, which does not count.
        (TextOperator::Contains, _) => Sql::new(format!("{find}({column}, "))
            .text(wanted)
            .push(format!(") BETWEEN 1 AND {find}({column}, {end})")),
        (TextOperator::EndsWith, Normalization::Lower) => {
            Sql::new(format!("{find}({column} || {end}, "))
                .text(format!("{wanted}\u{1}"))
                .push(") > 0")
        }
        (TextOperator::EndsWith, _) => {
            Sql::new(format!("{find}({column}, ")).text(format!("{wanted}\u{1}")).push(") > 0")
        }
    }
}

/// A range, which an index serves; `%` and `_` mean themselves.
pub(super) fn starts_with(column: &str, prefix: &str) -> Sql {
    let from = Sql::new(format!("({column} >= ")).text(prefix);
    match after(prefix) {
        Some(end) => from.push(format!(" AND {column} < ")).text(end).push(")"),
        // A key that is there; the empty one stands for no text at all.
        None => Sql::new(format!("{column} > ''")),
    }
}

/// The least text that comes after all that start with the prefix.
fn after(prefix: &str) -> Option<String> {
    let mut letters: Vec<char> = prefix.chars().collect();
    while let Some(last) = letters.pop() {
        let next = (u32::from(last) + 1..=u32::from(char::MAX)).find_map(char::from_u32);
        if let Some(next) = next {
            letters.push(next);
            return Some(letters.into_iter().collect());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_ends_before_the_next_letter() {
        assert_eq!(after("ab").as_deref(), Some("ac"));
        assert_eq!(after("a\u{d7ff}").as_deref(), Some("a\u{e000}"));
        assert_eq!(after("a\u{10ffff}").as_deref(), Some("b"));
        assert_eq!(after("\u{10ffff}"), None);
        assert_eq!(after(""), None);
    }
}
