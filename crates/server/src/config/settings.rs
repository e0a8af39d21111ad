/// One setting as it is written in the environment and in the file.
pub(crate) struct Setting {
    /// The environment variable; the key of the file is the rest after `USERDOM_` in lower case.
    pub(crate) name: &'static str,
    /// Never shown.
    pub(crate) secret: bool,
    /// What holds without it.
    pub(crate) default: &'static str,
}

const fn setting(name: &'static str, default: &'static str) -> Setting {
    Setting { name, secret: false, default }
}

const fn secret(name: &'static str, default: &'static str) -> Setting {
    Setting { name, secret: true, default }
}

/// All settings, in the order of `docs/operations.md`.
pub(crate) const SETTINGS: [Setting; 30] = [
    setting("USERDOM_BIND", "127.0.0.1:8080"),
    setting("USERDOM_DATA_DIR", "./userdom-data"),
    secret("USERDOM_DATABASE_URL", "sqlite://<data dir>/userdom.db"),
    setting("USERDOM_PUBLIC_URL", "http://<bind>"),
    secret("USERDOM_SECRET_KEY", "none"),
    setting("USERDOM_SECRET_KEY_FILE", "<data dir>/secret.key on SQLite"),
    secret("USERDOM_PREVIOUS_SECRET_KEYS", "none"),
    secret("USERDOM_SMTP_URL", "none: one file a mail in <data dir>/mail"),
    setting("USERDOM_MAIL_FROM", "Userdom <userdom@localhost>"),
    secret("USERDOM_SMS_URL", "none: one file a message in <data dir>/sms"),
    secret("USERDOM_REDIS_URL", "none: each instance counts for itself"),
    setting("USERDOM_TRUSTED_PROXIES", "none"),
    setting("USERDOM_MAX_CONNECTIONS", "4096"),
    setting("USERDOM_MAX_CONNECTIONS_PER_ADDRESS", "1024"),
    setting("USERDOM_DRAIN_SECONDS", "5, or 0 on a terminal"),
    setting("USERDOM_STOP_SECONDS", "30"),
    setting("USERDOM_CORS_ORIGINS", "none"),
    setting("USERDOM_RATE_LIMITS", "on"),
    setting("USERDOM_REQUIRE_IF_MATCH", "off"),
    setting("USERDOM_GRAPHIQL", "off"),
    setting("USERDOM_ACCESS_TOKEN_MINUTES", "15"),
    setting("USERDOM_SESSION_IDLE_DAYS", "14"),
    setting("USERDOM_SESSION_DAYS", "90"),
    setting("USERDOM_PURGE_UNVERIFIED_DAYS", "7"),
    setting("USERDOM_DELETED_RETENTION_DAYS", "30"),
    setting("USERDOM_ISSUER", "Userdom"),
    setting("USERDOM_DEFAULT_REGION", "none"),
    setting("USERDOM_PASSWORD_MIN_LENGTH", "8"),
    setting("USERDOM_RESERVED_USERNAMES", "none"),
    setting("USERDOM_LOG_FORMAT", "pretty on a terminal, else json"),
];

impl Setting {
    /// The key in the file.
    pub(crate) fn key(&self) -> String {
        self.name.trim_start_matches("USERDOM_").to_lowercase()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_manual_names_every_setting_in_this_order_and_no_other() {
        let manual = include_str!("../../../../docs/operations.md");
        let rows = manual.lines().filter_map(|line| line.strip_prefix("| `USERDOM_"));
        let named: Vec<_> = rows.filter_map(|row| row.split('`').next()).collect();
        let known = SETTINGS.map(|setting| setting.name.trim_start_matches("USERDOM_"));
        assert_eq!(named, known);
    }
}
