//! The control plane put together: gateway, services, store, and the first start.
//!
//! This is the only crate that knows every service. It opens the data folder, hands each service
//! what it stands on, joins them to the gateway, and keeps their background loops.

mod accounts;
mod adapters;
mod admission;
mod alarmed_scaling;
mod backup;
mod balanced;
mod beside;
mod bootstrap;
mod by_name;
mod certificate_authority;
mod control;
mod data_channel;
mod destinations;
mod dropped_logs;
mod explain;
#[doc(hidden)]
pub mod fuzz;
pub mod gateway;
mod grant;
mod group_changes;
mod health;
mod images;
mod inspector;
mod issuers;
mod join;
mod keys;
mod known_nodes;
mod kube;
mod layer_peers;
mod measures;
mod metered_keys;
mod migrate;
mod names;
mod node_credentials;
mod node_gate;
mod node_identity;
mod nodes;
mod outside;
mod overview;
mod own_identity;
mod plane;
mod pod_roles;
mod principals;
mod repair;
mod resources;
mod root;
mod running_images;
mod services;
mod signing_profiles;
mod start;
mod task_images;
mod tls;

pub use adapters::NameServers;
pub use backup::{BackupError, Head as BackupHead, Proof as BackupProof, RestoreReport, restore};
pub use gateway::{
    IamMode,
    throttle::{BadThrottling, Throttling},
};
pub use issuers::{BadKeysFile, KeysFile};
pub use overview::MAX_TASKS as OVERVIEW_TASKS;
pub use repair::{RepairError, RepairReport, repair};
pub use root::{RootCredentials, RootError, root_credentials};
pub use services::{Row as ServiceRow, SERVICES};
pub use start::{ServerConfig, StartError, run, run_with};
pub use wharf_base::{Cidr, Cidr4};
pub use wharf_svc_ec2::{
    elastic::PublicAddresses,
    instances::{
        MakerConfig, MakerPace, MakerSecret, MakerSecretError, PoolConfig, PoolSize, maker_url,
    },
};
pub use wharf_svc_sns::{MailConfig, Mailer};
