//! Secrets under a key of KMS: who may have it so, what the API server is given, what is told of it.

use std::sync::atomic::Ordering;

use serde_json::json;
use wharf_api_eks::{
    AssociateEncryptionConfigRequest, CreateClusterRequest, DeleteClusterRequest,
    DescribeUpdateRequest, Eks as _, EncryptionConfig, Provider, Update,
};
use wharf_api_kms::{
    CreateAliasRequest, CreateKeyRequest, DisableKeyRequest, EnableKeyRequest, GrantListEntry,
    Kms as _, ListGrantsRequest, RevokeGrantRequest, ScheduleKeyDeletionRequest,
};
use wharf_datakeys::grants::UNFINISHED;
use wharf_svc_eks::EksService;
use wharf_testkit::{ACCOUNT, REGION, call, refused, until};
use wharf_wire::{Call, Caller, CallerKind, Context, Fault};

use crate::Home;

const CODE: &str = "InvalidParameterException";

fn config(key: &str) -> Option<Vec<EncryptionConfig>> {
    Some(vec![EncryptionConfig {
        resources: Some(vec!["secrets".to_owned()]),
        provider: Some(Provider {
            key_arn: Some(key.to_owned()),
        }),
    }])
}

impl Home {
    async fn key(&self, input: CreateKeyRequest) -> String {
        let made = self.kms.create_key(&call(), input).await.unwrap();
        made.key_metadata.unwrap().arn.unwrap()
    }

    async fn disable(&self, key: &str) {
        let key_id = Some(key.to_owned());
        let input = DisableKeyRequest { key_id };
        self.kms.disable_key(&call(), input).await.unwrap();
    }

    async fn grants(&self, key: &str) -> Vec<GrantListEntry> {
        let input = ListGrantsRequest {
            key_id: Some(key.to_owned()),
            ..ListGrantsRequest::default()
        };
        let listed = self.kms.list_grants(&call(), input).await.unwrap();
        listed.grants.unwrap_or_default()
    }

    fn under(&self, key: &str) -> CreateClusterRequest {
        CreateClusterRequest {
            encryption_config: config(key),
            ..self.request("API")
        }
    }

    async fn encrypted(&self, key: &str) {
        let input = self.under(key);
        self.eks.create_cluster(&call(), input).await.unwrap();
        until("the cluster is active", || async {
            self.status().await.as_deref() == Some("ACTIVE")
        })
        .await;
    }

    async fn encrypt(&self, key: &str, token: Option<&str>) -> Result<Update, Fault> {
        let input = AssociateEncryptionConfigRequest {
            cluster_name: Some("demo".to_owned()),
            encryption_config: config(key),
            client_request_token: token.map(str::to_owned),
        };
        let made = self.eks.associate_encryption_config(&call(), input).await?;
        Ok(made.update.unwrap())
    }

    async fn update_of_key(&self, id: &Option<String>) -> Update {
        let input = DescribeUpdateRequest {
            name: Some("demo".to_owned()),
            update_id: id.clone(),
            ..DescribeUpdateRequest::default()
        };
        let found = self.eks.describe_update(&call(), input).await.unwrap();
        found.update.unwrap()
    }

    fn is_open(&self) -> bool {
        matches!(&*self.planes.data_key.lock(), Some(Ok(key)) if key.len() == 32)
    }

    async fn issues(&self) -> Vec<(String, Vec<String>)> {
        let shown = self.describe().await.unwrap().cluster.unwrap();
        let issues = shown.health.unwrap().issues.unwrap().into_iter();
        issues
            .map(|it| (it.code.unwrap(), it.resource_ids.unwrap()))
            .collect()
    }

    /// Looks at the cluster as a server that starts does.
    async fn looked(&mut self, expected: &str, key: &str) {
        self.eks.restart();
        let expected = vec![(expected.to_owned(), vec![key.to_owned()])];
        until("the cluster is ill", || async {
            self.issues().await == expected
        })
        .await;
    }
}

