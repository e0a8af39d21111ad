//! Where the head and the body of a request end (RFC 9112). The HTTP implementation is handed one
//! request at a time: with two in hand it mixes them up, and carries out what comes after
//! `Connection: close`.

/// The part of a request that is awaited.
#[derive(Debug)]
pub(super) enum Frame {
    Head(Lines),
    /// So many bytes of a body.
    Bytes(u64),
    Chunks(Chunks),
    /// A body that ends with the connection.
    ToTheEnd,
    /// All of the request is there.
    Complete,
}

/// Lines up to an empty one.
#[derive(Debug)]
pub(super) struct Lines {
    /// Empty lines before the first one do not count.
    has_begun: bool,
    is_line_empty: bool,
}

/// Where a chunked body is.
#[derive(Debug)]
pub(super) enum Chunks {
    Size { size: u64, is_extended: bool },
    Data { left: u64 },
    AfterData,
    Trailers(Lines),
}

impl Frame {
    pub(super) const fn head() -> Self {
        Self::Head(Lines { has_begun: false, is_line_empty: true })
    }

    pub(super) const fn chunks() -> Self {
        Self::Chunks(Chunks::Size { size: 0, is_extended: false })
    }

    /// How many of these bytes belong to the awaited part.
    pub(super) fn take(&mut self, bytes: &[u8]) -> usize {
        let (taken, is_complete) = match self {
            Self::Head(lines) => of_scan(bytes, |byte| lines.ends_with(byte)),
            Self::Chunks(chunks) => chunks.take(bytes),
            Self::Bytes(left) => {
                let taken = bytes.len().min(usize::try_from(*left).unwrap_or(usize::MAX));
                *left -= taken as u64;
                (taken, *left == 0)
            }
            Self::ToTheEnd => (bytes.len(), false),
            Self::Complete => (0, false),
        };
        if is_complete {
            *self = Self::Complete;
        }
        taken
    }
}

impl Lines {
    fn ends_with(&mut self, byte: u8) -> bool {
        match byte {
            b'\n' => {
                let is_end = self.has_begun && self.is_line_empty;
                self.is_line_empty = true;
                return is_end;
            }
            b'\r' => {}
            _ => {
                self.has_begun = true;
                self.is_line_empty = false;
            }
        }
        false
    }
}

impl Chunks {
    fn take(&mut self, bytes: &[u8]) -> (usize, bool) {
        let mut taken = 0;
        while let Some(rest) = bytes.get(taken..).filter(|rest| !rest.is_empty()) {
            if let Self::Data { left } = self {
                let skipped = rest.len().min(usize::try_from(*left).unwrap_or(usize::MAX));
                *left -= skipped as u64;
                taken += skipped;
                if *left == 0 {
                    *self = Self::AfterData;
                }
                continue;
            }
            let (scanned, is_complete) = of_scan(rest, |byte| self.ends_with(byte));
            taken += scanned;
            if is_complete && !matches!(self, Self::Data { .. }) {
                return (taken, true);
            }
        }
        (taken, false)
    }

    /// Whether the scan stops behind this byte: at data, which is skipped, or at the end.
    fn ends_with(&mut self, byte: u8) -> bool {
        match self {
            Self::Size { size, is_extended } => match byte {
                b'\n' if *size == 0 => {
                    *self = Self::Trailers(Lines { has_begun: true, is_line_empty: true });
                    false
                }
                b'\n' => {
                    *self = Self::Data { left: *size };
                    true
                }
                _ if *is_extended => false,
                _ => {
                    match char::from(byte).to_digit(16) {
                        Some(digit) => *size = size.saturating_mul(16) + u64::from(digit),
                        None => *is_extended = true,
                    }
                    false
                }
            },
            Self::AfterData => {
                if byte == b'\n' {
                    *self = Self::Size { size: 0, is_extended: false };
                }
                false
            }
            Self::Trailers(lines) => lines.ends_with(byte),
            Self::Data { .. } => true,
        }
    }
}

/// How many bytes there are up to the one at which the scan stops, and whether it does.
fn of_scan(bytes: &[u8], stops: impl FnMut(u8) -> bool) -> (usize, bool) {
    let at = bytes.iter().copied().position(stops);
    at.map_or((bytes.len(), false), |at| (at + 1, true))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What belongs to the part, given piece by piece.
    fn taken(mut frame: Frame, text: &str, pieces: &[usize]) -> usize {
        let (mut rest, mut taken) = (text.as_bytes(), 0);
        for size in pieces.iter().copied().chain([usize::MAX]) {
            let (piece, after) = rest.split_at(size.min(rest.len()));
            let of_piece = frame.take(piece);
            taken += of_piece;
            if of_piece < piece.len() || after.is_empty() {
                break;
            }
            rest = after;
        }
        taken
    }

    #[test]
    fn a_head_ends_with_an_empty_line() {
        for head in [
            "GET / HTTP/1.1\r\nhost: a\r\n\r\n",
            "GET / HTTP/1.1\nhost:  a \n\n",
            "\r\n\r\n\r\nGET /livez#x HTTP/1.1\r\nhost: a\r\n\r\n",
        ] {
            assert_eq!(taken(Frame::head(), &format!("{head}GET"), &[]), head.len(), "{head:?}");
            assert_eq!(taken(Frame::head(), &format!("{head}\r\nGET"), &[]), head.len());
        }
        assert_eq!(taken(Frame::head(), "GET / HTTP/1.1\r\nhost: a\r\n", &[]), 25);
    }

    #[test]
    fn a_chunked_body_ends_with_its_trailers() {
        for body in [
            "0\r\n\r\n",
            "5\r\nhello\r\n0\r\n\r\n",
            "5;x=1\r\nhe\n\nl\r\n1a \r\nabcdefghijklmnopqrstuvwxyz\r\n0;y\r\nz: 1\r\n\r\n",
        ] {
            assert_eq!(taken(Frame::chunks(), &format!("{body}GET"), &[]), body.len(), "{body:?}");
        }
    }

    #[test]
    fn a_body_of_known_length_ends_there() {
        assert_eq!(taken(Frame::Bytes(5), "helloGET", &[]), 5);
        assert_eq!(taken(Frame::ToTheEnd, "helloGET", &[]), 8);
        assert_eq!(taken(Frame::Complete, "GET", &[]), 0);
    }

    proptest! {
        #[test]
        fn pieces_make_no_difference(
            text in "([0-9a-f]{1,2}|[\r\n;a]|\r\n|\r\n\r\n){0,40}",
            pieces in prop::collection::vec(1_usize..5, 0..80),
        ) {
            for frame in [Frame::head, Frame::chunks, || Frame::Bytes(9)] {
                prop_assert_eq!(taken(frame(), &text, &pieces), taken(frame(), &text, &[]));
            }
        }
    }
}
