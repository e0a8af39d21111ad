//! What a document asks for, before any of it is done: what is too much is refused at once.

use std::collections::HashMap;

use async_graphql::{
    Name, Positioned, Value as ConstValue,
    parser::{
        self, parse_query,
        types::{
            Directive, ExecutableDocument, Field, FragmentDefinition, OperationType, Selection,
            SelectionSet,
        },
    },
};
use serde_json::Value as Json;

use super::{
    connections::{self, GREATEST_LIMIT, USUAL_LIMIT},
    lexical_size::LexicalSize,
    root_field::ROOT_FIELDS,
};
use crate::http::{endpoint::Endpoint, problem::Problem};

/// Fields inside fields.
const MOST_LEVELS: usize = 20;
/// What all fields cost together: one each, times the length of the page that they stand in.
const MOST_COST: usize = 20_000;
/// What a root field costs by itself: it goes to the store.
const ROOT_COST: usize = 200;
const MOST_ALIASES: usize = 50;
const MOST_DIRECTIVES: usize = 50;
/// The parser takes far more memory than the text.
const MOST_TOKENS: usize = 4_000;
/// Of all kinds: the parser descends into each of them.
const MOST_BRACKETS: usize = 64;
/// Selections that are looked at to find that out, those of unused fragments included.
const MOST_STEPS: usize = 50_000;
/// Selections inside selections, fragments included; a fragment in itself has no end.
const MOST_NESTED: usize = 100;
const LONGEST_PAGE: usize = GREATEST_LIMIT as usize;

/// A document that may run.
pub(super) struct Plan {
    pub(super) document: ExecutableDocument,
    pub(super) hashing: Option<&'static Endpoint>,
    pub(super) introspects: bool,
    /// Whether it may change something.
    pub(super) mutates: bool,
}

/// Reads a document, and refuses one that is too much.
pub(super) fn plan(
    query: &str,
    operation_name: Option<&str>,
    variables: &Json,
) -> Result<Plan, Problem> {
    let size = LexicalSize::of(query);
    refuse_over(size.tokens, MOST_TOKENS, "words and signs")?;
    refuse_over(size.brackets, MOST_BRACKETS, "brackets inside brackets")?;
    let document = parse_query(query).map_err(|error| malformed(&error))?;
    let usage = UsageCounts::of(&document);
    refuse_over(usage.aliases, MOST_ALIASES, "aliases")?;
    refuse_over(usage.directives, MOST_DIRECTIVES, "directives")?;
    let mut visitor = CostVisitor { fragments: &document.fragments, variables, steps: 0 };
    let (mut roots, mut mutates) = (Vec::new(), false);
    for (name, operation) in document.operations.iter() {
        let mut found = Vec::new();
        let set = &operation.node.selection_set.node;
        let cost = visitor.cost(set, Place::default(), Some(&mut found))?;
        refuse_over(cost, MOST_COST, "points of cost")?;
        if operation_name.is_none() || name.map(Name::as_str) == operation_name {
            roots = found;
            mutates |= operation.node.ty != OperationType::Query;
        }
    }
    for fragment in document.fragments.values() {
        visitor.cost(&fragment.node.selection_set.node, Place::default(), None)?;
    }
    let endpoints: Vec<&Endpoint> = roots.iter().filter_map(|name| endpoint_of(name)).collect();
    if endpoints.iter().filter(|endpoint| endpoint.checks_a_secret()).count() > 1 {
        return Err(Problem::new(code!("graphql.too_many_passwords")));
    }
    if endpoints.iter().filter(|endpoint| endpoint.is_long()).count() > 1 {
        return Err(Problem::new(code!("graphql.too_many_exports")));
    }
    let hashing = endpoints.iter().copied().find(|endpoint| endpoint.may_hash());
    let introspects = roots.iter().any(|name| name == "__schema" || name == "__type");
    Ok(Plan { document, hashing, introspects, mutates })
}

/// Where the parser gave up, and what it wanted there: the last line of the picture that it draws.
fn malformed(error: &parser::Error) -> Problem {
    let text = error.to_string();
    let wanted = text.lines().last().unwrap_or_default().trim_start_matches([' ', '=']);
    let detail = match error.positions().next() {
        Some(place) => format!("At line {}, column {}: {wanted}", place.line, place.column),
        None => wanted.to_owned(),
    };
    Problem::new(code!("graphql.malformed")).with_detail(detail.replace('_', " "))
}

fn endpoint_of(field: &str) -> Option<&'static Endpoint> {
    ROOT_FIELDS.iter().find(|root| root.name == field).map(|root| root.endpoint)
}

fn refuse_over(found: usize, most: usize, what: &str) -> Result<(), Problem> {
    if found <= most {
        return Ok(());
    }
    let detail = format!("A document has at most {most} {what}");
    Err(Problem::new(code!("graphql.too_complex")).with_detail(detail))
}

/// Aliases and directives, wherever they stand in the text.
#[derive(Default)]
struct UsageCounts {
    aliases: usize,
    directives: usize,
}