#[tokio::test]
async fn a_cluster_begins_under_a_key_and_lets_it_go_with_its_end() {
    let home = Home::new().await;
    let key = home.key(CreateKeyRequest::default()).await;
    home.encrypted(&key).await;
    let shown = home.describe().await.unwrap().cluster.unwrap();
    assert_eq!(shown.encryption_config, config(&key));
    assert!(home.is_open());
    assert_eq!(home.issues().await, []);
    let grants = home.grants(&key).await;
    let grantee = grants[0].grantee_principal.as_deref();
    assert_eq!(
        (grants.len(), grantee),
        (1, Some("eks.us-east-1.amazonaws.com"))
    );
    // Nothing of it lies in the records but what KMS sealed.
    let data_key = home.planes.data_key.lock().clone().unwrap().unwrap();
    let stored = home.world.stored("/w1/c0/eks/").await;
    assert!(stored.contains(&key) && !stored.contains(&data_encoding(&data_key)));
    let again = home.encrypt(&key, None).await;
    refused(again, CODE, "Encryption is already enabled on the cluster");
    let input = DeleteClusterRequest {
        name: Some("demo".to_owned()),
    };
    home.eks.delete_cluster(&call(), input).await.unwrap();
    until("the cluster is gone", || async {
        home.status().await.is_none()
    })
    .await;
    assert!(home.grants(&key).await.is_empty());
}

