//! What is in a repository under a key, where others take it up: replication, templates, scans.

use std::sync::Arc;

use parking_lot::Mutex;
use serde_json::{Value, json};
use wharf_api_ecr::{Ecr, Input, types::*};
use wharf_api_kms::{self as kms, Kms as _};
use wharf_delivery::{Actor, Operations, Request};
use wharf_records::Scope;
use wharf_store::Txn;
use wharf_svc_ecr::{ImageRef, Registry};
use wharf_svc_kms::KmsService;
use wharf_wire::{Call, Check, Denied, Dispatcher, Fault, Gate, async_trait};

use crate::{
    scans::{Scanned, debian, known},
    sealed::registry,
    support::{ACCOUNT, Home, NOW, PERMIT, by_tag, call_in, said, text},
};

/// Lets everybody do everything.
struct Open;

#[async_trait]
impl Gate for Open {
    async fn decide(&self, _: &wharf_wire::Context, _: &[Check]) -> Result<(), Denied> {
        Ok(())
    }
}

async fn replicate(home: &Home) -> usize {
    let dispatcher = Dispatcher::new(Arc::new(Open));
    home.catalog
        .replicate(&dispatcher, &PERMIT, NOW)
        .await
        .unwrap()
}

/// Repositories of a region that replication makes are under a key there.
async fn sealed_in(home: &Home, region: &str, kind: &str) {
    let input = CreateRepositoryCreationTemplateRequest {
        prefix: text("ROOT"),
        applied_for: Some(vec!["REPLICATION".to_owned()]),
        encryption_configuration: Some(EncryptionConfigurationForRepositoryCreationTemplate {
            encryption_type: text(kind),
            kms_key: None,
        }),
        ..Default::default()
    };
    let call = call_in(region);
    let made = home
        .ecr
        .create_repository_creation_template(&call, input)
        .await;
    let made = made.unwrap().repository_creation_template.unwrap();
    let shown = made.encryption_configuration.unwrap();
    assert_eq!(
        (shown.encryption_type.as_deref(), shown.kms_key),
        (Some(kind), None)
    );
}

#[tokio::test]
async fn replicas_are_under_the_keys_of_where_they_are() {
    let home = Home::new();
    let key = home.key().await;
    home.create_under("from", "KMS", Some(&key)).await.unwrap();
    home.create("plain").await.unwrap();
    sealed_in(&home, "eu-west-1", "KMS").await;
    sealed_in(&home, "eu-west-2", "KMS_DSSE").await;
    let regions = ["eu-west-1", "eu-west-2", "eu-west-3"];
    let destinations = regions.map(|region| ReplicationDestination {
        region: text(region),
        registry_id: text(ACCOUNT),
    });
    let rule = ReplicationRule {
        destinations: Some(destinations.into()),
        ..Default::default()
    };
    let input = PutReplicationConfigurationRequest {
        replication_configuration: Some(ReplicationConfiguration {
            rules: Some(vec![rule]),
        }),
    };
    home.ecr
        .put_replication_configuration(&home.call(), input)
        .await
        .unwrap();
    let mut manifests = Vec::new();
    for name in ["from", "plain"] {
        let manifest = home.manifest(name, &format!("content of {name}")).await;
        home.put(name, Some("v1"), &manifest).await.unwrap();
        manifests.push((name, manifest));
    }
    // Nor does what cannot be read in another registry.
    let broken = Scope::new("ecr", ACCOUNT, "af-south-1").key("owed-replica", "broken");
    let txn = Txn::new().put(broken, "{");
    home.world.store.txn(&PERMIT, txn).await.unwrap();
    // What is shut has failed, and keeps nothing else from going.
    home.disable(&key).await;
    assert_eq!(replicate(&home).await, 3);
    let input = DescribeImageReplicationStatusRequest {
        repository_name: text("from"),
        image_id: Some(by_tag("v1")),
        registry_id: None,
    };
    let shown = home
        .ecr
        .describe_image_replication_status(&home.call(), input)
        .await;
    let shown = shown.unwrap().replication_statuses.unwrap();
    assert_eq!(shown.len(), 3);
    for status in shown {
        assert_eq!(status.status.as_deref(), Some("FAILED"));
        assert_eq!(status.failure_code.as_deref(), Some("KmsError"));
    }
    home.enable(&key).await;
    assert_eq!(replicate(&home).await, 0);
    let (_, manifest) = &manifests[0];
    home.put("from", Some("v2"), manifest).await.unwrap();
    assert_eq!(replicate(&home).await, 3);
    for region in regions {
        let there = Registry::new(ACCOUNT, region);
        for (name, manifest) in &manifests {
            let tag = ImageRef::Tag("v1".to_owned());
            let found = home
                .catalog
                .manifest(&there, name, &tag)
                .await
                .unwrap()
                .unwrap();
            assert_eq!(found.manifest, manifest.to_string().into_bytes());
            let repository = home.catalog.repository(&there, name).await.unwrap();
            let encryption = repository.encryption.map(|it| it.key);
            match region {
                "eu-west-3" => assert_eq!(encryption, None),
                _ => assert!(
                    encryption
                        .unwrap()
                        .starts_with(&format!("arn:aws:kms:{region}:"))
                ),
            }
            for layer in &found.image.blobs {
                let read = home.catalog.read_layer(&there, name, layer).await.unwrap();
                assert!(read.unwrap().next_chunk().await.unwrap().is_some());
            }
        }
    }
}

