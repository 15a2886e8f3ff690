//! Which images instances and pods of this machine are made of, as far as this process knows.

use std::collections::{BTreeMap, BTreeSet};

use wharf_container::image::Digest;

#[derive(Default)]
pub(super) struct Kept {
    /// By the ids of instances; by the sandboxes of pods and the image.
    pub images: BTreeMap<String, Digest>,
    /// Instances were here before that nothing was heard of yet. Those that are stopped have no container that would tell.
    pub awaits_instances: bool,
}

impl Kept {
    /// `None` before that is known.
    pub fn all(&self) -> Option<BTreeSet<Digest>> {
        (!self.awaits_instances).then(|| self.images.values().cloned().collect())
    }
}
