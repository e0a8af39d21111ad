/// A value that has been read from a stored text (R29). A text that is not the value's own is
/// kept until the value changes, so that nobody rewrites what another application wrote.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct AsStored<T> {
    value: T,
    odd_text: Option<Box<str>>,
}

impl<T: Copy> AsStored<T> {
    /// `own` is the text that the value is written as.
    pub(crate) fn read(text: &str, value: T, own: &str) -> Self {
        Self { value, odd_text: (text != own).then(|| text.into()) }
    }

    pub(crate) const fn get(&self) -> T {
        self.value
    }

    /// The stored text, where it is not the value's own.
    pub(crate) fn odd_text(&self) -> Option<&str> {
        self.odd_text.as_deref()
    }

    /// The value, if the stored text is its own: `PRIMARY` is read as the type `primary`, and is
    /// not its text.
    pub(crate) fn known(&self) -> Option<T> {
        self.odd_text.is_none().then_some(self.value)
    }
}

impl<T> From<T> for AsStored<T> {
    fn from(value: T) -> Self {
        Self { value, odd_text: None }
    }
}
