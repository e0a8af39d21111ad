use super::FilterError;

/// A filter as it is written. Attributes and values carry their place.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Filter {
    /// `attribute pr`
    Present(Name),
    /// `attribute eq "value"`
    Compare(Name, Operator, Literal),
    /// `attribute[filter]`
    Within(Name, Box<Self>),
    And(Vec<Self>),
    Or(Vec<Self>),
    Not(Box<Self>),
}

/// The path of an attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Name {
    pub(super) at: usize,
    pub(super) text: String,
}

/// A JSON literal to compare with.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Literal {
    pub(super) at: usize,
    pub(super) value: Value,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Text(String),
    Flag(bool),
    Null,
    Number(f64),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Eq,
    Ne,
    Co,
    Sw,
    Ew,
    Gt,
    Ge,
    Lt,
    Le,
}

/// Longer filters are refused unread.
const MAX_CHARS: usize = 2_000;
/// How deep parentheses, brackets and NOT may be nested.
const MAX_DEPTH: usize = 16;
/// How many comparisons there may be.
const MAX_TESTS: usize = 40;

/// Reads a whole filter.
pub(super) fn parse(text: &str) -> Result<Filter, FilterError> {
    let letters: Vec<char> = text.chars().take(MAX_CHARS + 1).collect();
    if letters.len() > MAX_CHARS {
        let what = format!("a filter has at most {MAX_CHARS} characters");
        return Err(FilterError { at: MAX_CHARS + 1, what });
    }
    let mut reader = Reader { letters: &letters, next: 0, depth: 0, tests: 0 };
    let filter = reader.either()?;
    reader.skip_spaces();
    match reader.peek() {
        None => Ok(filter),
        Some(_) => Err(reader.expected("\"and\", \"or\" or the end")),
    }
}

struct Reader<'a> {
    letters: &'a [char],
    next: usize,
    depth: usize,
    tests: usize,
}

