//! The operations.

pub mod activities;
pub mod forecast;
pub mod policies;
pub mod put_policy;
pub mod scheduled;
pub mod tags;
pub mod targets;

use wharf_records::Record;
use wharf_service::{Page, Place, Stored};
use wharf_wire::Fault;

use crate::{core::Core, fault::ScalingFaults, names};

/// Records of a page that fit, those of one target or of all, and the token of the next page.
async fn listed<T: Record>(
    core: &Core,
    place: &Place,
    target: Option<&str>,
    page: &Page<'_, ScalingFaults>,
    fits: impl Fn(&Stored<T>) -> bool,
) -> Result<(Vec<Stored<T>>, Option<String>), Fault> {
    let prefix = names::prefix(place, T::KIND, target);
    let found = core
        .table
        .page::<T>(&prefix, page.after.clone(), page.size, fits)
        .await?;
    let last = found.records.last().map(|it| it.key.as_str());
    let token = page.next(found.more, last);
    Ok((found.records, token))
}

/// The target that a list is of, if it is of one.
///
/// # Errors
/// The request names what is not scaled here, or a dimension of nothing.
fn chosen(
    place: &Place,
    namespace: Option<&str>,
    resource: Option<&str>,
    dimension: Option<&str>,
) -> Result<Option<String>, Fault> {
    names::known(namespace, dimension)?;
    match (resource, dimension) {
        (Some(resource), _) => Ok(Some(names::target_id(place, resource))),
        (None, Some(_)) => Err(crate::fault::invalid(
            "If you specify a scalable dimension, you must also specify a resource ID.",
        )),
        (None, None) => Ok(None),
    }
}
