//! Which tasks and pods run an image, for Inspector: what ECS remembers of tasks, and the clusters of Kubernetes know of pods.

use std::{collections::BTreeSet, sync::Arc};

use serde_json::Value;
use wharf_base::{Arn, Clock, Timestamp};
use wharf_kube_client::Object as _;
use wharf_records::ecs::{Status, Task};
use wharf_service::Place;
use wharf_svc_ecr::Registry;
use wharf_svc_ecs::EcsService;
use wharf_svc_inspector2::{ImageUse, InUse, NamedImage, RunsImages, Unit};
use wharf_wire::{Fault, async_trait};

use crate::{
    control::Control,
    task_images::{Images, Named},
};

/// What runs on this installation.
pub struct RunningImages {
    pub ecs: EcsService,
    /// Leads to the clusters of Kubernetes, once they are there.
    pub control: Control,
    /// Says what the names of images mean.
    pub images: Arc<Images>,
    pub clock: Arc<dyn Clock>,
}

#[async_trait]
impl RunsImages for RunningImages {
    async fn uses(&self, place: &Place, image: &NamedImage) -> Result<Vec<ImageUse>, Fault> {
        let now = self.clock.now();
        let at = wharf_svc_ecs::Place {
            account: place.account.clone(),
            region: place.region.clone(),
        };
        let indexes = self.indexes_of(image).await?;
        let named = |name: &str, digest: Option<&str>| {
            let found = self.images.named(&at, name);
            found.is_some_and(|it| is_meant(image, &indexes, &it, digest))
        };
        let mut uses = Vec::new();
        let tasks = self.ecs.each_task(&at, |task| {
            let mut containers = task.containers.iter();
            if containers.any(|it| named(&it.image, it.image_digest.as_deref())) {
                uses.extend(of_task(&task, now));
            }
        });
        tasks.await?;
        // At the end of the process there are none any more.
        let Ok(clusters) = self.control.0.explain.clusters() else {
            return Ok(uses);
        };
        for (name, pods) in clusters.pods(place).await? {
            let arn = Arn::new(
                "eks",
                &place.region,
                &place.account,
                format!("cluster/{name}"),
            );
            let arn = arn.to_string();
            let running = |pod: &&Arc<Value>| image_ids(pod).any(|id| named(id, None));
            uses.extend(
                pods.iter()
                    .filter(running)
                    .map(|pod| of_pod(&arn, pod, now)),
            );
        }
        Ok(uses)
    }

    async fn in_use(&self, place: &Place) -> Result<InUse, Fault> {
        let now = self.clock.now();
        let at = wharf_svc_ecs::Place {
            account: place.account.clone(),
            region: place.region.clone(),
        };
        let own = |name: &str, digest: Option<&str>| {
            let found = self.images.named(&at, name);
            found.and_then(|it| own_image(place, it, digest))
        };
        let mut in_use = InUse::default();
        let tasks = self.ecs.each_task(&at, |task| {
            let containers = task.containers.iter();
            let images = containers.filter_map(|it| own(&it.image, it.image_digest.as_deref()));
            let images: BTreeSet<(String, String)> = images.collect();
            if let Some(used) = of_task(&task, now) {
                count(&mut in_use, images, &used);
            }
        });
        tasks.await?;
        // At the end of the process there are none any more.
        let clusters = match self.control.0.explain.clusters() {
            Ok(clusters) => clusters.pods(place).await?,
            Err(_) => Vec::new(),
        };
        for (_, pods) in clusters {
            for pod in &pods {
                let images = image_ids(pod).filter_map(|id| own(id, None));
                let images: BTreeSet<(String, String)> = images.collect();
                count(&mut in_use, images, &of_pod("", pod, now));
            }
        }
        self.with_images_of_indexes(place, in_use).await
    }
}

impl RunningImages {
    /// What tasks and pods tell is the digest that was pulled, which may be that of an index: it stands for all its images.
    async fn indexes_of(&self, image: &NamedImage) -> Result<Vec<String>, Fault> {
        let NamedImage {
            place, repository, ..
        } = image;
        let digest = image.digest.as_deref().and_then(|it| it.parse().ok());
        let Some(digest) = digest else {
            return Ok(Vec::new());
        };
        let (catalog, registry) = (&self.images.catalog, registry(place));
        let found = catalog.indexes_of(&registry, repository, &digest).await?;
        Ok(found.into_iter().map(|it| it.to_string()).collect())
    }

