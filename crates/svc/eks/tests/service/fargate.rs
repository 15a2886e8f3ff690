//! Fargate profiles: made, shown and deleted, with their pods and the entries of their roles.

use serde_json::json;
use wharf_api_ec2::{
    AssociateRouteTableRequest, CreateRouteTableRequest, CreateSubnetRequest,
    DescribeSubnetsRequest, Ec2 as _,
};
use wharf_api_eks::{
    CreateFargateProfileRequest, DeleteClusterRequest, DeleteFargateProfileRequest,
    DescribeAccessEntryRequest, DescribeFargateProfileRequest, Eks as _, FargateProfile,
    FargateProfileSelector, ListFargateProfilesRequest,
};
use wharf_kube_client::kind;
use wharf_kube_model::fargate::{PROFILE_LABEL, SCHEDULER};
use wharf_testkit::{call, refused, until};
use wharf_wire::Fault;

use crate::{Home, place, role, role_at};

const INVALID: &str = "InvalidParameterException";
const IN_USE: &str = "ResourceInUseException";

fn demo() -> Option<String> {
    Some("demo".to_owned())
}

impl Home {
    /// A subnet that no route leads out of.
    async fn private_subnet(&self) -> String {
        let (ec2, call) = (&self.world.ec2, call());
        let input = DescribeSubnetsRequest {
            subnet_ids: Some(vec![self.subnets[0].clone()]),
            ..DescribeSubnetsRequest::default()
        };
        let found = ec2.describe_subnets(&call, input).await.unwrap();
        let vpc = found.subnets.unwrap()[0].vpc_id.clone();
        let input = CreateSubnetRequest {
            vpc_id: vpc.clone(),
            cidr_block: Some("172.31.96.0/24".to_owned()),
            ..CreateSubnetRequest::default()
        };
        let made = ec2.create_subnet(&call, input).await.unwrap();
        let subnet = made.subnet.unwrap().subnet_id;
        let input = CreateRouteTableRequest {
            vpc_id: vpc,
            ..CreateRouteTableRequest::default()
        };
        let made = ec2.create_route_table(&call, input).await.unwrap();
        let input = AssociateRouteTableRequest {
            route_table_id: made.route_table.unwrap().route_table_id,
            subnet_id: subnet.clone(),
            ..AssociateRouteTableRequest::default()
        };
        ec2.associate_route_table(&call, input).await.unwrap();
        subnet.unwrap()
    }

    async fn profile(&self, name: &str) -> Result<FargateProfile, Fault> {
        let input = DescribeFargateProfileRequest {
            cluster_name: demo(),
            fargate_profile_name: Some(name.to_owned()),
        };
        let found = self.eks.describe_fargate_profile(&call(), input).await?;
        Ok(found.fargate_profile.unwrap())
    }

    async fn profile_is(&self, name: &str, status: &str) -> FargateProfile {
        until(status, || async {
            let found = self.profile(name).await;
            found.is_ok_and(|it| it.status.as_deref() == Some(status))
        })
        .await;
        self.profile(name).await.unwrap()
    }

    async fn make_profile(
        &self,
        input: CreateFargateProfileRequest,
    ) -> Result<FargateProfile, Fault> {
        let made = self.eks.create_fargate_profile(&call(), input).await?;
        Ok(made.fargate_profile.unwrap())
    }

    async fn delete_profile(&self, name: &str) -> Result<FargateProfile, Fault> {
        let input = DeleteFargateProfileRequest {
            cluster_name: demo(),
            fargate_profile_name: Some(name.to_owned()),
        };
        let gone = self.eks.delete_fargate_profile(&call(), input).await?;
        Ok(gone.fargate_profile.unwrap())
    }

    async fn entry_type(&self, role: &str) -> Option<String> {
        let input = DescribeAccessEntryRequest {
            cluster_name: demo(),
            principal_arn: Some(role.to_owned()),
        };
        let found = self.eks.describe_access_entry(&call(), input).await.ok()?;
        found.access_entry?.type_
    }
}

fn request(name: &str, role: &str, subnet: &str) -> CreateFargateProfileRequest {
    CreateFargateProfileRequest {
        cluster_name: demo(),
        fargate_profile_name: Some(name.to_owned()),
        pod_execution_role_arn: Some(role.to_owned()),
        subnets: Some(vec![subnet.to_owned()]),
        selectors: Some(vec![FargateProfileSelector {
            namespace: Some("web".to_owned()),
            labels: None,
        }]),
        client_request_token: Some(format!("token-{name}")),
        ..CreateFargateProfileRequest::default()
    }
}

