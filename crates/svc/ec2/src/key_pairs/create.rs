//! CreateKeyPair answers the private half, once.

use std::sync::LazyLock;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use tokio::task::spawn_blocking;
use wharf_api_ec2::types::{self as wire, CreateKeyPairRequest};
use wharf_base::ids;
use wharf_records::{Record as _, Unknown};
use wharf_service::Shares;
use wharf_wire::{Call, Fault};

use super::{
    KeyPair, KeyType, check_free, check_name,
    generate::{Format, generate},
    public::PublicKey,
    save,
};
use crate::{Ec2Service, fault, records::tags_to_wire, tags};

/// RSA keys take a processor for a while: two at once, one of an account.
static GENERATING: LazyLock<Shares> = LazyLock::new(|| Shares::new(2, 1));

pub async fn create(
    service: &Ec2Service,
    call: &Call,
    input: CreateKeyPairRequest,
) -> Result<wire::KeyPair, Fault> {
    fault::dry_run(input.dry_run)?;
    let name = check_name(input.key_name)?;
    let key_type = match input.key_type.as_deref().unwrap_or("rsa") {
        "rsa" => KeyType::Rsa,
        "ed25519" => KeyType::Ed25519,
        other => return Err(fault::bad_value_of("keyType", other)),
    };
    let format = match input.key_format.as_deref().unwrap_or("pem") {
        "pem" => Format::Pem,
        "ppk" => Format::Ppk,
        other => return Err(fault::bad_value_of("keyFormat", other)),
    };
    let tags = tags::specified(call, input.tag_specifications.as_deref(), KeyPair::KIND)?;
    check_free(service, call, &name).await?;
    let share = GENERATING.take(&call.account).await;
    let comment = name.clone();
    let made = spawn_blocking(move || {
        // The work goes on when its caller is gone, and keeps its share.
        let _share = share;
        generate(key_type, format, &comment)
    })
    .await;
    let (public, private) = made.map_err(fault::internal)?.map_err(fault::internal)?;
    let pair = pair(call, name, public, tags);
    save(service, call, &pair).await?;
    Ok(wire::KeyPair {
        key_pair_id: Some(pair.id),
        tags: Some(tags_to_wire(&pair.tags)),
        key_name: Some(pair.name),
        key_fingerprint: Some(pair.fingerprint),
        key_material: Some(private.as_str().to_owned()),
    })
}

/// What is stored of a public key.
pub fn pair(
    call: &Call,
    name: String,
    public: PublicKey,
    tags: wharf_service::tags::Tags,
) -> KeyPair {
    let algorithm = public.key_type.algorithm();
    KeyPair {
        id: ids::ec2_id("key"),
        public_key: format!("{algorithm} {} {name}", STANDARD.encode(&public.blob)),
        name,
        key_type: public.key_type,
        fingerprint: public.fingerprint,
        created_at: call.now,
        tags,
        unknown: Unknown::new(),
    }
}
