//! Which nodes joined, what of one is a node of Kubernetes or shown as an instance of EC2, the retirement of one, and the removal of one for good.
//!
//! A removal ends everything the node ever had: with its user end its keys, sessions and registry
//! passwords; with its container instances its websockets, its place in the network and its tasks,
//! which are started elsewhere. Each step may be repeated; the record goes last, so that a removal
//! that was interrupted is found and done again.

use std::time::Duration;

use wharf_api_wharf::types::{
    DedicateNodeRequest, DedicateNodeResponse, Dedicated as DedicatedShown, FargatePool,
    FargatePoolMachine, ListNodesResponse, Node as NodeShown, NodeInstance as InstanceShown,
    RemoveNodeRequest, RemoveNodeResponse, RetireNodeRequest, RetireNodeResponse,
};
use wharf_base::{Clock as _, Permit, SystemClock, Timestamp};
use wharf_records::{
    decode,
    node::{Node, OWN_USER},
};
use wharf_service::Place;
use wharf_store::{Range, Store, Txn};
use wharf_svc_ec2::{
    Ec2Service,
    instances::{Dedicated, MachineNodeWish, PoolShown, ShownMachine, ShownMachineWish},
};
use wharf_svc_ecs::{EcsService, NodeInstance};
use wharf_svc_eks::EksService;
use wharf_svc_iam::IamService;
use wharf_wire::{Call, Caller, Check, Context, Fault};

use crate::{
    control::{
        count,
        fault::{failed, invalid},
    },
    grant::shown,
    node_identity::remove_user,
};

const PERMIT: Permit = Permit::for_controller("nodes");
/// Of an instance that is what a machine gives to a cluster, where nobody says how much.
const USUAL_DISK_GIB: u32 = 20;

pub struct Nodes {
    pub store: Store,
    pub iam: IamService,
    pub ecs: EcsService,
    pub ec2: Ec2Service,
    /// Held while a machine is made a node.
    pub dedicating: tokio::sync::Mutex<()>,
}

impl Nodes {
    /// All nodes, the control plane's own first.
    pub async fn list(&self, call: &Call) -> Result<ListNodesResponse, Fault> {
        let mut rows = Vec::new();
        let given = Given {
            nodes: self.ec2.dedicated().await?,
            shown: self.ec2.shown_machines().await?,
        };
        let own = self.instances(call, OWN_USER).await;
        if !own.is_empty() {
            rows.push(self.row(OWN_USER, None, (&own, &given)));
        }
        for node in self.all(call).await? {
            let instances = self.instances(call, &node.user).await;
            rows.push(self.row(&node.user, Some(&node), (&instances, &given)));
        }
        Ok(ListNodesResponse { nodes: Some(rows) })
    }

    /// Removes the node of that name, container instance or instance id; its name.
    pub async fn remove(
        &self,
        call: &Call,
        input: RemoveNodeRequest,
    ) -> Result<RemoveNodeResponse, Fault> {
        let wanted = input.name.unwrap_or_default();
        let Some(node) = self.find(call, &wanted).await? else {
            return Err(unknown());
        };
        let mut cx = call.context().clone();
        cx.caller = Caller::root(&call.account);
        let acting = Call::by_controller(cx, PERMIT);
        let instances = self.remove_node(&acting, &node.user).await?;
        tracing::info!(node = node.user, by = call.caller.arn, "a node was removed");
        Ok(RemoveNodeResponse {
            removed: Some(node.user),
            instances: Some(instances),
        })
    }

    /// Takes everything from a node; the container instances that it had.
    async fn remove_node(&self, acting: &Call, user: &str) -> Result<Vec<String>, Fault> {
        // First: from here on nothing that it has is good for anything.
        remove_user(&self.iam, acting, user).await?;
        let arn = user_arn(acting, user);
        let instances = self.ecs.deregister_all(acting, &arn).await?;
        let txn = Txn::new().delete(Node::key(&acting.account, &acting.region, user));
        self.store.txn(&PERMIT, txn).await.map_err(failed)?;
        Ok(instances)
    }

