//! Pushes and pulls an image and an artifact that is about it, and says what it saw.
//!
//! `oci-client-of-tests REGISTRY REPOSITORY PASSWORD`

use std::{
    collections::{BTreeMap, BTreeSet},
    error::Error,
};

use oci_client::{
    Client, Reference, RegistryOperation,
    client::{ClientConfig, ClientProtocol, Config, ImageLayer},
    manifest::{
        IMAGE_LAYER_GZIP_MEDIA_TYPE, IMAGE_LAYER_MEDIA_TYPE, OCI_IMAGE_MEDIA_TYPE, OciDescriptor,
        OciImageManifest,
    },
    secrets::RegistryAuth,
};
use serde_json::json;

const ARTIFACT: &str = "application/vnd.test.signature";
const CONFIG: &[u8] =
    br#"{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}"#;

fn client(use_monolithic_push: bool) -> Client {
    Client::new(ClientConfig {
        protocol: ClientProtocol::Http,
        use_monolithic_push,
        ..ClientConfig::default()
    })
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [registry, repository, password] = &arguments[..] else {
        return Err("REGISTRY REPOSITORY PASSWORD".into());
    };
    let provider = rustls::crypto::ring::default_provider();
    provider
        .install_default()
        .map_err(|_| "there is a provider of cryptography already")?;
    let auth = RegistryAuth::Basic("AWS".to_owned(), password.clone());
    let tagged =
        |tag: &str| Reference::with_tag(registry.clone(), repository.clone(), tag.to_owned());

    // More than it sends in one chunk, and one that it sends at once.
    let large: Vec<u8> = (0..9_u32 << 20)
        .map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8)
        .collect();
    let layers = [
        ImageLayer::oci_v1(large, None),
        ImageLayer::oci_v1_gzip(&b"a small layer"[..], None),
    ];
    let mut pushed = BTreeMap::new();
    for (tag, monolithic) in [("chunked", false), ("at-once", true)] {
        let config = Config::oci_v1(CONFIG, None);
        let note = BTreeMap::from([("how".to_owned(), tag.to_owned())]);
        let manifest = OciImageManifest::build(&layers, &config, Some(note));
        let client = client(monolithic);
        client
            .push(&tagged(tag), &layers, config, &auth, Some(manifest))
            .await?;
        let digest = client.fetch_manifest_digest(&tagged(tag), &auth).await?;
        pushed.insert(tag, digest);
    }

    let client = client(false);
    let accepted = vec![IMAGE_LAYER_MEDIA_TYPE, IMAGE_LAYER_GZIP_MEDIA_TYPE];
    let image = client.pull(&tagged("chunked"), &auth, accepted).await?;
    // It gives them as they come.
    let contents = |layers: &[ImageLayer]| {
        layers
            .iter()
            .map(|it| it.data.clone())
            .collect::<BTreeSet<_>>()
    };
    let same = image.layers.len() == layers.len() && contents(&image.layers) == contents(&layers);
    let (manifest, digest) = client
        .pull_image_manifest(&tagged("chunked"), &auth)
        .await?;
    let tags = client
        .list_tags(&tagged("chunked"), &auth, None, None)
        .await?
        .tags;

    // Something about the image.
    let (raw, _) = client
        .pull_manifest_raw(&tagged("chunked"), &auth, &[OCI_IMAGE_MEDIA_TYPE])
        .await?;
    let said = ImageLayer::new(&b"signed"[..], "text/plain".to_owned(), None);
    let empty = Config::new(
        &b"{}"[..],
        "application/vnd.oci.empty.v1+json".to_owned(),
        None,
    );
    let about = OciImageManifest {
        media_type: Some(OCI_IMAGE_MEDIA_TYPE.to_owned()),
        artifact_type: Some(ARTIFACT.to_owned()),
        subject: Some(OciDescriptor {
            media_type: OCI_IMAGE_MEDIA_TYPE.to_owned(),
            digest: digest.clone(),
            size: raw.len().try_into()?,
            ..OciDescriptor::default()
        }),
        ..OciImageManifest::build(std::slice::from_ref(&said), &empty, None)
    };
    client
        .push(&tagged("signature"), &[said], empty, &auth, Some(about))
        .await?;
    let subject = Reference::with_digest(registry.clone(), repository.clone(), digest.clone());
    let mut referrers = BTreeMap::new();
    for (name, kind) in [
        ("all", None),
        ("of the kind", Some(ARTIFACT)),
        ("of another", Some("application/x")),
    ] {
        let found = client.pull_referrers(&subject, kind).await?.manifests;
        referrers.insert(
            name,
            found.into_iter().map(|it| it.digest).collect::<Vec<_>>(),
        );
    }
    let signature = client
        .pull(&tagged("signature"), &auth, vec!["text/plain"])
        .await?;

    let wrong = RegistryAuth::Basic("AWS".to_owned(), "wrong".to_owned());
    let stranger = self::client(false)
        .auth(&tagged("chunked"), &wrong, RegistryOperation::Pull)
        .await;
    let refused = match stranger {
        Ok(_) => self::client(false)
            .pull_manifest(&tagged("chunked"), &wrong)
            .await
            .is_err(),
        Err(_) => true,
    };
    let seen = json!({
        "pushed": pushed, "pulled": digest, "same": same, "how": manifest.annotations, "tags": tags,
        "referrers": referrers, "signature": signature.digest,
        "signed": String::from_utf8_lossy(&signature.layers[0].data), "stranger_refused": refused,
    });
    println!("{seen}");
    Ok(())
}
