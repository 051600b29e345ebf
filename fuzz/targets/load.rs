//! Any bytes, read as a document: it is read, or refused with one line that names the document.
#![no_main]

use backup_share_fuzz::mutate;
use libfuzzer_sys::{fuzz_mutator, fuzz_target};
use openapi_proof::document::parse;

fuzz_target!(|data: &[u8]| {
    if let Err(fault) = parse("x.yaml", data.to_vec()) {
        let said = fault.to_string();
        assert!(
            said.starts_with("x.yaml") && said.lines().count() == 1,
            "{said}"
        );
    }
});

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    mutate(data, size, max_size, seed)
});
