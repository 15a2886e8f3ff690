//! Which packages are looked up for an image, as its scan's record has them: the first four bytes of each
//! hash, so that a change of the data finds the images that it concerns without a look at their inventories.

use std::collections::{BTreeSet, HashSet};

use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};
use wharf_scan::{Inventory, matching};
use wharf_scandb::hash;

/// An image with more packages than this is concerned by every change: a record is no place for them.
const MAX_HELD: usize = 4096;
const EVERYTHING: &str = "*";

pub(super) fn short(hash: u64) -> u32 {
    u32::try_from(hash >> 32).unwrap_or_default()
}

pub(super) fn of(inventory: &Inventory) -> String {
    let questions = matching::questions(inventory);
    let hashes: BTreeSet<u32> = (questions.iter())
        .map(|(about, ..)| short(hash(about)))
        .collect();
    if hashes.len() > MAX_HELD {
        return EVERYTHING.to_owned();
    }
    let bytes: Vec<u8> = hashes.into_iter().flat_map(u32::to_be_bytes).collect();
    STANDARD_NO_PAD.encode(bytes)
}

/// Whether one of `changed` is among them; a record that cannot be read is taken for one that holds all.
pub(super) fn any(held: &str, changed: &HashSet<u32>) -> bool {
    let Ok(bytes) = STANDARD_NO_PAD.decode(held) else {
        return true;
    };
    let hash = |bytes: &[u8]| u32::from_be_bytes(std::array::from_fn(|at| bytes[at]));
    let mut held = bytes.chunks_exact(4).map(hash);
    held.any(|it| changed.contains(&it))
}

#[cfg(test)]
mod tests {
    use wharf_scan::{About, Manager, Package};

    use super::*;

    fn inventory(names: impl Iterator<Item = usize>) -> Inventory {
        let package = |number| {
            let text =
                format!(r#"{{"manager": "npm", "name": "p{number}", "version": "1", "path": ""}}"#);
            serde_json::from_str::<Package>(&text).unwrap()
        };
        Inventory {
            system: None,
            packages: names.map(package).collect(),
        }
    }

    fn changed(number: usize) -> HashSet<u32> {
        let ecosystem = Manager::Npm.ecosystem().unwrap();
        [short(hash(&About::new(ecosystem, &format!("p{number}"))))].into()
    }

    #[test]
    fn an_image_is_found_by_each_of_its_packages() {
        let held = of(&inventory(0..1000));
        assert!(held.len() < 6000, "{}", held.len());
        assert!((0..1000).all(|it| any(&held, &changed(it))));
        let others = (1000..3000).filter(|it| any(&held, &changed(*it)));
        assert_eq!(others.count(), 0);
        assert!(!any(&of(&inventory(0..0)), &changed(0)));
    }

    #[test]
    fn too_many_packages_are_held_as_all() {
        assert_eq!(of(&inventory(0..MAX_HELD + 1)), EVERYTHING);
        assert!(any(EVERYTHING, &changed(1)));
    }
}