    /// The same, with the images of indexes.
    async fn with_images_of_indexes(&self, place: &Place, used: InUse) -> Result<InUse, Fault> {
        let (catalog, registry) = (&self.images.catalog, registry(place));
        let mut all = used.clone();
        for (repository, digest, used) in used.each() {
            let Ok(digest) = digest.parse() else {
                continue;
            };
            let images = catalog.images_of_index(&registry, repository, &digest);
            for image in images.await? {
                all.join(repository, &image.to_string(), used);
            }
        }
        Ok(all)
    }
}

fn registry(place: &Place) -> Registry {
    Registry::new(&place.account, &place.region)
}

/// Repository and digest of an image of the place's own registry. `digest`: what runs, where its name does not say.
fn own_image(place: &Place, named: Named, digest: Option<&str>) -> Option<(String, String)> {
    let own = (&named.account, &named.region) == (&place.account, &place.region);
    let digest = digest.map(str::to_owned).or(named.digest);
    Some((named.repository, digest?)).filter(|_| own)
}

/// A task or a pod counts once for each of its images, however many of its containers run it.
fn count(in_use: &mut InUse, images: BTreeSet<(String, String)>, used: &ImageUse) {
    for (repository, digest) in images {
        in_use.add(&repository, &digest, used.running, used.last_in_use);
    }
}

/// Whether a container's image is the one that is asked for, or one of the indexes that list that. `digest`: what it runs,
/// where its name does not say.
fn is_meant(image: &NamedImage, indexes: &[String], named: &Named, digest: Option<&str>) -> bool {
    let Place { account, region } = &image.place;
    let runs = digest.or(named.digest.as_deref());
    let fits =
        |it: &str| runs.is_some_and(|runs| runs == it || indexes.iter().any(|it| it == runs));
    (account, region, &image.repository) == (&named.account, &named.region, &named.repository)
        && image.digest.as_deref().is_none_or(fits)
}

/// Nothing, before it ran.
fn of_task(task: &Task, now: Timestamp) -> Option<ImageUse> {
    let began = task.started_at?;
    let running = task.last == Status::Running;
    let ended = task.execution_stopped_at.or(task.stopped_at);
    Some(ImageUse {
        cluster_arn: task.cluster_arn.clone(),
        unit: Unit::Task {
            group: task.group.clone(),
            definition_arn: task.definition.clone(),
        },
        running,
        last_in_use: if running { now } else { ended.unwrap_or(began) },
    })
}

fn statuses(pod: &Value) -> impl Iterator<Item = &Value> {
    let lists = ["/status/containerStatuses", "/status/initContainerStatuses"];
    lists.into_iter().flat_map(move |it| pod.list(it))
}

fn image_ids(pod: &Value) -> impl Iterator<Item = &str> {
    statuses(pod).map(|it| it.text("/imageID"))
}

fn of_pod(cluster_arn: &str, pod: &Value, now: Timestamp) -> ImageUse {
    let running = pod.text("/status/phase") == "Running";
    let ended = statuses(pod).filter_map(|it| {
        let finished = it.text("/state/terminated/finishedAt");
        Timestamp::parse_iso8601(finished)
    });
    let started = Timestamp::parse_iso8601(pod.text("/status/startTime"));
    let (kind, name) = workload(pod);
    ImageUse {
        cluster_arn: cluster_arn.to_owned(),
        unit: Unit::Pod {
            namespace: pod.namespace().to_owned(),
            kind,
            name,
        },
        running,
        last_in_use: match running {
            true => now,
            false => ended.max().or(started).unwrap_or(now),
        },
    }
}

