//! Add-ons: made, changed and deleted, and what their cluster goes without by that.

use serde_json::{Value, json};
use wharf_api_eks::{
    Addon, CreateAddonRequest, CreateClusterRequest, DeleteAddonRequest, DeleteClusterRequest,
    DescribeAddonRequest, DescribeUpdateRequest, Eks as _, ListAddonsRequest, ListUpdatesRequest,
    TagResourceRequest, Update, UpdateAddonRequest,
};
use wharf_kube_client::kind;
use wharf_kube_model::parts::{self, Part, Parts};
use wharf_testkit::{call, refused, until};
use wharf_wire::Fault;

use crate::Home;

const VERSION: &str = "v1.36.4-eksbuild.1";
const BUSY: &str = "ResourceInUseException";
pub const INVALID: &str = "InvalidParameterException";

pub fn demo() -> Option<String> {
    Some("demo".to_owned())
}

pub fn request(name: &str) -> CreateAddonRequest {
    CreateAddonRequest {
        cluster_name: demo(),
        addon_name: Some(name.to_owned()),
        ..CreateAddonRequest::default()
    }
}

impl Home {
    pub async fn addon(&self, name: &str) -> Result<Addon, Fault> {
        let input = DescribeAddonRequest {
            cluster_name: demo(),
            addon_name: Some(name.to_owned()),
        };
        Ok(self
            .eks
            .describe_addon(&call(), input)
            .await?
            .addon
            .unwrap())
    }

    pub async fn addon_is(&self, name: &str, status: &str) -> Addon {
        until(status, || async {
            let found = self.addon(name).await;
            found.is_ok_and(|it| it.status.as_deref() == Some(status))
        })
        .await;
        self.addon(name).await.unwrap()
    }

    pub async fn make(&self, input: CreateAddonRequest) -> Result<Addon, Fault> {
        let made = self.eks.create_addon(&call(), input).await?;
        Ok(made.addon.unwrap())
    }

    async fn update(&self, name: &str, how: &str) -> Result<Update, Fault> {
        let input = UpdateAddonRequest {
            cluster_name: demo(),
            addon_name: Some(name.to_owned()),
            resolve_conflicts: Some(how.to_owned()),
            ..UpdateAddonRequest::default()
        };
        let made = self.eks.update_addon(&call(), input).await?;
        Ok(made.update.unwrap())
    }

    pub async fn delete(&self, name: &str, preserve: bool) {
        let input = DeleteAddonRequest {
            cluster_name: demo(),
            addon_name: Some(name.to_owned()),
            preserve: Some(preserve),
        };
        let gone = self.eks.delete_addon(&call(), input).await.unwrap();
        assert_eq!(gone.addon.unwrap().status.as_deref(), Some("DELETING"));
        until("the add-on is gone", || async {
            self.addon(name).await.is_err()
        })
        .await;
    }

    async fn addons(&self) -> Vec<String> {
        let input = ListAddonsRequest {
            cluster_name: demo(),
            ..ListAddonsRequest::default()
        };
        let found = self.eks.list_addons(&call(), input).await.unwrap();
        found.addons.unwrap()
    }

    async fn goes_without(&self, all: &[Part]) {
        let all: Parts = all.iter().copied().collect();
        until("the cluster goes without", || async {
            *self.planes.without.lock() == all
        })
        .await;
    }

    async fn names(&self) -> Option<Value> {
        let client = self.planes.kubernetes.client();
        let found = client.get(&kind::SERVICE, "kube-system", "kube-dns").await;
        found.ok()
    }
}

#[tokio::test]
async fn an_add_on_comes_and_goes_with_its_part() {
    let mut home = Home::new().await;
    home.active("API").await;
    assert!(home.addons().await.is_empty());
    let made = home.make(request("metrics-server")).await.unwrap();
    assert_eq!(made.status.as_deref(), Some("CREATING"));
    let made = home.addon_is("metrics-server", "ACTIVE").await;
    assert_eq!(made.addon_version.as_deref(), Some(VERSION));
    assert_eq!(made.owner.as_deref(), Some("community"));
    assert_eq!(home.addons().await, ["metrics-server"]);
    let again = home.make(request("metrics-server")).await;
    refused(again, "ResourceInUseException", "Addon already exists.");
    home.delete("metrics-server", true).await;
    home.goes_without(&[]).await;
    home.make(request("metrics-server")).await.unwrap();
    home.addon_is("metrics-server", "ACTIVE").await;
    home.delete("metrics-server", false).await;
    home.goes_without(&[Part::MetricsServer]).await;
    // Over a restart of the service too.
    home.eks.restart();
    home.make(request("kube-proxy")).await.unwrap();
    home.addon_is("kube-proxy", "ACTIVE").await;
    home.goes_without(&[Part::MetricsServer]).await;
    home.make(request("metrics-server")).await.unwrap();
    home.goes_without(&[]).await;
}

