//! Node groups over real EC2 and IAM, an Auto Scaling group and a cluster's API that a test plays.

use std::sync::atomic::Ordering;

use serde_json::json;
use wharf_api_eks::{
    CreateNodegroupRequest, DeleteNodegroupRequest, DescribeNodegroupRequest,
    DescribeUpdateRequest, Eks as _, Issue, ListAccessEntriesRequest, Nodegroup,
    NodegroupScalingConfig, NodegroupUpdateConfig, Update, UpdateLabelsPayload,
    UpdateNodegroupConfigRequest,
};
use wharf_kube_client::kind;
use wharf_testkit::{call, refused, until};
use wharf_wire::Fault;

use crate::{Home, role};

const CLUSTER: &str = "demo";

impl Home {
    pub(crate) async fn group_request(&self) -> CreateNodegroupRequest {
        CreateNodegroupRequest {
            cluster_name: Some(CLUSTER.to_owned()),
            nodegroup_name: Some("workers".to_owned()),
            node_role: Some(role(&self.world, "nodes", "ec2.amazonaws.com").await),
            subnets: Some(self.subnets[..1].to_vec()),
            scaling_config: Some(NodegroupScalingConfig {
                min_size: Some(0),
                max_size: Some(2),
                desired_size: Some(1),
            }),
            ..CreateNodegroupRequest::default()
        }
    }

    async fn group(&self) -> Result<Nodegroup, Fault> {
        let input = DescribeNodegroupRequest {
            cluster_name: Some(CLUSTER.to_owned()),
            nodegroup_name: Some("workers".to_owned()),
        };
        let found = self.eks.describe_nodegroup(&call(), input).await?;
        Ok(found.nodegroup.unwrap())
    }

    async fn group_is(&self, status: &str) {
        until(status, || async {
            self.group().await.ok().and_then(|it| it.status).as_deref() == Some(status)
        })
        .await;
    }

    /// One without instances.
    pub(crate) async fn make_empty(&self, mut request: CreateNodegroupRequest) {
        if let Some(sizes) = &mut request.scaling_config {
            sizes.desired_size = Some(0);
        }
        self.eks.create_nodegroup(&call(), request).await.unwrap();
        self.group_is("ACTIVE").await;
    }

    /// The group has had its time, and has not come into being.
    async fn group_is_overdue(&self) {
        let quarter = 15 * 60;
        self.clock.0.fetch_add(quarter, Ordering::Relaxed);
        self.group_is("CREATE_FAILED").await;
    }

    async fn issues_of_group(&self) -> Vec<Issue> {
        self.group().await.unwrap().health.unwrap().issues.unwrap()
    }

    async fn update_group(&self, input: UpdateNodegroupConfigRequest) -> Result<Update, Fault> {
        let input = UpdateNodegroupConfigRequest {
            cluster_name: Some(CLUSTER.to_owned()),
            nodegroup_name: Some("workers".to_owned()),
            ..input
        };
        let made = self.eks.update_nodegroup_config(&call(), input).await?;
        Ok(made.update.unwrap())
    }

    /// Type, status and parameters of an update that has ended.
    async fn outcome_of_update(&self, update: Update) -> (String, String, Vec<(String, String)>) {
        let described = || async {
            let input = DescribeUpdateRequest {
                name: Some(CLUSTER.to_owned()),
                update_id: update.id.clone(),
                nodegroup_name: Some("workers".to_owned()),
                ..DescribeUpdateRequest::default()
            };
            let found = self.eks.describe_update(&call(), input).await.unwrap();
            found.update.unwrap()
        };
        until("the update has ended", || async {
            described().await.status.as_deref() != Some("InProgress")
        })
        .await;
        let found = described().await;
        let params = found.params.unwrap().into_iter();
        let params = params.map(|it| (it.type_.unwrap(), it.value.unwrap()));
        (
            found.type_.unwrap(),
            found.status.unwrap(),
            params.collect(),
        )
    }