#[tokio::test]
async fn a_profile_comes_and_goes_with_its_pods() {
    let home = Home::new().await;
    home.active("API").await;
    let subnet = home.private_subnet().await;
    let pods = role(&home.world, "pods", "eks-fargate-pods.amazonaws.com").await;
    let asked = request("one", &pods, &subnet);
    let made = home.make_profile(asked.clone()).await.unwrap();
    assert_eq!(made.status.as_deref(), Some("CREATING"));
    home.profile_is("one", "ACTIVE").await;
    let again = home.make_profile(asked.clone()).await.unwrap();
    assert_eq!(again.fargate_profile_arn, made.fargate_profile_arn);
    let other = CreateFargateProfileRequest {
        client_request_token: Some("other".to_owned()),
        ..asked
    };
    let exists = "A Fargate Profile already exists with this name in this cluster.";
    refused(home.make_profile(other).await, IN_USE, exists);
    assert_eq!(
        home.entry_type(&pods).await.as_deref(),
        Some("FARGATE_LINUX")
    );
    let active = home
        .eks
        .fargate_profiles(&place(), &home.id())
        .await
        .unwrap();
    assert_eq!(active[0].of.name, "one");
    assert_eq!(active[0].subnets, std::slice::from_ref(&subnet));

    // A second one has the same role.
    home.make_profile(request("two", &pods, &subnet))
        .await
        .unwrap();
    home.profile_is("two", "ACTIVE").await;
    let input = ListFargateProfilesRequest {
        cluster_name: demo(),
        ..ListFargateProfilesRequest::default()
    };
    let listed = home
        .eks
        .list_fargate_profiles(&call(), input)
        .await
        .unwrap();
    assert_eq!(listed.fargate_profile_names.unwrap(), ["one", "two"]);
    let input = DeleteClusterRequest { name: demo() };
    let busy = "Cluster has Fargate Profiles in ACTIVE/CREATING state";
    refused(home.eks.delete_cluster(&call(), input).await, IN_USE, busy);

    // It waits for a pod that does not go.
    let client = home.planes.kubernetes.client();
    let held = json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": "held", "namespace": "web", "labels": {PROFILE_LABEL: "one"}, "finalizers": ["test/held"]},
        "spec": {"schedulerName": SCHEDULER},
    });
    client.create(&kind::POD, "web", &held).await.unwrap();
    let gone = home.delete_profile("one").await.unwrap();
    assert_eq!(gone.status.as_deref(), Some("DELETING"));
    let text = "Cannot Delete Fargate Profile two because cluster demo currently has Fargate profile one in status DELETING";
    refused(home.delete_profile("two").await, IN_USE, text);
    let text = "Cannot create Fargate Profile three because cluster demo currently has Fargate profile one in status DELETING";
    let made = home.make_profile(request("three", &pods, &subnet)).await;
    refused(made, IN_USE, text);
    let active = home
        .eks
        .fargate_profiles(&place(), &home.id())
        .await
        .unwrap();
    assert_eq!(active.len(), 1);
    until("the pod is asked to go", || async {
        let pod = client.get(&kind::POD, "web", "held").await.unwrap();
        pod["metadata"]["deletionTimestamp"].is_string()
    })
    .await;
    let mut pod = client.get(&kind::POD, "web", "held").await.unwrap();
    pod["metadata"]["finalizers"] = json!([]);
    client.update(&kind::POD, &pod).await.unwrap();
    until("the profile is gone", || async {
        home.profile("one").await.is_err()
    })
    .await;
    // The entry stays for the other one, and goes with it.
    assert!(home.entry_type(&pods).await.is_some());
    home.delete_profile("two").await.unwrap();
    until("the other is gone", || async {
        home.profile("two").await.is_err()
    })
    .await;
    assert!(home.entry_type(&pods).await.is_none());
    let input = DeleteClusterRequest { name: demo() };
    home.eks.delete_cluster(&call(), input).await.unwrap();
}