impl UsageCounts {
    fn of(document: &ExecutableDocument) -> Self {
        let mut usage = Self::default();
        for (_, operation) in document.operations.iter() {
            let operation = &operation.node;
            usage.directives(&operation.directives);
            for variable in &operation.variable_definitions {
                usage.directives(&variable.node.directives);
            }
            usage.set(&operation.selection_set.node);
        }
        for fragment in document.fragments.values() {
            usage.directives(&fragment.node.directives);
            usage.set(&fragment.node.selection_set.node);
        }
        usage
    }

    fn directives(&mut self, directives: &[Positioned<Directive>]) {
        self.directives += directives.len();
    }

    fn set(&mut self, set: &SelectionSet) {
        for selection in &set.items {
            match &selection.node {
                Selection::Field(field) => {
                    self.aliases += usize::from(field.node.alias.is_some());
                    self.directives(&field.node.directives);
                    self.set(&field.node.selection_set.node);
                }
                Selection::FragmentSpread(spread) => self.directives(&spread.node.directives),
                Selection::InlineFragment(inline) => {
                    self.directives(&inline.node.directives);
                    self.set(&inline.node.selection_set.node);
                }
            }
        }
    }
}

/// How deep a selection stands.
#[derive(Clone, Copy, Default)]
struct Place {
    /// In fields.
    level: usize,
    /// In fields and fragments.
    nested: usize,
}

impl Place {
    fn inside(self) -> Self {
        Self { nested: self.nested + 1, ..self }
    }

    fn below(self) -> Self {
        Self { level: self.level + 1, ..self.inside() }
    }
}

/// Measures what a document does, with every fragment in each of its places.
struct CostVisitor<'a> {
    fragments: &'a HashMap<Name, Positioned<FragmentDefinition>>,
    variables: &'a Json,
    steps: usize,
}

