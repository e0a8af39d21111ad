//! An address as it stands on an envelope (R7).

use super::{Address, Country};
use crate::value_objects::postal_rules;

/// The lines of the address in the order of its country, the alpha-3 code last.
pub(super) fn lay_out(address: &Address) -> String {
    let mut street = address.street_line1().to_owned();
    if let Some(line2) = address.street_line2() {
        street.push('\n');
        street.push_str(line2);
    }
    let latin = is_latin(&street) && is_latin(address.city()) && is_latin(address.state());
    let parts = Parts {
        street: &street,
        city: address.city(),
        state: address.state(),
        postal_code: address.postal_code(),
    };
    let mut lines = parts.fill(postal_rules::format(address.country(), latin));
    lines.push(shown_country(address).to_owned());
    lines.join("\n")
}

fn shown_country(address: &Address) -> &str {
    if address.country() == Country::UNKNOWN {
        return address.country_text();
    }
    address.country().as_str()
}

struct Parts<'a> {
    street: &'a str,
    city: &'a str,
    state: &'a str,
    postal_code: &'a str,
}

impl Parts<'_> {
    fn fill(&self, format: &str) -> Vec<String> {
        let lines = format.split("%n").map(|line| self.fill_line(line));
        lines.filter(|line| !line.is_empty()).collect()
    }

    /// Text before the first field belongs to that field (`SE-%Z`), text between
    /// two fields parts them: neither stays when its field is empty.
    fn fill_line(&self, format: &str) -> String {
        let mut pieces = format.split('%');
        let mut literal = pieces.next().unwrap_or_default();
        let mut line = String::new();
        let mut is_first = true;
        for piece in pieces {
            let (value, rest) = match piece.split_at_checked(1) {
                Some(("A", rest)) => (self.street, rest),
                Some(("C", rest)) => (self.city, rest),
                Some(("S", rest)) => (self.state, rest),
                Some(("Z", rest)) => (self.postal_code, rest),
                _ => ("", piece),
            };
            if !value.is_empty() {
                if is_first || !line.is_empty() {
                    line.push_str(literal);
                }
                line.push_str(value);
            }
            is_first = false;
            literal = rest;
        }
        // A line without fields, as the name of a city state.
        if is_first { literal.to_owned() } else { line }
    }
}

/// Whether no letter is of another script.
fn is_latin(text: &str) -> bool {
    text.chars()
        .all(|c| !c.is_alphabetic() || matches!(c, '\0'..='\u{24f}' | '\u{1e00}'..='\u{1eff}'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::AddressDraft;

    const STREET: &str = "1 Main St";

    fn full(country: &str, [city, state, postal_code]: [&str; 3]) -> String {
        let draft = AddressDraft {
            street_line1: STREET.into(),
            street_line2: None,
            city: city.into(),
            state: state.into(),
            postal_code: postal_code.into(),
            country: Some(country.into()),
        };
        Address::parse(&draft).unwrap().full_address()
    }

    #[test]
    fn r7_the_full_address_of_the_usa_stands_line_by_line() {
        let draft = AddressDraft {
            street_line1: STREET.into(),
            street_line2: Some("Apt 4B".into()),
            city: "New York".into(),
            state: "NY".into(),
            postal_code: "10001".into(),
            country: None,
        };
        let full = |draft| Address::parse(draft).unwrap().full_address();
        assert_eq!(full(&draft), "1 Main St\nApt 4B\nNew York, NY 10001\nUSA");
        let one_line = AddressDraft { street_line2: Some("  ".into()), ..draft.clone() };
        assert_eq!(full(&one_line), "1 Main St\nNew York, NY 10001\nUSA");
    }

    #[test]
    fn r7_the_full_address_stands_in_the_order_of_the_country() {
        for (country, parts, lines) in [
            ("DEU", ["Berlin", "", "10115"], "10115 Berlin"),
            ("DEU", ["Berlin", "Berlin", "10115"], "10115 Berlin"),
            ("GBR", ["London", "", "SW1A 1AA"], "London\nSW1A 1AA"),
            ("SWE", ["Stockholm", "", "113 40"], "SE-113 40 Stockholm"),
            ("SGP", ["Singapore", "", "546080"], "SINGAPORE 546080"),
            ("BRA", ["Recife", "PE", "50010-000"], "Recife-PE\n50010-000"),
            ("ARE", ["Deira", "Dubai", ""], "Deira\nDubai"),
            // No format of its own: all is shown.
            ("GHA", ["Accra", "Ga West", "GA-1"], "Accra\nGa West\nGA-1"),
        ] {
            assert_eq!(full(country, parts), format!("{STREET}\n{lines}\n{country}"));
        }
    }

    #[test]
    fn r7_japan_writes_its_own_script_from_the_large_to_the_small() {
        let latin = AddressDraft {
            street_line1: "1-1 Chiyoda".into(),
            city: "Chiyoda-ku".into(),
            state: "Tokyo".into(),
            postal_code: "100-0001".into(),
            country: Some("JPN".into()),
            ..AddressDraft::default()
        };
        let own = AddressDraft {
            street_line1: "千代田1-1".into(),
            city: "千代田区".into(),
            state: "東京都".into(),
            ..latin.clone()
        };
        let full = |draft| Address::parse(draft).unwrap().full_address();
        assert_eq!(full(&own), "〒100-0001\n東京都\n千代田区\n千代田1-1\nJPN");
        assert_eq!(full(&latin), "1-1 Chiyoda\nChiyoda-ku, Tokyo\n100-0001\nJPN");
    }

    #[test]
    fn r7_absent_parts_leave_no_stray_commas_prefixes_or_blank_lines() {
        assert_eq!(full("MDA", ["Chisinau", "", ""]), "1 Main St\nChisinau\nMDA");
        assert_eq!(full("COL", ["", "Bogota", ""]), "1 Main St\nBogota\nCOL");
        for row in postal_rules::rows() {
            let country = Country::parse(row.alpha3).unwrap();
            for latin in [false, true] {
                let format = postal_rules::format(country, latin);
                for absent in 0..8 {
                    let part = |bit: u8, text| if absent & bit == 0 { text } else { "" };
                    let parts = Parts {
                        street: STREET,
                        city: part(1, "City"),
                        state: part(2, "State"),
                        postal_code: part(4, "Code"),
                    };
                    let lines = parts.fill(format);
                    assert!(lines.join("\n").contains(STREET), "{country}: {lines:?}");
                    for line in lines {
                        let ends = [line.chars().next(), line.chars().next_back()];
                        let fits =
                            |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '〒');
                        assert!(ends.into_iter().all(fits), "{country}: {line}");
                    }
                }
            }
        }
    }
}
