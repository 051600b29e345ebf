//! What every store must do, as one suite: a second store is run through it by one more name at the
//! end.
#![cfg(feature = "server")]
#![allow(clippy::expect_used, reason = "a test that cannot go on panics")]

mod bad_numbers;
mod copies;
mod index_builds;
mod lists;
mod locks;
mod migrations;
mod reference;
mod releases;
mod removal;
mod suite;

use std::sync::Arc;

use backup_share::store::{Store, postgres::Postgres, sqlite::Sqlite};

/// A new store for each test, and what keeps it alive.
struct Opened {
    store: Arc<dyn Store>,
    _kept: Box<dyn std::any::Any>,
}

async fn sqlite() -> Opened {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Sqlite::open(&folder.path().join("test.db"), suite::now()).expect("a store");
    Opened {
        store: Arc::new(store),
        _kept: Box::new(folder),
    }
}

async fn postgres() -> Opened {
    let schema = testkit::postgres::Schema::create();
    let settings = (&testkit::postgres::config(schema.url()).postgres).into();
    let store = Postgres::open(&schema.url(), &settings, suite::now())
        .await
        .expect("a store");
    Opened {
        store: Arc::new(store),
        _kept: Box::new(schema),
    }
}

macro_rules! through_the_suite {
    ($($open:ident),*) => {$(
        mod $open {
            through_the_suite!(@ $open suite:
                facts_are_what_was_loaded,
                a_rule_sees_the_facts_and_its_change_is_carried_out,
                an_update_stores_the_whole_record,
                a_refusal_by_the_rule_does_nothing,
                the_database_refuses_a_second_record_for_the_same_pair,
                a_change_is_done_whole_or_not_at_all,
                a_vault_never_holds_less_than_nothing,
                a_change_of_what_is_not_there_any_more_fails,
                many_changes_at_once_are_all_decided_on_current_facts,
                a_bad_change_harms_none_of_those_that_wait_with_it,
                a_caller_that_leaves_harms_none_of_those_that_wait_with_it,
                a_catalog_loaded_twice_changes_nothing,
                a_catalog_does_not_undo_what_users_did,
                the_size_of_a_backup_cannot_change,
                accounts_and_tokens_are_found_again,
                expired_tokens_are_deleted_some_at_a_time_and_no_others,
                a_panic_in_a_rule_is_an_error_of_that_request_alone
            );
            through_the_suite!(@ $open lists:
                a_backup_is_found_by_its_owner_and_by_those_it_is_shared_with,
                every_filter_finds_what_the_caller_may_see,
                every_order_holds_both_ways_with_gaps_and_ties,
                both_walks_meet_each_item_once_and_end,
                a_walk_ends_while_shares_come_and_go,
                a_marker_from_elsewhere_is_refused,
                a_marker_that_meets_the_filters_no_more_is_still_a_place,
                ten_thousand_shares_are_walked_to_the_end,
                each_acknowledged_write_is_in_the_next_list,
                a_data_file_changes_the_order_and_loaded_twice_nothing,
                a_data_file_says_all_that_is_shown,
                vaults_are_listed_with_what_shares_take_of_them
            );
            through_the_suite!(@ $open removal:
                what_is_disabled_is_found_as_such_and_can_be_enabled_again,
                a_token_that_its_user_revoked_stays_revoked_whatever_a_data_file_says,
                a_user_goes_with_its_tokens_and_keys,
                tokens_and_keys_go_by_themselves,
                a_backup_goes_with_its_shares_and_vaults_get_the_capacity_back,
                what_holds_backups_or_has_anything_stays,
                all_go_or_none,
                who_shares_or_accepts_while_a_backup_is_removed_leaves_the_sums_right,
                a_vault_is_removed_or_accepted_into_and_never_both
            );
        }
    )*};
    (@ $open:ident $module:ident: $($test:ident),*) => {$(
        #[tokio::test(flavor = "multi_thread")]
        async fn $test() {
            let opened = super::$open().await;
            super::$module::$test(opened.store.clone()).await;
        }
    )*};
}

through_the_suite!(sqlite, postgres);

/// The runtime is the test's own: the sequences come from outside of it.
fn follows_the_model(open: impl AsyncFnOnce() -> Opened) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let opened = runtime.block_on(open());
    reference::hold(&runtime, &opened.store);
}

#[test]
fn random_sequences_on_sqlite_do_what_the_model_of_the_rules_does() {
    follows_the_model(sqlite);
}

#[test]
fn random_sequences_on_postgresql_do_what_the_model_of_the_rules_does() {
    follows_the_model(postgres);
}
