use std::{
    collections::{BTreeMap, HashSet},
    time::Duration,
};

use async_trait::async_trait;
use parking_lot::Mutex;
use serde_json::json;
use wharf_base::SystemClock;
use wharf_kube_client::{Delete, Patch, Selection, fake::Fake};
use wharf_reconcile::Next;

mod growth;

use super::*;
use crate::{
    attach::INSTANCE,
    cloud::{Copied, Disk},
    provision::Asked,
};

/// EC2, as far as volumes go.
#[derive(Default)]
struct Cloud {
    disks: Mutex<BTreeMap<String, (String, Disk)>>,
    /// Snapshots, by whom they are for, and how often they were looked at.
    copies: Mutex<BTreeMap<String, (String, u32)>>,
    /// Snapshots are not complete yet.
    is_slow: Mutex<bool>,
    looks: Mutex<u32>,
    /// What the driver's role may not do.
    denied: Mutex<HashSet<&'static str>>,
    /// Hosts have not let go yet.
    holds: Mutex<bool>,
    most: Mutex<usize>,
    /// In GiB, of what grows; 0 where nothing is too large.
    largest: Mutex<i64>,
}

fn refused(text: &str) -> Fault {
    Fault::sender("Refused", 400, text)
}

impl Cloud {
    fn may(&self, action: &str) -> Result<(), Fault> {
        match self.denied.lock().contains(action) {
            true => Err(Fault::sender(
                "UnauthorizedOperation",
                403,
                format!("not authorized to perform: {action}"),
            )),
            false => Ok(()),
        }
    }
}

#[async_trait]
impl Disks for Cloud {
    async fn made(&self, name: &str) -> Result<Option<Disk>, Fault> {
        self.may("ec2:DescribeVolumes")?;
        let disks = self.disks.lock();
        let mut named = disks.values().filter(|it| it.0 == name);
        Ok(named.next().map(|it| it.1.clone()))
    }

    async fn make(
        &self,
        name: &str,
        asked: &Asked,
        zone: &str,
        snapshot: Option<&str>,
    ) -> Result<Disk, Fault> {
        if asked.kind == "floppy" {
            return Err(refused("there are no floppies"));
        }
        assert!(snapshot.is_none_or(|it| self.copies.lock()[name].0 == it));
        let mut disks = self.disks.lock();
        let disk = Disk {
            id: format!("vol-{}", disks.len()),
            zone: zone.to_owned(),
            gib: asked.gib.into(),
            made_for: Some(name.to_owned()),
            attachment: None,
        };
        disks.insert(disk.id.clone(), (name.to_owned(), disk.clone()));
        *self.most.lock() += 1;
        Ok(disk)
    }

    async fn copied(&self, name: &str) -> Result<Option<Copied>, Fault> {
        *self.looks.lock() += 1;
        let is_slow = *self.is_slow.lock();
        let mut copies = self.copies.lock();
        Ok(copies.get_mut(name).map(|copy| {
            copy.1 += 1;
            match copy.1 > 2 && !is_slow {
                true => Copied::Complete(copy.0.clone()),
                false => Copied::Pending,
            }
        }))
    }

    async fn copy(&self, name: &str, disk: &str) -> Result<(), Fault> {
        let mut copies = self.copies.lock();
        let there = copies.insert(name.to_owned(), (format!("snap-of-{disk}"), 0));
        assert!(there.is_none(), "a snapshot is taken once");
        Ok(())
    }

    async fn forget_copy(&self, name: &str) -> Result<(), Fault> {
        self.may("ec2:DeleteSnapshot")?;
        self.copies.lock().remove(name);
        Ok(())
    }

    async fn see(&self, id: &str) -> Result<Option<Disk>, Fault> {
        let mut disks = self.disks.lock();
        let Some((_, disk)) = disks.get_mut(id) else {
            return Ok(None);
        };
        let seen = disk.clone();
        // What was asked for is done by the next look.
        match &mut disk.attachment {
            Some((_, state)) if state == "attaching" => "attached".clone_into(state),
            Some((_, state)) if state == "detaching" && !*self.holds.lock() => {
                disk.attachment = None;
            }
            _ => {}
        }
        Ok(Some(seen))
    }

