//! The data that test servers start with, `data.yaml`: its projects, and the paths of what they
//! call. Alice owns the backups, bob and carol are the usual members, mallory is a stranger.

/// The data file.
pub const DATA: &str = include_str!("data.yaml");

/// The owner's project.
pub const ALICE: &str = "11111111111111111111111111111111";
/// The first member's project.
pub const BOB: &str = "22222222222222222222222222222222";
/// The second member's project.
pub const CAROL: &str = "33333333333333333333333333333333";
/// The stranger's project.
pub const MALLORY: &str = "44444444444444444444444444444444";

/// The id of one of alice's backups, by the number at its end.
pub fn backup(number: u8) -> String {
    format!("d0000000-0000-4000-8000-00000000000{number}")
}

/// The id of one of bob's vaults, likewise.
pub fn vault(number: u8) -> String {
    format!("b0000000-0000-4000-8000-00000000000{number}")
}

/// The path of a backup's members, as a project calls it.
pub fn members(project: &str, number: u8) -> String {
    format!("/v3/{project}/backups/{}/members", backup(number))
}

/// The path of one member.
pub fn member(project: &str, number: u8, member: &str) -> String {
    format!("{}/{member}", members(project, number))
}
