//! What UpdateClusterConfig changes of a cluster that runs: its network, from where it is reached, how long it is supported.

use wharf_api_eks::{
    DescribeUpdateRequest, Eks as _, Update, UpdateClusterConfigRequest, UpgradePolicyRequest,
    VpcConfigRequest, VpcConfigResponse,
};
use wharf_testkit::{call, refused};
use wharf_wire::Fault;

use crate::{
    Home,
    addons::{INVALID, demo},
};

fn network(of: VpcConfigRequest) -> UpdateClusterConfigRequest {
    UpdateClusterConfigRequest {
        resources_vpc_config: Some(of),
        ..UpdateClusterConfigRequest::default()
    }
}

fn subnets(of: Vec<String>) -> UpdateClusterConfigRequest {
    network(VpcConfigRequest {
        subnet_ids: Some(of),
        ..VpcConfigRequest::default()
    })
}

fn support(of: &str) -> UpdateClusterConfigRequest {
    UpdateClusterConfigRequest {
        upgrade_policy: Some(UpgradePolicyRequest {
            support_type: Some(of.to_owned()),
        }),
        ..UpdateClusterConfigRequest::default()
    }
}

/// Type, status and parameters.
type Ended = (String, String, Vec<(String, String)>);

impl Home {
    async fn try_change(&self, input: UpdateClusterConfigRequest) -> Result<Update, Fault> {
        let input = UpdateClusterConfigRequest {
            name: demo(),
            ..input
        };
        let made = self.eks.update_cluster_config(&call(), input).await?;
        Ok(made.update.unwrap())
    }

    async fn outcome_of(&self, input: UpdateClusterConfigRequest) -> Ended {
        let input = DescribeUpdateRequest {
            name: demo(),
            update_id: self.change(input).await.id,
            ..DescribeUpdateRequest::default()
        };
        let found = self.eks.describe_update(&call(), input).await.unwrap();
        let found = found.update.unwrap();
        let params = found.params.unwrap().into_iter();
        let params = params.map(|it| (it.type_.unwrap(), it.value.unwrap()));
        (
            found.type_.unwrap(),
            found.status.unwrap(),
            params.collect(),
        )
    }

    async fn shown_network(&self) -> VpcConfigResponse {
        let shown = self.describe().await.unwrap().cluster.unwrap();
        shown.resources_vpc_config.unwrap()
    }
}

fn ended(kind: &str, params: &[(&str, &str)]) -> Ended {
    let params = params.iter();
    let params = params.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    (kind.to_owned(), "Successful".to_owned(), params.collect())
}

#[tokio::test]
async fn a_cluster_goes_to_other_subnets_and_security_groups_of_its_vpc() {
    let home = Home::new().await;
    home.active("API").await;
    let own = home.world.network().await;
    let (wanted, group) = (own.subnets_in("bc"), own.group.clone());
    let [one, other] = [&wanted[0], &wanted[1]];
    let listed = format!("[\"{one}\",\"{other}\"]");
    let done = home.outcome_of(subnets(wanted.clone())).await;
    let params = [("Subnets", listed.as_str()), ("SecurityGroups", "[]")];
    assert_eq!(done, ended("VpcConfigUpdate", &params));
    let groups = network(VpcConfigRequest {
        security_group_ids: Some(vec![group.clone()]),
        ..VpcConfigRequest::default()
    });
    let done = home.outcome_of(groups).await;
    let its = format!("[\"{group}\"]");
    let params = [
        ("Subnets", listed.as_str()),
        ("SecurityGroups", its.as_str()),
    ];
    assert_eq!(done, ended("VpcConfigUpdate", &params));
    let shown = home.shown_network().await;
    assert_eq!(shown.subnet_ids, Some(wanted.clone()));
    assert_eq!(shown.security_group_ids, Some(vec![group.clone()]));

    let ranges = [('a', "10.9.1.0/24"), ('b', "10.9.2.0/24")];
    let away = home.world.another_network("10.9.0.0/16", &ranges).await;
    let foreign = network(VpcConfigRequest {
        security_group_ids: Some(vec![away.group.clone()]),
        ..VpcConfigRequest::default()
    });
    let mixed = network(VpcConfigRequest {
        subnet_ids: Some(own.subnets_in("ab")),
        endpoint_public_access: Some(true),
        ..VpcConfigRequest::default()
    });
    let not_its = format!(
        "Provided subnets must belong to the VPC {} of the cluster",
        own.vpc
    );
    let elsewhere = format!(
        "Security group(s) [{}] are not in the same VPC as the subnets. Please specify a security group that is associated with the VPC: {}.",
        away.group, own.vpc
    );
    let same = "No changes needed for the VPC config provided";
    let one_zone = "Subnets specified must be in at least two different AZs";
    for (input, text) in [
        (subnets(wanted), same),
        (subnets(own.subnets_in("a")), one_zone),
        (subnets(away.subnets_in("ab")), not_its.as_str()),
        (foreign, elsewhere.as_str()),
        (mixed, "Only one type of update can be allowed."),
    ] {
        refused(home.try_change(input).await, INVALID, text);
    }
    assert_eq!(home.status().await.as_deref(), Some("ACTIVE"));
}

