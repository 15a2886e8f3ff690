//! Replication: what is pushed here is to be in other registries as well.
//!
//! A push writes what it owes to each destination in its own transaction, so nothing is lost. Carrying it
//! out compares the image there with the one here and copies what is missing: `carry`. Layers are blobs
//! that both repositories own, no byte is copied. What came by replication goes no further. Registries of other
//! installations are pushed to: `far`.

mod backfill;
mod carry;
mod far;

use std::collections::BTreeMap;

pub use carry::REGISTRIES_OF_ACCOUNT;
use wharf_base::{Permit, Timestamp};
use wharf_store::Txn;

use super::{Catalog, Change, Open, Registry};
use crate::{
    error::EcrError,
    records::{
        Image,
        replication::{Destination, Owed, Replica, ReplicaStatus, Replication},
    },
};

/// ECR's quotas.
const MAX_RULES: usize = 10;
const MAX_DESTINATIONS: usize = 25;

/// Destinations of a registry, by who has them. Each kind has places of its own for registries whose images are on their way:
/// registries of other installations take what is sent to them as slowly as their owners like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Registries of this installation.
    Here,
    /// Those of others.
    Elsewhere,
}

impl Reach {
    /// Registries whose images are on their way there at a time.
    pub const fn at_once(self) -> usize {
        match self {
            // Bytes between keys are copied, and others wait for that.
            Self::Here => 4,
            // They mostly wait for somebody else.
            Self::Elsewhere => 8,
        }
    }
}

impl Replication {
    fn reach(&self, destination: &Destination) -> Reach {
        match self.elsewhere.contains_key(&destination.name()) {
            true => Reach::Elsewhere,
            false => Reach::Here,
        }
    }

    /// Where images of a repository go, and whether their deletions do.
    fn destinations(&self, repository: &str) -> BTreeMap<&Destination, bool> {
        let mut all = BTreeMap::new();
        for rule in &self.rules {
            let about = |prefix: &String| repository.starts_with(prefix.as_str());
            if !rule.prefixes.is_empty() && !rule.prefixes.iter().any(about) {
                continue;
            }
            for destination in &rule.destinations {
                *all.entry(destination).or_default() |= rule.deletes == Some(true);
            }
        }
        all
    }

    pub(crate) fn check(&self, own: &Registry) -> Result<(), EcrError> {
        const PARAMETER: &str = "replicationConfiguration";
        if self.rules.len() > MAX_RULES {
            let text = format!("A replication configuration has at most {MAX_RULES} rules");
            return Err(EcrError::invalid(PARAMETER, text));
        }
        let mut all: Vec<&Destination> = Vec::new();
        for rule in &self.rules {
            if rule.destinations.is_empty() {
                let text = "A replication rule has at least one destination";
                return Err(EcrError::invalid(PARAMETER, text));
            }
            all.extend(&rule.destinations);
        }
        let is_own = |it: &&Destination| it.account == own.account && it.region == own.region;
        if all.iter().any(is_own) {
            let text = "The destination of a replication must not be the registry itself";
            return Err(EcrError::invalid(PARAMETER, text));
        }
        all.sort_unstable();
        all.dedup();
        if all.len() > MAX_DESTINATIONS {
            let text =
                format!("A replication configuration has at most {MAX_DESTINATIONS} destinations");
            return Err(EcrError::invalid(PARAMETER, text));
        }
        Ok(())
    }
}

/// What happened to an image that destinations are to follow.
pub(crate) enum Happened<'a> {
    /// It came, or got a tag.
    Pushed(Timestamp),
    /// It is gone with all its tags, or lost one of them.
    Lost(&'a [String]),
}

impl Catalog {
    pub(crate) async fn replication(&self, registry: &Registry) -> Result<Replication, EcrError> {
        let found = self.read(&registry.keys().replication()).await?;
        Ok(found.map(|found| found.record).unwrap_or_default())
    }

    /// Images that are pushed from here on are replicated by it.
    pub(crate) async fn put_replication(
        &self,
        permit: &Permit,
        registry: &Registry,
        replication: &Replication,
    ) -> Result<(), EcrError> {
        let key = registry.keys().replication();
        let txn = Txn::new().put(key, wharf_records::encode(replication));
        self.store().txn(permit, txn).await?;
        Ok(())
    }

    /// Adds what destinations are owed to the change that makes it so.
    pub(crate) async fn owe(
        &self,
        tx: &mut Change<'_>,
        open: &Open,
        image: &mut Image,
        happened: Happened<'_>,
    ) -> Result<(), EcrError> {
        let replication = self.replication(&open.registry).await?;
        let repository = &open.repository.record.name;
        for (destination, deletes) in replication.destinations(repository) {
            let lost = match &happened {
                Happened::Pushed(now) => {
                    let replica = Replica {
                        destination: destination.clone(),
                        status: ReplicaStatus::InProgress,
                        failure: None,
                        at: *now,
                    };
                    image.replicas.insert(destination.name(), replica);
                    &[][..]
                }
                Happened::Lost(_) if !deletes => continue,
                Happened::Lost(tags) => tags,
            };
            let key = open.keys.owed(open.id(), &image.digest, destination);
            // What was owed before is done along with it.
            let before: Option<Owed> = tx.find(&key).await?;
            let mut owed = before.unwrap_or_else(|| Owed {
                repository: repository.clone(),
                destination: destination.clone(),
                deletes,
                lost_tags: Vec::new(),
                unknown: Default::default(),
            });
            owed.deletes = deletes;
            owed.lost_tags.extend_from_slice(lost);
            tx.put(key, &owed);
        }
        Ok(())
    }

    /// Returns when something is owed to a destination.
    pub async fn owing(&self) {
        self.inner.owing.notified().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::records::replication::ReplicationRule;

    fn to(account: &str, region: &str) -> Destination {
        Destination {
            account: account.to_owned(),
            region: region.to_owned(),
        }
    }

    fn rule(destinations: &[Destination], prefixes: &[&str], deletes: bool) -> ReplicationRule {
        ReplicationRule {
            destinations: destinations.to_vec(),
            prefixes: prefixes.iter().map(|it| (*it).to_owned()).collect(),
            deletes: Some(deletes),
        }
    }

    #[test]
    fn each_destination_once_by_the_rules_about_the_repository() {
        let replication = Replication {
            rules: vec![
                rule(&[to("1", "a"), to("2", "b")], &["prod/", "web"], false),
                rule(&[to("2", "b")], &[], true),
            ],
            ..Default::default()
        };
        let (one, two) = (to("1", "a"), to("2", "b"));
        let prod = BTreeMap::from([(&one, false), (&two, true)]);
        assert_eq!(replication.destinations("prod/app"), prod);
        assert_eq!(replication.destinations("website"), prod);
        assert_eq!(
            replication.destinations("app"),
            BTreeMap::from([(&two, true)])
        );
    }

    #[test]
    fn limits() {
        let own = Registry::new("1", "a");
        let of = |rules| Replication {
            rules,
            ..Default::default()
        };
        let many: Vec<Destination> = (0..26).map(|n| to("2", &n.to_string())).collect();
        assert!(
            of(vec![rule(&many[..25], &[], false); 10])
                .check(&own)
                .is_ok()
        );
        for bad in [
            vec![rule(&many[..1], &[], false); 11],
            vec![rule(&many, &[], false)],
            vec![rule(&[to("1", "a")], &[], false)],
            vec![rule(&[], &[], false)],
        ] {
            assert!(of(bad).check(&own).is_err());
        }
    }
}
