//! Bodies that pass piece by piece, through the whole server: a service on S3's contract that keeps objects in
//! memory, asked by boto3 and curl (`streams/client.py`).

mod objects;

use std::{path::Path, process::Stdio, sync::Arc};

use tokio_util::sync::CancellationToken;
use wharf_server::{ServerConfig, root_credentials, run_with};

use self::objects::Objects;
use crate::installation;

#[tokio::test(flavor = "multi_thread")]
async fn stock_clients_send_and_get_bodies_piece_by_piece() {
    let folder = tempfile::tempdir().unwrap();
    let port = installation::free_port();
    let stop = CancellationToken::new();
    let (ready, answers) = tokio::sync::oneshot::channel();
    let objects = Arc::new(wharf_api_s3::Routes(Arc::new(Objects::default())));
    let (config, token) = (ServerConfig::in_folder(folder.path(), port), stop.clone());
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
        .arg(here.join("tests/it/streams/client.py"))
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
