//! The server, as far as it is about services and machines: what it is made of, joined as the real one joins it.

use std::{sync::Arc, time::Duration};

use serde_json::Value;
use tokio::{sync::broadcast, task::JoinSet};
use tokio_util::sync::CancellationToken;
use wharf_api_ec2::Ec2;
use wharf_base::Clock;
use wharf_delivery::{Actor, Operations, Request};
use wharf_hosts::Hosts;
use wharf_reconcile::Takeover;
use wharf_records::Scope;
use wharf_service::{Reach, feed};
use wharf_svc_application_autoscaling::ApplicationAutoscalingService;
use wharf_svc_autoscaling::AutoscalingService;
use wharf_svc_cloudwatch::{CloudwatchService, StoredAlarms};
use wharf_svc_ec2::{Ec2Service, instances::Parts as InstanceParts};
use wharf_svc_ecs::{AgentsConfig, Config, EcsService, Parts, Place};
use wharf_testkit::{ACCOUNT, ecs::Roles};
use wharf_vended::Vended;
use wharf_wire::{Caller, Check, Context, Dispatcher, Fault, Service, async_trait};

use crate::world::{World, unavailable};

pub struct Server {
    pub ec2: Ec2Service,
    pub ecs: EcsService,
    pub groups: AutoscalingService,
    pub scaling: ApplicationAutoscalingService,
    dispatcher: Dispatcher,
    services: Vec<Arc<dyn Service>>,
    /// Whatever is under way ends then, where it waits.
    pub ended: CancellationToken,
}

impl Server {
    pub fn start(world: Arc<World>) -> (Arc<Self>, JoinSet<()>) {
        let (store, keyring) = (world.store.clone(), world.testkit.keyring.clone());
        let dispatcher = world.testkit.dispatcher.clone();
        let clock: Arc<dyn Clock> = world.clock.clone();
        let takeover = Takeover::Replace;
        let hosts = Hosts::new(store.clone());
        let ec2 = Ec2Service::new(store.clone(), keyring.clone()).keeping(InstanceParts {
            hosts: hosts.clone(),
            clock: clock.clone(),
            ..InstanceParts::new(store.clone())
        });
        let ec2_client: Arc<dyn Ec2> = Arc::new(wharf_api_ec2::Client::new(
            Arc::new(ec2.clone()),
            dispatcher.clone(),
        ));
        let alarms = Arc::new(StoredAlarms::new(store.clone(), clock.clone()));
        let groups = AutoscalingService::new(wharf_svc_autoscaling::Parts {
            store: store.clone(),
            keyring: keyring.clone(),
            ec2: ec2_client.clone(),
            operations: world.clone(),
            alarms: alarms.clone(),
            clock: clock.clone(),
            takeover,
        });
        let group_changes = broadcast::channel(256).0;
        let agents = AgentsConfig {
            // A connection here is cut, never silent.
            ping: Duration::from_secs(60),
            silence: Duration::from_secs(180),
            // Agents here come back within seconds. Machines that are away for long are lost before the storm is over.
            other_agent_lost_timeout: Duration::from_secs(120),
            reconnect_grace: Duration::from_secs(30),
            ..AgentsConfig::default()
        };
        let ecs = EcsService::new(Parts {
            autoscaling: Some(Arc::new(wharf_api_autoscaling::Client::new(
                Arc::new(groups.clone()),
                dispatcher.clone(),
            ))),
            operations: Some(world.clone()),
            group_changes: Some(group_changes.subscribe()),
            metrics: Vended::new(world.series.clone()),
            clock: clock.clone(),
            config: Config {
                agents,
                home_account: Some(ACCOUNT.to_owned()),
                takeover,
            },
            ..Parts::new(
                store.clone(),
                hosts.clone(),
                Arc::new(keyring.clone()),
                ec2_client,
                Arc::new(Roles),
            )
        });
        let scaling =
            ApplicationAutoscalingService::new(wharf_svc_application_autoscaling::Parts {
                store: store.clone(),
                keyring: keyring.clone(),
                operations: world.clone(),
                alarms,
                clock: clock.clone(),
                takeover,
            });
        let cloudwatch = CloudwatchService::new(wharf_svc_cloudwatch::Parts {
            store: store.clone(),
            keyring,
            series: world.series.clone(),
            operations: world.clone(),
            scaling: world.clone(),
            log_events: world.clone(),
            destinations: world,
            quotas: Default::default(),
            clock,
            takeover,
        });
        let mut loops = JoinSet::new();
        let ended = CancellationToken::new();
        let stop = || ended.child_token();
        loops.spawn(follow_groups(store, group_changes, stop()));
        let (one, until) = (hosts.clone(), stop());
        loops.spawn(async move { one.feed(until).await });
        let (one, until) = (ec2.clone(), stop());
        loops.spawn(async move { one.run(until).await });
        let (one, until) = (groups.clone(), stop());
        loops.spawn(async move { one.run(until).await });
        let (one, until) = (ecs.clone(), stop());
        loops.spawn(async move { one.run(until).await });
        let (one, until) = (scaling.clone(), stop());
        loops.spawn(async move { one.run(until).await });
        let (one, until) = (cloudwatch.clone(), stop());
        loops.spawn(async move { one.run(until).await });
        let services: Vec<Arc<dyn Service>> = vec![
            Arc::new(wharf_api_ec2::Routes(Arc::new(ec2.clone()))),
            Arc::new(wharf_api_autoscaling::Routes(Arc::new(groups.clone()))),
            Arc::new(wharf_api_ecs::Routes(Arc::new(ecs.clone()))),
            Arc::new(wharf_api_cloudwatch::Routes(Arc::new(cloudwatch))),
            Arc::new(wharf_api_application_autoscaling::Routes(Arc::new(
                scaling.clone(),
            ))),
        ];
        let server = Self {
            ec2,
            ecs,
            groups,
            scaling,
            dispatcher,
            services,
            ended,
        };
        (Arc::new(server), loops)
    }