    /// The host of the machine that was made for an instance of EC2, by what its token bound its node to.
    ///
    /// # Errors
    /// The store's.
    pub async fn host_of(&self, place: &Place, instance: &str) -> Result<Option<String>, Fault> {
        let acting = acting(place);
        for node in self.all(&acting).await? {
            if !node.grant.is_for(instance) {
                continue;
            }
            let registered = self.instances(&acting, &node.user).await;
            let found = registered.iter().find(|it| it.ec2_instance == instance);
            if let Some(found) = found {
                return Ok(Some(found.host.clone()));
            }
        }
        Ok(None)
    }

    /// Takes everything from the node of the machine that was made for an instance of EC2.
    ///
    /// # Errors
    /// The store's, IAM's and ECS's; it may be called again.
    pub async fn remove_of(&self, place: &Place, instance: &str) -> Result<(), Fault> {
        let acting = acting(place);
        for node in self.all(&acting).await? {
            if node.grant.is_for(instance) {
                self.remove_node(&acting, &node.user).await?;
                tracing::info!(
                    node = node.user,
                    instance,
                    "removed the node of an instance that ends"
                );
            }
        }
        Ok(())
    }

    /// The machines that are made for Fargate, where some are.
    pub async fn fargate_pool(&self) -> Result<Option<FargatePool>, Fault> {
        let shown = self.ec2.shown_fargate_pool().await?;
        Ok(shown.map(fargate_pool))
    }

    /// Has Fargate tasks leave a node, that of the control plane too, each when its account's time of waiting is over, and EC2
    /// instances end there after a notice; or takes that back.
    pub async fn retire(
        &self,
        call: &Call,
        input: RetireNodeRequest,
    ) -> Result<RetireNodeResponse, Fault> {
        let user = self.user(call, &input.name.unwrap_or_default()).await?;
        let cancel = input.cancel.unwrap_or_default();
        let arn = user_arn(call, &user);
        let notice = input.notice_seconds.and_then(|it| u64::try_from(it).ok());
        let notice = notice.map(Duration::from_secs);
        if cancel && notice.is_some() {
            return Err(invalid("cancel and noticeSeconds exclude each other."));
        }
        let instances = self.ecs.retire(call, &arn, (cancel, notice)).await?;
        self.ec2.look_at_hosts().await?;
        tracing::info!(
            node = user,
            by = call.caller.arn,
            cancel,
            "the retirement of a node"
        );
        Ok(RetireNodeResponse {
            name: Some(user),
            instances: Some(instances),
        })
    }

    /// Makes a node, that of the control plane too, or a part of it, a node of a cluster of EKS: by an instance on it that joins; or ends
    /// that, or all that it gives, to clusters that are no more too.
    pub async fn dedicate(
        &self,
        call: &Call,
        input: DedicateNodeRequest,
        eks: &EksService,
    ) -> Result<DedicateNodeResponse, Fault> {
        let user = self
            .user(call, &input.name.clone().unwrap_or_default())
            .await?;
        let registered = self.instances(call, &user).await;
        if registered.is_empty() {
            return Err(invalid("The node is not registered."));
        }
        let one_at_a_time = self.dedicating.lock().await;
        let done = match input.cancel.unwrap_or_default() {
            true => self.take_back(call, input, (&registered, eks)).await?,
            false => self.give(call, input, (&user, &registered, eks)).await?,
        };
        drop(one_at_a_time);
        Ok(DedicateNodeResponse {
            name: Some(user),
            ..done
        })
    }

    /// Shows a node, that of the control plane too, as an instance of EC2, or lets go of that: it stays a node.
    pub async fn show(
        &self,
        call: &Call,
        input: DedicateNodeRequest,
    ) -> Result<DedicateNodeResponse, Fault> {
        if let Some(member) = of_clusters(&input) {
            return Err(invalid(format!(
                "{member} is not for a machine that is shown as an instance: it is that as a whole, and of no cluster of EKS."
            )));
        }
        let user = self
            .user(call, &input.name.clone().unwrap_or_default())
            .await?;
        let registered = self.instances(call, &user).await;
        let connected = registered.iter().find(|it| it.connected);
        let Some(on) = connected.or(registered.first()) else {
            return Err(invalid("The node is not registered."));
        };
        let one_at_a_time = self.dedicating.lock().await;
        let done = match input.cancel.unwrap_or_default() {
            true => self.hide(call, &registered).await?,
            false => {
                let wish = ShownMachineWish {
                    host: on.host.clone(),
                    node: user.clone(),
                    name: user.clone(),
                };
                let place = place_of(call.context(), &input);
                let shown = self.ec2.show_machine(&place, &wish).await.map_err(told)?;
                tracing::info!(
                    node = user,
                    instance = shown.id,
                    account = place.account,
                    region = place.region,
                    by = call.caller.arn,
                    "a machine is shown as an instance"
                );
                DedicateNodeResponse {
                    instance: Some(shown.id),
                    made: Some(shown.made),
                    ..DedicateNodeResponse::default()
                }
            }
        };
        drop(one_at_a_time);
        Ok(DedicateNodeResponse {
            name: Some(user),
            ..done
        })
    }

