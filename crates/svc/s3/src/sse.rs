//! Encryption that a request or its bucket asks for: under a key of KMS, used in the name of the caller, or under
//! one that the customer sends each time and nobody keeps.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use md5::Md5;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use wharf_base::ids;
use wharf_wire::{Call, Fault};

use crate::{
    core::Core,
    crypt::Key,
    fault, names,
    records::{Bucket, Sse},
};

/// How policies of keys name this service.
const PRINCIPAL: &str = "s3.amazonaws.com";
/// The key of an account that S3 uses unless told otherwise.
const OWN_KEY: &str = "alias/aws/s3";
pub const AES256: &str = "AES256";
const KMS: &str = "aws:kms";

/// What a request asks for.
#[derive(Debug, Default, Clone)]
pub struct Asked {
    pub algorithm: Option<String>,
    pub key: Option<String>,
    /// JSON in base 64.
    pub context: Option<String>,
    pub bucket_key: Option<bool>,
    pub customer: Customer,
}

/// The headers of a customer's key.
#[derive(Debug, Default, Clone)]
pub struct Customer {
    pub algorithm: Option<String>,
    pub key: Option<String>,
    pub md5: Option<String>,
}

impl Customer {
    /// The key, if one is given.
    pub fn read(&self) -> Result<Option<(Key, String)>, Fault> {
        let Self {
            algorithm,
            key,
            md5,
        } = self;
        if algorithm.is_none() && key.is_none() && md5.is_none() {
            return Ok(None);
        }
        let algorithm = algorithm.as_deref().unwrap_or_default();
        if algorithm != AES256 {
            let text =
                "The encryption request you specified is not valid. Supported value: AES256.";
            let fault = Fault::sender("InvalidEncryptionAlgorithmError", 400, text);
            return Err(fault);
        }
        let name = "x-amz-server-side-encryption-customer-key";
        let Some(key) = key else {
            let text = "Requests specifying Server Side Encryption with Customer provided keys must provide an \
                        appropriate secret key.";
            return Err(fault::argument(text, name, "null"));
        };
        let bytes = BASE64.decode(key).ok();
        let bytes: Option<Key> = bytes.and_then(|it| it.try_into().ok());
        let Some(bytes) = bytes else {
            let text = "The secret key was invalid for the specified algorithm.";
            return Err(fault::argument(text, name, "null"));
        };
        let computed = BASE64.encode(Md5::digest(bytes));
        if md5.as_ref() != Some(&computed) {
            let text =
                "The calculated MD5 hash of the key did not match the hash that was provided.";
            return Err(fault::argument(
                text,
                "x-amz-server-side-encryption-customer-key-MD5",
                "null",
            ));
        }
        Ok(Some((bytes, computed)))
    }
}

/// How an object is to be sealed.
#[derive(Default)]
pub struct Sealing {
    pub sse: Option<Sse>,
    pub key: Option<Key>,
}

/// What is asked for, by the request or else by the bucket.
pub async fn sealing(
    core: &Core,
    call: &Call,
    bucket: &Bucket,
    key: &str,
    asked: &Asked,
) -> Result<Sealing, Fault> {
    if let Some((bytes, md5)) = asked.customer.read()? {
        if asked.algorithm.is_some() {
            let text = "Server Side Encryption with Customer provided key is incompatible with the encryption \
                        method specified";
            return Err(fault::argument(text, "x-amz-server-side-encryption", KMS));
        }
        let proof = proof_of(&bytes, &ids::hex16());
        return Ok(Sealing {
            sse: Some(Sse::Customer { md5, proof }),
            key: Some(bytes),
        });
    }
    let default = &bucket.settings.encryption;
    let (id, bucket_key) = match (asked.algorithm.as_deref(), &default.kms) {
        (Some(AES256), _) | (None, None) => {
            if asked.key.is_some() || asked.context.is_some() {
                let text = "Server Side Encryption with AWS KMS managed key requires HTTP header \
                            x-amz-server-side-encryption : aws:kms";
                return Err(fault::argument(
                    text,
                    "x-amz-server-side-encryption",
                    AES256,
                ));
            }
            return Ok(Sealing::default());
        }
        (Some(KMS), default_key) => (
            asked
                .key
                .clone()
                .or_else(|| default_key.as_ref().and_then(|it| it.key.clone())),
            asked.bucket_key.unwrap_or(default.bucket_key),
        ),
        (None, Some(kms)) => (
            kms.key.clone(),
            asked.bucket_key.unwrap_or(default.bucket_key),
        ),
        (Some("aws:kms:dsse"), _) => {
            return Err(fault::not_implemented(
                "aws:kms:dsse is not supported by this version of wharf.",
            ));
        }
        (Some(other), _) => {
            let text = "The encryption method specified is not supported";
            return Err(fault::argument(text, "x-amz-server-side-encryption", other));
        }
    };
    let context = match &asked.context {
        Some(text) => read_context(text)?,
        None => BTreeMap::new(),
    };
    let bound = bound_to(bucket, key, bucket_key, &context);
    let id = id.unwrap_or_else(|| OWN_KEY.to_owned());
    let kms = &*core.parts.kms;
    let made = wharf_datakeys::make(kms, &in_region(call, bucket), &id, bound).await;
    let made = made.map_err(refused)?;
    let sse = Sse::Kms {
        key: made.key,
        sealed: BASE64.encode(&made.sealed),
        context,
        bucket_key,
    };
    Ok(Sealing {
        sse: Some(sse),
        key: Some(*made.open.bytes()),
    })
}

