//! The grams of a text, of [`LETTERS`] letters each, by which Postgres finds a part of it (ADR 21).

use userdom_domain::{Specification, TextOperator, TextTest};

use super::{
    terms::{END, quoted},
    text::{Normalization, normalized},
};
use crate::persistence::sql::Sql;

/// As the function `search_grams` of migration 6 cuts a text.
const LETTERS: usize = 4;

/// A text with a certain part or end has all grams of it; other texts may have them too. `None`
/// for tests that grams do not narrow.
pub(super) fn grams(column: &str, normalization: Normalization, test: &TextTest) -> Option<Sql> {
    match normalization {
        Normalization::Lower => grams_in(column, normalization, test),
        Normalization::Folded | Normalization::Keyed => {
            grams_in(&before_end(column), normalization, test)
        }
    }
}

/// The same of any name.
pub(super) fn grams_of_names(test: &TextTest) -> Option<Sql> {
    let keys = ["u.first_name_key", "u.last_name_key", "u.display_name_key"];
    grams_in(&keys.map(before_end).join(" || E'\\x01' || "), Normalization::Folded, test)
}

fn grams_in(whole: &str, normalization: Normalization, test: &TextTest) -> Option<Sql> {
    let wanted = normalized(normalization, test);
    let query = match test.operator {
        TextOperator::Contains => query(&wanted)?,
        TextOperator::EndsWith if !wanted.is_empty() => query(&format!("{wanted}{END}"))?,
        TextOperator::EndsWith | TextOperator::Equals | TextOperator::StartsWith => return None,
    };
    Some(Sql::new(format!("search_grams({whole}) @@ CAST(")).text(query).push(" AS tsquery)"))
}

/// The grams that one contact must have to satisfy a specification.
pub(super) fn grams_of_one<T>(
    tree: &Specification<T>,
    test: &dyn Fn(&T) -> Option<Sql>,
) -> Option<Sql> {
    let of = |part| grams_of_one(part, test);
    match tree {
        Specification::Test(one) => test(one),
        Specification::All(parts) => {
            let parts: Vec<Sql> = parts.iter().filter_map(of).collect();
            (!parts.is_empty()).then(|| Sql::joined(parts, " AND "))
        }
        Specification::Any(parts) => {
            let parts: Vec<Sql> = parts.iter().map(of).collect::<Option<_>>()?;
            (!parts.is_empty()).then(|| Sql::joined(parts, " OR "))
        }
        Specification::Not(_) => None,
    }
}

/// Written as the indexes of migration 6 have it.
fn before_end(column: &str) -> String {
    format!("split_part({column}, E'\\x01', 1)")
}

/// The text of a `tsquery`: the grams of a long part, or all grams that begin with a short one.
fn query(part: &str) -> Option<String> {
    let letters: Vec<char> = part.chars().collect();
    let gram = |letters: &[char]| quoted(&letters.iter().collect::<String>());
    match letters.len() {
        0 => None,
        short if short < LETTERS => Some(format!("{}:*", gram(&letters))),
        // The other grams follow from these; with them the planner would expect too few rows.
        _ => {
            let whole = letters.chunks_exact(LETTERS);
            let end = letters.windows(LETTERS).last().filter(|_| !whole.remainder().is_empty());
            Some(whole.chain(end).map(gram).collect::<Vec<_>>().join(" & "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_looked_for_by_the_grams_that_make_it_up() {
        assert_eq!(query("ingson").as_deref(), Some("'ings' & 'gson'"));
        assert_eq!(query("golingson").as_deref(), Some("'goli' & 'ngso' & 'gson'"));
        assert_eq!(query("son\u{1}").as_deref(), Some("'son\u{1}'"));
        assert_eq!(query("so").as_deref(), Some("'so':*"));
        assert_eq!(query("o'\\né").as_deref(), Some("'o''\\\\n' & '''\\\\né'"));
        assert_eq!(query(""), None);
    }
}
