//! Kinds of keys, what each is for, and the algorithms it has. Pure.

use serde::{Deserialize, Serialize};
use wharf_wire::Fault;

use crate::fault;

/// The type of a key's material.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Spec {
    #[serde(rename = "SYMMETRIC_DEFAULT")]
    Symmetric,
    #[serde(rename = "RSA_2048")]
    Rsa2048,
    #[serde(rename = "RSA_3072")]
    Rsa3072,
    #[serde(rename = "RSA_4096")]
    Rsa4096,
    #[serde(rename = "ECC_NIST_P256")]
    P256,
    #[serde(rename = "ECC_NIST_P384")]
    P384,
    #[serde(rename = "ECC_NIST_P521")]
    P521,
    #[serde(rename = "ECC_SECG_P256K1")]
    K256,
    #[serde(rename = "ECC_NIST_EDWARDS25519")]
    Ed25519,
    #[serde(rename = "HMAC_224")]
    Hmac224,
    #[serde(rename = "HMAC_256")]
    Hmac256,
    #[serde(rename = "HMAC_384")]
    Hmac384,
    #[serde(rename = "HMAC_512")]
    Hmac512,
}

/// What a key may be used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Usage {
    #[serde(rename = "ENCRYPT_DECRYPT")]
    Encrypt,
    #[serde(rename = "SIGN_VERIFY")]
    Sign,
    #[serde(rename = "GENERATE_VERIFY_MAC")]
    Mac,
    #[serde(rename = "KEY_AGREEMENT")]
    Agree,
}

pub const SPECS: [(Spec, &str); 13] = [
    (Spec::Symmetric, "SYMMETRIC_DEFAULT"),
    (Spec::Rsa2048, "RSA_2048"),
    (Spec::Rsa3072, "RSA_3072"),
    (Spec::Rsa4096, "RSA_4096"),
    (Spec::P256, "ECC_NIST_P256"),
    (Spec::P384, "ECC_NIST_P384"),
    (Spec::P521, "ECC_NIST_P521"),
    (Spec::K256, "ECC_SECG_P256K1"),
    (Spec::Ed25519, "ECC_NIST_EDWARDS25519"),
    (Spec::Hmac224, "HMAC_224"),
    (Spec::Hmac256, "HMAC_256"),
    (Spec::Hmac384, "HMAC_384"),
    (Spec::Hmac512, "HMAC_512"),
];

const USAGES: [Usage; 4] = [Usage::Encrypt, Usage::Sign, Usage::Mac, Usage::Agree];

/// The only algorithm of key agreement.
pub const ECDH: &str = "ECDH";
/// The only algorithm of symmetric encryption.
pub const SYMMETRIC: &str = "SYMMETRIC_DEFAULT";
/// Ed25519 signs whole messages by this one alone,
pub const ED25519: &str = "ED25519_SHA_512";
/// and digests by this one alone, which are digested once more.
pub const ED25519_PH: &str = "ED25519_PH_SHA_512";
pub const OAEP_SHA_1: &str = "RSAES_OAEP_SHA_1";
pub const OAEP_SHA_256: &str = "RSAES_OAEP_SHA_256";

const OF_RSA: &[&str] = &[
    "RSASSA_PKCS1_V1_5_SHA_256",
    "RSASSA_PKCS1_V1_5_SHA_384",
    "RSASSA_PKCS1_V1_5_SHA_512",
    "RSASSA_PSS_SHA_256",
    "RSASSA_PSS_SHA_384",
    "RSASSA_PSS_SHA_512",
];

impl Spec {
    /// The type of that name, if this version has it.
    pub fn named(name: &str) -> Option<Self> {
        let found = SPECS.iter().find(|(_, it)| *it == name);
        found.map(|(spec, _)| *spec)
    }

