//! Who last used which service, between two writes. Pure but for the lock.
//!
//! Every call of a user or a session of a role passes the gate and is noted here, by the id of the user or
//! role, the service and the action. `directory::accesses` takes what was noted away about once a minute
//! and writes it; a crash loses what was noted since.

use std::collections::{BTreeMap, HashMap};

use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;
use wharf_base::Timestamp;
use wharf_wire::{Caller, CallerKind};

/// Users and roles noted between two writes; further ones are noted after the next.
const MAX_ENTITIES: usize = 10_000;

/// The last use of something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Use {
    pub at: Timestamp,
    pub region: String,
}

impl Use {
    fn note(&mut self, at: Timestamp, region: &str) {
        if at < self.at {
            return;
        }
        self.at = at;
        if self.region != region {
            region.clone_into(&mut self.region);
        }
    }
}

/// The last use of a service, and of its actions by their names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceUse {
    #[serde(flatten)]
    pub last: Use,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub actions: BTreeMap<String, Use>,
}

/// By the services' prefixes of actions.
pub type Uses = BTreeMap<String, ServiceUse>;

/// What was noted of a user or role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Noted {
    /// Of the user, or of the role that was assumed.
    pub(crate) arn: String,
    pub(crate) uses: Uses,
}

/// What was noted since the last write.
#[derive(Debug, Default)]
pub(crate) struct Accesses {
    noted: Mutex<HashMap<String, Noted>>,
    /// Told when there is something to write.
    pub(crate) first: Notify,
}

impl Accesses {
    /// A call of `caller`, let in or not.
    pub(crate) fn note(&self, caller: &Caller, action: &str, region: &str, at: Timestamp) {
        let (id, arn) = match caller.kind {
            CallerKind::User => (caller.user_id.as_str(), &caller.arn),
            CallerKind::AssumedRole => {
                let id = caller.user_id.split(':').next().unwrap_or_default();
                (id, &caller.role_arn)
            }
            _ => return,
        };
        let Some((service, name)) = action.split_once(':') else {
            return;
        };
        let mut noted = self.noted.lock();
        if noted.is_empty() {
            self.first.notify_one();
        }
        if !noted.contains_key(id) {
            if noted.len() >= MAX_ENTITIES {
                return;
            }
            let new = Noted {
                arn: arn.clone(),
                uses: Uses::new(),
            };
            noted.insert(id.to_owned(), new);
        }
        if let Some(entity) = noted.get_mut(id) {
            // Users can be renamed.
            if entity.arn != *arn {
                entity.arn.clone_from(arn);
            }
            add(&mut entity.uses, service, name, at, region);
        }
    }

    /// All that was noted, to be written.
    pub(crate) fn take(&self) -> HashMap<String, Noted> {
        std::mem::take(&mut *self.noted.lock())
    }

    /// What could not be written, to be tried again.
    pub(crate) fn put_back(&self, unwritten: HashMap<String, Noted>) {
        let mut noted = self.noted.lock();
        for (id, before) in unwritten {
            if let Some(now) = noted.get_mut(&id) {
                merge(&mut now.uses, &before.uses);
            } else if noted.len() < MAX_ENTITIES {
                noted.insert(id, before);
            }
        }
        if !noted.is_empty() {
            self.first.notify_one();
        }
    }

    /// What is not written yet of a user or role.
    pub(crate) fn of(&self, id: &str) -> Uses {
        let noted = self.noted.lock();
        noted.get(id).map(|it| it.uses.clone()).unwrap_or_default()
    }
}

fn add(uses: &mut Uses, service: &str, name: &str, at: Timestamp, region: &str) {
    let new = || Use {
        at,
        region: region.to_owned(),
    };
    let Some(known) = uses.get_mut(service) else {
        let first = ServiceUse {
            last: new(),
            actions: BTreeMap::from([(name.to_owned(), new())]),
        };
        uses.insert(service.to_owned(), first);
        return;
    };
    known.last.note(at, region);
    match known.actions.get_mut(name) {
        Some(action) => action.note(at, region),
        None => drop(known.actions.insert(name.to_owned(), new())),
    }
}