    /// What is asked of it, unless it ends amid that.
    ///
    /// # Errors
    /// It ended.
    pub async fn unless_ended<T>(&self, what: impl Future<Output = T>) -> Result<T, Fault> {
        tokio::select! {
            done = what => Ok(done),
            () = self.ended.cancelled() => Err(unavailable()),
        }
    }

    pub async fn call(
        &self,
        cx: Context,
        (service, operation): (&str, &str),
        input: &Value,
    ) -> Result<Value, Fault> {
        let mut services = self.services.iter();
        let called = services.find(|it| it.schema().name == service);
        let called = called.unwrap_or_else(|| panic!("there is no {service} here"));
        let input = input.to_string().into_bytes();
        let answer = self.dispatcher.call(&**called, cx, operation, input);
        let answer = self.unless_ended(answer).await??;
        Ok(serde_json::from_slice(&answer).expect("answers are JSON"))
    }
}

/// As the server tells ECS of groups.
async fn follow_groups(
    store: wharf_store::Store,
    changes: broadcast::Sender<Place>,
    stop: CancellationToken,
) {
    let changed = move |key: &str, _| {
        if let Some((scope, _, _)) = Scope::parse(key) {
            let _ = changes.send(Place {
                account: scope.account,
                region: scope.region,
            });
        }
        Reach::One
    };
    feed(store, "autoscaling", stop, changed).await;
}

/// Operations by their names, as services call each other's.
#[async_trait]
impl Operations for World {
    async fn call(&self, actor: &Actor, request: &Request) -> Result<Value, Fault> {
        let (account, name, source) = match actor {
            Actor::Service {
                name,
                account,
                source_arn,
            } => (account, name.as_str(), source_arn),
            Actor::Account {
                account,
                source_arn,
            } => (account, "", source_arn),
            Actor::Role { .. } => panic!("nobody here has a role"),
        };
        let cx = Context::internal(account, &request.region, name, self.clock.now());
        let mut cx = cx.acting_for(source.clone());
        if name.is_empty() {
            cx.caller = Caller::root(account);
        }
        let operation = (request.service.as_str(), request.operation.as_str());
        self.call_as(cx, operation, &request.input).await
    }

    async fn may(&self, _: &Actor, _: &str, _: &[Check]) -> Result<(), Fault> {
        Ok(())
    }

    async fn may_assume(&self, _: &str, _: &str, _: &str) -> Result<(), Fault> {
        Ok(())
    }
}
