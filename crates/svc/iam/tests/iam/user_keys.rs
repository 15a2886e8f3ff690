//! SSH keys, signing certificates, passwords and the report about all of them.

use crate::world::*;
use wharf_api_iam::{Iam, types::*};

const KEY: &str = include_str!("../../src/ssh_key/example.pub");
const PEM: &str = include_str!("../../src/ssh_key/example.pem");

async fn anna(w: &World) {
    let user = CreateUserRequest {
        user_name: text("anna,b"),
        ..Default::default()
    };
    w.iam.create_user(&root(), user).await.unwrap();
}

fn upload(body: &str) -> UploadSSHPublicKeyRequest {
    UploadSSHPublicKeyRequest {
        user_name: text("anna,b"),
        ssh_public_key_body: text(body),
    }
}

fn delete() -> DeleteUserRequest {
    DeleteUserRequest {
        user_name: text("anna,b"),
    }
}

#[tokio::test]
async fn a_key_of_ssh_in_both_forms() {
    let w = world();
    anna(&w).await;
    let made = w.iam.upload_ssh_public_key(&root(), upload(KEY)).await;
    let made = made.unwrap().ssh_public_key.unwrap();
    assert_eq!(made.fingerprint.unwrap().len(), 47);
    let again = w.iam.upload_ssh_public_key(&root(), upload(PEM)).await;
    assert_eq!(again.unwrap_err().code, "DuplicateSSHPublicKey");
    let get = GetSSHPublicKeyRequest {
        user_name: text("anna,b"),
        ssh_public_key_id: made.ssh_public_key_id.clone(),
        encoding: text("PEM"),
    };
    let found = w.iam.get_ssh_public_key(&root(), get).await.unwrap();
    assert_eq!(
        found.ssh_public_key.unwrap().ssh_public_key_body.as_deref(),
        Some(PEM)
    );
    let update = UpdateSSHPublicKeyRequest {
        user_name: text("anna,b"),
        ssh_public_key_id: made.ssh_public_key_id.clone(),
        status: text("Inactive"),
    };
    w.iam.update_ssh_public_key(&root(), update).await.unwrap();
    let list = ListSSHPublicKeysRequest {
        user_name: text("anna,b"),
        ..Default::default()
    };
    let found = w.iam.list_ssh_public_keys(&root(), list).await.unwrap();
    let found = found.ssh_public_keys.unwrap();
    assert_eq!(found[0].status.as_deref(), Some("Inactive"));

    let conflict = "Cannot delete entity, must delete SSH public keys first.";
    refused(
        w.iam.delete_user(&root(), delete()).await,
        "DeleteConflict",
        conflict,
    );
    let gone = || DeleteSSHPublicKeyRequest {
        user_name: text("anna,b"),
        ssh_public_key_id: made.ssh_public_key_id.clone(),
    };
    w.iam.delete_ssh_public_key(&root(), gone()).await.unwrap();
    assert_eq!(
        w.iam
            .delete_ssh_public_key(&root(), gone())
            .await
            .unwrap_err()
            .code,
        "NoSuchEntity"
    );
    w.iam.delete_user(&root(), delete()).await.unwrap();
    assert!(!w.stored("/").await.contains("ssh-rsa"));
}

#[tokio::test]
async fn signing_certificates() {
    let w = world();
    anna(&w).await;
    let body = |name: &str| {
        rcgen::generate_simple_self_signed([name.to_owned()])
            .unwrap()
            .cert
            .pem()
    };
    let upload = |body: &str| UploadSigningCertificateRequest {
        user_name: text("anna,b"),
        certificate_body: text(body),
    };
    let (one, two, three) = (body("a"), body("b"), body("c"));
    let made = w
        .iam
        .upload_signing_certificate(&root(), upload(&one))
        .await;
    let id = made.unwrap().certificate.unwrap().certificate_id;
    let again = w
        .iam
        .upload_signing_certificate(&root(), upload(&one))
        .await;
    assert_eq!(again.unwrap_err().code, "DuplicateCertificate");
    w.iam
        .upload_signing_certificate(&root(), upload(&two))
        .await
        .unwrap();
    let more = w
        .iam
        .upload_signing_certificate(&root(), upload(&three))
        .await;
    refused(
        more,
        "LimitExceeded",
        "Cannot exceed quota for CertificatesPerUser: 2",
    );
    let bad = w
        .iam
        .upload_signing_certificate(&root(), upload("nonsense"))
        .await;
    assert_eq!(bad.unwrap_err().code, "MalformedCertificate");
    let update = UpdateSigningCertificateRequest {
        user_name: text("anna,b"),
        certificate_id: id.clone(),
        status: text("Inactive"),
    };
    w.iam
        .update_signing_certificate(&root(), update)
        .await
        .unwrap();
    let conflict = "Cannot delete entity, must delete signing certificates first.";
    refused(
        w.iam.delete_user(&root(), delete()).await,
        "DeleteConflict",
        conflict,
    );
    let gone = DeleteSigningCertificateRequest {
        user_name: text("anna,b"),
        certificate_id: id,
    };
    w.iam
        .delete_signing_certificate(&root(), gone)
        .await
        .unwrap();
}

