//! Enable, Disable, BatchGetAccountStatus and ListAccountPermissions: Inspector is enabled for a registry
//! that scans in the enhanced way.

use wharf_api_inspector2::*;
use wharf_service::Place;
use wharf_wire::{Call, Fault};

use crate::{fault, service::Inspector2Service};

const ECR: &str = "ECR";

pub(crate) async fn enable(
    it: &Inspector2Service,
    call: &Call,
    input: EnableRequest,
) -> Result<EnableResponse, Fault> {
    let kinds = input.resource_types.unwrap_or_default();
    let (accounts, failed_accounts) = switch(it, call, input.account_ids, &kinds, true).await?;
    Ok(EnableResponse {
        accounts: Some(accounts),
        failed_accounts,
    })
}

pub(crate) async fn disable(
    it: &Inspector2Service,
    call: &Call,
    input: DisableRequest,
) -> Result<DisableResponse, Fault> {
    // Without a word, all of them.
    let kinds = input.resource_types.unwrap_or_default();
    let (accounts, failed_accounts) = switch(it, call, input.account_ids, &kinds, false).await?;
    Ok(DisableResponse {
        accounts: Some(accounts),
        failed_accounts,
    })
}

type Switched = (Vec<Account>, Option<Vec<FailedAccount>>);

async fn switch(
    it: &Inspector2Service,
    call: &Call,
    accounts: Option<Vec<String>>,
    kinds: &[String],
    on: bool,
) -> Result<Switched, Fault> {
    if let Some(other) = kinds.iter().find(|kind| *kind != ECR) {
        return Err(fault::invalid(format!(
            "Scans of the resource type {other} are not supported by this version of wharf."
        )));
    }
    let (own, failed) = told_apart(call, accounts);
    let mut shown = Vec::new();
    for account in own {
        let place = Place::of(call);
        let done = it.images.enable(&call.permit, &place, on).await;
        done.map_err(fault::images)?;
        shown.push(Account {
            account_id: Some(account),
            status: Some(word(on)),
            resource_status: Some(ResourceStatus {
                ec2: Some(word(false)),
                ecr: Some(word(on)),
                ..ResourceStatus::default()
            }),
        });
    }
    Ok((shown, failed))
}

/// The caller's own account, and those that it cannot speak for.
fn told_apart(
    call: &Call,
    accounts: Option<Vec<String>>,
) -> (Vec<String>, Option<Vec<FailedAccount>>) {
    let given = accounts.filter(|it| !it.is_empty());
    let given = given.unwrap_or_else(|| vec![call.account.clone()]);
    let (own, others): (Vec<_>, Vec<_>) = given.into_iter().partition(|it| *it == call.account);
    let failed = |account| FailedAccount {
        account_id: Some(account),
        error_code: Some("ACCESS_DENIED".to_owned()),
        error_message: Some("The account is not the caller's.".to_owned()),
        ..FailedAccount::default()
    };
    let failed: Vec<_> = others.into_iter().map(failed).collect();
    (
        own.into_iter().take(1).collect(),
        Some(failed).filter(|it| !it.is_empty()),
    )
}

fn word(on: bool) -> String {
    if on { "ENABLED" } else { "DISABLED" }.to_owned()
}

fn state(on: bool) -> State {
    State {
        status: Some(word(on)),
        ..State::default()
    }
}

pub(crate) async fn batch_get_account_status(
    it: &Inspector2Service,
    call: &Call,
    input: BatchGetAccountStatusRequest,
) -> Result<BatchGetAccountStatusResponse, Fault> {
    let (own, failed_accounts) = told_apart(call, input.account_ids);
    let on = it
        .images
        .enabled(&Place::of(call))
        .await
        .map_err(fault::images)?;
    let show = |account| AccountState {
        account_id: Some(account),
        state: Some(state(on)),
        resource_state: Some(ResourceState {
            ec2: Some(state(false)),
            ecr: Some(state(on)),
            lambda: Some(state(false)),
            ..ResourceState::default()
        }),
    };
    Ok(BatchGetAccountStatusResponse {
        accounts: Some(own.into_iter().map(show).collect()),
        failed_accounts,
    })
}

pub(crate) async fn list_account_permissions(
    it: &Inspector2Service,
    call: &Call,
    input: ListAccountPermissionsRequest,
) -> Result<ListAccountPermissionsResponse, Fault> {
    let service = input.service.unwrap_or_else(|| ECR.to_owned());
    let pages = it.pages(call, "inspector2/ListAccountPermissions", &service);
    let size = input.max_results.and_then(|it| usize::try_from(it).ok());
    let page = pages.page(input.next_token.as_deref(), size.unwrap_or(100))?;
    let all = [
        "DISABLE_REPOSITORY",
        "DISABLE_SCANNING",
        "ENABLE_REPOSITORY",
        "ENABLE_SCANNING",
    ];
    let own: Vec<&str> = all.into_iter().filter(|_| service == ECR).collect();
    let (shown, next_token) = page.cut(own, |it| it);
    let show = |operation: &str| Permission {
        service: Some(ECR.to_owned()),
        operation: Some(operation.to_owned()),
    };
    Ok(ListAccountPermissionsResponse {
        permissions: Some(shown.into_iter().map(show).collect()),
        next_token,
    })
}
