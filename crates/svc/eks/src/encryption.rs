//! Secrets of clusters under keys of KMS.
//!
//! Such a cluster has a data key, which KMS sealed for it and which stands in its record as that. Who asks for it grants EKS the right to
//! have the data key opened for as long as there is the cluster. EKS opens it when the API server starts and looks again from time to
//! time, as upstream's API server asks its provider: a key that is shut by then shuts the Secrets, and stands in the cluster's health.
//! It is never taken from a cluster, nor replaced.

use std::time::Duration;

use data_encoding::BASE64;
use serde::{Deserialize, Serialize};
use wharf_api_eks::{EncryptionConfig, Provider};
use wharf_api_kms::{CreateGrantRequest, DescribeKeyRequest, GrantConstraints, KeyMetadata};
use wharf_base::Arn;
use wharf_datakeys::{
    Context as Bound,
    grants::{About, Begun, Grants, Which},
};
use wharf_service::Place;
use wharf_wire::{Call, Context, Fault};

use crate::{
    control_planes::DataKey,
    core::Core,
    fault::{self, EksFaults},
    groups::records::Issue,
    names::{self, PRINCIPAL},
    reconcile::PERMIT,
    records::Cluster,
    updates::UpdateError,
};

/// The only resource that can be named.
const SECRETS: &str = "secrets";
/// What EKS does with the key.
const GRANTED: [&str; 2] = ["Decrypt", "GenerateDataKey"];
/// Between two looks at a key that is well, and at one that is not: those of upstream's API server at its provider.
const LOOKS: Duration = Duration::from_secs(60);
const LOOKS_WHILE_SHUT: Duration = Duration::from_secs(10);

/// How the Secrets of a cluster are sealed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Encryption {
    /// The key as it was named: by its ARN or by an alias.
    pub named: String,
    /// Its ARN.
    pub key: String,
    /// The data key in base 64, as KMS sealed it.
    pub sealed: String,
    /// By it EKS has the data key opened.
    pub grant: String,
}

impl Encryption {
    pub fn described(&self) -> EncryptionConfig {
        EncryptionConfig {
            resources: Some(vec![SECRETS.to_owned()]),
            provider: Some(Provider {
                key_arn: Some(self.named.clone()),
            }),
        }
    }
}

/// As updates tell of it.
pub fn params(key: &str) -> Vec<(&'static str, String)> {
    let told = serde_json::json!([{"resources": [SECRETS], "provider": {"keyArn": key}}]);
    vec![("EncryptionConfig", told.to_string())]
}

/// The key that a request names; `None` if it asks for no encryption.
///
/// # Errors
/// What it asks for is not possible.
pub fn wanted(
    place: &Place,
    given: Option<Vec<EncryptionConfig>>,
) -> Result<Option<String>, Fault> {
    let Some(given) = given.unwrap_or_default().into_iter().next() else {
        return Ok(None);
    };
    // It may be left out since EKS encrypts more than Secrets.
    let resources = given.resources.unwrap_or_default();
    if resources.iter().any(|it| it != SECRETS) {
        return Err(fault::not_encryptable(&resources));
    }
    let named = given.provider.and_then(|it| it.key_arn);
    let named = named.filter(|it| !it.is_empty());
    let named = named.ok_or_else(|| fault::invalid("KeyArn is required"))?;
    if named.starts_with("alias/") {
        return Ok(Some(named));
    }
    let parsed: Option<Arn> = named.parse().ok();
    let parsed = parsed.filter(|it| it.service == "kms" && it.is_in_its_partition());
    let parsed = parsed.ok_or_else(|| fault::bad_key_arn(&named))?;
    match parsed.region == place.region {
        true => Ok(Some(named)),
        false => Err(fault::key_elsewhere(&named)),
    }
}

/// Whether a key can seal data keys, and is ready to.
fn check(key: &KeyMetadata) -> Result<(), Fault> {
    let is = |member: &Option<String>, wanted| member.as_deref() == Some(wanted);
    let arn = key.arn.as_deref().unwrap_or_default();
    if !is(&key.key_spec, "SYMMETRIC_DEFAULT") || !is(&key.key_usage, "ENCRYPT_DECRYPT") {
        return Err(fault::key_not_symmetric(arn));
    }
    match is(&key.key_state, "Enabled") {
        true => Ok(()),
        false => Err(fault::key_not_enabled(
            arn,
            key.key_state.as_deref().unwrap_or_default(),
        )),
    }
}