impl Reader<'_> {
    /// `one or other or …`, which binds less than `and`.
    fn either(&mut self) -> Result<Filter, FilterError> {
        let mut parts = vec![self.both()?];
        while self.word("or") {
            parts.push(self.both()?);
        }
        Ok(joined(parts, Filter::Or))
    }

    /// `one and other and …`
    fn both(&mut self) -> Result<Filter, FilterError> {
        let mut parts = vec![self.one()?];
        while self.word("and") {
            parts.push(self.one()?);
        }
        Ok(joined(parts, Filter::And))
    }

    fn one(&mut self) -> Result<Filter, FilterError> {
        self.skip_spaces();
        let before = self.next;
        if self.word("not") {
            if self.sign('(') {
                return Ok(Filter::Not(Box::new(self.enclosed(')')?)));
            }
            self.next = before;
        }
        if self.sign('(') {
            return self.enclosed(')');
        }
        let name = self.name()?;
        if self.sign('[') {
            return Ok(Filter::Within(name, Box::new(self.enclosed(']')?)));
        }
        self.tests += 1;
        if self.tests > MAX_TESTS {
            let what = format!("a filter has at most {MAX_TESTS} comparisons");
            return Err(FilterError { at: name.at, what });
        }
        if self.word("pr") {
            return Ok(Filter::Present(name));
        }
        let operator = self.operator()?;
        Ok(Filter::Compare(name, operator, self.literal()?))
    }

    /// What stands before the closing sign; the opening one has been read.
    fn enclosed(&mut self, close: char) -> Result<Filter, FilterError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            let what = format!("a filter is nested at most {MAX_DEPTH} deep");
            return Err(FilterError { at: self.next, what });
        }
        let filter = self.either()?;
        if !self.sign(close) {
            return Err(self.expected(&format!("\"and\", \"or\" or \"{close}\"")));
        }
        self.depth -= 1;
        Ok(filter)
    }

    fn name(&mut self) -> Result<Name, FilterError> {
        self.skip_spaces();
        let at = self.next + 1;
        let text = self.while_(|c| c.is_ascii_alphanumeric() || "._-:$".contains(c));
        if text.starts_with(|c: char| c.is_ascii_alphabetic()) {
            return Ok(Name { at, text });
        }
        self.next = at - 1;
        Err(self.expected("the name of a field, \"not (\" or \"(\""))
    }

    fn operator(&mut self) -> Result<Operator, FilterError> {
        const KNOWN: [(&str, Operator); 9] = [
            ("eq", Operator::Eq),
            ("ne", Operator::Ne),
            ("co", Operator::Co),
            ("sw", Operator::Sw),
            ("ew", Operator::Ew),
            ("gt", Operator::Gt),
            ("ge", Operator::Ge),
            ("lt", Operator::Lt),
            ("le", Operator::Le),
        ];
        let found = KNOWN.iter().find(|(word, _)| self.word(word));
        let found = found.map(|(_, operator)| *operator);
        found.ok_or_else(|| self.expected("one of eq, ne, co, sw, ew, gt, ge, lt, le, pr"))
    }

    fn literal(&mut self) -> Result<Literal, FilterError> {
        self.skip_spaces();
        let at = self.next + 1;
        if self.peek() == Some('"') {
            return Ok(Literal { at, value: Value::Text(self.text()?) });
        }
        let word = self.while_(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
        let value = match word.as_str() {
            "true" => Some(Value::Flag(true)),
            "false" => Some(Value::Flag(false)),
            "null" => Some(Value::Null),
            number if number.starts_with(|c: char| c == '-' || c.is_ascii_digit()) => {
                number.parse().ok().map(Value::Number)
            }
            _ => None,
        };
        self.next = if value.is_some() { self.next } else { at - 1 };
        let value = value.ok_or_else(|| {
            self.expected("a text in quotation marks, true, false, null or a number")
        });
        Ok(Literal { at, value: value? })
    }

    /// A JSON string.
    fn text(&mut self) -> Result<String, FilterError> {
        let start = self.next;
        let mut escaped = false;
        self.next += 1;
        while let Some(letter) = self.peek() {
            self.next += 1;
            match letter {
                '"' if !escaped => {
                    let written: String =
                        self.letters.get(start..self.next).unwrap_or_default().iter().collect();
                    return serde_json::from_str(&written).map_err(|_| FilterError {
                        at: start + 1,
                        what: "expected a text as JSON writes it".to_owned(),
                    });
                }
                letter => escaped = letter == '\\' && !escaped,
            }
        }
        Err(self.expected("a quotation mark that ends the text"))
    }

    /// Takes a word, in either case, that ends where it ends.
    fn word(&mut self, word: &str) -> bool {
        self.skip_spaces();
        let end = self.next + word.len();
        let is_there = self.letters.get(self.next..end).is_some_and(|found| {
            found.iter().zip(word.chars()).all(|(a, b)| a.eq_ignore_ascii_case(&b))
        });
        let goes_on =
            self.letters.get(end).is_some_and(|c| c.is_alphanumeric() || "._-:$".contains(*c));
        if is_there && !goes_on {
            self.next = end;
        }
        is_there && !goes_on
    }

    fn sign(&mut self, sign: char) -> bool {
        self.skip_spaces();
        let is_there = self.peek() == Some(sign);
        self.next += usize::from(is_there);
        is_there
    }

    fn while_(&mut self, goes_on: impl Fn(char) -> bool) -> String {
        let rest = self.letters.get(self.next..).unwrap_or_default();
        let text: String = rest.iter().copied().take_while(|c| goes_on(*c)).collect();
        self.next += text.len();
        text
    }

    fn skip_spaces(&mut self) {
        while self.peek() == Some(' ') {
            self.next += 1;
        }
    }

    fn peek(&self) -> Option<char> {
        self.letters.get(self.next).copied()
    }

    fn expected(&self, what: &str) -> FilterError {
        FilterError { at: self.next + 1, what: format!("expected {what}") }
    }
}

