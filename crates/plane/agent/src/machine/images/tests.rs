//! What the cleanup leaves, in an agent that was started anew and was told of nothing.

use std::{fs, path::Path};

use serde_json::json;
use wharf_base::{InstallationId, SystemClock};
use wharf_container::image::{ImageConfig, ImageOptions};
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
    let identity = json!({
        "endpoint": "http://127.0.0.1:1",
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
