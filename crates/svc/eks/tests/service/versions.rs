//! Versions of clusters and of their node groups: which there are, how a cluster goes on to the next, what is refused.

use serde_json::json;
use wharf_api_eks::{
    CancelUpdateRequest, CreateClusterRequest, CreateNodegroupRequest,
    DescribeAddonVersionsRequest, DescribeClusterVersionsRequest, DescribeNodegroupRequest,
    DescribeUpdateRequest, Eks as _, Nodegroup, NodegroupScalingConfig, Update,
    UpdateClusterVersionRequest, UpdateNodegroupVersionRequest,
};
use wharf_kube_client::kind;
use wharf_kube_model::Version;
use wharf_testkit::{call, refused, until};
use wharf_wire::Fault;

use crate::{Home, role};

const BAD: &str = "InvalidParameterException";

fn demo() -> Option<String> {
    Some("demo".to_owned())
}

impl Home {
    async fn of_version(&self, version: &str) {
        let request = CreateClusterRequest {
            version: Some(version.to_owned()),
            ..self.request("API")
        };
        self.eks.create_cluster(&call(), request).await.unwrap();
        self.is_active().await;
    }

    async fn is_active(&self) {
        until("the cluster is active", || async {
            self.status().await.as_deref() == Some("ACTIVE")
        })
        .await;
    }

    async fn version(&self) -> (Option<String>, Option<Version>) {
        let shown = self.describe().await.unwrap().cluster.unwrap().version;
        (shown, *self.planes.version.lock())
    }

    async fn go_to(&self, version: &str) -> Result<Update, Fault> {
        let request = UpdateClusterVersionRequest {
            name: demo(),
            version: Some(version.to_owned()),
            ..UpdateClusterVersionRequest::default()
        };
        self.go(request).await
    }

    async fn go(&self, request: UpdateClusterVersionRequest) -> Result<Update, Fault> {
        let made = self.eks.update_cluster_version(&call(), request).await?;
        Ok(made.update.unwrap())
    }

    async fn update_is(&self, of: &Update, group: Option<&str>, status: &str) {
        until(status, || async {
            let input = DescribeUpdateRequest {
                name: demo(),
                update_id: of.id.clone(),
                nodegroup_name: group.map(str::to_owned),
                ..DescribeUpdateRequest::default()
            };
            let found = self.eks.describe_update(&call(), input).await.unwrap();
            found.update.unwrap().status.as_deref() == Some(status)
        })
        .await;
    }

    async fn cancel(&self, id: Option<String>) -> Result<(), Fault> {
        let input = CancelUpdateRequest {
            name: demo(),
            update_id: id,
            ..CancelUpdateRequest::default()
        };
        self.eks.cancel_update(&call(), input).await.map(drop)
    }

    async fn group_of(&self, version: Option<&str>) -> Result<(), Fault> {
        let of = format!("nodes-{}", version.unwrap_or("any"));
        let request = CreateNodegroupRequest {
            cluster_name: demo(),
            nodegroup_name: Some("workers".to_owned()),
            version: version.map(str::to_owned),
            node_role: Some(role(&self.world, &of, "ec2.amazonaws.com").await),
            subnets: Some(self.subnets[..1].to_vec()),
            scaling_config: Some(NodegroupScalingConfig {
                min_size: Some(0),
                max_size: Some(2),
                desired_size: Some(0),
            }),
            ..CreateNodegroupRequest::default()
        };
        self.eks.create_nodegroup(&call(), request).await.map(drop)
    }

    async fn workers(&self) -> Nodegroup {
        let input = DescribeNodegroupRequest {
            cluster_name: demo(),
            nodegroup_name: Some("workers".to_owned()),
        };
        let found = self.eks.describe_nodegroup(&call(), input).await.unwrap();
        found.nodegroup.unwrap()
    }

    async fn workers_go_to(&self, version: &str) -> Result<Update, Fault> {
        let input = UpdateNodegroupVersionRequest {
            cluster_name: demo(),
            nodegroup_name: Some("workers".to_owned()),
            version: Some(version.to_owned()),
            ..UpdateNodegroupVersionRequest::default()
        };
        let made = self.eks.update_nodegroup_version(&call(), input).await?;
        Ok(made.update.unwrap())
    }
}

