use std::fs;

use userdom_application::{AppError, Caller, ports::TokenKind, use_cases::CreateAdmin};
use userdom_domain::{EmailAddress, Password, UniqueKey, Username};

use crate::{cli, config::Config, error::StartError, output, wiring};

/// `userdom admin create`.
pub(crate) fn create(config: &Config, request: &cli::CreateAdmin) -> Result<(), StartError> {
    let refused =
        |what: &str, error: &dyn std::fmt::Display| StartError::Refused(format!("{what}: {error}"));
    let username = Username::parse(&request.username).map_err(|e| refused("--username", &e))?;
    let email = EmailAddress::parse(&request.email).map_err(|e| refused("--email", &e))?;
    let given = request.password_file.as_ref().map(|path| {
        fs::read_to_string(path)
            .map_err(|source| StartError::PasswordFile { path: path.clone(), source })
    });
    let given = given.transpose()?;
    let service = wiring::build(config)?;
    let made = given.is_none().then(|| service.adapters.mint.random(TokenKind::Access));
    let text = match (&given, &made) {
        (Some(text), _) => text.lines().next().unwrap_or_default(),
        // The random part of a token is as good a password as any.
        (None, Some(token)) => token.expose().trim_start_matches(TokenKind::Access.prefix()),
        (None, None) => "",
    };
    let password = Password::parse(text, config.password_min_chars)
        .map_err(|error| refused("--password-file", &error))?;

    let id = service
        .app
        .execute(&Caller::default(), &CreateAdmin { username, email, password })
        .map_err(explain)?;
    let report = format!("Made the admin {} ({id}).\n", request.username);
    if made.is_none() {
        return output::print(&report);
    }
    output::print(&format!("{report}Password, shown this once: {text}\n")).map_err(|source| {
        let username = request.username.clone();
        StartError::PasswordNotShown { username, source: Box::new(source) }
    })
}

fn explain(error: AppError) -> StartError {
    if let AppError::Invalid(faults) = error {
        let details: Vec<_> = faults.0.into_iter().map(|fault| fault.detail).collect();
        return StartError::Refused(details.join("; "));
    }
    let AppError::Taken(key) = error else { return StartError::App(error) };
    StartError::Refused(match key {
        UniqueKey::Username => "--username: this name is taken".to_owned(),
        UniqueKey::VerifiedEmail
        | UniqueKey::UserEmail
        | UniqueKey::UserPhone
        | UniqueKey::Default
        | UniqueKey::Identity => "--email: another account has verified this address".to_owned(),
    })
}
