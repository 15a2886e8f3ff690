//! One row per operation: what it does to which key, under which condition keys.
//!
//! A key's own policy must allow what is done with it; grants take part as statements of it. What is
//! not there is judged by the ARN it would have, so that callers who may do nothing learn nothing.

use std::collections::BTreeMap;

use wharf_api_kms::{Input, ReplicateKeyRequest, Tag};
use wharf_service::{Place, tags};
use wharf_wire::{CallerKind, Check, Context, Fault};

use crate::{
    core::{Core, Found, Target},
    describe,
    family::Role,
    grants,
    names::{self, SERVICE},
    ops::{self, encrypt},
    policy,
    records::{Grant, Principal},
};

const KEY_TYPE: &str = "kms:MultiRegionKeyType";
/// The region in which something is done, when it is not the caller's.
const REGION: &str = "aws:RequestedRegion";

/// What a key is and is for, by the names that conditions have for it and those that they had before.
static KIND: [[&str; 2]; 2] = [
    ["kms:KeySpec", "kms:CustomerMasterKeySpec"],
    ["kms:KeyUsage", "kms:CustomerMasterKeyUsage"],
];

/// What statements of grants are put into where there is no key.
const NO_STATEMENTS: &str = r#"{"Version": "2012-10-17"}"#;

type Pairs = BTreeMap<String, String>;

