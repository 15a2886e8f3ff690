//! The network interface of a task.

use wharf_records::ecs::{Interface, InterfaceState, Task};

/// The interface, unless it was deleted.
pub fn live_interface(task: &Task) -> Option<&Interface> {
    task.interface
        .as_ref()
        .filter(|i| i.state < InterfaceState::Deleted)
}
