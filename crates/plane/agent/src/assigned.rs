//! What the control plane assigns to this machine of one kind, by its ids.

use std::{collections::BTreeMap, sync::Arc};

use wharf_link::Update;
use wharf_planeproto::{Change, Kind, Resource};

/// Takes over what it says; whether that is anything new, as the first word always is: before it nothing is known. `put` takes
/// over one of the kind, or refuses it.
pub fn take<T: Clone + PartialEq>(
    assigned: &mut Option<Arc<BTreeMap<String, T>>>,
    kind: Kind,
    update: &Update,
    put: impl Fn(&mut BTreeMap<String, T>, &Resource),
) -> bool {
    let is_first = assigned.is_none();
    let assigned = assigned.get_or_insert_default();
    let mut now = BTreeMap::clone(assigned);
    match update {
        Update::Snapshot(resources) => {
            now.clear();
            resources.iter().for_each(|it| put(&mut now, it));
        }
        Update::Changes(changes) => {
            for change in changes {
                match change {
                    Change::Put(resource) => put(&mut now, resource),
                    Change::Delete(key) if key.kind == kind => {
                        now.remove(&key.id);
                    }
                    Change::Delete(_) => {}
                }
            }
        }
    }
    let changed = now != **assigned;
    if changed {
        *assigned = Arc::new(now);
    }
    is_first || changed
}

/// A prefix and eight hexadecimal digits or more: a name that a folder can have.
pub fn is_id(id: &str, prefix: &str, most_digits: usize) -> bool {
    let digits = id.strip_prefix(prefix).unwrap_or_default();
    (8..=most_digits).contains(&digits.len())
        && digits
            .bytes()
            .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}
