use wharf_api_iam::{Iam, types::*};

use crate::world::*;

fn named(name: &str) -> (UploadServerCertificateRequest, String) {
    let made = rcgen::generate_simple_self_signed(vec!["web.example.com".to_owned()]).unwrap();
    let key = made.signing_key.serialize_pem();
    let input = UploadServerCertificateRequest {
        server_certificate_name: text(name),
        certificate_body: Some(made.cert.pem()),
        private_key: Some(key.clone()),
        ..Default::default()
    };
    (input, key)
}

#[tokio::test]
async fn uploaded_shown_and_deleted() {
    let w = world();
    let (input, key) = named("web");
    let made = w
        .iam
        .upload_server_certificate(&root(), input.clone())
        .await
        .unwrap();
    let made = made.server_certificate_metadata.unwrap();
    let arn = "arn:aws:iam::000000000000:server-certificate/web";
    assert_eq!(made.arn.as_deref(), Some(arn));
    assert!(made.server_certificate_id.unwrap().starts_with("ASCA"));
    assert!(made.expiration.unwrap() > NOW);
    refused(
        w.iam.upload_server_certificate(&root(), input).await,
        "EntityAlreadyExists",
        "The Server Certificate with name web already exists.",
    );
    let found = w
        .directory
        .server_certificate(ACCOUNT, arn)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(found.names, ["web.example.com"]);
    assert_eq!(found.private_key.expose(), key.as_bytes());
    assert!(!format!("{found:?}").contains("PRIVATE"));
    let all = w.store.all(wharf_store::Range::prefix("")).await.unwrap();
    let plain = |value: &[u8]| String::from_utf8_lossy(value).contains("PRIVATE KEY");
    assert!(
        !all.entries.iter().any(|entry| plain(&entry.value)),
        "the key is sealed"
    );
    let get = GetServerCertificateRequest {
        server_certificate_name: text("web"),
    };
    let shown = w
        .iam
        .get_server_certificate(&root(), get.clone())
        .await
        .unwrap();
    assert!(
        shown
            .server_certificate
            .unwrap()
            .certificate_body
            .unwrap()
            .contains("CERTIFICATE")
    );
    let listed = w
        .iam
        .list_server_certificates(&root(), Default::default())
        .await
        .unwrap();
    assert_eq!(listed.server_certificate_metadata_list.unwrap().len(), 1);
    let delete = DeleteServerCertificateRequest {
        server_certificate_name: text("web"),
    };
    w.iam
        .delete_server_certificate(&root(), delete)
        .await
        .unwrap();
    refused(
        w.iam.get_server_certificate(&root(), get).await,
        "NoSuchEntity",
        "The Server Certificate with name web cannot be found.",
    );
    assert!(
        w.directory
            .server_certificate(ACCOUNT, arn)
            .await
            .unwrap()
            .is_none()
    );
}

#[tokio::test]
async fn found_by_its_whole_arn_alone() {
    let w = world();
    let (mut input, _) = named("web");
    input.path = text("/edge/");
    w.iam
        .upload_server_certificate(&root(), input)
        .await
        .unwrap();
    let find = async |arn: &str| {
        w.directory
            .server_certificate(ACCOUNT, arn)
            .await
            .unwrap()
            .is_some()
    };
    assert!(find("arn:aws:iam::000000000000:server-certificate/edge/web").await);
    for arn in [
        "arn:aws:iam::000000000000:server-certificate/web",
        "arn:aws:iam::000000000000:server-certificate/edge/Web",
        "arn:aws:iam::000000000001:server-certificate/edge/web",
        "arn:aws:iam::000000000000:user/edge/web",
        "nonsense",
    ] {
        assert!(!find(arn).await, "{arn}");
    }
}