pub async fn checks(core: &Core, cx: &Context, input: Input<'_>) -> Result<Vec<Check>, Fault> {
    let row = Row::new(core, cx, &input.action());
    let one = |check| Ok(vec![check]);
    match input {
        Input::ListKeys(_) | Input::ListAliases(_) | Input::GenerateRandom(_) => one(row.any()),
        Input::ListRetirableGrants(it) => {
            let named = [&it.retiring_principal, &it.retiring_service_principal];
            let is_own = named.into_iter().flatten().any(|it| *it == cx.caller.arn);
            // A service hears of those that it may retire.
            let own = is_own && cx.caller.kind == CallerKind::Service;
            let policy = own.then(|| {
                let service = Principal::Service(cx.caller.arn.clone());
                grants::with_statements(NO_STATEMENTS, &[service], &row.action)
            });
            one(row.any().with_resource_policy(policy))
        }
        Input::CreateKey(it) => {
            let spec = it
                .key_spec
                .as_deref()
                .or(it.customer_master_key_spec.as_deref());
            let usage = it.key_usage.as_deref().unwrap_or("ENCRYPT_DECRYPT");
            let check = with_kind(row.any(), spec.unwrap_or("SYMMETRIC_DEFAULT"), usage)
                .with("kms:KeyOrigin", it.origin.as_deref().unwrap_or("AWS_KMS"))
                .with("kms:MultiRegion", flag(it.multi_region))
                .with(
                    "kms:BypassPolicyLockoutSafetyCheck",
                    flag(it.bypass_policy_lockout_safety_check),
                );
            let check = match it.multi_region {
                Some(true) => check.with(KEY_TYPE, Role::Primary.name()),
                _ => check,
            };
            let mut checks = vec![with_tags(check, it.tags.as_deref())];
            if it.tags.as_ref().is_some_and(|tags| !tags.is_empty()) {
                let tagging = Row::new(core, cx, "kms:TagResource").any();
                checks.push(with_tags(tagging, it.tags.as_deref()));
            }
            Ok(checks)
        }
        Input::ReplicateKey(it) => replicated(core, cx, row, it).await,
        Input::UpdatePrimaryRegion(it) => {
            let region = it.primary_region.as_deref().unwrap_or_default();
            let before = row.on(it.key_id.as_deref()).await?;
            let mut next = Row::new(core, cx, &input.action());
            next.place.region = region.to_owned();
            let id = names::asked(&row.place, it.key_id.as_deref().unwrap_or_default());
            let Ok(names::Asked::Key { id, .. }) = id else {
                return one(before);
            };
            let after = next.on(Some(&id)).await?.with(REGION, region);
            Ok([before, after]
                .map(|it| it.with("kms:PrimaryRegion", region))
                .into())
        }
        Input::CreateAlias(it) => {
            let key = row.on(it.target_key_id.as_deref()).await?;
            Ok(vec![row.on_alias(it.alias_name.as_deref()), key])
        }
        Input::UpdateAlias(it) => {
            let before = row.on(it.alias_name.as_deref()).await?;
            let after = row.on(it.target_key_id.as_deref()).await?;
            Ok(vec![row.on_alias(it.alias_name.as_deref()), before, after])
        }
        Input::DeleteAlias(it) => {
            let key = row.on(it.alias_name.as_deref()).await?;
            Ok(vec![row.on_alias(it.alias_name.as_deref()), key])
        }
        Input::Encrypt(it) => {
            let row = row.using("Encrypt").bound(it.encryption_context.as_ref());
            let check = row.on(it.key_id.as_deref()).await?;
            one(with_algorithm(check, it.encryption_algorithm.as_deref()))
        }
        Input::Decrypt(it) => {
            let row = row.using("Decrypt").bound(it.encryption_context.as_ref());
            let key = encrypt::named(
                &row.place,
                it.key_id.as_deref(),
                it.ciphertext_blob.as_deref(),
            );
            let check = row.on(key.ok().as_deref()).await?;
            one(with_algorithm(check, it.encryption_algorithm.as_deref()))
        }
        Input::ReEncrypt(it) => {
            let place = &row.place;
            let key = encrypt::named(
                place,
                it.source_key_id.as_deref(),
                it.ciphertext_blob.as_deref(),
            );
            let from = Row::new(core, cx, "kms:ReEncryptFrom")
                .using("ReEncryptFrom")
                .bound(it.source_encryption_context.as_ref());
            let to = Row::new(core, cx, "kms:ReEncryptTo")
                .using("ReEncryptTo")
                .bound(it.destination_encryption_context.as_ref());
            let from = from.on(key.ok().as_deref()).await?;
            let to = to.on(it.destination_key_id.as_deref()).await?;
            let same = (from.resource == to.resource).to_string();
            let from = with_algorithm(from, it.source_encryption_algorithm.as_deref());
            let to = with_algorithm(to, it.destination_encryption_algorithm.as_deref());
            let checks = [from, to].map(|it| it.with("kms:ReEncryptOnSameKey", same.clone()));
            Ok(checks.into())
        }
        Input::GenerateDataKey(it) => {
            let row = row.using("GenerateDataKey");
            let row = row.bound(it.encryption_context.as_ref());
            one(with_algorithm(row.on(it.key_id.as_deref()).await?, None))
        }
        Input::GenerateDataKeyWithoutPlaintext(it) => {
            let row = row.using("GenerateDataKeyWithoutPlaintext");
            let row = row.bound(it.encryption_context.as_ref());
            one(with_algorithm(row.on(it.key_id.as_deref()).await?, None))
        }
        Input::GenerateDataKeyPair(it) => {
            let row = row.using("GenerateDataKeyPair");
            let row = row.bound(it.encryption_context.as_ref());
            let check = with_algorithm(row.on(it.key_id.as_deref()).await?, None);
            one(check.with_some("kms:DataKeyPairSpec", it.key_pair_spec.as_deref()))
        }
        Input::GenerateDataKeyPairWithoutPlaintext(it) => {
            let row = row.using("GenerateDataKeyPairWithoutPlaintext");
            let row = row.bound(it.encryption_context.as_ref());
            let check = with_algorithm(row.on(it.key_id.as_deref()).await?, None);
            one(check.with_some("kms:DataKeyPairSpec", it.key_pair_spec.as_deref()))
        }
        Input::Sign(it) => {
            let check = row.using("Sign").on(it.key_id.as_deref()).await?;
            let check = check.with_some("kms:SigningAlgorithm", it.signing_algorithm.as_deref());
            let kind = it.message_type.as_deref().unwrap_or("RAW");
            one(check.with("kms:MessageType", kind))
        }
        Input::Verify(it) => {
            let check = row.using("Verify").on(it.key_id.as_deref()).await?;
            let check = check.with_some("kms:SigningAlgorithm", it.signing_algorithm.as_deref());
            let kind = it.message_type.as_deref().unwrap_or("RAW");
            one(check.with("kms:MessageType", kind))
        }
        Input::GetParametersForImport(it) => {
            let check = row.on(it.key_id.as_deref()).await?;
            let check = check.with_some("kms:WrappingAlgorithm", it.wrapping_algorithm.as_deref());
            one(check.with_some("kms:WrappingKeySpec", it.wrapping_key_spec.as_deref()))
        }
        Input::ImportKeyMaterial(it) => {
            let check = row.on(it.key_id.as_deref()).await?;
            let model = it.expiration_model.as_deref().unwrap_or(describe::EXPIRES);
            let check = check.with("kms:ExpirationModel", model);
            one(match it.valid_to {
                Some(end) => check.with("kms:ValidTo", end.iso8601_seconds()),
                None => check,
            })
        }
        Input::DeriveSharedSecret(it) => {
            let row = row.using("DeriveSharedSecret");
            one(row.on(it.key_id.as_deref()).await?.with_some(
                "kms:KeyAgreementAlgorithm",
                it.key_agreement_algorithm.as_deref(),
            ))
        }
        Input::GenerateMac(it) => {
            let check = row.using("GenerateMac").on(it.key_id.as_deref()).await?;
            one(check.with_some("kms:MacAlgorithm", it.mac_algorithm.as_deref()))
        }
        Input::VerifyMac(it) => {
            let check = row.using("VerifyMac").on(it.key_id.as_deref()).await?;
            one(check.with_some("kms:MacAlgorithm", it.mac_algorithm.as_deref()))
        }
        Input::DescribeKey(it) => one(row.using("DescribeKey").on(it.key_id.as_deref()).await?),
        Input::GetPublicKey(it) => one(row.using("GetPublicKey").on(it.key_id.as_deref()).await?),
        Input::GetKeyRotationStatus(it) => one(row.shared().on(it.key_id.as_deref()).await?),
        Input::CreateGrant(it) => {
            let wanted = ops::grants::wanted(it, &cx.account, cx.now).ok();
            // What is no grant is refused by the operation; no grant allows making it.
            let row = match &wanted {
                Some(wanted) => row.using("CreateGrant").granting(wanted),
                None => row.shared(),
            };
            let check = row.on(it.key_id.as_deref()).await?;
            let check = for_service(check, cx, wanted.as_ref());
            one(with_grant(check, wanted.as_ref()))
        }
        Input::ListGrants(it) => {
            let check = row.shared().on(it.key_id.as_deref()).await?;
            one(for_service(check, cx, None))
        }
        Input::RevokeGrant(it) => {
            let check = row.shared().on(it.key_id.as_deref()).await?;
            one(for_service(check, cx, None))
        }
        Input::RetireGrant(it) => {
            let named = ops::grants::to_retire(core, &row.place, it).await;
            let (key, grant) = match named {
                Ok((found, grant)) => (found.arn(), Some(grant)),
                Err(fault) if fault.sender => (it.key_id.clone().unwrap_or_default(), None),
                Err(fault) => return Err(fault),
            };
            one(row.shared().retiring(grant.as_ref()).on(Some(&key)).await?)
        }
        Input::PutKeyPolicy(it) => {
            let bypass = flag(it.bypass_policy_lockout_safety_check);
            let check = row.on(it.key_id.as_deref()).await?;
            one(check.with("kms:BypassPolicyLockoutSafetyCheck", bypass))
        }
        Input::ScheduleKeyDeletion(it) => {
            let days = it.pending_window_in_days.unwrap_or(30).to_string();
            let check = row.on(it.key_id.as_deref()).await?;
            one(check.with("kms:ScheduleKeyDeletionPendingWindowInDays", days))
        }
        Input::EnableKeyRotation(it) => {
            let days = it.rotation_period_in_days.unwrap_or(365).to_string();
            let check = row.on(it.key_id.as_deref()).await?;
            one(check.with("kms:RotationPeriodInDays", days))
        }
        Input::TagResource(it) => {
            let check = row.on(it.key_id.as_deref()).await?;
            one(with_tags(check, it.tags.as_deref()))
        }
        Input::UntagResource(it) => {
            let check = row.on(it.key_id.as_deref()).await?;
            one(tags::removed(check, it.tag_keys.as_deref()))
        }
        other => one(row.on(key_id(other)).await?),
    }
}

