//! The bodies, field by field as the contract has them, and their way from and to the model.

use std::{fmt::Display, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{RefOr, Schema},
};

use super::schemas;
use crate::{
    model::{self, MemberStatus, ProjectId, VaultId, page::Page, rules::Decision},
    timestamp::Timestamp,
};

/// The body of every error.
#[derive(Serialize, ToSchema)]
#[schema(as = Error)]
pub(super) struct ErrorBody<'a> {
    pub error_code: &'a str,
    pub error_msg: &'a str,
    #[schema(value_type = schemas::RequestId, required = false)]
    pub request_id: &'a str,
}

/// With whom to share.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct AddMember {
    #[serde(deserialize_with = "project_ids")]
    #[schema(value_type = HashSet<schemas::ProjectId>, min_items = 1, max_items = 10)]
    pub members: Vec<ProjectId>,
    #[serde(default)]
    #[schema(max_items = 0)]
    #[expect(dead_code, reason = "sharing with domains is not offered")]
    domains: Option<Vec<String>>,
}

fn project_ids<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<ProjectId>, D::Error> {
    let texts = Vec::<String>::deserialize(deserializer)?;
    let ids = texts.iter().map(|text| text.parse());
    ids.collect::<Result<_, _>>().map_err(de::Error::custom)
}

/// What the member decides.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct UpdateMember {
    #[serde(deserialize_with = "parsed")]
    #[schema(value_type = schemas::MemberStatus)]
    status: MemberStatus,
    #[serde(default, deserialize_with = "vault_choice")]
    #[schema(value_type = schemas::VaultChoice, required = false)]
    vault_id: Option<VaultId>,
}

fn parsed<'de, D: Deserializer<'de>, T: FromStr<Err: Display>>(
    deserializer: D,
) -> Result<T, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map_err(de::Error::custom)
}

/// A vault's id; null and the empty string name none.
fn vault_choice<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<VaultId>, D::Error> {
    match Option::<String>::deserialize(deserializer)?.as_deref() {
        None | Some("") => Ok(None),
        Some(id) => id.parse().map(Some).map_err(de::Error::custom),
    }
}

impl From<UpdateMember> for Decision {
    fn from(body: UpdateMember) -> Self {
        match body.status {
            MemberStatus::Accepted => Self::Accept(body.vault_id),
            MemberStatus::Rejected => Self::Reject,
            MemberStatus::Pending => Self::Postpone,
        }
    }
}

/// One share of one backup with one project.
#[derive(Clone, Serialize, ToSchema)]
#[schema(as = Member)]
pub(super) struct MemberBody {
    #[schema(value_type = schemas::MemberStatus)]
    status: Text<MemberStatus>,
    #[schema(value_type = schemas::Timestamp)]
    created_at: Timestamp,
    #[schema(value_type = Option<schemas::Timestamp>)]
    updated_at: Option<Timestamp>,
    #[schema(value_type = schemas::BackupId)]
    backup_id: Text<model::BackupId>,
    #[schema(value_type = Option<schemas::ImageId>)]
    image_id: Option<Text<model::ImageId>>,
    #[schema(value_type = schemas::ProjectId)]
    dest_project_id: Text<ProjectId>,
    #[schema(value_type = Option<schemas::VaultId>)]
    vault_id: Option<Text<VaultId>>,
    #[schema(value_type = schemas::ShareId)]
    id: Text<model::ShareId>,
}

/// A value of the model, written as its text.
#[derive(Clone)]
pub(super) struct Text<T>(pub T);

impl<T: Display> Serialize for Text<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

/// A time with its offset: what some clients read as local time without one.
pub(super) struct Zoned(pub Timestamp);

impl Serialize for Zoned {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{}+00:00", self.0))
    }
}

impl From<model::Member> for MemberBody {
    fn from(member: model::Member) -> Self {
        Self {
            status: Text(member.status),
            created_at: member.created_at,
            updated_at: member.updated_at,
            backup_id: Text(member.backup_id),
            image_id: member.image_id.map(Text),
            dest_project_id: Text(member.dest_project_id),
            vault_id: member.vault_id.map(Text),
            id: Text(member.id),
        }
    }
}

/// One member.
#[derive(Serialize, ToSchema)]
pub(super) struct MemberAnswer {
    pub member: MemberBody,
}

/// One page of members.
#[derive(Serialize, ToSchema)]
pub(super) struct MemberList {
    members: Vec<MemberBody>,
    #[schema(value_type = i64, minimum = 0, required = false)]
    count: usize,
}

impl From<Page> for MemberList {
    fn from(page: Page) -> Self {
        Self {
            members: page.members.into_iter().map(Into::into).collect(),
            count: page.total,
        }
    }
}

/// The members that one request added; the keys of the first at the top level as well.
#[derive(Serialize, ToSchema)]
pub(super) struct AddedMembers {
    #[serde(flatten)]
    #[schema(value_type = FirstMember)]
    first: Option<MemberBody>,
    #[schema(min_items = 1, max_items = 10)]
    members: Vec<MemberBody>,
    #[schema(value_type = i64, minimum = 0, required = false)]
    count: usize,
}

/// The keys of a member, none of which has to be there.
struct FirstMember;

impl PartialSchema for FirstMember {
    fn schema() -> RefOr<Schema> {
        match MemberBody::schema() {
            RefOr::T(Schema::Object(mut object)) => {
                object.required.clear();
                Schema::Object(object).into()
            }
            other => other,
        }
    }
}

impl ToSchema for FirstMember {}

impl From<Vec<model::Member>> for AddedMembers {
    fn from(members: Vec<model::Member>) -> Self {
        let members: Vec<MemberBody> = members.into_iter().map(Into::into).collect();
        Self {
            first: members.first().cloned(),
            count: members.len(),
            members,
        }
    }
}
