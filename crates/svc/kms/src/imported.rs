//! Imported materials of a key: which it has for good, which waits for a rotation, and which are there. Pure.
//!
//! What a key has is the same in all its regions; which of it is there, each region knows of its own.

use wharf_api_kms::faults;
use wharf_base::Timestamp;
use wharf_wire::Fault;

use crate::{
    core::Found,
    fault,
    records::{Cause, External, Family, Imported, Key, Pending, Rotated},
};

impl External {
    /// As it is at a time: what is over by then is not there.
    #[must_use]
    pub fn at(&self, now: Timestamp) -> Self {
        let mut it = self.clone();
        for material in &mut it.materials {
            material.present = material.is_there(now);
        }
        it
    }

    /// What is known of the material with that number and id, if it was ever imported.
    pub fn known(&self, number: usize, id: &str) -> Option<&Imported> {
        let it = self.materials.get(number)?;
        it.id.as_deref().is_none_or(|it| it == id).then_some(it)
    }

    /// Whether that material is there.
    pub fn has(&self, number: usize, id: &str) -> bool {
        self.known(number, id).is_some_and(|it| it.present)
    }

    /// Whether all materials that a key has for good are there.
    pub fn is_whole(&self, materials: &[Rotated]) -> bool {
        let mut all = materials.iter().enumerate();
        !materials.is_empty() && all.all(|(number, it)| self.has(number, &it.id))
    }

    pub fn set(&mut self, number: usize, imported: Imported) {
        if self.materials.len() <= number {
            self.materials.resize_with(number + 1, Imported::default);
        }
        self.materials[number] = imported;
    }

    /// The numbers of what a key does not have any more.
    pub fn leftover(&self, materials: &[Rotated], pending: Option<&Pending>) -> Vec<usize> {
        let waits = pending.is_some_and(|it| self.known(materials.len(), &it.id).is_some());
        (materials.len() + usize::from(waits)..self.materials.len()).collect()
    }
}

impl Found {
    /// The material that waits for a rotation.
    pub fn pending(&self) -> Option<&Pending> {
        match &self.family {
            Some(family) => family.record.pending.as_ref(),
            None => self.key().pending.as_ref(),
        }
    }

    /// Whether its material is there: of a key whose material is imported, all of it.
    pub fn is_whole(&self) -> bool {
        let external = self.key().external.as_ref();
        external.is_none_or(|it| it.is_whole(self.materials()))
    }
}

/// What a key has of materials, in all its regions.
pub struct Lists<'a> {
    pub materials: &'a mut Vec<Rotated>,
    pub pending: &'a mut Option<Pending>,
}

impl<'a> Lists<'a> {
    /// Those of a key, which are its family's if it has one.
    pub fn of(key: &'a mut Key, family: Option<&'a mut Family>) -> Self {
        match family {
            Some(family) => Self {
                materials: &mut family.materials,
                pending: &mut family.pending,
            },
            None => Self {
                materials: &mut key.materials,
                pending: &mut key.pending,
            },
        }
    }

    /// The number of a material that the key has, or that waits.
    pub fn number(&self, id: &str) -> Option<usize> {
        let of_all = self.materials.iter().position(|it| it.id == id);
        let waits = self.pending.as_ref().is_some_and(|it| it.id == id);
        of_all.or_else(|| waits.then_some(self.materials.len()))
    }

    /// The number of material that is imported. The first that a key takes is its own at once, each further one
    /// waits for a rotation.
    ///
    /// # Errors
    /// It is new and was said not to be, or the other way round; a replica takes what its primary has; another
    /// one waits already.
    pub fn take_up(
        &mut self,
        id: &str,
        is_new: Option<bool>,
        is_replica: bool,
        now: Timestamp,
        arn: &str,
    ) -> Result<usize, Fault> {
        let is_new = is_new.unwrap_or(self.materials.is_empty() && !is_replica);
        match (is_new, self.number(id)) {
            (false, Some(number)) => return Ok(number),
            (false, None) | (true, Some(_)) => {
                return Err(faults::incorrect_key_material_exception(""));
            }
            (true, None) => {}
        }
        if is_replica {
            return Err(fault::not_primary(arn));
        }
        if self.pending.is_some() {
            return Err(fault::waits_for_rotation(arn));
        }
        let id = id.to_owned();
        let number = self.materials.len();
        match number {
            0 => self.materials.push(Rotated {
                id,
                at: now,
                by: None,
            }),
            _ => *self.pending = Some(Pending { id, at: now }),
        }
        Ok(number)
    }