/// The later of both, everywhere.
pub(crate) fn merge(to: &mut Uses, more: &Uses) {
    for (service, other) in more {
        let Some(known) = to.get_mut(service) else {
            to.insert(service.clone(), other.clone());
            continue;
        };
        known.last.note(other.last.at, &other.last.region);
        for (name, used) in &other.actions {
            match known.actions.get_mut(name) {
                Some(action) => action.note(used.at, &used.region),
                None => drop(known.actions.insert(name.clone(), used.clone())),
            }
        }
    }
}

/// Without what was last used before `oldest`.
pub(crate) fn forget(uses: &mut Uses, oldest: Timestamp) {
    uses.retain(|_, service| {
        service.actions.retain(|_, used| used.at >= oldest);
        service.last.at >= oldest
    });
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn user(id: &str) -> Caller {
        let mut caller = Caller::root("000000000000");
        caller.kind = CallerKind::User;
        caller.user_id = id.to_owned();
        caller.arn = format!("arn:aws:iam::000000000000:user/{id}");
        caller
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(seconds * 1_000)
    }

    #[test]
    fn the_last_use_of_a_service_and_of_each_action_is_kept() {
        let accesses = Accesses::default();
        let anna = user("AIDA1");
        accesses.note(&anna, "ecs:RunTask", "us-east-1", at(1));
        accesses.note(&anna, "ecs:ListTasks", "eu-west-1", at(3));
        accesses.note(&anna, "ecs:ListTasks", "us-east-1", at(2));
        let uses = accesses.of("AIDA1");
        assert_eq!(uses["ecs"].last.at, at(3));
        assert_eq!(uses["ecs"].last.region, "eu-west-1");
        assert_eq!(uses["ecs"].actions["RunTask"].at, at(1));
        assert_eq!(uses["ecs"].actions["ListTasks"].at, at(3));
        assert_eq!(accesses.take().len(), 1);
        assert!(accesses.of("AIDA1").is_empty());
    }

    #[test]
    fn nobody_but_users_and_roles_is_noted_and_not_without_end() {
        let accesses = Accesses::default();
        accesses.note(&Caller::root("000000000000"), "ecs:RunTask", "r", at(1));
        assert!(accesses.take().is_empty());
        for n in 0..MAX_ENTITIES + 5 {
            accesses.note(&user(&n.to_string()), "ecs:RunTask", "r", at(1));
        }
        assert_eq!(accesses.take().len(), MAX_ENTITIES);
    }

    proptest! {
        /// Whatever was taken, lost its write and came back: what is known in the end is the latest of all.
        #[test]
        fn nothing_noted_is_lost_by_a_failed_write(
            calls in prop::collection::vec((0..3_usize, 0..3_usize, 0..50_i64, any::<bool>()), 1..40),
        ) {
            let accesses = Accesses::default();
            let (ids, actions) = (["a", "b", "c"], ["x:A", "x:B", "y:A"]);
            let mut expected: BTreeMap<(&str, &str), i64> = BTreeMap::new();
            for (id, action, second, fails) in calls {
                accesses.note(&user(ids[id]), actions[action], "r", at(second));
                let latest = expected.entry((ids[id], actions[action])).or_default();
                *latest = second.max(*latest);
                if fails {
                    let taken = accesses.take();
                    accesses.note(&user(ids[id]), actions[action], "r", at(0));
                    accesses.put_back(taken);
                }
            }
            for ((id, action), second) in expected {
                let (service, name) = action.split_once(':').unwrap();
                let uses = accesses.of(id);
                prop_assert_eq!(uses[service].actions[name].at, at(second));
                let last = uses[service].actions.values().map(|it| it.at).max();
                prop_assert_eq!(Some(uses[service].last.at), last);
            }
        }
    }
}