/// The primary is used, and a key made in the other region.
async fn replicated(
    core: &Core,
    cx: &Context,
    row: Row<'_>,
    it: &ReplicateKeyRequest,
) -> Result<Vec<Check>, Fault> {
    let region = it.replica_region.as_deref().unwrap_or_default();
    let primary = row.on(it.key_id.as_deref()).await?;
    let primary = primary.with("kms:ReplicaRegion", region);
    let bypass = flag(it.bypass_policy_lockout_safety_check);
    let there = |action| Row::new(core, cx, action).any().with(REGION, region);
    let mut made = there("kms:CreateKey")
        .with("kms:MultiRegion", "true")
        .with(KEY_TYPE, Role::Replica.name())
        .with("kms:BypassPolicyLockoutSafetyCheck", bypass);
    let kind = KIND.iter().flat_map(|names| names.iter());
    for shared in kind.chain(&["kms:KeyOrigin"]) {
        for value in primary.context.get(*shared).into_iter().flatten() {
            made = made.with(shared, value.clone());
        }
    }
    let tags = it.tags.as_deref();
    let mut checks = vec![primary, with_tags(made, tags)];
    if tags.is_some_and(|tags| !tags.is_empty()) {
        checks.push(with_tags(there("kms:TagResource"), tags));
    }
    Ok(checks)
}

