//! Key pairs.

use wharf_api_ec2::{Ec2, types::*};
use wharf_records::Scope;
use wharf_store::Range;
use wharf_svc_ec2::{TAGGED, key_pairs::find};
use wharf_wire::Fault;

use crate::world::{World, filter, refusal, user, world};

/// Made by `ssh-keygen`.
const PUBLIC: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAINoG4t81lH9YaxuPw99hA4WaKVU5QQcJHxDRzaWGvwNu me";

fn named(name: &str, kind: &str, format: &str) -> CreateKeyPairRequest {
    CreateKeyPairRequest {
        key_name: Some(name.to_owned()),
        key_type: Some(kind.to_owned()),
        key_format: Some(format.to_owned()),
        ..Default::default()
    }
}

async fn described(
    world: &World,
    input: DescribeKeyPairsRequest,
) -> Result<Vec<KeyPairInfo>, Fault> {
    let found = world.ec2.describe_key_pairs(&user(), input).await?;
    Ok(found.key_pairs.unwrap())
}

#[tokio::test]
async fn the_private_half_is_answered_once_and_kept_nowhere() {
    let world = world();
    for (kind, format, head) in [
        ("rsa", "pem", "-----BEGIN RSA PRIVATE KEY-----\n"),
        ("ed25519", "pem", "-----BEGIN OPENSSH PRIVATE KEY-----\n"),
        ("rsa", "ppk", "PuTTY-User-Key-File-2: ssh-rsa\r\n"),
        ("ed25519", "ppk", "PuTTY-User-Key-File-2: ssh-ed25519\r\n"),
    ] {
        let name = format!("{kind} {format}");
        let made = world
            .ec2
            .create_key_pair(&user(), named(&name, kind, format))
            .await
            .unwrap();
        let private = made.key_material.unwrap();
        assert!(private.starts_with(head), "{private:.60}");
        let stored = world.stored("").await;
        // The last whole line of the private half: of Ed25519's in PuTTY's file, the only one.
        let behind = if (kind, format) == ("ed25519", "ppk") {
            1
        } else {
            2
        };
        let secret = private.lines().rev().nth(behind).unwrap();
        assert!(secret.len() > 20 && !stored.contains(secret), "{name}");
        let pair = find(&world.ec2, &user(), &name).await.unwrap();
        assert_eq!(Some(&pair.id), made.key_pair_id.as_ref());
        assert_eq!(pair.key_type.as_str(), kind);
        assert!(stored.contains(&pair.public_key));
        assert!(pair.public_key.ends_with(&name));
    }
    let all = described(&world, Default::default()).await.unwrap();
    assert_eq!(all.len(), 4);
    assert!(all.iter().all(|it| it.public_key.is_none()));
}

