//! The projects that a data file names, each with a small number, and what is known of them: a file
//! may name a few of them in a million records.

use std::collections::HashMap;

use crate::model::ProjectId;

/// Who knows a project.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    /// The file lists it.
    Listed,
    /// A user of the file is of it, which makes it known.
    OfUser,
    /// The store has it.
    InStore,
    /// Neither.
    Unknown,
    /// The store was not asked yet.
    NotAsked,
}

#[derive(Default)]
pub(super) struct KnownProjects {
    numbers: HashMap<ProjectId, u32>,
    standings: Vec<Standing>,
}

impl KnownProjects {
    /// The number of a project. It is not known for having one.
    pub(super) fn number(&mut self, id: &ProjectId) -> u32 {
        if let Some(number) = self.numbers.get(id) {
            return *number;
        }
        let number = u32::try_from(self.standings.len()).unwrap_or(u32::MAX);
        self.standings.push(Standing::NotAsked);
        self.numbers.insert(id.clone(), number);
        number
    }

    fn standing(&mut self, id: &ProjectId) -> &mut Standing {
        let number = self.number(id);
        &mut self.standings[number as usize]
    }

    /// Notes that the file lists a project; whether it did not before.
    pub(super) fn list(&mut self, id: &ProjectId) -> bool {
        std::mem::replace(self.standing(id), Standing::Listed) != Standing::Listed
    }

    /// Notes that a user of the file is of a project.
    pub(super) fn of_user(&mut self, id: &ProjectId) {
        let standing = self.standing(id);
        if *standing != Standing::Listed {
            *standing = Standing::OfUser;
        }
    }

    /// Whether the store has to be asked about a project.
    pub(super) fn is_open(&mut self, id: &ProjectId) -> bool {
        *self.standing(id) == Standing::NotAsked
    }

    /// Notes what the store says of a project.
    pub(super) fn answered(&mut self, id: &ProjectId, known: bool) {
        *self.standing(id) = if known {
            Standing::InStore
        } else {
            Standing::Unknown
        };
    }

    pub(super) fn is_known(&mut self, id: &ProjectId) -> bool {
        matches!(
            self.standing(id),
            Standing::Listed | Standing::OfUser | Standing::InStore
        )
    }

    /// The name behind a number.
    pub(super) fn name(&self, number: u32) -> Option<&ProjectId> {
        self.numbers
            .iter()
            .find(|(_, of)| **of == number)
            .map(|(id, _)| id)
    }

    /// Those of the file that are known.
    pub(super) fn known(&self) -> impl Iterator<Item = &ProjectId> {
        let known = |number: u32| {
            matches!(
                self.standings[number as usize],
                Standing::Listed | Standing::OfUser
            )
        };
        self.numbers
            .iter()
            .filter(move |(_, number)| known(**number))
            .map(|(id, _)| id)
    }

    /// Those that the file lists.
    pub(super) fn listed(self) -> impl Iterator<Item = ProjectId> {
        let Self { numbers, standings } = self;
        let listed = move |number: u32| standings[number as usize] == Standing::Listed;
        numbers
            .into_iter()
            .filter(move |(_, number)| listed(*number))
            .map(|(id, _)| id)
    }
}