#[tokio::test]
async fn what_is_no_profile_is_refused() {
    let home = Home::new().await;
    home.active("API").await;
    let subnet = home.private_subnet().await;
    let pods = role(&home.world, "pods", "eks-fargate-pods.amazonaws.com").await;
    let public = &home.subnets[0];
    let text = format!("Subnet {public} provided in Fargate Profile is not a private subnet");
    let made = home.make_profile(request("a", &pods, public)).await;
    refused(made, INVALID, &text);
    let text = "Misconfigured PodExecutionRole Trust Policy; Please add the eks-fargate-pods.amazonaws.com Service Principal";
    let made = home.make_profile(request("a", &home.role, &subnet)).await;
    refused(made, INVALID, text);
    refused(
        home.profile("a").await,
        "ResourceNotFoundException",
        "No Fargate Profile found with name: a.",
    );
}

#[tokio::test]
async fn a_profile_has_the_private_subnets_of_its_cluster_where_none_are_named() {
    let mut home = Home::new().await;
    let private = home.private_subnet().await;
    home.subnets.push(private.clone());
    home.active("API").await;
    let pods = role(&home.world, "pods", "eks-fargate-pods.amazonaws.com").await;
    for (name, subnets) in [("a", None), ("b", Some(Vec::new()))] {
        let input = CreateFargateProfileRequest {
            subnets,
            ..request(name, &pods, &private)
        };
        let made = home.make_profile(input).await.unwrap();
        assert_eq!(made.subnets, Some(vec![private.clone()]));
        home.profile_is(name, "ACTIVE").await;
    }
}

#[tokio::test]
async fn a_role_that_has_another_entry_fails_the_profile() {
    let home = Home::new().await;
    home.active("API").await;
    let subnet = home.private_subnet().await;
    let pods = role(&home.world, "pods", "eks-fargate-pods.amazonaws.com").await;
    let input = wharf_api_eks::CreateAccessEntryRequest {
        cluster_name: demo(),
        principal_arn: Some(pods.clone()),
        ..Default::default()
    };
    home.eks.create_access_entry(&call(), input).await.unwrap();
    home.make_profile(request("a", &pods, &subnet))
        .await
        .unwrap();
    let failed = home.profile_is("a", "CREATE_FAILED").await;
    let issues = failed.health.unwrap().issues.unwrap();
    assert_eq!(
        issues[0].code.as_deref(),
        Some("PodExecutionRoleAlreadyInUse")
    );
    home.delete_profile("a").await.unwrap();
    until("it is gone", || async { home.profile("a").await.is_err() }).await;
    assert_eq!(home.entry_type(&pods).await.as_deref(), Some("STANDARD"));
}

#[tokio::test]
async fn without_entries_the_role_is_mapped() {
    let home = Home::new().await;
    home.active("CONFIG_MAP").await;
    let subnet = home.private_subnet().await;
    let pods = role(&home.world, "pods", "eks-fargate-pods.amazonaws.com").await;
    home.make_profile(request("a", &pods, &subnet))
        .await
        .unwrap();
    home.profile_is("a", "ACTIVE").await;
    let roles = home.map_roles().await.unwrap();
    assert!(roles.contains(&pods) && roles.contains("system:node:{{SessionName}}"));
    assert!(roles.contains("  - system:node-proxier\n"));
    home.make_profile(request("b", &pods, &subnet))
        .await
        .unwrap();
    home.profile_is("b", "ACTIVE").await;
    assert_eq!(home.map_roles().await.as_ref(), Some(&roles));
    // It stays for the other one, and goes with it.
    for (name, left) in [("a", roles.as_str()), ("b", "")] {
        home.delete_profile(name).await.unwrap();
        until("the profile is gone", || async {
            home.profile(name).await.is_err()
        })
        .await;
        assert_eq!(home.map_roles().await.as_deref(), Some(left));
    }
}

/// A role of a similar name is another one, and somebody else writes the map at the same time.
#[tokio::test]
async fn a_role_with_a_path_is_mapped_beside_those_of_users() {
    let home = Home::new().await;
    home.active("CONFIG_MAP").await;
    let subnet = home.private_subnet().await;
    let service = "eks-fargate-pods.amazonaws.com";
    let pods = role_at(&home.world, "/team/blue/", "pods", service).await;
    let mapped = pods.replace("role/team/blue/", "role/");
    assert_ne!(mapped, pods);
    let users = format!(
        "# by hand\n- rolearn: {mapped}-big\n  username: system:node:{{{{SessionName}}}}\n  groups: [system:nodes]\n"
    );
    home.given_roles(&users).await;
    home.planes.kubernetes.overtake(1);
    home.make_profile(request("a", &pods, &subnet))
        .await
        .unwrap();
    home.profile_is("a", "ACTIVE").await;
    let roles = home.map_roles().await.unwrap();
    assert!(roles.starts_with(&users), "{roles}");
    assert!(roles.contains(&format!("  rolearn: {mapped}\n")), "{roles}");
    home.planes.kubernetes.overtake(1);
    home.delete_profile("a").await.unwrap();
    until("the profile is gone", || async {
        home.profile("a").await.is_err()
    })
    .await;
    assert_eq!(home.map_roles().await, Some(users));
}