#[tokio::test]
async fn a_public_key_is_imported_found_and_deleted() {
    let world = world();
    let import = |name: &str, material: &[u8]| ImportKeyPairRequest {
        key_name: Some(name.to_owned()),
        public_key_material: Some(material.to_vec()),
        tag_specifications: Some(vec![TagSpecification {
            resource_type: Some("key-pair".to_owned()),
            tags: Some(vec![Tag {
                key: Some("team".to_owned()),
                value: Some("a".to_owned()),
            }]),
        }]),
        ..Default::default()
    };
    let ec2 = &world.ec2;
    let made = ec2
        .import_key_pair(&user(), import("mine", PUBLIC.as_bytes()))
        .await
        .unwrap();
    let id = made.key_pair_id.unwrap();
    let again = ec2
        .import_key_pair(&user(), import("mine", PUBLIC.as_bytes()))
        .await;
    assert_eq!(
        refusal(again),
        "InvalidKeyPair.Duplicate: The keypair already exists"
    );
    for (material, expected) in [
        (
            &b""[..],
            "MissingParameter: The request must contain the parameter PublicKeyMaterial",
        ),
        (
            b"ssh-rsa",
            "InvalidKey.Format: Key is not in valid OpenSSH public key format",
        ),
        (
            &[0xff; 40],
            "InvalidKey.Format: Key is not in valid OpenSSH public key format",
        ),
    ] {
        let refused = ec2
            .import_key_pair(&user(), import("other", material))
            .await;
        assert_eq!(refusal(refused), expected);
    }
    for input in [
        DescribeKeyPairsRequest {
            key_names: Some(vec!["mine".to_owned()]),
            ..Default::default()
        },
        DescribeKeyPairsRequest {
            key_pair_ids: Some(vec![id.clone()]),
            ..Default::default()
        },
        DescribeKeyPairsRequest {
            filters: Some(vec![filter("tag:team", "a"), filter("key-name", "m*")]),
            ..Default::default()
        },
        DescribeKeyPairsRequest {
            filters: Some(vec![filter(
                "fingerprint",
                made.key_fingerprint.as_deref().unwrap(),
            )]),
            ..Default::default()
        },
    ] {
        let input = DescribeKeyPairsRequest {
            include_public_key: Some(true),
            ..input
        };
        let found = described(&world, input).await.unwrap();
        assert_eq!(found.len(), 1);
        let key = PUBLIC.strip_suffix(" me").unwrap();
        assert_eq!(found[0].public_key, Some(format!("{key} mine")));
    }
    let missing = DescribeKeyPairsRequest {
        key_names: Some(vec!["other".to_owned()]),
        ..Default::default()
    };
    assert_eq!(
        refusal(described(&world, missing).await),
        "InvalidKeyPair.NotFound: The key pair 'other' does not exist"
    );
    let delete = |name: Option<&str>, id: Option<&str>| DeleteKeyPairRequest {
        key_name: name.map(str::to_owned),
        key_pair_id: id.map(str::to_owned),
        ..Default::default()
    };
    let refused = ec2
        .delete_key_pair(&user(), delete(Some("mine"), Some(&id)))
        .await;
    assert_eq!(refused.unwrap_err().code, "InvalidParameterCombination");
    let refused = ec2.delete_key_pair(&user(), delete(None, None)).await;
    assert_eq!(refused.unwrap_err().code, "MissingParameter");
    let deleted = ec2
        .delete_key_pair(&user(), delete(Some("mine"), None))
        .await
        .unwrap();
    assert_eq!(deleted.key_pair_id, Some(id.clone()));
    assert_eq!(world.stored("").await, "");
    // What is not there is gone.
    ec2.delete_key_pair(&user(), delete(Some("mine"), None))
        .await
        .unwrap();
    ec2.delete_key_pair(&user(), delete(None, Some(&id)))
        .await
        .unwrap();
}

#[tokio::test]
async fn what_cannot_be_made_says_why() {
    let world = world();
    for (input, expected) in [
        (
            named("", "rsa", "pem"),
            "MissingParameter: The request must contain the parameter KeyName",
        ),
        (
            named("a\nb", "rsa", "pem"),
            "InvalidParameterValue: The name of a key pair must be at most 255 ASCII characters, without spaces before or after it.",
        ),
        (
            named("a", "dsa", "pem"),
            "InvalidParameterValue: Value (dsa) for parameter keyType is invalid.",
        ),
        (
            named("a", "rsa", "jwk"),
            "InvalidParameterValue: Value (jwk) for parameter keyFormat is invalid.",
        ),
    ] {
        assert_eq!(
            refusal(world.ec2.create_key_pair(&user(), input).await),
            expected
        );
    }
    let user = user();
    let one = || {
        world
            .ec2
            .create_key_pair(&user, named("a", "ed25519", "pem"))
    };
    one().await.unwrap();
    assert_eq!(one().await.unwrap_err().code, "InvalidKeyPair.Duplicate");
}

#[tokio::test]
async fn tags_are_shown_under_the_arn_that_policies_name() {
    let world = world();
    let input = named("my key", "ed25519", "pem");
    world.ec2.create_key_pair(&user(), input).await.unwrap();
    let prefix = Scope::new("ec2", &user().account, &user().region).prefix("key-pair");
    let stored = world.store.all(Range::prefix(&prefix)).await.unwrap();
    let shown = TAGGED.resources(&stored.entries[0]);
    let arns: Vec<_> = shown.iter().map(|it| it.arn.to_string()).collect();
    assert_eq!(arns, ["arn:aws:ec2:us-east-1:000000000000:key-pair/my key"]);
}