#[tokio::test]
async fn the_report_tells_of_everybody() {
    let w = world();
    anna(&w).await;
    let none = w.iam.get_credential_report(&root(), ()).await;
    assert_eq!(none.unwrap_err().code, "ReportNotPresent");
    let login = CreateLoginProfileRequest {
        user_name: text("anna,b"),
        password: text("Correct-Horse-1"),
        ..Default::default()
    };
    w.iam.create_login_profile(&root(), login).await.unwrap();
    let key = CreateAccessKeyRequest {
        user_name: text("anna,b"),
    };
    w.iam.create_access_key(&root(), key).await.unwrap();
    for state in ["STARTED", "COMPLETE"] {
        let answer = w.iam.generate_credential_report(&root(), ()).await.unwrap();
        assert_eq!(answer.state.as_deref(), Some(state));
    }
    let report = w.iam.get_credential_report(&root(), ()).await.unwrap();
    let content = String::from_utf8(report.content.unwrap()).unwrap();
    let lines: Vec<&str> = content.lines().collect();
    assert_eq!(lines.len(), 3);
    assert!(
        lines[1].starts_with("<root_account>,arn:aws:iam::000000000000:root,N/A,not_supported")
    );
    let at = "2026-01-02T00:00:00+00:00";
    let expected = format!(
        "\"anna,b\",\"arn:aws:iam::000000000000:user/anna,b\",{at},true,no_information,{at},N/A,false,\
         true,{at},N/A,N/A,N/A,false,N/A,N/A,N/A,N/A,false,N/A,false,N/A"
    );
    assert_eq!(lines[2], expected);
    assert_eq!(lines[0].split(',').count(), lines[1].split(',').count());
    assert!(!w.stored("/").await.contains("Correct-Horse"));
}

#[tokio::test]
async fn old_passwords_are_remembered() {
    let w = world();
    anna(&w).await;
    let rules = UpdateAccountPasswordPolicyRequest {
        minimum_password_length: Some(6),
        password_reuse_prevention: Some(2),
        allow_users_to_change_password: Some(true),
        ..Default::default()
    };
    w.iam
        .update_account_password_policy(&root(), rules)
        .await
        .unwrap();
    let login = CreateLoginProfileRequest {
        user_name: text("anna,b"),
        password: text("first-1"),
        ..Default::default()
    };
    w.iam.create_login_profile(&root(), login).await.unwrap();
    let put = PutUserPolicyRequest {
        user_name: text("anna,b"),
        policy_name: text("p"),
        policy_document: Some(allow("iam:ChangePassword")),
    };
    w.iam.put_user_policy(&root(), put).await.unwrap();
    let key = CreateAccessKeyRequest {
        user_name: text("anna,b"),
    };
    let key = w
        .iam
        .create_access_key(&root(), key)
        .await
        .unwrap()
        .access_key
        .unwrap();
    let found = w
        .directory
        .identify(&key.access_key_id.unwrap(), None, NOW)
        .await
        .unwrap();
    let call = by(found.caller);
    let change = async |old: &str, new: &str| {
        let input = ChangePasswordRequest {
            old_password: text(old),
            new_password: text(new),
        };
        let answer = w.iam.change_password(&call, input).await;
        answer.map_err(|fault| fault.code.into_owned())
    };
    assert_eq!(
        change("wrong", "second-2").await.unwrap_err(),
        "AccessDenied"
    );
    change("first-1", "second-2").await.unwrap();
    assert_eq!(
        change("second-2", "first-1").await.unwrap_err(),
        "PasswordPolicyViolation"
    );
    assert_eq!(
        change("second-2", "short").await.unwrap_err(),
        "PasswordPolicyViolation"
    );
    change("second-2", "third-3").await.unwrap();
    change("third-3", "first-1").await.unwrap();
    assert_eq!(
        w.iam
            .change_password(
                &root(),
                ChangePasswordRequest {
                    old_password: text("a"),
                    new_password: text("b")
                }
            )
            .await
            .unwrap_err()
            .code,
        "InvalidUserType"
    );
}
