/// Bytes from the operating system's random source.
///
/// # Panics
/// When that source fails: no secret may be made from anything weaker.
pub(crate) fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    if let Err(error) = getrandom::fill(&mut bytes) {
        panic!("the operating system gives no random bytes: {error}");
    }
    bytes
}
