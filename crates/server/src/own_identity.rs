//! What the control plane's own node signs with: a sealed file beside the data, written with new
//! credentials at every start and whenever those before may end. The node follows it, and renews them itself.

use serde_json::json;
use wharf_durable::{self as durable, Durability};
use wharf_records::node::{IDENTITY_PURPOSE, OWN_USER};
use wharf_seal::Keyring;
use wharf_wire::fault::Chain;

use crate::{
    node_credentials::{self, NodeCredentials},
    start::{ServerConfig, StartError},
};

/// It carries load balancers.
pub const BALANCERS: bool = true;

pub async fn write(config: &ServerConfig, credentials: &NodeCredentials) -> Result<(), StartError> {
    let path = &config.node_identity;
    let minted = credentials.issue(OWN_USER).await;
    let minted = minted.map_err(|fault| StartError::Bootstrap {
        step: "make the node's identity",
        fault,
    })?;
    let mut identity = node_credentials::shown(&minted);
    for (name, value) in [
        (
            "endpoint",
            json!(format!("https://127.0.0.1:{}", config.port)),
        ),
        ("region", json!(config.region)),
        ("cluster", json!("default")),
        ("instanceName", json!("")),
        ("loadBalancer", json!(BALANCERS)),
    ] {
        identity[name] = value;
    }
    let keyring = &config.node_keyring;
    let write = || {
        let folder = path.parent().ok_or(std::io::ErrorKind::InvalidInput)?;
        std::fs::create_dir_all(folder)?;
        let sealed = keyring.seal_file(identity.to_string().as_bytes(), IDENTITY_PURPOSE);
        durable::replace(path, &sealed, Durability::Machine)
    };
    follow(keyring);
    loop {
        write().map_err(|source| StartError::File {
            path: path.clone(),
            source,
        })?;
        // The key that it is sealed under may go as soon as the file before was sealed anew.
        if !follow(keyring) {
            return Ok(());
        }
    }
}

/// Takes over a rotation of the node's keyring; true if there was one.
fn follow(keyring: &Keyring) -> bool {
    keyring.follow().unwrap_or_else(|error| {
        tracing::warn!(error = %Chain(&error), "failed to reload the node's keyring");
        false
    })
}
