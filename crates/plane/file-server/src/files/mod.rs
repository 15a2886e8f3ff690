//! The files of a file system: objects by handle and by name, as a user.
//!
//! Objects are found by what the kernel calls them (`name_to_handle_at`), so a handle stays good when its file is renamed and
//! when this program starts anew. What clients have of it is signed, for one root: nobody makes one up, and what was had at
//! an access point is good there alone.
//!
//! Whether a user may do something is the kernel's decision ([`user::Acting`]).

mod handle;
mod kernel;
mod object;
mod root;
pub mod user;

pub use handle::FileHandle;
pub use kernel::{Stat, change_owner, change_times, entries, link_to, open_at, room, usage};
pub use object::{Object, name};
pub use root::{Root, Tree};
