use super::*;
use crate::json_object;
use proptest::prelude::*;

fn read(pairs: &[(&str, &str)]) -> Result<Preferences, Vec<PreferencesError>> {
    Preferences::from_entries(
        pairs.iter().map(|(key, json)| ((*key).to_owned(), (*json).to_owned())),
    )
}

fn stored(text: &str) -> Preferences {
    Preferences::from_stored(text.to_owned())
}

#[test]
fn r13_the_defaults_are_the_seeds() {
    let chosen = read(&[]).unwrap();
    assert_eq!(chosen, Preferences::default());
    assert!(chosen.email_notifications() && !chosen.sms_notifications() && chosen.newsletter());
    assert_eq!((chosen.theme().as_str(), chosen.language().as_str()), ("light", "en"));
}

#[test]
fn r13_known_keys_are_typed() {
    let chosen = read(&[
        ("email_notifications", "false"),
        ("sms_notifications", " true "),
        ("newsletter", "false"),
        ("theme", "\"system\""),
        ("language", "\"pt-br\""),
    ])
    .unwrap();
    assert!(!chosen.email_notifications() && chosen.sms_notifications() && !chosen.newsletter());
    assert_eq!((chosen.theme(), chosen.language().as_str()), (Theme::System, "pt-BR"));
}

#[test]
fn r13_every_fault_is_named() {
    let errors = read(&[
        ("email_notifications", "1"),
        ("newsletter", "\"true\""),
        ("theme", "\"pink\""),
        ("language", "true"),
    ])
    .unwrap_err();
    let keys: Vec<_> = errors.iter().map(PreferencesError::key).collect();
    assert_eq!(
        keys,
        [Some("email_notifications"), Some("newsletter"), Some("theme"), Some("language")]
    );
    assert!(errors.iter().all(|error| error.code() == "preferences.invalid_value"));
    assert_eq!(errors[3].to_string(), "Preference language must be a BCP 47 tag");
    assert!(read(&[("language", "\"ca-valencia\"")]).is_ok(), "shortened, as in a profile");
    for json in ["light", "\"light", "\"", "\"Light\"", "{}", ""] {
        assert!(read(&[("theme", json)]).is_err(), "{json}");
    }
}

#[test]
fn r13_null_gives_a_known_key_its_default() {
    assert_eq!(read(&[("theme", "null")]), Ok(Preferences::default()));
    assert_eq!(read(&[("crm", "null")]).unwrap().others().len(), 1);
    assert_eq!(stored(r#"{"theme":null}"#).theme(), Theme::Light);
}

#[test]
fn r13_unknown_keys_survive_a_round_trip() {
    let chosen =
        read(&[("crm", "{\"tabs\": [1, 2.50]}"), ("", "\"\\u00e9\""), ("theme", "\"dark\"")])
            .unwrap();
    assert_eq!(Preferences::from_entries(chosen.entries()), Ok(chosen.clone()));
    assert_eq!(chosen.others()[0].1, "{\"tabs\": [1, 2.50]}");
    assert_eq!(chosen.entries().len(), 7);
}

#[test]
fn r13_keys_keep_their_order_and_values_their_bytes() {
    let text = r#"{"z":123456789012345678901234567890,"theme":"dark","a":[1.50, -0.0, 1E400],"m":"\u00e9\/"}"#;
    let chosen = stored(text);
    let entries = chosen.entries();
    let keys: Vec<_> = entries.iter().map(|(key, _)| key.as_str()).collect();
    assert_eq!(keys[..4], ["z", "theme", "a", "m"]);
    let again = Preferences::from_entries(entries).unwrap();
    assert!(again.as_json().starts_with(text.trim_end_matches('}')), "{}", again.as_json());
}

#[test]
fn r29_what_is_no_object_reads_as_the_defaults_and_stays() {
    for text in ["null", "", "[]", "7", "\"x\"", "{\"a\":NaN}", "{"] {
        let chosen = stored(text);
        assert_eq!(chosen.entries(), Preferences::default().entries(), "{text}");
        assert_eq!(chosen.as_json(), text);
        assert_eq!(chosen.faults(), [PreferencesError::NotJson], "{text}");
    }
}

#[test]
fn r29_an_odd_value_is_named_and_not_checked_again_when_another_changes() {
    let odd = stored(r#"{"theme":"pink","newsletter":"yes","x":"a\u0000b"}"#);
    assert_eq!((odd.theme(), odd.newsletter()), (Theme::Light, true));
    assert_eq!(odd.faults().len(), 3);
    let mut entries = odd.entries();
    entries.push(("crm".to_owned(), "1".to_owned()));
    let changed = odd.replaced_by(entries.clone()).unwrap();
    assert!(changed.as_json().starts_with(r#"{"theme":"pink","newsletter":"yes","x":"a\u0000b","#));
    entries.push(("theme".to_owned(), "\"green\"".to_owned()));
    assert_eq!(odd.replaced_by(entries).unwrap_err().len(), 1);
}

#[test]
fn r13_the_character_nul_is_refused_at_any_depth() {
    for (key, json) in
        [("x", r#""a\u0000b""#), ("x", r#"[{"y\u0000":1}]"#), ("a\0b", "1"), ("x", r#""\\\u0000""#)]
    {
        let errors = read(&[(key, json)]).unwrap_err();
        assert_eq!(errors, [PreferencesError::NulCharacter], "{json}");
    }
    assert!(read(&[("x", r#""\\u0000""#)]).is_ok(), "a backslash and five letters");
}

#[test]
fn r13_all_keys_and_texts_have_4_kib_together() {
    let rest: usize =
        Preferences::default().entries().iter().map(|(key, json)| key.len() + json.len()).sum();
    let room = 4096 - rest - 1;
    assert!(read(&[("k", &"1".repeat(room))]).is_ok());
    let errors = read(&[("k", &"1".repeat(room + 1))]).unwrap_err();
    assert_eq!((errors[0].code(), errors[0].key()), ("preferences.too_large", None));
}

/// So many that comparing each with each would take many minutes.
fn many_entries() -> Vec<(String, String)> {
    (0..200_000).map(|n| (n.to_string(), "0".to_owned())).collect()
}

#[test]
fn r13_any_number_of_keys_is_refused_at_once() {
    assert_eq!(Preferences::from_entries(many_entries()), Err(vec![PreferencesError::TooLarge]));
}

#[test]
fn r29_any_number_of_stored_keys_is_read_judged_and_replaced() {
    let many = many_entries();
    let huge = stored(&json_object(many.iter().map(|(key, json)| (&**key, &**json))));
    let entries = huge.entries();
    assert_eq!(entries.len(), 200_000 + KNOWN.len());
    assert_eq!(huge.faults(), [PreferencesError::TooLarge]);
    assert_eq!(huge.replaced_by(entries.clone()).unwrap().entries(), entries);
}

#[test]
fn r13_a_theme_is_read_by_its_name() {
    assert_eq!("dark".parse(), Ok(Theme::Dark));
    assert_eq!("DARK".parse::<Theme>().unwrap_err().key(), Some("theme"));
}

proptest! {
    #[test]
    fn r13_any_entries_are_read_or_refused(entries in prop::collection::vec((prop_oneof![any::<String>(), "(theme|language|newsletter)"], prop_oneof![any::<String>(), "(true|null|\"dark\"|\"[a-zA-Z-]{2,6}\")"]), 0..6)) {
        if let Ok(chosen) = Preferences::from_entries(entries) {
            prop_assert_eq!(Preferences::from_entries(chosen.entries()), Ok(chosen.clone()));
        }
    }
}
