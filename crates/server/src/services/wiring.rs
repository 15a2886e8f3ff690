//! What services are built from.

use std::sync::{Arc, OnceLock};

use wharf_base::Clock;
use wharf_service::{Sealing, Tagged, announce::Announce, rates::Quotas};
use wharf_svc_eks::EksService;
use wharf_svc_s3::S3Service;
use wharf_svc_scheduler::SchedulerService;

use crate::{
    alarmed_scaling::AlarmedScaling,
    by_name::ByName,
    control::Control,
    destinations::Destinations,
    start::{Data, Plane, ServerConfig},
};

/// What services are built from.
pub(crate) struct Wiring<'a> {
    pub config: &'a ServerConfig,
    pub clock: &'a Arc<dyn Clock>,
    pub control: &'a Control,
    pub data: &'a Data,
    pub plane: &'a Plane,
    /// The resources of all services that have tags, once all are built.
    pub tagged: Arc<OnceLock<Vec<Tagged>>>,
    /// Whose records hold sealed secrets, once all are built.
    pub sealing: Arc<OnceLock<Vec<Sealing>>>,
    /// What all services announce, once all are built.
    pub announcing: Arc<OnceLock<Vec<Arc<dyn Announce>>>>,
    /// For the gateway, which answers pages of other sites by the rules of buckets, and for closed accounts.
    pub s3: Arc<OnceLock<S3Service>>,
    /// For its other API, and for closed accounts.
    pub eks: Arc<OnceLock<EksService>>,
    /// For metrics.
    pub scheduler: Arc<OnceLock<SchedulerService>>,
    /// Their operations, once all are built.
    pub operations: Arc<ByName>,
    /// What alarms scale, once all are built.
    pub scaling: Arc<AlarmedScaling>,
    /// What requests are bounded by, once all are built.
    pub quotas: Quotas,
    /// Where metric streams lead, once all are built.
    pub destinations: Arc<Destinations>,
}

impl Wiring<'_> {
    /// KMS in the name of callers: its policies decide.
    pub fn kms(&self) -> Arc<wharf_api_kms::Client> {
        self.plane.keys.clone()
    }
}