    async fn hide(
        &self,
        call: &Call,
        registered: &[NodeInstance],
    ) -> Result<DedicateNodeResponse, Fault> {
        let hosts: Vec<&str> = registered.iter().map(|it| it.host.as_str()).collect();
        let ended = self.ec2.hide_machines(&hosts).await.map_err(told)?;
        if ended.is_empty() {
            return Err(invalid("The node is not shown as an instance."));
        }
        for it in &ended {
            tracing::info!(
                host = it.host,
                instance = it.id,
                by = call.caller.arn,
                "a machine is shown as an instance no more"
            );
        }
        Ok(DedicateNodeResponse {
            ended: Some(ended.iter().map(shown_machine).collect()),
            ..DedicateNodeResponse::default()
        })
    }

    async fn give(
        &self,
        call: &Call,
        input: DedicateNodeRequest,
        (user, registered, eks): (&str, &[NodeInstance], &EksService),
    ) -> Result<DedicateNodeResponse, Fault> {
        let place = place_of(call.context(), &input);
        let Some(cluster) = input.cluster else {
            return Err(invalid("A cluster must be named."));
        };
        let Some(profile) = input.profile else {
            return Err(invalid("An instance profile must be named."));
        };
        // It may have registered before, or in several clusters of ECS.
        let connected = registered.iter().find(|it| it.connected);
        let Some(on) = connected.or(registered.first()) else {
            return Err(invalid("The node is not registered."));
        };
        let role = self.ec2.role_of_profile(&place, &profile).await;
        let joining = eks.joining(&place, &cluster, &role.map_err(told)?).await;
        let joining = joining.map_err(told)?;
        let number = |it: Option<i32>| it.and_then(|it| u32::try_from(it).ok());
        let wish = MachineNodeWish {
            host: on.host.clone(),
            cluster: (joining.cluster, cluster.clone()),
            subnets: input.subnet.map_or(joining.subnets, |it| vec![it]),
            groups: joining.groups,
            profile,
            cpus: number(input.cpus),
            memory_mib: number(input.memory_mib),
            disk_gib: number(input.disk_gib).unwrap_or(USUAL_DISK_GIB),
            name: user.to_owned(),
            user_data: joining.user_data,
        };
        let given = self.ec2.dedicate(&place, &wish).await.map_err(told)?;
        tracing::info!(
            node = user,
            cluster,
            instance = given.id,
            by = call.caller.arn,
            "a machine, or a part of it, is a node of Kubernetes"
        );
        Ok(DedicateNodeResponse {
            instance: Some(given.id),
            node: Some(given.node),
            cpus: i32::try_from(given.cpus).ok(),
            memory_mib: i32::try_from(given.memory_mib).ok(),
            made: Some(given.made),
            ..DedicateNodeResponse::default()
        })
    }

