//! What every store must do: one function a behaviour, each on an empty store.
//!
//! [`store_contract!`](crate::store_contract) makes a test of each of them.

pub mod account;
pub mod accounts;
pub mod api_keys;
pub mod audit;
pub mod concurrency;
pub mod devices;
pub mod emails;
pub mod idempotency;
pub mod outbox;
pub mod phones_and_addresses;
pub mod saving;
pub mod second_factors;
pub mod sessions;
pub mod sign_ins;
mod support;
pub mod tokens;
pub mod uniqueness;
pub mod units_of_work;

use crate::{
    ports::{Outbox, Store},
    testing::MemoryStore,
};

/// A store with its outbox, and whatever must live as long: a directory, a server.
pub trait StoreUnderTest: Sync {
    /// The store.
    fn store(&self) -> &dyn Store;
    /// Where its events wait.
    fn outbox(&self) -> &dyn Outbox;
}

impl StoreUnderTest for MemoryStore {
    fn store(&self) -> &dyn Store {
        self
    }

    fn outbox(&self) -> &dyn Outbox {
        self
    }
}

/// One `#[test]` for each behaviour of the contract. The argument is the path of
/// a function that makes an empty [`StoreUnderTest`](crate::testing::contract::StoreUnderTest);
/// attributes before it go to every test.
///
/// ```
/// mod memory {
///     userdom_application::store_contract!(userdom_application::testing::MemoryStore::new);
/// }
/// mod server {
///     userdom_application::store_contract!(
///         #[ignore = "needs a server"]
///         userdom_application::testing::MemoryStore::new
///     );
/// }
/// ```
#[macro_export]
macro_rules! store_contract {
    (@tests $attributes:tt $make:path; $($module:ident { $($behaviour:ident)+ })+) => {
        $($($crate::store_contract!(@test $attributes $make, $module, $behaviour);)+)+
    };
    (@test [$($attribute:tt)*] $make:path, $module:ident, $behaviour:ident) => {
        #[test]
        $($attribute)*
        fn $behaviour() {
            $crate::testing::contract::$module::$behaviour(&$make());
        }
    };
    ($(#[$attribute:meta])* $make:path) => {
        $crate::store_contract! { @tests [$(#[$attribute])*] $make;
            saving {
                a_saved_user_is_found_equal_by_id
                r9_a_user_is_found_by_username_in_any_case
                r21_a_user_is_found_by_a_verified_email_in_any_case
                r21_an_unverified_email_finds_nobody
                who_is_not_there_is_none_and_no_error
                the_store_answers
                r26_each_save_raises_the_version_by_one
                a_save_that_changes_nothing_is_a_save
                r26_the_events_of_a_save_reach_the_outbox_in_order_and_once
                the_events_of_a_later_save_come_later
                a_new_user_cannot_take_an_old_ones_identity
                delete_removes_everything_and_says_whether_there_was_anything
                after_a_delete_names_emails_and_identities_are_free
                events_outlive_their_user
            }
            idempotency {
                a_key_is_claimed_once_and_answers_alike_from_then_on
                a_key_stands_for_one_request
                a_request_is_known_by_its_fingerprint_of_an_earlier_secret_key
                an_attempt_that_never_ends_is_taken_over_and_cannot_answer
                a_key_that_is_given_back_is_free
                p2_an_answer_goes_with_those_whom_it_is_about
                a_key_is_forgotten_after_a_day
                c6_sixteen_at_once_claim_a_key_once
            }
            units_of_work {
                a_dropped_unit_of_work_leaves_nothing
                a_refused_save_takes_the_whole_unit_of_work_with_it
                a_unit_of_work_sees_its_own_writes
                one_unit_of_work_can_hold_several_users
                a_reader_sees_committed_work_only
                what_a_reader_writes_does_not_last
                r27_a_stale_save_is_refused_and_changes_nothing
                r27_a_user_who_was_erased_meanwhile_is_stale
            }
            uniqueness {
                r9_a_username_is_taken_in_any_case
                r9_nobody_is_renamed_to_a_taken_name
                r9_a_name_can_change_its_case
                r9_a_name_that_was_given_up_is_free
                r21_a_verified_email_has_one_owner
                r21_unverified_claims_coexist_until_one_is_verified
                r21_a_verified_email_that_was_removed_is_free
                r3_an_identity_names_one_email
                r3_an_identity_names_one_phone
                r3_an_identity_names_one_address
                r22_a_phone_is_written_once_in_the_same_way
                two_users_may_share_phones_and_addresses
            }
            emails {
                an_email_is_added_typed_verified_and_removed
                r19_the_default_email_moves_back_and_forth_in_one_save
                r20_removing_the_default_email_promotes_another
                an_email_is_removed_and_added_again_in_one_save
                r23_a_full_contact_book_comes_back_whole
                r27_the_emails_of_one_user_are_a_repository_of_their_own
            }
            phones_and_addresses {
                a_phone_is_added_typed_verified_and_removed
                r22_the_default_phone_moves_back_and_forth_in_one_save
                r22_a_default_phone_takes_the_place_of_another_types_default
                a_phone_is_removed_and_added_again_in_one_save
                an_address_is_added_replaced_and_removed
                r22_the_default_address_moves_back_and_forth_in_one_save
                r22_two_default_addresses_swap_their_types
            }
            account {
                r24_a_profile_changes_and_its_fields_can_be_cleared
                r24_a_profile_may_come_later_and_be_replaced
                r13_unknown_preferences_survive
                r15_the_active_admins_are_known
                r15_roles_come_back
                r14_a_status_comes_back_with_its_note
                r14_a_deleted_user_is_restored_to_the_status_before
                r17_the_aggregates_own_counter_comes_back
                r18_a_changed_password_comes_back
                r1_times_are_kept_to_the_microsecond
            }
            sign_ins {
                r17_an_attempt_is_counted_and_gets_the_hash
                r17_an_unknown_login_gets_nothing
                r17_the_fifth_attempt_locks_for_15_minutes
                r17_while_locked_nothing_is_counted
                r17_after_the_lock_the_count_starts_anew
                r17_a_right_password_clears_the_count_and_the_lock
                r17_an_attempt_that_was_not_checked_is_given_back
                a_dropped_attempt_is_not_counted
                r17_the_counters_of_others_are_left_alone
                r17_a_save_from_before_forgets_no_attempt
                a_login_is_recorded_without_raising_the_version
                a_hash_is_upgraded_only_while_the_old_one_stands
                r17_sixteen_at_once_get_five_checks
            }
            devices {
                a_device_is_known_until_its_time_is_over
                a_device_lives_on_when_it_is_used
                a_device_is_nobody_elses
                ten_devices_are_remembered_and_the_one_that_was_used_longest_ago_goes
                all_devices_of_a_user_are_forgotten
                a9_a_known_device_has_five_tries_of_its_own
                a9_a_locked_account_opens_to_a_known_device
                a9_what_happens_on_a_device_is_counted_there
                a9_sixteen_at_once_on_a_device_get_five_checks
            }
            second_factors {
                a_secret_is_replaced_until_it_is_confirmed
                a4_a_step_is_used_once_and_none_before_it
                l5_a_secret_is_sealed_anew_unless_it_was_replaced
                a4_an_unconfirmed_secret_has_no_steps
                a4_of_sixteen_at_once_one_uses_the_step
                a5_guesses_are_counted_from_the_first_one_on
                a5_a_right_guess_and_nothing_else_clears_the_count
                a5_sixteen_at_once_get_no_more_guesses_than_there_are
                c5_a_recovery_code_is_used_once
                c5_of_sixteen_at_once_one_uses_the_recovery_code
                a_removed_second_factor_takes_its_codes_along
            }
            sessions {
                a_session_is_found_by_its_token_with_its_owner
                an_unknown_or_expired_token_has_no_owner
                the_owner_is_seen_as_it_is_now
                a_session_ends_once
                all_sessions_of_a_user_end_at_once
                the_sessions_of_an_erased_user_are_gone
                a_save_of_the_user_leaves_the_sessions_alone
                a_dropped_session_was_never_opened
                s6_a_session_comes_back_as_it_was_until_it_ends
                s4_a_renewal_demands_the_generation_before_it
                s4_of_sixteen_renewals_at_once_one_wins
                the_last_use_of_a_session_never_goes_back
                the_sessions_of_a_user_are_listed_newest_first
                all_sessions_but_one_end
            }
            tokens {
                a_token_is_good_for_one_use
                a_token_ends_by_time
                a_token_that_was_made_after_a_moment_is_known_dead_or_alive
                a_token_of_another_kind_is_noise
                a_newer_token_ends_the_older_ones
                a_newer_token_ends_none_of_another_target_or_kind
                a_dropped_use_is_no_use
                a_dropped_issue_ends_nothing
                the_tokens_of_an_erased_user_are_gone
                of_sixteen_at_once_one_uses_the_token
                a_look_at_a_token_uses_nothing_up
                a5_a_token_has_five_guesses_whichever_way_it_is_found
                a5_a_guess_finds_neither_another_kind_nor_another_user
                a5_sixteen_at_once_get_five_guesses
                a_token_is_used_up_by_its_identity_once
                a10_the_newest_claim_to_an_address_ends_the_older_ones_of_others
                all_tokens_of_a_user_end_at_once
                the_tokens_for_one_target_end
            }
            api_keys {
                keys_come_back_newest_first
                a_key_lives_until_its_end
                a_key_lives_as_long_as_its_maker_is_an_active_admin
                a_removed_key_is_gone
                the_last_use_of_a_key_is_kept
            }
            audit {
                p3_lines_come_back_as_they_were_newest_first
                p3_a_line_is_there_exactly_when_what_it_tells_is
                p3_lines_outlive_their_user
                what_only_reads_writes_no_line
            }
            accounts {
                c2_an_erased_user_is_gone_at_once_and_wiped_row_by_row
                c2_nothing_is_added_to_who_is_being_erased
                c4_a_sweep_takes_so_many_rows_and_no_more
                p2_nothing_of_an_erased_user_is_left
                p2_the_outbox_entries_of_an_erased_user_go_with_it
                p2_the_trail_of_an_erased_user_forgets_where_from
                r27_who_has_changed_meanwhile_is_not_erased
                a_dropped_erasure_erases_nothing
                accounts_that_never_verified_an_email_are_found
                accounts_that_were_deleted_long_ago_are_found
                what_has_ended_by_time_is_swept_and_nothing_else
            }
            outbox {
                an_empty_outbox_has_nothing_to_claim
                events_are_claimed_oldest_first_up_to_the_limit
                an_event_is_not_due_before_its_time
                text_messages_are_claimed_apart_from_all_else
                a_claimed_event_is_nobody_elses_until_the_lease_ends
                a_completed_event_never_comes_back
                a_postponed_event_comes_back_at_its_time
                a_deferred_event_comes_back_at_its_time_and_was_not_tried
                an_event_that_was_postponed_again_and_again_counts_its_attempts
                an_event_that_was_given_up_never_comes_back
                workers_side_by_side_share_the_events
                a_request_for_mail_is_claimed_as_it_was_made_and_gone_when_done
                a_request_for_mail_can_be_postponed
                messages_leave_with_the_transaction_or_not_at_all
            }
            concurrency {
                c1_no_update_is_lost
                c1_one_of_many_gets_the_username
                c3_a_reader_always_sees_one_default_email
            }
        }
    };
}
