use userdom_application::services::CodedError;

use super::{
    call::Call,
    codes::Code,
    faults::{FaultKind, FaultList},
    problem::Problem,
    schema::Schema,
};

/// How many items a page has when nobody says.
pub(crate) const USUAL_LIMIT: u32 = 50;
pub(crate) const GREATEST_LIMIT: u32 = 200;

pub(crate) const CURSOR: Parameter =
    parameter("cursor", "The `next_cursor` of the page before", Schema::Text);
pub(crate) const LIMIT: Parameter = parameter(
    "limit",
    "How many at most",
    Schema::Count { greatest: GREATEST_LIMIT, usual: USUAL_LIMIT },
);
pub(crate) const COUNT: Parameter = parameter("count", "Whether to count all", Schema::Flag);

/// A parameter of the query.
#[derive(Clone, Copy)]
pub(crate) struct Parameter {
    pub(crate) name: &'static str,
    pub(crate) description: &'static str,
    pub(crate) schema: Schema,
    pub(crate) is_required: bool,
}

/// A parameter that may be absent.
pub(crate) const fn parameter(
    name: &'static str,
    description: &'static str,
    schema: Schema,
) -> Parameter {
    Parameter { name, description, schema, is_required: false }
}

/// The parameters of a query, read so that all faulty ones are reported at once. A fault names
/// its parameter with a question mark before it, where a body has a JSON pointer.
pub(crate) struct Parameters<'a> {
    call: &'a Call<'a>,
    faults: FaultList,
}

impl<'a> Parameters<'a> {
    pub(crate) fn of(call: &'a Call<'a>) -> Self {
        Self { call, faults: FaultList::default() }
    }

    /// A parameter, if it is there and sound.
    pub(crate) fn read<T, E: CodedError>(
        &mut self,
        name: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        match parse(self.call.parameter(name)?) {
            Ok(value) => Some(value),
            Err(error) => {
                let pointer = format!("?{name}");
                self.faults.add(&pointer, &error, FaultKind::Malformed);
                None
            }
        }
    }

    /// `true` or `false`.
    pub(crate) fn flag(&mut self, name: &str) -> Option<bool> {
        self.read(name, |text| text.parse().map_err(|_| code!("flag.invalid")))
    }

    /// How many items a page is to have.
    pub(crate) fn limit(&mut self) -> u32 {
        self.read(LIMIT.name, read_limit).unwrap_or(USUAL_LIMIT)
    }

    /// Where the page begins.
    pub(crate) fn cursor(&mut self) -> Option<String> {
        self.call.parameter(CURSOR.name).map(str::to_owned)
    }

    /// The value, unless something was faulty.
    pub(crate) fn finish<T>(self, value: T) -> Result<T, Problem> {
        self.faults.finish().map(|()| value)
    }
}

fn read_limit(text: &str) -> Result<u32, &'static Code> {
    let limit = text.parse().ok().filter(|limit: &u32| limit.to_string() == text);
    limit.filter(|limit| (1..=GREATEST_LIMIT).contains(limit)).ok_or(code!("limit.invalid"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_a_number_from_1_to_200() {
        assert_eq!(read_limit("1").unwrap(), 1);
        assert_eq!(read_limit("200").unwrap(), 200);
        for text in [
            "",
            "0",
            "-1",
            "201",
            "+5",
            "05",
            "5.0",
            "x",
            "2147483648",
            "9223372036854775808",
            "9e1",
        ] {
            assert!(read_limit(text).is_err(), "{text}");
        }
    }
}