impl CostVisitor<'_> {
    /// What a selection costs. `roots` gets the fields of a whole operation.
    fn cost(
        &mut self,
        set: &SelectionSet,
        place: Place,
        mut roots: Option<&mut Vec<String>>,
    ) -> Result<usize, Problem> {
        refuse_over(place.level, MOST_LEVELS, "levels")?;
        refuse_over(place.nested, MOST_NESTED, "nested fragments, and none in itself")?;
        let mut cost: usize = 0;
        for selection in &set.items {
            self.steps += 1;
            refuse_over(self.steps, MOST_STEPS, "fields, each as often as it is reached")?;
            let one = match &selection.node {
                Selection::Field(field) => {
                    let inner = &field.node.selection_set.node;
                    let inner = self.cost(inner, place.below(), None)?;
                    let times = self.times(&field.node);
                    let own = match &mut roots {
                        Some(roots) => {
                            roots.push(field.node.name.node.to_string());
                            ROOT_COST
                        }
                        None => 1,
                    };
                    inner.saturating_mul(times).saturating_add(own)
                }
                Selection::FragmentSpread(spread) => {
                    match self.fragments.get(&spread.node.fragment_name.node) {
                        Some(fragment) => {
                            let inner = &fragment.node.selection_set.node;
                            self.cost(inner, place.inside(), roots.as_deref_mut())?
                        }
                        None => 0,
                    }
                }
                Selection::InlineFragment(inline) => {
                    let inner = &inline.node.selection_set.node;
                    self.cost(inner, place.inside(), roots.as_deref_mut())?
                }
            };
            cost = cost.saturating_add(one);
        }
        Ok(cost)
    }

    /// How often what stands in a field may come.
    fn times(&self, field: &Field) -> usize {
        if !connections::is_one(&field.name.node) {
            return 1;
        }
        let Some(first) = field.get_argument("first") else {
            return USUAL_LIMIT as usize;
        };
        let number = first.node.clone().into_const_with(|name| {
            let given = self.variables.get(name.as_str()).and_then(Json::as_u64);
            given.map(ConstValue::from).ok_or(())
        });
        let number = number.ok().and_then(|value| value.into_json().ok()?.as_u64());
        number.and_then(|it| it.try_into().ok()).unwrap_or(LONGEST_PAGE).clamp(1, LONGEST_PAGE)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn refused(query: &str) -> Option<&'static str> {
        plan(query, None, &Json::Null).err().map(|problem| problem.code.name)
    }

    fn each(count: usize, text: impl Fn(usize) -> String) -> String {
        (0..count).map(text).collect::<Vec<_>>().concat()
    }

    #[test]
    fn what_fits_may_run() {
        assert_eq!(refused("{ me { id emails { email } } }"), None);
        let all = "{ users(first: 200) { edges { node { id ...all } } } } fragment all on User { username }";
        assert_eq!(refused(all), None);
    }

    #[test]
    fn g1_fifty_levels_are_refused() {
        let deep = format!("{}{}", "{ me ".repeat(50), "}".repeat(50));
        assert_eq!(refused(&deep), Some("graphql.too_complex"));
    }

    #[test]
    fn g1_a_document_of_many_words_is_refused() {
        let long = format!("{{me{{{}}}}}", "id ".repeat(MOST_TOKENS));
        assert_eq!(refused(&long), Some("graphql.too_complex"));
    }

    /// Seen to fail without the count of brackets.
    #[test]
    fn g1_lists_inside_lists_are_refused() {
        for open in ["[", "{a:"] {
            let deep = format!("{{me(x:{}", open.repeat(MOST_BRACKETS));
            assert_eq!(refused(&deep), Some("graphql.too_complex"));
        }
        let closed = format!("{{me(x:{}1{}){{id}}}}", "[".repeat(1_000), "]".repeat(1_000));
        assert_eq!(refused(&closed), Some("graphql.too_complex"));
    }

    #[test]
    fn g1_thousands_of_aliases_and_directives_are_refused() {
        let aliases = each(500, |n| format!("a{n}:me{{id}} "));
        assert_eq!(refused(&format!("{{{aliases}}}")), Some("graphql.too_complex"));
        let few = each(MOST_ALIASES + 1, |n| format!("a{n}:id "));
        assert_eq!(refused(&format!("{{me{{{few}}}}}")), Some("graphql.too_complex"));
        let directives = "@include(if:true)".repeat(500);
        assert_eq!(refused(&format!("{{me {directives} {{id}}}}")), Some("graphql.too_complex"));
        assert_eq!(
            refused(&format!("query {directives} {{me{{id}}}}")),
            Some("graphql.too_complex")
        );
    }

    #[test]
    fn g1_one_field_many_times_is_refused() {
        assert_eq!(refused(&format!("{{{}}}", "me{id} ".repeat(100))), Some("graphql.too_complex"));
    }

    #[test]
    fn g1_fragments_that_grow_or_contain_themselves_are_refused() {
        let bomb = each(30, |n| {
            format!("fragment f{n} on User {{ ...f{next} ...f{next} }} ", next = n + 1)
        });
        let bomb = format!("{bomb} fragment f30 on User {{ id }}");
        for query in [
            format!("{{ me {{ ...f0 }} }} {bomb}"),
            format!("{{ me {{ id }} }} {bomb}"),
            "{ me { ...a } } fragment a on User { ...b } fragment b on User { ...a }".to_owned(),
            "{ me { id } } fragment a on User { ...a }".to_owned(),
        ] {
            assert_eq!(refused(&query), Some("graphql.too_complex"), "{query}");
        }
    }

    #[test]
    fn g1_a_page_costs_what_stands_on_it() {
        let query = "query($n: Int) { users(first: $n) { edges { node { emails { email } \
            a: emails { email } b: emails { email } } } } \
            more: users(first: $n) { edges { node { id username status roles } } } }";
        let wide =
            format!("{{ users(first: 200) {{ edges {{ node {{ {} }} }} }} }}", "id ".repeat(100));
        assert_eq!(refused(&wide), Some("graphql.too_complex"));
        assert!(plan(query, None, &json!({"n": 200})).is_ok());
    }

    #[test]
    fn g2_a_document_checks_one_password_or_code_at_most() {
        let sign_in = r#"signIn(input: {login: "a", password: "b"}) { challenge { challenge } }"#;
        let code = r#"finishSignIn(input: {challenge: "a"}) { openedSession { expiresIn } }"#;
        let batch = r"batch(input: {operations: []}) { outcomes { committed } }";
        assert_eq!(refused(&format!("mutation {{ {sign_in} }}")), None);
        for other in [sign_in, code, batch] {
            let two = format!("mutation {{ {sign_in} b: {other} }}");
            assert_eq!(refused(&two), Some("graphql.too_many_passwords"));
        }
        let in_fragments = format!(
            "mutation {{ ...f ... on Mutation {{ {sign_in} }} }} fragment f on Mutation {{ {code} }}"
        );
        assert_eq!(refused(&in_fragments), Some("graphql.too_many_passwords"));
    }

    #[test]
    fn where_a_document_cannot_be_read_is_told() {
        let problem = plan("{ me { id", None, &Json::Null).err().unwrap();
        let detail = &problem.to_members("r")["detail"];
        assert!(
            detail.as_str().unwrap().starts_with("At line 1, column 10: expected "),
            "{detail}"
        );
    }

    #[test]
    fn what_is_no_document_is_refused() {
        for query in ["", "{", "{ me ", "}", "mutation", "{ me { id } } { me { id } }", "\u{0}"] {
            assert_eq!(refused(query), Some("graphql.malformed"), "{query:?}");
        }
    }

    proptest! {
        #[test]
        fn v6_no_document_makes_it_panic(query in r#"[{}():@.$!"\\\[\]=|a-f0-9 ,\n]{0,200}"#) {
            let _ = plan(&query, None, &Json::Null);
        }

        #[test]
        fn v6_no_text_makes_it_panic(query in "\\PC{0,100}") {
            let _ = plan(&query, None, &Json::Null);
        }
    }
}