    pub fn name(self) -> &'static str {
        let found = SPECS.iter().find(|(spec, _)| *spec == self);
        found.map_or("", |(_, name)| name)
    }

    pub fn is_rsa(self) -> bool {
        matches!(self, Self::Rsa2048 | Self::Rsa3072 | Self::Rsa4096)
    }

    fn is_ecc(self) -> bool {
        matches!(
            self,
            Self::P256 | Self::P384 | Self::P521 | Self::K256 | Self::Ed25519
        )
    }

    /// Has a public half.
    pub fn is_asymmetric(self) -> bool {
        self.is_rsa() || self.is_ecc()
    }

    /// What keys of this type may be for; the first is the default, where there is one.
    fn usages(self) -> &'static [Usage] {
        match self {
            Self::Symmetric => &[Usage::Encrypt],
            _ if self.is_rsa() => &[Usage::Encrypt, Usage::Sign],
            Self::K256 | Self::Ed25519 => &[Usage::Sign],
            _ if self.is_ecc() => &[Usage::Sign, Usage::Agree],
            _ => &[Usage::Mac],
        }
    }

    /// What a new key is for.
    ///
    /// # Errors
    /// It does not say, and must; keys of this type are never for that.
    pub fn usage(self, given: Option<&str>) -> Result<Usage, Fault> {
        let Some(given) = given else {
            return match self {
                Self::Symmetric => Ok(Usage::Encrypt),
                _ => Err(fault::invalid(
                    "You must specify a KeyUsage value for all KMS keys except for symmetric \
                     encryption keys.",
                )),
            };
        };
        if !USAGES.iter().any(|it| it.name() == given) {
            return Err(fault::unsupported(&format!("KeyUsage {given}")));
        }
        let fits = self.usages().iter().find(|it| it.name() == given);
        fits.copied().ok_or_else(|| {
            fault::invalid(format!(
                "KeyUsage {given} is not compatible with KeySpec {}",
                self.name()
            ))
        })
    }

    pub fn encryption_algorithms(self, usage: Usage) -> &'static [&'static str] {
        match (self, usage) {
            (Self::Symmetric, Usage::Encrypt) => &[SYMMETRIC],
            (_, Usage::Encrypt) => &[OAEP_SHA_1, OAEP_SHA_256],
            _ => &[],
        }
    }

    pub fn signing_algorithms(self, usage: Usage) -> &'static [&'static str] {
        match (self, usage) {
            (Self::P256 | Self::K256, Usage::Sign) => &["ECDSA_SHA_256"],
            (Self::P384, Usage::Sign) => &["ECDSA_SHA_384"],
            (Self::P521, Usage::Sign) => &["ECDSA_SHA_512"],
            (Self::Ed25519, Usage::Sign) => &[ED25519, ED25519_PH],
            (_, Usage::Sign) => OF_RSA,
            _ => &[],
        }
    }

    pub fn agreement_algorithms(self, usage: Usage) -> &'static [&'static str] {
        match usage {
            Usage::Agree => &[ECDH],
            _ => &[],
        }
    }

    pub fn mac_algorithms(self) -> &'static [&'static str] {
        match self {
            Self::Hmac224 => &["HMAC_SHA_224"],
            Self::Hmac256 => &["HMAC_SHA_256"],
            Self::Hmac384 => &["HMAC_SHA_384"],
            Self::Hmac512 => &["HMAC_SHA_512"],
            _ => &[],
        }
    }

    /// Operations that grants of a key of this type can allow.
    pub fn grant_operations(self, usage: Usage) -> &'static [&'static str] {
        match (self, usage) {
            (Self::Symmetric, _) => &[
                "Decrypt",
                "Encrypt",
                "GenerateDataKey",
                "GenerateDataKeyWithoutPlaintext",
                "GenerateDataKeyPair",
                "GenerateDataKeyPairWithoutPlaintext",
                "ReEncryptFrom",
                "ReEncryptTo",
                "CreateGrant",
                "RetireGrant",
                "DescribeKey",
            ],
            (_, Usage::Encrypt) => &[
                "Decrypt",
                "Encrypt",
                "ReEncryptFrom",
                "ReEncryptTo",
                "CreateGrant",
                "RetireGrant",
                "DescribeKey",
                "GetPublicKey",
            ],
            (_, Usage::Sign) => &[
                "Sign",
                "Verify",
                "CreateGrant",
                "RetireGrant",
                "DescribeKey",
                "GetPublicKey",
            ],
            (_, Usage::Agree) => &[
                "DeriveSharedSecret",
                "CreateGrant",
                "RetireGrant",
                "DescribeKey",
                "GetPublicKey",
            ],
            (_, Usage::Mac) => &[
                "GenerateMac",
                "VerifyMac",
                "CreateGrant",
                "RetireGrant",
                "DescribeKey",
            ],
        }
    }
}

