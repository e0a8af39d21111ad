/// What a partial update says of one optional field.
///
/// ```
/// use userdom_domain::Patch;
///
/// let mut bio = Some("old");
/// Patch::Keep.apply(&mut bio);
/// assert_eq!(bio, Some("old"));
/// Patch::Set("new").apply(&mut bio);
/// assert_eq!(bio, Some("new"));
/// Patch::Clear.apply(&mut bio);
/// assert_eq!(bio, None);
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Patch<T> {
    /// Not named: it stays as it is.
    #[default]
    Keep,
    /// Named with nothing: it becomes empty.
    Clear,
    /// Named with a value.
    Set(T),
}

impl<T> Patch<T> {
    /// Changes the field as said.
    pub fn apply(self, field: &mut Option<T>) {
        match self {
            Self::Keep => {}
            Self::Clear => *field = None,
            Self::Set(value) => *field = Some(value),
        }
    }
}
