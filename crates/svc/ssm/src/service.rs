//! The service as the server holds it: operations and the loop.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;
use wharf_base::Permit;
use wharf_service::OneQueue;

use crate::{authorize, config::Parts, core::Core, names, ops, reconcile};

/// Parameters deleted at once.
const WORKERS: usize = 2;

/// Systems Manager over a store.
#[derive(Clone)]
pub struct SsmService {
    core: Arc<Core>,
}

impl SsmService {
    pub fn new(parts: Parts) -> Self {
        Self {
            core: Arc::new(Core::new(parts)),
        }
    }

    /// Deletes expired parameters in time until `stop`, or until a part of it panics.
    pub async fn run(&self, stop: CancellationToken) {
        let core = &self.core;
        let loops = OneQueue {
            service: names::SERVICE,
            store: &core.parts.store,
            shard: &core.shard,
            permit: Permit::for_controller("ssm-shard"),
            takeover: core.parts.takeover,
            queue: &core.expirations,
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

wharf_api_ssm::operations! {
    impl SsmService;
    authorize(self, cx, input) = authorize::checks(&self.core, cx, input).await;
    understood = UNDERSTOOD;
    run(self, operation, call, input) = operation(&self.core, call, input).await;

    add_tags_to_resource = ops::tags::add;
    delete_parameter = ops::delete::delete_parameter;
    delete_parameters = ops::delete::delete_parameters;
    describe_parameters = ops::list::describe_parameters;
    get_parameter = ops::get::get_parameter;
    get_parameter_history = ops::history::get_parameter_history;
    get_parameters = ops::get::get_parameters;
    get_parameters_by_path = ops::list::get_parameters_by_path;
    get_service_setting = ops::settings::get;
    label_parameter_version = ops::labels::label;
    list_tags_for_resource = ops::tags::list;
    put_parameter = ops::put::put_parameter;
    remove_tags_from_resource = ops::tags::remove;
    reset_service_setting = ops::settings::reset;
    resume_session = ops::sessions::resume;
    terminate_session = ops::sessions::terminate;
    unlabel_parameter_version = ops::labels::unlabel;
    update_service_setting = ops::settings::update;
}