    async fn take_back(
        &self,
        call: &Call,
        input: DedicateNodeRequest,
        (registered, eks): (&[NodeInstance], &EksService),
    ) -> Result<DedicateNodeResponse, Fault> {
        let place = place_of(call.context(), &input);
        let id = match &input.cluster {
            Some(name) => {
                let id = eks.cluster(&place, name).await.map_err(failed)?;
                let gone =
                    "There is no such cluster. Without one, all that the node gives is taken back.";
                Some(id.ok_or_else(|| invalid(gone))?)
            }
            None if input.account.is_some() || input.region.is_some() => {
                return Err(invalid(
                    "account and region are those of a cluster, which must be named.",
                ));
            }
            None => None,
        };
        let hosts: Vec<&str> = registered.iter().map(|it| it.host.as_str()).collect();
        let of = id.as_deref().map(|id| (&place, id));
        let ended = self.ec2.take_back(&hosts, of).await.map_err(told)?;
        if ended.is_empty() {
            return Err(invalid(match id {
                Some(_) => "The node gives nothing to that cluster.",
                None => "The node gives nothing to clusters.",
            }));
        }
        for it in &ended {
            tracing::info!(
                host = it.host,
                cluster = it.cluster,
                instance = it.node.id,
                by = call.caller.arn,
                "what a machine gave as a node of Kubernetes is taken back"
            );
        }
        Ok(DedicateNodeResponse {
            ended: Some(ended.iter().map(dedicated).collect()),
            ..DedicateNodeResponse::default()
        })
    }

    /// What whoever makes a machine a node must be allowed besides: it launches an instance, which is given the role of its profile, or
    /// ends one.
    pub async fn checks_of_dedicating(
        &self,
        cx: &Context,
        input: &DedicateNodeRequest,
    ) -> Vec<Check> {
        let place = place_of(cx, input);
        let is_own = place.account == cx.account;
        let of_instances = |action| match is_own {
            true => Check::new(
                action,
                format!("arn:aws:ec2:{}:{}:instance/*", place.region, place.account),
            ),
            false => Check::any(action),
        };
        if input.as_instance.unwrap_or_default() {
            return vec![match input.cancel.unwrap_or_default() {
                // Of whichever account.
                true => Check::any("ec2:TerminateInstances"),
                false => of_instances("ec2:RunInstances"),
            }];
        }
        if input.cancel.unwrap_or_default() {
            return vec![match input.cluster {
                Some(_) => of_instances("ec2:TerminateInstances"),
                // Of whichever account.
                None => Check::any("ec2:TerminateInstances"),
            }];
        }
        let profile = input.profile.as_deref().unwrap_or_default();
        let role = self.ec2.role_of_profile(&place, profile).await.ok();
        let passes = match role.filter(|_| is_own) {
            Some(role) => Check::pass_role(role, "ec2.amazonaws.com"),
            // What is not there, or another account's, passes nobody who may not pass all.
            None => Check::any("iam:PassRole"),
        };
        vec![of_instances("ec2:RunInstances"), passes]
    }

    /// The name of a node, which may be the control plane's.
    async fn user(&self, call: &Call, wanted: &str) -> Result<String, Fault> {
        match self.find(call, wanted).await? {
            Some(node) => Ok(node.user),
            None if wanted == OWN_USER => Ok(OWN_USER.to_owned()),
            None => Err(unknown()),
        }
    }

    fn row(
        &self,
        name: &str,
        node: Option<&Node>,
        (instances, given): (&[NodeInstance], &Given),
    ) -> NodeShown {
        let hosts = self.ecs.hosts();
        let is_here = |host: &str| instances.iter().any(|on| on.host == host);
        let nodes = given.nodes.iter().filter(|it| is_here(&it.host));
        let shown_as = given.shown.iter().filter(|it| is_here(&it.host));
        let given = nodes.map(dedicated).chain(shown_as.map(shown_machine));
        let given = Some(given.collect()).filter(|it: &Vec<_>| !it.is_empty());
        let instances = instances.iter().map(|instance| InstanceShown {
            arn: Some(instance.arn.clone()),
            ec2_instance: Some(instance.ec2_instance.clone()),
            cluster: Some(instance.cluster.clone()),
            zone: Some(instance.zone.clone()),
            connected: Some(instance.connected),
            retired: Some(hosts.read(|machines| machines.is_retired(&instance.host))),
        });
        NodeShown {
            name: Some(name.to_owned()),
            granted: node.map(|node| shown(&node.grant)),
            joined_at: node.map(|node| node.joined_at),
            instances: Some(instances.collect()),
            dedicated: given,
        }
    }

    async fn find(&self, call: &Call, wanted: &str) -> Result<Option<Node>, Fault> {
        for node in self.all(call).await? {
            let is_it = |instance: &NodeInstance| {
                let id = instance.arn.rsplit('/').next();
                wanted == instance.arn || Some(wanted) == id || wanted == instance.ec2_instance
            };
            if node.user == wanted || self.instances(call, &node.user).await.iter().any(is_it) {
                return Ok(Some(node));
            }
        }
        Ok(None)
    }