fn data_encoding(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

/// Whoever makes it is killed between the grant and the cluster.
#[tokio::test]
async fn of_one_that_never_came_to_be_no_grant_is_left() {
    let mut home = Home::new().await;
    let key = home.key(CreateKeyRequest::default()).await;
    let (eks, input) = (EksService::clone(&home.eks), home.under(&key));
    home.keys.cut(true);
    let making = tokio::spawn(async move { eks.create_cluster(&call(), input).await });
    until("the grant is made", || async {
        home.grants(&key).await.len() == 1
    })
    .await;
    making.abort();
    assert!(making.await.is_err());
    home.keys.cut(false);
    let ahead = UNFINISHED.as_secs();
    home.clock.0.fetch_add(ahead, Ordering::Relaxed);
    home.eks.restart();
    until("its grant is given back", || async {
        home.grants(&key).await.is_empty()
    })
    .await;

    home.encrypted(&key).await;
    home.clock.0.fetch_add(ahead, Ordering::Relaxed);
    home.eks.restart();
    until("nothing is pending", || async {
        let stored = home.world.stored("/w1/c0/eks/").await;
        !stored.contains("pending-grant")
    })
    .await;
    assert_eq!(home.grants(&key).await.len(), 1);
}

#[tokio::test]
async fn a_cluster_comes_under_a_key_later() {
    let home = Home::new().await;
    home.active("API").await;
    assert!(home.planes.data_key.lock().is_none());
    let shown = home.describe().await.unwrap().cluster.unwrap();
    assert_eq!(shown.encryption_config, None);
    let key = home.key(CreateKeyRequest::default()).await;
    let input = CreateAliasRequest {
        alias_name: Some("alias/team".to_owned()),
        target_key_id: Some(key.clone()),
    };
    home.kms.create_alias(&call(), input).await.unwrap();
    let alias = format!("arn:aws:kms:{REGION}:{ACCOUNT}:alias/team");
    let update = home.encrypt(&alias, Some("t")).await.unwrap();
    assert_eq!(update.type_.as_deref(), Some("AssociateEncryptionConfig"));
    assert_eq!(update.status.as_deref(), Some("InProgress"));
    let param = update.params.unwrap().remove(0);
    assert_eq!(param.type_.as_deref(), Some("EncryptionConfig"));
    let told = json!([{"resources": ["secrets"], "provider": {"keyArn": alias}}]);
    assert_eq!(param.value.unwrap(), told.to_string());
    until("the update has ended", || async {
        home.update_of_key(&update.id).await.status.as_deref() == Some("Successful")
    })
    .await;
    assert!(home.is_open());
    let shown = home.describe().await.unwrap().cluster.unwrap();
    assert_eq!(shown.encryption_config, config(&alias));
    // The same request has the same answer and grants nothing more; another is refused.
    let again = home.encrypt(&alias, Some("t")).await.unwrap();
    assert_eq!(again.id, update.id);
    let other = home.key(CreateKeyRequest::default()).await;
    let changed = home.encrypt(&other, None).await;
    refused(
        changed,
        CODE,
        "Encryption is already enabled on the cluster",
    );
    assert_eq!(home.grants(&key).await.len(), 1);
    assert!(home.grants(&other).await.is_empty());
}

#[tokio::test]
async fn a_key_that_is_shut_stands_in_the_health_until_it_opens() {
    let mut home = Home::new().await;
    let key = home.key(CreateKeyRequest::default()).await;
    home.encrypted(&key).await;
    home.disable(&key).await;
    home.looked("KmsKeyDisabled", &key).await;
    assert_eq!(home.status().await.as_deref(), Some("ACTIVE"));
    let shut = home.planes.data_key.lock().clone().unwrap().unwrap_err();
    assert!(shut.starts_with("DisabledException: "), "{shut}");
    let input = EnableKeyRequest {
        key_id: Some(key.clone()),
    };
    home.kms.enable_key(&call(), input).await.unwrap();
    home.eks.restart();
    until("the cluster is well", || async {
        home.issues().await.is_empty() && home.is_open()
    })
    .await;
    let input = RevokeGrantRequest {
        key_id: Some(key.clone()),
        grant_id: home.grants(&key).await[0].grant_id.clone(),
        ..RevokeGrantRequest::default()
    };
    home.kms.revoke_grant(&call(), input).await.unwrap();
    home.looked("KmsGrantRevoked", &key).await;
    // It can be deleted all the same.
    let input = DeleteClusterRequest {
        name: Some("demo".to_owned()),
    };
    home.eks.delete_cluster(&call(), input).await.unwrap();
    until("the cluster is gone", || async {
        home.status().await.is_none()
    })
    .await;
}

#[tokio::test]
async fn a_key_that_is_to_be_deleted_is_told_as_that() {
    let mut home = Home::new().await;
    let key = home.key(CreateKeyRequest::default()).await;
    home.encrypted(&key).await;
    let input = ScheduleKeyDeletionRequest {
        key_id: Some(key.clone()),
        ..ScheduleKeyDeletionRequest::default()
    };
    home.kms
        .schedule_key_deletion(&call(), input)
        .await
        .unwrap();
    home.looked("KmsKeyMarkedForDeletion", &key).await;
}

#[tokio::test]
async fn keys_that_will_not_do_are_refused() {
    let home = Home::new().await;
    let asymmetric = home.key(CreateKeyRequest {
        key_spec: Some("RSA_2048".to_owned()),
        key_usage: Some("ENCRYPT_DECRYPT".to_owned()),
        ..CreateKeyRequest::default()
    });
    let asymmetric = asymmetric.await;
    let disabled = home.key(CreateKeyRequest::default()).await;
    home.disable(&disabled).await;
    let nowhere =
        format!("arn:aws:kms:{REGION}:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab");
    let west = disabled.replace(REGION, "us-west-2");
    for (key, text) in [
        (&asymmetric, "symmetric"),
        (&disabled, "is Disabled"),
        (&nowhere, nowhere.as_str()),
        (&west, "in the region of the cluster"),
    ] {
        let refused = home.eks.create_cluster(&call(), home.under(key)).await;
        let refused = refused.unwrap_err();
        assert_eq!(refused.code, CODE);
        assert!(refused.message.contains(text), "{}", refused.message);
    }
    assert!(home.status().await.is_none());
    let stranger = Caller {
        kind: CallerKind::User,
        arn: format!("arn:aws:iam::{ACCOUNT}:user/stranger"),
        user_id: "AIDASTRANGER".to_owned(),
        ..Caller::root(ACCOUNT)
    };
    let context = Context {
        caller: stranger,
        ..call().context().clone()
    };
    let by_stranger = Call::by_controller(context, wharf_testkit::PERMIT);
    let key = home.key(CreateKeyRequest::default()).await;
    refused(
        home.eks
            .create_cluster(&by_stranger, home.under(&key))
            .await,
        "InvalidRequestException",
        "User not authorized to perform kms:DescribeKey operation",
    );
    assert!(home.grants(&key).await.is_empty());
}
