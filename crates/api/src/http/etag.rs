//! Entity tags (RFC 9110 §8.8.3): a user's version in quotes.

use userdom_application::NoneOf;

/// What `If-Match` or `If-None-Match` names.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Tags {
    /// `*`
    Any,
    /// A list of tags.
    Listed(Vec<Tag>),
}

/// One entity tag.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Tag {
    weak: bool,
    text: String,
}

impl Tags {
    /// `None` for what is no list of tags.
    pub(crate) fn parse(header: &str) -> Option<Self> {
        let mut rest = header.trim();
        if rest == "*" {
            return Some(Self::Any);
        }
        let mut tags = Vec::new();
        loop {
            let strong = rest.strip_prefix("W/");
            let (text, after) = strong.unwrap_or(rest).strip_prefix('"')?.split_once('"')?;
            if !text.chars().all(|c| c == '!' || ('#'..='~').contains(&c) || c >= '\u{80}') {
                return None;
            }
            tags.push(Tag { weak: strong.is_some(), text: text.to_owned() });
            rest = after.trim_start();
            if rest.is_empty() {
                return Some(Self::Listed(tags));
            }
            rest = rest.strip_prefix(',')?.trim_start();
        }
    }

    /// The versions that match strongly; `None` when any does.
    pub(crate) fn strong_versions(&self) -> Option<Vec<i64>> {
        match self {
            Self::Any => None,
            Self::Listed(tags) => {
                Some(tags.iter().filter(|tag| !tag.weak).filter_map(Tag::version).collect())
            }
        }
    }

    /// What a write is not meant for: the versions that match weakly (RFC 9110 §13.1.2).
    pub(crate) fn none_of(&self) -> NoneOf {
        match self {
            Self::Any => NoneOf::Any,
            Self::Listed(tags) => NoneOf::Versions(tags.iter().filter_map(Tag::version).collect()),
        }
    }

    /// Whether the version matches weakly.
    pub(crate) fn names(&self, version: i64) -> bool {
        match self {
            Self::Any => true,
            Self::Listed(tags) => tags.iter().any(|tag| tag.version() == Some(version)),
        }
    }
}

impl Tag {
    fn version(&self) -> Option<i64> {
        self.text.parse().ok().filter(|version: &i64| version.to_string() == self.text)
    }
}

/// The tag of a version.
pub(crate) fn of(version: i64) -> String {
    format!("\"{version}\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strong(header: &str) -> Option<Vec<i64>> {
        Tags::parse(header).unwrap().strong_versions()
    }

    #[test]
    fn one_tag_a_list_and_the_star_are_read() {
        assert_eq!(strong("\"3\""), Some(vec![3]));
        assert_eq!(strong(" \"3\" ,\"4\", \"5\""), Some(vec![3, 4, 5]));
        assert_eq!(strong("*"), None);
    }

    #[test]
    fn weak_and_foreign_tags_never_match_strongly() {
        assert_eq!(strong("W/\"3\""), Some(vec![]));
        assert_eq!(strong("\"abc\", \"03\", \"+3\", \"\", \"a,b\""), Some(vec![]));
    }

    #[test]
    fn garbage_is_no_list_of_tags() {
        for garbage in ["", "3", "\"3", "\"3\",", "\"3\" \"4\"", "w/\"3\"", "*, \"3\"", "\"a b\""] {
            assert_eq!(Tags::parse(garbage), None, "{garbage}");
        }
    }

    #[test]
    fn if_none_match_compares_weakly() {
        assert!(Tags::parse("W/\"3\"").unwrap().names(3));
        assert!(Tags::parse("*").unwrap().names(3));
        assert!(!Tags::parse("\"2\"").unwrap().names(3));
    }
}
