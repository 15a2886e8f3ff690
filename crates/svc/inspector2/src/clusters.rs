//! Which clusters run an image: what ECS and Kubernetes know of their tasks and pods, put together by cluster. Pure.

use std::collections::{BTreeMap, BTreeSet};

use wharf_api_inspector2::*;
use wharf_base::Timestamp;
use wharf_service::Place;
use wharf_wire::{Fault, async_trait};

use crate::in_use::InUse;

/// What is shown of one cluster, and of a namespace's workloads, as the model has it.
const MOST_DETAILS: usize = 100;

/// The image that is asked for: all of a repository without a digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedImage {
    pub place: Place,
    pub repository: String,
    /// `sha256:…`
    pub digest: Option<String>,
}

impl NamedImage {
    /// Reads the ARN of a repository or of an image in it.
    pub(crate) fn read(arn: &str) -> Option<Self> {
        let mut parts = arn.splitn(6, ':');
        let (_, _, service) = (parts.next()?, parts.next()?, parts.next()?);
        let (region, account) = (parts.next()?, parts.next()?);
        let path = parts.next()?.strip_prefix("repository/")?;
        let (repository, digest) = match path.split_once("/sha256:") {
            Some((name, hex)) => (name, Some(format!("sha256:{hex}"))),
            None => (path, None),
        };
        (service == "ecr").then(|| Self {
            place: Place::new(account, region),
            repository: repository.to_owned(),
            digest,
        })
    }
}

/// What runs an image, or did so lately: a task or a pod.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageUse {
    pub cluster_arn: String,
    pub unit: Unit,
    pub running: bool,
    /// Now, of one that is running.
    pub last_in_use: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Unit {
    Task {
        group: String,
        definition_arn: String,
    },
    Pod {
        namespace: String,
        /// What keeps it running, else the pod itself.
        kind: String,
        name: String,
    },
}

/// Who knows what runs.
#[async_trait]
pub trait RunsImages: Send + Sync + 'static {
    /// What runs the image in the clusters of a place.
    ///
    /// # Errors
    /// The store's.
    async fn uses(&self, place: &Place, image: &NamedImage) -> Result<Vec<ImageUse>, Fault>;

    /// The images of a place's own registry that are run in its clusters, or were of late.
    ///
    /// # Errors
    /// The store's.
    async fn in_use(&self, place: &Place) -> Result<InUse, Fault>;
}

/// What tasks of a group by one definition come to, or pods of a namespace.
#[derive(Debug, Default)]
struct Group {
    running: i64,
    stopped: i64,
    last_in_use: Timestamp,
    workloads: BTreeSet<(String, String)>,
}

/// By the ARNs of clusters, in their order.
pub(crate) fn by_cluster(uses: Vec<ImageUse>) -> Vec<ClusterInformation> {
    let mut clusters: BTreeMap<String, BTreeMap<(String, String, bool), Group>> = BTreeMap::new();
    for it in uses {
        let (key, workload) = match it.unit {
            Unit::Task {
                group,
                definition_arn,
            } => ((group, definition_arn, true), None),
            Unit::Pod {
                namespace,
                kind,
                name,
            } => ((namespace, String::new(), false), Some((name, kind))),
        };
        let groups = clusters.entry(it.cluster_arn).or_default();
        let group = groups.entry(key).or_default();
        match it.running {
            true => group.running += 1,
            false => group.stopped += 1,
        }
        group.last_in_use = group.last_in_use.max(it.last_in_use);
        group.workloads.extend(workload);
    }
    let shown = clusters.into_iter().map(|(arn, groups)| {
        let mut groups: Vec<_> = groups.into_iter().collect();
        // Where not all can be shown, those that run most.
        groups.sort_by_key(|(_, other)| std::cmp::Reverse(other.running));
        groups.truncate(MOST_DETAILS);
        ClusterInformation {
            cluster_arn: Some(arn),
            cluster_details: Some(groups.into_iter().map(details).collect()),
        }
    });
    shown.collect()
}

