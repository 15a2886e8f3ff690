//! What callers hear of what they cannot have: the codes, what it is about, and what the same request hears again meanwhile.

use wharf_api_eks::{
    CreateAccessConfigRequest, CreateClusterRequest, CreateNodegroupRequest, DeleteClusterRequest,
    DescribeClusterRequest, DescribePodIdentityAssociationRequest, Eks as _, LogSetup, Logging,
    TagResourceRequest, UntagResourceRequest, UpdateClusterConfigRequest,
};
use wharf_testkit::{ACCOUNT, REGION, call, refused};
use wharf_wire::Fault;

use crate::{
    Home,
    addons::{INVALID, demo, request},
};

fn about(refusal: &Fault) -> Vec<(&'static str, &str)> {
    let members = refusal.members.iter();
    let members = members.filter_map(|(member, value)| Some((*member, value.as_str()?)));
    members.collect()
}

impl Home {
    /// An update that does not end. Its id.
    async fn keeps_updating(&self) -> String {
        *self.planes.is_stuck.lock() = true;
        let setup = LogSetup {
            types: Some(vec!["api".to_owned()]),
            enabled: Some(true),
        };
        let input = UpdateClusterConfigRequest {
            name: demo(),
            logging: Some(Logging {
                cluster_logging: Some(vec![setup]),
            }),
            ..UpdateClusterConfigRequest::default()
        };
        let made = self.eks.update_cluster_config(&call(), input).await;
        made.unwrap().update.unwrap().id.unwrap()
    }
}

#[tokio::test]
async fn a_refusal_says_of_what() {
    let home = Home::new().await;
    let mut old = home.request("API");
    old.version = Some("1.2".to_owned());
    let refusal = home.eks.create_cluster(&call(), old).await.unwrap_err();
    assert_eq!(about(&refusal), [("clusterName", "demo")]);
    for mode in [None, Some("CONFIG_MAP")] {
        let access = CreateAccessConfigRequest {
            authentication_mode: mode.map(str::to_owned),
            bootstrap_cluster_creator_admin_permissions: Some(false),
        };
        let input = CreateClusterRequest {
            access_config: Some(access),
            ..home.request("CONFIG_MAP")
        };
        let made = home.eks.create_cluster(&call(), input).await;
        let text = "bootstrapClusterCreatorAdminPermissions must be true if cluster authentication mode is set to CONFIG_MAP";
        refused(made, INVALID, text);
    }
    home.active("API").await;
    let refusal = home.make(request("none")).await.unwrap_err();
    assert_eq!(
        about(&refusal),
        [("clusterName", "demo"), ("addonName", "none")]
    );
    let away = home
        .world
        .another_network("10.9.0.0/16", &[('a', "10.9.1.0/24")])
        .await;
    let input = CreateNodegroupRequest {
        subnets: Some(away.subnets_in("a")),
        ..home.group_request().await
    };
    let refusal = home.eks.create_nodegroup(&call(), input).await.unwrap_err();
    assert_eq!(
        about(&refusal),
        [("clusterName", "demo"), ("nodegroupName", "workers")]
    );
    let own = home.world.network().await.vpc;
    let text = format!("Specified subnets must belong to cluster's vpc {own}");
    assert_eq!((&*refusal.code, refusal.message), (INVALID, text));
}

#[tokio::test]
async fn what_is_no_name_is_told_from_what_is_not_there() {
    let home = Home::new().await;
    let describe = async |name: &str| {
        let input = DescribeClusterRequest {
            name: Some(name.to_owned()),
        };
        home.eks.describe_cluster(&call(), input).await
    };
    let missing = "ResourceNotFoundException";
    let text = "No cluster found for name: other.";
    refused(describe("other").await, missing, text);
    let text = "The clusterName parameter contains invalid characters. It should conform to the regular expression \"^[0-9A-Za-z][A-Za-z0-9-_]*\"In other words, it should start with a number or letter, and can contain numbers, letters, dashes, and underscores.";
    let arn = format!("arn:aws:eks:{REGION}:{ACCOUNT}:cluster/demo");
    refused(describe(&arn).await, INVALID, text);
    home.active("API").await;
    let describe = async |id: &str| {
        let input = DescribePodIdentityAssociationRequest {
            cluster_name: demo(),
            association_id: Some(id.to_owned()),
        };
        let call = call();
        let found = home.eks.describe_pod_identity_association(&call, input);
        found.await
    };
    let text = "The parameter associationId should be 19 characters long.";
    refused(describe("a-1").await, INVALID, text);
    let id = "a-0123456789abcdefg";
    let text = format!("No association found with ID: {id}.");
    refused(describe(id).await, missing, &text);
    let absent = TagResourceRequest {
        resource_arn: Some(format!("{arn}/a-1").replace("cluster/", "podidentityassociation/")),
        tags: Some([("a".to_owned(), String::new())].into()),
    };
    let tagged = home.eks.tag_resource(&call(), absent).await.unwrap_err();
    assert_eq!(tagged.code, "NotFoundException");
}

#[tokio::test]
async fn a_cluster_is_not_deleted_while_an_update_runs() {
    let home = Home::new().await;
    home.active("API").await;
    let update = home.keeps_updating().await;
    let input = DeleteClusterRequest { name: demo() };
    let text =
        format!("Cannot delete because cluster demo currently has update {update} in progress");
    let kept = home.eks.delete_cluster(&call(), input).await;
    refused(kept, "ResourceInUseException", &text);
}

#[tokio::test]
async fn the_same_request_has_its_answer_while_the_cluster_changes() {
    let home = Home::new().await;
    home.active("API").await;
    let input = CreateNodegroupRequest {
        client_request_token: Some("t".to_owned()),
        ..home.group_request().await
    };
    home.make_empty(input.clone()).await;
    home.keeps_updating().await;
    let other = CreateNodegroupRequest {
        nodegroup_name: Some("others".to_owned()),
        ..input.clone()
    };
    let made = home.eks.create_nodegroup(&call(), other).await;
    let text = "Cluster 'demo' is not in ACTIVE status";
    refused(made, "InvalidRequestException", text);
    let again = home.eks.create_nodegroup(&call(), input).await.unwrap();
    let again = again.nodegroup.unwrap();
    assert_eq!(again.status.as_deref(), Some("ACTIVE"));
}

#[tokio::test]
async fn operations_on_tags_have_a_code_of_their_own() {
    let home = Home::new().await;
    let arn = home.active("API").await.arn;
    let tag = |keys: Vec<String>| {
        let input = TagResourceRequest {
            resource_arn: arn.clone(),
            tags: Some(keys.into_iter().map(|it| (it, String::new())).collect()),
        };
        let eks = home.eks.clone();
        async move { eks.tag_resource(&call(), input).await }
    };
    let bad = "BadRequestException";
    let text = "Tag keys that begin with aws: are reserved for AWS use.";
    refused(tag(vec!["aws:mine".to_owned()]).await, bad, text);
    let input = UntagResourceRequest {
        resource_arn: arn.clone(),
        tag_keys: Some(vec!["aws:mine".to_owned()]),
    };
    refused(home.eks.untag_resource(&call(), input).await, bad, text);
    tag((0..50).map(|it| format!("k{it}")).collect())
        .await
        .unwrap();
    let text = "A resource can have at most 50 tags.";
    refused(tag(vec!["more".to_owned()]).await, bad, text);
}
