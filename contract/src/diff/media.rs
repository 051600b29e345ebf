//! Names of media types, as they are compared: in whatever case, with whatever space. What stands
//! behind them is compared in `bodies`.

use std::collections::BTreeMap;

use super::node::Node;

/// A media type or a range of them, with its parameters.
#[derive(PartialEq, Eq)]
pub(super) struct MediaType {
    name: String,
    parameters: BTreeMap<String, String>,
}

impl MediaType {
    pub(super) fn of(text: &str) -> Self {
        let mut parts = text.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default().to_lowercase();
        let parameters = parts.filter_map(|part| part.split_once('='));
        let mut parameters: BTreeMap<String, String> = parameters
            .map(|(key, value)| {
                (
                    key.trim().to_lowercase(),
                    value.trim().trim_matches('"').to_owned(),
                )
            })
            .collect();
        // That is what text is in anyway.
        let text = name.starts_with("text/") || name.ends_with("/json") || name.ends_with("+json");
        if text
            && parameters
                .get("charset")
                .is_some_and(|charset| charset.eq_ignore_ascii_case("utf-8"))
        {
            parameters.remove("charset");
        }
        Self { name, parameters }
    }

    /// Whether this is a range that the other one is in.
    fn ranges_over(&self, other: &Self) -> bool {
        let kind = |name: &str| name.split('/').next().unwrap_or_default().to_owned();
        let range = self.name == "*/*"
            || self.name.ends_with("/*") && kind(&self.name) == kind(&other.name);
        self.parameters.is_empty() && range
    }

    pub(super) fn covers(&self, other: &Self) -> bool {
        self == other || self.ranges_over(other)
    }

    /// Whether a body of this type has parts that are encoded one by one.
    pub(super) fn has_parts(&self) -> bool {
        self.name.starts_with("multipart/")
            || self.name == "application/x-www-form-urlencoded"
            || self.name.contains('*')
    }
}

/// The media type itself.
pub(super) fn same<'n, 'a>(name: &str, among: &'n [(&'a str, Node<'a>)]) -> Option<&'n Node<'a>> {
    let name = MediaType::of(name);
    among
        .iter()
        .find(|(other, _)| MediaType::of(other) == name)
        .map(|(_, node)| node)
}

/// The media type itself, or the narrowest range that it is in.
pub(super) fn partner<'n, 'a>(
    name: &str,
    among: &'n [(&'a str, Node<'a>)],
) -> Option<&'n Node<'a>> {
    let wanted = MediaType::of(name);
    let ranges = among
        .iter()
        .filter(|(other, _)| MediaType::of(other).ranges_over(&wanted));
    let narrowest = ranges.min_by_key(|(other, _)| MediaType::of(other).name == "*/*");
    same(name, among).or(narrowest.map(|(_, node)| node))
}
