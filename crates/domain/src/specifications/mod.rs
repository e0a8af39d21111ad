//! Which users are meant: questions as data.

mod contacts;
mod text;
mod user;

pub use contacts::{AddressTest, EmailTest, PhoneTest};
pub use text::{TextOperator, TextTest, folded, plain, sortable};
pub use user::{TimeRange, UserSpecification, UserTest};

/// Tests that are combined by *all*, *any* and *not* (R28).
///
/// The tree is data: [`UserSpecification::is_satisfied_by`] reads one in memory, and
/// a store reads the same tree as SQL.
///
/// ```
/// use userdom_domain::{ContactType, EmailTest, Specification, TextTest};
///
/// let at_work = Specification::all([
///     EmailTest::Type(ContactType::Work).into(),
///     EmailTest::Value(TextTest::starts_with("ada")).into(),
/// ]);
/// assert_eq!(at_work.tests(), 2);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Specification<T> {
    /// A single test.
    Test(T),
    /// All of these; of none of them, everybody.
    All(Vec<Self>),
    /// Any of these; of none of them, nobody.
    Any(Vec<Self>),
    /// The users that do not satisfy it.
    Not(Box<Self>),
}

impl<T> Specification<T> {
    /// The users that satisfy all of them.
    pub fn all(parts: impl IntoIterator<Item = Self>) -> Self {
        Self::All(parts.into_iter().collect())
    }

    /// The users that satisfy at least one of them.
    pub fn any(parts: impl IntoIterator<Item = Self>) -> Self {
        Self::Any(parts.into_iter().collect())
    }

    /// The users that do not satisfy it.
    pub fn not(part: impl Into<Self>) -> Self {
        Self::Not(Box::new(part.into()))
    }

    /// How many tests it has.
    pub fn tests(&self) -> usize {
        match self {
            Self::Test(_) => 1,
            Self::All(parts) | Self::Any(parts) => parts.iter().map(Self::tests).sum(),
            Self::Not(part) => part.tests(),
        }
    }

    /// The tree's answer, given that of each test.
    pub fn holds(&self, test: &impl Fn(&T) -> bool) -> bool {
        match self {
            Self::Test(one) => test(one),
            Self::All(parts) => parts.iter().all(|part| part.holds(test)),
            Self::Any(parts) => parts.iter().any(|part| part.holds(test)),
            Self::Not(part) => !part.holds(test),
        }
    }
}

impl<T> From<T> for Specification<T> {
    fn from(test: T) -> Self {
        Self::Test(test)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r28_all_any_and_not_combine_as_in_logic() {
        let holds = |tree: Specification<bool>| tree.holds(&|test| *test);
        let (yes, no) = (Specification::from(true), Specification::from(false));
        assert!(holds(Specification::all([])));
        assert!(!holds(Specification::any([])));
        assert!(!holds(Specification::all([yes.clone(), no.clone()])));
        assert!(holds(Specification::any([yes, no.clone()])));
        assert!(holds(Specification::not(no)));
    }
}
