//! The tables as Diesel knows them, in the order of `diesel print-schema`, with types that both
//! databases have. A column stands here and in the row of `models`; tests compare this file with a
//! migrated database of either kind.

diesel::table! {
    use diesel::sql_types::{BigInt, Bool, Integer, Nullable, Text, Timestamp};
    use crate::persistence::json_column::JsonText;

    users (id) {
        id -> Text,
        username -> Text,
        password_hash -> Text,
        status -> Text,
        roles -> JsonText,
        email_verified -> Bool,
        phone_verified -> Bool,
        two_factor_enabled -> Bool,
        failed_login_attempts -> Integer,
        account_locked_until -> Nullable<Timestamp>,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        last_login_at -> Nullable<Timestamp>,
        password_changed_at -> Timestamp,
        preferences -> JsonText,
        version -> BigInt,
        status_reason -> Nullable<Text>,
        status_actor -> Nullable<Text>,
        status_until -> Nullable<Timestamp>,
        status_before -> Nullable<Text>,
        first_name_key -> Nullable<Text>,
        last_name_key -> Nullable<Text>,
        display_name_key -> Nullable<Text>,
    }
}

diesel::table! {
    user_emails (id) {
        id -> Integer,
        user_id -> Text,
        email -> Text,
        provider -> Nullable<Text>,
        contact_type -> Text,
        is_verified -> Bool,
        is_default -> Bool,
        created_at -> Timestamp,
        verified_at -> Nullable<Timestamp>,
        uid -> Text,
    }
}

diesel::table! {
    user_phones (id) {
        id -> Integer,
        user_id -> Text,
        phone_number -> Text,
        country_code -> Nullable<Text>,
        formatted_number -> Nullable<Text>,
        contact_type -> Text,
        is_verified -> Bool,
        is_default -> Bool,
        created_at -> Timestamp,
        verified_at -> Nullable<Timestamp>,
        uid -> Text,
        number_key -> Nullable<Text>,
    }
}

diesel::table! {
    user_addresses (id) {
        id -> Integer,
        user_id -> Text,
        street_line1 -> Text,
        street_line2 -> Nullable<Text>,
        city -> Text,
        state -> Text,
        postal_code -> Text,
        country -> Text,
        contact_type -> Text,
        is_default -> Bool,
        created_at -> Timestamp,
        uid -> Text,
        city_key -> Nullable<Text>,
    }
}

diesel::table! {
    user_profiles (id) {
        id -> Integer,
        user_id -> Text,
        first_name -> Text,
        last_name -> Text,
        display_name -> Nullable<Text>,
        date_of_birth -> Nullable<Date>,
        gender -> Nullable<Text>,
        preferred_language -> Text,
        timezone -> Text,
        bio -> Nullable<Text>,
        avatar_url -> Nullable<Text>,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    sessions (id) {
        id -> Text,
        user_id -> Text,
        access_token_hash -> Binary,
        access_expires_at -> Timestamp,
        created_at -> Timestamp,
        last_used_at -> Timestamp,
        user_agent -> Text,
        ip_address -> Text,
        seed -> Binary,
        generation -> Integer,
        rotated_at -> Timestamp,
        idle_expires_at -> Timestamp,
        expires_at -> Timestamp,
        authenticated_at -> Timestamp,
    }
}

diesel::table! {
    one_time_tokens (id) {
        id -> Text,
        user_id -> Text,
        kind -> Text,
        target_id -> Text,
        token_hash -> Binary,
        created_at -> Timestamp,
        expires_at -> Timestamp,
        used_at -> Nullable<Timestamp>,
        attempts -> Integer,
    }
}

diesel::table! {
    use diesel::sql_types::{Integer, Nullable, Text, Timestamp};
    use crate::persistence::json_column::JsonText;

    outbox_events (id) {
        id -> Text,
        user_id -> Text,
        kind -> Text,
        payload -> JsonText,
        occurred_at -> Timestamp,
        available_at -> Timestamp,
        attempts -> Integer,
        claimed_until -> Nullable<Timestamp>,
        processed_at -> Nullable<Timestamp>,
        failed_at -> Nullable<Timestamp>,
        last_error -> Nullable<Text>,
    }
}

diesel::table! {
    known_devices (id) {
        id -> Text,
        user_id -> Text,
        token_hash -> Binary,
        created_at -> Timestamp,
        last_used_at -> Timestamp,
        expires_at -> Timestamp,
        failed_attempts -> Integer,
        locked_until -> Nullable<Timestamp>,
    }
}

diesel::table! {
    totp_credentials (user_id) {
        user_id -> Text,
        sealed_secret -> Binary,
        created_at -> Timestamp,
        confirmed_at -> Nullable<Timestamp>,
        last_step -> Nullable<BigInt>,
        guesses -> Integer,
        guesses_since -> Nullable<Timestamp>,
    }
}

diesel::table! {
    recovery_codes (id) {
        id -> Text,
        user_id -> Text,
        code_hash -> Binary,
        created_at -> Timestamp,
        used_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    use diesel::sql_types::{Binary, Nullable, Text, Timestamp};
    use crate::persistence::json_column::JsonText;

    api_keys (id) {
        id -> Text,
        name -> Text,
        token_hash -> Binary,
        scopes -> JsonText,
        created_by -> Text,
        created_at -> Timestamp,
        expires_at -> Nullable<Timestamp>,
        last_used_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    audit_events (id) {
        id -> Text,
        occurred_at -> Timestamp,
        kind -> Text,
        outcome -> Text,
        actor_id -> Nullable<Text>,
        api_key_id -> Nullable<Text>,
        user_id -> Nullable<Text>,
        target_id -> Nullable<Text>,
        ip_address -> Text,
        user_agent -> Text,
        request_id -> Text,
    }
}

diesel::table! {
    idempotency_keys (id) {
        id -> Text,
        fingerprint -> Binary,
        claim -> Text,
        claimed_until -> Timestamp,
        expires_at -> Timestamp,
        answer -> Nullable<Binary>,
    }
}

diesel::table! {
    idempotency_subjects (key_id, user_id) {
        key_id -> Text,
        user_id -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::Text;
    use crate::persistence::json_column::JsonText;

    erasures (user_id) {
        user_id -> Text,
        addresses -> JsonText,
        wiped_as_user -> Text,
        wiped_as_actor -> Text,
    }
}

diesel::joinable!(sessions -> users (user_id));
diesel::joinable!(api_keys -> users (created_by));
diesel::allow_tables_to_appear_in_same_query!(
    users,
    sessions,
    user_emails,
    api_keys,
    one_time_tokens
);