/// EKS of a region, as grants name it.
fn principal(region: &str) -> String {
    format!("eks.{region}.amazonaws.com")
}

/// What a data key is bound to, as policies and the audit log show it.
fn bound(place: &Place, name: &str) -> Bound {
    let arn = names::cluster_arn(place, name);
    Bound::from([("aws:eks:cluster-arn".to_owned(), arn)])
}

/// A call of KMS in EKS's own name, for a cluster.
fn own_call(core: &Core, place: &Place, name: &str) -> Call {
    let Place { account, region } = place;
    let context = Context::internal(account, region, &principal(region), core.now());
    Call::by_controller(context.acting_for(names::cluster_arn(place, name)), PERMIT)
}

/// Grants that are on their way, or on their way back.
pub fn grants(core: &Core) -> Grants<'_, EksFaults> {
    Grants {
        table: &core.table,
        kms: &*core.parts.kms,
        permit: PERMIT,
        now: core.now(),
    }
}

/// A data key for a cluster, and the grant to have it opened: pending until it is written down with the cluster.
///
/// # Errors
/// The caller may not look at the key or not grant that, or it cannot be used.
pub async fn prepare(
    core: &Core,
    call: &Call,
    (place, name): (&Place, &str),
    named: &str,
) -> Result<(Encryption, Begun), Fault> {
    let (kms, call) = (&*core.parts.kms, call.forwarded_by(PRINCIPAL));
    let input = DescribeKeyRequest {
        key_id: Some(named.to_owned()),
        ..DescribeKeyRequest::default()
    };
    let found = kms.describe_key(&call, input).await;
    let found = found.map_err(|it| fault::of_kms(it, "DescribeKey"))?;
    let found = found.key_metadata.unwrap_or_default();
    check(&found)?;
    let key = found.arn.unwrap_or_default();
    let (principal, arn) = (principal(&place.region), names::cluster_arn(place, name));
    let about = About {
        key: &key,
        principal: &principal,
        arn: &arn,
    };
    let grants = grants(core);
    let begun = grants.begin(&names::scope(place), about).await?;
    let made = async {
        let input = CreateGrantRequest {
            key_id: Some(key.clone()),
            name: Some(begun.name.clone()),
            grantee_principal: Some(principal.clone()),
            retiring_principal: Some(principal.clone()),
            operations: Some(GRANTED.map(str::to_owned).into()),
            constraints: Some(GrantConstraints {
                encryption_context_subset: Some(bound(place, name)),
                ..GrantConstraints::default()
            }),
            ..CreateGrantRequest::default()
        };
        let granted = kms.create_grant(&call, input).await;
        let granted = granted.map_err(|it| fault::of_kms(it, "CreateGrant"))?;
        let own = own_call(core, place, name);
        let made = wharf_datakeys::make(kms, &own, &key, bound(place, name)).await;
        let made = made.map_err(|it| fault::of_kms(it, "GenerateDataKey"))?;
        Ok::<_, Fault>(Encryption {
            named: named.to_owned(),
            key: key.clone(),
            sealed: BASE64.encode(&made.sealed),
            grant: granted.grant_id.unwrap_or_default(),
        })
    };
    let made = made.await;
    match made {
        Ok(made) => Ok((made, begun)),
        Err(refused) => {
            grants.let_go(&begun.at).await;
            Err(refused)
        }
    }
}

/// Gives the grant back of a cluster that is no more. One that KMS refuses to take back is of no use but for a data key that nobody has.
///
/// # Errors
/// It is to be tried again.
pub async fn retire(
    core: &Core,
    (place, name): (&Place, &str),
    encryption: &Encryption,
) -> Result<(), Fault> {
    let (principal, arn) = (principal(&place.region), names::cluster_arn(place, name));
    let about = About {
        key: &encryption.key,
        principal: &principal,
        arn: &arn,
    };
    let which = Which::Id(encryption.grant.clone());
    grants(core)
        .retire(&names::scope(place), about, which)
        .await
}

