//! STS: who a caller is, and temporary credentials (spec platform §4).
//!
//! The other face of IAM: the decisions and the credentials are made by its [`Directory`]; this crate
//! is their wire side. AssumeRole carries no authorisation row, because a role's trust policy
//! and the caller's own policies are weighed together inside, as for no other operation; whoever
//! reaches it has shown a signature and nothing more.

#![forbid(unsafe_code)]

mod federation;
mod rates;
mod saml;
mod web_identity;

pub use rates::RATES;

use std::{collections::BTreeMap, sync::Arc};

use wharf_api_sts::{Input, faults, types::*};
use wharf_base::{arn::as_seen_from, ids};
use wharf_service::tags::{Refused, Rules};
use wharf_svc_iam::{
    AssumeError, AssumeRole, Directory, DocumentError, IssuerKeys, Minted, NoKey, SamlError,
    SecondFactor, TokenError,
};
use wharf_wire::{Call, Caller, CallerKind, Check, Context, Fault};

const MAX_POLICY_ARNS: usize = 10;
/// Of a session.
const TAGS: Rules<Fault> = Rules {
    fold_case: true,
    ..Rules::usual(refused_tag)
};

/// STS over IAM's directory.
#[derive(Debug, Clone)]
pub struct StsService {
    directory: Arc<Directory>,
    keys: Arc<IssuerKeys>,
    /// Nothing is checked (`--iam off`): anybody assumes any role.
    unchecked: bool,
}

impl StsService {
    /// `keys` are those that identity providers sign with.
    pub fn new(directory: Arc<Directory>, keys: Arc<IssuerKeys>) -> Self {
        Self {
            directory,
            keys,
            unchecked: false,
        }
    }

    /// With `unchecked` roles are assumed without a look at policies, by root too.
    pub fn unchecked(self, unchecked: bool) -> Self {
        Self { unchecked, ..self }
    }
}

/// Which members of requests operations heed.
static UNDERSTOOD: wharf_wire::understood::Understood =
    wharf_wire::understood::Understood::new(include_str!("understood.txt"));

wharf_api_sts::operations! {
    impl StsService;
    authorize(self, cx, input) = self.checks(cx, input).await;
    understood = UNDERSTOOD;
    run(self, operation, call, input) = {
        let answer = operation(self, call, input).await;
        answer.map_err(|fault: Fault| Fault {
            message: seen(call, &fault.message),
            ..fault
        })
    };

    get_caller_identity = get_caller_identity;
    assume_role = assume_role;
    assume_role_with_saml = saml::assume;
    assume_role_with_web_identity = web_identity::assume;
    get_session_token = get_session_token;
    get_federation_token = federation::get;
    decode_authorization_message = decode_authorization_message;
    get_access_key_info = get_access_key_info;
}

impl StsService {
    async fn checks(&self, cx: &Context, input: Input<'_>) -> Result<Vec<Check>, Fault> {
        if let Some(with) = temporary(&cx.caller).filter(|_| wants_lasting_keys(input)) {
            let text = format!("Cannot call {} with {with}", input.operation());
            return Err(Fault::sender("AccessDenied", 403, text));
        }
        let mut checks = checks(input);
        if let Input::GetFederationToken(it) = input {
            return Ok(federation::checks(&cx.account, it));
        }
        // The call is of nobody's account; the log of the role's tells of it.
        let role = match input {
            Input::AssumeRoleWithWebIdentity(it) => it.role_arn.as_ref(),
            Input::AssumeRoleWithSAML(it) => it.role_arn.as_ref(),
            _ => None,
        };
        if let Some(arn) = role {
            let owner = self.directory.owner_of_role(arn).await;
            if let Some(owner) = owner.map_err(|error| internal(&error))? {
                checks = checks.into_iter().map(|it| it.of_account(&owner)).collect();
            }
        }
        Ok(checks)
    }
}

