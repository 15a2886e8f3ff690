//! Numbers of users and groups: those of this machine, and those that a task with a user namespace sees and the server is
//! told.

use serde::{Deserialize, Serialize};

use crate::nfs::attributes::{Attributes, NOBODY, Setting};

/// The numbers of a user namespace that begins with 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ids {
    /// What its 0 is on this machine.
    pub first: u32,
    pub count: u32,
}

/// All of this machine's, if there is no such namespace.
#[derive(Debug, Clone, Copy, Default)]
pub struct Translation(pub Option<Ids>);

impl Translation {
    /// Of this machine's number. One that is none in the namespace is nobody's.
    pub fn inside(self, number: u32) -> u32 {
        match self.0 {
            None => number,
            Some(ids) => {
                let inside = number.checked_sub(ids.first);
                inside.filter(|it| *it < ids.count).unwrap_or(NOBODY)
            }
        }
    }

    /// User and group of whoever asks. Root of this machine, which nobody in a namespace ever is, makes folders for a pod, as its root.
    pub fn caller(self, (user, group): (u32, u32)) -> (u32, u32) {
        match user {
            0 if group == 0 => (0, 0),
            0 => (0, self.inside(group)),
            user => (self.inside(user), self.inside(group)),
        }
    }

    /// Of the server's number.
    pub fn outside(self, number: u32) -> u32 {
        match self.0 {
            None => number,
            Some(ids) => {
                let within = |it: u32| (it < ids.count).then(|| ids.first.checked_add(it));
                let nobody = || within(NOBODY).flatten();
                within(number).flatten().or_else(nobody).unwrap_or(NOBODY)
            }
        }
    }

    pub fn shown(self, mut it: Attributes) -> Attributes {
        it.user = self.outside(it.user);
        it.group = self.outside(it.group);
        it
    }

    pub fn set(self, mut it: Setting) -> Setting {
        it.user = it.user.map(|it| self.inside(it));
        it.group = it.group.map(|it| self.inside(it));
        it
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_a_namespace() {
        let all = Translation(Some(Ids {
            first: 100_000,
            count: 65_536,
        }));
        for (outside, inside) in [(100_000, 0), (101_000, 1000), (165_534, NOBODY)] {
            assert_eq!(all.inside(outside), inside);
            assert_eq!(all.outside(inside), outside);
        }
        assert_eq!((all.inside(0), all.inside(200_000)), (NOBODY, NOBODY));
        assert_eq!(all.caller((0, 0)), (0, 0));
        assert_eq!(all.caller((101_000, 0)), (1000, NOBODY));
        assert_eq!(all.caller((0, 101_000)), (0, 1000));
        assert_eq!(all.outside(70_000), 165_534);
        let few = Translation(Some(Ids {
            first: 100_000,
            count: 10,
        }));
        assert_eq!(few.outside(11), NOBODY);
        assert_eq!(Translation::default().outside(5), 5);
    }
}
