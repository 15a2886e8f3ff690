//! The service as the server holds it: operations, what hosts and nodes ask and say, the loop.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;
use wharf_base::Permit;
use wharf_service::OneQueue;

use crate::{authorize, config::Parts, core::Core, names, ops, reconcile};

/// Mount targets and file systems worked on at once.
const WORKERS: usize = 4;

/// Amazon EFS over a store.
#[derive(Clone)]
pub struct EfsService {
    pub(crate) core: Arc<Core>,
}

impl EfsService {
    pub fn new(parts: Parts) -> Self {
        Self {
            core: Arc::new(Core::new(parts)),
        }
    }

    /// Runs the reconciler until `stop`, or until a part of it panics.
    pub async fn run(&self, stop: CancellationToken) {
        let core = &self.core;
        let loops = OneQueue {
            service: names::SERVICE,
            store: &core.parts.store,
            shard: &core.shard,
            permit: Permit::for_controller("efs-shard"),
            takeover: core.parts.takeover,
            queue: &core.queue,
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

wharf_api_efs::operations! {
    impl EfsService;
    authorize(self, cx, input) = authorize::checks(&self.core, cx, input).await;
    understood = UNDERSTOOD;
    run(self, operation, call, input) = operation(&self.core, call, input).await;

    create_access_point = ops::access_points::create;
    create_file_system = ops::file_systems::create;
    create_mount_target = ops::create_mount_target::create;
    create_tags = ops::tags::create;
    delete_access_point = ops::access_points::delete;
    delete_file_system = ops::file_systems::delete;
    delete_file_system_policy = ops::policies::delete;
    delete_mount_target = ops::mount_targets::delete;
    delete_replication_configuration = ops::settings::delete_replication;
    delete_tags = ops::tags::delete;
    describe_access_points = ops::access_points::describe;
    describe_account_preferences = ops::settings::describe_preferences;
    describe_backup_policy = ops::settings::describe_backup;
    describe_file_system_policy = ops::policies::describe;
    describe_file_systems = ops::file_systems::describe;
    describe_lifecycle_configuration = ops::settings::describe_lifecycle;
    describe_mount_target_security_groups = ops::mount_targets::groups;
    describe_mount_targets = ops::mount_targets::describe;
    describe_replication_configurations = ops::settings::describe_replication;
    describe_tags = ops::tags::describe;
    list_tags_for_resource = ops::tags::list;
    modify_mount_target_security_groups = ops::mount_targets::modify_groups;
    put_backup_policy = ops::settings::put_backup;
    put_file_system_policy = ops::policies::put;
    put_lifecycle_configuration = ops::settings::put_lifecycle;
    tag_resource = ops::tags::tag;
    untag_resource = ops::tags::untag;
    update_file_system = ops::file_systems::update;
}
