//! The operations, by what they are about.

pub mod access;
pub mod attributes;
pub mod buckets;
pub mod complete;
pub mod copy;
pub mod delete;
pub mod get;
pub mod list;
pub mod multipart;
pub mod notification;
pub mod put;
pub mod settings;
pub mod tagging;
pub mod uploads;
pub mod versions;
pub mod website;

/// Sets the member of a checksum in an output.
macro_rules! show_sum {
    ($output:expr, $sum:expr) => {
        if let Some(sum) = $sum {
            let value = Some(sum.value.clone());
            match sum.algorithm.as_str() {
                "CRC32" => $output.checksum_crc32 = value,
                "CRC32C" => $output.checksum_crc32_c = value,
                "CRC64NVME" => $output.checksum_crc64_nvme = value,
                "SHA1" => $output.checksum_sha1 = value,
                "SHA256" => $output.checksum_sha256 = value,
                _ => {}
            }
        }
    };
}

/// The checksum that an input gives by a member.
macro_rules! given_sum {
    ($input:expr) => {{
        use wharf_wire::streaming::Algorithm;
        let given = [
            (Algorithm::Crc32, &$input.checksum_crc32),
            (Algorithm::Crc32c, &$input.checksum_crc32_c),
            (Algorithm::Crc64Nvme, &$input.checksum_crc64_nvme),
            (Algorithm::Sha1, &$input.checksum_sha1),
            (Algorithm::Sha256, &$input.checksum_sha256),
        ];
        let given = given
            .into_iter()
            .find_map(|(it, sum)| Some((it, sum.clone()?)));
        given.map(|(algorithm, value)| $crate::sum::Sum::new(algorithm, value))
    }};
}

/// The members of an output that say how an object is encrypted.
macro_rules! show_sse {
    ($output:expr, $sse:expr) => {
        let shown = $crate::sse::Shown::of($sse);
        $output.server_side_encryption = shown.algorithm;
        $output.ssekms_key_id = shown.key;
        $output.bucket_key_enabled = shown.bucket_key;
        $output.sse_customer_algorithm = shown.customer_algorithm;
        $output.sse_customer_key_md5 = shown.customer_md5;
    };
}

/// The headers of an input that an object keeps.
macro_rules! heads {
    ($input:expr) => {
        $crate::records::Heads {
            content_type: $input.content_type.clone(),
            cache_control: $input.cache_control.clone(),
            content_disposition: $input.content_disposition.clone(),
            content_encoding: $input.content_encoding.clone(),
            content_language: $input.content_language.clone(),
            expires: $input.expires.clone(),
            website_redirect: $input.website_redirect_location.clone(),
            meta: $input.metadata.clone().unwrap_or_default(),
        }
    };
}

/// What an input asks for of encryption.
macro_rules! asked_sse {
    ($input:expr) => {
        $crate::sse::Asked {
            algorithm: $input.server_side_encryption.clone(),
            key: $input.ssekms_key_id.clone(),
            context: $input.ssekms_encryption_context.clone(),
            bucket_key: $input.bucket_key_enabled,
            customer: $crate::ops::customer!($input),
        }
    };
}

/// The customer's key of an input.
macro_rules! customer {
    ($input:expr) => {
        $crate::sse::Customer {
            algorithm: $input.sse_customer_algorithm.clone(),
            key: $input.sse_customer_key.clone(),
            md5: $input.sse_customer_key_md5.clone(),
        }
    };
}

/// The bucket that an input names, of the owner that it expects.
macro_rules! opened {
    ($core:expr, $input:expr) => {
        $core
            .open(
                $input.bucket.as_deref(),
                $input.expected_bucket_owner.as_deref(),
            )
            .await?
    };
}

pub(crate) use {asked_sse, customer, given_sum, heads, opened, show_sse, show_sum};

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use wharf_wire::Fault;

use crate::{core::Open, fault, records::Heads};

/// Bytes of the names and values of metadata.
const MAX_META: usize = 2 << 10;

/// What S3 refuses in headers that it keeps.
pub fn check_heads(heads: &Heads) -> Result<(), Fault> {
    let size: usize = heads
        .meta
        .iter()
        .map(|(name, value)| name.len() + value.len())
        .sum();
    if size > MAX_META {
        let text = "Your metadata headers exceed the maximum allowed metadata size";
        let fault = Fault::sender("MetadataTooLarge", 400, text);
        return Err(fault
            .with("Size", size.to_string())
            .with("MaxSizeAllowed", MAX_META.to_string()));
    }
    Ok(())
}

/// Metadata as headers have it: a value that is not all of ASCII, which clients read each in their own way, by RFC 2047.
pub fn shown_meta(meta: BTreeMap<String, String>) -> BTreeMap<String, String> {
    let is_plain = |value: &str| value.bytes().all(|it| (b' '..=b'~').contains(&it));
    let shown = meta
        .into_iter()
        .map(|(name, value)| match is_plain(&value) {
            true => (name, value),
            false => (name, format!("=?UTF-8?B?{}?=", BASE64.encode(value))),
        });
    shown.collect()
}

/// Buckets have no ACLs: only what says that the bucket's owner has it all is taken.
pub fn check_acl(acl: Option<&str>, grants: &[&Option<String>], _: &Open) -> Result<(), Fault> {
    let granted = grants.iter().any(|it| it.is_some());
    match acl {
        _ if granted => Err(fault::no_acls()),
        None | Some("bucket-owner-full-control") => Ok(()),
        Some(_) => Err(fault::no_acls()),
    }
}

/// An ETag as answers have it.
pub fn quoted(etag: &str) -> String {
    format!("\"{etag}\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_beyond_ascii_is_encoded() {
        let meta = [
            ("a", "plain =?UTF-8?B?Wm/Dqw==?="),
            ("b", "Zoë"),
            ("c", "x\ny"),
        ];
        let meta = meta.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let shown = shown_meta(meta.into());
        assert_eq!(shown["a"], "plain =?UTF-8?B?Wm/Dqw==?=");
        assert_eq!(shown["b"], "=?UTF-8?B?Wm/Dqw==?=");
        assert_eq!(shown["c"], "=?UTF-8?B?eAp5?=");
    }
}