/// The key that an object opens with; `None` for one that needs none.
pub async fn opening(
    core: &Core,
    call: &Call,
    bucket: &Bucket,
    key: &str,
    sse: Option<&Sse>,
    customer: &Customer,
) -> Result<Option<Key>, Fault> {
    let given = customer.read()?;
    match sse {
        Some(Sse::Customer { proof, .. }) => {
            let Some((bytes, _)) = given else {
                let text = "The object was stored using a form of Server Side Encryption. The correct parameters must \
                            be provided to retrieve the object.";
                return Err(fault::invalid_request(text));
            };
            let salt = proof.split_once('.').map_or("", |it| it.0);
            let same = proof_of(&bytes, salt);
            match bool::from(same.as_bytes().ct_eq(proof.as_bytes())) {
                true => Ok(Some(bytes)),
                false => Err(fault::denied()),
            }
        }
        _ if given.is_some() => {
            let text = "The encryption parameters are not applicable to this object.";
            Err(fault::invalid_request(text))
        }
        None => Ok(None),
        Some(Sse::Kms {
            sealed,
            context,
            bucket_key,
            ..
        }) => {
            let sealed = BASE64.decode(sealed).map_err(|_| unusable())?;
            let bound = bound_to(bucket, key, *bucket_key, context);
            let kms = &*core.parts.kms;
            let opened = wharf_datakeys::open(kms, &in_region(call, bucket), sealed, bound).await;
            Ok(Some(*opened.map_err(refused)?.bytes()))
        }
    }
}

/// Keys are those of the bucket's region, wherever the request came in.
fn in_region(call: &Call, bucket: &Bucket) -> Call {
    let mut context = call.forwarded_by(PRINCIPAL).context().clone();
    context.region.clone_from(&bucket.region);
    Call::by_controller(context, call.permit.clone())
}

fn bound_to(
    bucket: &Bucket,
    key: &str,
    bucket_key: bool,
    more: &BTreeMap<String, String>,
) -> BTreeMap<String, String> {
    let arn = match bucket_key {
        true => names::bucket_arn(&bucket.name),
        false => names::object_arn(&bucket.name, key),
    };
    let mut all = more.clone();
    all.insert("aws:s3:arn".to_owned(), arn);
    all
}

fn read_context(text: &str) -> Result<BTreeMap<String, String>, Fault> {
    let read = BASE64.decode(text).ok();
    let read = read.and_then(|it| serde_json::from_slice::<BTreeMap<String, String>>(&it).ok());
    read.filter(|it| !it.contains_key("aws:s3:arn")).ok_or_else(|| {
        let text = "The header 'x-amz-server-side-encryption-context' shall be Base64-encoded UTF-8 string holding JSON \
                    which represents a string-string map";
        fault::argument(text, "x-amz-server-side-encryption-context", "")
    })
}

/// By this a key is known again, and not found.
fn proof_of(key: &Key, salt: &str) -> String {
    let mut hash = Sha256::new();
    hash.update(salt.as_bytes());
    hash.update(key);
    format!("{salt}.{}", hex::encode(hash.finalize()))
}

fn unusable() -> Fault {
    Fault {
        sender: false,
        ..Fault::sender(
            "InternalError",
            500,
            "We encountered an internal error. Please try again.",
        )
    }
}

/// What S3 makes of a refusal by KMS.
fn refused(fault: Fault) -> Fault {
    if !fault.sender {
        return fault;
    }
    match &*fault.code {
        "AccessDeniedException" => Fault::sender("AccessDenied", 403, fault.message),
        code => Fault::sender(format!("KMS.{code}"), 400, fault.message),
    }
}

/// What answers say of it.
#[derive(Debug, Default)]
pub struct Shown {
    pub algorithm: Option<String>,
    pub key: Option<String>,
    pub bucket_key: Option<bool>,
    pub customer_algorithm: Option<String>,
    pub customer_md5: Option<String>,
}

impl Shown {
    pub fn of(sse: Option<&Sse>) -> Self {
        match sse {
            None => Self {
                algorithm: Some(AES256.to_owned()),
                ..Self::default()
            },
            Some(Sse::Kms {
                key, bucket_key, ..
            }) => Self {
                algorithm: Some(KMS.to_owned()),
                key: Some(key.clone()),
                bucket_key: bucket_key.then_some(true),
                ..Self::default()
            },
            Some(Sse::Customer { md5, .. }) => Self {
                customer_algorithm: Some(AES256.to_owned()),
                customer_md5: Some(md5.clone()),
                ..Self::default()
            },
        }
    }
}
