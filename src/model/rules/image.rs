//! The rule for the image that was registered from a share. No operation of the API: operators set
//! it.

use crate::{
    model::{Change, Facts, ImageId, MemberStatus, ProjectId, facts::Capacity},
    timestamp::Timestamp,
};

/// Why an operator cannot set the image of a share, and what to do. No request leads here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ImageRefused {
    /// There is no such backup.
    #[error("there is no such backup")]
    NoSuchBackup,
    /// The backup is not shared with the project.
    #[error("the backup is not shared with this project: its owner shares it first")]
    NoSuchMember,
    /// No image can have been registered from what was not accepted.
    #[error("the share is {}, not accepted: its member accepts it first", .0.as_str())]
    NotAccepted(MemberStatus),
    /// Another image was registered from it.
    #[error("the image {0} is attached to the share already: detach it first")]
    OtherImage(ImageId),
}

/// Sets the image that was registered from an accepted share, or clears it: what the vendor's image
/// service does, and here an operator.
///
/// # Errors
/// [`ImageRefused`].
pub fn set_image(
    facts: &Facts,
    member: &ProjectId,
    image: Option<ImageId>,
    now: Timestamp,
) -> std::result::Result<Change, ImageRefused> {
    if facts.backup.is_none() {
        return Err(ImageRefused::NoSuchBackup);
    }
    let found = facts.members.iter().find(|m| m.dest_project_id == *member);
    let before = found.ok_or(ImageRefused::NoSuchMember)?;
    match (image, before.image_id) {
        (wanted, there) if wanted == there => return Ok(Change::Keep(before.clone())),
        (Some(_), Some(other)) => return Err(ImageRefused::OtherImage(other)),
        (Some(_), None) if before.status != MemberStatus::Accepted => {
            return Err(ImageRefused::NotAccepted(before.status));
        }
        _ => {}
    }
    Ok(Change::Update {
        before: before.clone(),
        after: before.with_image(image, now),
        capacity: Capacity::Same,
    })
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::{ImageRefused, set_image};
    use crate::{
        model::{
            Backup, BackupStatus, Change, Facts, ImageId, Member, MemberStatus, ProjectId,
            facts::Capacity,
        },
        timestamp::Timestamp,
    };

    fn project(name: &str) -> ProjectId {
        name.parse().expect("a project id")
    }

    fn image(number: u128) -> ImageId {
        Uuid::from_u128(number).into()
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_micros(second * 1_000_000).expect("a moment")
    }

    fn member() -> Member {
        let [share, backup] = [7, 1].map(Uuid::from_u128);
        Member::pending(share.into(), backup.into(), project("bob"), at(1))
    }

    fn shared(member: Member) -> Facts {
        let backup = Backup {
            id: member.backup_id,
            project_id: project("alice"),
            vault_id: Uuid::from_u128(2).into(),
            name: "a server".into(),
            resource_type: "OS::Nova::Server".into(),
            resource_size: 40,
            status: BackupStatus::Available,
            encrypted: false,
        };
        Facts {
            backup: Some(backup),
            members: vec![member],
            vault: None,
        }
    }

    fn set(before: &Member, to: Option<ImageId>) -> Result<Change, ImageRefused> {
        set_image(&shared(before.clone()), &project("bob"), to, at(3))
    }

    #[test]
    fn an_image_belongs_to_an_accepted_share_alone() {
        for status in [MemberStatus::Pending, MemberStatus::Rejected] {
            let member = Member { status, ..member() };
            let refused = ImageRefused::NotAccepted(status);
            assert_eq!(set(&member, Some(image(1))), Err(refused));
            assert_eq!(set(&member, None), Ok(Change::Keep(member)));
        }
        let none = set_image(&Facts::default(), &project("bob"), None, at(3));
        assert_eq!(none, Err(ImageRefused::NoSuchBackup));
        let other = set_image(&shared(member()), &project("carol"), None, at(3));
        assert_eq!(other, Err(ImageRefused::NoSuchMember));
    }

    #[test]
    fn an_image_is_set_once_and_no_other_takes_its_place() {
        let accepted = member().accepted(Uuid::from_u128(3).into(), at(2));
        let with_image = Member {
            image_id: Some(image(1)),
            updated_at: Some(at(3)),
            ..accepted.clone()
        };
        let update = |before: &Member, after: &Member| Change::Update {
            before: before.clone(),
            after: after.clone(),
            capacity: Capacity::Same,
        };
        let attached = set(&accepted, Some(image(1)));
        assert_eq!(attached, Ok(update(&accepted, &with_image)));
        let again = set(&with_image, Some(image(1)));
        assert_eq!(again, Ok(Change::Keep(with_image.clone())));
        let other = set(&with_image, Some(image(2)));
        assert_eq!(other, Err(ImageRefused::OtherImage(image(1))));
        let detached = set(&with_image, None).expect("it may go");
        let without = with_image.with_image(None, at(3));
        assert_eq!(detached, update(&with_image, &without));
    }
}
