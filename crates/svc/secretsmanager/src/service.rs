//! The service as the server holds it: operations and the loop.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;
use wharf_base::Permit;
use wharf_delivery::Operations;
use wharf_service::OneQueue;

use crate::{authorize, config::Parts, core::Core, names, ops, reconcile, rotating};

/// Secrets removed and rotated at once: endpoints may take their time, and leave some of these to what needs none.
const WORKERS: usize = rotating::MOST_CALLS + 16;

/// Secrets Manager over a store.
#[derive(Clone)]
pub struct SecretsmanagerService {
    core: Arc<Core>,
}

impl SecretsmanagerService {
    pub fn new(parts: Parts) -> Self {
        Self {
            core: Arc::new(Core::new(parts)),
        }
    }

    pub(crate) fn core(&self) -> &Core {
        &self.core
    }

    /// Lets rotations start tasks.
    pub fn calling(&self, operations: Arc<dyn Operations>) {
        let _ = self.core.operations.set(operations);
    }

    /// Removes deleted secrets and rotates others in time until `stop`, or until a part of it panics.
    pub async fn run(&self, stop: CancellationToken) {
        let core = &self.core;
        let loops = OneQueue {
            service: names::SERVICE,
            store: &core.parts.store,
            shard: &core.shard,
            permit: Permit::for_controller("secretsmanager-shard"),
            takeover: core.parts.takeover,
            queue: &core.changed,
            workers: WORKERS,
        };
        let (fed, worked) = (core.clone(), core.clone());
        let changed = move |key: &str, look| reconcile::changed(&fed, key, look);
        let work = move |key| reconcile::key(worked.clone(), key);
        loops.run(stop, changed, work).await;
    }
}

/// Which members of requests operations heed.
static UNDERSTOOD: wharf_wire::understood::Understood =
    wharf_wire::understood::Understood::new(include_str!("understood.txt"));

wharf_api_secretsmanager::operations! {
    impl SecretsmanagerService;
    authorize(self, cx, input) = authorize::checks(&self.core, cx, input).await;
    understood = UNDERSTOOD;
    run(self, operation, call, input) = operation(&self.core, call, input).await;

    batch_get_secret_value = ops::value::batch_get_secret_value;
    cancel_rotate_secret = ops::rotate::cancel_rotate_secret;
    create_secret = ops::create::create_secret;
    delete_resource_policy = ops::policy::delete_resource_policy;
    delete_secret = ops::delete::delete_secret;
    describe_secret = ops::describe::describe_secret;
    get_random_password = ops::password::get_random_password;
    get_resource_policy = ops::policy::get_resource_policy;
    get_secret_value = ops::value::get_secret_value;
    list_secret_version_ids = ops::versions::list_secret_version_ids;
    list_secrets = ops::list::list_secrets;
    put_resource_policy = ops::policy::put_resource_policy;
    put_secret_value = ops::value::put_secret_value;
    remove_regions_from_replication = ops::replicas::remove_regions_from_replication;
    replicate_secret_to_regions = ops::replicas::replicate_secret_to_regions;
    restore_secret = ops::delete::restore_secret;
    rotate_secret = ops::rotate::rotate_secret;
    stop_replication_to_replica = ops::replicas::stop_replication_to_replica;
    tag_resource = ops::tags::tag;
    untag_resource = ops::tags::untag;
    update_secret = ops::update::update_secret;
    update_secret_version_stage = ops::versions::update_secret_version_stage;
    validate_resource_policy = ops::policy::validate_resource_policy;
}
