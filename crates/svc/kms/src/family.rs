//! Keys of several regions: one id, one material, a primary in one region and replicas in others.
//!
//! Each region has a record of its own, with the policy, tags, aliases and state that are its own; what all
//! share is one record, the [`Family`], in the region where the first of them was made, and so is material that
//! was made here. Whoever changes what is shared writes that record, so a kill leaves all regions changed or none.
//! Imported material is copied by whoever imports it: each region has its own.

use wharf_api_kms::{MultiRegionConfiguration, MultiRegionKey};
use wharf_base::arn::partition_of;
use wharf_service::Place;
use wharf_wire::Fault;

use crate::{
    core::Found,
    fault, names,
    records::{Family, Key, Rotated, Schedule},
};

/// What a key of several regions is to the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    Primary,
    Replica,
}

impl Role {
    /// As policies and descriptions have it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Primary => "PRIMARY",
            Self::Replica => "REPLICA",
        }
    }
}

impl Family {
    /// What that of a region is to the others.
    pub fn role(&self, region: &str) -> Role {
        match self.primary == region {
            true => Role::Primary,
            false => Role::Replica,
        }
    }

    /// All regions, that of the primary first.
    pub fn regions(&self) -> impl Iterator<Item = &String> {
        std::iter::once(&self.primary).chain(&self.replicas)
    }

    /// Whether a region's key has to wait with its end until others are gone.
    pub fn is_held(&self, region: &str) -> bool {
        self.role(region) == Role::Primary && !self.replicas.is_empty()
    }

    /// Makes the replica of that region the primary.
    ///
    /// # Errors
    /// There is none.
    pub fn pass_on(&mut self, region: &str, arn: &str) -> Result<(), Fault> {
        if !self.replicas.remove(region) {
            return Err(fault::no_key(arn));
        }
        let before = std::mem::replace(&mut self.primary, region.to_owned());
        self.replicas.insert(before);
        Ok(())
    }
}

impl Found {
    /// The key's materials, the oldest first.
    pub fn materials(&self) -> &[Rotated] {
        match &self.family {
            Some(family) => &family.record.materials,
            None => &self.key().materials,
        }
    }

    /// When it is rotated by itself.
    pub fn schedule(&self) -> Option<Schedule> {
        match &self.family {
            Some(family) => family.record.rotation,
            None => self.key().rotation,
        }
    }

    /// What it is to those of other regions; `None` for a key of one region.
    pub fn role(&self) -> Option<Role> {
        let family = self.family.as_ref()?;
        Some(family.record.role(&self.place.region))
    }

    /// Where its material is kept.
    pub fn material_place(&self) -> Place {
        match (&self.key().home, &self.key().external) {
            (Some(home), None) => Place::new(&self.place.account, home),
            _ => self.place.clone(),
        }
    }

    /// Refuses all keys but primaries.
    ///
    /// # Errors
    /// It is of one region; it is a replica.
    pub fn primary(&self) -> Result<(), Fault> {
        match self.role() {
            Some(Role::Primary) => Ok(()),
            Some(Role::Replica) => Err(fault::not_primary(&self.arn())),
            None => Err(fault::one_region(&self.arn())),
        }
    }

    /// Refuses what only the primary of several regions does; keys of one region do it too.
    ///
    /// # Errors
    /// It is a replica.
    pub fn not_replica(&self) -> Result<(), Fault> {
        match self.role() {
            Some(Role::Replica) => Err(fault::not_primary(&self.arn())),
            _ => Ok(()),
        }
    }

    /// All of them, as callers see them.
    pub fn configuration(&self) -> Option<MultiRegionConfiguration> {
        let family = &self.family.as_ref()?.record;
        let shown = |region: &String| MultiRegionKey {
            arn: Some(names::key_arn(
                &Place::new(&self.place.account, region),
                &self.id,
            )),
            region: Some(region.clone()),
        };
        Some(MultiRegionConfiguration {
            multi_region_key_type: self.role().map(|it| it.name().to_owned()),
            primary_key: Some(shown(&family.primary)),
            replica_keys: Some(family.replicas.iter().map(shown).collect()),
        })
    }
}

/// Takes out of a new key what it will share.
pub fn founded(key: &mut Key, region: &str) -> Family {
    key.home = Some(region.to_owned());
    Family {
        primary: region.to_owned(),
        replicas: Default::default(),
        materials: std::mem::take(&mut key.materials),
        pending: key.pending.take(),
        rotation: key.rotation.take(),
        unknown: Default::default(),
    }
}

/// A region that a key of another can be replicated to.
///
/// # Errors
/// It is of another partition.
pub fn check_region(from: &str, region: &str) -> Result<(), Fault> {
    match partition_of(from) == partition_of(region) {
        true => Ok(()),
        false => Err(fault::invalid(format!(
            "The region {region} is not in the partition of the primary key."
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::records::tests::key;

    fn family(primary: &str, replicas: &[&str]) -> Family {
        Family {
            replicas: replicas.iter().map(|it| (*it).to_owned()).collect(),
            ..founded(&mut key(), primary)
        }
    }

    #[test]
    fn a_new_family_has_what_its_first_key_had() {
        let mut key = key();
        key.materials.push(Rotated {
            id: "0a".to_owned(),
            at: wharf_base::Timestamp(0),
            by: None,
        });
        let family = founded(&mut key, "us-east-1");
        assert_eq!(key.home.as_deref(), Some("us-east-1"));
        assert!(key.materials.is_empty());
        assert_eq!(family.materials[0].id, "0a");
    }

    #[test]
    fn one_is_the_primary() {
        let mut it = family("us-east-1", &["eu-west-1", "eu-west-2"]);
        assert!(it.is_held("us-east-1") && !it.is_held("eu-west-1"));
        for absent in ["us-east-1", "ap-south-1"] {
            let refused = it.pass_on(absent, "arn").unwrap_err();
            assert_eq!(refused.code, "NotFoundException");
        }
        it.pass_on("eu-west-2", "arn").unwrap();
        assert_eq!(it, family("eu-west-2", &["eu-west-1", "us-east-1"]));
        assert!(!family("us-east-1", &[]).is_held("us-east-1"));
    }

    #[test]
    fn a_family_stays_in_its_partition() {
        assert!(check_region("us-east-1", "eu-west-1").is_ok());
        assert!(check_region("us-east-1", "cn-north-1").is_err());
        assert!(check_region("us-gov-west-1", "us-east-1").is_err());
    }
}
