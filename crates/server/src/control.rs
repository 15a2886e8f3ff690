//! The service `wharf`: what an installation offers beside the AWS APIs, for its operator and the
//! command line. Its contract is `models/wharf.json`, and it is called, authorised and audited like any
//! other; what browsers send it is refused at the gateway.

pub mod fault;

use std::sync::Arc;

use wharf_api_wharf::{Input, types::*};
use wharf_wire::{Call, Caller, Check, Fault};

use crate::{
    accounts::Accounts, admission::Admission, backup::Backup,
    certificate_authority::CertificateAuthority, explain::Explain, join::Join, keys::Keys,
    nodes::Nodes, outside::Outside, overview::Overview, signing_profiles::SigningProfiles,
};

/// The parts that carry the operations out.
#[derive(Clone)]
pub struct Control(pub Arc<Parts>);

/// Actions that are about what the caller's own account has, or that are no secret. All others are about
/// the installation, and so are for nobody but its own account: what policies of another account allow
/// ends at that account.
const OF_EVERY_ACCOUNT: [&str; 10] = [
    "PutAdmissionRule",
    "ListAdmissionRules",
    "DeleteAdmissionRule",
    "CreateSigningProfile",
    "ListSigningProfiles",
    "DeleteSigningProfile",
    "Overview",
    "Explain",
    "GetCertificateAuthority",
    "ListOutsideAccess",
];

pub struct Parts {
    /// The installation's own.
    pub account: String,
    pub accounts: Accounts,
    pub admission: Admission,
    pub join: Arc<Join>,
    pub keys: Keys,
    pub nodes: Nodes,
    pub outside: Outside,
    pub overview: Overview,
    pub signing_profiles: SigningProfiles,
    pub certificate_authority: CertificateAuthority,
    pub explain: Explain,
    pub backup: Backup,
}

wharf_api_wharf::operations! {
    impl Control;
    authorize(self, cx, input) = {
        is_for(&cx.caller, &cx.account, &self.0.account, input.operation())?;
        let mut checks = checks(input);
        if let Input::Explain(ExplainRequest { pod: Some(_), cluster, .. }) = input {
            let clusters = self.0.explain.clusters()?;
            checks.push(clusters.check_of_explained(cx, cluster.as_deref()).await?);
        }
        if let Input::DedicateNode(wanted) = input {
            checks.extend(self.0.nodes.checks_of_dedicating(cx, wanted).await);
        }
        Ok(checks)
    };
    run(self, operation, call, input) = operation(&self.0, call, input).await;

    backup = backup;
    close_account = close_account;
    create_account = create_account;
    create_join_token = create_join_token;
    create_signing_profile = create_signing_profile;
    dedicate_node = dedicate_node;
    delete_admission_rule = delete_admission_rule;
    delete_signing_profile = delete_signing_profile;
    explain = explain;
    get_backup = get_backup;
    get_certificate_authority = get_certificate_authority;
    list_accounts = list_accounts;
    list_admission_rules = list_admission_rules;
    list_keys = list_keys;
    list_nodes = list_nodes;
    list_outside_access = list_outside_access;
    list_signing_profiles = list_signing_profiles;
    overview = overview;
    put_admission_rule = put_admission_rule;
    remove_node = remove_node;
    retire_keys = retire_keys;
    retire_node = retire_node;
    rotate_keys = rotate_keys;
}

/// Whether an account may ask at all.
fn is_for(caller: &Caller, account: &str, home: &str, operation: &str) -> Result<(), Fault> {
    if account == home || OF_EVERY_ACCOUNT.contains(&operation) {
        return Ok(());
    }
    Err(fault::denied(format!(
        "User: {} is not authorized to perform: wharf:{operation} because it is for the account of the \
         installation, {home}",
        caller.arn
    )))
}

/// An explanation of a request shows events, so it needs what lets look them up too; so it is with what is done in other services.
fn checks(input: Input<'_>) -> Vec<Check> {
    let mut checks = vec![Check::any(input.action())];
    if let Input::Explain(ExplainRequest {
        request: Some(_), ..
    }) = input
    {
        checks.push(Check::any("cloudtrail:LookupEvents"));
    }
    checks
}

async fn backup(it: &Parts, call: &Call, input: BackupRequest) -> Result<BackupResponse, Fault> {
    it.backup.begin(call, input).await
}

async fn get_backup(it: &Parts, _: &Call, _: GetBackupRequest) -> Result<GetBackupResponse, Fault> {
    Ok(it.backup.state())
}

async fn create_account(
    it: &Parts,
    call: &Call,
    input: CreateAccountRequest,
) -> Result<CreateAccountResponse, Fault> {
    it.accounts.create(call, input).await
}

async fn list_accounts(
    it: &Parts,
    _: &Call,
    _: ListAccountsRequest,
) -> Result<ListAccountsResponse, Fault> {
    it.accounts.list().await
}

async fn close_account(
    it: &Parts,
    call: &Call,
    input: CloseAccountRequest,
) -> Result<CloseAccountResponse, Fault> {
    it.accounts.close(call, input).await
}

async fn put_admission_rule(
    it: &Parts,
    call: &Call,
    input: PutAdmissionRuleRequest,
) -> Result<PutAdmissionRuleResponse, Fault> {
    it.admission.put(call, input).await
}

async fn list_admission_rules(
    it: &Parts,
    call: &Call,
    _: ListAdmissionRulesRequest,
) -> Result<ListAdmissionRulesResponse, Fault> {
    it.admission.list(call).await
}

async fn delete_admission_rule(
    it: &Parts,
    call: &Call,
    input: DeleteAdmissionRuleRequest,
) -> Result<DeleteAdmissionRuleResponse, Fault> {
    it.admission.delete(call, input).await
}

