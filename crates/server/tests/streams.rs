//! Bodies that pass piece by piece, through the whole server: a service on S3's contract that keeps objects in
//! memory, asked by boto3 and curl (`streams/client.py`).

mod streams {
    pub mod objects;
}

use std::{net::TcpListener, path::Path, process::Stdio, sync::Arc};

use streams::objects::Objects;
use tokio_util::sync::CancellationToken;
use wharf_base::InstallationId;
use wharf_server::{IamMode, ServerConfig, Throttling, root_credentials, run_with};

fn config(folder: &Path, port: u16) -> ServerConfig {
    ServerConfig {
        data_dir: folder.join("server"),
        keyring: folder.join("keyring").into(),
        node_identity: folder.join("node/identity.json"),
        node_keyring: wharf_seal::Keyring::in_memory(),
        installation: InstallationId::mint(),
        listen: vec!["127.0.0.1".parse().unwrap()],
        names: Vec::new(),
        sockets: Arc::default(),
        port,
        at_443: None,
        iam: IamMode::Enforce,
        tasks_as_root: false,
        account: "000000000000".to_owned(),
        region: "us-east-1".to_owned(),
        public_cidr: "127.64.0.0/16".parse().unwrap(),
        throttling: Throttling::Off,
        audit: true,
        log_bytes: None,
        repository_bytes: None,
        disk: wharf_wal::Disk::default(),
        trails: None,
        metrics: None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn stock_clients_send_and_get_bodies_piece_by_piece() {
    let folder = tempfile::tempdir().unwrap();
    let free = TcpListener::bind("127.0.0.1:0").and_then(|it| it.local_addr());
    let port = free.unwrap().port();
    let stop = CancellationToken::new();
    let (ready, answers) = tokio::sync::oneshot::channel();
    let objects = Arc::new(wharf_api_s3::Routes(Arc::new(Objects::default())));
    let (config, token) = (config(folder.path(), port), stop.clone());
    let server = tokio::spawn(async move {
        run_with(
            config,
            vec![objects],
            move || ready.send(()).unwrap(),
            token,
        )
        .await
    });
    answers.await.expect("the server starts");
    let keyring = folder.path().join("keyring");
    let root = root_credentials(&folder.path().join("server"), &keyring.into()).unwrap();
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let python = here.join("../../.venv/bin/python");
    let client = tokio::process::Command::new(python)
        .arg(here.join("tests/streams/client.py"))
        .arg(port.to_string())
        .env("AWS_ACCESS_KEY_ID", root.access_key_id)
        .env("AWS_SECRET_ACCESS_KEY", root.secret_access_key)
        .env("AWS_DEFAULT_REGION", "us-east-1")
        .stdin(Stdio::null())
        .output()
        .await
        .expect("make deps brings Python");
    let said = String::from_utf8_lossy(&client.stdout).into_owned();
    let failed = String::from_utf8_lossy(&client.stderr).into_owned();
    assert!(client.status.success(), "{said}\n{failed}");
    println!("{said}");
    stop.cancel();
    server.await.unwrap().unwrap();
}
