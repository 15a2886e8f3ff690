//! Pod Identity associations: made, changed, listed, and what pods get by them.

use wharf_api_eks::{
    CreatePodIdentityAssociationRequest, DeleteClusterRequest, DeletePodIdentityAssociationRequest,
    DescribePodIdentityAssociationRequest, Eks as _, ListPodIdentityAssociationsRequest,
    ListTagsForResourceRequest, PodIdentityAssociation, TagResourceRequest,
    UpdatePodIdentityAssociationRequest,
};
use wharf_svc_eks::{control_planes::TokenRefused, pod_identity::NoPodRole};
use wharf_testkit::{ACCOUNT, REGION, call, refused, until};
use wharf_wire::Fault;

use crate::{Home, place, role};

const ROLE: &str = "arn:aws:iam::000000000000:role/pods";
const INVALID: &str = "InvalidParameterException";
const MISSING: &str = "ResourceNotFoundException";

fn request(namespace: &str, account: &str) -> CreatePodIdentityAssociationRequest {
    CreatePodIdentityAssociationRequest {
        cluster_name: Some("demo".to_owned()),
        namespace: Some(namespace.to_owned()),
        service_account: Some(account.to_owned()),
        role_arn: Some(ROLE.to_owned()),
        ..CreatePodIdentityAssociationRequest::default()
    }
}

impl Home {
    /// The role of [`request`] is there.
    async fn has_role(&self) {
        assert_eq!(
            role(&self.world, "pods", "pods.eks.amazonaws.com").await,
            ROLE
        );
    }

    async fn associated(
        &self,
        input: CreatePodIdentityAssociationRequest,
    ) -> Result<PodIdentityAssociation, Fault> {
        let made = self
            .eks
            .create_pod_identity_association(&call(), input)
            .await?;
        Ok(made.association.unwrap())
    }

    async fn association(&self, id: &str) -> Result<PodIdentityAssociation, Fault> {
        let input = DescribePodIdentityAssociationRequest {
            cluster_name: Some("demo".to_owned()),
            association_id: Some(id.to_owned()),
        };
        let found = self
            .eks
            .describe_pod_identity_association(&call(), input)
            .await?;
        Ok(found.association.unwrap())
    }

    async fn changed(
        &self,
        input: UpdatePodIdentityAssociationRequest,
    ) -> Result<PodIdentityAssociation, Fault> {
        let changed = self
            .eks
            .update_pod_identity_association(&call(), input)
            .await?;
        Ok(changed.association.unwrap())
    }

    async fn listed(&self, namespace: Option<&str>, token: Option<String>) -> (usize, bool) {
        let input = ListPodIdentityAssociationsRequest {
            cluster_name: Some("demo".to_owned()),
            namespace: namespace.map(str::to_owned),
            max_results: Some(2),
            next_token: token,
            ..ListPodIdentityAssociationsRequest::default()
        };
        let found = self
            .eks
            .list_pod_identity_associations(&call(), input)
            .await
            .unwrap();
        (
            found.associations.unwrap().len(),
            found.next_token.is_some(),
        )
    }
}

#[tokio::test]
async fn a_service_account_has_one_role_until_it_is_taken_away() {
    let home = Home::new().await;
    home.has_role().await;
    home.active("API").await;
    let token = |it: &str| CreatePodIdentityAssociationRequest {
        client_request_token: Some(it.to_owned()),
        tags: Some([("team".to_owned(), "blue".to_owned())].into()),
        ..request("team", "worker")
    };
    let made = home.associated(token("t")).await.unwrap();
    let id = made.association_id.clone().unwrap();
    assert!(id.starts_with("a-") && id.len() == 19, "{id}");
    let arn = made.association_arn.clone().unwrap();
    assert_eq!(
        arn,
        format!("arn:aws:eks:{REGION}:{ACCOUNT}:podidentityassociation/demo/{id}")
    );
    assert_eq!(made.external_id, None);
    assert_eq!(home.associated(token("t")).await.unwrap(), made);
    let text = format!("Association already exists: {id}");
    refused(
        home.associated(token("u")).await,
        "ResourceInUseException",
        &text,
    );
    assert_eq!(home.association(&id).await.unwrap(), made);

    let tags = TagResourceRequest {
        resource_arn: Some(arn.clone()),
        tags: Some([("a".to_owned(), "b".to_owned())].into()),
    };
    home.eks.tag_resource(&call(), tags).await.unwrap();
    let listed = ListTagsForResourceRequest {
        resource_arn: Some(arn),
    };
    let listed = home.eks.list_tags_for_resource(&call(), listed).await;
    assert_eq!(listed.unwrap().tags.unwrap().len(), 2);

    let id_of = home.id();
    let has = |account: &'static str| {
        let (eks, id) = (home.eks.clone(), id_of.clone());
        async move { eks.has_pod_identity(&place(), &id, ("team", account)).await }
    };
    assert!(has("worker").await.unwrap() && !has("other").await.unwrap());
    let of = async |token: &str| home.eks.pod_role(&place(), "demo", token).await;
    let found = of("team/worker/web-0/u1").await.unwrap();
    assert_eq!(
        (found.association.role.as_str(), found.pod.name.as_str()),
        (ROLE, "web-0")
    );
    let other = of("team/other/web-0/u1").await;
    assert!(matches!(other, Err(NoPodRole::NoAssociation { .. })));
    let bad = of("x").await;
    assert!(matches!(
        bad,
        Err(NoPodRole::Token(TokenRefused::Invalid(_)))
    ));

    let gone = DeletePodIdentityAssociationRequest {
        cluster_name: Some("demo".to_owned()),
        association_id: Some(id.clone()),
    };
    home.eks
        .delete_pod_identity_association(&call(), gone.clone())
        .await
        .unwrap();
    let again = home
        .eks
        .delete_pod_identity_association(&call(), gone)
        .await;
    refused(
        again,
        MISSING,
        &format!("No association found with ID: {id}."),
    );
    assert!(!has("worker").await.unwrap());
}

