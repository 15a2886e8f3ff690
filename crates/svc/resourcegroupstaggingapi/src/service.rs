//! The service: what it stands on, and one line for each operation.

use std::sync::{Arc, OnceLock};

use wharf_seal::Keyring;
use wharf_service::{Pages, Table, Tagged, TaggedResource};
use wharf_store::Store;
use wharf_wire::{Context, Fault};

use crate::{authorize, fault::TaggingFaults, ops};

/// The service over the store that holds everybody's records.
#[derive(Clone)]
pub struct ResourcegroupstaggingapiService {
    table: Table<TaggingFaults>,
    /// Seals page tokens.
    keyring: Keyring,
    sources: Sources,
}

/// The services whose resources are looked at, set once all of them are built.
pub type Sources = Arc<OnceLock<Vec<Tagged>>>;

impl ResourcegroupstaggingapiService {
    pub fn new(store: Store, keyring: Keyring, sources: Sources) -> Self {
        Self {
            table: Table::new(store),
            keyring,
            sources,
        }
    }

    /// The pages of a list of the caller's; `selection` is all that a request chooses by.
    pub(crate) fn pages(
        &self,
        cx: &Context,
        list: &str,
        selection: &impl std::fmt::Debug,
    ) -> Pages<'_, TaggingFaults> {
        Pages::new(&self.keyring, cx, list, selection)
    }

    /// The resources with tags of the caller's account and region that `wanted` accepts, by ARN.
    pub(crate) async fn resources(
        &self,
        cx: &Context,
        wanted: impl Fn(&TaggedResource) -> bool,
    ) -> Result<Vec<(String, TaggedResource)>, Fault> {
        let mut found = Vec::new();
        for source in self.sources.get().into_iter().flatten() {
            for prefix in source.prefixes(&cx.account, &cx.region) {
                let entries = self.table.entries(&prefix).await?;
                let resources = entries.iter().flat_map(|entry| source.resources(entry));
                let wanted = resources.filter(|it| !it.tags.is_empty() && wanted(it));
                found.extend(wanted.map(|it| (it.arn.to_string(), it)));
            }
        }
        found.sort_by(|(one, _), (other, _)| one.cmp(other));
        Ok(found)
    }
}

/// Which members of requests operations heed.
static UNDERSTOOD: wharf_wire::understood::Understood =
    wharf_wire::understood::Understood::new(include_str!("understood.txt"));

wharf_api_resourcegroupstaggingapi::operations! {
    impl ResourcegroupstaggingapiService;
    authorize(self, _cx, input) = Ok(authorize::checks(input));
    understood = UNDERSTOOD;
    run(self, operation, call, input) = operation(self, call, input).await;

    get_resources = ops::get_resources;
    get_tag_keys = ops::get_tag_keys;
    get_tag_values = ops::get_tag_values;
}