/// Nodes of the two kinds enter by different names, and in the map one entry of a role counts.
#[tokio::test]
async fn without_entries_a_role_is_of_profiles_or_of_node_groups() {
    let home = Home::new().await;
    home.active("CONFIG_MAP").await;
    let subnet = home.private_subnet().await;
    let services = json!(["ec2.amazonaws.com", "eks-fargate-pods.amazonaws.com"]);
    let shared = role_at(&home.world, "/", "shared", services).await;
    let mut group = home.group_request().await;
    group.node_role = Some(shared.clone());
    home.make_profile(request("a", &shared, &subnet))
        .await
        .unwrap();
    home.profile_is("a", "ACTIVE").await;
    let made = home.eks.create_nodegroup(&call(), group.clone()).await;
    let text = format!(
        "The role {shared} is that of the Fargate profile a, which must have a different role than node groups."
    );
    refused(made, INVALID, &text);
    home.delete_profile("a").await.unwrap();
    until("it is gone", || async { home.profile("a").await.is_err() }).await;

    home.make_empty(group).await;
    let roles = home.map_roles().await.unwrap();
    assert!(roles.contains("system:node:{{EC2PrivateDNSName}}"));
    home.make_profile(request("b", &shared, &subnet))
        .await
        .unwrap();
    let failed = home.profile_is("b", "CREATE_FAILED").await;
    let issues = failed.health.unwrap().issues.unwrap();
    assert_eq!(
        issues[0].code.as_deref(),
        Some("PodExecutionRoleAlreadyInUse")
    );
    let text = format!(
        "The role {shared} is that of the node group workers, which must have a different role than Fargate profiles."
    );
    assert_eq!(issues[0].message.as_deref(), Some(text.as_str()));
    home.delete_profile("b").await.unwrap();
    until("it is gone", || async { home.profile("b").await.is_err() }).await;
    assert_eq!(home.map_roles().await, Some(roles));
}

#[tokio::test]
async fn a_map_that_is_no_list_fails_the_profile_and_stays() {
    let home = Home::new().await;
    home.active("CONFIG_MAP").await;
    let subnet = home.private_subnet().await;
    let pods = role(&home.world, "pods", "eks-fargate-pods.amazonaws.com").await;
    let broken = "- [";
    home.given_roles(broken).await;
    home.make_profile(request("a", &pods, &subnet))
        .await
        .unwrap();
    let failed = home.profile_is("a", "CREATE_FAILED").await;
    let issues = failed.health.unwrap().issues.unwrap();
    assert_eq!(issues[0].code.as_deref(), Some("AccessDenied"));
    home.delete_profile("a").await.unwrap();
    until("it is gone", || async { home.profile("a").await.is_err() }).await;
    assert_eq!(home.map_roles().await.as_deref(), Some(broken));
}

#[tokio::test]
async fn profiles_have_an_entry_as_soon_as_their_cluster_has_any() {
    let home = Home::new().await;
    home.active("CONFIG_MAP").await;
    let subnet = home.private_subnet().await;
    let pods = role(&home.world, "pods", "eks-fargate-pods.amazonaws.com").await;
    for name in ["a", "b"] {
        home.make_profile(request(name, &pods, &subnet))
            .await
            .unwrap();
        home.profile_is(name, "ACTIVE").await;
    }
    home.go_to_mode("API_AND_CONFIG_MAP").await;
    home.go_to_mode("API").await;
    // It is of both, and goes with the last.
    for (name, left) in [("a", Some("FARGATE_LINUX")), ("b", None)] {
        assert_eq!(
            home.entry_type(&pods).await.as_deref(),
            Some("FARGATE_LINUX")
        );
        home.delete_profile(name).await.unwrap();
        until("the profile is gone", || async {
            home.profile(name).await.is_err()
        })
        .await;
        assert_eq!(home.entry_type(&pods).await.as_deref(), left);
    }
}
