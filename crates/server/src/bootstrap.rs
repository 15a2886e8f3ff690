//! The first start: root's key, the default VPC, the cluster `default`, the node's identity. Each
//! step is idempotent and done again at every start.

use wharf_api_ecs::{Ecs, types::CreateClusterRequest};
use wharf_base::{Clock, Permit};
use wharf_records::node::OWN_USER;
use wharf_store::Store;
use wharf_svc_ec2::Ec2Service;
use wharf_svc_ecs::EcsService;
use wharf_svc_iam::{Directory, IamService};
use wharf_wire::{Call, Caller, Context, Fault};

use crate::{
    known_nodes::KnownNodes,
    node_credentials::NodeCredentials,
    node_identity::{NodeRole, ensure_user, forget_keys},
    own_identity,
    root::{self, RootCredentials},
    start::{ServerConfig, StartError},
};

const PERMIT: Permit = Permit::for_controller("bootstrap");
const NODE_ROLE: NodeRole = NodeRole {
    balancers: own_identity::BALANCERS,
};

pub struct Bootstrap<'a> {
    pub config: &'a ServerConfig,
    pub clock: &'a dyn Clock,
    pub store: &'a Store,
    pub keyring: &'a wharf_seal::Keyring,
    pub directory: &'a Directory,
    pub credentials: &'a NodeCredentials,
    pub iam: &'a IamService,
    pub ec2: &'a Ec2Service,
    pub ecs: &'a EcsService,
}

impl Bootstrap<'_> {
    pub async fn run(&self) -> Result<(), StartError> {
        self.root_key().await?;
        let call = self.call();
        let failed = |step| move |fault| StartError::Bootstrap { step, fault };
        self.ec2
            .ensure_default_vpc(&PERMIT, &call)
            .await
            .map_err(failed("make the default VPC"))?;
        self.default_cluster(&call)
            .await
            .map_err(failed("make the cluster `default`"))?;
        let nodes = KnownNodes {
            store: self.store,
            iam: self.iam,
            ecs: self.ecs,
            clock: self.clock,
        };
        nodes
            .write_down(&call)
            .await
            .map_err(failed("write down the nodes"))?;
        self.node_identity(&call).await
    }

    fn call(&self) -> Call {
        let ServerConfig {
            account, region, ..
        } = self.config;
        let mut cx = Context::internal(account, region, "wharf", self.clock.now());
        // What is made here is the account's own.
        cx.caller = Caller::root(account);
        Call::by_controller(cx, PERMIT)
    }

    async fn root_key(&self) -> Result<(), StartError> {
        let now = self.clock.now();
        let made = self
            .directory
            .root_credentials(&PERMIT, &self.config.account, now)
            .await
            .map_err(StartError::Directory)?;
        let Some(made) = made else {
            // Somebody deleted root's keys or switched them off; what is left here is worth nothing.
            return root::forget(&self.config.data_dir).map_err(StartError::Root);
        };
        let root = RootCredentials {
            access_key_id: made.access_key_id,
            secret_access_key: made.secret.expose().to_owned(),
        };
        root::save(&self.config.data_dir, self.keyring, &root).map_err(StartError::Root)
    }

    async fn default_cluster(&self, call: &Call) -> Result<(), Fault> {
        // An existing one comes back unchanged.
        self.ecs
            .create_cluster(call, CreateClusterRequest::default())
            .await
            .map(|_| ())
    }

    /// Writes what the node of this machine signs with: new credentials at every start, which the node
    /// renews itself. Long-lived keys of earlier versions end.
    async fn node_identity(&self, call: &Call) -> Result<(), StartError> {
        let failed = |fault| StartError::Bootstrap {
            step: "make the node's identity",
            fault,
        };
        ensure_user(self.iam, call, OWN_USER, NODE_ROLE)
            .await
            .map_err(failed)?;
        own_identity::write(self.config, self.credentials).await?;
        // A node that runs meanwhile reads the file before it signs with what is gone.
        forget_keys(self.iam, call, OWN_USER).await.map_err(failed)
    }
}
