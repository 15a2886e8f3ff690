//! User namespaces of tasks: which numbers each has on the host, how its namespaces are made, and
//! how folders of the host are mounted so that their owners are right inside. Layers that are mounted
//! as one tree, with mapped owners or without, are here as well.
//!
//! A task's user namespace is kept by its network namespace, which belongs to it: whoever holds the
//! latter finds the former ([`owner_of`]). Nothing else has to be kept or found again after a kill.

mod mount;
mod namespace;
mod overlay;
mod range;

pub use self::{
    mount::{
        attach, change, clone_of, clone_tree, clone_whole_tree, clone_whole_tree_at,
        clone_with_below, fresh, map_owners, put, set_attributes,
    },
    namespace::{network_namespace, owner_of, translation},
    overlay::{MOST_LAYERS, most_layers, mount_layers},
    range::{IdRange, Ranges},
};
