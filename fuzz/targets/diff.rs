//! Two documents, compared in both directions: it comes to an end, and each direction agrees with
//! itself.
#![no_main]

use backup_share_fuzz::{BETWEEN, mutate};
use libfuzzer_sys::{Corpus, fuzz_mutator, fuzz_target};
use openapi_proof::{
    diff::{Settings, compare, render},
    document::{Document, parse},
};

fuzz_target!(|data: &[u8]| -> Corpus {
    let Some((base, head)) = pair(data) else {
        return Corpus::Reject;
    };
    for (old, new) in [(&base, &head), (&head, &base), (&base, &base)] {
        let report =
            compare(old, new, &Settings::default()).unwrap_or_else(|fault| panic!("{fault}"));
        let heaviest = report
            .changes
            .iter()
            .map(|change| change.class.word())
            .next();
        assert_eq!(
            report.class.word(),
            heaviest.unwrap_or("none"),
            "the heaviest change comes first"
        );
        assert!(
            !std::ptr::eq(old, new) || heaviest.is_none(),
            "a document is no change of itself"
        );
        for format in [
            render::Format::Json,
            render::Format::Markdown,
            render::Format::Github,
            render::Format::Html,
        ] {
            render::render(&report, format, &new.text);
        }
    }
    Corpus::Keep
});

fn pair(data: &[u8]) -> Option<(Document, Document)> {
    let (base, head) = str::from_utf8(data).ok()?.split_once(BETWEEN)?;
    Some((
        parse("base", base.into()).ok()?,
        parse("head", head.into()).ok()?,
    ))
}

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    mutate(data, size, max_size, seed)
});
