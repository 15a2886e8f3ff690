//! Symmetric keys with several imported materials.

use wharf_api_kms::{self as api, Kms as _};
use wharf_testkit::{refused, until};

use super::*;
use crate::{import::wrapped, regions::at};

const HERE: &str = "us-east-1";
const THERE: &str = "eu-west-1";

/// What is shown of a material.
#[derive(Debug, PartialEq)]
struct Shown {
    id: String,
    state: String,
    import: String,
    description: Option<String>,
    is_rotation: bool,
}

impl Home {
    /// Imports a material in a region, with what else the request says.
    async fn bring(
        &self,
        region: &str,
        key: &str,
        material: u8,
        change: impl FnOnce(&mut api::ImportKeyMaterialRequest),
    ) -> Result<String, Fault> {
        let input = api::GetParametersForImportRequest {
            key_id: Some(key.to_owned()),
            wrapping_algorithm: Some("RSAES_OAEP_SHA_256".to_owned()),
            wrapping_key_spec: Some("RSA_2048".to_owned()),
        };
        let (gated, call) = (self.gated(), at(region));
        let parameters = gated.get_parameters_for_import(&call, input).await?;
        let public = parameters.public_key.unwrap();
        let mut input = api::ImportKeyMaterialRequest {
            key_id: Some(key.to_owned()),
            import_token: parameters.import_token,
            encrypted_key_material: Some(wrapped(&public, &[material; 32])),
            expiration_model: Some("KEY_MATERIAL_DOES_NOT_EXPIRE".to_owned()),
            ..Default::default()
        };
        change(&mut input);
        let done = gated.import_key_material(&call, input).await?;
        Ok(done.key_material_id.unwrap())
    }

    async fn forget(&self, region: &str, key: &str, id: Option<&str>) -> Result<(), Fault> {
        let input = api::DeleteImportedKeyMaterialRequest {
            key_id: Some(key.to_owned()),
            key_material_id: id.map(str::to_owned),
        };
        let done = self
            .gated()
            .delete_imported_key_material(&at(region), input)
            .await?;
        if let Some(id) = id {
            assert_eq!(done.key_material_id.as_deref(), Some(id));
        }
        Ok(())
    }

    async fn shown_materials(&self, region: &str, key: &str, include: Option<&str>) -> Vec<Shown> {
        let input = api::ListKeyRotationsRequest {
            key_id: Some(key.to_owned()),
            include_key_material: include.map(str::to_owned),
            ..Default::default()
        };
        let listed = self.gated().list_key_rotations(&at(region), input).await;
        let listed = listed.unwrap().rotations.unwrap().into_iter();
        listed
            .map(|it| Shown {
                id: it.key_material_id.unwrap(),
                state: it.key_material_state.unwrap(),
                import: it.import_state.unwrap(),
                description: it.key_material_description,
                is_rotation: it.rotation_type.is_some() && it.rotation_date.is_some(),
            })
            .collect()
    }
}

fn new(input: &mut api::ImportKeyMaterialRequest) {
    input.import_type = Some("NEW_KEY_MATERIAL".to_owned());
}

fn existing(input: &mut api::ImportKeyMaterialRequest) {
    input.import_type = Some("EXISTING_KEY_MATERIAL".to_owned());
}

/// The state of what waits for more regions.
const FOR_REGIONS: &str = "PENDING_MULTI_REGION_IMPORT_AND_ROTATION";
const ALL: Option<&str> = Some("ALL_KEY_MATERIAL");