/// The key of an operation that is about one and has no further condition keys.
fn key_id(input: Input<'_>) -> Option<&str> {
    match input {
        Input::CancelKeyDeletion(it) => it.key_id.as_deref(),
        Input::DeleteImportedKeyMaterial(it) => it.key_id.as_deref(),
        Input::DisableKey(it) => it.key_id.as_deref(),
        Input::DisableKeyRotation(it) => it.key_id.as_deref(),
        Input::EnableKey(it) => it.key_id.as_deref(),
        Input::GetKeyPolicy(it) => it.key_id.as_deref(),
        Input::ListKeyPolicies(it) => it.key_id.as_deref(),
        Input::ListKeyRotations(it) => it.key_id.as_deref(),
        Input::ListResourceTags(it) => it.key_id.as_deref(),
        Input::RotateKeyOnDemand(it) => it.key_id.as_deref(),
        Input::UpdateKeyDescription(it) => it.key_id.as_deref(),
        _ => None,
    }
}

fn flag(given: Option<bool>) -> String {
    given.unwrap_or_default().to_string()
}

fn with_algorithm(check: Check, algorithm: Option<&str>) -> Check {
    let algorithm = algorithm.unwrap_or("SYMMETRIC_DEFAULT");
    check.with("kms:EncryptionAlgorithm", algorithm)
}

/// With what a key is and is for.
fn with_kind(check: Check, spec: &str, usage: &str) -> Check {
    let [of_spec, of_usage] = KIND;
    let check = (of_spec.into_iter()).fold(check, |check, name| check.with(name, spec));
    (of_usage.into_iter()).fold(check, |check, name| check.with(name, usage))
}