#[tokio::test]
async fn the_same_token_makes_the_same_add_on() {
    let home = Home::new().await;
    home.active("API").await;
    let with_token = || CreateAddonRequest {
        client_request_token: Some("t".to_owned()),
        ..request("vpc-cni")
    };
    let first = home.make(with_token()).await.unwrap();
    let second = home.make(with_token()).await.unwrap();
    assert_eq!(first.addon_arn, second.addon_arn);
}

#[tokio::test]
async fn names_are_an_object_and_may_be_somebody_elses() {
    let home = Home::new().await;
    let bare = CreateClusterRequest {
        bootstrap_self_managed_addons: Some(false),
        ..home.request("API")
    };
    home.eks.create_cluster(&call(), bare).await.unwrap();
    until("the cluster is active", || async {
        home.status().await.as_deref() == Some("ACTIVE")
    })
    .await;
    home.goes_without(&[Part::VpcCni, Part::KubeProxy, Part::CoreDns])
        .await;
    let client = home.planes.kubernetes.client();
    let mut other = parts::name_service("10.100.0.10");
    other["spec"]["selector"] = json!({"app": "mine"});
    let made = client.create(&kind::SERVICE, "kube-system", &other).await;
    made.unwrap();
    home.make(request("coredns")).await.unwrap();
    let failed = home.addon_is("coredns", "CREATE_FAILED").await;
    let conflict = "Conflicts found when trying to apply. Will not continue due to resolve conflicts mode. Conflicts:\nService kube-dns - .spec.selector";
    let issue = &failed.health.unwrap().issues.unwrap()[0];
    assert_eq!(issue.code.as_deref(), Some("ConfigurationConflict"));
    assert_eq!(issue.message.as_deref(), Some(conflict));
    let failing = home.update("coredns", "NONE").await.unwrap();
    home.addon_is("coredns", "UPDATE_FAILED").await;
    let described = |id: Option<String>| {
        let input = DescribeUpdateRequest {
            name: demo(),
            addon_name: Some("coredns".to_owned()),
            update_id: id,
            ..DescribeUpdateRequest::default()
        };
        let eks = home.eks.clone();
        async move {
            let found = eks.describe_update(&call(), input).await.unwrap();
            found.update.unwrap()
        }
    };
    let failed = described(failing.id).await;
    assert_eq!(failed.status.as_deref(), Some("Failed"));
    let error = &failed.errors.unwrap()[0];
    let code = error.error_code.as_deref();
    assert_eq!(code, Some("ConfigurationConflict"));
    assert_eq!(error.error_message.as_deref(), Some(conflict));
    let preserving = home.update("coredns", "PRESERVE").await.unwrap();
    // No node is there that answers.
    home.addon_is("coredns", "DEGRADED").await;
    let done = described(preserving.id).await;
    assert_eq!(done.status.as_deref(), Some("Successful"));
    assert_eq!(
        home.names().await.unwrap()["spec"]["selector"]["app"],
        "mine"
    );
    home.update("coredns", "OVERWRITE").await.unwrap();
    until("the service is its own", || async {
        home.names().await.unwrap()["spec"]["selector"].is_null()
    })
    .await;
    home.addon_is("coredns", "DEGRADED").await;
    let node = json!({
        "apiVersion": "v1", "kind": "Node", "metadata": {"name": "one"},
        "status": {"conditions": [{"type": "Ready", "status": "True"}]},
    });
    client.create(&kind::NODE, "", &node).await.unwrap();
    home.addon_is("coredns", "ACTIVE").await;
    home.goes_without(&[Part::VpcCni, Part::KubeProxy]).await;
    let all = ListUpdatesRequest {
        name: demo(),
        addon_name: Some("coredns".to_owned()),
        ..ListUpdatesRequest::default()
    };
    let all = home.eks.list_updates(&call(), all).await.unwrap();
    assert_eq!(all.update_ids.unwrap().len(), 3);
    home.delete("coredns", false).await;
    assert_eq!(home.names().await, None);
    home.goes_without(&[Part::VpcCni, Part::KubeProxy, Part::CoreDns])
        .await;
}

