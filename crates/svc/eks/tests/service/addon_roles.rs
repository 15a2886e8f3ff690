//! Roles of add-ons: given, changed, owned as associations, and what becomes of them.

use wharf_api_eks::{
    AddonPodIdentityAssociations, CreateAddonRequest, CreatePodIdentityAssociationRequest,
    DeletePodIdentityAssociationRequest, DescribePodIdentityAssociationRequest, Eks as _,
    ListPodIdentityAssociationsRequest, PodIdentityAssociation, UpdateAddonRequest,
};
use wharf_kube_model::parts::Part;
use wharf_svc_eks::ActsAs;
use wharf_testkit::{call, refused};

use crate::{
    Home,
    addons::{INVALID, demo, request},
    place, role,
};

const DRIVER: &str = "aws-ebs-csi-driver";
const ACCOUNT: &str = "ebs-csi-controller-sa";
const ROLE: &str = "arn:aws:iam::000000000000:role/driver";
const OTHER: &str = "arn:aws:iam::000000000000:role/other";

#[derive(Debug, PartialEq)]
enum How {
    ByToken,
    ByPod,
    /// It was taken away.
    NoMore,
}

fn is(role: &str, how: How) -> Option<(String, How)> {
    Some((role.to_owned(), how))
}

fn pair(role: &str) -> Vec<AddonPodIdentityAssociations> {
    vec![AddonPodIdentityAssociations {
        service_account: Some(ACCOUNT.to_owned()),
        role_arn: Some(role.to_owned()),
    }]
}

fn with_role(role: &str) -> CreateAddonRequest {
    CreateAddonRequest {
        service_account_role_arn: Some(role.to_owned()),
        ..request(DRIVER)
    }
}

fn with_association(role: &str) -> CreateAddonRequest {
    CreateAddonRequest {
        pod_identity_associations: Some(pair(role)),
        ..request(DRIVER)
    }
}

impl Home {
    /// The role that the driver acts in, and how; nothing: it is EKS itself.
    async fn driver(&self) -> Option<(String, How)> {
        let id = self.id();
        let found = self
            .eks
            .acts_as(&place(), ("demo", &id), Part::EbsCsi)
            .await;
        found.unwrap().map(|it| match it {
            ActsAs::Account { role, account } => {
                assert_eq!(account, ACCOUNT);
                (role, How::ByToken)
            }
            ActsAs::Pod(it) => (it.association.role, How::ByPod),
            ActsAs::Nobody { taken } => (taken.unwrap(), How::NoMore),
        })
    }

    async fn updated(&self, change: impl FnOnce(&mut UpdateAddonRequest)) {
        let mut input = UpdateAddonRequest {
            cluster_name: demo(),
            addon_name: Some(DRIVER.to_owned()),
            ..UpdateAddonRequest::default()
        };
        change(&mut input);
        self.eks.update_addon(&call(), input).await.unwrap();
        self.addon_is(DRIVER, "ACTIVE").await;
    }

    async fn owned(&self) -> Vec<PodIdentityAssociation> {
        let input = ListPodIdentityAssociationsRequest {
            cluster_name: demo(),
            ..ListPodIdentityAssociationsRequest::default()
        };
        let call = call();
        let listed = self.eks.list_pod_identity_associations(&call, input);
        let mut all = Vec::new();
        for it in listed.await.unwrap().associations.unwrap() {
            let input = DescribePodIdentityAssociationRequest {
                cluster_name: demo(),
                association_id: it.association_id,
            };
            let found = self.eks.describe_pod_identity_association(&call, input);
            all.push(found.await.unwrap().association.unwrap());
        }
        all
    }
}

#[tokio::test]
async fn a_role_of_the_service_account_is_the_add_ons_until_it_is_not_named_any_more() {
    let mut home = Home::new().await;
    home.active("API").await;
    assert_eq!(home.driver().await, None);
    home.make(with_role(ROLE)).await.unwrap();
    let made = home.addon_is(DRIVER, "ACTIVE").await;
    assert_eq!(made.service_account_role_arn.as_deref(), Some(ROLE));
    assert_eq!(made.pod_identity_associations, Some(Vec::new()));
    assert_eq!(home.driver().await, is(ROLE, How::ByToken));
    home.updated(|it| it.service_account_role_arn = Some(OTHER.to_owned()))
        .await;
    home.eks.restart();
    assert_eq!(home.driver().await, is(OTHER, How::ByToken));
    // Without it the driver is nobody, not EKS itself, which may what the role may not.
    home.updated(|_| {}).await;
    assert_eq!(home.driver().await, is(OTHER, How::NoMore));
    home.eks.restart();
    assert_eq!(home.driver().await, is(OTHER, How::NoMore));
    let shown = home.addon(DRIVER).await.unwrap();
    assert_eq!(shown.service_account_role_arn, None);
    // The part goes on as who it was where it is preserved.
    home.updated(|it| it.service_account_role_arn = Some(ROLE.to_owned()))
        .await;
    home.delete(DRIVER, true).await;
    assert_eq!(home.driver().await, is(ROLE, How::ByToken));
    home.make(request(DRIVER)).await.unwrap();
    home.addon_is(DRIVER, "ACTIVE").await;
    assert_eq!(home.driver().await, is(ROLE, How::NoMore));
    // Nor is another add-on of the name.
    home.delete(DRIVER, false).await;
    home.make(request(DRIVER)).await.unwrap();
    home.addon_is(DRIVER, "ACTIVE").await;
    assert_eq!(home.driver().await, is(ROLE, How::NoMore));
    home.updated(|it| it.service_account_role_arn = Some(OTHER.to_owned()))
        .await;
    assert_eq!(home.driver().await, is(OTHER, How::ByToken));
    // Nobody acts for another cluster, of the name too.
    let gone = home
        .eks
        .acts_as(&place(), ("demo", "another"), Part::EbsCsi)
        .await;
    assert_eq!(gone.unwrap(), Some(ActsAs::Nobody { taken: None }));
}

