//! The key of KMS that findings are under.

use wharf_api_inspector2::*;
use wharf_testkit::call;
use wharf_wire::Fault;

use crate::home::*;

async fn update(it: &Home) -> Result<(), Fault> {
    let input = UpdateEncryptionKeyRequest {
        kms_key_id: Some(KEY.to_owned()),
        scan_type: Some("PACKAGE".to_owned()),
        resource_type: Some("AWS_ECR_CONTAINER_IMAGE".to_owned()),
    };
    let updated = it.service.update_encryption_key(&call(), input).await;
    updated.map(|_| ())
}

async fn get(it: &Home) -> Result<Option<String>, Fault> {
    let input = GetEncryptionKeyRequest {
        scan_type: Some("PACKAGE".to_owned()),
        resource_type: Some("AWS_ECR_CONTAINER_IMAGE".to_owned()),
    };
    let shown = it.service.get_encryption_key(&call(), input).await?;
    Ok(shown.kms_key_id)
}

fn refused(code: &'static str) -> Fault {
    Fault::sender(code, 400, "said KMS.")
}

#[tokio::test]
async fn a_key_is_there_until_it_is_reset() {
    let it = home();
    let none = get(&it).await.unwrap_err();
    assert_eq!(none.code, "ResourceNotFoundException");
    assert_eq!(
        none.message,
        "There is no encryption key for scans of the type PACKAGE of resources of the type AWS_ECR_CONTAINER_IMAGE."
    );
    update(&it).await.unwrap();
    assert_eq!(get(&it).await.unwrap().as_deref(), Some(KEY));
    for _ in 0..2 {
        let input = ResetEncryptionKeyRequest::default();
        it.service
            .reset_encryption_key(&call(), input)
            .await
            .unwrap();
        assert!(get(&it).await.is_err());
    }
}

#[tokio::test]
async fn what_kms_refuses_is_said_in_inspectors_words() {
    let it = home();
    it.images.add("a", 1);
    for (code, expected, message) in [
        (
            "AccessDeniedException",
            "AccessDeniedException",
            "said KMS.",
        ),
        (
            "NotFoundException",
            "ResourceNotFoundException",
            "said KMS.",
        ),
        (
            "DisabledException",
            "ValidationException",
            "DisabledException: said KMS.",
        ),
    ] {
        *it.images.shut.lock() = Some(refused(code));
        let said = update(&it).await.unwrap_err();
        assert_eq!((&*said.code, &*said.message), (expected, message));
        let said = it.list(Default::default()).await.unwrap_err();
        assert_eq!(said.code, "ValidationException");
        let text = format!("The findings cannot be decrypted: {code}: said KMS.");
        assert_eq!(said.message, text);
    }
    // Reports and exports end so too, and others may follow.
    let (stop, running) = it.write_reports();
    let shown = it.ended(report("JSON", None)).await;
    assert_eq!(shown.error_code.as_deref(), Some("INVALID_PERMISSIONS"));
    let shown = it.exported(export("SPDX_2_3", None)).await;
    assert_eq!(shown.error_code.as_deref(), Some("INVALID_PERMISSIONS"));
    *it.images.shut.lock() = None;
    let shown = it.ended(report("JSON", None)).await;
    assert_eq!(shown.status.as_deref(), Some("SUCCEEDED"));
    stop.cancel();
    running.await.unwrap();
}