#[tokio::test]
async fn a_cluster_goes_to_the_next_version_over_a_restart() {
    let mut home = Home::new().await;
    home.of_version("1.35").await;
    let at = |it: Version| (Some(it.name().to_owned()), Some(it));
    assert_eq!(home.version().await, at(Version::V1_35));
    for (version, text) in [
        (
            "1.35",
            "Unsupported Kubernetes minor version update from 1.35 to 1.35",
        ),
        (
            "1.34",
            "Unsupported Kubernetes minor version update from 1.35 to 1.34",
        ),
        ("1.37", "unsupported Kubernetes version"),
        ("x", "unsupported Kubernetes version"),
    ] {
        refused(home.go_to(version).await, BAD, text);
    }
    // It waits in the middle, and the server is another one then.
    *home.planes.is_stuck.lock() = true;
    let request = UpdateClusterVersionRequest {
        name: demo(),
        version: Some("1.36".to_owned()),
        client_request_token: Some("t".to_owned()),
        ..UpdateClusterVersionRequest::default()
    };
    let update = home.go(request.clone()).await.unwrap();
    assert_eq!(update.type_.as_deref(), Some("VersionUpdate"));
    let params = update.params.clone().unwrap().into_iter();
    let params: Vec<_> = params
        .map(|it| it.type_.unwrap() + "=" + &it.value.unwrap())
        .collect();
    assert_eq!(params, ["Version=1.36", "PlatformVersion=eks.1"]);
    home.update_is(&update, None, "InProgress").await;
    assert_eq!(home.status().await.as_deref(), Some("UPDATING"));
    assert_eq!(home.version().await, at(Version::V1_35));
    let id = update.id.clone().unwrap();
    let text =
        format!("Cannot VersionUpdate because cluster demo currently has update {id} in progress");
    refused(home.go_to("1.36").await, "ResourceInUseException", &text);
    let text = format!("Update {id} of type VersionUpdate cannot be cancelled");
    let code = "InvalidRequestException";
    refused(home.cancel(update.id.clone()).await, code, &text);
    home.eks.restart();
    assert_eq!(home.version().await, at(Version::V1_35));
    *home.planes.is_stuck.lock() = false;
    home.is_active().await;
    assert_eq!(home.version().await, at(Version::V1_36));
    home.update_is(&update, None, "Successful").await;
    // The same request again has the same answer, another none.
    assert_eq!(home.go(request).await.unwrap().id, update.id);
    let text = "Unsupported Kubernetes minor version update from 1.36 to 1.34";
    refused(home.go_to("1.34").await, BAD, text);
    let text = format!("Update {id} is not in progress");
    refused(home.cancel(update.id).await, code, &text);
    let unknown = home.cancel(Some("none".to_owned())).await;
    refused(
        unknown,
        "ResourceNotFoundException",
        "No update found for ID: none",
    );
    home.eks.restart();
    home.is_active().await;
    assert_eq!(home.version().await, at(Version::V1_36));
    // It was there a moment ago.
    let back = home.go_to("1.35").await.unwrap();
    assert_eq!(back.type_.as_deref(), Some("VersionRollback"));
    home.update_is(&back, None, "Successful").await;
    assert_eq!(home.version().await, at(Version::V1_35));
}

#[tokio::test]
async fn nodes_that_are_too_old_come_first() {
    let home = Home::new().await;
    home.of_version("1.35").await;
    let node = json!({
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": "n1"},
        "status": {"nodeInfo": {"kubeletVersion": "v1.32.1"}},
    });
    let client = home.planes.kubernetes.client();
    client.create(&kind::NODE, "", &node).await.unwrap();
    let text = "Nodegroups n1 must be updated to match cluster version 1.35 before updating cluster version";
    refused(home.go_to("1.36").await, BAD, text);
    let request = UpdateClusterVersionRequest {
        name: demo(),
        version: Some("1.36".to_owned()),
        force: Some(true),
        ..UpdateClusterVersionRequest::default()
    };
    let update = home.go(request).await.unwrap();
    home.update_is(&update, None, "Successful").await;
}