    async fn delete_group(&self) {
        let input = DeleteNodegroupRequest {
            cluster_name: Some(CLUSTER.to_owned()),
            nodegroup_name: Some("workers".to_owned()),
        };
        self.eks.delete_nodegroup(&call(), input).await.unwrap();
        until("the group is gone", || async {
            self.group().await.is_err()
        })
        .await;
        let left = self.world.stored("/w1/c0/eks/").await;
        assert!(!left.contains("workers"), "{left}");
        assert!(self.scaling.group.lock().is_none());
    }
}

#[tokio::test]
async fn a_group_joins_changes_and_goes_over_restarts() {
    let mut home = Home::new().await;
    home.active("API").await;
    let request = home.group_request().await;
    let role = request.node_role.clone().unwrap();
    home.eks.create_nodegroup(&call(), request).await.unwrap();
    until("its Auto Scaling group", || async {
        home.scaling.group.lock().is_some()
    })
    .await;
    home.eks.restart();
    assert_eq!(
        home.group().await.unwrap().status.as_deref(),
        Some("CREATING")
    );
    home.scaling.launch("i-1");
    let node = json!({
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": "n1", "labels": {"eks.amazonaws.com/nodegroup": "workers"}},
        "spec": {"providerID": "aws:///zone/i-1"},
        "status": {"conditions": [{"type": "Ready", "status": "True"}]},
    });
    let client = home.planes.kubernetes.client();
    client.create(&kind::NODE, "", &node).await.unwrap();
    home.group_is("ACTIVE").await;
    let entries = ListAccessEntriesRequest {
        cluster_name: Some(CLUSTER.to_owned()),
        ..ListAccessEntriesRequest::default()
    };
    let found = home
        .eks
        .list_access_entries(&call(), entries.clone())
        .await
        .unwrap();
    assert!(found.access_entries.unwrap().contains(&role));

    let labels = UpdateLabelsPayload {
        add_or_update_labels: Some([("team".to_owned(), "blue".to_owned())].into()),
        ..UpdateLabelsPayload::default()
    };
    let input = UpdateNodegroupConfigRequest {
        cluster_name: Some(CLUSTER.to_owned()),
        nodegroup_name: Some("workers".to_owned()),
        labels: Some(labels),
        client_request_token: Some("t".to_owned()),
        ..UpdateNodegroupConfigRequest::default()
    };
    let update = home
        .eks
        .update_nodegroup_config(&call(), input.clone())
        .await
        .unwrap();
    let update = update.update.unwrap();
    until("the update has ended", || async {
        let input = DescribeUpdateRequest {
            name: Some(CLUSTER.to_owned()),
            update_id: update.id.clone(),
            nodegroup_name: Some("workers".to_owned()),
            ..DescribeUpdateRequest::default()
        };
        let found = home.eks.describe_update(&call(), input).await.unwrap();
        found.update.unwrap().status.as_deref() == Some("Successful")
    })
    .await;
    let node = client.get(&kind::NODE, "", "n1").await.unwrap();
    assert_eq!(node["metadata"]["labels"]["team"], "blue");
    let again = home
        .eks
        .update_nodegroup_config(&call(), input)
        .await
        .unwrap();
    assert_eq!(again.update.unwrap().id, update.id);

    home.delete_group().await;
    let nodes = client.list(&kind::NODE, &Default::default()).await.unwrap();
    assert!(nodes.items.is_empty());
    let found = home
        .eks
        .list_access_entries(&call(), entries)
        .await
        .unwrap();
    assert!(!found.access_entries.unwrap().contains(&role));
}

