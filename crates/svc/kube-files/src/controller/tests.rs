use std::collections::{BTreeMap, HashSet};

use async_trait::async_trait;
use parking_lot::Mutex;
use serde_json::{Value, json};
use wharf_kube_client::{Delete, Kind as ApiKind, Object as _, Patch, Selection, fake::Fake, kind};

use super::*;
use crate::{cloud::Point, provision::Asked};

/// EFS, as far as access points go.
#[derive(Default)]
struct Simulated {
    points: Mutex<BTreeMap<String, Point>>,
    /// What the driver's role may not do.
    denied: Mutex<HashSet<&'static str>>,
    /// The answer to what is made next is lost.
    loses: Mutex<bool>,
    most: Mutex<usize>,
}

impl Simulated {
    fn may(&self, action: &str) -> Result<(), Fault> {
        match self.denied.lock().contains(action) {
            true => Err(Fault::sender(
                "AccessDeniedException",
                403,
                format!("not authorized to perform: {action}"),
            )),
            false => Ok(()),
        }
    }
}

#[async_trait]
impl Files for Simulated {
    async fn points(&self, file_system: &str) -> Result<Vec<Point>, Fault> {
        self.may("DescribeAccessPoints")?;
        if file_system == "fs-404" {
            return Err(Fault::sender("FileSystemNotFound", 404, "there is none"));
        }
        let points = self.points.lock();
        let of = points.values().filter(|it| it.file_system == file_system);
        Ok(of.cloned().collect())
    }

    async fn make(&self, name: &str, asked: &Asked, numbers: (u32, u32)) -> Result<Point, Fault> {
        self.may("CreateAccessPoint")?;
        let mut points = self.points.lock();
        let point = Point {
            id: format!("fsap-{:x}", *self.most.lock()),
            file_system: asked.file_system.clone(),
            made_for: Some(name.to_owned()),
            group: Some(numbers.1),
        };
        points.insert(point.id.clone(), point.clone());
        *self.most.lock() += 1;
        match std::mem::take(&mut *self.loses.lock()) {
            true => Err(Fault::receiver(
                "InternalServerError",
                500,
                "lost",
                &std::io::Error::other("lost"),
            )),
            false => Ok(point),
        }
    }

    async fn see(&self, id: &str) -> Result<Option<Point>, Fault> {
        Ok(self.points.lock().get(id).cloned())
    }

    async fn delete(&self, id: &str) -> Result<(), Fault> {
        self.may("DeleteAccessPoint")?;
        self.points.lock().remove(id);
        Ok(())
    }
}

struct Cluster {
    fake: Fake,
    client: Client,
    efs: Arc<Simulated>,
    stop: CancellationToken,
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

const CLAIM: ApiKind = kind::PERSISTENT_VOLUME_CLAIM;
const VOLUME: ApiKind = kind::PERSISTENT_VOLUME;

impl Cluster {
    async fn start() -> Self {
        let fake = Fake::new();
        let cluster = Self {
            client: fake.client(),
            fake,
            efs: Arc::default(),
            stop: CancellationToken::new(),
        };
        for (name, file_system) in [("efs", "fs-01"), ("none", "fs-404")] {
            let class = json!({"metadata": {"name": name}, "provisioner": EFS, "reclaimPolicy": "Delete",
                "parameters": {"provisioningMode": "efs-ap", "fileSystemId": file_system, "directoryPerms": "700"}});
            cluster.make(&kind::STORAGE_CLASS, "", &class).await;
        }
        let client = cluster.fake.client();
        let informers = Informers::new(client.clone(), Vec::new(), cluster.stop.clone());
        let gives = watch::channel(true).1;
        let controller = Controller::new(client, &informers, cluster.efs.clone(), gives);
        let stop = cluster.stop.clone();
        tokio::spawn(async move {
            let _informers = informers;
            controller.follow(stop).await;
        });
        cluster
    }

    async fn make(&self, kind: &ApiKind, namespace: &str, object: &Value) {
        self.client.create(kind, namespace, object).await.unwrap();
    }

    async fn claim(&self, name: &str, class: &str) {
        let claim = json!({"metadata": {"name": name, "annotations": {
                "volume.kubernetes.io/storage-provisioner": EFS}},
            "spec": {"storageClassName": class, "accessModes": ["ReadWriteMany"],
                "resources": {"requests": {"storage": "3Gi"}}},
            "status": {"phase": "Pending"}});
        self.make(&CLAIM, "a", &claim).await;
    }

    /// The volume of a claim, once it is there and nothing is being made any more.
    async fn volume_of(&self, name: &str) -> Value {
        let volumes = self
            .until(&VOLUME, |all| {
                all.iter().any(|it| it.text("/spec/claimRef/name") == name)
            })
            .await;
        self.until(&CLAIM, |all| {
            let mut named = all.iter().filter(|it| it.name() == name);
            named.all(|it| it.list("/metadata/finalizers").is_empty())
        })
        .await;
        let mut found = volumes.into_iter();
        found
            .find(|it| it.text("/spec/claimRef/name") == name)
            .unwrap()
    }

    async fn phase(&self, volume: &str, phase: &str) {
        let patch = Patch::Merge(json!({"status": {"phase": phase}}));
        let patched = self
            .client
            .patch_at(&VOLUME, "", volume, "status", &patch)
            .await;
        patched.unwrap();
    }

