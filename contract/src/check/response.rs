//! What a document promises of the responses of one operation.

use std::collections::BTreeMap;

use super::{Breach, CompileError, SchemaCheck, parameter::Parameter};
use crate::document::node::Node;

/// What is promised of responses, by status.
pub struct ResponseCheck {
    pointer: String,
    responses: BTreeMap<u16, Response>,
}

struct Response {
    pointer: String,
    headers: Vec<Parameter>,
    content: Vec<(String, SchemaCheck)>,
}

impl ResponseCheck {
    pub(super) fn compile(at: &Node) -> Result<Self, CompileError> {
        let pointer = format!("{}/responses", at.pointer);
        let mut responses = BTreeMap::new();
        for (status, response) in at.named("responses") {
            let unread = |_| CompileError {
                pointer: pointer.clone(),
                reason: format!("status `{status}` is not read"),
            };
            responses.insert(
                status.parse().map_err(unread)?,
                Response::compile(&response.resolved())?,
            );
        }
        Ok(Self { pointer, responses })
    }

    /// Holds a response against the promise. `header`: the text of a header, by name.
    ///
    /// # Errors
    /// The first [`Breach`].
    pub fn check<'t>(
        &self,
        status: u16,
        header: impl Fn(&str) -> Option<&'t str>,
        body: &[u8],
    ) -> Result<(), Breach> {
        let broken = |place: &str, reason: &str, rule: &str| {
            Err(Breach {
                place: place.to_owned(),
                reason: reason.to_owned(),
                rule: rule.to_owned(),
            })
        };
        let Some(response) = self.responses.get(&status) else {
            return broken("status", "it is not declared", &self.pointer);
        };
        response.headers.iter().try_for_each(|named| {
            named
                .check(header(&named.name))
                .map_err(|breach| match breach.rule.as_str() {
                    "" => Breach {
                        rule: format!("{}/headers/{}", response.pointer, named.name),
                        ..breach
                    },
                    _ => breach,
                })
        })?;
        if response.content.is_empty() {
            return if body.is_empty() {
                Ok(())
            } else {
                broken("body", "none is declared", &response.pointer)
            };
        }
        let media_type = header("content-type")
            .and_then(|text| text.split(';').next())
            .unwrap_or_default()
            .trim();
        match response
            .content
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(media_type))
        {
            Some((_, rule)) => rule.check_json(body),
            None => broken(
                "header content-type",
                "it is not declared",
                &format!("{}/content", response.pointer),
            ),
        }
    }
}

impl Response {
    fn compile(at: &Node) -> Result<Self, CompileError> {
        let headers = at.named("headers").into_iter();
        let headers = headers.map(|(name, at)| Parameter::compile(name, "header", &at.resolved()));
        let mut content = vec![];
        for (media_type, body) in at.named("content") {
            if let Some(schema) = body.raw("schema") {
                content.push((media_type.to_owned(), SchemaCheck::compile(&schema)?));
            }
        }
        Ok(Self {
            pointer: at.pointer.clone(),
            headers: headers.collect::<Result<_, _>>()?,
            content,
        })
    }
}