/// As a push does.
async fn make(home: &Home, name: &str) {
    let made = home
        .catalog
        .make_for_push(&PERMIT, &registry(), name, NOW)
        .await;
    made.unwrap();
}

/// A role that may use KMS, and notes what it was asked.
struct Role {
    kms: KmsService,
    asked: Mutex<Vec<(Actor, String)>>,
}

#[async_trait]
impl Operations for Role {
    async fn call(&self, actor: &Actor, request: &Request) -> Result<Value, Fault> {
        let asked = (
            actor.clone(),
            format!("{}:{}", request.service, request.operation),
        );
        self.asked.lock().push(asked);
        let input = &request.input;
        let field = |name: &str| text(input[name].as_str().unwrap());
        let of = |value: &Value| serde_json::from_value(value.clone()).unwrap();
        let wanted = kms::CreateGrantRequest {
            key_id: field("KeyId"),
            name: field("Name"),
            grantee_principal: field("GranteePrincipal"),
            retiring_principal: field("RetiringPrincipal"),
            operations: Some(of(&input["Operations"])),
            constraints: Some(kms::GrantConstraints {
                encryption_context_subset: Some(
                    serde_json::from_value(input["Constraints"]["EncryptionContextSubset"].clone())
                        .unwrap(),
                ),
                ..Default::default()
            }),
            ..Default::default()
        };
        let made = self
            .kms
            .create_grant(&crate::support::call_at(NOW), wanted)
            .await?;
        Ok(json!({"GrantId": made.grant_id}))
    }

    async fn may(&self, _: &Actor, _: &str, _: &[Check]) -> Result<(), Fault> {
        unreachable!("nothing is asked")
    }

    async fn may_assume(&self, _: &str, _: &str, _: &str) -> Result<(), Fault> {
        unreachable!("nothing is asked")
    }
}

