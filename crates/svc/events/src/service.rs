//! The service as the server holds it: operations and the loops.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use wharf_base::Permit;
use wharf_delivery::{Actor, ApiDestinations, Failure, Invocation};
use wharf_service::{Loops, Place, feed};
use wharf_wire::{Fault, async_trait, fault::Chain};

use crate::{
    announced, archive, authorize,
    compiled::Origin,
    config::Parts,
    connection::{ask::OfTarget, kept},
    core::Core,
    names::{BusName, SERVICE},
    ops, scheduled,
};

/// Schedules worked on at once.
const WORKERS: usize = 4;

/// EventBridge over a store.
#[derive(Clone)]
pub struct EventsService {
    core: Arc<Core>,
}

impl EventsService {
    pub fn new(parts: Parts) -> Self {
        Self {
            core: Core::new(parts),
        }
    }

    /// Whether something on the default bus of a place may want events of a source: others need not be made.
    pub async fn may_want(&self, place: &Place, source: &str) -> Result<bool, Fault> {
        let bus = BusName::asked(place, None);
        let matcher = self
            .core
            .compiled
            .of(Origin::Service, &self.core.table, &bus)
            .await?;
        Ok(matcher.may_want(source))
    }

    /// How deliveries go, for metrics.
    pub fn deliveries(&self) -> wharf_delivery::Figures {
        self.core.outbox.figures()
    }

    /// Delivers to targets, follows what services announce and keeps the time of schedules until `stop`,
    /// or until a part of it panics.
    pub async fn run(&self, stop: CancellationToken) {
        let stop = stop.child_token();
        let core = &self.core;
        let mut loops = Loops::new(SERVICE, stop.clone());
        let held = loops.hold(
            &core.shard,
            &core.parts.store,
            Permit::for_controller("events-shard"),
            core.parts.takeover,
        );
        held.await;
        let sources = core.parts.sources.get().map_or(&[][..], Vec::as_slice);
        if let Err(error) = announced::forget_others(core, sources).await {
            tracing::warn!(error = %Chain(&error), "letting go of cursors that nobody moves failed");
        }
        for source in sources {
            loops.spawn(announced::follow(
                core.clone(),
                source.clone(),
                stop.clone(),
            ));
        }
        let fed = core.clone();
        let changed = move |key: &str, _| scheduled::changed(&fed, key);
        loops.spawn(feed(
            core.parts.store.clone(),
            SERVICE,
            stop.clone(),
            changed,
        ));
        let worked = core.clone();
        let work = move |key| scheduled::key(worked.clone(), key);
        loops.work(&core.schedules, WORKERS, work);
        let worked = core.clone();
        let work = move |key| archive::key(worked.clone(), key);
        loops.work(&core.archives, WORKERS, work);
        if let Err(error) = archive::forget_orphans(core).await {
            tracing::warn!(%error, "removing what deleted archives left failed, the next start will retry");
        }
        if let Err(error) = kept::forget_orphans(core).await {
            tracing::warn!(%error, "removing secrets of connections that are gone failed, the next start will retry");
        }
        // Whichever ends takes the other with it.
        let delivered = async {
            core.outbox.clone().run(stop.clone()).await;
            stop.cancel();
        };
        let kept = async {
            loops.run().await;
            stop.cancel();
        };
        tokio::join!(delivered, kept);
    }
}

#[async_trait]
impl ApiDestinations for EventsService {
    async fn invoke(&self, actor: &Actor, it: &Invocation<'_>) -> Result<(), Failure> {
        let (core, of_target) = (&self.core, OfTarget::default());
        core.invoker.invoke(core, it, &of_target, actor).await
    }
}

/// Which members of requests operations heed.
static UNDERSTOOD: wharf_wire::understood::Understood =
    wharf_wire::understood::Understood::new(include_str!("understood.txt"));

wharf_api_events::operations! {
    impl EventsService;
    authorize(self, cx, input) = authorize::checks(&self.core, cx, input).await;
    understood = UNDERSTOOD;
    run(self, operation, call, input) = operation(&self.core, call, input).await;

    cancel_replay = ops::replays::cancel_replay;
    create_api_destination = ops::destinations::create_api_destination;
    create_archive = ops::archives::create_archive;
    create_connection = ops::connections::create_connection;
    create_event_bus = ops::buses::create_event_bus;
    deauthorize_connection = ops::connections::deauthorize_connection;
    delete_api_destination = ops::destinations::delete_api_destination;
    delete_archive = ops::archives::delete_archive;
    delete_connection = ops::connections::delete_connection;
    delete_event_bus = ops::buses::delete_event_bus;
    delete_rule = ops::rules::delete_rule;
    describe_api_destination = ops::destinations::describe_api_destination;
    describe_archive = ops::archives::describe_archive;
    describe_connection = ops::connections::describe_connection;
    describe_event_bus = ops::buses::describe_event_bus;
    describe_replay = ops::replays::describe_replay;
    describe_rule = ops::rules::describe_rule;
    disable_rule = ops::rules::disable_rule;
    enable_rule = ops::rules::enable_rule;
    list_api_destinations = ops::destinations::list_api_destinations;
    list_archives = ops::archives::list_archives;
    list_connections = ops::connections::list_connections;
    list_event_buses = ops::buses::list_event_buses;
    list_replays = ops::replays::list_replays;
    list_rule_names_by_target = ops::targets::list_rule_names_by_target;
    list_rules = ops::rules::list_rules;
    list_tags_for_resource = ops::tags::list_tags_for_resource;
    list_targets_by_rule = ops::targets::list_targets_by_rule;
    put_events = ops::put_events::put_events;
    put_permission = ops::permissions::put_permission;
    put_rule = ops::rules::put_rule;
    put_targets = ops::targets::put_targets;
    remove_permission = ops::permissions::remove_permission;
    remove_targets = ops::targets::remove_targets;
    start_replay = ops::replays::start_replay;
    tag_resource = ops::tags::tag_resource;
    test_event_pattern = ops::test_pattern::test_event_pattern;
    untag_resource = ops::tags::untag_resource;
    update_api_destination = ops::destinations::update_api_destination;
    update_archive = ops::archives::update_archive;
    update_connection = ops::connections::update_connection;
    update_event_bus = ops::buses::update_event_bus;
}
