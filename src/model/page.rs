//! Filtering, ordering and cutting the list of a backup's members. A backup has few members, so
//! this is done on values, the same for every store.

use std::{cmp::Ordering, str::FromStr};

use super::{Error, ImageId, Member, MemberStatus, ProjectId, Result, ShareId, VaultId};

/// Which members to list, in which order, and which part of them.
#[derive(Clone, Debug)]
pub struct PageQuery {
    /// Only in this status.
    pub status: Option<MemberStatus>,
    /// Only this project.
    pub dest_project_id: Option<ProjectId>,
    /// Only those that accepted into this vault.
    pub vault_id: Option<VaultId>,
    /// Only those with this image; none where it is no image's id.
    pub image_id: Option<String>,
    /// How many at most.
    pub limit: usize,
    /// How many to skip, after the marker where there is one.
    pub offset: u64,
    /// The last member of the page before.
    pub marker: Option<ShareId>,
    /// The order.
    pub sort: Sort,
}

/// One page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// The members on it.
    pub members: Vec<Member>,
    /// How many meet the filters, on whatever page.
    pub total: usize,
}

/// An order: keys with their directions, the first decides first.
#[derive(Clone, Debug)]
pub struct Sort(Vec<(Compare, SortDirection)>);

type Compare = fn(&Member, &Member) -> Ordering;

/// Which end of an order comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SortDirection {
    /// The least first; what is absent before all.
    Ascending,
    /// The greatest first; what is absent after all.
    Descending,
}

/// The text is no order.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an order is a list of keys of a member, each with :asc, :desc or neither")]
pub struct InvalidSort;

impl Default for Sort {
    fn default() -> Self {
        Self(vec![(
            |a, b| a.created_at.cmp(&b.created_at),
            SortDirection::Descending,
        )])
    }
}

impl FromStr for Sort {
    type Err = InvalidSort;

    fn from_str(text: &str) -> std::result::Result<Self, Self::Err> {
        text.split(',')
            .map(term)
            .collect::<std::result::Result<_, _>>()
            .map(Self)
    }
}

fn term(text: &str) -> std::result::Result<(Compare, SortDirection), InvalidSort> {
    let (key, direction) = text.split_once(':').unwrap_or((text, "desc"));
    let compare: Compare = match key {
        "status" => |a, b| a.status.as_str().cmp(b.status.as_str()),
        "created_at" => |a, b| a.created_at.cmp(&b.created_at),
        "updated_at" => |a, b| a.updated_at.cmp(&b.updated_at),
        "backup_id" => |a, b| a.backup_id.cmp(&b.backup_id),
        "image_id" => |a, b| a.image_id.cmp(&b.image_id),
        "dest_project_id" => |a, b| a.dest_project_id.cmp(&b.dest_project_id),
        "vault_id" => |a, b| a.vault_id.cmp(&b.vault_id),
        "id" => |a, b| a.id.cmp(&b.id),
        _ => return Err(InvalidSort),
    };
    match direction {
        "asc" => Ok((compare, SortDirection::Ascending)),
        "desc" => Ok((compare, SortDirection::Descending)),
        _ => Err(InvalidSort),
    }
}

impl Sort {
    /// Members that are equal in all keys are ordered by id, in the direction of the last key.
    fn compare(&self, a: &Member, b: &Member) -> Ordering {
        let last = self
            .0
            .last()
            .map_or(SortDirection::Descending, |term| term.1);
        let by_id: Compare = |a, b| a.id.cmp(&b.id);
        let terms = self.0.iter().copied().chain([(by_id, last)]);
        terms
            .map(|(compare, direction)| match direction {
                SortDirection::Ascending => compare(a, b),
                SortDirection::Descending => compare(b, a),
            })
            .find(|ordering| ordering.is_ne())
            .unwrap_or(Ordering::Equal)
    }
}

impl PageQuery {
    fn matches(&self, member: &Member) -> bool {
        self.status.is_none_or(|status| member.status == status)
            && self
                .dest_project_id
                .as_ref()
                .is_none_or(|project| member.dest_project_id == *project)
            && self
                .vault_id
                .is_none_or(|vault| member.vault_id == Some(vault))
            && self.image_id.as_ref().is_none_or(|text| {
                let image = text.parse::<ImageId>().ok();
                image.is_some() && member.image_id == image
            })
    }