#[tokio::test]
async fn an_association_is_owned_by_its_add_on_and_goes_with_it() {
    let home = Home::new().await;
    home.active("API").await;
    home.make(with_association(ROLE)).await.unwrap();
    let made = home.addon_is(DRIVER, "ACTIVE").await;
    let [owned] = <[_; 1]>::try_from(home.owned().await).unwrap();
    assert_eq!(owned.owner_arn, made.addon_arn);
    assert_eq!(owned.namespace.as_deref(), Some("kube-system"));
    assert_eq!(owned.service_account.as_deref(), Some(ACCOUNT));
    assert_eq!(
        made.pod_identity_associations,
        Some(vec![owned.association_arn.clone().unwrap()])
    );
    assert_eq!(home.driver().await, is(ROLE, How::ByPod));
    // What is not said stays, another role is taken over, none takes it away.
    home.updated(|_| {}).await;
    home.updated(|it| it.pod_identity_associations = Some(pair(OTHER)))
        .await;
    let [changed] = <[_; 1]>::try_from(home.owned().await).unwrap();
    assert_eq!(changed.association_id, owned.association_id);
    assert_eq!(home.driver().await, is(OTHER, How::ByPod));
    home.updated(|it| it.pod_identity_associations = Some(Vec::new()))
        .await;
    assert_eq!(home.owned().await.len(), 0);
    assert_eq!(home.driver().await, is(OTHER, How::NoMore));
    home.updated(|it| it.pod_identity_associations = Some(pair(ROLE)))
        .await;
    home.delete(DRIVER, true).await;
    let [left] = <[_; 1]>::try_from(home.owned().await).unwrap();
    assert_eq!(left.owner_arn, None);
    // Now it is somebody's, and in the way of the next.
    let text = format!(
        "Association already exists: {}",
        left.association_id.clone().unwrap()
    );
    let again = home.make(with_association(ROLE)).await;
    refused(again, "ResourceInUseException", &text);
    let gone = DeletePodIdentityAssociationRequest {
        cluster_name: demo(),
        association_id: left.association_id,
    };
    let call = call();
    let gone = home.eks.delete_pod_identity_association(&call, gone);
    gone.await.unwrap();
    assert_eq!(home.driver().await, is(ROLE, How::NoMore));
    home.make(with_association(ROLE)).await.unwrap();
    home.addon_is(DRIVER, "ACTIVE").await;
    home.delete(DRIVER, false).await;
    assert_eq!(home.owned().await.len(), 0);
    assert_eq!(home.driver().await, is(ROLE, How::NoMore));
}

#[tokio::test]
async fn an_association_of_a_user_counts_for_the_part_too() {
    let home = Home::new().await;
    home.active("API").await;
    home.make(with_role(OTHER)).await.unwrap();
    home.addon_is(DRIVER, "ACTIVE").await;
    let input = CreatePodIdentityAssociationRequest {
        cluster_name: demo(),
        namespace: Some("kube-system".to_owned()),
        service_account: Some(ACCOUNT.to_owned()),
        role_arn: Some(role(&home.world, "driver", "pods.eks.amazonaws.com").await),
        ..CreatePodIdentityAssociationRequest::default()
    };
    let call = call();
    let made = home.eks.create_pod_identity_association(&call, input);
    made.await.unwrap();
    assert_eq!(home.driver().await, is(ROLE, How::ByPod));
    // It is none of the add-on's, so it stays.
    home.updated(|it| it.pod_identity_associations = Some(Vec::new()))
        .await;
    home.delete(DRIVER, false).await;
    assert_eq!(home.owned().await.len(), 1);
}

#[tokio::test]
async fn an_add_on_has_no_other_roles() {
    let home = Home::new().await;
    home.active("API").await;
    let mut both = with_role(ROLE);
    both.pod_identity_associations = Some(pair(ROLE));
    for (input, text) in [
        (both, "cannot be specified together"),
        (with_role("driver"), "The role driver is not the ARN"),
        (
            CreateAddonRequest {
                addon_name: Some("coredns".to_owned()),
                ..with_role(ROLE)
            },
            "Addon coredns has no service account that can have a role",
        ),
        (
            CreateAddonRequest {
                addon_name: Some("coredns".to_owned()),
                ..with_association(ROLE)
            },
            "Pod Identity feature is not supported for addon version",
        ),
        (
            CreateAddonRequest {
                addon_name: Some("vpc-cni".to_owned()),
                ..with_association(ROLE)
            },
            "Service account ebs-csi-controller-sa in pod identity configuration is not supported for addon vpc-cni",
        ),
    ] {
        let fault = home.make(input).await.unwrap_err();
        assert!(
            fault.code == INVALID && fault.message.contains(text),
            "{fault:?}"
        );
    }
    assert_eq!((home.owned().await.len(), home.driver().await), (0, None));
}