/// The controller of a pod; of a replica set that a deployment made, the deployment.
fn workload(pod: &Value) -> (String, String) {
    let owners = pod.list("/metadata/ownerReferences").iter();
    let Some(owner) = owners.into_iter().find(|it| it.is_true("/controller")) else {
        return ("Pod".to_owned(), pod.name().to_owned());
    };
    let (kind, name) = (owner.text("/kind"), owner.text("/name"));
    let hash = pod.label("pod-template-hash");
    let deployment = hash.and_then(|hash| name.strip_suffix(hash)?.strip_suffix('-'));
    match deployment.filter(|_| kind == "ReplicaSet") {
        Some(deployment) => ("Deployment".to_owned(), deployment.to_owned()),
        None => (kind.to_owned(), name.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const DIGEST: &str = "sha256:aaaa";

    fn asked(digest: Option<&str>) -> NamedImage {
        NamedImage {
            place: Place::new("1", "r"),
            repository: "app".to_owned(),
            digest: digest.map(str::to_owned),
        }
    }

    fn named(account: &str, repository: &str, digest: Option<&str>) -> Named {
        Named {
            account: account.to_owned(),
            region: "r".to_owned(),
            repository: repository.to_owned(),
            digest: digest.map(str::to_owned),
        }
    }

    #[test]
    fn an_image_is_meant_by_its_repository_or_by_its_digest() {
        for (asks, has, runs, meant) in [
            (asked(None), named("1", "app", None), None, true),
            (asked(None), named("1", "other", None), None, false),
            (asked(None), named("2", "app", None), None, false),
            (
                asked(Some(DIGEST)),
                named("1", "app", None),
                Some(DIGEST),
                true,
            ),
            (
                asked(Some(DIGEST)),
                named("1", "app", Some(DIGEST)),
                None,
                true,
            ),
            // It is what runs that counts, whatever the name says.
            (
                asked(Some(DIGEST)),
                named("1", "app", Some(DIGEST)),
                Some("sha256:b"),
                false,
            ),
            (asked(Some(DIGEST)), named("1", "app", None), None, false),
            (
                asked(Some(DIGEST)),
                named("1", "app", None),
                Some("sha256:index"),
                true,
            ),
        ] {
            let indexes = ["sha256:index".to_owned()];
            assert_eq!(
                is_meant(&asks, &indexes, &has, runs),
                meant,
                "{has:?} {runs:?}"
            );
        }
    }

    #[test]
    fn images_of_the_own_registry_are_counted_by_the_digest_that_runs() {
        let place = Place::new("1", "r");
        let one = |repository: &str, digest: &str| Some((repository.to_owned(), digest.to_owned()));
        for (given, runs, expected) in [
            (named("1", "app", None), Some("x"), one("app", "x")),
            (named("1", "app", Some("y")), None, one("app", "y")),
            (named("1", "app", Some("y")), Some("x"), one("app", "x")),
            (named("1", "app", None), None, None),
            (named("2", "app", Some("y")), None, None),
        ] {
            assert_eq!(own_image(&place, given, runs), expected);
        }
    }

    #[test]
    fn pods_are_told_by_what_keeps_them_running() {
        let pod = |owner: Value| {
            json!({"metadata": {"name": "web-5d-x", "namespace": "shop", "labels": {"pod-template-hash": "5d"},
                "ownerReferences": [owner]}, "status": {"phase": "Succeeded", "startTime": "1970-01-01T00:00:01Z",
                "containerStatuses": [{"imageID": "one", "state": {"terminated": {"finishedAt": "1970-01-01T00:00:05Z"}}}],
                "initContainerStatuses": [{"imageID": "two"}]}})
        };
        let owned =
            |kind: &str, name: &str| pod(json!({"kind": kind, "name": name, "controller": true}));
        for (given, kind, name) in [
            (owned("ReplicaSet", "web-5d"), "Deployment", "web"),
            (owned("ReplicaSet", "own"), "ReplicaSet", "own"),
            (owned("DaemonSet", "agents-5d"), "DaemonSet", "agents-5d"),
            (pod(json!({"kind": "Job", "name": "j"})), "Pod", "web-5d-x"),
        ] {
            assert_eq!(workload(&given), (kind.to_owned(), name.to_owned()));
        }
        let given = owned("Job", "j");
        assert_eq!(image_ids(&given).collect::<Vec<_>>(), ["one", "two"]);
        let used = of_pod("c", &given, Timestamp(9000));
        assert_eq!((used.running, used.last_in_use), (false, Timestamp(5000)));
    }
}
