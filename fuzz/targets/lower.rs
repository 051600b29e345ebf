//! Any document, lowered to OpenAPI 3.0: it is lowered, and then stays as it is, or refused with
//! the place in one line.
#![no_main]

use backup_share_fuzz::mutate;
use client_gen::{lower, operations};
use libfuzzer_sys::{Corpus, fuzz_mutator, fuzz_target};
use serde_json::Value;

fuzz_target!(|data: &[u8]| -> Corpus {
    let Ok(text) = str::from_utf8(data) else {
        return Corpus::Reject;
    };
    let Ok(document) = serde_saphyr::from_str::<Value>(text) else {
        return Corpus::Reject;
    };
    match lower(&document) {
        Err(fault) => {
            assert!(fault.pointer().is_some(), "{fault}");
            assert_eq!(fault.to_string().lines().count(), 1, "{fault}");
        }
        Ok(lowered) => {
            let again = lower(&lowered.document)
                .unwrap_or_else(|fault| panic!("lowered, then refused: {fault}"));
            assert_eq!(again.document, lowered.document);
            // Refused or not: no panic.
            let _ = operations(&lowered.document);
        }
    }
    Corpus::Keep
});

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    mutate(data, size, max_size, seed)
});