#[tokio::test]
async fn a_key_is_rotated_to_what_was_imported_and_opens_all_it_sealed() {
    let mut home = Home::start();
    let key = home.external().await;
    let described = |text: &'static str| {
        move |it: &mut api::ImportKeyMaterialRequest| {
            it.key_material_description = Some(text.to_owned());
        }
    };
    let first = home.bring(HERE, &key, 1, described("of the year")).await;
    let first = first.unwrap();
    let sealed_first = home.encrypt(&call(), &key, &[]).await.unwrap();
    refused(
        home.rotate(&key, HERE).await,
        "KMSInvalidStateException",
        &format!("{key} has no imported key material in the PENDING_ROTATION state."),
    );
    let second = home.bring(HERE, &key, 2, new).await.unwrap();
    assert_ne!(first, second);
    let shown =
        |id: &str, state: &str, import: &str, description: Option<&str>, is_rotation| Shown {
            id: id.to_owned(),
            state: state.to_owned(),
            import: import.to_owned(),
            description: description.map(str::to_owned),
            is_rotation,
        };
    let named = Some("of the year");
    assert!(home.shown_materials(HERE, &key, None).await.is_empty());
    assert_eq!(
        home.shown_materials(HERE, &key, ALL).await,
        [
            shown(&first, "CURRENT", "IMPORTED", named, false),
            shown(&second, "PENDING_ROTATION", "IMPORTED", None, false),
        ]
    );
    // Until it is rotated, the key works with the first.
    let current = home.describe(&key).await.unwrap().current_key_material_id;
    assert_eq!(current.as_deref(), Some(&*first));
    refused(
        home.bring(HERE, &key, 3, new).await,
        "KMSInvalidStateException",
        &format!("{key} already has key material that is pending rotation."),
    );
    home.rotate(&key, HERE).await.unwrap();
    let current = home.describe(&key).await.unwrap().current_key_material_id;
    assert_eq!(current.as_deref(), Some(&*second));
    let sealed_second = home.encrypt(&call(), &key, &[]).await.unwrap();
    home.kms.restart();
    for sealed in [&sealed_first, &sealed_second] {
        assert_eq!(home.decrypt(&call(), sealed, &[]).await.unwrap(), b"plain");
    }
    // Each of them that is deleted shuts the key, and is known again by its id.
    home.forget(HERE, &key, Some(&first)).await.unwrap();
    assert_eq!(home.state(&key).await, "PendingImport");
    assert_eq!(
        home.shown_materials(HERE, &key, ALL).await,
        [
            shown(&first, "NON_CURRENT", "PENDING_IMPORT", named, false),
            shown(&second, "CURRENT", "IMPORTED", None, true),
        ]
    );
    let waits = home.decrypt(&call(), &sealed_second, &[]).await;
    assert_eq!(code(waits), "KMSInvalidStateException");
    home.forget(HERE, &key, None).await.unwrap();
    assert_eq!(home.materials(HERE).await, 0);
    home.bring(HERE, &key, 2, existing).await.unwrap();
    assert_eq!(home.state(&key).await, "PendingImport");
    let wrong_id = home.bring(HERE, &key, 1, |it| {
        it.key_material_id = Some(second.clone())
    });
    assert_eq!(code(wrong_id.await), "IncorrectKeyMaterialException");
    let again = home.bring(HERE, &key, 1, |it| it.key_material_id = Some(first.clone()));
    assert_eq!(again.await.unwrap(), first);
    assert_eq!(home.state(&key).await, "Enabled");
    let listed = home.shown_materials(HERE, &key, ALL).await;
    assert_eq!(listed[0].description.as_deref(), named);
    for sealed in [&sealed_first, &sealed_second] {
        assert_eq!(home.decrypt(&call(), sealed, &[]).await.unwrap(), b"plain");
    }
}

#[tokio::test]
async fn what_waits_can_be_taken_back() {
    let home = Home::start();
    let key = home.external().await;
    home.bring(HERE, &key, 1, new).await.unwrap();
    let second = home.bring(HERE, &key, 2, new).await.unwrap();
    home.forget(HERE, &key, Some(&second)).await.unwrap();
    assert_eq!(home.state(&key).await, "Enabled");
    assert_eq!(home.shown_materials(HERE, &key, ALL).await.len(), 1);
    assert_eq!(home.materials(HERE).await, 1);
    assert_eq!(
        code(home.rotate(&key, HERE).await),
        "KMSInvalidStateException"
    );
    refused(
        home.forget(HERE, &key, Some(&second)).await,
        "ValidationException",
        "The key has no material with this KeyMaterialId.",
    );
    let third = home.bring(HERE, &key, 3, new).await.unwrap();
    home.rotate(&key, HERE).await.unwrap();
    let listed = home.shown_materials(HERE, &key, None).await;
    assert_eq!(listed.len(), 1);
    assert_eq!((&*listed[0].id, listed[0].is_rotation), (&*third, true));
}

#[tokio::test]
async fn each_material_has_its_own_end() {
    let mut home = Home::start();
    let key = home.external().await;
    let end = |days: u64| {
        let end = home.clock.now() + Duration::from_secs(days * 24 * 3600);
        move |it: &mut api::ImportKeyMaterialRequest| {
            it.expiration_model = Some("KEY_MATERIAL_EXPIRES".to_owned());
            it.valid_to = Some(end);
        }
    };
    let (soon, late) = (end(1), end(9));
    let first_end = home.clock.now() + Duration::from_secs(24 * 3600);
    home.bring(HERE, &key, 1, soon).await.unwrap();
    home.bring(HERE, &key, 2, |it| {
        late(it);
        new(it);
    })
    .await
    .unwrap();
    home.rotate(&key, HERE).await.unwrap();
    let shown = home.describe(&key).await.unwrap();
    assert_eq!(shown.valid_to, Some(first_end));
    assert_eq!(
        shown.expiration_model.as_deref(),
        Some("KEY_MATERIAL_EXPIRES")
    );
    home.later(1);
    assert_eq!(home.state(&key).await, "PendingImport");
    home.kms.restart();
    until(
        "the first is gone from the disk, the second is not",
        || async { home.materials(HERE).await == 1 },
    )
    .await;
    home.bring(HERE, &key, 1, |_| ()).await.unwrap();
    assert_eq!(home.state(&key).await, "Enabled");
}