#[tokio::test]
async fn a_group_that_cannot_be_made_says_why() {
    let home = Home::new().await;
    home.active("API").await;
    let refusal = Fault::sender("AccessDenied", 403, "not for you");
    *home.scaling.refusal.lock() = Some(refusal);
    let request = home.group_request().await;
    home.eks
        .create_nodegroup(&call(), request.clone())
        .await
        .unwrap();
    home.group_is("CREATE_FAILED").await;
    let issues = home.group().await.unwrap().health.unwrap().issues.unwrap();
    assert_eq!(issues[0].code.as_deref(), Some("AccessDenied"));
    assert_eq!(issues[0].message.as_deref(), Some("not for you"));
    let again = home.eks.create_nodegroup(&call(), request).await;
    let text = "NodeGroup already exists with name workers and cluster name demo";
    refused(again, "ResourceInUseException", text);
    let input = wharf_api_eks::DeleteClusterRequest {
        name: Some(CLUSTER.to_owned()),
    };
    let kept = home.eks.delete_cluster(&call(), input).await;
    refused(
        kept,
        "ResourceInUseException",
        "Cluster has nodegroups attached",
    );
    home.delete_group().await;
}

#[tokio::test]
async fn a_group_that_cannot_go_says_why_and_goes_when_it_is_deleted_again() {
    let home = Home::new().await;
    home.active("API").await;
    home.make_empty(home.group_request().await).await;
    let refusal = Fault::sender("AccessDenied", 403, "not for you");
    *home.scaling.refusal.lock() = Some(refusal);
    let input = DeleteNodegroupRequest {
        cluster_name: Some(CLUSTER.to_owned()),
        nodegroup_name: Some("workers".to_owned()),
    };
    home.eks.delete_nodegroup(&call(), input).await.unwrap();
    home.group_is("DELETE_FAILED").await;
    let issues = home.group().await.unwrap().health.unwrap().issues.unwrap();
    assert_eq!(issues[0].code.as_deref(), Some("AccessDenied"));
    assert_eq!(issues[0].message.as_deref(), Some("not for you"));
    let update = UpdateNodegroupConfigRequest {
        cluster_name: Some(CLUSTER.to_owned()),
        nodegroup_name: Some("workers".to_owned()),
        ..UpdateNodegroupConfigRequest::default()
    };
    let changed = home.eks.update_nodegroup_config(&call(), update).await;
    let text = "Nodegroup cannot be updated as it is currently not in Active State";
    refused(changed, "InvalidRequestException", text);
    *home.scaling.refusal.lock() = None;
    home.delete_group().await;
}

#[tokio::test]
async fn a_group_is_not_scaled_to_nothing_said() {
    let home = Home::new().await;
    home.active("API").await;
    home.make_empty(home.group_request().await).await;
    let none = UpdateNodegroupConfigRequest {
        scaling_config: Some(NodegroupScalingConfig::default()),
        ..UpdateNodegroupConfigRequest::default()
    };
    let text = "Either all or at least one of minSize, maxSize, desiredSize must be provided";
    let refusal = home.update_group(none).await;
    refused(refusal, "InvalidParameterException", text);
}

#[tokio::test]
async fn without_entries_the_role_is_mapped_while_there_is_a_group() {
    let home = Home::new().await;
    home.active("CONFIG_MAP").await;
    let mut request = home.group_request().await;
    if let Some(sizes) = &mut request.scaling_config {
        sizes.desired_size = Some(0);
    }
    let role = request.node_role.clone().unwrap();
    home.eks.create_nodegroup(&call(), request).await.unwrap();
    home.group_is("ACTIVE").await;
    let roles = home.map_roles().await.unwrap();
    let expected = format!(
        "- groups:\n  - system:bootstrappers\n  - system:nodes\n  rolearn: {role}\n  username: system:node:{{{{EC2PrivateDNSName}}}}\n"
    );
    assert_eq!(roles, expected);
    home.delete_group().await;
    assert_eq!(home.map_roles().await.as_deref(), Some(""));
}

