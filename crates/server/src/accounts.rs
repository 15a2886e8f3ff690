//! The accounts of the installation: `wharf account create`, `list` and `close`.
//!
//! The home account is the one the installation was started with; it is never closed. The others are
//! records of IAM's directory, which lets nobody in to one that was closed. What still runs there is
//! taken down by [`takedown`].

pub mod takedown;

use std::sync::Arc;

use tokio::sync::Notify;
use wharf_api_wharf::types::{
    Account, CloseAccountRequest, CloseAccountResponse, CreateAccountRequest,
    CreateAccountResponse, ListAccountsResponse,
};
use wharf_base::{Clock, Permit};
use wharf_svc_ec2::instances::OpenAccounts;
use wharf_svc_iam::{CloseError, CreateError, Directory, Member, NewMember};
use wharf_wire::{Call, Fault, async_trait, sigv4::sha256_hex};

use crate::control::fault::{failed, invalid};

const PERMIT: Permit = Permit::for_controller("accounts");
/// What the home account is listed as.
const HOME_NAME: &str = "home";

/// Cheap to clone.
#[derive(Clone)]
pub struct Accounts {
    /// The installation's own.
    pub home: String,
    pub directory: Arc<Directory>,
    pub clock: Arc<dyn Clock>,
    /// An account was closed.
    pub wake: Arc<Notify>,
}

impl Accounts {
    pub async fn create(
        &self,
        call: &Call,
        input: CreateAccountRequest,
    ) -> Result<CreateAccountResponse, Fault> {
        let name = input.name.unwrap_or_default();
        let id = input.id.as_deref();
        if id == Some(&*self.home) {
            return Err(invalid(CreateError::Exists(self.home.clone()).to_string()));
        }
        // A token is its caller's own: nobody gets a key by the token of another.
        let token = input.client_token.as_deref();
        let token = token.map(|it| sha256_hex(format!("{}\n{it}", call.caller.arn).as_bytes()));
        let new = NewMember {
            name: &name,
            id,
            token: token.as_deref(),
        };
        let created = self
            .directory
            .create_member(&PERMIT, new, self.clock.now())
            .await;
        let (member, credentials) = created.map_err(|error| match error {
            CreateError::Directory(cause) => failed(cause),
            refused => invalid(refused.to_string()),
        })?;
        tracing::info!(
            account = member.id,
            by = call.caller.arn,
            "an account was created"
        );
        Ok(CreateAccountResponse {
            account: Some(shown(member)),
            access_key_id: Some(credentials.access_key_id),
            secret_access_key: Some(credentials.secret.expose().to_owned()),
        })
    }

    /// The home account and the others by number, closed ones among them.
    pub async fn list(&self) -> Result<ListAccountsResponse, Fault> {
        let members = self.directory.members().await.map_err(failed)?;
        let mut accounts = vec![Account {
            id: Some(self.home.clone()),
            name: Some(HOME_NAME.to_owned()),
            state: Some("open".to_owned()),
            home: Some(true),
            ..Account::default()
        }];
        accounts.extend(members.into_iter().map(shown));
        Ok(ListAccountsResponse {
            accounts: Some(accounts),
        })
    }

    /// That an account is open.
    ///
    /// # Errors
    /// There is none, or it closes; the directory cannot be read.
    pub async fn check_open(&self, id: &str) -> Result<(), Fault> {
        let all = self.list().await?.accounts.unwrap_or_default();
        let is_open =
            |it: &Account| it.id.as_deref() == Some(id) && it.state.as_deref() == Some("open");
        match all.iter().any(is_open) {
            true => Ok(()),
            false => Err(invalid(format!("There is no open account {id}."))),
        }
    }

    pub async fn close(
        &self,
        call: &Call,
        input: CloseAccountRequest,
    ) -> Result<CloseAccountResponse, Fault> {
        let id = input.id.unwrap_or_default();
        if id == self.home {
            return Err(invalid(format!(
                "Account {id} is the installation's own and cannot be closed."
            )));
        }
        let closed = self
            .directory
            .close_member(&PERMIT, &id, self.clock.now())
            .await;
        let member = closed.map_err(|error| match error {
            CloseError::Directory(cause) => failed(cause),
            refused => invalid(refused.to_string()),
        })?;
        tracing::info!(account = id, by = call.caller.arn, "an account was closed");
        self.wake.notify_one();
        Ok(CloseAccountResponse {
            account: Some(shown(member)),
        })
    }
}

#[async_trait]
impl OpenAccounts for Accounts {
    async fn are_several(&self) -> Result<bool, Fault> {
        // The home account is always open.
        self.directory.has_open_member().await.map_err(failed)
    }
}

fn shown(member: Member) -> Account {
    let state = match (member.closed, member.emptied) {
        (None, _) => "open",
        (Some(_), None) => "closing",
        (Some(_), Some(_)) => "closed",
    };
    Account {
        id: Some(member.id),
        name: Some(member.name),
        state: Some(state.to_owned()),
        home: Some(false),
        created_at: Some(member.created),
        closed_at: member.closed,
    }
}
