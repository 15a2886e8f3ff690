//! Registrations of one family that wait, written together.
//!
//! The record of a family says which revision was its last, so registrations of one family come one
//! after the other, and each alone would wait for a sync of the disk of its own. Those that wait get the
//! next revisions in the order in which they came, all in one transaction.

use std::collections::{HashMap, VecDeque};

use parking_lot::Mutex;
use tokio::sync::oneshot;
use wharf_base::{Opaque, Permit};
use wharf_records::{
    Record,
    ecs::{Definition, Family, definition_id},
    encode,
};
use wharf_store::{Compare, MAX_TXN_BYTES, MAX_TXN_OPS, Txn};
use wharf_wire::Fault;

use crate::{
    core::{ChangeError, Core, MAX_TRIES},
    fault,
    names::Place,
};

const TOO_MANY: &str =
    "Too many concurrent attempts to create a new revision of the specified family.";
/// Bytes of a transaction beside those of definitions: the family's record.
const BESIDE: usize = 16 << 10;

/// Those who wait, by the key of their family; one that is served is here even if nobody waits.
#[derive(Default)]
pub struct Registrations {
    waiting: Mutex<HashMap<String, VecDeque<Waiting>>>,
}

struct Waiting {
    /// Without revision and ARN.
    definition: Definition,
    permit: Permit,
    answer: oneshot::Sender<Result<Definition, Fault>>,
}

impl Registrations {
    /// Returns whether somebody must serve the family from now on.
    fn push(&self, family: &str, waiting: Waiting) -> bool {
        let mut families = self.waiting.lock();
        if let Some(others) = families.get_mut(family) {
            others.push_back(waiting);
            return false;
        }
        families.insert(family.to_owned(), VecDeque::from([waiting]));
        true
    }

    /// Those who waited longest, as many as a transaction holds. With none left the family is served no more.
    fn take(&self, family: &str) -> Vec<Waiting> {
        let mut families = self.waiting.lock();
        let Some(waiting) = families.get_mut(family) else {
            return Vec::new();
        };
        waiting.retain(|one| !one.answer.is_closed());
        let count = waiting.len().min(MAX_TXN_OPS - 1);
        if count == 0 {
            families.remove(family);
            return Vec::new();
        }
        waiting.drain(..count).collect()
    }

    fn put_back(&self, family: &str, waiting: Vec<Waiting>) {
        let mut families = self.waiting.lock();
        let others = families.entry(family.to_owned()).or_default();
        for one in waiting.into_iter().rev() {
            others.push_front(one);
        }
    }
}

/// Registers the next revision of the definition's family; its own revision and ARN do not matter.
///
/// # Errors
/// The store failed, or others wrote the family with every try.
pub async fn register(
    core: &Opaque<Core>,
    permit: &Permit,
    place: Place,
    definition: Definition,
) -> Result<Definition, Fault> {
    let (answer, answered) = oneshot::channel();
    let family = Serving {
        core: core.clone(),
        key: place.scope().key(Family::KIND, &definition.family),
        name: definition.family.clone(),
        place,
    };
    let waiting = Waiting {
        definition,
        permit: permit.clone(),
        answer,
    };
    if core.registrations.push(&family.key, waiting) {
        // Not part of this call: a caller that goes away must not take others' transaction with it.
        tokio::spawn(family.serve());
    }
    // Serving ended before its time if nobody answers.
    answered
        .await
        .unwrap_or_else(|ended| Err(fault::server(&ended)))
}

/// One family while it is served.
struct Serving {
    core: Opaque<Core>,
    place: Place,
    name: String,
    key: String,
}

impl Serving {
    /// Writes until nobody waits.
    async fn serve(self) {
        let mut end = End {
            family: &self,
            regular: false,
        };
        loop {
            // Those who deregister or delete revisions write the family's record as well.
            let _turn = self.core.state.turn(&self.key).await;
            let batch = self.core.registrations.take(&self.key);
            if batch.is_empty() {
                end.regular = true;
                return;
            }
            self.write(batch).await;
        }
    }

    async fn write(&self, mut batch: Vec<Waiting>) {
        for _ in 0..MAX_TRIES {
            match self.attempt(&mut batch).await {
                Ok(false) => {}
                Ok(true) => {
                    for one in batch {
                        // A caller that went away has no use for it.
                        let _ = one.answer.send(Ok(one.definition));
                    }
                    return;
                }
                Err(error) => return refuse(batch, &error.into()),
            }
        }
        refuse(batch, &fault::client(TOO_MANY));
    }