/// What a caller signs with that GetFederationToken or GetSessionToken gave out; `None` for a role's session, and for keys that
/// last.
fn temporary(caller: &Caller) -> Option<&'static str> {
    match caller.kind {
        CallerKind::FederatedUser => Some("the credentials of a federated user"),
        CallerKind::User | CallerKind::Account => {
            caller.session.as_ref().map(|_| "session credentials")
        }
        _ => None,
    }
}

/// What is closed to those credentials, whatever policies say: of what takes a signature all but GetCallerIdentity and a
/// user's AssumeRole. Operations that make credentials say so themselves.
fn wants_lasting_keys(input: Input<'_>) -> bool {
    matches!(
        input,
        Input::DecodeAuthorizationMessage(_) | Input::GetAccessKeyInfo(_)
    )
}

fn checks(input: Input<'_>) -> Vec<Check> {
    match input {
        // Always allowed, whatever policies say.
        Input::GetCallerIdentity(_) => vec![Check::open_to_all("sts:GetCallerIdentity")],
        Input::GetSessionToken(_) => vec![Check::open_to_all("sts:GetSessionToken")],
        // Weighed with the role's trust policy.
        Input::AssumeRole(_) => vec![Check::weighed_by_the_operation("sts:AssumeRole")],
        // What they bring is held against the provider's keys and the role's trust policy.
        Input::AssumeRoleWithSAML(_) => {
            vec![Check::weighed_by_the_operation("sts:AssumeRoleWithSAML")]
        }
        Input::AssumeRoleWithWebIdentity(_) => {
            vec![Check::weighed_by_the_operation(
                "sts:AssumeRoleWithWebIdentity",
            )]
        }
        Input::AssumeRoot(_) => vec![Check::any("sts:AssumeRoot")],
        Input::DecodeAuthorizationMessage(_) => {
            vec![Check::any("sts:DecodeAuthorizationMessage")]
        }
        Input::GetAccessKeyInfo(_) => vec![Check::any("sts:GetAccessKeyInfo")],
        Input::GetDelegatedAccessToken(_) => vec![Check::any("sts:GetDelegatedAccessToken")],
        Input::GetFederationToken(_) => vec![Check::any("sts:GetFederationToken")],
        Input::GetWebIdentityToken(_) => vec![Check::any("sts:GetWebIdentityToken")],
    }
}

async fn get_caller_identity(
    _: &StsService,
    call: &Call,
    _input: GetCallerIdentityRequest,
) -> Result<GetCallerIdentityResponse, Fault> {
    Ok(GetCallerIdentityResponse {
        user_id: Some(call.caller.user_id.clone()),
        account: Some(call.caller.account.clone()),
        arn: Some(seen(call, &call.caller.arn)),
    })
}

async fn assume_role(
    sts: &StsService,
    call: &Call,
    input: AssumeRoleRequest,
) -> Result<AssumeRoleResponse, Fault> {
    let factor = SecondFactor {
        serial: input.serial_number.clone(),
        code: input.token_code.clone(),
    };
    let wanted = AssumeRole {
        unchecked: sts.unchecked,
        ..wanted(input)?
    };
    let minted = sts
        .directory
        .assume_role(call, wanted, &factor)
        .await
        .map_err(fault)?;
    Ok(AssumeRoleResponse {
        assumed_role_user: Some(AssumedRoleUser {
            assumed_role_id: Some(minted.user_id.clone()),
            arn: Some(seen(call, &minted.arn)),
        }),
        packed_policy_size: minted.packed_percent,
        source_identity: minted.source_identity.clone(),
        credentials: Some(credentials(minted)),
        ..AssumeRoleResponse::default()
    })
}

async fn get_session_token(
    sts: &StsService,
    call: &Call,
    input: GetSessionTokenRequest,
) -> Result<GetSessionTokenResponse, Fault> {
    let factor = SecondFactor {
        serial: input.serial_number,
        code: input.token_code,
    };
    let minted = sts
        .directory
        .session_token(call, input.duration_seconds, &factor)
        .await;
    Ok(GetSessionTokenResponse {
        credentials: Some(credentials(minted.map_err(fault)?)),
        ..GetSessionTokenResponse::default()
    })
}

