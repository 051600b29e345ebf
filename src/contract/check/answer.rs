//! What the contract promises of the answers of one operation.

use std::collections::BTreeMap;

use super::{Breach, CompileError, Rule, parameter::Parameter};
use crate::contract::cursor::Cursor;

/// What is promised of answers, by status.
pub struct AnswerCheck {
    pointer: String,
    answers: BTreeMap<u16, Answer>,
}

struct Answer {
    pointer: String,
    headers: Vec<Parameter>,
    content: Vec<(String, Rule)>,
}

impl AnswerCheck {
    pub(super) fn compile(at: &Cursor) -> Result<Self, CompileError> {
        let pointer = format!("{}/responses", at.pointer);
        let mut answers = BTreeMap::new();
        for (status, answer) in at.key("responses").iter().flat_map(Cursor::entries) {
            let unread = |_| CompileError {
                pointer: pointer.clone(),
                reason: format!("status `{status}` is not read"),
            };
            answers.insert(status.parse().map_err(unread)?, Answer::compile(&answer)?);
        }
        Ok(Self { pointer, answers })
    }

    /// Holds an answer against the promise. `header`: the text of a header, by name.
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
        let Some(answer) = self.answers.get(&status) else {
            return broken("status", "it is not declared", &self.pointer);
        };
        answer.headers.iter().try_for_each(|named| {
            named
                .check(header(&named.name))
                .map_err(|breach| match breach.rule.as_str() {
                    "" => Breach {
                        rule: format!("{}/headers/{}", answer.pointer, named.name),
                        ..breach
                    },
                    _ => breach,
                })
        })?;
        if answer.content.is_empty() {
            return if body.is_empty() {
                Ok(())
            } else {
                broken("body", "none is declared", &answer.pointer)
            };
        }
        let media_type = header("content-type")
            .and_then(|text| text.split(';').next())
            .unwrap_or_default()
            .trim();
        match answer
            .content
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(media_type))
        {
            Some((_, rule)) => rule.check_json(body),
            None => broken(
                "header content-type",
                "it is not declared",
                &format!("{}/content", answer.pointer),
            ),
        }
    }
}

impl Answer {
    fn compile(at: &Cursor) -> Result<Self, CompileError> {
        let headers = at.key("headers");
        let headers = headers.iter().flat_map(Cursor::entries);
        let headers = headers.map(|(name, header)| Parameter::compile(name, "header", &header));
        let mut content = vec![];
        for (media_type, body) in at.key("content").iter().flat_map(Cursor::entries) {
            if let Some(schema) = body.under("schema") {
                content.push((media_type.to_owned(), Rule::compile(&schema)?));
            }
        }
        Ok(Self {
            pointer: at.pointer.clone(),
            headers: headers.collect::<Result<_, _>>()?,
            content,
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::{contract::check, model::Operation};

    const ERROR: &[u8] = br#"{"error_code": "A.1", "error_msg": "No.", "request_id": "r"}"#;

    fn rule(
        operation: Operation,
        status: u16,
        headers: &[(&str, &'static str)],
        body: &[u8],
    ) -> Result<(), String> {
        let header = |name: &str| {
            let named = headers
                .iter()
                .find(|(given, _)| given.eq_ignore_ascii_case(name));
            named.map(|(_, text)| *text)
        };
        check::of(operation)
            .answer
            .check(status, header, body)
            .map_err(|breach| breach.rule)
    }

    #[test]
    fn an_answer_that_breaks_the_promise_is_told_with_the_rule() {
        let json = ("content-type", "application/json");
        let id = ("x-request-id", "r");
        let broken = |status, headers: &[_], body| {
            rule(Operation::ShowMember, status, headers, body).expect_err("broken")
        };
        assert_eq!(rule(Operation::ShowMember, 404, &[json, id], ERROR), Ok(()));
        assert!(broken(418, &[json, id], ERROR).ends_with("/get/responses"));
        assert_eq!(
            broken(404, &[json], ERROR),
            "/components/responses/NotFound/headers/X-Request-Id"
        );
        assert_eq!(
            broken(404, &[id], ERROR),
            "/components/responses/NotFound/content"
        );
        assert_eq!(
            broken(404, &[json, id], b"{}"),
            "/components/schemas/Error/required"
        );
        assert_eq!(
            broken(404, &[json, ("x-request-id", "a b")], ERROR),
            "/components/schemas/RequestId/pattern"
        );
        assert!(
            broken(503, &[json, id, ("retry-after", "0")], ERROR)
                .ends_with("Retry-After/schema/minimum")
        );
        assert_eq!(rule(Operation::DeleteMember, 204, &[id], b""), Ok(()));
        assert!(rule(Operation::DeleteMember, 204, &[id], b"{}").is_err());
    }
}