impl Usage {
    pub fn name(self) -> &'static str {
        match self {
            Self::Encrypt => "ENCRYPT_DECRYPT",
            Self::Sign => "SIGN_VERIFY",
            Self::Mac => "GENERATE_VERIFY_MAC",
            Self::Agree => "KEY_AGREEMENT",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_there_and_back() {
        for (spec, name) in SPECS {
            assert_eq!(Spec::named(name), Some(spec));
            assert_eq!(serde_json::to_value(spec).unwrap(), name);
        }
        assert_eq!(Spec::named("SM2"), None);
    }

    #[test]
    fn usages_fit_types() {
        for (spec, given, expected) in [
            (Spec::Symmetric, None, Ok(Usage::Encrypt)),
            (Spec::Symmetric, Some("ENCRYPT_DECRYPT"), Ok(Usage::Encrypt)),
            (Spec::Rsa2048, Some("SIGN_VERIFY"), Ok(Usage::Sign)),
            (Spec::Hmac256, Some("GENERATE_VERIFY_MAC"), Ok(Usage::Mac)),
            (Spec::Rsa2048, None, Err("You must specify a KeyUsage")),
            (Spec::Hmac256, None, Err("You must specify a KeyUsage")),
            (
                Spec::Symmetric,
                Some("SIGN_VERIFY"),
                Err("KeyUsage SIGN_VERIFY is not compatible with KeySpec SYMMETRIC_DEFAULT"),
            ),
            (
                Spec::P256,
                Some("ENCRYPT_DECRYPT"),
                Err("KeyUsage ENCRYPT_DECRYPT is not compatible with KeySpec ECC_NIST_P256"),
            ),
            (
                Spec::K256,
                Some("KEY_AGREEMENT"),
                Err("KeyUsage KEY_AGREEMENT is not compatible with KeySpec ECC_SECG_P256K1"),
            ),
            (Spec::P521, Some("KEY_AGREEMENT"), Ok(Usage::Agree)),
            (Spec::Ed25519, Some("SIGN_VERIFY"), Ok(Usage::Sign)),
            (
                Spec::Ed25519,
                Some("KEY_AGREEMENT"),
                Err("KeyUsage KEY_AGREEMENT is not compatible with KeySpec ECC_NIST_EDWARDS25519"),
            ),
            (
                Spec::P256,
                Some("ENCAPSULATE_DECAPSULATE"),
                Err("KeyUsage ENCAPSULATE_DECAPSULATE is not supported"),
            ),
        ] {
            match (spec.usage(given), expected) {
                (Ok(usage), Ok(expected)) => assert_eq!(usage, expected),
                (Err(refused), Err(text)) => {
                    assert!(refused.message.starts_with(text), "{}", refused.message);
                }
                (was, _) => panic!("{spec:?} {given:?}: {was:?}"),
            }
        }
    }

    #[test]
    fn each_key_has_algorithms_of_its_usage_alone() {
        for (spec, _) in SPECS {
            for usage in spec.usages() {
                let lists = [
                    spec.encryption_algorithms(*usage),
                    spec.signing_algorithms(*usage),
                    spec.mac_algorithms(),
                    spec.agreement_algorithms(*usage),
                ];
                let full = lists.iter().filter(|it| !it.is_empty());
                assert_eq!(full.count(), 1, "{spec:?} {usage:?}");
            }
        }
    }
}
