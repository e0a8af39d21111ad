//! What values look like. The OpenAPI document and the GraphQL schema are both written from it.

/// What a value looks like.
#[derive(Clone, Copy)]
pub(crate) enum Schema {
    Text,
    /// A text of one to so many characters.
    ShortText(usize),
    /// A text that fits a regular expression.
    Pattern(&'static str),
    /// A UUID.
    Id,
    /// A date, as RFC 3339 has it.
    Date,
    /// A moment, as RFC 3339 has it.
    Time,
    Flag,
    /// A whole number from nought on.
    Number,
    /// A number of items, and how many there are when nobody says.
    Count {
        greatest: u32,
        usual: u32,
    },
    /// Seconds since 1970.
    Seconds,
    /// Any JSON.
    Json,
    /// An object whose keys are free.
    JsonObject,
    Enumeration(&'static Enumeration),
    Alias(&'static Alias),
    Object(&'static dyn Object),
}

/// A text that is one of a few.
pub(crate) struct Enumeration {
    pub(crate) name: &'static str,
    pub(crate) description: &'static str,
    pub(crate) values: fn() -> Vec<&'static str>,
}

/// A name for another schema, or for a choice among several.
pub(crate) struct Alias {
    pub(crate) name: &'static str,
    pub(crate) description: &'static str,
    pub(crate) alternatives: &'static [Schema],
}

/// An object with members of its own.
pub(crate) trait Object: Sync {
    fn name(&self) -> &'static str;
    /// What GraphQL calls it.
    fn graphql_name(&self) -> String;
    fn description(&self) -> &'static str;
    fn members(&self) -> Vec<Member>;
    /// Whether it has no other members: later versions may add to answers, not to requests.
    fn is_closed(&self) -> bool;
    /// A whole example, as JSON; without one it is made of those of the members.
    fn example(&self) -> Option<&'static str>;
}

/// A member of an object.
#[derive(Clone, Copy)]
pub(crate) struct Member {
    pub(crate) name: &'static str,
    pub(crate) schema: Schema,
    /// Whether there is a list of such values.
    pub(crate) is_list: bool,
    pub(crate) is_nullable: bool,
    pub(crate) is_required: bool,
    pub(crate) example: Example,
}

/// An example of a member.
#[derive(Clone, Copy)]
pub(crate) enum Example {
    /// One that follows from the schema.
    OfSchema,
    Text(&'static str),
    /// As JSON.
    Json(&'static str),
    /// The example of the object is without this member.
    Absent,
}

/// A member that is always there, and is one value.
pub(crate) const fn member(name: &'static str, schema: Schema) -> Member {
    let (is_list, is_nullable, is_required) = (false, false, true);
    Member { name, schema, is_list, is_nullable, is_required, example: Example::OfSchema }
}

impl Member {
    pub(crate) const fn list(self) -> Self {
        Self { is_list: true, ..self }
    }

    pub(crate) const fn nullable(self) -> Self {
        Self { is_nullable: true, ..self }
    }

    pub(crate) const fn optional(self) -> Self {
        Self { is_required: false, ..self }
    }

    pub(crate) const fn like(self, text: &'static str) -> Self {
        Self { example: Example::Text(text), ..self }
    }

    pub(crate) const fn like_json(self, json: &'static str) -> Self {
        Self { example: Example::Json(json), ..self }
    }

    pub(crate) const fn absent_in_example(self) -> Self {
        Self { example: Example::Absent, ..self }
    }
}

/// An object that the service answers with.
pub(crate) struct View {
    pub(crate) name: &'static str,
    pub(crate) description: &'static str,
    pub(crate) members: &'static [Member],
}

impl Object for View {
    fn name(&self) -> &'static str {
        self.name
    }

    fn graphql_name(&self) -> String {
        self.name.to_owned()
    }

    fn description(&self) -> &'static str {
        self.description
    }

    fn members(&self) -> Vec<Member> {
        self.members.to_vec()
    }

    fn is_closed(&self) -> bool {
        false
    }

    fn example(&self) -> Option<&'static str> {
        None
    }
}
