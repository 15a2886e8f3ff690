//! The authorisation row of every operation: its action, the resource it touches, and the condition
//! keys that go with it. Operations this version does not have are asked about all resources, so
//! that nobody learns more from them than from the others.

use std::fmt::{self, Write};

use wharf_api_iam::{Input, types::Tag};
use wharf_service::tags;
use wharf_wire::{CallerKind, Check, Context, Fault};

use crate::{
    directory::Directory,
    names::{self, entity_arn},
    oidc::provider,
    records::{
        AccessKeyRecord, GroupRecord, InstanceProfileRecord, MfaDeviceRecord, OidcProviderRecord,
        RoleRecord, SamlProviderRecord, ServerCertificateRecord, Tags, UserRecord, folded,
    },
    saml, table,
};

/// What an operation touches.
enum Target<'a> {
    All,
    /// As it will be named: kind, path, name.
    New(&'static str, &'a Option<String>, &'a Option<String>),
    /// The user named, or the caller itself.
    User(&'a Option<String>),
    Group(&'a Option<String>),
    Role(&'a Option<String>),
    Profile(&'a Option<String>),
    Certificate(&'a Option<String>),
    /// As it will be named after its address.
    NewProvider(&'a Option<String>),
    /// Given as an ARN.
    Provider(&'a Option<String>),
    /// A provider of SAML as it will be named.
    NewSaml(&'a Option<String>),
    /// A provider of SAML, given as an ARN.
    Saml(&'a Option<String>),
    /// Given by its serial number.
    Device(&'a Option<String>),
    /// Given as an ARN.
    Arn(&'a Option<String>),
    /// The user whose key it is.
    Key(&'a Option<String>),
    /// A list of one kind of thing; AWS asks about its root.
    List(&'static str),
}

pub(crate) async fn authorize(
    directory: &Directory,
    cx: &Context,
    input: Input<'_>,
) -> Result<Vec<Check>, Fault> {
    let action = format!("iam:{}", operation(&input));
    let (resource, about) = resolve(directory, cx, target(input)).await?;
    let mut check = Check::new(action, resource);
    check = tags::of_resource(check, Some("iam"), &about.tags);
    let wanted = boundary(input).clone().or(about.boundary);
    if let Some(arn) = wanted {
        check = check.with("iam:PermissionsBoundary", arn);
    }
    if let Some(arn) = attached(input) {
        check = check.with("iam:PolicyARN", arn);
    }
    for key in request_tag_keys(input) {
        check = check.with("aws:TagKeys", key);
    }
    let tags = request_tags(input).iter().flatten();
    let check = tags::requested(
        check,
        tags.map(|tag| (tag.key.as_deref(), tag.value.as_deref())),
    );
    let mut checks = vec![check];
    match input {
        // A token without a second factor must not reach what gives one out.
        _ if is_bare_session(cx) => {
            return Err(Fault::sender(
                "InvalidClientTokenId",
                403,
                "The security token included in the request is invalid",
            ));
        }
        Input::CreateServiceLinkedRole(it) => {
            if let Some(service) = &it.aws_service_name {
                let first = checks.remove(0);
                checks.push(first.with("iam:AWSServiceName", service));
            }
        }
        Input::AddRoleToInstanceProfile(it) => {
            let (role, _) = resolve(directory, cx, Target::Role(&it.role_name)).await?;
            checks.push(Check::pass_role(role, "ec2.amazonaws.com"));
        }
        _ => {}
    }
    Ok(checks)
}

/// Sessions of GetFederationToken, and those of GetSessionToken without a second factor, are not for IAM.
fn is_bare_session(cx: &Context) -> bool {
    let session = cx.caller.session.as_ref();
    match cx.caller.kind {
        CallerKind::FederatedUser => true,
        CallerKind::User | CallerKind::Account => session.is_some_and(|it| it.mfa_at.is_none()),
        _ => false,
    }
}

/// What is known about a target beside its ARN.
#[derive(Default)]
struct About {
    tags: Tags,
    boundary: Option<String>,
}

async fn resolve(
    directory: &Directory,
    cx: &Context,
    target: Target<'_>,
) -> Result<(String, About), Fault> {
    let (store, account) = (directory.records(), cx.account.as_str());
    let arn = |kind: &str, path: &str, name: &str| names::arn(account, kind, path, name);
    let text = |name: &Option<String>| name.clone().unwrap_or_default();
    Ok(match target {
        Target::All => ("*".to_owned(), About::default()),
        Target::List(kind) => (arn(kind, "/", ""), About::default()),
        Target::New(kind, path, name) => (
            arn(kind, path.as_deref().unwrap_or("/"), &text(name)),
            About::default(),
        ),
        Target::Arn(it) => (text(it), About::default()),
        Target::NewProvider(url) => {
            let url = text(url);
            let name = provider::name_of(&url).unwrap_or(url);
            (provider::arn(account, &name), About::default())
        }
        Target::Device(it) => {
            let arn = text(it);
            let own = entity_arn(&arn, "mfa").filter(|(owner, ..)| *owner == account);
            let record = match own {
                Some((_, _, name)) => {
                    table::find::<MfaDeviceRecord>(store, account, &folded(name)).await?
                }
                None => None,
            };
            let about = About {
                tags: record.map(|it| it.tags).unwrap_or_default(),
                boundary: None,
            };
            (arn, about)
        }
        Target::Provider(it) => {
            let arn = text(it);
            let own = provider::of_arn(&arn).filter(|(owner, _)| *owner == account);
            let record = match own {
                Some((_, name)) => table::find::<OidcProviderRecord>(store, account, name).await?,
                None => None,
            };
            let about = About {
                tags: record.map(|it| it.tags).unwrap_or_default(),
                boundary: None,
            };
            (arn, about)
        }
        Target::NewSaml(name) => (saml::arn(account, &text(name)), About::default()),
        Target::Saml(it) => {
            let arn = text(it);
            let own = saml::of_arn(&arn).filter(|(owner, _)| *owner == account);
            let record = match own {
                Some((_, name)) => table::find::<SamlProviderRecord>(store, account, name).await?,
                None => None,
            };
            let about = About {
                tags: record.map(|it| it.tags).unwrap_or_default(),
                boundary: None,
            };
            (arn, about)
        }
        Target::User(name) => match user_name(cx, name) {
            None => (cx.caller.arn.clone(), About::default()),
            Some(name) => match table::find::<UserRecord>(store, account, &folded(&name)).await? {
                None => (arn("user", "/", &name), About::default()),
                Some(it) => (
                    arn("user", &it.path, &it.name),
                    About {
                        tags: it.tags,
                        boundary: it.boundary,
                    },
                ),
            },
        },
        Target::Key(id) => {
            let key = table::find::<AccessKeyRecord>(store, account, &text(id)).await?;
            let folded_name = key
                .filter(|key| key.account == account)
                .and_then(|key| key.user);
            match folded_name {
                None => ("*".to_owned(), About::default()),
                Some(name) => match table::find::<UserRecord>(store, account, &name).await? {
                    None => ("*".to_owned(), About::default()),
                    Some(it) => (arn("user", &it.path, &it.name), About::default()),
                },
            }
        }
        Target::Group(name) => {
            let name = text(name);
            match table::find::<GroupRecord>(store, account, &folded(&name)).await? {
                None => (arn("group", "/", &name), About::default()),
                Some(it) => (arn("group", &it.path, &it.name), About::default()),
            }
        }
        Target::Role(name) => {
            let name = text(name);
            match table::find::<RoleRecord>(store, account, &folded(&name)).await? {
                None => (arn("role", "/", &name), About::default()),
                Some(it) => (
                    arn("role", &it.path, &it.name),
                    About {
                        tags: it.tags,
                        boundary: it.boundary,
                    },
                ),
            }
        }
        Target::Certificate(name) => {
            let (name, kind) = (text(name), "server-certificate");
            match table::find::<ServerCertificateRecord>(store, account, &folded(&name)).await? {
                None => (arn(kind, "/", &name), About::default()),
                Some(it) => {
                    let about = About {
                        tags: it.tags,
                        boundary: None,
                    };
                    (arn(kind, &it.path, &it.name), about)
                }
            }
        }
        Target::Profile(name) => {
            let (name, kind) = (text(name), "instance-profile");
            match table::find::<InstanceProfileRecord>(store, account, &folded(&name)).await? {
                None => (arn(kind, "/", &name), About::default()),
                Some(it) => {
                    let about = About {
                        tags: it.tags,
                        boundary: None,
                    };
                    (arn(kind, &it.path, &it.name), about)
                }
            }
        }
    })
}

fn user_name(cx: &Context, name: &Option<String>) -> Option<String> {
    if name.is_some() || cx.caller.kind != CallerKind::User {
        return name.clone();
    }
    entity_arn(&cx.caller.arn, "user").map(|(_, _, name)| name.to_owned())
}

/// The operation's name is that of the variant.
fn operation(input: &Input<'_>) -> String {
    /// Takes text up to the first parenthesis and refuses more.
    struct Head(String);
    impl Write for Head {
        fn write_str(&mut self, text: &str) -> fmt::Result {
            match text.split_once('(') {
                None => self.0.push_str(text),
                Some((head, _)) => {
                    self.0.push_str(head);
                    return Err(fmt::Error);
                }
            }
            Ok(())
        }
    }
    let mut head = Head(String::new());
    // The refusal is how it ends.
    let _ = write!(head, "{input:?}");
    head.0
}

fn target(input: Input<'_>) -> Target<'_> {
    use Input as I;
    use Target::{
        All, Arn, Certificate, Device, Group, Key, List, New, NewProvider, NewSaml, Profile,
        Provider, Role, Saml, User,
    };
    match input {
        I::CreateUser(it) => New("user", &it.path, &it.user_name),
        I::CreateGroup(it) => New("group", &it.path, &it.group_name),
        I::CreateRole(it) => New("role", &it.path, &it.role_name),
        I::CreatePolicy(it) => New("policy", &it.path, &it.policy_name),
        I::CreateInstanceProfile(it) => {
            New("instance-profile", &it.path, &it.instance_profile_name)
        }
        I::ListUsers(_) => List("user"),
        I::ListGroups(_) => List("group"),
        I::ListRoles(_) => List("role"),
        I::ListInstanceProfiles(_) => List("instance-profile"),
        I::UploadServerCertificate(it) => {
            New("server-certificate", &it.path, &it.server_certificate_name)
        }
        I::ListServerCertificates(_) => List("server-certificate"),

        I::GetUser(it) => User(&it.user_name),
        I::UpdateUser(it) => User(&it.user_name),
        I::DeleteUser(it) => User(&it.user_name),
        I::CreateAccessKey(it) => User(&it.user_name),
        I::UpdateAccessKey(it) => User(&it.user_name),
        I::DeleteAccessKey(it) => User(&it.user_name),
        I::ListAccessKeys(it) => User(&it.user_name),
        I::GetAccessKeyLastUsed(it) => Key(&it.access_key_id),
        I::ListGroupsForUser(it) => User(&it.user_name),
        I::PutUserPolicy(it) => User(&it.user_name),
        I::GetUserPolicy(it) => User(&it.user_name),
        I::DeleteUserPolicy(it) => User(&it.user_name),
        I::ListUserPolicies(it) => User(&it.user_name),
        I::AttachUserPolicy(it) => User(&it.user_name),
        I::DetachUserPolicy(it) => User(&it.user_name),
        I::ListAttachedUserPolicies(it) => User(&it.user_name),
        I::PutUserPermissionsBoundary(it) => User(&it.user_name),
        I::DeleteUserPermissionsBoundary(it) => User(&it.user_name),
        I::TagUser(it) => User(&it.user_name),
        I::UntagUser(it) => User(&it.user_name),
        I::ListUserTags(it) => User(&it.user_name),
        I::ListMFADevices(it) => User(&it.user_name),
        I::ListSSHPublicKeys(it) => User(&it.user_name),
        I::UploadSSHPublicKey(it) => User(&it.user_name),
        I::GetSSHPublicKey(it) => User(&it.user_name),
        I::UpdateSSHPublicKey(it) => User(&it.user_name),
        I::DeleteSSHPublicKey(it) => User(&it.user_name),
        I::UploadSigningCertificate(it) => User(&it.user_name),
        I::UpdateSigningCertificate(it) => User(&it.user_name),
        I::DeleteSigningCertificate(it) => User(&it.user_name),
        I::ListSigningCertificates(it) => User(&it.user_name),
        I::ListServiceSpecificCredentials(it) if it.all_users != Some(true) => User(&it.user_name),
        I::EnableMFADevice(it) => User(&it.user_name),
        I::ResyncMFADevice(it) => User(&it.user_name),
        I::DeactivateMFADevice(it) => User(&it.user_name),
        I::GetMFADevice(it) => User(&it.user_name),
        I::CreateVirtualMFADevice(it) => New("mfa", &it.path, &it.virtual_mfa_device_name),
        I::DeleteVirtualMFADevice(it) => Device(&it.serial_number),
        I::ListVirtualMFADevices(_) => List("mfa"),
        I::TagMFADevice(it) => Device(&it.serial_number),
        I::UntagMFADevice(it) => Device(&it.serial_number),
        I::ListMFADeviceTags(it) => Device(&it.serial_number),
        I::GetLoginProfile(it) => User(&it.user_name),
        I::CreateLoginProfile(it) => User(&it.user_name),
        I::UpdateLoginProfile(it) => User(&it.user_name),
        I::ChangePassword(_) => User(&None),
        I::DeleteLoginProfile(it) => User(&it.user_name),

        I::GetGroup(it) => Group(&it.group_name),
        I::UpdateGroup(it) => Group(&it.group_name),
        I::DeleteGroup(it) => Group(&it.group_name),
        I::AddUserToGroup(it) => Group(&it.group_name),
        I::RemoveUserFromGroup(it) => Group(&it.group_name),
        I::PutGroupPolicy(it) => Group(&it.group_name),
        I::GetGroupPolicy(it) => Group(&it.group_name),
        I::DeleteGroupPolicy(it) => Group(&it.group_name),
        I::ListGroupPolicies(it) => Group(&it.group_name),
        I::AttachGroupPolicy(it) => Group(&it.group_name),
        I::DetachGroupPolicy(it) => Group(&it.group_name),
        I::ListAttachedGroupPolicies(it) => Group(&it.group_name),

        I::GetRole(it) => Role(&it.role_name),
        I::UpdateRole(it) => Role(&it.role_name),
        I::UpdateRoleDescription(it) => Role(&it.role_name),
        I::UpdateAssumeRolePolicy(it) => Role(&it.role_name),
        I::DeleteRole(it) => Role(&it.role_name),
        I::DeleteServiceLinkedRole(it) => Role(&it.role_name),
        I::PutRolePolicy(it) => Role(&it.role_name),
        I::GetRolePolicy(it) => Role(&it.role_name),
        I::DeleteRolePolicy(it) => Role(&it.role_name),
        I::ListRolePolicies(it) => Role(&it.role_name),
        I::AttachRolePolicy(it) => Role(&it.role_name),
        I::DetachRolePolicy(it) => Role(&it.role_name),
        I::ListAttachedRolePolicies(it) => Role(&it.role_name),
        I::PutRolePermissionsBoundary(it) => Role(&it.role_name),
        I::DeleteRolePermissionsBoundary(it) => Role(&it.role_name),
        I::TagRole(it) => Role(&it.role_name),
        I::UntagRole(it) => Role(&it.role_name),
        I::ListRoleTags(it) => Role(&it.role_name),
        I::ListInstanceProfilesForRole(it) => Role(&it.role_name),

        I::GetPolicy(it) => Arn(&it.policy_arn),
        I::DeletePolicy(it) => Arn(&it.policy_arn),
        I::CreatePolicyVersion(it) => Arn(&it.policy_arn),
        I::GetPolicyVersion(it) => Arn(&it.policy_arn),
        I::DeletePolicyVersion(it) => Arn(&it.policy_arn),
        I::ListPolicyVersions(it) => Arn(&it.policy_arn),
        I::SetDefaultPolicyVersion(it) => Arn(&it.policy_arn),
        I::ListEntitiesForPolicy(it) => Arn(&it.policy_arn),
        I::TagPolicy(it) => Arn(&it.policy_arn),
        I::UntagPolicy(it) => Arn(&it.policy_arn),
        I::ListPolicyTags(it) => Arn(&it.policy_arn),
        I::GenerateServiceLastAccessedDetails(it) => Arn(&it.arn),
        I::ListPoliciesGrantingServiceAccess(it) => Arn(&it.arn),
        I::SimulatePrincipalPolicy(it) => Arn(&it.policy_source_arn),
        I::GetContextKeysForPrincipalPolicy(it) => Arn(&it.policy_source_arn),

        I::CreateOpenIDConnectProvider(it) => NewProvider(&it.url),
        I::ListOpenIDConnectProviders(_) => List("oidc-provider"),
        I::GetOpenIDConnectProvider(it) => Provider(&it.open_id_connect_provider_arn),
        I::DeleteOpenIDConnectProvider(it) => Provider(&it.open_id_connect_provider_arn),
        I::AddClientIDToOpenIDConnectProvider(it) => Provider(&it.open_id_connect_provider_arn),
        I::RemoveClientIDFromOpenIDConnectProvider(it) => {
            Provider(&it.open_id_connect_provider_arn)
        }
        I::UpdateOpenIDConnectProviderThumbprint(it) => Provider(&it.open_id_connect_provider_arn),
        I::TagOpenIDConnectProvider(it) => Provider(&it.open_id_connect_provider_arn),
        I::UntagOpenIDConnectProvider(it) => Provider(&it.open_id_connect_provider_arn),
        I::ListOpenIDConnectProviderTags(it) => Provider(&it.open_id_connect_provider_arn),

        I::CreateSAMLProvider(it) => NewSaml(&it.name),
        I::ListSAMLProviders(_) => List("saml-provider"),
        I::UpdateSAMLProvider(it) => Saml(&it.saml_provider_arn),
        I::GetSAMLProvider(it) => Saml(&it.saml_provider_arn),
        I::DeleteSAMLProvider(it) => Saml(&it.saml_provider_arn),
        I::TagSAMLProvider(it) => Saml(&it.saml_provider_arn),
        I::UntagSAMLProvider(it) => Saml(&it.saml_provider_arn),
        I::ListSAMLProviderTags(it) => Saml(&it.saml_provider_arn),

        I::GetInstanceProfile(it) => Profile(&it.instance_profile_name),
        I::DeleteInstanceProfile(it) => Profile(&it.instance_profile_name),
        I::AddRoleToInstanceProfile(it) => Profile(&it.instance_profile_name),
        I::RemoveRoleFromInstanceProfile(it) => Profile(&it.instance_profile_name),
        I::TagInstanceProfile(it) => Profile(&it.instance_profile_name),
        I::UntagInstanceProfile(it) => Profile(&it.instance_profile_name),
        I::ListInstanceProfileTags(it) => Profile(&it.instance_profile_name),

        I::GetServerCertificate(it) => Certificate(&it.server_certificate_name),
        I::UpdateServerCertificate(it) => Certificate(&it.server_certificate_name),
        I::DeleteServerCertificate(it) => Certificate(&it.server_certificate_name),
        I::TagServerCertificate(it) => Certificate(&it.server_certificate_name),
        I::UntagServerCertificate(it) => Certificate(&it.server_certificate_name),
        I::ListServerCertificateTags(it) => Certificate(&it.server_certificate_name),

        _ => All,
    }
}

/// The boundary the request sets.
fn boundary<'a>(input: Input<'a>) -> &'a Option<String> {
    match input {
        Input::CreateUser(it) => &it.permissions_boundary,
        Input::CreateRole(it) => &it.permissions_boundary,
        Input::PutUserPermissionsBoundary(it) => &it.permissions_boundary,
        Input::PutRolePermissionsBoundary(it) => &it.permissions_boundary,
        _ => &None,
    }
}

/// The managed policy the request attaches or detaches.
fn attached<'a>(input: Input<'a>) -> Option<&'a String> {
    match input {
        Input::AttachUserPolicy(it) => it.policy_arn.as_ref(),
        Input::AttachRolePolicy(it) => it.policy_arn.as_ref(),
        Input::AttachGroupPolicy(it) => it.policy_arn.as_ref(),
        Input::DetachUserPolicy(it) => it.policy_arn.as_ref(),
        Input::DetachRolePolicy(it) => it.policy_arn.as_ref(),
        Input::DetachGroupPolicy(it) => it.policy_arn.as_ref(),
        _ => None,
    }
}

fn request_tags<'a>(input: Input<'a>) -> &'a Option<Vec<Tag>> {
    match input {
        Input::CreateUser(it) => &it.tags,
        Input::CreateRole(it) => &it.tags,
        Input::CreatePolicy(it) => &it.tags,
        Input::CreateInstanceProfile(it) => &it.tags,
        Input::UploadServerCertificate(it) => &it.tags,
        Input::TagUser(it) => &it.tags,
        Input::TagRole(it) => &it.tags,
        Input::TagPolicy(it) => &it.tags,
        Input::TagInstanceProfile(it) => &it.tags,
        Input::TagServerCertificate(it) => &it.tags,
        Input::CreateOpenIDConnectProvider(it) => &it.tags,
        Input::TagOpenIDConnectProvider(it) => &it.tags,
        Input::CreateSAMLProvider(it) => &it.tags,
        Input::TagSAMLProvider(it) => &it.tags,
        Input::CreateVirtualMFADevice(it) => &it.tags,
        Input::TagMFADevice(it) => &it.tags,
        _ => &None,
    }
}

fn request_tag_keys<'a>(input: Input<'a>) -> &'a [String] {
    let keys = match input {
        Input::UntagUser(it) => &it.tag_keys,
        Input::UntagRole(it) => &it.tag_keys,
        Input::UntagPolicy(it) => &it.tag_keys,
        Input::UntagInstanceProfile(it) => &it.tag_keys,
        Input::UntagServerCertificate(it) => &it.tag_keys,
        Input::UntagOpenIDConnectProvider(it) => &it.tag_keys,
        Input::UntagSAMLProvider(it) => &it.tag_keys,
        Input::UntagMFADevice(it) => &it.tag_keys,
        _ => &None,
    };
    keys.as_deref().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use wharf_api_iam::types::*;

    use super::*;

    #[test]
    fn the_operation_is_named_without_its_input() {
        let input = GetUserRequest {
            user_name: Some("(".to_owned()),
        };
        assert_eq!(operation(&Input::GetUser(&input)), "GetUser");
        assert_eq!(
            operation(&Input::GetAccountSummary(&())),
            "GetAccountSummary"
        );
    }
}
