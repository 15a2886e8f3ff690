//! A server for tests: settings of an installation in a folder of its own.

use std::{net::TcpListener, path::Path};

use wharf_base::InstallationId;
use wharf_server::{IamMode, ServerConfig, Throttling};

/// A port that nobody has now.
pub fn free_port() -> u16 {
    let free = TcpListener::bind("127.0.0.1:0").and_then(|it| it.local_addr());
    free.unwrap().port()
}

pub fn config(folder: &Path, port: u16) -> ServerConfig {
    ServerConfig {
        data_dir: folder.join("server"),
        keyring: folder.join("keyring").into(),
        node_identity: folder.join("node/identity.json"),
        node_keyring: wharf_seal::Keyring::in_memory(),
        installation: InstallationId::mint(),
        listen: vec!["127.0.0.1".parse().unwrap()],
        names: Vec::new(),
        sockets: std::sync::Arc::default(),
        port,
        at_443: None,
        iam: IamMode::Enforce,
        tasks_as_root: false,
        account: "000000000000".to_owned(),
        region: "us-east-1".to_owned(),
        public_cidr: "127.64.0.0/16".parse().unwrap(),
        // A walk over all routes asks faster than accounts do.
        throttling: Throttling::Off,
        audit: true,
        log_bytes: None,
        repository_bytes: None,
        disk: wharf_wal::Disk::default(),
        trails: None,
        metrics: None,
    }
}
