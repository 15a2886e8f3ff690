//! What users of a cluster may do: masters everything, nodes what is theirs, everybody what RBAC and their access policies say. Roles,
//! bindings and pods are followed through the cluster's own API.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use parking_lot::{Mutex, RwLock};
use tokio::sync::watch;
use wharf_kube_auth::{
    Attributes, Authorizer, Decision, PolicyRule, Rules, UserInfo,
    access_policies::{self, Policy, Reach},
    mapping::{CANONICAL_ARN, PRINCIPAL_ID},
    node::{self, Graph},
    rbac::{GROUP, Kind as Deciding, Rbac},
    rules::uncovered,
    user::MASTERS,
};
use wharf_kube_client::{Change, Informer, Informers, Kind, kind};
use wharf_service::Place;
use wharf_svc_eks::EksService;
use wharf_wire::fault::Chain;

const ROLE: Kind = Kind::known(GROUP, "v1", "Role", "roles", true);
const ROLE_BINDING: Kind = Kind::known(GROUP, "v1", "RoleBinding", "rolebindings", true);
pub const CLUSTER_ROLE_BINDING: Kind = Kind::known(
    GROUP,
    "v1",
    "ClusterRoleBinding",
    "clusterrolebindings",
    false,
);
/// A request waits this long for roles that are still being read; then it is decided without them.
const READING: Duration = Duration::from_secs(10);

/// Which cluster, for EKS.
#[derive(Debug, Clone)]
pub struct Whose {
    pub place: Place,
    pub name: String,
    pub id: String,
}

impl Whose {
    pub fn cluster(&self) -> (&str, &str) {
        (&self.name, &self.id)
    }
}

/// The authorizer of a cluster.
pub struct Authority {
    whose: Whose,
    eks: EksService,
    rbac: RwLock<Rbac>,
    graph: RwLock<Graph>,
    read: watch::Sender<bool>,
    /// They end with the last who holds them.
    followed: Mutex<Vec<Informer>>,
}

impl Authority {
    pub fn new(whose: Whose, eks: EksService) -> Arc<Self> {
        Arc::new(Self {
            whose,
            eks,
            rbac: RwLock::default(),
            graph: RwLock::default(),
            read: watch::Sender::new(false),
            followed: Mutex::default(),
        })
    }

    /// Follows what decides, as a user who needs no role for it. Returns once all of it was read.
    pub async fn follow(self: &Arc<Self>, informers: &Informers) {
        let kinds = [
            (Deciding::ClusterRole, kind::CLUSTER_ROLE),
            (Deciding::Role, ROLE),
            (Deciding::ClusterRoleBinding, CLUSTER_ROLE_BINDING),
            (Deciding::RoleBinding, ROLE_BINDING),
        ];
        let mut all = Vec::new();
        for (deciding, followed) in kinds {
            let informer = informers.of(&followed);
            let own = Arc::downgrade(self);
            informer.subscribe(move |change| {
                let Some(own) = own.upgrade() else { return };
                match change {
                    Change::Deleted(object) => own.rbac.write().remove(deciding, object),
                    other => own.rbac.write().put(deciding, other.object()),
                }
            });
            all.push(informer);
        }
        let pods = informers.of(&kind::POD);
        let own = Arc::downgrade(self);
        pods.subscribe(move |change| {
            let Some(own) = own.upgrade() else { return };
            match change {
                Change::Deleted(pod) => own.graph.write().remove(pod),
                other => own.graph.write().put(other.object()),
            }
        });
        all.push(pods);
        for informer in &all {
            informer.synced().await;
        }
        *self.followed.lock() = all;
        self.read.send_replace(true);
    }

    async fn known(&self) {
        let mut read = self.read.subscribe();
        let read = read.wait_for(|it| *it);
        if tokio::time::timeout(READING, read).await.is_err() {
            tracing::warn!(
                cluster = self.whose.id,
                "reading the roles of a cluster timed out, deciding without them"
            );
        }
    }

    async fn policies(&self, user: &UserInfo) -> Vec<(Policy, Reach)> {
        // Aggregated servers, which ask about users in reviews, know such keys from names of headers: in lower case.
        let said = |key: &str| {
            let found = user.extra.get(key);
            found
                .or_else(|| user.extra.get(&key.to_ascii_lowercase()))?
                .first()
        };
        let (Some(arn), Some(id)) = (said(CANONICAL_ARN), said(PRINCIPAL_ID)) else {
            return Vec::new();
        };
        let (place, cluster) = (&self.whose.place, self.whose.cluster());
        match self.eks.policies(place, cluster, (arn, id)).await {
            Ok(found) => found,
            Err(error) => {
                tracing::error!(cluster = self.whose.id, error = %Chain(&error), "reading access policies failed, deciding without them");
                Vec::new()
            }
        }
    }
}

#[async_trait]
impl Authorizer for Authority {
    async fn authorize(&self, user: &UserInfo, asked: &Attributes) -> Decision {
        if user.is_in(MASTERS) {
            return Decision::Allow(String::new());
        }
        self.known().await;
        let node = node::authorize(&self.graph.read(), user, asked);
        if !matches!(node, Decision::NoOpinion(_)) {
            return node;
        }
        let role = self.rbac.read().authorize(user, asked);
        if !matches!(role, Decision::NoOpinion(_)) {
            return role;
        }
        let policies = self.policies(user).await;
        let found = policies
            .iter()
            .find(|(policy, reach)| access_policies::allows(*policy, reach, asked));
        match found {
            Some((policy, _)) => {
                let name = policy.name();
                Decision::Allow(format!("EKS Access Policy: allowed by {name}"))
            }
            None => Decision::NoOpinion(node.reason().to_owned()),
        }
    }

    async fn rules(&self, user: &UserInfo, namespace: &str) -> Rules {
        self.known().await;
        let mut rules = match user.is_in(MASTERS) {
            true => Rules {
                rules: Policy::ClusterAdmin.rules().to_vec(),
                ..Rules::default()
            },
            false => self.rbac.read().rules(user, namespace),
        };
        let policies = self.policies(user).await;
        let within = policies.iter().filter(|(_, reach)| reach.covers(namespace));
        rules
            .rules
            .extend(within.flat_map(|(policy, _)| policy.rules().iter().cloned()));
        if user.as_node().is_some() {
            rules.incomplete = true;
            rules.error = "node authorizer does not support user rule resolution".to_owned();
        }
        rules
    }

    async fn uncovered(
        &self,
        user: &UserInfo,
        namespace: &str,
        wanted: &[PolicyRule],
    ) -> Vec<PolicyRule> {
        let held = self.rules(user, namespace).await;
        uncovered(&held.rules, wanted)
    }

    async fn role(&self, namespace: &str, kind: &str, name: &str) -> Option<Vec<PolicyRule>> {
        self.known().await;
        let rbac = self.rbac.read();
        rbac.role(namespace, kind, name).map(<[PolicyRule]>::to_vec)
    }
}