    /// Writes those who fit into a transaction, unless somebody else wrote the family first; the others of the
    /// batch are answered, or wait on.
    async fn attempt(&self, batch: &mut Vec<Waiting>) -> Result<bool, ChangeError> {
        let table = &self.core.state.table;
        let found = table.read::<Family>(&self.key).await?;
        let unchanged = match &found {
            Some(stored) => stored.unchanged(),
            None => Compare::absent(&self.key),
        };
        let mut family = found.map(|stored| stored.record).unwrap_or_else(|| Family {
            name: self.name.clone(),
            ..Family::default()
        });
        let (mut txn, mut bytes) = (Txn::new().when(unchanged), BESIDE);
        let scope = self.place.scope();
        for one in batch.iter_mut() {
            let Some(revision) = family.last_revision.checked_add(1) else {
                break;
            };
            one.definition.revision = revision;
            one.definition.arn = self.place.definition(&self.name, revision);
            let key = scope.key(Definition::KIND, &definition_id(&self.name, revision));
            let value = encode(&one.definition);
            bytes += key.len() + value.len();
            if bytes > MAX_TXN_BYTES && !txn.then.is_empty() {
                break;
            }
            family.last_revision = revision;
            txn = txn.put(key, value);
        }
        let left = batch.split_off(txn.then.len());
        if family.last_revision == i32::MAX {
            refuse(
                left,
                &fault::client("The family has no further revision to give."),
            );
        } else {
            self.core.registrations.put_back(&self.key, left);
        }
        // Each is some authorised call's; together they are written in the name of the first.
        let Some(permit) = batch.first().map(|one| one.permit.clone()) else {
            return Ok(true);
        };
        family.newest_active = Some(family.last_revision);
        let txn = txn.put(&self.key, encode(&family));
        table.commit(&permit, txn).await
    }
}

fn refuse(batch: Vec<Waiting>, fault: &Fault) {
    for one in batch {
        let _ = one.answer.send(Err(fault.clone()));
    }
}

/// Should serving end before its time, those who wait hear of it and the next to come is served.
struct End<'a> {
    family: &'a Serving,
    regular: bool,
}

impl Drop for End<'_> {
    fn drop(&mut self) {
        if !self.regular {
            let registrations = &self.family.core.registrations;
            registrations.waiting.lock().remove(&self.family.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::Value;
    use wharf_base::Timestamp;
    use wharf_records::{Unknown, ecs::DefinitionStatus};

    use super::*;

    type Answered = oneshot::Receiver<Result<Definition, Fault>>;

    fn waiting(by: &str) -> (Waiting, Answered) {
        let (answer, answered) = oneshot::channel();
        let definition = Definition {
            family: "web".to_owned(),
            revision: 0,
            arn: String::new(),
            status: DefinitionStatus::Active,
            registered_at: Timestamp(0),
            registered_by: by.to_owned(),
            deregistered_at: None,
            delete_requested_at: None,
            document: Value::Null,
            tags: BTreeMap::new(),
            unknown: Unknown::new(),
        };
        let waiting = Waiting {
            definition,
            permit: Permit::for_controller("test"),
            answer,
        };
        (waiting, answered)
    }

    #[test]
    fn the_first_has_the_family_served_and_those_who_left_are_not_written() {
        let (all, mut answers) = (Registrations::default(), Vec::new());
        let by = |batch: &[Waiting]| -> Vec<String> {
            let by = batch.iter().map(|it| it.definition.registered_by.clone());
            by.collect()
        };
        for (number, name) in ["a", "b", "c"].into_iter().enumerate() {
            let (waiting, answered) = waiting(name);
            assert_eq!(all.push("web", waiting), number == 0);
            answers.push(answered);
        }
        answers.remove(1);
        let mut batch = all.take("web");
        assert_eq!(by(&batch), ["a", "c"]);
        let (late, answered) = waiting("d");
        assert!(!all.push("web", late), "it is still served");
        all.put_back("web", batch.split_off(1));
        assert_eq!(by(&all.take("web")), ["c", "d"]);
        assert!(all.take("web").is_empty());
        let (next, _answered) = waiting("e");
        assert!(all.push("web", next), "it is served no more");
        drop(answered);
    }

    #[test]
    fn no_more_are_taken_than_a_transaction_holds() {
        let all = Registrations::default();
        let answers: Vec<_> = (0..200)
            .map(|_| {
                let (waiting, answered) = waiting("a");
                all.push("web", waiting);
                answered
            })
            .collect();
        assert_eq!(all.take("web").len(), MAX_TXN_OPS - 1);
        assert_eq!(all.take("web").len(), 200 - MAX_TXN_OPS + 1);
        drop(answers);
    }
}