/// The data key of a cluster, as far as it is known now.
pub struct Looked {
    pub key: DataKey,
    /// Why it is shut.
    pub issue: Option<Issue>,
}

impl Looked {
    /// Whether KMS said nothing of the key.
    pub fn is_unknown(&self) -> bool {
        matches!(self.key, DataKey::Unknown(_))
    }

    /// When to look again.
    pub fn lasts(&self) -> Duration {
        match self.key {
            DataKey::Open(_) => LOOKS,
            DataKey::Shut(_) | DataKey::Unknown(_) => LOOKS_WHILE_SHUT,
        }
    }

    /// The same of an update that is not done for that.
    pub fn error(&self) -> Option<UpdateError> {
        self.issue.as_ref().map(|it| UpdateError {
            code: "AccessDenied".to_owned(),
            message: it.message.clone(),
            resources: it.resources.clone(),
        })
    }
}

/// Asks KMS to open the data key of a cluster, if it has one.
pub async fn look(core: &Core, place: &Place, cluster: &Cluster) -> Option<Looked> {
    let encryption = cluster.encryption.as_ref()?;
    let call = own_call(core, place, &cluster.name);
    // What does not decode does not open either.
    let sealed = BASE64
        .decode(encryption.sealed.as_bytes())
        .unwrap_or_default();
    let context = bound(place, &cluster.name);
    let opened = wharf_datakeys::open(&*core.parts.kms, &call, sealed, context).await;
    Some(match opened {
        Ok(key) => Looked {
            key: DataKey::Open(key.into_secret()),
            issue: None,
        },
        Err(fault) => shut(&encryption.key, &fault).unwrap_or_else(|| {
            tracing::warn!(
                cluster = cluster.name,
                key = encryption.key,
                code = %fault.code,
                why = %fault.message,
                "failed to ask KMS about the key of a cluster; will retry"
            );
            unknown(&fault)
        }),
    })
}

/// By what KMS says of the key itself. All else, throttling first, says nothing of it and passes.
fn shut(key: &str, refused: &Fault) -> Option<Looked> {
    let (code, what) = match &*refused.code {
        _ if !refused.sender => return None,
        "DisabledException" => ("KmsKeyDisabled", "is disabled"),
        "NotFoundException" => ("KmsKeyNotFound", "does not exist"),
        "KMSInvalidStateException" if refused.message.contains("deletion") => {
            ("KmsKeyMarkedForDeletion", "is marked for deletion")
        }
        "AccessDeniedException" => (
            "KmsGrantRevoked",
            "is no longer granted to Amazon EKS, or does not exist",
        ),
        // The first is of a key whose material was deleted or has expired.
        "KMSInvalidStateException" | "InvalidCiphertextException" | "IncorrectKeyException" => {
            ("Other", "cannot be used")
        }
        _ => return None,
    };
    let message = format!(
        "The KMS key {key} {what}: Secrets of the cluster can neither be read nor written."
    );
    Some(Looked {
        key: DataKey::Shut(format!("{}: {}", refused.code, refused.message)),
        issue: Some(Issue::new(code, message, vec![key.to_owned()])),
    })
}