async fn create_signing_profile(
    it: &Parts,
    call: &Call,
    input: CreateSigningProfileRequest,
) -> Result<CreateSigningProfileResponse, Fault> {
    it.signing_profiles.create(call, input).await
}

async fn list_signing_profiles(
    it: &Parts,
    call: &Call,
    _: ListSigningProfilesRequest,
) -> Result<ListSigningProfilesResponse, Fault> {
    it.signing_profiles.list(call).await
}

async fn delete_signing_profile(
    it: &Parts,
    call: &Call,
    input: DeleteSigningProfileRequest,
) -> Result<DeleteSigningProfileResponse, Fault> {
    it.signing_profiles.delete(call, input).await
}

async fn create_join_token(
    it: &Parts,
    call: &Call,
    input: CreateJoinTokenRequest,
) -> Result<CreateJoinTokenResponse, Fault> {
    it.join.create_token(call, input).await
}

async fn explain(it: &Parts, call: &Call, input: ExplainRequest) -> Result<ExplainResponse, Fault> {
    it.explain.explain(call, input).await
}

async fn get_certificate_authority(
    it: &Parts,
    _: &Call,
    _: GetCertificateAuthorityRequest,
) -> Result<GetCertificateAuthorityResponse, Fault> {
    let certificates = it.certificate_authority.certificates().await?;
    Ok(GetCertificateAuthorityResponse {
        certificates: Some(certificates),
    })
}

async fn list_keys(it: &Parts, _: &Call, _: ListKeysRequest) -> Result<ListKeysResponse, Fault> {
    it.keys.list().await
}

async fn rotate_keys(
    it: &Parts,
    call: &Call,
    input: RotateKeysRequest,
) -> Result<RotateKeysResponse, Fault> {
    it.keys.rotate(call, input).await
}

async fn retire_keys(
    it: &Parts,
    call: &Call,
    input: RetireKeysRequest,
) -> Result<RetireKeysResponse, Fault> {
    it.keys.retire(call, input).await
}

async fn list_nodes(
    it: &Parts,
    call: &Call,
    _: ListNodesRequest,
) -> Result<ListNodesResponse, Fault> {
    it.nodes.list(call).await
}

async fn list_outside_access(
    it: &Parts,
    call: &Call,
    _: ListOutsideAccessRequest,
) -> Result<ListOutsideAccessResponse, Fault> {
    it.outside.list(call).await
}

async fn retire_node(
    it: &Parts,
    call: &Call,
    input: RetireNodeRequest,
) -> Result<RetireNodeResponse, Fault> {
    it.nodes.retire(call, input).await
}

async fn dedicate_node(
    it: &Parts,
    call: &Call,
    input: DedicateNodeRequest,
) -> Result<DedicateNodeResponse, Fault> {
    if input.as_instance.unwrap_or_default() {
        if let Some(account) = &input.account {
            it.accounts.check_open(account).await?;
        }
        return it.nodes.show(call, input).await;
    }
    let eks = it.explain.clusters()?.eks()?;
    it.nodes.dedicate(call, input, &eks).await
}

async fn remove_node(
    it: &Parts,
    call: &Call,
    input: RemoveNodeRequest,
) -> Result<RemoveNodeResponse, Fault> {
    it.nodes.remove(call, input).await
}

async fn overview(it: &Parts, call: &Call, _: OverviewRequest) -> Result<OverviewResponse, Fault> {
    let mut all = it.overview.gather(call).await?;
    if call.account == it.account {
        all.machine_makers = Some(makers(it).await?);
        all.fargate_pool = it.nodes.fargate_pool().await?;
    } else {
        // Where the machines listen, and for whose load balancers, is the installation's to know.
        all.unopened_listeners = None;
    }
    Ok(all)
}

/// What makes machines for the installation, if something does: instances of its own account alone.
async fn makers(it: &Parts) -> Result<Vec<MachineMaker>, Fault> {
    let number = |of: u32| i32::try_from(of).ok();
    let found = it.nodes.ec2.maker_overview().await?;
    let shown = found.map(|it| {
        let (failure, failed_at) = it.failure.unzip();
        MachineMaker {
            name: Some(it.name),
            wanted: number(it.wanted),
            there: number(it.there),
            most: number(it.most),
            failure,
            failed_at,
        }
    });
    Ok(shown.into_iter().collect())
}

/// A count as the contract has it.
pub fn count(of: usize) -> Option<i32> {
    Some(i32::try_from(of).unwrap_or(i32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_installation_is_not_every_accounts() {
        let caller = Caller::root("111122223333");
        let may = |account, operation| is_for(&caller, account, "000000000000", operation).is_ok();
        for operation in wharf_api_wharf::schema::SERVICE.operations {
            assert!(may("000000000000", operation.name));
            let open = [
                "CreateSigningProfile",
                "DeleteAdmissionRule",
                "DeleteSigningProfile",
                "Explain",
                "GetCertificateAuthority",
                "ListAdmissionRules",
                "ListOutsideAccess",
                "ListSigningProfiles",
                "Overview",
                "PutAdmissionRule",
            ];
            let open = open.contains(&operation.name);
            assert_eq!(
                may("111122223333", operation.name),
                open,
                "{}",
                operation.name
            );
        }
    }

    #[test]
    fn what_became_of_a_request_is_shown_to_whom_events_are() {
        let actions = |input: &ExplainRequest| -> Vec<String> {
            let checks = checks(Input::Explain(input)).into_iter();
            checks.map(|it| it.action).collect()
        };
        let mut input = ExplainRequest::default();
        assert_eq!(actions(&input), ["wharf:Explain"]);
        input.request = Some("r".to_owned());
        assert_eq!(
            actions(&input),
            ["wharf:Explain", "cloudtrail:LookupEvents"]
        );
    }
}