#[tokio::test]
async fn all_regions_have_what_the_primary_is_rotated_to() {
    let home = Home::start();
    let made = home.create_with(|it| {
        it.origin = Some("EXTERNAL".to_owned());
        it.multi_region = Some(true);
    });
    let key = made.await.unwrap().key_id.unwrap();
    home.bring(HERE, &key, 1, |_| ()).await.unwrap();
    let replicate = api::ReplicateKeyRequest {
        key_id: Some(key.clone()),
        replica_region: Some(THERE.to_owned()),
        ..Default::default()
    };
    let gated = home.gated();
    gated.replicate_key(&call(), replicate).await.unwrap();
    home.bring(THERE, &key, 1, |_| ()).await.unwrap();
    let new_there = home.bring(THERE, &key, 2, new).await;
    assert_eq!(code(new_there), "UnsupportedOperationException");
    let early = home.bring(THERE, &key, 2, existing).await;
    assert_eq!(code(early), "IncorrectKeyMaterialException");

    let second = home.bring(HERE, &key, 2, new).await.unwrap();
    let waits = |listed: Vec<Shown>| {
        let last = listed.into_iter().next_back().unwrap();
        (last.state, last.import)
    };
    let both = |state: &str, import: &str| (state.to_owned(), import.to_owned());
    assert_eq!(
        waits(home.shown_materials(HERE, &key, ALL).await),
        both(FOR_REGIONS, "IMPORTED")
    );
    assert_eq!(
        waits(home.shown_materials(THERE, &key, ALL).await),
        both(FOR_REGIONS, "PENDING_IMPORT")
    );
    assert_eq!(
        code(home.rotate(&key, HERE).await),
        "KMSInvalidStateException"
    );
    home.bring(THERE, &key, 2, existing).await.unwrap();
    assert_eq!(
        waits(home.shown_materials(HERE, &key, ALL).await),
        both("PENDING_ROTATION", "IMPORTED")
    );
    // What the primary takes back, no region keeps; nor is it found under what takes its place.
    home.forget(HERE, &key, Some(&second)).await.unwrap();
    let third = home.bring(HERE, &key, 3, new).await.unwrap();
    assert_eq!(
        waits(home.shown_materials(THERE, &key, ALL).await),
        both(FOR_REGIONS, "PENDING_IMPORT")
    );
    until("the replica has forgotten it", || async {
        home.materials(THERE).await == 1
    })
    .await;
    home.bring(THERE, &key, 3, existing).await.unwrap();
    home.rotate(&key, HERE).await.unwrap();
    let sealed = home.encrypt(&call(), &key, &[]).await.unwrap();
    assert_eq!(
        home.decrypt(&at(THERE), &sealed, &[]).await.unwrap(),
        b"plain"
    );
    let listed = home.shown_materials(THERE, &key, None).await;
    assert_eq!((listed.len(), &*listed[0].id), (1, &*third));
    // A replica that lacks one waits, the primary does not.
    home.forget(THERE, &key, None).await.unwrap();
    let waits = home.decrypt(&at(THERE), &sealed, &[]).await;
    assert_eq!(code(waits), "KMSInvalidStateException");
    assert_eq!(home.decrypt(&call(), &sealed, &[]).await.unwrap(), b"plain");
}

#[tokio::test]
async fn what_is_said_of_a_material_has_to_fit() {
    let home = Home::start();
    let key = home.external().await;
    let first = home.bring(HERE, &key, 1, |_| ()).await.unwrap();
    refused(
        home.bring(HERE, &key, 2, |it| {
            new(it);
            it.key_material_id = Some(first.clone());
        })
        .await,
        "ValidationException",
        "KeyMaterialId cannot be specified if the ImportType is NEW_KEY_MATERIAL.",
    );
    let made = home.create_with(|it| {
        it.origin = Some("EXTERNAL".to_owned());
        it.key_spec = Some("HMAC_256".to_owned());
        it.key_usage = Some("GENERATE_VERIFY_MAC".to_owned());
    });
    let mac = made.await.unwrap().arn.unwrap();
    let described = |it: &mut api::ImportKeyMaterialRequest| {
        it.key_material_description = Some("of a code".to_owned());
    };
    refused(
        home.bring(HERE, &mac, 1, described).await,
        "ValidationException",
        "ImportType, KeyMaterialId and KeyMaterialDescription are valid for symmetric encryption keys only.",
    );
    let again = home.bring(HERE, &key, 1, new).await;
    assert_eq!(code(again), "IncorrectKeyMaterialException");
    // A key that waits to be deleted gives its material up, and takes none.
    let delete = api::ScheduleKeyDeletionRequest {
        key_id: Some(key.clone()),
        pending_window_in_days: Some(7),
    };
    let gated = home.gated();
    gated.schedule_key_deletion(&call(), delete).await.unwrap();
    home.forget(HERE, &key, None).await.unwrap();
    assert_eq!(home.state(&key).await, "PendingDeletion");
    assert_eq!(home.materials(HERE).await, 0);
    let waits = home.parameters(&key).await;
    assert_eq!(code(waits), "KMSInvalidStateException");
}