#[tokio::test]
async fn what_is_changed_and_what_stays() {
    let home = Home::new().await;
    home.has_role().await;
    home.active("API").await;
    let made = home.associated(request("team", "worker")).await.unwrap();
    let id = made.association_id.unwrap();
    let update = || UpdatePodIdentityAssociationRequest {
        cluster_name: Some("demo".to_owned()),
        association_id: Some(id.clone()),
        ..UpdatePodIdentityAssociationRequest::default()
    };
    let far = "arn:aws:iam::111111111111:role/far";
    let input = UpdatePodIdentityAssociationRequest {
        target_role_arn: Some(far.to_owned()),
        ..update()
    };
    let changed = home.changed(input).await.unwrap();
    assert_eq!(changed.role_arn.as_deref(), Some(ROLE));
    assert_eq!(changed.target_role_arn.as_deref(), Some(far));
    let external_id = format!("{REGION}/{ACCOUNT}/demo/team/worker");
    assert_eq!(changed.external_id, Some(external_id));
    let policy = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}"#;
    let tagged = UpdatePodIdentityAssociationRequest {
        policy: Some(policy.to_owned()),
        target_role_arn: Some(String::new()),
        ..update()
    };
    let text = "A policy can be specified only when disableSessionTags is true.";
    refused(home.changed(tagged.clone()).await, INVALID, text);
    let input = UpdatePodIdentityAssociationRequest {
        disable_session_tags: Some(true),
        ..tagged
    };
    let changed = home.changed(input).await.unwrap();
    assert_eq!(changed.policy.as_deref(), Some(policy));
    assert_eq!((changed.target_role_arn, changed.external_id), (None, None));
}

#[tokio::test]
async fn associations_are_listed_by_page_and_go_with_their_cluster() {
    let home = Home::new().await;
    home.has_role().await;
    home.active("API").await;
    for (namespace, account) in [("a", "x"), ("a", "y"), ("b", "x")] {
        home.associated(request(namespace, account)).await.unwrap();
    }
    assert_eq!(home.listed(None, None).await, (2, true));
    assert_eq!(home.listed(Some("b"), None).await, (1, false));
    assert_eq!(home.listed(Some("c"), None).await, (0, false));
    let input = DeleteClusterRequest {
        name: Some("demo".to_owned()),
    };
    home.eks.delete_cluster(&call(), input).await.unwrap();
    until("the cluster is gone", || async {
        home.status().await.is_none()
    })
    .await;
    let left = home.world.stored("/w1/c0/eks/").await;
    assert_eq!(left.matches("pod-identity").count(), 0, "{left}");
}

#[tokio::test]
async fn what_cannot_be_is_refused() {
    let home = Home::new().await;
    home.active("API").await;
    let nowhere = CreatePodIdentityAssociationRequest {
        cluster_name: Some("other".to_owned()),
        ..request("team", "worker")
    };
    let nowhere = home.associated(nowhere).await;
    refused(nowhere, MISSING, "No cluster found for name: other.");
    for bad in [
        request("Team", "worker"),
        request("team", "wor/ker"),
        CreatePodIdentityAssociationRequest {
            role_arn: Some("arn:aws:iam::111111111111:role/pods".to_owned()),
            ..request("team", "worker")
        },
        CreatePodIdentityAssociationRequest {
            target_role_arn: Some("far".to_owned()),
            ..request("team", "worker")
        },
        CreatePodIdentityAssociationRequest {
            policy: Some("{".to_owned()),
            disable_session_tags: Some(true),
            ..request("team", "worker")
        },
    ] {
        let refusal = home.associated(bad).await.unwrap_err();
        assert_eq!(refusal.code, INVALID, "{}", refusal.message);
    }
    let none = "Role provided in the request does not exist.";
    let made = home.associated(request("team", "worker")).await;
    refused(made, INVALID, none);
    home.has_role().await;
    let made = home.associated(request("team", "worker")).await.unwrap();
    let input = UpdatePodIdentityAssociationRequest {
        cluster_name: Some("demo".to_owned()),
        association_id: made.association_id,
        role_arn: Some(format!("arn:aws:iam::{ACCOUNT}:role/nobody")),
        ..UpdatePodIdentityAssociationRequest::default()
    };
    refused(home.changed(input).await, INVALID, none);
}