#[tokio::test]
async fn a_map_that_is_no_list_fails_the_group_and_stays() {
    let home = Home::new().await;
    home.active("CONFIG_MAP").await;
    home.given_roles("nodes: all\n").await;
    let request = home.group_request().await;
    home.eks.create_nodegroup(&call(), request).await.unwrap();
    home.group_is("CREATE_FAILED").await;
    let issues = home.group().await.unwrap().health.unwrap().issues.unwrap();
    assert_eq!(issues[0].code.as_deref(), Some("AccessDenied"));
    assert_eq!(
        issues[0].message.as_deref(),
        Some(
            "mapRoles of the ConfigMap kube-system/aws-auth is no list that an entry can be added to"
        )
    );
    home.delete_group().await;
    assert_eq!(home.map_roles().await.as_deref(), Some("nodes: all\n"));
}

#[tokio::test]
async fn a_group_has_an_entry_as_soon_as_its_cluster_has_any() {
    let home = Home::new().await;
    home.active("CONFIG_MAP").await;
    let mut request = home.group_request().await;
    if let Some(sizes) = &mut request.scaling_config {
        sizes.desired_size = Some(0);
    }
    let role = request.node_role.clone().unwrap();
    home.eks.create_nodegroup(&call(), request).await.unwrap();
    home.group_is("ACTIVE").await;
    home.go_to_mode("API_AND_CONFIG_MAP").await;
    let entries = || async {
        let input = ListAccessEntriesRequest {
            cluster_name: Some(CLUSTER.to_owned()),
            ..ListAccessEntriesRequest::default()
        };
        let found = home.eks.list_access_entries(&call(), input).await.unwrap();
        found.access_entries.unwrap()
    };
    assert_eq!(entries().await, [role]);
    home.delete_group().await;
    assert!(entries().await.is_empty());
    assert_eq!(home.map_roles().await.as_deref(), Some(""));
}

#[tokio::test]
async fn a_group_waits_for_its_cluster() {
    let home = Home::new().await;
    *home.planes.is_stuck.lock() = true;
    let made = home.eks.create_cluster(&call(), home.request("API")).await;
    made.unwrap();
    let request = home.group_request().await;
    let made = home.eks.create_nodegroup(&call(), request).await;
    let text = "Cluster 'demo' is not in ACTIVE status";
    refused(made, "InvalidRequestException", text);
}

fn sized(desired: i32) -> UpdateNodegroupConfigRequest {
    UpdateNodegroupConfigRequest {
        scaling_config: Some(NodegroupScalingConfig {
            desired_size: Some(desired),
            ..NodegroupScalingConfig::default()
        }),
        ..UpdateNodegroupConfigRequest::default()
    }
}

fn unavailable(
    number: Option<i32>,
    percent: Option<i32>,
    strategy: Option<&str>,
) -> UpdateNodegroupConfigRequest {
    UpdateNodegroupConfigRequest {
        update_config: Some(NodegroupUpdateConfig {
            max_unavailable: number,
            max_unavailable_percentage: percent,
            update_strategy: strategy.map(str::to_owned),
        }),
        ..UpdateNodegroupConfigRequest::default()
    }
}

#[tokio::test]
async fn a_group_whose_instances_do_not_join_fails() {
    let home = Home::new().await;
    home.active("API").await;
    let request = home.group_request().await;
    home.eks.create_nodegroup(&call(), request).await.unwrap();
    until("its Auto Scaling group", || async {
        home.scaling.group.lock().is_some()
    })
    .await;
    home.scaling.launch("i-1");
    let looks = || home.scaling.looks.load(Ordering::Relaxed);
    let before = looks();
    until("it is seen", || async { looks() > before }).await;
    home.group_is_overdue().await;
    let issue = Issue {
        code: Some("NodeCreationFailure".to_owned()),
        message: Some("Instances failed to join the kubernetes cluster".to_owned()),
        resource_ids: Some(vec!["i-1".to_owned()]),
    };
    assert_eq!(home.issues_of_group().await, [issue]);
    home.delete_group().await;
}

