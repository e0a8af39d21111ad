/// A part of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// What is on it, each with the cursor of what comes after.
    pub items: Vec<(T, String)>,
    /// Whether there are more.
    pub has_more: bool,
    /// How many there are in all, if that was asked.
    pub total: Option<u64>,
}

/// Cuts a list that was read with one item more than wanted, which tells whether there is
/// another page.
pub(super) fn cut<T>(items: &mut Vec<T>, limit: u32) -> bool {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let has_more = items.len() > limit;
    items.truncate(limit);
    has_more
}
