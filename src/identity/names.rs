//! What a login names: a user, a project, a domain, each by id or by name. There is one domain, a
//! user has one project, and the name of a user is its id.

use serde::Deserialize;

use crate::model::ProjectId;

/// The id of the one domain, as every Keystone has it.
pub const DOMAIN_ID: &str = "default";
/// Its name.
pub const DOMAIN_NAME: &str = "Default";

/// A domain, by id or by name; where there is neither, none is named.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct DomainName {
    id: Option<String>,
    name: Option<String>,
}

impl DomainName {
    /// Whether it is the one that there is. Its id is also taken as a name, and the other way
    /// round: they differ by a capital.
    fn exists(&self) -> bool {
        let named = [&self.id, &self.name];
        let mut named = named.into_iter().flatten();
        named.all(|name| name.eq_ignore_ascii_case(DOMAIN_ID))
    }
}

/// A user, by name and domain, or by id.
#[derive(Clone, Debug)]
pub struct UserName {
    /// Its name, which is its id.
    pub name: String,
    /// Its domain.
    pub domain: DomainName,
}

impl UserName {
    /// Whether there can be such a user. No store has a name with U+0000 in it, and PostgreSQL
    /// refuses the question.
    pub(super) fn may_exist(&self) -> bool {
        self.domain.exists() && !self.name.contains('\0')
    }
}

/// A project, by id, or by name and domain; where there is neither, the user's own one.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct ProjectName {
    id: Option<String>,
    name: Option<String>,
    #[serde(default)]
    domain: DomainName,
}

/// What a login asks for. A user has one project: where the login names none, or a domain, the
/// token is for that one, as it is with Keystone's default projects.
#[derive(Clone, Debug, Default)]
pub enum LoginScope {
    /// The user's own project.
    #[default]
    Own,
    /// This project.
    Project(ProjectName),
    /// This domain.
    Domain(DomainName),
}

impl LoginScope {
    /// Whether a token for this project is what was asked for.
    pub fn covers(&self, id: &ProjectId, name: &str) -> bool {
        match self {
            Self::Own => true,
            Self::Domain(domain) => domain.exists(),
            Self::Project(project) => {
                let same = |asked: &Option<String>, is| asked.as_deref().is_none_or(|a| a == is);
                same(&project.id, id.as_str())
                    && same(&project.name, name)
                    && project.domain.exists()
            }
        }
    }
}
