//! Which tasks and pods run an image, for Inspector: what ECS remembers of tasks, and the clusters of Kubernetes know of pods.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use serde_json::Value;
use wharf_base::{Arn, Clock, Timestamp, image_index::Machine};
use wharf_kube_client::Object as _;
use wharf_records::ecs::{Status, Task};
use wharf_service::Place;
use wharf_svc_ecr::{Choices, Registry};
use wharf_svc_ecs::EcsService;
use wharf_svc_inspector2::{ImageUse, InUse, NamedImage, RunsImages, Unit, Used};
use wharf_wire::{Fault, async_trait};

use crate::{
    control::Control,
    kube::running::Running,
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
        let named = |name: &str, digest: Option<&str>, machine: Machine| {
            let found = self.images.named(&at, name);
            found.is_some_and(|it| is_meant(image, &indexes, &it, digest, machine))
        };
        let mut uses = Vec::new();
        let tasks = self.ecs.each_task(&at, |task| {
            let machine = self.machine_of(&at, &task.instance);
            let mut containers = task.containers.iter();
            if containers.any(|it| named(&it.image, it.image_digest.as_deref(), machine)) {
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
            let running = |it: &&Running| {
                let machine = machine(it.architecture.as_deref(), it.level);
                image_ids(&it.pod).any(|id| named(id, None, machine))
            };
            uses.extend(
                pods.iter()
                    .filter(running)
                    .map(|it| of_pod(&arn, &it.pod, now)),
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
        let mut runs = Runs::default();
        let tasks = self.ecs.each_task(&at, |task| {
            let containers = task.containers.iter();
            let images = containers.filter_map(|it| own(&it.image, it.image_digest.as_deref()));
            if let Some(used) = of_task(&task, now) {
                let machine = self.machine_of(&at, &task.instance);
                runs.add(images.collect(), machine, &used);
            }
        });
        tasks.await?;
        // At the end of the process there are none any more.
        let clusters = match self.control.0.explain.clusters() {
            Ok(clusters) => clusters.pods(place).await?,
            Err(_) => Vec::new(),
        };
        for (_, pods) in clusters {
            for it in &pods {
                let images = image_ids(&it.pod).filter_map(|id| own(id, None));
                let machine = machine(it.architecture.as_deref(), it.level);
                runs.add(images.collect(), machine, &of_pod("", &it.pod, now));
            }
        }
        self.with_images_of_indexes(place, runs).await
    }
}

/// Repository and digest of an image.
type Of = (String, String);

/// What tasks and pods run: together those of the same images on machines that are alike.
#[derive(Debug, Default, PartialEq)]
struct Runs(BTreeMap<(BTreeSet<Of>, Machine), Used>);

/// An index that lists the image that is asked for.
type Index = (String, Arc<Choices>);

impl RunningImages {
    /// The machine of a container instance.
    fn machine_of(&self, at: &wharf_svc_ecs::Place, instance: &str) -> Machine {
        let architecture = self.ecs.architecture(at, instance);
        let level = self.ecs.processor_level(at, instance);
        machine(architecture.as_deref(), level)
    }

    /// The indexes that list an image: what tasks and pods tell is the digest that was pulled, which may be theirs.
    async fn indexes_of(&self, image: &NamedImage) -> Result<Vec<Index>, Fault> {
        let NamedImage {
            place, repository, ..
        } = image;
        let digest = image.digest.as_deref().and_then(|it| it.parse().ok());
        let Some(digest) = digest else {
            return Ok(Vec::new());
        };
        let (catalog, registry) = (&self.images.catalog, registry(place));
        let mut indexes = Vec::new();
        for index in catalog.indexes_of(&registry, repository, &digest).await? {
            let choices = catalog.choices(&registry, repository, &index).await?;
            indexes.extend(choices.map(|it| (index.to_string(), it)));
        }
        Ok(indexes)
    }

    /// The images that are in use: with an index that of its images which the machine runs.
    async fn with_images_of_indexes(&self, place: &Place, runs: Runs) -> Result<InUse, Fault> {
        let (catalog, registry) = (&self.images.catalog, registry(place));
        let mut known: BTreeMap<Of, Option<Arc<Choices>>> = BTreeMap::new();
        for (images, _) in runs.0.keys() {
            for image in images {
                if known.contains_key(image) {
                    continue;
                }
                let (repository, digest) = image;
                let choices = match digest.parse() {
                    Ok(digest) => catalog.choices(&registry, repository, &digest).await?,
                    Err(_) => None,
                };
                known.insert(image.clone(), choices);
            }
        }
        Ok(runs.with(&known))
    }
}

impl Runs {
    /// One task or pod.
    fn add(&mut self, images: BTreeSet<Of>, machine: Machine, one: &ImageUse) {
        if images.is_empty() {
            return;
        }
        let used = self.0.entry((images, machine)).or_default();
        used.count += i64::from(one.running);
        used.last = used.last.max(one.last_in_use);
    }

    /// A task or a pod counts once for each of its images, however many of its containers run it, and whether it names
    /// that or an index.
    fn with(self, indexes: &BTreeMap<Of, Option<Arc<Choices>>>) -> InUse {
        let mut in_use = InUse::default();
        for ((images, machine), used) in self.0 {
            let mut all = images.clone();
            for image in images {
                let Some(Some(choices)) = indexes.get(&image) else {
                    continue;
                };
                let chosen = choices.on(machine).into_iter();
                all.extend(chosen.map(|it| (image.0.clone(), it.to_string())));
            }
            for (repository, digest) in all {
                in_use.join(&repository, &digest, used);
            }
        }
        in_use
    }
}

/// A machine by what it says of itself; where that is nothing, its architecture is that of this build, which nearly all machines
/// share.
fn machine(architecture: Option<&str>, level: Option<u8>) -> Machine {
    let architecture = match architecture.unwrap_or(std::env::consts::ARCH) {
        "x86_64" | "amd64" => "amd64",
        "aarch64" | "arm64" => "arm64",
        // No node of wharf's is another.
        _ => "",
    };
    Machine {
        architecture,
        level,
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

/// Whether a container's image is the one that is asked for, or one of the indexes of which the machine runs it. `digest`: what
/// it runs, where its name does not say.
fn is_meant(
    image: &NamedImage,
    indexes: &[Index],
    named: &Named,
    digest: Option<&str>,
    machine: Machine,
) -> bool {
    let Place { account, region } = &image.place;
    if (account, region, &image.repository) != (&named.account, &named.region, &named.repository) {
        return false;
    }
    let Some(asked) = image.digest.as_deref() else {
        return true;
    };
    let Some(runs) = digest.or(named.digest.as_deref()) else {
        return false;
    };
    let chosen = |choices: &Choices| {
        let on = choices.on(machine);
        on.iter().any(|it| it.to_string() == asked)
    };
    let of_index = |(index, choices): &Index| index == runs && chosen(choices);
    runs == asked || indexes.iter().any(of_index)
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

    /// An index with an image for each of two architectures.
    fn choices() -> Arc<Choices> {
        let entry = |digest: &str, architecture: &str| json!({"digest": digest, "platform": {"os": "linux", "architecture": architecture}});
        let (amd64, arm64) = (&hex("a"), &hex("b"));
        let text = json!({"manifests": [entry(amd64, "amd64"), entry(arm64, "arm64")]});
        Arc::new(Choices::read(text.to_string().as_bytes()).unwrap())
    }

    fn hex(digit: &str) -> String {
        format!("sha256:{}", digit.repeat(64))
    }

    #[test]
    fn an_image_is_meant_by_its_repository_or_by_its_digest() {
        let (amd64, arm64, index) = (&*hex("a"), &*hex("b"), "sha256:index");
        let app = |digest: Option<&str>| named("1", "app", digest);
        for (asks, has, runs, meant) in [
            (None, app(None), None, true),
            (None, named("1", "other", None), None, false),
            (None, named("2", "app", None), None, false),
            (Some(amd64), app(None), Some(amd64), true),
            (Some(amd64), app(Some(amd64)), None, true),
            // It is what runs that counts, whatever the name says.
            (Some(amd64), app(Some(amd64)), Some("sha256:b"), false),
            (Some(amd64), app(None), None, false),
            (Some(amd64), app(None), Some(index), true),
            // The machine runs another image of that index.
            (Some(arm64), app(None), Some(index), false),
            (Some(index), app(None), Some(index), true),
        ] {
            let indexes = [(index.to_owned(), choices())];
            assert_eq!(
                is_meant(
                    &asked(asks),
                    &indexes,
                    &has,
                    runs,
                    machine(Some("amd64"), None)
                ),
                meant,
                "{asks:?} {has:?} {runs:?}"
            );
        }
    }

    #[test]
    fn an_index_is_in_use_with_the_image_that_its_machines_run() {
        let of = |digest: &str| ("app".to_owned(), digest.to_owned());
        let (amd64, arm64, index) = (&*hex("a"), &*hex("b"), "sha256:index");
        let pod = |last: i64, phase: &str| {
            let pod = json!({"status": {"phase": phase}});
            ImageUse {
                last_in_use: Timestamp(last),
                ..of_pod("c", &pod, Timestamp(0))
            }
        };
        let mut runs = Runs::default();
        runs.add(
            [of(index)].into(),
            machine(Some("x86_64"), None),
            &pod(9, "Running"),
        );
        runs.add(
            [of(index)].into(),
            machine(Some("x86_64"), None),
            &pod(8, "Running"),
        );
        // One that names both counts once.
        runs.add(
            [of(index), of(amd64)].into(),
            machine(Some("amd64"), None),
            &pod(7, "Running"),
        );
        runs.add(
            [of(amd64)].into(),
            machine(Some("amd64"), None),
            &pod(6, "Running"),
        );
        runs.add(
            [of(index)].into(),
            machine(Some("arm64"), None),
            &pod(5, "Succeeded"),
        );
        runs.add(
            [of(index)].into(),
            machine(Some("riscv64"), None),
            &pod(3, "Running"),
        );
        runs.add([].into(), machine(Some("amd64"), None), &pod(4, "Running"));
        let known = [(of(index), Some(choices())), (of(amd64), None)].into();
        let in_use = runs.with(&known);
        let shown: Vec<_> = in_use
            .each()
            .map(|(_, digest, used)| (digest, used.count, used.last.0))
            .collect();
        assert_eq!(shown, [(amd64, 4, 9), (arm64, 0, 5), (index, 4, 9)]);
    }

    /// Of variants one counts, where a machine says what its processor can do, and each that it may be where not.
    #[test]
    fn an_index_of_variants_is_in_use_with_the_one_that_the_processor_runs() {
        let entry = |digest: &str, variant: &str| {
            let platform = json!({"os": "linux", "architecture": "amd64", "variant": variant});
            json!({"digest": digest, "platform": platform})
        };
        let (v2, v3, index) = (&*hex("a"), &*hex("b"), "sha256:index");
        let text = json!({"manifests": [entry(v2, "v2"), entry(v3, "v3")]});
        let choices = Arc::new(Choices::read(text.to_string().as_bytes()).unwrap());
        let of = || ("app".to_owned(), index.to_owned());
        let pod = json!({"status": {"phase": "Running"}});
        let pod = of_pod("c", &pod, Timestamp(0));
        for (level, expected) in [
            (Some(2), vec![(v2, 1), (index, 1)]),
            (Some(4), vec![(v3, 1), (index, 1)]),
            (Some(1), vec![(index, 1)]),
            (None, vec![(v2, 1), (v3, 1), (index, 1)]),
        ] {
            let mut runs = Runs::default();
            runs.add([of()].into(), machine(Some("x86_64"), level), &pod);
            let in_use = runs.with(&[(of(), Some(choices.clone()))].into());
            let shown: Vec<_> = in_use
                .each()
                .map(|(_, digest, used)| (digest, used.count))
                .collect();
            assert_eq!(shown, expected, "{level:?}");
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