#[tokio::test]
async fn the_role_of_a_template_lets_ecr_use_its_key() {
    const ROLE: &str = "arn:aws:iam::000000000000:role/maker";
    let home = Home::new();
    let key = home.key().await;
    let template = |role: Option<&str>, key: &str| CreateRepositoryCreationTemplateRequest {
        prefix: text("team"),
        applied_for: Some(vec!["CREATE_ON_PUSH".to_owned()]),
        encryption_configuration: Some(EncryptionConfigurationForRepositoryCreationTemplate {
            encryption_type: text("KMS"),
            kms_key: text(key),
        }),
        custom_role_arn: role.map(str::to_owned),
        ..Default::default()
    };
    let call: Call = home.call();
    let create = async |input| {
        home.ecr
            .create_repository_creation_template(&call, input)
            .await
    };
    let refused = said(create(template(None, &key)).await.unwrap_err());
    assert_eq!(refused.0, "InvalidParameterException");
    assert!(refused.1.contains("customRoleArn"), "{}", refused.1);
    for no_arn in ["alias/mine", key.rsplit('/').next().unwrap(), "x"] {
        let refused = said(create(template(Some(ROLE), no_arn)).await.unwrap_err());
        assert_eq!(
            refused,
            (
                "InvalidParameterException".to_owned(),
                "Invalid parameter at 'kmsKey' failed to satisfy constraint: 'must be the ARN of a key'"
                    .to_owned()
            )
        );
    }
    create(template(Some(ROLE), &key)).await.unwrap();
    // Another key for the same role: that is passed on as much as by naming it.
    let input = UpdateRepositoryCreationTemplateRequest {
        prefix: text("team"),
        encryption_configuration: Some(EncryptionConfigurationForRepositoryCreationTemplate {
            encryption_type: text("KMS"),
            kms_key: text(&key),
        }),
        ..Default::default()
    };
    let context = call.context().clone();
    let asked = Input::UpdateRepositoryCreationTemplate(&input);
    let checks = home.ecr.authorize(&context, asked).await.unwrap();
    assert_eq!((checks.len(), &*checks[1].action), (2, "iam:PassRole"));
    assert_eq!(checks[1].resource, ROLE);
    let input = UpdateRepositoryCreationTemplateRequest {
        prefix: text("team"),
        description: text("mine"),
        ..Default::default()
    };
    let asked = Input::UpdateRepositoryCreationTemplate(&input);
    assert_eq!(home.ecr.authorize(&context, asked).await.unwrap().len(), 1);
    let role = Arc::new(Role {
        kms: home.kms.clone(),
        asked: Mutex::default(),
    });
    home.catalog.calling(role.clone());
    make(&home, "team/app").await;
    let (actor, operation) = role.asked.lock().pop().unwrap();
    assert_eq!(operation, "kms:CreateGrant");
    let Actor::Role { arn, service, .. } = actor else {
        panic!("{actor:?}");
    };
    assert_eq!((&*arn, &*service), (ROLE, "ecr.amazonaws.com"));
    let repository = home
        .catalog
        .repository(&registry(), "team/app")
        .await
        .unwrap();
    assert_eq!(repository.encryption.unwrap().key, key);
    let manifest = home.manifest("team/app", "content").await;
    home.put("team/app", Some("v1"), &manifest).await.unwrap();
    assert_eq!(
        home.pulled("team/app", "v1").await.unwrap(),
        manifest.to_string()
    );

    let input = UpdateRepositoryCreationTemplateRequest {
        prefix: text("team"),
        encryption_configuration: Some(EncryptionConfigurationForRepositoryCreationTemplate {
            encryption_type: text("AES256"),
            kms_key: text(""),
        }),
        ..Default::default()
    };
    let changed = home
        .ecr
        .update_repository_creation_template(&call, input)
        .await;
    let changed = changed.unwrap().repository_creation_template.unwrap();
    let shown = changed.encryption_configuration.unwrap();
    assert_eq!(shown.encryption_type.as_deref(), Some("AES256"));
    make(&home, "team/other").await;
    let other = home
        .catalog
        .repository(&registry(), "team/other")
        .await
        .unwrap();
    assert_eq!(other.encryption, None);
}

#[tokio::test]
async fn images_under_a_key_are_scanned() {
    let it = Scanned::new().await;
    known(it.data.path());
    let key = it.home.key().await;
    it.home
        .create_under("sealed", "KMS", Some(&key))
        .await
        .unwrap();
    it.image("sealed", "v1", &[debian()]).await;
    let input = StartImageScanRequest {
        repository_name: text("sealed"),
        image_id: Some(by_tag("v1")),
        ..Default::default()
    };
    it.home
        .ecr
        .start_image_scan(&it.home.call(), input)
        .await
        .unwrap();
    let ended = async {
        loop {
            let input = DescribeImageScanFindingsRequest {
                repository_name: text("sealed"),
                image_id: Some(by_tag("v1")),
                ..Default::default()
            };
            let found = it
                .home
                .ecr
                .describe_image_scan_findings(&it.home.call(), input)
                .await;
            let found = found.unwrap();
            let status = found.image_scan_status.clone().unwrap().status.unwrap();
            if status != "IN_PROGRESS" {
                return found;
            }
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    };
    let ended = tokio::time::timeout(std::time::Duration::from_secs(30), ended);
    let found = ended.await.expect("the scan ends");
    let status = found.image_scan_status.unwrap();
    assert_eq!(
        status.status.as_deref(),
        Some("COMPLETE"),
        "{:?}",
        status.description
    );
    let findings = found.image_scan_findings.unwrap().findings.unwrap();
    assert!(
        findings
            .iter()
            .any(|it| it.name.as_deref() == Some("CVE-2024-1"))
    );
}