    async fn all(&self, call: &Call) -> Result<Vec<Node>, Fault> {
        let range = Range::prefix(Node::prefix(&call.account, &call.region));
        let entries = self.store.all(range).await.map_err(failed)?.entries;
        let all = entries.iter().map(|entry| decode(&entry.value));
        all.collect::<Result<_, _>>().map_err(failed)
    }

    async fn instances(&self, call: &Call, user: &str) -> Vec<NodeInstance> {
        let place = (call.account.as_str(), call.region.as_str());
        self.ecs.instances_of(place, &user_arn(call, user)).await
    }
}

/// The pool as the contract has it.
fn fargate_pool(it: PoolShown) -> FargatePool {
    let failed = |(why, at): (String, Timestamp)| format!("{} ({})", why, at.iso8601());
    let reasons = it.trouble.into_iter().chain(it.held);
    let reasons = reasons.chain(it.failure.map(failed));
    let machines = it.machines.into_iter().map(|it| FargatePoolMachine {
        id: Some(it.id),
        size: Some(it.size),
        zone: Some(it.zone),
        state: Some(it.state.to_owned()),
        since: Some(it.since),
        claims: count(it.claims),
        reason: it.why,
    });
    FargatePool {
        sizes: Some(it.sizes),
        least: count(it.least),
        most: count(it.most),
        waiting: count(it.waiting),
        lacking: count(it.lacking),
        reasons: Some(reasons.collect()),
        machines: Some(machines.collect()),
    }
}

/// What machines are for others.
struct Given {
    nodes: Vec<Dedicated>,
    shown: Vec<ShownMachine>,
}

/// The member of a request that is about a node of a cluster of EKS alone.
fn of_clusters(input: &DedicateNodeRequest) -> Option<&'static str> {
    let all = [
        ("cluster", input.cluster.is_some()),
        ("profile", input.profile.is_some()),
        ("subnet", input.subnet.is_some()),
        ("cpus", input.cpus.is_some()),
        ("memoryMib", input.memory_mib.is_some()),
        ("diskGib", input.disk_gib.is_some()),
    ];
    let given = all.into_iter().find(|(_, is_given)| *is_given);
    given.map(|(name, _)| name)
}

/// Without a cluster, of which it is none.
fn shown_machine(it: &ShownMachine) -> DedicatedShown {
    DedicatedShown {
        account: Some(it.place.account.clone()),
        region: Some(it.place.region.clone()),
        instance: Some(it.id.clone()),
        ..DedicatedShown::default()
    }
}

fn dedicated(it: &Dedicated) -> DedicatedShown {
    DedicatedShown {
        account: Some(it.place.account.clone()),
        region: Some(it.place.region.clone()),
        cluster: Some(it.cluster.clone()),
        instance: Some(it.node.id.clone()),
        node: Some(it.node.node.clone()),
        cpus: i32::try_from(it.node.cpus).ok(),
        memory_mib: i32::try_from(it.node.memory_mib).ok(),
    }
}

/// Where the cluster is, and what is launched for it.
fn place_of(cx: &Context, input: &DedicateNodeRequest) -> Place {
    Place {
        account: input.account.clone().unwrap_or_else(|| cx.account.clone()),
        region: input.region.clone().unwrap_or_else(|| cx.region.clone()),
    }
}

/// What another service refuses, in its words.
fn told(fault: Fault) -> Fault {
    match fault.sender {
        true => invalid(fault.message),
        false => fault,
    }
}

fn unknown() -> Fault {
    invalid("There is no such node; `wharf node list` shows all.")
}

/// In the name of the installation's own account.
fn acting(place: &Place) -> Call {
    let Place { account, region } = place;
    let mut cx = Context::internal(account, region, "wharf", SystemClock.now());
    cx.caller = Caller::root(account);
    Call::by_controller(cx, PERMIT)
}

fn user_arn(call: &Call, user: &str) -> String {
    let path = wharf_records::node::USER_PATH;
    format!("arn:aws:iam::{}:user{path}{user}", call.account)
}
