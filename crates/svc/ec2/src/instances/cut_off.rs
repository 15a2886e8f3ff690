//! Status checks while the server is cut off from its hosts: nobody can say then that one of them failed.

use wharf_base::{Mark, Timestamp};
use wharf_hosts::Machines;

use super::Keeper;
use crate::records::Instance;

/// How far the server sees its hosts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sight {
    /// It seems to be cut off from all of them ([`Machines::is_cut_off`]).
    pub cut_off: bool,
    /// Until when it was so last: before that, checks of no host have failed.
    pub since: Option<Timestamp>,
}

impl Sight {
    /// Since when the checks of an instance have failed, if they do.
    pub fn impaired_since(self, instance: &Instance) -> Option<Timestamp> {
        let since = instance.life.impaired_since.filter(|_| !self.cut_off)?;
        Some(self.since.map_or(since, |it| it.max(since)))
    }
}

impl Keeper {
    /// Looks whether the server is cut off, and remembers it. Every look at an instance whose host is silent asks, so what is
    /// remembered is a look old at most.
    pub fn sight(&self) -> Sight {
        let cut_off = self.parts.hosts.read(Machines::is_cut_off);
        let clock = &*self.parts.clock;
        let mut last = self.cut_off.lock();
        if cut_off {
            *last = Some(Mark::now(clock));
        }
        Sight {
            cut_off,
            since: last.map(|it| it.shown_by(clock)),
        }
    }
}
