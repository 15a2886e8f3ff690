//! Configurations of buckets: encryption, CORS, lifecycle.

use wharf_api_s3::*;
use wharf_wire::{Call, Fault};

use super::{buckets::change, opened};
use crate::{
    config_records::{Encryption, Kms},
    core::Core,
    cors, fault, settings,
    sse::AES256,
};

pub async fn get_encryption(
    core: &Core,
    _: &Call,
    input: GetBucketEncryptionRequest,
) -> Result<GetBucketEncryptionOutput, Fault> {
    let encryption = opened!(core, input).record.settings.encryption;
    let algorithm = if encryption.kms.is_some() {
        "aws:kms"
    } else {
        AES256
    };
    let rule = ServerSideEncryptionRule {
        apply_server_side_encryption_by_default: Some(ServerSideEncryptionByDefault {
            sse_algorithm: Some(algorithm.to_owned()),
            kms_master_key_id: encryption.kms.and_then(|it| it.key),
        }),
        bucket_key_enabled: Some(encryption.bucket_key),
        blocked_encryption_types: None,
    };
    Ok(GetBucketEncryptionOutput {
        server_side_encryption_configuration: Some(ServerSideEncryptionConfiguration {
            rules: Some(vec![rule]),
        }),
    })
}

pub async fn put_encryption(
    core: &Core,
    call: &Call,
    input: PutBucketEncryptionRequest,
) -> Result<(), Fault> {
    let open = opened!(core, input);
    let rules = input
        .server_side_encryption_configuration
        .unwrap_or_default()
        .rules
        .unwrap_or_default();
    let [rule] = rules.as_slice() else {
        return Err(fault::malformed_xml());
    };
    let default = rule
        .apply_server_side_encryption_by_default
        .clone()
        .ok_or_else(fault::malformed_xml)?;
    let kms = match default.sse_algorithm.as_deref() {
        Some(AES256) if default.kms_master_key_id.is_some() => {
            let text =
                "a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms";
            return Err(fault::argument(
                text,
                "ApplyServerSideEncryptionByDefault",
                AES256,
            ));
        }
        Some(AES256) => None,
        Some("aws:kms") => Some(Kms {
            key: default.kms_master_key_id,
        }),
        Some("aws:kms:dsse") => {
            return Err(fault::not_implemented(
                "aws:kms:dsse is not supported by this version of wharf.",
            ));
        }
        _ => return Err(fault::malformed_xml()),
    };
    let wanted = Encryption {
        kms,
        bucket_key: rule.bucket_key_enabled.unwrap_or_default(),
    };
    change(core, call, &open, |bucket| {
        bucket.settings.encryption = wanted.clone();
        Ok(())
    })
    .await
}

pub async fn delete_encryption(
    core: &Core,
    call: &Call,
    input: DeleteBucketEncryptionRequest,
) -> Result<(), Fault> {
    let open = opened!(core, input);
    change(core, call, &open, |bucket| {
        bucket.settings.encryption = Encryption::default();
        Ok(())
    })
    .await
}

pub async fn get_cors(
    core: &Core,
    _: &Call,
    input: GetBucketCorsRequest,
) -> Result<GetBucketCorsOutput, Fault> {
    let open = opened!(core, input);
    if open.record.settings.cors.is_empty() {
        let text = "The CORS configuration does not exist";
        let code = "NoSuchCORSConfiguration";
        return Err(fault::nothing(code, text, &open.record.name));
    }
    Ok(GetBucketCorsOutput {
        cors_rules: Some(cors::shown(open.record.settings.cors)),
    })
}

pub async fn put_cors(core: &Core, call: &Call, input: PutBucketCorsRequest) -> Result<(), Fault> {
    let open = opened!(core, input);
    let given = input.cors_configuration.unwrap_or_default().cors_rules;
    let rules = cors::rules(given.unwrap_or_default())?;
    change(core, call, &open, |bucket| {
        bucket.settings.cors.clone_from(&rules);
        Ok(())
    })
    .await
}

pub async fn delete_cors(
    core: &Core,
    call: &Call,
    input: DeleteBucketCorsRequest,
) -> Result<(), Fault> {
    let open = opened!(core, input);
    change(core, call, &open, |bucket| {
        bucket.settings.cors.clear();
        Ok(())
    })
    .await
}

/// Sizes below which AWS moves nothing between classes; there is one class.
const MINIMUM: &str = "all_storage_classes_128K";

pub async fn get_lifecycle(
    core: &Core,
    _: &Call,
    input: GetBucketLifecycleConfigurationRequest,
) -> Result<GetBucketLifecycleConfigurationOutput, Fault> {
    let open = opened!(core, input);
    if open.record.settings.lifecycle.is_empty() {
        let text = "The lifecycle configuration does not exist";
        return Err(fault::nothing(
            "NoSuchLifecycleConfiguration",
            text,
            &open.record.name,
        ));
    }
    Ok(GetBucketLifecycleConfigurationOutput {
        rules: Some(settings::shown_lifecycle(open.record.settings.lifecycle)),
        transition_default_minimum_object_size: Some(MINIMUM.to_owned()),
    })
}

pub async fn put_lifecycle(
    core: &Core,
    call: &Call,
    input: PutBucketLifecycleConfigurationRequest,
) -> Result<PutBucketLifecycleConfigurationOutput, Fault> {
    let open = opened!(core, input);
    let rules = settings::lifecycle(
        input
            .lifecycle_configuration
            .unwrap_or_default()
            .rules
            .unwrap_or_default(),
    )?;
    change(core, call, &open, |bucket| {
        bucket.settings.lifecycle.clone_from(&rules);
        Ok(())
    })
    .await?;
    core.rules_set.add(&open.key);
    Ok(PutBucketLifecycleConfigurationOutput {
        transition_default_minimum_object_size: Some(MINIMUM.to_owned()),
    })
}

pub async fn delete_lifecycle(
    core: &Core,
    call: &Call,
    input: DeleteBucketLifecycleRequest,
) -> Result<(), Fault> {
    let open = opened!(core, input);
    change(core, call, &open, |bucket| {
        bucket.settings.lifecycle.clear();
        Ok(())
    })
    .await
}
