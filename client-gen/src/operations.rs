//! Makes the `Operation` enum: each operation of a document as a variant, so that a `match` over
//! all of them stops compiling when the contract gets another one.

use std::collections::BTreeSet;

use openapi_proof::document::METHODS;
use proc_macro2::TokenStream;
use quote::quote;
use serde_json::Value;
use syn::Ident;

use crate::{Error, generate, place::Place};

/// Makes the source of `pub enum Operation`: a variant for each operation, in document order, with
/// `ALL`, `id()`, `method()` and `path()`. It names no crate but `core`.
///
/// # Errors
/// [`Error::Contract`] for an operation without an `operationId`, or with one that makes no name of
/// its own.
pub fn operations(lowered: &Value) -> Result<String, Error> {
    let root = Place::Root;
    let paths = root.key("paths");
    let mut found: Vec<DeclaredOperation<'_>> = Vec::new();
    let mut names = BTreeSet::new();
    for (path, item) in lowered
        .get("paths")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
    {
        let methods = item.as_object().into_iter().flatten();
        for (method, operation) in methods.filter(|(method, _)| METHODS.contains(&method.as_str()))
        {
            let place = paths.key(path);
            let read = DeclaredOperation::read(&place.key(method), path, method, operation)?;
            if !names.insert(read.variant.clone()) {
                return Err(place
                    .key(method)
                    .key("operationId")
                    .error(format!("`{}` is taken", read.id)));
            }
            found.push(read);
        }
    }
    generate::format(&source(&found).to_string())
}

/// What the enum tells of an operation.
struct DeclaredOperation<'d> {
    variant: Ident,
    id: &'d str,
    method: String,
    path: &'d str,
    summary: String,
}

impl<'d> DeclaredOperation<'d> {
    fn read(
        place: &Place<'_>,
        path: &'d str,
        method: &str,
        operation: &'d Value,
    ) -> Result<Self, Error> {
        let Some(id) = operation.get("operationId").and_then(Value::as_str) else {
            return Err(place.error("an operation without an `operationId` cannot be named"));
        };
        let name = pascal_case(id);
        let variant = syn::parse_str(&name).map_err(|_| {
            place
                .key("operationId")
                .error(format!("`{id}` makes no name in Rust (`{name}`)"))
        })?;
        let summary = operation
            .get("summary")
            .and_then(Value::as_str)
            .unwrap_or(id);
        let method = method.to_uppercase();
        let summary = format!("{}: `{method} {path}`.", summary.trim_end_matches('.'));
        Ok(Self {
            variant,
            id,
            method,
            path,
            summary,
        })
    }
}

/// `add_member`, `add-member` and `addMember` all become `AddMember`.
fn pascal_case(id: &str) -> String {
    let words = id.split(|letter: char| !letter.is_alphanumeric());
    let mut name = String::new();
    for word in words {
        let mut letters = word.chars();
        name.extend(letters.next().into_iter().flat_map(char::to_uppercase));
        name.extend(letters);
    }
    name
}

fn source(operations: &[DeclaredOperation<'_>]) -> TokenStream {
    let count = operations.len();
    let variants: Vec<_> = operations
        .iter()
        .map(|operation| &operation.variant)
        .collect();
    let summaries = operations.iter().map(|operation| &operation.summary);
    let ids = operations.iter().map(|operation| operation.id);
    let methods = operations.iter().map(|operation| &operation.method);
    let paths = operations.iter().map(|operation| operation.path);
    quote! {
        #[doc = "An operation of the contract, in the order of the contract."]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Operation {
            #(#[doc = #summaries] #variants,)*
        }

        impl Operation {
            #[doc = "All operations, in the order of the contract."]
            pub const ALL: [Self; #count] = [#(Self::#variants),*];

            #[doc = "The `operationId`."]
            pub const fn id(self) -> &'static str {
                match self { #(Self::#variants => #ids,)* }
            }

            #[doc = "The HTTP method, in capitals."]
            pub const fn method(self) -> &'static str {
                match self { #(Self::#variants => #methods,)* }
            }

            #[doc = "The path, with its parameters in braces."]
            pub const fn path(self) -> &'static str {
                match self { #(Self::#variants => #paths,)* }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{operations, pascal_case};

    #[test]
    fn operations_come_in_document_order() {
        let item = json!({
            "post": {"operationId": "add_pet", "summary": "Add a pet."},
            "parameters": [],
            "get": {"operationId": "listPets"}
        });
        let source = operations(&json!({"paths": {"/pets": item}})).expect("two operations");
        let order: Vec<_> = ["AddPet,", "ListPets,"]
            .map(|name| source.find(name).expect(name))
            .into();
        assert!(order.is_sorted(), "{source}");
        assert!(
            source.contains("/// Add a pet: `POST /pets`.")
                || source.contains("Add a pet: `POST /pets`.")
        );
        assert!(source.contains("Self::ListPets => \"GET\""), "{source}");
        assert!(source.contains("pub const ALL: [Self; 2"), "{source}");
    }

    #[test]
    fn an_operation_without_a_name_of_its_own_is_refused() {
        for (item, fault) in [
            (
                json!({"get": {}}),
                "#/paths/~1a/get: an operation without an `operationId` cannot be named",
            ),
            (
                json!({"get": {"operationId": "1"}}),
                "#/paths/~1a/get/operationId: `1` makes no name in Rust (`1`)",
            ),
            (
                json!({"get": {"operationId": "show_a"}, "put": {"operationId": "showA"}}),
                "#/paths/~1a/put/operationId: `showA` is taken",
            ),
        ] {
            let refused = operations(&json!({"paths": {"/a": item}})).expect_err(fault);
            assert_eq!(refused.to_string(), fault);
        }
    }

    #[test]
    fn whatever_the_case_of_an_id_the_variant_is_pascal_case() {
        for id in [
            "add_member",
            "add-member",
            "addMember",
            "AddMember",
            "add member",
        ] {
            assert_eq!(pascal_case(id), "AddMember");
        }
    }
}