    async fn attach(&self, id: &str, instance: &str) -> Result<(), Fault> {
        let mut disks = self.disks.lock();
        let (_, disk) = disks.get_mut(id).ok_or_else(|| refused("there is none"))?;
        match &disk.attachment {
            Some((has, _)) if has == instance => Ok(()),
            Some((has, _)) => Err(refused(&format!("it is attached to {has}"))),
            None => {
                disk.attachment = Some((instance.to_owned(), "attaching".to_owned()));
                Ok(())
            }
        }
    }

    async fn detach(&self, id: &str, _: &str) -> Result<(), Fault> {
        if let Some((_, state)) = self
            .disks
            .lock()
            .get_mut(id)
            .and_then(|it| it.1.attachment.as_mut())
        {
            "detaching".clone_into(state);
        }
        Ok(())
    }

    async fn grow(&self, id: &str, gib: i64) -> Result<(), Fault> {
        let largest = *self.largest.lock();
        if largest > 0 && gib > largest {
            let text = "it is too large";
            return Err(Fault::sender("InvalidParameterValue", 400, text));
        }
        if let Some((_, disk)) = self.disks.lock().get_mut(id) {
            disk.gib = gib;
        }
        Ok(())
    }

    async fn delete(&self, id: &str) -> Result<(), Fault> {
        self.disks.lock().remove(id);
        Ok(())
    }
}

