//! The service: what it stands on, and one line for each operation.

use std::sync::Arc;

use parking_lot::Mutex;
use wharf_base::{Clock, Timestamp};
use wharf_delivery::Operations;
use wharf_seal::Keyring;
use wharf_service::{Pages, Shares, Table, Turns};
use wharf_store::Store;
use wharf_wire::Context;

use crate::{
    authorize, clusters::RunsImages, fault::Inspector2Faults, images::Images, in_use::Kept, ops,
};

/// Findings that are sorted or counted for so many requests at once, and of these, for those of one account.
const LARGE: usize = 4;
const LARGE_OF_ACCOUNT: usize = 1;

/// What the service stands on.
pub struct Parts {
    pub store: Store,
    /// Seals page tokens.
    pub keyring: Keyring,
    pub images: Arc<dyn Images>,
    /// Who knows which clusters run an image.
    pub clusters: Arc<dyn RunsImages>,
    /// By which reports come into buckets.
    pub operations: Arc<dyn Operations>,
    pub clock: Arc<dyn Clock>,
}

/// The service over the store that holds its records.
#[derive(Clone)]
pub struct Inspector2Service {
    pub(crate) table: Table<Inspector2Faults>,
    pub(crate) images: Arc<dyn Images>,
    pub(crate) clusters: Arc<dyn RunsImages>,
    pub(crate) operations: Arc<dyn Operations>,
    /// Filters and reports of one account and region are made one after the other.
    pub(crate) turns: Arc<Turns>,
    /// Answers that are put together in memory, of many findings: a page of them is shown.
    pub(crate) large: Arc<Shares>,
    /// Findings and images that are walked through.
    pub(crate) walks: Arc<Shares>,
    /// What was counted of late.
    pub(crate) in_use: Arc<Mutex<Kept>>,
    /// Of those who count it.
    pub(crate) counting: Arc<Turns>,
    keyring: Keyring,
    clock: Arc<dyn Clock>,
}

impl Inspector2Service {
    pub fn new(parts: Parts) -> Self {
        Self {
            table: Table::new(parts.store),
            images: parts.images,
            clusters: parts.clusters,
            operations: parts.operations,
            turns: Arc::default(),
            large: Arc::new(Shares::new(LARGE, LARGE_OF_ACCOUNT)),
            walks: Arc::new(Shares::of_processors()),
            in_use: Arc::default(),
            counting: Arc::default(),
            keyring: parts.keyring,
            clock: parts.clock,
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The pages of a list of the caller's; `selection` is all that a request chooses by.
    pub(crate) fn pages(
        &self,
        cx: &Context,
        list: &str,
        selection: &impl std::fmt::Debug,
    ) -> Pages<'_, Inspector2Faults> {
        Pages::new(&self.keyring, cx, list, selection)
    }
}

/// Which members of requests operations heed.
static UNDERSTOOD: wharf_wire::understood::Understood =
    wharf_wire::understood::Understood::new(include_str!("understood.txt"));

wharf_api_inspector2::operations! {
    impl Inspector2Service;
    authorize(self, cx, input) = authorize::checks(self, cx, input).await;
    understood = UNDERSTOOD;
    run(self, operation, call, input) = operation(self, call, input).await;

    batch_get_account_status = ops::accounts::batch_get_account_status;
    batch_get_finding_details = ops::details::batch_get_finding_details;
    cancel_findings_report = ops::reports::cancel_findings_report;
    cancel_sbom_export = ops::sboms::cancel_sbom_export;
    create_filter = ops::filters::create_filter;
    create_findings_report = ops::reports::create_findings_report;
    create_sbom_export = ops::sboms::create_sbom_export;
    delete_filter = ops::filters::delete_filter;
    disable = ops::accounts::disable;
    enable = ops::accounts::enable;
    get_clusters_for_image = ops::clusters::get_clusters_for_image;
    get_configuration = ops::configuration::get_configuration;
    get_encryption_key = ops::keys::get_encryption_key;
    get_findings_report_status = ops::reports::get_findings_report_status;
    get_sbom_export = ops::sboms::get_sbom_export;
    list_account_permissions = ops::accounts::list_account_permissions;
    list_coverage = ops::lists::list_coverage;
    list_coverage_statistics = ops::lists::list_coverage_statistics;
    list_finding_aggregations = ops::aggregations::list_finding_aggregations;
    list_filters = ops::filters::list_filters;
    list_findings = ops::lists::list_findings;
    list_tags_for_resource = ops::tags::list_tags_for_resource;
    list_usage_totals = ops::usage::list_usage_totals;
    reset_encryption_key = ops::keys::reset_encryption_key;
    search_vulnerabilities = ops::vulnerabilities::search_vulnerabilities;
    tag_resource = ops::tags::tag_resource;
    untag_resource = ops::tags::untag_resource;
    update_configuration = ops::configuration::update_configuration;
    update_encryption_key = ops::keys::update_encryption_key;
    update_filter = ops::filters::update_filter;
}
