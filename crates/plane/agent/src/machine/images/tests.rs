//! What the cleanup leaves, in an agent that was started anew and was told of nothing, and what pods have without a pull.

use std::{fs, path::Path};

use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};
use wharf_base::{InstallationId, SystemClock};
use wharf_container::image::{ImageConfig, ImageOptions};
use wharf_kubelet::machine::{self, NoImage, Pull, PullPolicy};
use wharf_seal::Keyring;

use super::*;

const IMAGE: &str = "1111111111111111111111111111111111111111111111111111111111111111";
const LAYER: &str = "2222222222222222222222222222222222222222222222222222222222222222";

/// The folder of a node on which an image of one layer lies.
fn node() -> tempfile::TempDir {
    let node = tempfile::tempdir().unwrap();
    let images = node.path().join("images");
    let record = json!({
        "digest": format!("sha256:{IMAGE}"),
        "config": ImageConfig::default(),
        "layers": [format!("sha256:{LAYER}")],
    });
    let layer = json!({"boot": "before", "flushed": true, "bytes": 0});
    fs::create_dir_all(images.join("images")).unwrap();
    fs::create_dir_all(images.join("layers").join(LAYER)).unwrap();
    fs::write(record_of(node.path()), record.to_string()).unwrap();
    let layer_record = images.join("layers").join(format!("{LAYER}.json"));
    fs::write(layer_record, layer.to_string()).unwrap();
    node
}

fn record_of(node: &Path) -> PathBuf {
    node.join("images/images").join(format!("{IMAGE}.json"))
}

fn layer_of(node: &Path) -> PathBuf {
    node.join("images/layers").join(LAYER)
}

/// The images of an agent that begins there, all of which count as unused for long.
async fn begin(node: &Path) -> RegistryImages {
    begin_at(node, 1).await
}

/// Where the API, and with it the registry, is at a port.
async fn begin_at(node: &Path, port: u16) -> RegistryImages {
    let identity = json!({
        "endpoint": format!("http://127.0.0.1:{port}"),
        "accessKeyId": "key",
        "secretAccessKey": "secret",
        "region": "us-east-1",
        "cluster": "default",
    });
    let identity: crate::Identity = serde_json::from_value(identity).unwrap();
    let clock = Arc::new(SystemClock);
    let api = Api::new(
        crate::client::Endpoint::parse(&identity.endpoint).unwrap(),
        crate::client::Dialer::new(None).unwrap(),
        identity.signing_keys(),
        &identity.region,
        clock.clone(),
    );
    let mut config = NodeConfig::new(
        node,
        InstallationId::mint(),
        identity,
        Keyring::in_memory(),
        "/no/shim",
    );
    config.images.minimum_age = Duration::ZERO;
    let (dir, options) = (node.join("images"), ImageOptions::default());
    let store = ImageStore::open(&dir, config.installation.clone(), options).await;
    let credentials = CredentialStore::default();
    RegistryImages::new(store.unwrap(), &config, api, credentials, clock)
}

/// Whether the image is still there after a cleanup.
async fn is_left(images: &RegistryImages, node: &Path) -> bool {
    images.collect(BTreeSet::new()).await;
    let is_left = layer_of(node).is_dir();
    assert_eq!(record_of(node).exists(), is_left);
    is_left
}

#[tokio::test]
async fn what_runs_keeps_its_image_before_anybody_was_told_of_it() {
    // Of a task, an instance and a pod, whose container was begun anew.
    for (runtime, id, container) in [
        ("tasks", "0123456789abcdef0123456789abcdef", "web"),
        ("instances/live", "i-0123456789abcdef0", "instance"),
        ("pods/live", "pod-0123456789abcdef", "web~r3"),
    ] {
        let node = node();
        let node = node.path();
        let task = node.join(runtime).join(id);
        let folder = task.join("containers").join(container);
        fs::create_dir_all(&folder).unwrap();
        let sandbox = json!({
            "task_id": id,
            "network": "host",
            "cpu_quota_millis": null,
            "memory_limit_bytes": null,
        });
        let record = json!({"cgroup": "/shims", "netns": null, "sandbox": sandbox});
        fs::write(task.join("task.json"), record.to_string()).unwrap();
        let plan = json!({"rootfs": {"layers": [layer_of(node)]}, "process": {}});
        fs::write(folder.join("plan.json"), plan.to_string()).unwrap();

        let images = begin(node).await;
        assert!(is_left(&images, node).await, "{runtime}");
        // What it is made of cannot be told.
        fs::write(folder.join("plan.json"), "{").unwrap();
        assert!(is_left(&images, node).await, "{runtime}");
        fs::remove_dir_all(&task).unwrap();
        assert!(!is_left(&images, node).await, "{runtime}");
    }
}

