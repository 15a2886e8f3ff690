//! Network ACLs: what may cross the edges of subnets. Each VPC is born with one, which lets everything
//! through and is that of all subnets that name none; hosts ask its entries about every packet.

mod change;
mod create;
mod delete;
mod describe;
mod entries;
mod records;

pub use change::{add_entry, associate, remove_entry, replace_entry};
pub use create::create;
pub use delete::delete;
pub use describe::describe;
pub use records::{NetworkAcl, open, open_to_ipv6};
