//! Managed prefix lists: ranges under one name, for rules of security groups and for routes.
//!
//! A rule or a route that names a list carries the list's ranges with it, so hosts are told of nothing new.
//! Modifying a list rewrites all that names it in the same transaction: no rule ever goes by half of a
//! list. Whatever comes to name a list leans on it (`table`), so a modification that did not see it is
//! decided again.

mod create;
mod delete;
mod describe;
mod fault;
mod modify;
mod records;
mod users;

use wharf_api_ec2::types::AddPrefixListEntry;
use wharf_base::Cidr4;
use wharf_wire::{Context, Fault};

pub use create::create;
pub use delete::delete;
pub use describe::{associations, describe, entries};
pub use fault::not_found;
pub use modify::modify;
pub use records::{Entry, Listed, PrefixList};
pub use users::check_room;

use crate::{Ec2Service, table::Stored};

/// Lists of one account in one region, as AWS has it by default.
const MAX_LISTS: usize = 100;
const MAX_ENTRIES: u32 = 1000;
/// Entries that are added or removed by one request.
const MAX_CHANGES: usize = 100;
/// What names one list: all of it is rewritten together.
const MAX_USERS: usize = 100;
const MAX_NAME: usize = 255;

impl Ec2Service {
    /// A list with what rules and routes keep of it.
    pub(crate) async fn listed(
        &self,
        cx: &Context,
        id: &str,
    ) -> Result<(Stored<PrefixList>, Listed), Fault> {
        let stored = self.get_stored::<PrefixList>(cx, id).await?;
        let listed = stored.record.listed();
        Ok((stored, listed))
    }
}

fn checked_name(name: Option<&str>) -> Result<&str, Fault> {
    let name = name.unwrap_or_default();
    if name.is_empty() {
        return Err(crate::fault::missing_parameter("PrefixListName"));
    }
    if name.len() > MAX_NAME || name.starts_with("com.amazonaws") {
        return Err(fault::bad_name(name));
    }
    Ok(name)
}

fn checked_size(given: Option<i32>) -> Result<u32, Fault> {
    let size = given.ok_or_else(|| crate::fault::missing_parameter("MaxEntries"))?;
    let size = u32::try_from(size).ok();
    size.filter(|size| (1..=MAX_ENTRIES).contains(size))
        .ok_or_else(|| fault::bad_size(MAX_ENTRIES))
}

fn entry(given: &AddPrefixListEntry) -> Result<Entry, Fault> {
    let text = given.cidr.as_deref().unwrap_or_default();
    let cidr = Cidr4::canonical(text).map_err(|_| fault::bad_cidr(text))?;
    let description = given.description.clone();
    let fits = |text: &String| text.len() <= MAX_NAME;
    if !description.as_ref().is_none_or(fits) {
        return Err(fault::long_description());
    }
    Ok(Entry { cidr, description })
}
