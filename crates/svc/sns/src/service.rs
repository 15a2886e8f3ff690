//! The service as the server holds it: operations and deliveries.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use crate::{authorize, config::Parts, core::Core, fifo, ops};

/// SNS over a store.
#[derive(Clone)]
pub struct SnsService {
    core: Arc<Core>,
}

impl SnsService {
    pub fn new(parts: Parts) -> Self {
        Self {
            core: Arc::new(Core::new(parts)),
        }
    }

    /// How deliveries go, for metrics.
    pub fn deliveries(&self) -> wharf_delivery::Figures {
        self.core.outbox.figures()
    }

    /// Delivers until `stop`, or until a part of it panics.
    pub async fn run(&self, stop: CancellationToken) {
        // One that ends early takes the others with it.
        let all = stop.child_token();
        let (core, outbox) = (self.core.clone(), self.core.outbox.clone());
        tokio::select! {
            () = outbox.run(all.clone()) => {}
            () = core.clone().run_lanes(all.clone()) => {}
            () = fifo::sweep::run(core, all.clone()) => {}
        }
    }
}

/// Which members of requests operations heed.
static UNDERSTOOD: wharf_wire::understood::Understood =
    wharf_wire::understood::Understood::new(include_str!("understood.txt"));

wharf_api_sns::operations! {
    impl SnsService;
    authorize(self, cx, input) = authorize::checks(&self.core, cx, input).await;
    understood = UNDERSTOOD;
    run(self, operation, call, input) = operation(&self.core, call, input).await;

    add_permission = ops::permissions::add_permission;
    confirm_subscription = ops::confirm::confirm_subscription;
    create_topic = ops::topics::create_topic;
    delete_topic = ops::topics::delete_topic;
    get_subscription_attributes = ops::subscription_settings::get_subscription_attributes;
    get_topic_attributes = ops::topics::get_topic_attributes;
    list_subscriptions = ops::list::list_subscriptions;
    list_subscriptions_by_topic = ops::list::list_subscriptions_by_topic;
    list_tags_for_resource = ops::tags::list;
    list_topics = ops::topics::list_topics;
    publish = ops::publish::publish;
    publish_batch = ops::publish::publish_batch;
    remove_permission = ops::permissions::remove_permission;
    set_subscription_attributes = ops::subscription_settings::set_subscription_attributes;
    set_topic_attributes = ops::topics::set_topic_attributes;
    subscribe = ops::subscriptions::subscribe;
    tag_resource = ops::tags::tag;
    unsubscribe = ops::confirm::unsubscribe;
    untag_resource = ops::tags::untag;
}
