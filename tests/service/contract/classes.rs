//! The comparison of contracts, held to ours: every one-step mutation of it gets its class. Other
//! documents are compared in the tests of `openapi-proof`.
use std::{collections::BTreeMap, thread};

use backup_share::contract::document;
use openapi_proof::{
    diff::{Report, Settings, Shows, compare},
    document::{Document, of_value},
};
use serde_json::Value;

use super::mutations::{self, Mutation, mutations};

fn read(name: &str, value: &Value) -> Document {
    of_value(name, value.clone(), String::new()).unwrap_or_else(|fault| panic!("{fault}"))
}

fn compared(base: &Value, head: &Value) -> Report {
    compare(
        &read("base", base),
        &read("head", head),
        &Settings::default(),
    )
    .expect("comparable")
}

#[derive(Default)]
struct Count {
    all: usize,
    wrong: usize,
    values: usize,
    shown: usize,
}

#[test]
fn every_one_step_mutation_of_our_contract_gets_its_class() {
    let contract = document::json();
    let mutations = mutations(contract);
    let mut counts: BTreeMap<(&str, &str), Count> = BTreeMap::new();
    let (mut wrong, mut bare) = (Vec::new(), Vec::new());
    for (mutation, report) in mutations.iter().zip(reports(contract, &mutations)) {
        let count = counts.entry((mutation.rule, mutation.class)).or_default();
        count.all += 1;
        if report.class.word() != mutation.class {
            count.wrong += 1;
            wrong.push(complaint(mutation, &report));
        }
        if mutation.values && mutation.class == mutations::BREAKING {
            let shown = report
                .changes
                .iter()
                .any(|change| change.counterexample.is_some());
            count.values += 1;
            count.shown += usize::from(shown);
            if !shown {
                bare.push(complaint(mutation, &report));
            }
        }
    }
    table(&counts);
    assert!(mutations.len() >= 300, "only {} mutations", mutations.len());
    assert!(
        wrong.is_empty(),
        "{} of {} are wrong:\n{}",
        wrong.len(),
        mutations.len(),
        wrong.join("\n")
    );
    assert!(
        bare.is_empty(),
        "{} breaks of values have no counterexample:\n{}",
        bare.len(),
        bare.join("\n")
    );
}

/// The report on each mutation, in order.
fn reports(contract: &Value, mutations: &[Mutation]) -> Vec<Report> {
    let half = mutations.len() / 2;
    let (first, second) = mutations.split_at(half);
    let all = |part: &[Mutation]| {
        part.iter()
            .map(|each| compared(contract, &each.document))
            .collect::<Vec<_>>()
    };
    thread::scope(|scope| {
        let first = scope.spawn(|| all(first));
        let second = all(second);
        first
            .join()
            .expect("no panic")
            .into_iter()
            .chain(second)
            .collect()
    })
}

fn complaint(mutation: &Mutation, report: &Report) -> String {
    let changes = report.changes.iter().map(|change| {
        format!(
            "\n      {} {} {}: {}",
            change.class.word(),
            change.rule,
            change.place(),
            change.sentence
        )
    });
    let changes: String = changes.collect();
    format!(
        "  {} at {}: {} and not {}{changes}",
        mutation.rule,
        mutation.pointer,
        report.class.word(),
        mutation.class
    )
}

fn table(counts: &BTreeMap<(&str, &str), Count>) {
    println!(
        "{:<40} {:<11} {:>5} {:>5} {:>15}",
        "change", "class", "count", "wrong", "counterexamples"
    );
    for ((rule, class), count) in counts {
        let shown = if count.values > 0 {
            format!("{}/{}", count.shown, count.values)
        } else {
            String::new()
        };
        println!(
            "{rule:<40} {class:<11} {:>5} {:>5} {shown:>15}",
            count.all, count.wrong
        );
    }
    let sum = |of: fn(&Count) -> usize| counts.values().map(of).sum::<usize>();
    println!(
        "{:<40} {:<11} {:>5} {:>5} {:>15}",
        "all",
        "",
        sum(|c| c.all),
        sum(|c| c.wrong),
        format!("{}/{}", sum(|c| c.shown), sum(|c| c.values))
    );
}

#[test]
fn a_counterexample_of_a_request_was_accepted_and_is_no_more() {
    let contract = document::json();
    let mut changed = contract.clone();
    changed["components"]["schemas"]["AddMember"]["properties"]["members"]["maxItems"] = 5.into();
    let report = compared(contract, &changed);
    let example = report
        .changes
        .iter()
        .find_map(|change| change.counterexample.clone())
        .expect("an example");
    assert_eq!(example.shows, Shows::RequestRefused);
    let members = example.value["members"]
        .as_array()
        .map(Vec::len)
        .expect("a whole body");
    assert!((6..=10).contains(&members), "{}", example.value);
}

#[test]
fn the_same_document_is_no_change() {
    let report = compared(document::json(), document::json());
    assert_eq!(report.class.word(), "none");
    assert!(report.changes.is_empty() && report.passes());
}
