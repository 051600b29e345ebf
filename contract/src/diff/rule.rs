//! The rules: one name for each kind of change. `README.md` explains them; a test holds the
//! two together.

use std::{borrow::Cow, fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

macro_rules! rules {
    ($($variant:ident = $name:literal),+ $(,)?) => {
        /// What kind of change it is. Whether it breaks depends on the direction, and for schemas
        /// on a proof.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[allow(missing_docs, reason = "README.md explains each")]
        pub enum Rule { $($variant),+ }

        impl Rule {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The name, as it stands in reports and in files of accepted breaks.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }
        }
    };
}

rules! {
    OperationRemoved = "operation-removed",
    OperationAdded = "operation-added",
    OperationId = "operation-id",
    Deprecated = "deprecated",
    ServerRemoved = "server-removed",
    ServerAdded = "server-added",
    ServerChanged = "server-changed",
    SecurityTightened = "security-tightened",
    SecurityRemoved = "security-removed",
    SecurityLoosened = "security-loosened",
    SecurityScheme = "security-scheme",
    PathParameterRenamed = "path-parameter-renamed",
    ParameterRemoved = "parameter-removed",
    ParameterAdded = "parameter-added",
    ParameterRequired = "parameter-required",
    ParameterOptional = "parameter-optional",
    ParameterWriting = "parameter-writing",
    BodyRemoved = "body-removed",
    BodyAdded = "body-added",
    BodyRequired = "body-required",
    BodyOptional = "body-optional",
    MediaTypeRemoved = "media-type-removed",
    MediaTypeAdded = "media-type-added",
    Encoding = "encoding",
    StatusRemoved = "status-removed",
    StatusAdded = "status-added",
    HeaderRemoved = "header-removed",
    HeaderAdded = "header-added",
    HeaderRequired = "header-required",
    HeaderOptional = "header-optional",
    HeaderWriting = "header-writing",
    Link = "link",
    Unused = "unused-component",
    Schema = "schema",
    Type = "type",
    Nullable = "nullable",
    Enum = "enum",
    Minimum = "minimum",
    Maximum = "maximum",
    MultipleOf = "multiple-of",
    MinLength = "min-length",
    MaxLength = "max-length",
    Pattern = "pattern",
    Format = "format",
    Content = "string-content",
    MinItems = "min-items",
    MaxItems = "max-items",
    UniqueItems = "unique-items",
    Items = "items",
    Contains = "contains",
    PropertyRemoved = "property-removed",
    PropertyAdded = "property-added",
    Required = "required",
    AdditionalProperties = "additional-properties",
    PatternProperties = "pattern-properties",
    PropertyNames = "property-names",
    MinProperties = "min-properties",
    MaxProperties = "max-properties",
    Dependent = "dependent",
    AllOf = "all-of",
    AnyOf = "any-of",
    OneOf = "one-of",
    Not = "not",
    Conditional = "conditional",
    Unevaluated = "unevaluated",
    Discriminator = "discriminator",
    Default = "default",
    Prose = "prose",
    Extension = "extension",
    Info = "info",
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Rule {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        Self::ALL
            .iter()
            .copied()
            .find(|rule| rule.name() == name)
            .ok_or_else(|| format!("there is no rule `{name}`"))
    }
}

impl Serialize for Rule {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Rule {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        name.parse().map_err(serde::de::Error::custom)
    }
}

impl schemars::JsonSchema for Rule {
    fn schema_name() -> Cow<'static, str> {
        "Rule".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let names: Vec<&str> = Self::ALL.iter().map(|rule| rule.name()).collect();
        schemars::json_schema!({ "type": "string", "enum": names })
    }
}
