//! Pages of lists.

use std::fmt::Debug;

use wharf_service::Pages;

use crate::{
    catalog::{Catalog, Registry},
    error::EcrError,
    fault::EcrFaults,
};

/// A list of a registry: `name` and everything that selects what it shows.
pub(crate) fn pages<'a>(
    catalog: &'a Catalog,
    registry: &Registry,
    name: &str,
    selection: &(impl Debug + ?Sized),
) -> Pages<'a, EcrFaults> {
    let (account, region) = (&registry.account, &registry.region);
    let list = format!("ecr/{name}");
    Pages::at(catalog.keyring(), account, region, &list, selection)
}

/// Where the page before ended; refused if the token is not of this list.
pub(crate) fn after(
    pages: &Pages<'_, EcrFaults>,
    token: Option<&str>,
) -> Result<Option<String>, EcrError> {
    pages.after(token).map_err(|_| EcrError::bad_token())
}