/// With an encryption context.
fn with_context(check: Check, context: &Pairs) -> Check {
    context.iter().fold(check, |check, (key, value)| {
        check
            .with(&format!("{SERVICE}:EncryptionContext:{key}"), value.clone())
            .with("kms:EncryptionContextKeys", key.clone())
    })
}

/// With the tags that a request sets.
fn with_tags(check: Check, given: Option<&[Tag]>) -> Check {
    let given = given.unwrap_or_default().iter();
    tags::requested(
        check,
        given.map(|tag| (tag.tag_key.as_deref(), tag.tag_value.as_deref())),
    )
}

/// With what a new grant says.
fn with_grant(check: Check, wanted: Option<&Grant>) -> Check {
    let Some(wanted) = wanted else {
        return check;
    };
    let mut check = check.with("kms:GranteePrincipal", wanted.grantee.text());
    for operation in &wanted.operations {
        check = check.with("kms:GrantOperations", operation.clone());
    }
    if let Some(retiring) = &wanted.retiring {
        check = check.with("kms:RetiringPrincipal", retiring.text());
    }
    let constraints = &wanted.constraints;
    for (kind, is_there) in [
        ("EncryptionContextEquals", constraints.equals.is_some()),
        ("EncryptionContextSubset", constraints.subset.is_some()),
        ("SourceArn", constraints.source_arn.is_some()),
    ] {
        if is_there {
            check = check.with("kms:GrantConstraintType", kind);
        }
    }
    let contexts = [&constraints.equals, &constraints.subset];
    contexts.into_iter().flatten().fold(check, with_context)
}

/// With whether a grant is for something of a service: one that asks for a user, or that is to use the key.
fn for_service(check: Check, cx: &Context, wanted: Option<&Grant>) -> Check {
    let grantee = wanted.map(|it| &it.grantee);
    let is_service = matches!(grantee, Some(Principal::Service(_))) || !cx.called_via.is_empty();
    check.with("kms:GrantIsForAWSResource", is_service.to_string())
}

static NO_CONTEXT: Pairs = Pairs::new();

/// One check in the making.
struct Row<'a> {
    core: &'a Core,
    cx: &'a Context,
    place: Place,
    action: String,
    /// Callers of other accounts may do it.
    is_shared: bool,
    /// What grants call it.
    operation: Option<&'static str>,
    context: &'a Pairs,
    granting: Option<&'a Grant>,
    retiring: Option<&'a Grant>,
}

impl<'a> Row<'a> {
    fn new(core: &'a Core, cx: &'a Context, action: &str) -> Self {
        Self {
            core,
            cx,
            place: Place::of(cx),
            action: action.to_owned(),
            is_shared: false,
            operation: None,
            context: &NO_CONTEXT,
            granting: None,
            retiring: None,
        }
    }

    fn shared(mut self) -> Self {
        self.is_shared = true;
        self
    }

    /// What grants can allow, they can allow to other accounts.
    fn using(mut self, operation: &'static str) -> Self {
        self.operation = Some(operation);
        self.shared()
    }

    fn bound(mut self, context: Option<&'a Pairs>) -> Self {
        self.context = context.unwrap_or(&NO_CONTEXT);
        self
    }

    fn granting(mut self, grant: &'a Grant) -> Self {
        self.granting = Some(grant);
        self
    }

    fn retiring(mut self, grant: Option<&'a Grant>) -> Self {
        self.retiring = grant;
        self
    }

    fn any(&self) -> Check {
        self.with_caller(Check::any(&self.action))
    }

    fn on_alias(&self, name: Option<&str>) -> Check {
        let arn = names::alias_arn(&self.place, name.unwrap_or_default());
        self.with_caller(Check::new(&self.action, arn))
    }