async fn decode_authorization_message(
    sts: &StsService,
    call: &Call,
    input: DecodeAuthorizationMessageRequest,
) -> Result<DecodeAuthorizationMessageResponse, Fault> {
    let encoded = required(input.encoded_message, "encodedMessage")?;
    let account = &call.caller.account;
    let decoded = sts
        .directory
        .authorization_message(account, &encoded, call.now);
    let decoded = decoded
        .ok_or_else(|| faults::invalid_authorization_message_exception("Message is not valid"))?;
    Ok(DecodeAuthorizationMessageResponse {
        decoded_message: Some(decoded),
    })
}

async fn get_access_key_info(
    sts: &StsService,
    call: &Call,
    input: GetAccessKeyInfoRequest,
) -> Result<GetAccessKeyInfoResponse, Fault> {
    let id = required(input.access_key_id, "accessKeyId")?;
    // Ids that earlier versions made do not have their account in them. An account may know its own;
    // what is said of all others comes from the id alone, and so is no word on whether there is one.
    let own = &call.caller.account;
    let is_own = id == call.caller.access_key_id || {
        let found = sts.directory.account_of_key(&id).await;
        found.map_err(|error| internal(&error))?.as_ref() == Some(own)
    };
    let account = match is_own {
        true => Some(own.clone()),
        false => ids::account_of_access_key(&id),
    };
    let account = account
        .ok_or_else(|| validation(format!("Invalid Access Key. Access Key {id} is not known.")))?;
    Ok(GetAccessKeyInfoResponse {
        account: Some(account),
    })
}

/// The request as IAM's directory takes it.
fn wanted(input: AssumeRoleRequest) -> Result<AssumeRole, Fault> {
    let session_name = session_name(input.role_session_name)?;
    if let Some(source) = input
        .source_identity
        .as_ref()
        .filter(|source| !is_name(source))
    {
        return Err(invalid("sourceIdentity", source));
    }
    let policy_arns = policy_arns(input.policy_arns)?;
    let tags = session_tags(input.tags)?;
    let transitive_tag_keys = input.transitive_tag_keys.unwrap_or_default();
    if let Some(key) = transitive_tag_keys
        .iter()
        .find(|key| !tags.contains_key(*key))
    {
        return Err(validation(format!(
            "The specified transitive tag key {key} must be included in the requested tags."
        )));
    }
    Ok(AssumeRole {
        role_arn: required(input.role_arn, "roleArn")?,
        session_name,
        duration_seconds: input.duration_seconds,
        external_id: input.external_id,
        policy: input.policy,
        policy_arns,
        tags,
        transitive_tag_keys,
        source_identity: input.source_identity,
        unchecked: false,
    })
}

fn session_tags(given: Option<Vec<Tag>>) -> Result<BTreeMap<String, String>, Fault> {
    let given = given.unwrap_or_default().into_iter();
    let pairs = given.map(|tag| {
        let key = required(tag.key, "tags.key")?;
        Ok((key, required(tag.value, "tags.value")?))
    });
    TAGS.given(pairs.collect::<Result<Vec<_>, Fault>>()?)
}

fn refused_tag(why: Refused<'_>) -> Fault {
    validation(match why {
        Refused::Key(_) => "Tag keys have from 1 to 128 characters.",
        Refused::Value(_) => "Tag values have at most 256 characters.",
        Refused::Reserved(_) => "Tag keys beginning with aws: are reserved for system use.",
        Refused::Twice(_) => {
            "Duplicate tag keys found. Please note that Tag keys are case insensitive."
        }
        Refused::TooMany => "At most 50 session tags can be given.",
    })
}

fn session_name(given: Option<String>) -> Result<String, Fault> {
    let name = required(given, "roleSessionName")?;
    match (2..=64).contains(&name.len()) && is_name(&name) {
        true => Ok(name),
        false => Err(invalid("roleSessionName", &name)),
    }
}

