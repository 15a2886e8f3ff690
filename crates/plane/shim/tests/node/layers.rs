//! Images of as many layers as the kernel stacks, from a registry in this process.

use std::{collections::BTreeSet, time::Duration};

use wharf_base::InstallationId;
use wharf_container::image::{
    GarbageRules, Image, ImageConfig, ImageOptions, ImageStore, PullRequest, Reference,
    RegistryAuth,
};
use wharf_userns::{MOST_LAYERS, most_layers};

use crate::{
    fixture::{Node, sh, within},
    registry::{Packing, Registry, layer},
    user_namespace::user_task,
};

fn request(registry: &Registry, name: &str) -> PullRequest {
    PullRequest {
        reference: Reference::parse(&format!("{}/{name}:1", registry.host)).unwrap(),
        endpoint: None,
        auth: RegistryAuth::Anonymous,
    }
}

#[tokio::test]
async fn images_of_as_many_layers_as_the_kernel_stacks() {
    let mut node = Node::new().await;
    let registry = Registry::start().await;
    let most = most_layers();
    // The first and the last one of those that are pulled have the same file. The lowest of all is the node's.
    let layers: Vec<_> = (1..most + 2)
        .map(|number| {
            let path = format!("seen/{}", number % (most - 2));
            layer(&path, format!("{number}\n").as_bytes(), Packing::Gzip)
        })
        .collect();
    registry.push("app", "1", &layers[..most - 1]);
    registry.push("more", "1", &layers);
    let images = node.dir.path().join("images");
    let store = ImageStore::open(&images, InstallationId::mint(), ImageOptions::default())
        .await
        .unwrap();
    let pulled = within(store.pull(&request(&registry, "app"))).await;
    let pulled = pulled.unwrap();
    registry.asked();
    within(store.pull(&request(&registry, "app")))
        .await
        .unwrap();
    // The manifest, the configuration, and whether it has each layer.
    assert_eq!(registry.asked().len(), 2 + most - 1);
    let refused = store.pull(&request(&registry, "more")).await;
    let reason = refused.unwrap_err().reason();
    let expected = format!("it has {} layers; at most {most} are allowed", most + 1);
    assert!(reason.contains(&expected), "{reason}");

    let lowest = node.image.layers()[0].clone();
    let mut all = vec![lowest.clone()];
    all.extend_from_slice(pulled.layers());
    node.image = Image::from_layers(pulled.digest().clone(), ImageConfig::default(), all);
    let (within_one, _network) = user_task(&node).await;
    let without = node.runtime.create_task(node.sandbox("t2")).await.unwrap();
    let script = "ls /seen | wc -l; cat /seen/1 /seen/2 /seen/0; echo own > /seen/2; cat /seen/2";
    let expected = format!("{}\n{}\n2\n{}\nown\n", most - 2, most - 1, most - 2);
    for task in [&within_one, &without] {
        let ran = node.run(task, &sh(script)).await;
        assert_eq!(ran, (0, expected.clone()));
    }

    let rules = GarbageRules {
        keep: BTreeSet::new(),
        runtimes: vec![node.dir.path().join("tasks")],
        unused_for: Duration::ZERO,
        at_most: 1,
    };
    let collected = store.collect(rules).await.unwrap();
    let gone = (collected.images.len(), collected.layers);
    assert_eq!(gone, (1, most - 1));

    let too_many = vec![lowest; MOST_LAYERS + 1];
    let image = Image::from_layers(pulled.digest().clone(), ImageConfig::default(), too_many);
    let refused = without.create_container(&sh("true"), &image).await;
    let reason = refused.unwrap_err().reason();
    let expected = "a root file system has 1 to 500 layers, not 501";
    assert!(reason.ends_with(expected), "{reason}");
    node.finish().await;
}
