//! Makes Rust of the contract: `OUT_DIR/operations.rs` always, the client and its mocks where they
//! are asked for; and JSON, `OUT_DIR/contract.json`. Only this product's choices stand here; how it
//! is done stands in `client-gen`.

use std::{env, error::Error, fs, path::PathBuf, process::ExitCode};

use client_gen::{Replacement, Settings, TypeImpl};

const CONTRACT: &str = "openapi/backup-share.yaml";

fn main() -> ExitCode {
    println!("cargo::rerun-if-changed={CONTRACT}");
    println!("cargo::rerun-if-changed=build.rs");
    match generate() {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            // The whole chain on one line: Cargo shows one line of a build script as one error.
            let causes = std::iter::successors(fault.source(), |&cause| cause.source());
            let causes: String = causes.map(|cause| format!(": {cause}")).collect();
            println!(
                "cargo::error={CONTRACT}: {}",
                format!("{fault}{causes}").replace('\n', " ")
            );
            ExitCode::FAILURE
        }
    }
}

fn generate() -> Result<(), Box<dyn Error>> {
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let written = client_gen::load(CONTRACT)?;
    // The server would take longer to read the YAML than for all the rest of its start.
    fs::write(out.join("contract.json"), written.to_string())?;
    let contract = client_gen::lower(&written)?.document;
    fs::write(
        out.join("operations.rs"),
        client_gen::operations(&contract)?,
    )?;
    if env::var_os("CARGO_FEATURE_CLIENT").is_some() {
        fs::write(
            out.join("client.rs"),
            client_gen::client(&contract, &settings())?,
        )?;
    }
    if env::var_os("CARGO_FEATURE_MOCK").is_some() {
        fs::write(
            out.join("mock.rs"),
            client_gen::mock(&contract, &settings(), "crate::client::generated")?,
        )?;
    }
    Ok(())
}

fn settings() -> Settings {
    Settings {
        hooks: true,
        inner_type: Some("crate::client::Credentials".to_owned()),
        derives: vec!["PartialEq".to_owned(), "schemars::JsonSchema".to_owned()],
        // It reads the vendor's notations as well, which types made of the contract's patterns would
        // refuse.
        replacements: ["Timestamp", "DateTime", "QueryTime"].map(moment).into(),
    }
}

fn moment(schema: &str) -> Replacement {
    Replacement {
        schema: schema.to_owned(),
        path: "crate::timestamp::Timestamp".to_owned(),
        impls: vec![TypeImpl::Display, TypeImpl::FromStr],
    }
}