fn policy_arns(given: Option<Vec<PolicyDescriptorType>>) -> Result<Vec<String>, Fault> {
    let given = given.unwrap_or_default().into_iter();
    let arns = given.map(|it| required(it.arn, "policyArns.arn"));
    let arns = arns.collect::<Result<Vec<_>, _>>()?;
    match arns.len() <= MAX_POLICY_ARNS {
        true => Ok(arns),
        false => Err(validation(
            "At most 10 session policies can be given by their ARNs.",
        )),
    }
}

/// Text with the partition of the call's region in its ARNs.
fn seen(call: &Call, text: &str) -> String {
    as_seen_from(&call.region, text).into_owned()
}

fn is_name(text: &str) -> bool {
    text.bytes()
        .all(|b| b.is_ascii_alphanumeric() || b"_+=,.@-".contains(&b))
}

fn credentials(minted: Minted) -> Credentials {
    Credentials {
        access_key_id: Some(minted.access_key_id),
        secret_access_key: Some(minted.secret.expose().to_owned()),
        session_token: Some(minted.token),
        expiration: Some(minted.expires),
    }
}

fn fault(error: AssumeError) -> Fault {
    match error {
        AssumeError::Root
        | AssumeError::Denied(_)
        | AssumeError::NotAuthorized(_)
        | AssumeError::Node
        | AssumeError::NoSuchUser(_)
        | AssumeError::SessionCaller
        | AssumeError::WrongCode
        | AssumeError::NoDevice
        | AssumeError::HalfAFactor
        | AssumeError::FederatedAssumes
        | AssumeError::SessionFederates => Fault::sender("AccessDenied", 403, error.to_string()),
        AssumeError::TooLongForRole
        | AssumeError::TooLongForChain
        | AssumeError::Duration
        | AssumeError::NoSuchPolicy(_)
        | AssumeError::TransitiveTag(_)
        | AssumeError::TooManyTags => validation(error.to_string()),
        AssumeError::Policy(DocumentError::TooLong { .. }) => {
            faults::packed_policy_too_large_exception(error.to_string())
        }
        AssumeError::Policy(_) => faults::malformed_policy_document_exception(error.to_string()),
        AssumeError::WebIdentity(TokenError::Expired { .. }) => {
            faults::expired_token_exception(error.to_string())
        }
        AssumeError::Saml(SamlError::TooLate | SamlError::Times) => {
            faults::expired_token_exception(error.to_string())
        }
        AssumeError::Saml(SamlError::Status) => {
            faults::idp_rejected_claim_exception(error.to_string())
        }
        AssumeError::Saml(_)
        | AssumeError::WebIdentity(_)
        | AssumeError::NoKey(NoKey::NotThere) => {
            faults::invalid_identity_token_exception(error.to_string())
        }
        AssumeError::NoKey(NoKey::Unreachable) => {
            faults::idp_communication_error_exception(error.to_string())
        }
        AssumeError::Directory(_) | AssumeError::Token(_) => internal(&error),
    }
}

fn validation(message: impl Into<String>) -> Fault {
    Fault::sender("ValidationError", 400, message)
}

fn invalid(member: &str, value: &str) -> Fault {
    validation(format!(
        "1 validation error detected: Value '{value}' at '{member}' failed to satisfy constraint: \
         Member must satisfy regular expression pattern: [\\w+=,.@-]*"
    ))
}

fn required<T>(value: Option<T>, member: &str) -> Result<T, Fault> {
    value.ok_or_else(|| {
        validation(format!(
            "1 validation error detected: Value at '{member}' failed to satisfy constraint: Member \
             must not be null"
        ))
    })
}

fn internal(cause: &dyn std::error::Error) -> Fault {
    Fault::receiver(
        "InternalFailure",
        500,
        "The request processing has failed because of an unknown error, exception or failure.",
        cause,
    )
}