#[tokio::test]
async fn what_cannot_be_is_refused() {
    let home = Home::new().await;
    home.active("API").await;
    let changed = |change: fn(&mut CreateAddonRequest)| {
        let mut it = request("coredns");
        change(&mut it);
        home.make(it)
    };
    let other = changed(|it| it.addon_name = Some("aws-mountpoint-s3-csi-driver".to_owned())).await;
    let text =
        "Addon aws-mountpoint-s3-csi-driver specified is not supported in 1.36 kubernetes version";
    refused(other, INVALID, text);
    let old = changed(|it| it.addon_version = Some("v1".to_owned())).await;
    refused(old, INVALID, "Addon version specified is not supported");
    let preserved = changed(|it| it.resolve_conflicts = Some("PRESERVE".to_owned())).await;
    let text = "Resolve conflicts option preserve is not supported for operation CreateAddon";
    refused(preserved, INVALID, text);
    let missing = home.update("coredns", "NONE").await;
    let text = "No addon: coredns found in cluster: demo";
    refused(missing, "ResourceNotFoundException", text);
    // Nobody settles anything while the API server refuses.
    home.planes.kubernetes.fail(1000);
    home.make(request("coredns")).await.unwrap();
    let busy = home.update("coredns", "NONE").await;
    let text = "Addon coredns cannot be updated as it is currently in CREATING state";
    refused(busy, BUSY, text);
    home.planes.kubernetes.fail(0);
}

#[tokio::test]
async fn an_add_on_with_more_updates_than_a_transaction_takes_goes() {
    let home = Home::new().await;
    home.active("API").await;
    home.make(request("vpc-cni")).await.unwrap();
    home.addon_is("vpc-cni", "ACTIVE").await;
    let mut last = None;
    for _ in 0..wharf_store::MAX_TXN_OPS {
        last = home.update("vpc-cni", "NONE").await.unwrap().id;
        home.addon_is("vpc-cni", "ACTIVE").await;
    }
    home.delete("vpc-cni", true).await;
    let left = home.world.stored("/w1/c0/eks/").await;
    assert!(!left.contains(&last.unwrap()), "{left}");
}

#[tokio::test]
async fn a_cluster_takes_its_add_ons_along() {
    let home = Home::new().await;
    home.active("API").await;
    home.make(request("vpc-cni")).await.unwrap();
    let made = home.addon_is("vpc-cni", "ACTIVE").await;
    let tagging = TagResourceRequest {
        resource_arn: made.addon_arn,
        tags: Some([("team".to_owned(), "blue".to_owned())].into()),
    };
    home.eks.tag_resource(&call(), tagging).await.unwrap();
    assert_eq!(
        home.addon("vpc-cni").await.unwrap().tags.unwrap()["team"],
        "blue"
    );
    home.update("vpc-cni", "NONE").await.unwrap();
    home.addon_is("vpc-cni", "ACTIVE").await;
    let input = DeleteClusterRequest { name: demo() };
    home.eks.delete_cluster(&call(), input).await.unwrap();
    until("the cluster is gone", || async {
        home.status().await.is_none()
    })
    .await;
    let left = home.world.stored("/w1/c0/eks/").await;
    assert_eq!(left.matches("demo").count(), 0, "{left}");
}

#[tokio::test]
async fn an_add_on_that_cannot_go_says_why_and_goes_when_it_is_deleted_again() {
    let home = Home::new().await;
    home.active("API").await;
    home.make(request("coredns")).await.unwrap();
    // There is no node yet.
    home.addon_is("coredns", "DEGRADED").await;
    home.planes.kubernetes.keep(Some("kube-dns"));
    let input = DeleteAddonRequest {
        cluster_name: demo(),
        addon_name: Some("coredns".to_owned()),
        preserve: None,
    };
    home.eks.delete_addon(&call(), input).await.unwrap();
    let failed = home.addon_is("coredns", "DELETE_FAILED").await;
    let issue = failed.health.unwrap().issues.unwrap().remove(0);
    assert_eq!(issue.code.as_deref(), Some("AdmissionRequestDenied"));
    assert!(issue.message.unwrap().contains("keep.example.com"));
    let text = "Addon coredns cannot be updated as it is currently in DELETE_FAILED state";
    refused(home.update("coredns", "OVERWRITE").await, BUSY, text);
    assert!(home.names().await.is_some());
    home.planes.kubernetes.keep(None);
    home.delete("coredns", false).await;
    assert!(home.names().await.is_none());
    home.goes_without(&[Part::CoreDns]).await;
}