#[tokio::test]
async fn a_node_group_follows_its_cluster() {
    let home = Home::new().await;
    home.of_version("1.35").await;
    let text = "Nodegroup Kubernetes version should be equal to Cluster kubernetes version 1.35 or NodeGroup kubernetes version 1.35";
    refused(home.group_of(Some("1.36")).await, BAD, text);
    let text = "unsupported Kubernetes version";
    refused(home.group_of(Some("1.2")).await, BAD, text);
    home.group_of(None).await.unwrap();
    let is = |of: &Nodegroup, version: Version| {
        assert_eq!(of.version.as_deref(), Some(version.name()));
        let release = of.release_version.clone().unwrap();
        assert!(
            release.starts_with(&format!("{}-", version.patch())),
            "{release}"
        );
    };
    until("the group is active", || async {
        home.workers().await.status.as_deref() == Some("ACTIVE")
    })
    .await;
    is(&home.workers().await, Version::V1_35);
    let text = "Nodegroup Kubernetes version should be equal to Cluster kubernetes version 1.35 or NodeGroup kubernetes version 1.35";
    refused(home.workers_go_to("1.36").await, BAD, text);
    let update = home.go_to("1.36").await.unwrap();
    home.update_is(&update, None, "Successful").await;
    is(&home.workers().await, Version::V1_35);
    let text = "Nodegroup is already at the latest version: no changes needed";
    refused(home.workers_go_to("1.35").await, BAD, text);
    let update = home.workers_go_to("1.36").await.unwrap();
    home.update_is(&update, Some("workers"), "Successful").await;
    is(&home.workers().await, Version::V1_36);
    // They go back before their cluster does.
    let update = home.workers_go_to("1.35").await.unwrap();
    home.update_is(&update, Some("workers"), "Successful").await;
    is(&home.workers().await, Version::V1_35);
}

#[tokio::test]
async fn versions_are_told_of_clusters_and_add_ons() {
    let home = Home::new().await;
    let all = |input| async {
        let found = home.eks.describe_cluster_versions(&call(), input).await;
        let found = found.unwrap().cluster_versions.unwrap().into_iter();
        let names = found
            .map(|it| it.cluster_version.unwrap() + " " + &it.kubernetes_patch_version.unwrap());
        names.collect::<Vec<_>>()
    };
    let every = all(DescribeClusterVersionsRequest::default()).await;
    assert_eq!(every, ["1.36 1.36.4", "1.35 1.35.8"]);
    let default = DescribeClusterVersionsRequest {
        default_only: Some(true),
        ..DescribeClusterVersionsRequest::default()
    };
    assert_eq!(all(default).await, ["1.36 1.36.4"]);
    for (version, number) in [("1.35", 7), ("1.36", 7), ("1.34", 0)] {
        let input = DescribeAddonVersionsRequest {
            kubernetes_version: Some(version.to_owned()),
            ..DescribeAddonVersionsRequest::default()
        };
        let found = home.eks.describe_addon_versions(&call(), input).await;
        let found = found.unwrap().addons.unwrap();
        assert_eq!(found.len(), number, "{version}");
        for it in found {
            let [of] = <[_; 1]>::try_from(it.addon_versions.unwrap()).unwrap();
            let fits = of.compatibilities.unwrap().into_iter();
            let fits: Vec<_> = fits.filter_map(|it| it.cluster_version).collect();
            assert_eq!(fits, [version]);
        }
    }
    let input = DescribeAddonVersionsRequest {
        addon_name: Some("coredns".to_owned()),
        ..DescribeAddonVersionsRequest::default()
    };
    let found = home.eks.describe_addon_versions(&call(), input).await;
    let [of] = <[_; 1]>::try_from(found.unwrap().addons.unwrap()).unwrap();
    let of = of.addon_versions.unwrap().remove(0);
    let fits = of.compatibilities.unwrap().into_iter();
    let fits: Vec<_> = fits.filter_map(|it| it.cluster_version).collect();
    assert_eq!(fits, ["1.36", "1.35"]);
}