    /// On the key that is named.
    async fn on(&self, given: Option<&str>) -> Result<Check, Fault> {
        let target = self.core.target(&self.place, given.unwrap_or_default());
        match target.await {
            Ok(Target::Key(found)) => self.on_key(&found).await,
            Ok(Target::NoKey(arn) | Target::NoAlias(arn)) => {
                Ok(self.with_caller(Check::new(&self.action, arn)))
            }
            Ok(Target::Unmade(manager)) => {
                let arn = names::key_arn(&self.place, &manager.key_id(&self.place));
                let check = self.with_caller(Check::new(&self.action, arn));
                let check = check.with("kms:RequestAlias", manager.alias());
                let check = with_context(check, self.context);
                Ok(check.with_required_policy(manager.policy(&self.place)))
            }
            // What stands for no key is refused by the operation.
            Err(fault) if fault.sender => Ok(self.any()),
            Err(fault) => Err(fault),
        }
    }

    async fn on_key(&self, found: &Found) -> Result<Check, Fault> {
        let check = self.with_caller(Check::new(&self.action, found.arn()));
        let is_theirs = found.place != self.place;
        // What an alias of another account leads to is for those whom its key's policy lets in.
        let named = found.alias.as_ref().filter(|_| is_theirs);
        let named = named.map(|alias| names::alias_arn(&found.place, alias));
        let as_named = named.map(|arn| self.with_caller(Check::new(&self.action, arn)));
        if is_theirs && !self.is_shared {
            // No policy of the key lets other accounts do this.
            return Ok(as_named.unwrap_or(check));
        }
        let key = found.key();
        let mut check = with_kind(check, key.spec.name(), key.usage.name())
            .with("kms:KeyOrigin", describe::origin(key))
            .with("kms:MultiRegion", key.home.is_some().to_string());
        if let Some(role) = found.role() {
            check = check.with(KEY_TYPE, role.name());
        }
        for alias in &key.aliases {
            check = check.with("kms:ResourceAliases", alias.clone());
        }
        if let Some(alias) = &found.alias {
            check = check.with("kms:RequestAlias", alias.clone());
        }
        let check = tags::of_resource(with_context(check, self.context), None, &key.tags);
        let policy = self.policy(found).await?;
        if let Some(as_named) = as_named
            && !policy::allows(&policy, &check, &found.place.account, self.cx)?
        {
            return Ok(as_named);
        }
        Ok(check.with_required_policy(policy))
    }

    /// The key's policy, with what grants add to it for this caller and request.
    async fn policy(&self, found: &Found) -> Result<String, Fault> {
        let policy = &found.key().policy;
        if let Some(grant) = self.retiring {
            let grantee = grant.operations.contains("RetireGrant");
            let grantee = grantee.then(|| grant.who_uses());
            let may: Vec<Principal> = grant.who_retires().into_iter().chain(grantee).collect();
            return Ok(grants::with_statements(policy, &may, &self.action));
        }
        let Some(operation) = self.operation else {
            return Ok(policy.clone());
        };
        let asked = grants::Asked {
            operation,
            context: self.context,
            source_arn: self.cx.source_arn.as_deref(),
            wanted: self.granting,
        };
        let allows = |it: &Grant| grants::allows(it, &asked);
        let may = self.core.granted(found, &self.cx.caller, allows).await?;
        Ok(match may.is_empty() {
            true => policy.clone(),
            false => grants::with_statements(policy, &may, &self.action),
        })
    }

    fn with_caller(&self, check: Check) -> Check {
        let check = check.with("kms:CallerAccount", self.cx.caller.account.clone());
        let last = self.cx.called_via.last();
        let service = last.and_then(|it| it.strip_suffix(".amazonaws.com"));
        match service {
            Some(service) => {
                let region = &self.place.region;
                check.with(
                    "kms:ViaService",
                    format!("{service}.{region}.amazonaws.com"),
                )
            }
            None => check,
        }
    }
}
