//! The service as the server holds it: operations and the loop.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;
use wharf_base::Permit;
use wharf_service::OneQueue;

use crate::{authorize, config::Parts, core::Core, fault, names, ops, reconcile};

/// Queues and drawers looked at at once.
const WORKERS: usize = 2;

/// SQS over a store.
#[derive(Clone)]
pub struct SqsService {
    core: Arc<Core>,
}

impl SqsService {
    pub fn new(parts: Parts) -> Self {
        Self {
            core: Arc::new(Core::new(parts)),
        }
    }

    /// What lies in queues, for metrics.
    pub fn figures(&self) -> crate::figures::Figures {
        crate::figures::figures(&self.core)
    }

    /// Looks at what lies in queues at the end of a minute.
    pub fn look(&self, minute: &wharf_vended::Minute<'_>) {
        crate::metered::look(&self.core, minute);
    }

    /// Removes what is too old until `stop`, or until a part of it panics.
    pub async fn run(&self, stop: CancellationToken) {
        let core = &self.core;
        let loops = OneQueue {
            service: names::SERVICE,
            store: &core.parts.store,
            shard: &core.shard,
            permit: Permit::for_controller("sqs-shard"),
            takeover: core.parts.takeover,
            queue: &core.work,
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

wharf_api_sqs::operations! {
    impl SqsService;
    authorize(self, cx, input) = authorize::checks(&self.core, cx, input).await;
    refuse = fault::refuse;
    understood = UNDERSTOOD;
    run(self, operation, call, input) = operation(&self.core, call, input).await;

    add_permission = ops::permissions::add_permission;
    cancel_message_move_task = ops::moves::cancel_message_move_task;
    change_message_visibility = ops::visibility::change_message_visibility;
    change_message_visibility_batch = ops::visibility::change_message_visibility_batch;
    create_queue = ops::create::create_queue;
    delete_message = ops::delete::delete_message;
    delete_message_batch = ops::delete::delete_message_batch;
    delete_queue = ops::create::delete_queue;
    get_queue_attributes = ops::attributes::get_queue_attributes;
    get_queue_url = ops::create::get_queue_url;
    list_dead_letter_source_queues = ops::list::list_dead_letter_source_queues;
    list_message_move_tasks = ops::moves::list_message_move_tasks;
    list_queue_tags = ops::tags::list_queue_tags;
    list_queues = ops::list::list_queues;
    purge_queue = ops::create::purge_queue;
    receive_message = ops::receive::receive_message;
    remove_permission = ops::permissions::remove_permission;
    send_message = ops::send::send_message;
    send_message_batch = ops::send::send_message_batch;
    set_queue_attributes = ops::attributes::set_queue_attributes;
    start_message_move_task = ops::moves::start_message_move_task;
    tag_queue = ops::tags::tag_queue;
    untag_queue = ops::tags::untag_queue;
}
