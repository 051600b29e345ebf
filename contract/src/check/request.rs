//! What a document asks of the requests of one operation.

use super::{
    Breach, CompileError, SchemaCheck,
    parameter::{Parameter, QUERY},
};
use crate::document::node::Node;

/// What a document asks of requests.
pub struct RequestCheck {
    path: Vec<Parameter>,
    query: Vec<Parameter>,
    headers: Vec<Parameter>,
    /// By media type.
    body: Vec<(String, SchemaCheck)>,
}

impl RequestCheck {
    /// `item`: the path, whose parameters all its operations share.
    pub(super) fn compile(item: &Node, at: &Node) -> Result<Self, CompileError> {
        let mut check = Self {
            path: vec![],
            query: vec![],
            headers: vec![],
            body: vec![],
        };
        for parameter in [item, at].into_iter().flat_map(|at| at.list("parameters")) {
            check.add(&parameter.resolved())?;
        }
        let body = at.get("requestBody");
        for (media_type, content) in body.iter().flat_map(|body| body.named("content")) {
            if let Some(schema) = content.raw("schema") {
                check
                    .body
                    .push((media_type.to_owned(), SchemaCheck::compile(&schema)?));
            }
        }
        Ok(check)
    }

    fn add(&mut self, at: &Node) -> Result<(), CompileError> {
        let name = at.str("name").unwrap_or_default();
        let (list, kind) = match at.str("in").unwrap_or_default() {
            "path" => (&mut self.path, "path parameter"),
            "query" => (&mut self.query, QUERY),
            "header" => (&mut self.headers, "header"),
            other => {
                let reason = format!("parameters in `{other}` are not read");
                return Err(CompileError {
                    pointer: at.pointer.clone(),
                    reason,
                });
            }
        };
        list.push(Parameter::compile(name, kind, at)?);
        Ok(())
    }

    /// Asks for the parameters of the path, by name.
    ///
    /// # Errors
    /// The first [`Breach`].
    pub fn path<'t>(&self, text: impl Fn(&str) -> Option<&'t str>) -> Result<(), Breach> {
        self.path
            .iter()
            .try_for_each(|parameter| parameter.check(text(&parameter.name)))
    }

    /// Asks for the headers, by name.
    ///
    /// # Errors
    /// The first [`Breach`].
    pub fn headers<'t>(&self, text: impl Fn(&str) -> Option<&'t str>) -> Result<(), Breach> {
        self.headers
            .iter()
            .try_for_each(|parameter| parameter.check(text(&parameter.name)))
    }

    /// Asks for the query: names and texts, decoded. Each once, but for lists, and no other.
    ///
    /// # Errors
    /// The first [`Breach`].
    pub fn query(&self, pairs: &[(String, String)]) -> Result<(), Breach> {
        let is_known = |name: &str| self.query.iter().any(|parameter| parameter.name == name);
        if let Some((name, _)) = pairs.iter().find(|(name, _)| !is_known(name)) {
            return Err(Breach {
                place: format!("{QUERY} {name}"),
                reason: "there is no such parameter".to_owned(),
                rule: String::new(),
            });
        }
        self.query.iter().try_for_each(|parameter| {
            let given = pairs.iter().filter(|(name, _)| *name == parameter.name);
            let texts: Vec<&str> = given.map(|(_, text)| text.as_str()).collect();
            parameter.check_all(&texts)
        })
    }

    /// What is asked of a body of this media type; none where the operation accepts none.
    pub fn body(&self, media_type: &str) -> Option<&SchemaCheck> {
        self.body
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(media_type))
            .map(|(_, rule)| rule)
    }
}
