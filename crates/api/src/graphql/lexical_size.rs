/// What a document looks like, before the parser takes it apart.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct LexicalSize {
    /// How many brackets are open at once, at most.
    pub(super) brackets: usize,
    /// Words, strings and signs.
    pub(super) tokens: usize,
}

impl LexicalSize {
    pub(super) fn of(query: &str) -> Self {
        let (mut size, mut open, mut rest) = (Self { brackets: 0, tokens: 0 }, 0_usize, query);
        while let Some(first) = rest.chars().next() {
            size.tokens += 1;
            rest = match first {
                '"' => after_string(rest),
                '#' => rest.find(['\n', '\r']).map_or("", |end| rest.split_at(end).1),
                _ if is_of_word(first) => rest.trim_start_matches(is_of_word),
                _ => rest.split_at(first.len_utf8()).1,
            };
            match first {
                '(' | '[' | '{' => open += 1,
                ')' | ']' | '}' => open = open.saturating_sub(1),
                // Neither says anything.
                ',' => size.tokens -= 1,
                _ if first.is_whitespace() => size.tokens -= 1,
                _ => {}
            }
            size.brackets = size.brackets.max(open);
        }
        size
    }
}

fn is_of_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

/// What comes after the string that `text` starts with.
fn after_string(text: &str) -> &str {
    let is_block = text.starts_with("\"\"\"");
    let quote = if is_block { "\"\"\"" } else { "\"" };
    let mut inner = text.strip_prefix(quote).unwrap_or_default();
    while let Some(at) = inner.find(['"', '\\']) {
        let (_, found) = inner.split_at(at);
        if let Some(rest) = found.strip_prefix(quote) {
            return rest;
        }
        let escaped = found.strip_prefix("\\\"\"\"").filter(|_| is_block);
        inner = escaped.unwrap_or_else(|| {
            let skipped = if found.starts_with('\\') && !is_block { 2 } else { 1 };
            let mut rest = found.chars();
            rest.by_ref().take(skipped).for_each(drop);
            rest.as_str()
        });
    }
    ""
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_and_words_are_counted_outside_of_strings_and_comments() {
        for (query, brackets, tokens) in [
            ("{ me { id } }", 2, 6),
            (r#"{ a(b: "[[[[ \" [[[") }"#, 2, 8),
            (r#"{ a(b: "", c: [1]) }"#, 3, 13),
            (r#"{ a(b: "\\") }"#, 2, 8),
            ("{ a(b: \"\"\"[[[ \\\"\"\" [[[ \" [\"\"\") { c } }", 2, 11),
            ("{ # [[[[\n a { b } }", 2, 7),
            ("\"[[[", 0, 1),
            ("}}}{", 1, 4),
        ] {
            assert_eq!(LexicalSize::of(query), LexicalSize { brackets, tokens }, "{query}");
        }
    }
}