#[tokio::test]
async fn a_cluster_is_reached_from_elsewhere_at_once() {
    let home = Home::new().await;
    home.active("API").await;
    assert_eq!(*home.planes.admitted.lock(), ["0.0.0.0/0"]);
    let ranges = |of: &[&str]| {
        network(VpcConfigRequest {
            endpoint_public_access: Some(true),
            endpoint_private_access: Some(false),
            public_access_cidrs: Some(of.iter().map(|it| (*it).to_owned()).collect()),
            ..VpcConfigRequest::default()
        })
    };
    let done = home
        .outcome_of(ranges(&["10.0.0.0/8", "192.168.1.0/24"]))
        .await;
    let params = [
        ("EndpointPublicAccess", "true"),
        ("EndpointPrivateAccess", "false"),
        ("PublicAccessCidrs", r#"["10.0.0.0/8","192.168.1.0/24"]"#),
    ];
    assert_eq!(done, ended("EndpointAccessUpdate", &params));
    let admitted = ["10.0.0.0/8", "192.168.1.0/24"];
    assert_eq!(*home.planes.admitted.lock(), admitted);
    let shown = home.shown_network().await.public_access_cidrs;
    assert_eq!(shown.unwrap(), admitted);
    let text = "Cluster is already at the desired configuration with endpointPrivateAccess: false , endpointPublicAccess: true, and Public Endpoint Restrictions: [10.0.0.0/8, 192.168.1.0/24]";
    refused(home.try_change(ranges(&admitted)).await, INVALID, text);
    let said = network(VpcConfigRequest {
        endpoint_public_access: Some(true),
        ..VpcConfigRequest::default()
    });
    refused(home.try_change(said).await, INVALID, text);
    let text = "The following CIDRs are invalid in publicAccessCidrs: [10.0.0.0]";
    refused(home.try_change(ranges(&["10.0.0.0"])).await, INVALID, text);
}

#[tokio::test]
async fn a_cluster_changes_its_support() {
    let home = Home::new().await;
    home.active("API").await;
    let done = home.outcome_of(support("STANDARD")).await;
    let params = [("UpgradePolicy", r#"{"supportType":"STANDARD"}"#)];
    assert_eq!(done, ended("UpgradePolicyUpdate", &params));
    let shown = home.describe().await.unwrap().cluster.unwrap();
    let policy = shown.upgrade_policy.unwrap();
    assert_eq!(policy.support_type.as_deref(), Some("STANDARD"));
    let text = "No changes needed for the upgrade policy provided";
    refused(home.try_change(support("STANDARD")).await, INVALID, text);
}
