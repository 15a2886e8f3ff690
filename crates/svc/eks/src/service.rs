//! The service as the server holds it: operations, what API servers ask, the loop.

use std::sync::Arc;

use tokio::sync::broadcast::{Receiver, error::RecvError};
use tokio_util::sync::CancellationToken;
use wharf_base::Permit;
use wharf_kube_auth::{
    access_policies::{Policy, Reach},
    mapping::Identity,
};
use wharf_kube_model::parts::Part;
use wharf_service::{ChangeError, OneQueue, Place};
use wharf_wire::{Check, Context, Fault};

use crate::{
    addons::roles::{self, ActsAs},
    authorize,
    config::Parts,
    core::{Core, LOOKED_AT_ONCE},
    entry::{self, Entry},
    fargate::{self, ActiveProfile},
    fault::EksFaults,
    groups::records::NodeGroup,
    joining::{self, Joining},
    named::Named as _,
    names, ops,
    pod_identity::{self, NoPodRole, PodRole},
    reconcile,
    records::Cluster,
    refuse,
};

/// EKS over a store.
#[derive(Clone)]
pub struct EksService {
    core: Arc<Core>,
}

/// A record could not be read.
#[derive(Debug, thiserror::Error)]
#[error("the records of a cluster cannot be read")]
pub struct ReadError(#[from] ChangeError<EksFaults>);

impl EksService {
    pub fn new(parts: Parts) -> Self {
        Self {
            core: Arc::new(Core::new(parts)),
        }
    }

    /// Brings clusters forward until `stop`, or until a part of it panics.
    pub async fn run(&self, stop: CancellationToken) {
        let core = &self.core;
        let loops = OneQueue {
            service: names::SERVICE,
            store: &core.parts.store,
            shard: &core.shard,
            permit: Permit::for_controller("eks-shard"),
            takeover: core.parts.takeover,
            queue: &core.queue,
            workers: LOOKED_AT_ONCE,
        };
        let (fed, worked) = (core.clone(), core.clone());
        let changed = move |key: &str, look| reconcile::changed(&fed, key, look);
        let work = move |key| reconcile::key(worked.clone(), key);
        loops.run(stop, changed, work).await;
    }

    /// Looks at the node groups of places where Auto Scaling groups changed, until `stop`. Who is behind looks everywhere.
    pub async fn follow_groups<P: Clone>(
        &self,
        mut changes: Receiver<P>,
        place_of: impl Fn(P) -> Place,
        stop: CancellationToken,
    ) {
        loop {
            let changed = tokio::select! {
                () = stop.cancelled() => return,
                changed = changes.recv() => changed,
            };
            let place = match changed {
                Ok(place) => Some(place_of(place)),
                Err(RecvError::Lagged(_)) => None,
                Err(RecvError::Closed) => return,
            };
            if let Err(error) = self.wake_groups(place).await {
                tracing::warn!(error = %wharf_wire::fault::Chain(&error), "looking for the node groups of Auto Scaling groups failed");
            }
        }
    }

    async fn wake_groups(&self, place: Option<Place>) -> Result<(), ReadError> {
        let table = &self.core.table;
        let keys: Vec<String> = match place {
            Some(place) => {
                let found = table.all::<NodeGroup>(&names::scope(&place), "").await?;
                found.into_iter().map(|it| it.1.key).collect()
            }
            None => {
                let found = table.everywhere::<NodeGroup>(names::SERVICE).await?;
                found.into_iter().map(|it| it.2.key).collect()
            }
        };
        keys.into_iter().for_each(|it| self.core.queue.wake(it));
        Ok(())
    }

    /// Names and ids of the clusters of a place.
    ///
    /// # Errors
    /// The store's.
    pub async fn clusters(&self, place: &Place) -> Result<Vec<(String, String)>, ReadError> {
        let scope = names::scope(place);
        let found = self.core.table.all::<Cluster>(&scope, "").await?;
        let found = found.into_iter().map(|it| it.1.record);
        Ok(found.map(|it| (it.name, it.id)).collect())
    }

    /// The id of a cluster, by its name.
    ///
    /// # Errors
    /// The store's.
    pub async fn cluster(&self, place: &Place, name: &str) -> Result<Option<String>, ReadError> {
        let key = names::cluster_key(place, name);
        let found = self.core.table.read::<Cluster>(&key).await?;
        Ok(found.map(|it| it.record.id))
    }

    /// Who a principal of IAM is in a cluster, by the cluster's name and id.
    ///
    /// # Errors
    /// The store's.
    pub async fn enter(
        &self,
        place: &Place,
        cluster: (&str, &str),
        identity: &Identity,
    ) -> Result<Entry, ReadError> {
        Ok(entry::enter(&self.core, place, cluster, identity).await?)
    }

    /// What a principal may do in a cluster by its access policies: its ARN without a path, and its unique id.
    ///
    /// # Errors
    /// The store's.
    pub async fn policies(
        &self,
        place: &Place,
        cluster: (&str, &str),
        principal: (&str, &str),
    ) -> Result<Vec<(Policy, Reach)>, ReadError> {
        Ok(entry::policies(&self.core, place, cluster, principal).await?)
    }

    /// How a machine whose role this is joins a cluster, by its name.
    ///
    /// # Errors
    /// It does not; the store's.
    pub async fn joining(&self, place: &Place, name: &str, role: &str) -> Result<Joining, Fault> {
        joining::of(&self.core, place, name, role).await
    }

    /// The private DNS name of an instance that runs in the VPC of a cluster.
    ///
    /// # Errors
    /// The store's.
    pub async fn node_name(
        &self,
        place: &Place,
        cluster: (&str, &str),
        instance: &str,
    ) -> Result<Option<String>, ReadError> {
        Ok(entry::node_name(&self.core, place, cluster, instance).await?)
    }

    /// Whether pods of a service account, by namespace and name, have a role by Pod Identity; `cluster` is the cluster's id.
    ///
    /// # Errors
    /// The store's.
    pub async fn has_pod_identity(
        &self,
        place: &Place,
        cluster: &str,
        account: (&str, &str),
    ) -> Result<bool, ReadError> {
        Ok(pod_identity::has(&self.core, place, cluster, account).await?)
    }

    /// The active Fargate profiles of a cluster, by its id.
    ///
    /// # Errors
    /// The store's.
    pub async fn fargate_profiles(
        &self,
        place: &Place,
        cluster: &str,
    ) -> Result<Vec<ActiveProfile>, ReadError> {
        Ok(fargate::active(&self.core, place, cluster).await?)
    }

    /// What the pod whose token this is has by Pod Identity; `cluster` is the cluster's name.
    ///
    /// # Errors
    /// It is to have nothing.
    pub async fn pod_role(
        &self,
        place: &Place,
        cluster: &str,
        token: &str,
    ) -> Result<PodRole, NoPodRole> {
        pod_identity::of_token(&self.core, place, cluster, token).await
    }

    /// Whom a part of a cluster, by the cluster's name and id, acts as; nothing: as EKS itself, since it never had a role.
    ///
    /// # Errors
    /// The store's.
    pub async fn acts_as(
        &self,
        place: &Place,
        cluster: (&str, &str),
        part: Part,
    ) -> Result<Option<ActsAs>, ReadError> {
        Ok(roles::of_part(&self.core, place, cluster, part).await?)
    }

    /// What IAM is asked about an action of another service on a cluster.
    ///
    /// # Errors
    /// The store's.
    pub async fn check_on_cluster(
        &self,
        cx: &Context,
        action: String,
        name: Option<&str>,
    ) -> Result<Check, Fault> {
        authorize::on_cluster(&self.core, cx, (action, name)).await
    }
}

/// Which members of requests operations heed.
static UNDERSTOOD: wharf_wire::understood::Understood =
    wharf_wire::understood::Understood::new(include_str!("understood.txt"));

wharf_api_eks::operations! {
    impl EksService;
    authorize(self, cx, input) = authorize::checks(&self.core, cx, input).await;
    refuse = refuse::refuse;
    understood = UNDERSTOOD;
    run(self, operation, call, input) = {
        let names = input.names();
        let outcome = operation(&self.core, call, input).await;
        outcome.map_err(|it| names.told(it))
    };

    associate_access_policy = ops::policies::associate;
    associate_encryption_config = ops::encryption::associate;
    associate_identity_provider_config = ops::providers::associate;
    cancel_update = ops::updates::cancel;
    create_access_entry = ops::entries::create;
    create_addon = ops::addons::create;
    create_cluster = ops::create_cluster::create_cluster;
    create_fargate_profile = ops::fargate_profiles::create;
    create_nodegroup = ops::node_groups::create;
    create_pod_identity_association = ops::associations::create;
    delete_access_entry = ops::entries::delete;
    delete_addon = ops::addons::delete;
    delete_cluster = ops::clusters::delete;
    delete_fargate_profile = ops::fargate_profiles::delete;
    delete_nodegroup = ops::node_groups::delete;
    delete_pod_identity_association = ops::associations::delete;
    describe_access_entry = ops::entries::describe;
    describe_addon = ops::addons::describe;
    describe_addon_configuration = ops::addon_versions::configuration;
    describe_addon_versions = ops::addon_versions::describe;
    describe_cluster = ops::clusters::describe;
    describe_cluster_versions = ops::versions::describe;
    describe_fargate_profile = ops::fargate_profiles::describe;
    describe_identity_provider_config = ops::providers::describe;
    describe_nodegroup = ops::node_groups::describe;
    describe_pod_identity_association = ops::associations::describe;
    describe_update = ops::updates::describe;
    disassociate_access_policy = ops::policies::disassociate;
    disassociate_identity_provider_config = ops::providers::disassociate;
    list_access_entries = ops::entries::list;
    list_access_policies = ops::policies::list;
    list_addons = ops::addons::list;
    list_associated_access_policies = ops::policies::associated;
    list_clusters = ops::clusters::list;
    list_fargate_profiles = ops::fargate_profiles::list;
    list_identity_provider_configs = ops::providers::list;
    list_nodegroups = ops::node_groups::list;
    list_pod_identity_associations = ops::associations::list;
    list_tags_for_resource = ops::tags::list;
    list_updates = ops::updates::list;
    tag_resource = ops::tags::tag;
    untag_resource = ops::tags::untag;
    update_access_entry = ops::entries::update;
    update_addon = ops::addons::update;
    update_cluster_config = ops::updates::cluster_config;
    update_cluster_version = ops::cluster_version::update;
    update_nodegroup_config = ops::node_group_updates::config;
    update_nodegroup_version = ops::node_group_updates::version;
    update_pod_identity_association = ops::associations::update;
}
