//! Volumes of instances that are virtual machines. What is a node in `/dev` for others is a disk of the machine for them: the
//! emulator is handed the loop device, open, and gives it back when the guest let go of it. Nothing else there can open it.
//!
//! | the volume | its disk |
//! | --- | --- |
//! | attached, the machine runs | is in the machine, over the loop device |
//! | not attached | the guest is asked for it; the loop device is let go when the emulator has closed it |
//! | not attached, by force, or nobody speaks of it | a guest that keeps it has a disk that fails |

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    os::fd::{AsFd as _, BorrowedFd},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use wharf_container::runtime::{LoopDevice, RawDisk, descriptor_of};
use wharf_guest::control::{Ask, Caller, HOST_END, State, Volumes};

use super::{Told, devices::is_wanted};

/// The first process answers at once, unless it stands still for a snapshot or somebody broke into it. So long it is waited for
/// altogether in one look. Several machines are asked at a time ([`super::at_once`]); all other volumes wait for that.
const PATIENCE: Duration = Duration::from_secs(1);
/// Of a reason, in characters.
const MOST_SAID: usize = 200;

/// A virtual machine that runs.
pub struct Machine {
    caller: Caller,
    volumes: Volumes,
    /// Of [`PATIENCE`].
    left: Duration,
}

impl Machine {
    /// By its first process; `None` for one that an earlier version booted, which has no volumes.
    pub fn of(first: i32) -> io::Result<Option<Self>> {
        let Some(end) = descriptor_of(first, HOST_END)? else {
            return Ok(None);
        };
        let mut machine = Self {
            caller: Caller::over(end),
            volumes: Volumes::default(),
            left: PATIENCE,
        };
        machine.ask(Ask::List, None)?;
        Ok(Some(machine))
    }

    fn ask(&mut self, ask: Ask, device: Option<BorrowedFd<'_>>) -> io::Result<()> {
        let begun = Instant::now();
        let answer = self.caller.ask(ask, device, self.left);
        self.left = self.left.saturating_sub(begun.elapsed());
        self.volumes = answer?;
        Ok(())
    }

    /// Whether the emulator has the volume's device open, as it says.
    pub fn has(&self, volume: &str) -> bool {
        self.volumes.here.contains_key(volume)
    }

    /// Asks for what it is not to have. `own`: what it is.
    pub fn take_others(
        &mut self,
        instance: &str,
        own: Option<&BTreeMap<&str, u32>>,
        told: &Told,
    ) -> io::Result<()> {
        for (volume, force) in others(&self.volumes, instance, own, told) {
            self.ask(Ask::Detach { volume, force }, None)?;
        }
        Ok(())
    }

    /// Hands over those that it does not have yet. Which of them its guest has, and why one does not come. `image`: the file of
    /// a volume.
    pub fn place(
        &mut self,
        volumes: &BTreeMap<&str, u32>,
        image: impl Fn(&str) -> PathBuf,
    ) -> (BTreeSet<String>, Option<String>) {
        let mut failure = None;
        for (id, number) in volumes {
            let device = LoopDevice {
                number: *number,
                goes: false,
            };
            if let Err(error) = self.place_one(id, device, &image(id)) {
                failure = Some(format!("{id}: {error}"));
            }
        }
        let there = there(&self.volumes, volumes);
        let refused = volumes.keys().find_map(|id| {
            let why = self.volumes.failures.get(*id)?;
            (!there.contains(*id)).then(|| format!("{id}: {}", said(why)))
        });
        (there, failure.or(refused))
    }

    fn place_one(&mut self, id: &str, device: LoopDevice, image: &Path) -> io::Result<()> {
        let (volume, bytes) = (id.to_owned(), device.bytes()?);
        let here = self.volumes.here.get(id).copied();
        match here {
            None => {
                // No other device is meant by its number while this one is open.
                let open = RawDisk::shared(image, device)?;
                self.ask(Ask::Attach { volume, bytes }, Some(open.as_fd()))
            }
            Some(it) if it.state == State::There && it.bytes < bytes => {
                self.ask(Ask::Grow { volume, bytes }, None)
            }
            Some(_) => Ok(()),
        }
    }
}

/// A reason as it may be logged: whoever broke out of the guest may say anything.
fn said(why: &str) -> String {
    let plain = why.chars().filter(|it| !it.is_control());
    plain.take(MOST_SAID).collect()
}

/// What a machine has and is not to have, and whether its guest is asked for nothing in the end. Pure.
fn others(
    has: &Volumes,
    instance: &str,
    own: Option<&BTreeMap<&str, u32>>,
    told: &Told,
) -> Vec<(String, bool)> {
    let is_other = |id: &&String| own.is_none_or(|own| !own.contains_key(id.as_str()));
    let of_it = |id: &String| {
        let volume = told.get(id)?;
        let of = volume
            .device
            .as_ref()
            .filter(|of| of.instance == instance)?;
        // One that is wanted all the same reads and writes nothing any more.
        Some(of.force || is_wanted(volume))
    };
    let others = has.here.keys().filter(is_other);
    let forced = |id: &String| of_it(id).unwrap_or(true);
    others.map(|id| (id.clone(), forced(id))).collect()
}

fn there(has: &Volumes, wanted: &BTreeMap<&str, u32>) -> BTreeSet<String> {
    let is_there = |id: &&&str| {
        let standing = has.here.get(**id);
        standing.is_some_and(|it| it.state == State::There)
    };
    let found = wanted.keys().filter(is_there);
    found.map(|id| (*id).to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use wharf_guest::control::Standing;

    use super::*;
    use crate::volumes::devices::tests::detached;

    fn has(volumes: &[(&str, State)]) -> Volumes {
        let standing = |state| Standing {
            state,
            bytes: 1 << 30,
        };
        let here = volumes
            .iter()
            .map(|(id, state)| ((*id).to_owned(), standing(*state)));
        Volumes {
            here: here.collect(),
            failures: BTreeMap::new(),
        }
    }

    #[test]
    fn what_a_machine_has_beside_its_own_is_asked_for() {
        let has = has(&[("vol-1", State::There), ("vol-2", State::Going)]);
        let own = BTreeMap::from([("vol-1", 7)]);
        let mut told = Told::new();
        told.insert("vol-2".to_owned(), detached("i-1", false));
        let asked = |told: &Told| others(&has, "i-1", Some(&own), told);
        assert_eq!(asked(&told), [("vol-2".to_owned(), false)]);
        let forced = [("vol-2".to_owned(), true)];
        let of = |force| detached("i-1", force);
        told.insert("vol-2".to_owned(), of(true));
        assert_eq!(asked(&told), forced);
        // Another's, or nobody's.
        told.insert("vol-2".to_owned(), detached("i-2", false));
        assert_eq!(asked(&told), forced);
        assert_eq!(asked(&Told::new()), forced);
        assert_eq!(others(&has, "i-1", None, &Told::new()).len(), 2);
    }

    #[test]
    fn reasons_are_short_lines() {
        assert_eq!(said("no\nroom"), "noroom");
        assert_eq!(said(&"x".repeat(10_000)).len(), MOST_SAID);
    }

    #[test]
    fn those_that_the_guest_has_are_there() {
        let has = has(&[("vol-1", State::There), ("vol-2", State::Coming)]);
        let wanted = BTreeMap::from([("vol-1", 7), ("vol-2", 8), ("vol-3", 9)]);
        assert_eq!(there(&has, &wanted), BTreeSet::from(["vol-1".to_owned()]));
    }
}