/// As Auto Scaling says it, also of an active group.
#[tokio::test]
async fn a_group_whose_instances_do_not_start_says_why() {
    const WHY: &str = "Could not launch On-Demand Instances. VcpuLimitExceeded - no more. Launching EC2 instance failed.";
    let home = Home::new().await;
    home.active("API").await;
    let request = home.group_request().await;
    home.eks
        .create_nodegroup(&call(), request.clone())
        .await
        .unwrap();
    until("its Auto Scaling group", || async {
        home.scaling.group.lock().is_some()
    })
    .await;
    home.scaling.tried("Failed", Some(WHY));
    home.scaling.tried("InProgress", None);
    home.group_is_overdue().await;
    let issues = home.issues_of_group().await;
    let [issue] = issues.as_slice() else {
        panic!("{issues:?}");
    };
    assert_eq!(issue.code.as_deref(), Some("AsgInstanceLaunchFailures"));
    assert_eq!(issue.message.as_deref(), Some(WHY));
    let resources = home.group().await.unwrap().resources.unwrap();
    let own = resources.auto_scaling_groups.unwrap().remove(0).name;
    assert_eq!(issue.resource_ids, Some(vec![own.unwrap()]));
    home.delete_group().await;

    home.make_empty(request).await;
    assert!(home.issues_of_group().await.is_empty());
    home.update_group(sized(1)).await.unwrap();
    home.group_is("DEGRADED").await;
    let issue = home.issues_of_group().await.remove(0);
    assert_eq!(issue.code.as_deref(), Some("AsgInstanceLaunchFailures"));
    assert_eq!(issue.message.as_deref(), Some(WHY));
    // It may be changed nevertheless. What failed before something else was launched is over.
    home.scaling.tried("Successful", None);
    let input = unavailable(Some(2), None, None);
    let update = home.update_group(input).await.unwrap();
    assert_eq!(home.outcome_of_update(update).await.1, "Successful");
    until("the group is well", || async {
        home.issues_of_group().await.is_empty()
    })
    .await;
    home.group_is("ACTIVE").await;
    home.delete_group().await;
}

#[tokio::test]
async fn how_many_nodes_an_update_takes_away_changes() {
    let home = Home::new().await;
    home.active("API").await;
    home.make_empty(home.group_request().await).await;
    let shown = || async {
        let shown = home.group().await.unwrap().update_config.unwrap();
        let strategy = shown.update_strategy.unwrap();
        (
            shown.max_unavailable,
            shown.max_unavailable_percentage,
            strategy,
        )
    };
    assert_eq!(shown().await, (Some(1), None, "DEFAULT".to_owned()));
    let input = unavailable(None, Some(50), Some("MINIMAL"));
    let update = home.update_group(input).await.unwrap();
    let params = [
        ("MaxUnavailablePercentage", "50"),
        ("UpdateStrategy", "MINIMAL"),
    ];
    let params = params.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let expected = (
        "ConfigUpdate".to_owned(),
        "Successful".to_owned(),
        params.to_vec(),
    );
    assert_eq!(home.outcome_of_update(update).await, expected);
    assert_eq!(shown().await, (None, Some(50), "MINIMAL".to_owned()));
    home.group_is("ACTIVE").await;
    // What is not said stays.
    let input = unavailable(Some(2), None, None);
    let update = home.update_group(input).await.unwrap();
    let params = vec![("MaxUnavailable".to_owned(), "2".to_owned())];
    assert_eq!(home.outcome_of_update(update).await.2, params);
    assert_eq!(shown().await, (Some(2), None, "MINIMAL".to_owned()));
    home.group_is("ACTIVE").await;
    let within = "maxUnavailable and maxUnavailablePercentage must be between 1 and 100";
    let one = "Only one of maxUnavailable and maxUnavailablePercentage can be specified";
    let nothing = "No changes needed for the nodegroup config provided";
    for (input, text) in [
        (unavailable(Some(0), None, None), within),
        (unavailable(None, Some(101), None), within),
        (unavailable(Some(1), Some(1), None), one),
        (unavailable(None, None, None), nothing),
    ] {
        let changed = home.update_group(input).await;
        refused(changed, "InvalidParameterException", text);
    }
    home.delete_group().await;
}
