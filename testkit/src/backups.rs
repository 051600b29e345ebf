//! Data for load: many backups of alice's, and a vault of bob's that takes them all.

use std::{
    fmt::Write,
    path::{Path, PathBuf},
};

/// The id of one of them.
pub fn backup(number: usize) -> String {
    format!("d1000000-0000-4000-8000-{number:012}")
}

/// A file with so many of them.
pub fn data(folder: &Path, backups: usize) -> PathBuf {
    let mut text = String::from(
        "users:\n\
         - {name: alice, project_id: '11111111111111111111111111111111', roles: [member], tokens: [alice]}\n\
         - {name: bob, project_id: '22222222222222222222222222222222', roles: [member], tokens: [bob]}\n\
         vaults:\n\
         - {id: a0000000-0000-4000-8000-000000000001, project_id: '11111111111111111111111111111111', name: alices, \
           object_type: server, protect_type: backup, status: available, size: 1000}\n\
         - {id: b0000000-0000-4000-8000-000000000001, project_id: '22222222222222222222222222222222', name: bobs, \
           object_type: server, protect_type: backup, status: available, size: 1000000}\n\
         backups:\n",
    );
    for number in 0..backups {
        let id = backup(number);
        writeln!(
            text,
            "- {{id: {id}, project_id: '11111111111111111111111111111111', \
             vault_id: a0000000-0000-4000-8000-000000000001, name: b, \
             resource_type: 'OS::Nova::Server', resource_size: 1, status: available}}"
        )
        .expect("written");
    }
    let file = folder.join("data.yaml");
    std::fs::write(&file, text).expect("written");
    file
}