/// One part stands for itself.
fn joined(mut parts: Vec<Filter>, join: fn(Vec<Filter>) -> Filter) -> Filter {
    match parts.len() {
        1 => parts.remove(0),
        _ => join(parts),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn name(at: usize, text: &str) -> Name {
        Name { at, text: text.to_owned() }
    }

    fn shape(text: &str) -> String {
        fn of(filter: &Filter) -> String {
            let list = |parts: &[Filter]| parts.iter().map(of).collect::<Vec<_>>().join(" ");
            match filter {
                Filter::Present(name) => format!("{}?", name.text),
                Filter::Compare(name, operator, value) => {
                    format!("{}-{operator:?}-{:?}", name.text, value.value)
                }
                Filter::Within(name, inner) => format!("{}[{}]", name.text, of(inner)),
                Filter::And(parts) => format!("&({})", list(parts)),
                Filter::Or(parts) => format!("|({})", list(parts)),
                Filter::Not(part) => format!("!{}", of(part)),
            }
        }
        parse(text).map_or_else(|error| error.to_string(), |filter| of(&filter))
    }

    /// All of RFC 7644 §3.4.2.2, figure after table 5.
    #[test]
    fn the_examples_of_the_rfc_are_read() {
        insta::assert_snapshot!([
            r#"userName eq "bjensen""#,
            r#"name.familyName co "O'Malley""#,
            r#"userName sw "J""#,
            r#"urn:ietf:params:scim:schemas:core:2.0:User:userName sw "J""#,
            "title pr",
            r#"meta.lastModified gt "2011-05-13T04:42:34Z""#,
            r#"meta.lastModified ge "2011-05-13T04:42:34Z""#,
            r#"meta.lastModified lt "2011-05-13T04:42:34Z""#,
            r#"meta.lastModified le "2011-05-13T04:42:34Z""#,
            r#"title pr and userType eq "Employee""#,
            r#"title pr or userType eq "Intern""#,
            r#"schemas eq "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User""#,
            r#"userType eq "Employee" and (emails co "example.com" or emails.value co "example.org")"#,
            r#"userType ne "Employee" and not (emails co "example.com" or emails.value co "example.org")"#,
            r#"userType eq "Employee" and (emails.type eq "work")"#,
            r#"userType eq "Employee" and emails[type eq "work" and value co "@example.com"]"#,
            r#"emails[type eq "work" and value co "@example.com"] or ims[type eq "xmpp" and value co "@foo.com"]"#,
        ].map(shape).join("\n"));
    }

    #[test]
    fn and_binds_more_than_or_and_words_are_read_in_any_case() {
        assert_eq!(shape("a pr or b PR and c pr"), "|(a? &(b? c?))");
        assert_eq!(shape("(a pr OR b pr) And Not(c pr)"), "&(|(a? b?) !c?)");
        assert_eq!(shape("a pr and b pr and c pr"), "&(a? b? c?)");
        // A field may be called like a word.
        assert_eq!(shape("not pr and or pr"), "&(not? or?)");
    }

    #[test]
    fn values_are_those_of_json() {
        assert_eq!(shape(r#"a eq "x\"\\\u00e9""#), r#"a-Eq-Text("x\"\\é")"#);
        assert_eq!(shape("a eq true or a ne false"), "|(a-Eq-Flag(true) a-Ne-Flag(false))");
        assert_eq!(shape("a eq null"), "a-Eq-Null");
        assert_eq!(shape("a gt -1.5e3"), "a-Gt-Number(-1500.0)");
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        insta::assert_snapshot!(
            [
                "",
                "   ",
                "userName",
                "userName eq",
                "userName is \"x\"",
                "userName eq \"x",
                "userName eq \"\\x\"",
                "userName eq 'x'",
                "userName eq x",
                "userName eq \"x\" \"y\"",
                "userName eq \"x\" and",
                "(userName eq \"x\"",
                "userName eq \"x\")",
                "not userName eq \"x\"",
                "emails[type eq \"work\"",
                "emails[]",
                "1 eq 1",
                "a eq \"\u{e9}\" x",
            ]
            .map(shape)
            .join("\n")
        );
    }

    #[test]
    fn depth_length_and_number_are_bounded() {
        let nested = |depth: usize| format!("{}a pr{}", "(".repeat(depth), ")".repeat(depth));
        assert!(parse(&nested(16)).is_ok());
        assert!(parse(&nested(17)).unwrap_err().what.contains("16 deep"));
        assert!(parse(&"not(".repeat(500)).unwrap_err().what.contains("16 deep"));
        let chain = |tests: usize| vec!["a pr"; tests].join(" or ");
        assert!(parse(&chain(40)).is_ok());
        assert_eq!(parse(&chain(41)).unwrap_err().at, 40 * 8 + 1);
        let long = format!("a eq \"{}\"", "x".repeat(2_000));
        assert_eq!(parse(&long).unwrap_err().at, 2_001);
    }

    #[test]
    fn names_and_values_know_their_places() {
        let filter = parse("  é").unwrap_err();
        assert_eq!(filter.at, 3);
        match parse("a eq \"é\" and  b eq 1").unwrap() {
            Filter::And(parts) => match &parts[1] {
                Filter::Compare(found, _, value) => {
                    assert_eq!(*found, name(15, "b"));
                    assert_eq!(value.at, 20);
                }
                other => panic!("{other:?}"),
            },
            other => panic!("{other:?}"),
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,60}") {
            let _ = parse(&text);
        }

        #[test]
        fn no_order_of_its_words_makes_it_panic(
            words in proptest::collection::vec(
                proptest::sample::select(vec!["a", "pr", "eq", "\"x\"", "(", ")", "[", "]", "not",
                    "and", "or", "\"", "\\", "1", " "]), 0..40)
        ) {
            let _ = parse(&words.join(" "));
            let _ = parse(&words.concat());
        }
    }
}