    async fn remove(&self, kind: &ApiKind, namespace: &str, name: &str) {
        let delete = Delete::default();
        let removed = self.client.delete(kind, namespace, name, &delete).await;
        removed.unwrap();
    }

    async fn until(&self, kind: &ApiKind, wanted: impl Fn(&[Value]) -> bool) -> Vec<Value> {
        let looking = async {
            loop {
                let list = self.client.list(kind, &Selection::default()).await.unwrap();
                if wanted(&list.items) {
                    return list.items;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(600), looking)
            .await
            .unwrap_or_else(|_| panic!("{kind} never were as they should be"))
    }

    async fn until_told(&self, text: &str) {
        self.until(&kind::EVENT, |all| {
            all.iter()
                .any(|it| it.text("/message").contains(text) || it.text("/note").contains(text))
        })
        .await;
    }

    fn points(&self) -> usize {
        self.efs.points.lock().len()
    }
}

#[tokio::test(start_paused = true)]
async fn an_access_point_from_claim_to_deletion() {
    let cluster = Cluster::start().await;
    *cluster.efs.loses.lock() = true;
    cluster.claim("one", "efs").await;
    let one = cluster.volume_of("one").await;
    assert_eq!(one.text("/spec/csi/volumeHandle"), "fs-01::fsap-0");
    assert_eq!(cluster.points(), 1, "it was made once");
    cluster.claim("two", "efs").await;
    cluster.volume_of("two").await;
    let groups: Vec<_> = cluster
        .efs
        .points
        .lock()
        .values()
        .map(|it| it.group)
        .collect();
    assert_eq!(groups, [Some(50_000), Some(50_001)]);
    cluster.remove(&CLAIM, "a", "one").await;
    cluster.phase(one.name(), "Released").await;
    cluster.until(&VOLUME, |all| all.len() == 1).await;
    assert_eq!(cluster.points(), 1);
    // Its number is free again.
    cluster.claim("three", "efs").await;
    cluster.volume_of("three").await;
    assert_eq!(cluster.efs.points.lock()["fsap-2"].group, Some(50_000));
}

#[tokio::test(start_paused = true)]
async fn what_is_refused_is_told_and_asked_for_again() {
    let cluster = Cluster::start().await;
    cluster.claim("c", "none").await;
    cluster
        .until_told("File System does not exist: there is none")
        .await;
    cluster.remove(&CLAIM, "a", "c").await;
    cluster.until(&CLAIM, <[Value]>::is_empty).await;
    cluster.efs.denied.lock().insert("CreateAccessPoint");
    cluster.claim("d", "efs").await;
    cluster
        .until_told(
            "Access Denied. Please ensure you have the right AWS permissions: not authorized",
        )
        .await;
    cluster.efs.denied.lock().clear();
    let made = cluster.volume_of("d").await;
    cluster.efs.denied.lock().insert("DeleteAccessPoint");
    cluster.remove(&CLAIM, "a", "d").await;
    cluster.phase(made.name(), "Released").await;
    cluster
        .until_told("not authorized to perform: DeleteAccessPoint")
        .await;
    assert_eq!(cluster.points(), 1);
    cluster.efs.denied.lock().clear();
    cluster.until(&VOLUME, <[Value]>::is_empty).await;
    assert_eq!(cluster.points(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_claim_that_goes_meanwhile_leaves_nothing() {
    let cluster = Cluster::start().await;
    cluster.efs.denied.lock().insert("CreateAccessPoint");
    cluster.claim("c", "efs").await;
    cluster.until_told("Access Denied").await;
    let claim = cluster.client.get(&CLAIM, "a", "c").await.unwrap();
    // As one that was killed after EFS had made it.
    let left = Point {
        id: "fsap-9".to_owned(),
        file_system: "fs-01".to_owned(),
        made_for: Some(format!("pvc-{}", claim.uid())),
        group: None,
    };
    let mut points = BTreeMap::new();
    points.insert(left.id.clone(), left);
    *cluster.efs.points.lock() = points;
    cluster.remove(&CLAIM, "a", "c").await;
    cluster.until(&CLAIM, <[Value]>::is_empty).await;
    assert_eq!(cluster.points(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_forged_volume_deletes_nothing() {
    let cluster = Cluster::start().await;
    cluster.claim("c", "efs").await;
    let made = cluster.volume_of("c").await;
    let handle = made.text("/spec/csi/volumeHandle");
    let forged = json!({
        "metadata": {"name": "forged", "finalizers": [crate::provision::DELETER],
            "annotations": {crate::provision::PROVISIONED_BY: EFS}},
        "spec": {"csi": {"driver": EFS, "volumeHandle": handle}, "persistentVolumeReclaimPolicy": "Delete",
            "claimRef": {"namespace": "a", "name": "x", "uid": "x"}},
        "status": {"phase": "Released"},
    });
    cluster.make(&VOLUME, "", &forged).await;
    cluster
        .until_told("was not made for this PersistentVolume")
        .await;
    cluster.remove(&VOLUME, "", "forged").await;
    cluster.until(&VOLUME, |all| all.len() == 1).await;
    assert_eq!(cluster.points(), 1);
}