    /// Cuts the page out of all the members that the caller may see.
    ///
    /// The marker is looked for among all of them, not only among those that meet the filters: a
    /// walk goes on where the last member of a page has changed its status meanwhile.
    ///
    /// # Errors
    /// [`Error::Malformed`] where the marker is none of them.
    pub fn cut(&self, members: Vec<Member>) -> Result<Page> {
        let after = |id: ShareId| members.iter().find(|m| m.id == id).cloned();
        let unknown = || {
            Error::malformed(
                "query parameter marker",
                "not the id of a member in this list",
            )
        };
        let marker = self
            .marker
            .map(|id| after(id).ok_or_else(unknown))
            .transpose()?;
        let mut matching: Vec<_> = members.into_iter().filter(|m| self.matches(m)).collect();
        let total = matching.len();
        matching.sort_by(|a, b| self.sort.compare(a, b));
        let behind = |m: &Member| {
            marker
                .as_ref()
                .is_none_or(|marker| self.sort.compare(m, marker).is_gt())
        };
        let offset = usize::try_from(self.offset).unwrap_or(usize::MAX);
        let members = matching
            .into_iter()
            .filter(behind)
            .skip(offset)
            .take(self.limit)
            .collect();
        Ok(Page { members, total })
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::{PageQuery, Sort};
    use crate::{
        model::{Member, MemberStatus},
        timestamp::Timestamp,
    };

    /// Seven members: three made at the same moment, so that ties are there to be broken.
    fn members() -> Vec<Member> {
        let member = |n: u8| {
            let time = Timestamp::from_micros(i64::from(n.max(3))).expect("a moment");
            let project = format!("project-{}", n % 4).parse().expect("a project id");
            let mut member = Member::pending(
                Uuid::from_bytes([n; 16]).into(),
                Uuid::nil().into(),
                project,
                time,
            );
            if n.is_multiple_of(2) {
                member = member
                    .released(MemberStatus::Rejected, time)
                    .expect("no image");
            }
            member
        };
        (1..=7).map(member).collect()
    }

    fn query() -> PageQuery {
        PageQuery {
            status: None,
            dest_project_id: None,
            vault_id: None,
            image_id: None,
            limit: 1000,
            offset: 0,
            marker: None,
            sort: Sort::default(),
        }
    }

    fn firsts(members: &[Member]) -> Vec<u8> {
        members
            .iter()
            .map(|m| m.id.as_uuid().as_bytes()[0])
            .collect()
    }

    #[test]
    fn the_newest_come_first_and_ties_are_broken_by_id() {
        let page = query().cut(members()).expect("no marker");
        assert_eq!(firsts(&page.members), [7, 6, 5, 4, 3, 2, 1]);
        assert_eq!(page.total, 7);
    }

    #[test]
    fn several_keys_order_one_after_the_other() {
        let sort = "status:asc,dest_project_id:desc,id:asc"
            .parse()
            .expect("an order");
        let page = PageQuery { sort, ..query() }
            .cut(members())
            .expect("no marker");
        assert_eq!(firsts(&page.members), [3, 7, 1, 5, 2, 6, 4]);
    }

    #[test]
    fn filters_count_what_meets_them_and_not_the_page() {
        let page = PageQuery {
            status: Some(MemberStatus::Rejected),
            limit: 2,
            ..query()
        }
        .cut(members())
        .expect("no marker");
        assert_eq!(firsts(&page.members), [6, 4]);
        assert_eq!(page.total, 3);
    }

    #[test]
    fn both_walks_see_every_member_once_and_end_with_an_empty_page() {
        for sort in [
            "created_at:desc",
            "created_at:asc",
            "status:asc",
            "dest_project_id,status:asc",
            "vault_id",
        ] {
            let sort: Sort = sort.parse().expect("an order");
            let (mut by_offset, mut by_marker) = (vec![], vec![]);
            let mut at = PageQuery {
                limit: 2,
                sort: sort.clone(),
                ..query()
            };
            while let page @ [_, ..] = at.cut(members()).expect("an offset").members.as_slice() {
                by_offset.extend(firsts(page));
                at.offset = by_offset.len() as u64;
            }
            let mut at = PageQuery {
                limit: 2,
                sort,
                ..query()
            };
            while let page @ [.., last] = at
                .cut(members())
                .expect("a marker of the list")
                .members
                .as_slice()
            {
                by_marker.extend(firsts(page));
                at.marker = Some(last.id);
            }
            assert_eq!(by_offset, by_marker);
            by_marker.sort_unstable();
            assert_eq!(by_marker, [1, 2, 3, 4, 5, 6, 7]);
        }
    }

    #[test]
    fn a_marker_from_elsewhere_is_refused_with_its_place() {
        let refused = PageQuery {
            marker: Some(Uuid::max().into()),
            ..query()
        }
        .cut(members())
        .expect_err("unknown marker");
        assert!(
            refused.to_string().starts_with("query parameter marker"),
            "{refused}"
        );
    }

    #[test]
    fn what_is_no_order_is_refused() {
        for text in ["", "name", "id,", "id:up", "id:"] {
            assert!(text.parse::<Sort>().is_err(), "{text}");
        }
    }
}