#[tokio::test]
async fn what_instances_are_made_of_stays_until_they_are_gone() {
    let node = node();
    let node = node.path();
    // Both are stopped, and nobody was told of them; an earlier version's record does not name the image.
    let folder = |id: &str| instances::disks_in(node).join(id);
    let put = |id: &str, record: &str| {
        fs::create_dir_all(folder(id)).unwrap();
        fs::write(folder(id).join("record.json"), record).unwrap();
    };
    let record = json!({"boot": 1, "came_to": "an-end", "image": format!("sha256:{IMAGE}")});
    put("i-1", &record.to_string());
    put("i-2", r#"{"boot": 1, "came_to": "an-end"}"#);
    let images = begin(node).await;
    assert!(is_left(&images, node).await);
    // What the other is made of cannot be told.
    fs::remove_dir_all(folder("i-1")).unwrap();
    put("i-2", "{");
    assert!(is_left(&images, node).await);
    fs::remove_dir_all(folder("i-2")).unwrap();
    assert!(!is_left(&images, node).await);
}

#[tokio::test]
async fn what_nobody_has_goes_at_once_where_no_instances_are() {
    let node = node();
    let node = node.path();
    let images = begin(node).await;
    assert!(!is_left(&images, node).await);
}

/// The image of the node has a name.
fn call(node: &Path, name: &str) {
    let folder = node.join("images/references");
    fs::create_dir_all(&folder).unwrap();
    let hash = ring::digest::digest(&ring::digest::SHA256, name.as_bytes());
    let hash: String = hash.as_ref().iter().map(|it| format!("{it:02x}")).collect();
    let record = json!({"reference": name, "digest": format!("sha256:{IMAGE}")});
    fs::write(folder.join(format!("{hash}.json")), record.to_string()).unwrap();
}

/// What a pod gets that asks so, as itself or by its node alone.
async fn fetched(
    images: &PodImages,
    name: &str,
    policy: PullPolicy,
    by_itself: bool,
) -> Result<(), &'static str> {
    let login = machine::Login {
        user: "AWS".to_owned(),
        password: "secret".to_owned(),
    };
    let own = [login];
    let logins = if by_itself { &own[..] } else { &[] };
    let pull = Pull {
        name,
        policy,
        logins,
        told: &|_| (),
    };
    let image = images.fetch("pod", pull).await;
    image.map(|_| ()).map_err(|NoImage { reason, .. }| reason)
}

/// Time is skipped over: who does not answer is asked more than once.
#[tokio::test(start_paused = true)]
async fn pods_have_what_lies_here_while_no_registry_answers() {
    let node = node();
    let node = node.path();
    call(node, "localhost:1/app:1");
    let images = PodImages(begin(node).await);
    for by_itself in [false, true] {
        for (name, policy, expected) in [
            ("localhost:1/app:1", PullPolicy::Never, Ok(())),
            ("localhost:1/app:1", PullPolicy::IfNotPresent, Ok(())),
            ("localhost:1/app:1", PullPolicy::Always, Err("ErrImagePull")),
            (
                "localhost:1/app:2",
                PullPolicy::Never,
                Err("ErrImageNeverPull"),
            ),
            (
                "localhost:1/app:2",
                PullPolicy::IfNotPresent,
                Err("ErrImagePull"),
            ),
        ] {
            let got = fetched(&images, name, policy, by_itself).await;
            assert_eq!(got, expected, "{name} {policy:?} {by_itself}");
        }
    }
}

#[tokio::test]
async fn pods_have_nothing_that_its_registry_refuses() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut asked = [0; 4096];
            let _ = stream.read(&mut asked).await;
            let answer = "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
            let _ = stream.write_all(answer.as_bytes()).await;
            let _ = stream.shutdown().await;
            // What is not read would break the connection off before the answer is.
            while matches!(stream.read(&mut asked).await, Ok(1..)) {}
        }
    });
    let node = node();
    let node = node.path();
    let name = format!("localhost:{port}/app:1");
    call(node, &name);
    let images = PodImages(begin_at(node, port).await);
    for by_itself in [false, true] {
        for (policy, expected) in [
            (PullPolicy::Never, "ErrImageNeverPull"),
            (PullPolicy::IfNotPresent, "ErrImagePull"),
        ] {
            let got = fetched(&images, &name, policy, by_itself).await;
            assert_eq!(got, Err(expected), "{policy:?} {by_itself}");
        }
    }
}
