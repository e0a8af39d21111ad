use std::fmt;

/// The provider of a mail domain (rule R5).
///
/// ```
/// use userdom_domain::EmailProvider;
///
/// assert_eq!(EmailProvider::of_domain("googlemail.com"), EmailProvider::Google);
/// assert_eq!(EmailProvider::of_domain("example.org").as_str(), "Custom");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EmailProvider {
    /// Gmail.
    Google,
    /// Outlook, Hotmail, Live and MSN.
    Microsoft,
    /// Yahoo with its country domains, Ymail and Rocketmail.
    Yahoo,
    /// iCloud and its older names.
    Apple,
    /// Proton.
    Proton,
    /// Any other domain.
    Custom,
}

/// What follows `yahoo.` in the domains under which Yahoo gives, or once gave,
/// addresses. Japan's is run by another company under the same name.
const YAHOO_ENDINGS: [&str; 53] = [
    "ae", "at", "be", "bg", "ca", "ch", "cl", "cn", "co.id", "co.il", "co.in", "co.jp", "co.kr",
    "co.nz", "co.th", "co.uk", "co.za", "com", "com.ar", "com.au", "com.br", "com.cn", "com.co",
    "com.hk", "com.mx", "com.my", "com.pe", "com.ph", "com.sg", "com.tr", "com.tw", "com.ve",
    "com.vn", "cz", "de", "dk", "es", "fi", "fr", "gr", "hu", "ie", "in", "it", "nl", "no", "pl",
    "pt", "ro", "ru", "se", "sk", "tw",
];

impl EmailProvider {
    /// The provider of a mail domain; letter case does not matter (R5).
    pub fn of_domain(domain: &str) -> Self {
        let domain = domain.to_ascii_lowercase();
        match domain.as_str() {
            "gmail.com" | "googlemail.com" => Self::Google,
            "outlook.com" | "hotmail.com" | "live.com" | "msn.com" => Self::Microsoft,
            "ymail.com" | "rocketmail.com" => Self::Yahoo,
            "icloud.com" | "me.com" | "mac.com" => Self::Apple,
            "proton.me" | "protonmail.com" => Self::Proton,
            other => match other.strip_prefix("yahoo.") {
                Some(ending) if YAHOO_ENDINGS.contains(&ending) => Self::Yahoo,
                _ => Self::Custom,
            },
        }
    }

    /// Reads the name that is stored.
    pub fn parse(name: &str) -> Option<Self> {
        let all =
            [Self::Google, Self::Microsoft, Self::Yahoo, Self::Apple, Self::Proton, Self::Custom];
        all.into_iter().find(|provider| provider.as_str() == name)
    }

    /// The provider's name as it is stored: `Google`, …, `Custom`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Google => "Google",
            Self::Microsoft => "Microsoft",
            Self::Yahoo => "Yahoo",
            Self::Apple => "Apple",
            Self::Proton => "Proton",
            Self::Custom => "Custom",
        }
    }
}

impl fmt::Display for EmailProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn r5_the_known_domains_have_their_provider() {
        for (domain, name) in [
            ("gmail.com", "Google"),
            ("googlemail.com", "Google"),
            ("outlook.com", "Microsoft"),
            ("hotmail.com", "Microsoft"),
            ("live.com", "Microsoft"),
            ("msn.com", "Microsoft"),
            ("yahoo.com", "Yahoo"),
            ("yahoo.co.uk", "Yahoo"),
            ("yahoo.de", "Yahoo"),
            ("yahoo.fr", "Yahoo"),
            ("yahoo.com.br", "Yahoo"),
            ("ymail.com", "Yahoo"),
            ("rocketmail.com", "Yahoo"),
            ("icloud.com", "Apple"),
            ("me.com", "Apple"),
            ("mac.com", "Apple"),
            ("proton.me", "Proton"),
            ("protonmail.com", "Proton"),
        ] {
            assert_eq!(EmailProvider::of_domain(domain).to_string(), name, "{domain}");
        }
    }

    #[test]
    fn r5_a_domain_that_only_looks_like_a_provider_is_custom() {
        for domain in
            ["yahoo.example.com", "mail.gmail.com", "notgmail.com", "gmail.com.evil.org", ""]
        {
            assert_eq!(EmailProvider::of_domain(domain), EmailProvider::Custom, "{domain}");
        }
    }

    #[test]
    fn r5_letter_case_does_not_matter() {
        assert_eq!(EmailProvider::of_domain("GMail.COM"), EmailProvider::Google);
    }

    proptest! {
        #[test]
        fn r5_any_text_has_a_provider(text in any::<String>()) {
            let _ = EmailProvider::of_domain(&text);
        }
    }
}
