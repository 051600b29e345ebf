//! Makes Rust source of a lowered document: settings into progenitor, its tokens into formatted
//! text.

use std::panic::{AssertUnwindSafe, catch_unwind};

use openapiv3::OpenAPI;
use progenitor::{GenerationSettings, Generator, HooksMode, InterfaceStyle, TagStyle};
use serde_json::Value;

use crate::{Error, Settings, culprit};

/// Makes the source of a typed client: a `Client` with a builder for each operation, and the
/// `types` of all schemas.
///
/// The source is to be included in a separate module. It names the crates `progenitor_client`,
/// `reqwest`, `serde`, `serde_json`, and `regress` where a schema has a pattern.
///
/// # Errors
/// [`Error::Contract`] where the generator cannot read the document, [`Error::Setting`] where a
/// setting is wrong.
pub fn client(lowered: &Value, settings: &Settings) -> Result<String, Error> {
    generate(lowered, settings, &|generator, document| {
        generator.generate_tokens(document)
    })
}

/// Makes the source of typed mocks of the operations, on `httpmock` and `regex`.
///
/// `client` is the path, as Rust text, of the module that the source of [`client()`] was included
/// in.
///
/// # Errors
/// As [`client()`].
pub fn mock(lowered: &Value, settings: &Settings, client: &str) -> Result<String, Error> {
    if syn::parse_str::<syn::Path>(client).is_err() {
        return Err(Error::Setting {
            setting: "client",
            reason: format!("`{client}` is no Rust"),
        });
    }
    let lowered = with_single_values(lowered);
    generate(&lowered, settings, &|generator, document| {
        generator.httpmock(document, client)
    })
}

/// The document, where each list in a query is one of its values: the generator's mocks would write
/// the whole list as one text. A mock expects one of them thereby, wherever it comes.
fn with_single_values(lowered: &Value) -> Value {
    let mut document = lowered.clone();
    let operations = document["paths"].as_object_mut().into_iter();
    let operations = operations.flat_map(|paths| paths.values_mut());
    for operation in operations
        .filter_map(Value::as_object_mut)
        .flat_map(|item| item.values_mut())
    {
        let parameters = operation
            .get_mut("parameters")
            .and_then(Value::as_array_mut);
        for parameter in parameters
            .into_iter()
            .flatten()
            .filter(|it| it["in"] == "query")
        {
            if let Some(items) = parameter["schema"].get("items").cloned() {
                parameter["schema"] = items;
            }
        }
    }
    document
}

/// Turns a parsed document into tokens, one way or the other.
type Make<'m, T> = &'m dyn Fn(&mut Generator, &OpenAPI) -> Result<T, progenitor::Error>;

fn generate<T: ToString>(
    lowered: &Value,
    settings: &Settings,
    make: Make<'_, T>,
) -> Result<String, Error> {
    settings.check(lowered)?;
    let document = culprit::parse(lowered)?;
    let run =
        |document: &OpenAPI| guarded(|| make(&mut Generator::new(&chosen(settings)), document));
    let tokens = run(&document)
        .map_err(|reason| culprit::operation(&document, reason, |part| run(part).err()))?;
    format(&tokens.to_string())
}

/// Progenitor panics at some documents. That is no way to end a build: the message becomes an error
/// like others.
fn guarded<T>(make: impl FnOnce() -> Result<T, progenitor::Error>) -> Result<T, String> {
    match catch_unwind(AssertUnwindSafe(make)) {
        Ok(made) => made.map_err(|fault| fault.to_string()),
        Err(panic) => Err(
            match (panic.downcast_ref::<String>(), panic.downcast_ref::<&str>()) {
                (Some(message), _) => message.clone(),
                (_, Some(message)) => (*message).to_owned(),
                _ => "the generator gave up".to_owned(),
            },
        ),
    }
}

fn chosen(settings: &Settings) -> GenerationSettings {
    let mut chosen = GenerationSettings::new();
    chosen
        .with_interface(InterfaceStyle::Builder)
        .with_tag(TagStyle::Merged);
    chosen.with_hooks(if settings.hooks {
        HooksMode::Expected
    } else {
        HooksMode::Optional
    });
    if let Some(tokens) = settings
        .inner_type
        .as_ref()
        .and_then(|inner| inner.parse().ok())
    {
        chosen.with_inner_type(tokens);
    }
    for derive in &settings.derives {
        chosen.with_derive(derive);
    }
    for replacement in &settings.replacements {
        chosen.with_replacement(
            &replacement.schema,
            &replacement.path,
            replacement.impls.iter().copied(),
        );
    }
    chosen
}

/// Formats source text; text that is no Rust can only come of names in the document that are none.
pub(crate) fn format(source: &str) -> Result<String, Error> {
    let file = syn::parse_file(source).map_err(|fault| Error::Contract {
        pointer: String::new(),
        reason: format!("what was made of it is no Rust: {fault}"),
    })?;
    Ok(prettyplease::unparse(&file))
}
