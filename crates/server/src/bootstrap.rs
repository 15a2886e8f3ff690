//! The first start: root's key, the default VPC, the cluster `default`, the node's identity. Each
//! step is idempotent and done again at every start.

use std::path::Path;

use serde_json::{Value, json};
use wharf_api_ecs::{Ecs, types::CreateClusterRequest};
use wharf_api_iam::{Iam, types::ListAccessKeysRequest};
use wharf_base::{Clock, Permit};
use wharf_durable::{self as durable, Durability};
use wharf_svc_ec2::Ec2Service;
use wharf_svc_ecs::EcsService;
use wharf_svc_iam::{Directory, IamService};
use wharf_wire::{Call, Caller, Context, Fault};

use crate::{
    node_identity::{NodeRole, ensure_user, forget_keys, new_key},
    root::{self, RootCredentials},
    start::{ServerConfig, StartError},
};

const PERMIT: Permit = Permit::for_controller("bootstrap");
/// The user behind the node of this machine; its rights are a policy, to be read like any.
const NODE_USER: &str = "wharf-node";
const NODE_ROLE: NodeRole = NodeRole { balancers: true };

pub struct Bootstrap<'a> {
    pub config: &'a ServerConfig,
    pub clock: &'a dyn Clock,
    pub keyring: &'a wharf_seal::Keyring,
    pub directory: &'a Directory,
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

    /// Writes what the node of this machine signs with, unless it has a key that still counts.
    async fn node_identity(&self, call: &Call) -> Result<(), StartError> {
        let path = &self.config.node_identity;
        let failed = |fault| StartError::Bootstrap {
            step: "make the node's identity",
            fault,
        };
        let known = read_json(path);
        let key = known
            .as_ref()
            .and_then(|known| Some((text(known, "accessKeyId")?, text(known, "secretAccessKey")?)));
        ensure_user(self.iam, call, NODE_USER, NODE_ROLE)
            .await
            .map_err(failed)?;
        let key = match key {
            Some(key) if self.counts(call, &key.0).await.map_err(failed)? => key,
            _ => {
                // Nobody holds what an earlier identity file had.
                forget_keys(self.iam, call, NODE_USER)
                    .await
                    .map_err(failed)?;
                new_key(self.iam, call, NODE_USER).await.map_err(failed)?
            }
        };
        let identity = json!({
            "endpoint": format!("http://127.0.0.1:{}", self.config.port),
            "accessKeyId": key.0,
            "secretAccessKey": key.1,
            "region": self.config.region,
            "cluster": "default",
            "instanceName": "",
            "loadBalancer": NODE_ROLE.balancers,
        });
        if known.as_ref() == Some(&identity) {
            return Ok(());
        }
        let write = || {
            let folder = path.parent().ok_or(std::io::ErrorKind::InvalidInput)?;
            std::fs::create_dir_all(folder)?;
            durable::replace(path, identity.to_string().as_bytes(), Durability::Machine)
        };
        write().map_err(|source| StartError::File {
            path: path.clone(),
            source,
        })
    }

    async fn counts(&self, call: &Call, key: &str) -> Result<bool, Fault> {
        let input = ListAccessKeysRequest {
            user_name: Some(NODE_USER.to_owned()),
            ..Default::default()
        };
        match self.iam.list_access_keys(call, input).await {
            Ok(reply) => Ok(reply.access_key_metadata.iter().flatten().any(|known| {
                known.access_key_id.as_deref() == Some(key)
                    && known.status.as_deref() == Some("Active")
            })),
            Err(fault) if fault.code == "NoSuchEntity" => Ok(false),
            Err(fault) => Err(fault),
        }
    }
}

fn read_json(path: &Path) -> Option<Value> {
    serde_json::from_slice(&std::fs::read(path).ok()?).ok()
}

fn text(value: &Value, name: &str) -> Option<String> {
    value[name].as_str().map(str::to_owned)
}