fn details(
    ((name, definition, is_task), group): ((String, String, bool), Group),
) -> ClusterDetails {
    let workload = |(name, kind): (String, String)| AwsEksWorkloadInfo {
        name: Some(name),
        type_: Some(kind),
    };
    let metadata = match is_task {
        true => ClusterMetadata {
            aws_ecs_metadata_details: Some(AwsEcsMetadataDetails {
                details_group: Some(name),
                task_definition_arn: Some(definition),
            }),
            ..ClusterMetadata::default()
        },
        false => ClusterMetadata {
            aws_eks_metadata_details: Some(AwsEksMetadataDetails {
                namespace: Some(name),
                workload_info_list: Some(
                    (group.workloads.into_iter().take(MOST_DETAILS))
                        .map(workload)
                        .collect(),
                ),
            }),
            ..ClusterMetadata::default()
        },
    };
    ClusterDetails {
        last_in_use: Some(group.last_in_use),
        running_unit_count: Some(group.running),
        stopped_unit_count: Some(group.stopped),
        cluster_metadata: Some(metadata),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arns_of_repositories_and_images() {
        let read = |arn: &str| {
            let it = NamedImage::read(arn)?;
            let Place { account, region } = it.place;
            Some((account, region, it.repository, it.digest))
        };
        let text = |it: &str| it.to_owned();
        let repository = "arn:aws:ecr:eu-west-1:111111111111:repository/team/app";
        let expected = |digest| {
            (
                text("111111111111"),
                text("eu-west-1"),
                text("team/app"),
                digest,
            )
        };
        assert_eq!(read(repository), Some(expected(None)));
        let digest = format!("sha256:{}", "a".repeat(64));
        let image = format!("{repository}/{digest}");
        assert_eq!(read(&image), Some(expected(Some(digest))));
        for wrong in ["", "arn:aws:ecr:r:1:app", "arn:aws:s3:r:1:repository/app"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn uses_are_put_together_by_cluster_and_group() {
        let task = |cluster: &str, group: &str, running, at| ImageUse {
            cluster_arn: cluster.to_owned(),
            unit: Unit::Task {
                group: group.to_owned(),
                definition_arn: "d:1".to_owned(),
            },
            running,
            last_in_use: Timestamp(at),
        };
        let pod = |name: &str, running| ImageUse {
            cluster_arn: "eks".to_owned(),
            unit: Unit::Pod {
                namespace: "shop".to_owned(),
                kind: "Deployment".to_owned(),
                name: name.to_owned(),
            },
            running,
            last_in_use: Timestamp(1),
        };
        let shown = by_cluster(vec![
            task("z", "service:web", true, 9),
            task("z", "service:web", false, 5),
            task("z", "family:job", false, 3),
            task("a", "service:web", true, 9),
            pod("web", true),
            pod("web", true),
            pod("api", false),
        ]);
        let counts: Vec<_> = shown
            .iter()
            .map(|it| {
                let details = it.cluster_details.iter().flatten();
                let counts = details.map(|it| {
                    let at = it.last_in_use.map(|it| it.0);
                    (at, it.running_unit_count, it.stopped_unit_count)
                });
                (it.cluster_arn.as_deref(), counts.collect::<Vec<_>>())
            })
            .collect();
        let one = |at, running, stopped| (Some(at), Some(running), Some(stopped));
        let expected = vec![
            (Some("a"), vec![one(9, 1, 0)]),
            (Some("eks"), vec![one(1, 2, 1)]),
            (Some("z"), vec![one(9, 1, 1), one(3, 0, 1)]),
        ];
        assert_eq!(counts, expected);
        let metadata = |cluster: usize| {
            let details = shown[cluster].cluster_details.as_ref().unwrap();
            details[0].cluster_metadata.clone().unwrap()
        };
        let ecs = metadata(0).aws_ecs_metadata_details.unwrap();
        assert_eq!(ecs.details_group.as_deref(), Some("service:web"));
        let eks = metadata(1).aws_eks_metadata_details.unwrap();
        let names = eks.workload_info_list.unwrap().into_iter();
        let names: Vec<_> = names.filter_map(|it| it.name).collect();
        assert_eq!(names, ["api", "web"]);
    }

    #[test]
    fn what_is_shown_of_a_cluster_is_bounded() {
        let uses = (0..300).map(|number| ImageUse {
            cluster_arn: "c".to_owned(),
            unit: Unit::Task {
                group: format!("family:{number:03}"),
                definition_arn: "d:1".to_owned(),
            },
            running: number == 299,
            last_in_use: Timestamp(0),
        });
        let shown = by_cluster(uses.collect());
        let details = shown[0].cluster_details.as_ref().unwrap();
        assert_eq!(details.len(), MOST_DETAILS);
        assert_eq!(
            details[0].running_unit_count,
            Some(1),
            "those that run come first"
        );
    }
}