struct Cluster {
    fake: Fake,
    client: Client,
    cloud: Arc<Cloud>,
    /// Whether it has the driver.
    gives: watch::Sender<bool>,
    controller: Mutex<Option<Arc<Controller>>>,
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
            cloud: Arc::default(),
            gives: watch::Sender::new(true),
            controller: Mutex::default(),
            stop: CancellationToken::new(),
        };
        for name in ["n1", "n2"] {
            let node = json!({"metadata": {"name": name, "labels": {
                    wharf_kube_model::persistent::EBS_ZONE: "us-east-1a", wharf_kube_model::persistent::HOST: "h1"}},
                "spec": {"providerID": format!("aws:///us-east-1a/i-{name}")}});
            cluster.make(&kind::NODE, "", &node).await;
        }
        let class = json!({"metadata": {"name": "gp3"}, "provisioner": "ebs.csi.aws.com", "reclaimPolicy": "Delete",
            "volumeBindingMode": "Immediate"});
        cluster.make(&kind::STORAGE_CLASS, "", &class).await;
        cluster.restart();
        cluster
    }

    /// Another process of the controller.
    fn restart(&self) {
        let client = self.fake.client();
        let informers = Informers::new(client.clone(), indexes(), self.stop.clone());
        let controller = Controller::new(
            client,
            &informers,
            self.cloud.clone(),
            Arc::new(SystemClock),
            self.gives.subscribe(),
        );
        *self.controller.lock() = Some(controller.clone());
        let stop = self.stop.clone();
        tokio::spawn(async move {
            let _informers = informers;
            controller.follow(stop).await;
        });
    }

    async fn make(&self, kind: &ApiKind, namespace: &str, object: &Value) {
        self.client.create(kind, namespace, object).await.unwrap();
    }

    async fn claim(&self, name: &str) {
        let claim = json!({"metadata": {"name": name, "annotations": {
                "volume.kubernetes.io/storage-provisioner": "ebs.csi.aws.com"}},
            "spec": {"storageClassName": "gp3", "accessModes": ["ReadWriteOnce"],
                "resources": {"requests": {"storage": "3Gi"}}},
            "status": {"phase": "Pending"}});
        self.make(&CLAIM, "a", &claim).await;
    }

    /// What the binder does.
    async fn bind(&self, name: &str) -> String {
        let volumes = self
            .until(&VOLUME, |all| {
                all.iter().any(|it| it.text("/spec/claimRef/name") == name)
            })
            .await;
        let volume = volumes
            .iter()
            .find(|it| it.text("/spec/claimRef/name") == name)
            .unwrap();
        let patch = Patch::Merge(json!({"spec": {"volumeName": volume.name()}}));
        self.client.patch(&CLAIM, "a", name, &patch).await.unwrap();
        let patch = Patch::Merge(json!({"status": {"phase": "Bound"}}));
        self.client
            .patch_at(&CLAIM, "a", name, "status", &patch)
            .await
            .unwrap();
        self.client
            .patch_at(&VOLUME, "", volume.name(), "status", &patch)
            .await
            .unwrap();
        volume.name().to_owned()
    }

    async fn pod(&self, name: &str, node: &str, claim: &str) {
        let pod = json!({"metadata": {"name": name}, "spec": {"nodeName": node,
            "volumes": [{"name": "d", "persistentVolumeClaim": {"claimName": claim}}]}});
        self.make(&kind::POD, "a", &pod).await;
    }

    async fn remove(&self, kind: &ApiKind, namespace: &str, name: &str) {
        // Of a pod, as its node does once it has ended it.
        let at_once = Delete {
            grace_seconds: Some(0),
            ..Delete::default()
        };
        self.client
            .delete(kind, namespace, name, &at_once)
            .await
            .unwrap();
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

    async fn until_attached(&self, instance: &str) {
        self.until(&ATTACHMENT, |all| {
            let mut of_it = all
                .iter()
                .filter(|it| it.annotation(INSTANCE) == Some(instance));
            all.len() == 1 && of_it.any(|it| it.is_true("/status/attached"))
        })
        .await;
    }

    async fn until_told(&self, text: &str) {
        self.until(&kind::EVENT, |all| {
            all.iter()
                .any(|it| it.text("/message").contains(text) || it.text("/note").contains(text))
        })
        .await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_volume_from_claim_to_deletion() {
    let cluster = Cluster::start().await;
    cluster.claim("c").await;
    let name = cluster.bind("c").await;
    let volume = cluster.client.get(&VOLUME, "", &name).await.unwrap();
    assert_eq!(volume.text("/spec/capacity/storage"), "3Gi");
    assert_eq!(volume.text("/spec/csi/volumeHandle"), "vol-0");
    cluster
        .until(&CLAIM, |all| all[0].list("/metadata/finalizers").is_empty())
        .await;
    cluster.pod("p", "n1", "c").await;
    cluster.until_attached("i-n1").await;
    let volume = cluster.client.get(&VOLUME, "", &name).await.unwrap();
    assert_eq!(
        volume.annotation(wharf_kube_model::persistent::HOST),
        Some("h1")
    );
    cluster.remove(&kind::POD, "a", "p").await;
    cluster.until(&ATTACHMENT, <[Value]>::is_empty).await;
    cluster.remove(&CLAIM, "a", "c").await;
    let patch = Patch::Merge(json!({"status": {"phase": "Released"}}));
    cluster
        .client
        .patch_at(&VOLUME, "", &name, "status", &patch)
        .await
        .unwrap();
    cluster.until(&VOLUME, <[Value]>::is_empty).await;
    assert!(cluster.cloud.disks.lock().is_empty());
    assert_eq!(*cluster.cloud.most.lock(), 1);
}

#[tokio::test(start_paused = true)]
async fn without_the_driver_what_is_attached_stays_and_nothing_else_is_done() {
    let cluster = Cluster::start().await;
    let mut volumes = Vec::new();
    for name in ["used", "idle", "left"] {
        cluster.claim(name).await;
        volumes.push(cluster.bind(name).await);
    }
    cluster.pod("p", "n1", "used").await;
    cluster.until_attached("i-n1").await;
    cluster.gives.send_replace(false);
    cluster.claim("late").await;
    let more = Patch::Merge(json!({"spec": {"resources": {"requests": {"storage": "5Gi"}}}}));
    let client = &cluster.client;
    client.patch(&CLAIM, "a", "used", &more).await.unwrap();
    cluster.remove(&CLAIM, "a", "left").await;
    let released = Patch::Merge(json!({"status": {"phase": "Released"}}));
    client
        .patch_at(&VOLUME, "", &volumes[2], "status", &released)
        .await
        .unwrap();
    cluster.pod("q", "n1", "idle").await;
    let text = "driver name ebs.csi.aws.com not found in the list of registered CSI drivers";
    cluster.until_told(text).await;
    // Time goes on as soon as there is nothing to do.
    tokio::time::sleep(Duration::from_secs(60)).await;
    let disks: Vec<_> = cluster
        .cloud
        .disks
        .lock()
        .values()
        .map(|it| it.1.gib)
        .collect();
    assert_eq!(disks, [3, 3, 3]);
    cluster.until_attached("i-n1").await;
    // What is attached goes with its pods.
    cluster.remove(&kind::POD, "a", "p").await;
    cluster.until(&ATTACHMENT, <[Value]>::is_empty).await;
    cluster.gives.send_replace(true);
    cluster.until_attached("i-n1").await;
    cluster
        .until(&VOLUME, |all| {
            let is_late = |it: &Value| it.text("/spec/claimRef/name") == "late";
            all.iter().any(is_late) && !all.iter().any(|it| it.name() == volumes[2])
        })
        .await;
    while cluster.cloud.disks.lock()["vol-0"].1.gib != 5 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_node_waits_for_the_one_before_it() {
    let cluster = Cluster::start().await;
    cluster.claim("c").await;
    cluster.bind("c").await;
    cluster.pod("p", "n1", "c").await;
    cluster.until_attached("i-n1").await;
    cluster.pod("q", "n2", "c").await;
    cluster
        .until_told("Volume is already used by pod(s) p")
        .await;
    *cluster.cloud.holds.lock() = true;
    cluster.remove(&kind::POD, "a", "p").await;
    cluster
        .until(&ATTACHMENT, |all| {
            all.iter().all(wharf_kube_client::Object::is_deleting)
        })
        .await;
    // Its host has not let go: whoever takes over waits as well.
    cluster.restart();
    tokio::time::sleep(Duration::from_secs(5)).await;
    let attached = cluster.cloud.disks.lock()["vol-0"].1.attachment.clone();
    assert_eq!(attached.unwrap().0, "i-n1");
    *cluster.cloud.holds.lock() = false;
    cluster.until_attached("i-n2").await;
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_had_is_said() {
    let cluster = Cluster::start().await;
    let floppies = json!({"metadata": {"name": "floppies"}, "provisioner": "ebs.csi.aws.com", "reclaimPolicy": "Delete",
        "volumeBindingMode": "Immediate", "parameters": {"type": "floppy"}});
    cluster.make(&kind::STORAGE_CLASS, "", &floppies).await;
    let claim = json!({"metadata": {"name": "s", "annotations": {
            "volume.kubernetes.io/storage-provisioner": "ebs.csi.aws.com"}},
        "spec": {"storageClassName": "floppies", "accessModes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": "1Gi"}}}});
    cluster.make(&CLAIM, "a", &claim).await;
    cluster
        .until_told("StorageClass \"floppies\": there are no floppies")
        .await;
    // It goes although it was being made.
    let refused = cluster.client.get(&CLAIM, "a", "s").await.unwrap();
    cluster.remove(&CLAIM, "a", "s").await;
    cluster.until(&CLAIM, <[Value]>::is_empty).await;
    // Nothing is kept of it: whoever makes such claims again and again takes no memory.
    let controller = cluster.controller.lock().clone().unwrap();
    let first = Duration::from_secs(1);
    while controller.standings.later(refused.uid(), first) != Next::After(first) {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let node = json!({"metadata": {"name": "mine"}, "spec": {}});
    cluster.make(&kind::NODE, "", &node).await;
    cluster.claim("c").await;
    cluster.bind("c").await;
    cluster.pod("p", "mine", "c").await;
    cluster.until_told("\"mine\" is no EC2 instance").await;
}

#[tokio::test(start_paused = true)]
async fn a_claim_that_is_deleted_half_made_leaves_nothing() {
    let cluster = Cluster::start().await;
    // As a process left it that was killed after EC2 had answered.
    let claim = json!({"metadata": {"name": "c", "uid": "u", "finalizers": ["ebs.csi.aws.com/provisioning"]},
        "spec": {"storageClassName": "other", "accessModes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": "1Gi"}}}});
    cluster.make(&CLAIM, "a", &claim).await;
    let made = cluster.client.get(&CLAIM, "a", "c").await.unwrap();
    let disk = Disk {
        id: "vol-x".to_owned(),
        ..Disk::default()
    };
    let name = crate::provision::volume_name(&made);
    cluster
        .cloud
        .disks
        .lock()
        .insert("vol-x".to_owned(), (name, disk));
    cluster.remove(&CLAIM, "a", "c").await;
    cluster.until(&CLAIM, <[Value]>::is_empty).await;
    assert!(cluster.cloud.disks.lock().is_empty());
}

/// A claim that is to begin with what the claim `c` has.
fn copy(name: &str, size: &str) -> Value {
    json!({"metadata": {"name": name, "annotations": {
            "volume.kubernetes.io/storage-provisioner": "ebs.csi.aws.com"}},
        "spec": {"storageClassName": "gp3", "accessModes": ["ReadWriteOnce"],
            "dataSource": {"kind": "PersistentVolumeClaim", "name": "c"},
            "resources": {"requests": {"storage": size}}},
        "status": {"phase": "Pending"}})
}

#[tokio::test(start_paused = true)]
async fn a_claim_begins_with_what_another_has() {
    let cluster = Cluster::start().await;
    cluster.make(&CLAIM, "a", &copy("early", "3Gi")).await;
    cluster
        .until_told("error getting PVC c (namespace \"a\") from api server")
        .await;
    cluster.claim("c").await;
    cluster.bind("c").await;
    cluster.make(&CLAIM, "a", &copy("small", "1Gi")).await;
    cluster
        .until_told("must be greater than or equal in size")
        .await;
    cluster.make(&CLAIM, "a", &copy("d", "4Gi")).await;
    cluster.bind("d").await;
    cluster
        .until(&CLAIM, |all| {
            let mut of_it = all.iter().filter(|it| it.name() == "d");
            of_it.all(|it| it.list("/metadata/finalizers").is_empty())
        })
        .await;
    // Nothing is left of the snapshot, nor of one for a claim that nobody wants any more.
    cluster.remove(&CLAIM, "a", "small").await;
    cluster.remove(&CLAIM, "a", "early").await;
    cluster.until(&CLAIM, |all| all.len() == 2).await;
    assert!(cluster.cloud.copies.lock().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_copy_that_was_begun_needs_no_source() {
    let cluster = Cluster::start().await;
    cluster.claim("c").await;
    cluster.bind("c").await;
    *cluster.cloud.is_slow.lock() = true;
    cluster.make(&CLAIM, "a", &copy("d", "4Gi")).await;
    while cluster.cloud.copies.lock().is_empty() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    cluster.remove(&CLAIM, "a", "c").await;
    cluster.until(&CLAIM, |all| all.len() == 1).await;
    *cluster.cloud.is_slow.lock() = false;
    cluster.bind("d").await;
    cluster
        .until(&CLAIM, |all| all[0].list("/metadata/finalizers").is_empty())
        .await;
    assert!(cluster.cloud.copies.lock().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_snapshot_that_may_not_be_deleted_holds_up_nobody() {
    let cluster = Cluster::start().await;
    cluster.claim("c").await;
    cluster.bind("c").await;
    let denied = |action| cluster.cloud.denied.lock().insert(action);
    denied("ec2:DeleteSnapshot");
    for name in ["d", "e"] {
        cluster.make(&CLAIM, "a", &copy(name, "4Gi")).await;
        cluster.bind(name).await;
    }
    let text = "failed to delete the snapshot that the volume was made of: not authorized to perform: ec2:DeleteSnapshot";
    cluster.until_told(text).await;
    let patch = json!({"spec": {"resources": {"requests": {"storage": "9Gi"}}}});
    let patch = Patch::Merge(patch);
    let grown = cluster.client.patch(&CLAIM, "a", "d", &patch).await;
    grown.unwrap();
    cluster
        .until_told("Require file system resize of volume on node")
        .await;
    cluster.remove(&CLAIM, "a", "d").await;
    cluster.until(&CLAIM, |all| all.len() == 2).await;
    // What may be deleted again is, without anybody's doing.
    cluster.cloud.denied.lock().clear();
    cluster
        .until(&CLAIM, |all| {
            all.iter()
                .all(|it| it.list("/metadata/finalizers").is_empty())
        })
        .await;
    assert_eq!(cluster.cloud.copies.lock().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_claim_of_a_driver_that_may_nothing_goes_at_once_or_with_a_reason() {
    let cluster = Cluster::start().await;
    let denied = "ec2:DescribeVolumes";
    cluster.cloud.denied.lock().insert(denied);
    cluster.claim("none").await;
    cluster
        .until_told("StorageClass \"gp3\": not authorized to perform: ec2:DescribeVolumes")
        .await;
    cluster.remove(&CLAIM, "a", "none").await;
    cluster.until(&CLAIM, <[Value]>::is_empty).await;
    // Of one that was begun, a disk may be there.
    let claim = json!({"metadata": {"name": "begun", "finalizers": ["ebs.csi.aws.com/provisioning"]},
        "spec": {"storageClassName": "other", "accessModes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": "1Gi"}}}});
    cluster.make(&CLAIM, "a", &claim).await;
    cluster.remove(&CLAIM, "a", "begun").await;
    cluster
        .until_told("failed to delete the volume that may have been made: not authorized")
        .await;
    cluster.cloud.denied.lock().clear();
    cluster.until(&CLAIM, <[Value]>::is_empty).await;
}

#[tokio::test(start_paused = true)]
async fn a_snapshot_that_takes_long_is_looked_at_less_and_less() {
    let cluster = Cluster::start().await;
    cluster.claim("c").await;
    cluster.bind("c").await;
    *cluster.cloud.is_slow.lock() = true;
    cluster.make(&CLAIM, "a", &copy("d", "4Gi")).await;
    tokio::time::sleep(Duration::from_secs(600)).await;
    let looks = *cluster.cloud.looks.lock();
    assert!((20..40).contains(&looks), "{looks}");
    // Half a minute after it is complete at the latest.
    *cluster.cloud.is_slow.lock() = false;
    tokio::time::sleep(Duration::from_secs(31)).await;
    assert!(cluster.cloud.copies.lock().is_empty());
}

fn forged(name: &str, disk: &str) -> Value {
    json!({"metadata": {"name": name, "uid": name, "annotations": {"pv.kubernetes.io/provisioned-by": "ebs.csi.aws.com"},
            "finalizers": ["external-provisioner.volume.kubernetes.io/finalizer"]},
        "spec": {"persistentVolumeReclaimPolicy": "Delete", "capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteOnce"],
            "csi": {"driver": "ebs.csi.aws.com", "volumeHandle": disk}},
        "status": {"phase": "Released"}})
}

#[tokio::test(start_paused = true)]
async fn a_disk_is_deleted_for_the_volume_that_it_was_made_for_alone() {
    let cluster = Cluster::start().await;
    for (disk, made_for) in [("vol-a", None), ("vol-b", Some("another"))] {
        let seen = Disk {
            id: disk.to_owned(),
            made_for: made_for.map(str::to_owned),
            ..Disk::default()
        };
        let kept = (String::new(), seen);
        cluster.cloud.disks.lock().insert(disk.to_owned(), kept);
        let volume = forged(&format!("of-{disk}"), disk);
        cluster.make(&VOLUME, "", &volume).await;
        cluster
            .until_told(&format!("volume {disk} was not made for"))
            .await;
    }
    assert_eq!(cluster.cloud.disks.lock().len(), 2);
    cluster.until(&VOLUME, |all| all.len() == 2).await;
    // It goes without the disk once somebody deletes it.
    cluster.remove(&VOLUME, "", "of-vol-a").await;
    cluster.until(&VOLUME, |all| all.len() == 1).await;
    assert_eq!(cluster.cloud.disks.lock().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_disk_is_copied_from_the_volume_that_it_was_made_for_alone() {
    let cluster = Cluster::start().await;
    for (at, made_for) in [None, Some("another")].into_iter().enumerate() {
        let disk = format!("vol-of-another-{at}");
        let seen = Disk {
            id: disk.clone(),
            made_for: made_for.map(str::to_owned),
            attachment: Some(("i-elsewhere".to_owned(), "attached".to_owned())),
            ..Disk::default()
        };
        let kept = (String::new(), seen);
        cluster.cloud.disks.lock().insert(disk, kept);
    }
    let claim = json!({"metadata": {"name": "c"},
        "spec": {"storageClassName": "", "accessModes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": "1Gi"}}},
        "status": {"phase": "Pending"}});
    cluster.make(&CLAIM, "a", &claim).await;
    let claim = cluster.client.get(&CLAIM, "a", "c").await.unwrap();
    for disk in ["vol-of-another-0", "vol-of-another-1", "vol-of-nobody"] {
        let name = format!("of-{disk}");
        let mut volume = forged(&name, disk);
        volume["spec"]["claimRef"] = json!({"namespace": "a", "name": "c", "uid": claim.uid()});
        volume["spec"]["persistentVolumeReclaimPolicy"] = "Retain".into();
        volume["status"]["phase"] = "Bound".into();
        cluster.make(&VOLUME, "", &volume).await;
        let bound = json!({"spec": {"volumeName": name}, "status": {"phase": "Bound"}});
        let patch = Patch::Merge(bound);
        let client = &cluster.client;
        client.patch(&CLAIM, "a", "c", &patch).await.unwrap();
        let patched = client.patch_at(&CLAIM, "a", "c", "status", &patch).await;
        patched.unwrap();
        cluster
            .make(&CLAIM, "a", &copy(&format!("d-{disk}"), "4Gi"))
            .await;
        cluster
            .until_told(&format!("volume {disk} was not made for"))
            .await;
    }
    assert!(cluster.cloud.copies.lock().is_empty());
    assert_eq!(*cluster.cloud.most.lock(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_disk_grows_for_the_volume_that_it_was_made_for_alone() {
    let cluster = Cluster::start().await;
    cluster.claim("c").await;
    cluster.bind("c").await;
    // As if the volume had been written by somebody who names another's disk in it.
    for (_, disk) in cluster.cloud.disks.lock().values_mut() {
        disk.made_for = None;
    }
    let patch = json!({"spec": {"resources": {"requests": {"storage": "9Gi"}}}});
    let patch = Patch::Merge(patch);
    cluster
        .client
        .patch(&CLAIM, "a", "c", &patch)
        .await
        .unwrap();
    cluster
        .until_told("volume vol-0 was not made for this PersistentVolume")
        .await;
    assert_eq!(cluster.cloud.disks.lock()["vol-0"].1.gib, 3);
}

#[tokio::test(start_paused = true)]
async fn attributes_that_a_bound_claim_asks_for_are_refused_by_name() {
    let cluster = Cluster::start().await;
    cluster.claim("c").await;
    cluster.bind("c").await;
    let patch = Patch::Merge(json!({"spec": {"volumeAttributesClassName": "fast"}}));
    cluster
        .client
        .patch(&CLAIM, "a", "c", &patch)
        .await
        .unwrap();
    cluster
        .until_told("volumeAttributesClassName is not supported")
        .await;
}