    /// Makes what waits the material that the key works with. `is_there` says whether all regions have it.
    ///
    /// # Errors
    /// Nothing waits; a region lacks it.
    pub fn rotate(
        &mut self,
        now: Timestamp,
        arn: &str,
        is_there: impl FnOnce(usize, &str) -> bool,
    ) -> Result<(), Fault> {
        let pending = self.pending.take();
        let pending = pending.filter(|it| is_there(self.materials.len(), &it.id));
        let pending = pending.ok_or_else(|| fault::nothing_to_rotate_to(arn))?;
        self.materials.push(Rotated {
            id: pending.id,
            at: now,
            by: Some(Cause::OnDemand),
        });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::records::tests::key;

    const NOW: Timestamp = Timestamp(1_000);

    fn take(key: &mut Key, id: &str, is_new: Option<bool>) -> Result<usize, String> {
        let taken = Lists::of(key, None).take_up(id, is_new, false, NOW, "arn");
        taken.map_err(|it| it.code.into_owned())
    }

    #[test]
    fn the_first_is_taken_and_the_next_waits() {
        let other = || Err("IncorrectKeyMaterialException".to_owned());
        let mut key = key();
        assert_eq!(take(&mut key, "a", Some(false)), other());
        assert_eq!(take(&mut key, "a", None), Ok(0));
        assert_eq!(key.materials.len(), 1);
        for is_new in [None, Some(false)] {
            assert_eq!(take(&mut key, "a", is_new), Ok(0));
            assert_eq!(take(&mut key, "b", is_new), other());
        }
        assert_eq!(take(&mut key, "a", Some(true)), other());
        assert_eq!(take(&mut key, "b", Some(true)), Ok(1));
        assert_eq!(key.materials.len(), 1);
        assert_eq!(take(&mut key, "b", None), Ok(1));
        assert_eq!(take(&mut key, "b", Some(true)), other());
        assert_eq!(
            take(&mut key, "c", Some(true)),
            Err("KMSInvalidStateException".to_owned())
        );
    }

    #[test]
    fn a_replica_takes_what_its_primary_has() {
        let mut key = key();
        let mut taken = |id: &str, is_new| {
            let taken = Lists::of(&mut key, None).take_up(id, is_new, true, NOW, "arn");
            taken.unwrap_err().code
        };
        assert_eq!(taken("a", None), "IncorrectKeyMaterialException");
        assert_eq!(taken("a", Some(true)), "UnsupportedOperationException");
    }

    #[test]
    fn what_waits_is_the_next_once_it_is_everywhere() {
        let mut key = key();
        let refused = Lists::of(&mut key, None).rotate(NOW, "arn", |_, _| true);
        assert_eq!(refused.unwrap_err().code, "KMSInvalidStateException");
        take(&mut key, "a", None).unwrap();
        take(&mut key, "b", Some(true)).unwrap();
        let before = key.clone();
        let refused = Lists::of(&mut key, None).rotate(NOW, "arn", |_, _| false);
        assert_eq!(refused.unwrap_err().code, "KMSInvalidStateException");
        let mut key = before;
        let mut asked = None;
        let is_there = |number: usize, id: &str| {
            asked = Some((number, id.to_owned()));
            true
        };
        Lists::of(&mut key, None)
            .rotate(NOW, "arn", is_there)
            .unwrap();
        assert_eq!(asked, Some((1, "b".to_owned())));
        assert_eq!(key.pending, None);
        let last = key.materials.last().unwrap();
        assert_eq!((&*last.id, last.by), ("b", Some(Cause::OnDemand)));
    }

    #[test]
    fn a_key_lacks_each_that_is_not_there() {
        let mut key = key();
        let mut external = External::default();
        assert!(!external.is_whole(&key.materials));
        take(&mut key, "a", None).unwrap();
        let there = |id: &str, valid_to| Imported {
            id: Some(id.to_owned()),
            present: true,
            valid_to,
            description: None,
        };
        external.set(0, there("a", Some(Timestamp(2_000))));
        assert!(external.is_whole(&key.materials));
        assert!(external.at(Timestamp(1_999)).is_whole(&key.materials));
        assert!(!external.at(Timestamp(2_000)).is_whole(&key.materials));
        // What waits is not missed, and what waited under another id is left over.
        take(&mut key, "b", Some(true)).unwrap();
        external.set(1, there("c", None));
        assert!(external.is_whole(&key.materials));
        let leftover = external.leftover(&key.materials, key.pending.as_ref());
        assert_eq!(leftover, [1]);
        external.set(1, there("b", None));
        let leftover = external.leftover(&key.materials, key.pending.as_ref());
        assert_eq!(leftover, Vec::<usize>::new());
        assert_eq!(external.leftover(&key.materials, None), [1]);
        let mut lists = Lists::of(&mut key, None);
        lists.rotate(NOW, "arn", |_, _| true).unwrap();
        assert!(external.is_whole(&key.materials));
        external.materials.pop();
        assert!(!external.is_whole(&key.materials));
    }
}
