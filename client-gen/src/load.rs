//! Reads a contract from a file into a JSON value, key order kept. Does not look at what it says.

use std::{fs, path::Path};

use serde_json::Value;

use crate::Error;

/// Reads a contract: JSON where the file's name ends in `.json`, YAML otherwise.
///
/// # Errors
/// [`Error::Unreadable`] and [`Error::Malformed`], with the file, and the line of a syntax error.
pub fn load(file: impl AsRef<Path>) -> Result<Value, Error> {
    let file = file.as_ref();
    let text = fs::read_to_string(file).map_err(|source| Error::Unreadable {
        file: file.to_owned(),
        source,
    })?;
    if file
        .extension()
        .is_some_and(|extension| extension.eq_ignore_ascii_case("json"))
    {
        json(file, &text)
    } else {
        yaml(file, &text)
    }
}

fn json(file: &Path, text: &str) -> Result<Value, Error> {
    serde_json::from_str(text).map_err(|fault| Error::Malformed {
        file: file.to_owned(),
        line: fault.line() as u64,
        column: fault.column() as u64,
        reason: fault.to_string(),
    })
}

fn yaml(file: &Path, text: &str) -> Result<Value, Error> {
    // The core schema of YAML 1.2, as OpenAPI has it: `no` and `1_000` are text.
    let options =
        serde_saphyr::options! { strict_booleans: true, underscored_numbers_as_strings: true };
    serde_saphyr::from_str_with_options(text, options).map_err(|fault| {
        let (line, column) = fault
            .location()
            .map_or((0, 0), |at| (at.line(), at.column()));
        Error::Malformed {
            file: file.to_owned(),
            line,
            column,
            reason: fault.without_snippet().to_string(),
        }
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{json, load, yaml};

    #[test]
    fn the_order_of_keys_is_kept() {
        let document = yaml(
            Path::new("c.yaml"),
            "z: 1\na: {'200': x}\nm: [null, true]\n",
        )
        .expect("well-formed");
        assert_eq!(
            document.to_string(),
            r#"{"z":1,"a":{"200":"x"},"m":[null,true]}"#
        );
    }

    #[test]
    fn words_that_older_yaml_takes_for_booleans_are_text() {
        let document = yaml(
            Path::new("c.yaml"),
            "enum: [y, NO, on, off, yes, 1_000, true]\n",
        )
        .expect("well-formed");
        assert_eq!(
            document.to_string(),
            r#"{"enum":["y","NO","on","off","yes","1_000",true]}"#
        );
    }

    #[test]
    fn yaml_and_json_read_alike() {
        let text = r#"{"openapi": "3.1.1", "paths": {"/a": {"get": {"responses": {"200": {"description": "ok"}}}}}}"#;
        let path = Path::new("c");
        assert_eq!(
            yaml(path, text).expect("YAML"),
            json(path, text).expect("JSON")
        );
    }

    #[test]
    fn a_syntax_error_names_file_and_line() {
        for (name, text) in [
            ("c.yaml", "a: 1\nb: [1, 2\nc: 3\n"),
            ("c.yaml", "a: 1\na: 2\n"),
        ] {
            let refused = yaml(Path::new(name), text).expect_err(text).to_string();
            assert!(
                refused.starts_with("c.yaml:2:") || refused.starts_with("c.yaml:3:"),
                "{refused}"
            );
        }
        let refused = json(Path::new("c.json"), "{\n\"a\": ,\n}")
            .expect_err("no value")
            .to_string();
        assert!(refused.starts_with("c.json:2:"), "{refused}");
    }

    #[test]
    fn a_missing_file_is_named() {
        let refused = load("/nowhere/contract.yaml").expect_err("no such file");
        assert_eq!(refused.to_string(), "/nowhere/contract.yaml cannot be read");
    }
}