fn unknown(fault: &Fault) -> Looked {
    Looked {
        key: DataKey::Unknown(format!("{}: {}", fault.code, fault.message)),
        issue: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "arn:aws:kms:us-east-1:000000000000:key/1234abcd-12ab-34cd-56ef-1234567890ab";

    fn place() -> Place {
        Place::new("000000000000", "us-east-1")
    }

    fn asked(resources: &[&str], key: &str) -> Result<Option<String>, Fault> {
        let resources = resources.iter().map(|it| (*it).to_owned()).collect();
        let given = EncryptionConfig {
            resources: Some(resources),
            provider: Some(Provider {
                key_arn: Some(key.to_owned()),
            }),
        };
        wanted(&place(), Some(vec![given]))
    }

    #[test]
    fn a_key_of_the_region_is_named_for_secrets() {
        assert_eq!(wanted(&place(), None).unwrap(), None);
        assert_eq!(wanted(&place(), Some(Vec::new())).unwrap(), None);
        let alias = "arn:aws:kms:us-east-1:000000000000:alias/team";
        for key in [KEY, alias, "alias/team"] {
            assert_eq!(asked(&["secrets"], key).unwrap().as_deref(), Some(key));
            assert_eq!(asked(&[], key).unwrap().as_deref(), Some(key));
        }
        let west = KEY.replace("us-east-1", "us-west-2");
        for (resources, key, text) in [
            (&["secrets"][..], "", "KeyArn is required"),
            (&["pods"][..], KEY, "Only secrets can be encrypted"),
            (
                &["secrets"][..],
                west.as_str(),
                "must be in the region of the cluster",
            ),
            (&["secrets"][..], "1234abcd", "is not valid"),
            (&["secrets"][..], "arn:aws:s3:::bucket", "is not valid"),
        ] {
            let refused = asked(resources, key).unwrap_err();
            assert_eq!(refused.code, "InvalidParameterException");
            assert!(refused.message.contains(text), "{}", refused.message);
        }
    }

    #[test]
    fn only_a_symmetric_key_that_is_enabled_will_do() {
        let text = |it: &str| Some(it.to_owned());
        let key = |spec, usage, state| KeyMetadata {
            arn: text(KEY),
            key_spec: text(spec),
            key_usage: text(usage),
            key_state: text(state),
            ..KeyMetadata::default()
        };
        let (symmetric, encrypts) = ("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT");
        assert!(check(&key(symmetric, encrypts, "Enabled")).is_ok());
        assert!(check(&key("RSA_2048", encrypts, "Enabled")).is_err());
        assert!(check(&key("HMAC_256", "GENERATE_VERIFY_MAC", "Enabled")).is_err());
        for state in ["Disabled", "PendingDeletion", "PendingImport"] {
            let refused = check(&key(symmetric, encrypts, state)).unwrap_err();
            assert!(refused.message.contains(state));
        }
    }

    #[test]
    fn why_a_key_is_shut_stands_in_the_health() {
        let state = "KMSInvalidStateException";
        for (said, text, code) in [
            ("DisabledException", "why", "KmsKeyDisabled"),
            ("NotFoundException", "why", "KmsKeyNotFound"),
            (state, "it is pending deletion.", "KmsKeyMarkedForDeletion"),
            (state, "it is pending import.", "Other"),
            ("AccessDeniedException", "why", "KmsGrantRevoked"),
            ("InvalidCiphertextException", "", "Other"),
        ] {
            let looked = shut(KEY, &Fault::sender(said, 400, text)).unwrap();
            assert!(!looked.is_unknown());
            assert!(looked.lasts() < LOOKS);
            assert_eq!(looked.error().unwrap().resources, [KEY]);
            let issue = looked.issue.unwrap();
            assert_eq!(
                (issue.code.as_str(), issue.resources),
                (code, vec![KEY.to_owned()])
            );
            let DataKey::Shut(why) = looked.key else {
                panic!("it is shut");
            };
            assert_eq!(why, format!("{said}: {text}"));
        }
    }

    #[test]
    fn what_says_nothing_of_the_key_does_not_shut_it() {
        let down = Fault::receiver("KMSInternalException", 500, "why", &std::fmt::Error);
        let throttled = Fault::sender("ThrottlingException", 400, "why");
        for fault in [down, throttled] {
            assert!(shut(KEY, &fault).is_none());
            let looked = unknown(&fault);
            assert!(looked.is_unknown() && looked.error().is_none());
            assert!(looked.lasts() < LOOKS);
        }
    }

    #[test]
    fn records_of_before_have_no_key() {
        let mut cluster = crate::plan::tests::cluster();
        let mut before = serde_json::to_value(&cluster).unwrap();
        before.as_object_mut().unwrap().remove("encryption");
        let read: Cluster = serde_json::from_value(before).unwrap();
        assert!(read == cluster);
        cluster.encryption = Some(Encryption {
            named: "alias/team".to_owned(),
            key: KEY.to_owned(),
            sealed: BASE64.encode(b"sealed"),
            grant: "g".to_owned(),
        });
        let stored = serde_json::to_value(&cluster).unwrap();
        let told = stored["encryption"].clone();
        let expected = serde_json::json!({
            "named": "alias/team", "key": KEY, "sealed": "c2VhbGVk", "grant": "g",
        });
        assert_eq!(told, expected);
        let read: Cluster = serde_json::from_value(stored).unwrap();
        assert!(read == cluster);
    }
}
