//! What is asked of IAM before a call: the authorisation row of an operation as checks, and the gate that answers them.

use std::{borrow::Cow, collections::BTreeMap};

use async_trait::async_trait;

use crate::{Context, audit::Decided};

/// One question to IAM: may the caller do `action` to `resource`?
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// `ecs:RunTask`
    pub action: String,
    /// An ARN, or `*` for actions that have no resource.
    pub resource: String,
    /// Whose the resource is, where its ARN does not say it: buckets of S3.
    pub resource_account: Option<String>,
    /// Condition keys beyond the global ones, with their values: `ecs:cluster`, `iam:PassedToService`.
    pub context: BTreeMap<String, Vec<String>>,
    /// The resource's own policy as JSON, where the resource has one.
    pub resource_policy: Option<String>,
    /// Nobody gets past that policy, whatever their own policies say: keys of KMS.
    pub requires_resource_policy: bool,
    /// Who answers it.
    pub asked_of: AskedOf,
}

/// Who answers a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AskedOf {
    /// The caller's policies.
    Policies,
    /// Nobody: whoever has valid keys may do it, whatever policies say.
    Nobody,
    /// The operation itself, which weighs more than the caller's policies.
    Operation,
}

impl Check {
    pub fn new(action: impl Into<String>, resource: impl Into<String>) -> Self {
        Self {
            action: action.into(),
            resource: resource.into(),
            resource_account: None,
            context: BTreeMap::new(),
            resource_policy: None,
            requires_resource_policy: false,
            asked_of: AskedOf::Policies,
        }
    }

    /// An operation that is open to all who have valid keys, as AWS documents of a few.
    pub fn open_to_all(action: impl Into<String>) -> Self {
        Self {
            asked_of: AskedOf::Nobody,
            ..Self::any(action)
        }
    }

    /// An operation that asks the gate itself, once it knows what else decides (a role's trust
    /// policy).
    pub fn weighed_by_the_operation(action: impl Into<String>) -> Self {
        Self {
            asked_of: AskedOf::Operation,
            ..Self::any(action)
        }
    }

    /// An action without a resource.
    pub fn any(action: impl Into<String>) -> Self {
        Self::new(action, "*")
    }

    /// `iam:PassRole` on `role` for the service that will assume it (platform §3).
    pub fn pass_role(role: impl Into<String>, to_service: &str) -> Self {
        Self::new("iam:PassRole", role).with("iam:PassedToService", to_service)
    }

    /// What a role is passed for: the resource that will use it.
    #[must_use]
    pub fn associated_with(self, resource: impl Into<String>) -> Self {
        self.with("iam:AssociatedResourceArn", resource)
    }

    /// Adds a value of a condition key.
    pub fn with(mut self, key: &str, value: impl Into<String>) -> Self {
        self.context
            .entry(key.to_owned())
            .or_default()
            .push(value.into());
        self
    }

    /// Adds one, if a request says it.
    pub fn with_some(self, key: &str, value: Option<impl Into<String>>) -> Self {
        match value {
            Some(value) => self.with(key, value),
            None => self,
        }
    }

    /// Adds all of these values of a condition key.
    pub fn with_all(self, key: &str, values: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let values = values.into_iter();
        values.fold(self, |check, value| check.with(key, value))
    }

    /// On a resource of this account, whose ARN names none.
    pub fn of_account(mut self, account: &str) -> Self {
        self.resource_account = Some(account.to_owned());
        self
    }

    pub fn with_resource_policy(mut self, policy: Option<String>) -> Self {
        self.resource_policy = policy;
        self
    }

    /// With a policy that must allow it, whatever else does.
    pub fn with_required_policy(mut self, policy: String) -> Self {
        self.resource_policy = Some(policy);
        self.requires_resource_policy = true;
        self
    }
}

/// What IAM does not let pass: the text of the refusal, as the caller is told.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Denied(pub String);

/// The checks that policies decide; an operation without any row is refused, so that a forgotten one
/// opens nothing.
pub(super) fn asked_of_policies<'a>(
    cx: &Context,
    checks: &'a [Check],
) -> Result<Cow<'a, [Check]>, Denied> {
    if checks.is_empty() {
        tracing::error!(caller = %cx.caller.arn, "a request without an authorisation row was refused");
        let text = "This operation has no authorisation row, so nobody may call it.";
        return Err(Denied(text.to_owned()));
    }
    // The policy of a VPC endpoint counts for what is open to all, too.
    let through = cx.origin.as_ref().is_some_and(|it| it.endpoint.is_some());
    let is_asked = |check: &Check| match check.asked_of {
        AskedOf::Policies => true,
        AskedOf::Nobody => through,
        AskedOf::Operation => false,
    };
    Ok(match checks.iter().all(is_asked) {
        true => Cow::Borrowed(checks),
        false => checks.iter().filter(|it| is_asked(it)).cloned().collect(),
    })
}

/// What users and roles there are could not be read.
#[derive(Debug, thiserror::Error)]
#[error("cannot read what users and roles there are")]
pub struct Unreadable(#[source] pub Box<dyn std::error::Error + Send + Sync>);

/// IAM as the dispatcher sees it.
#[async_trait]
pub trait Gate: Send + Sync {
    /// All checks must pass; the error is the refusal of the first that does not.
    async fn decide(&self, cx: &Context, checks: &[Check]) -> Result<(), Denied>;

    /// The same, with what decided each check, up to the first that was refused.
    async fn explain(&self, cx: &Context, checks: &[Check]) -> (Result<(), Denied>, Vec<Decided>) {
        (self.decide(cx, checks).await, Vec::new())
    }

    /// The unique ids (`AIDA…`, `AROA…`) of the users and roles of these ARNs; those that do not exist are not
    /// in it, nor is what is no ARN of either. `None` of a gate that does not know what exists.
    async fn unique_ids(
        &self,
        _arns: &[String],
    ) -> Result<Option<BTreeMap<String, String>>, Unreadable> {
        Ok(None)
    }

    /// The ARNs that users and roles of these unique ids have now; those that are gone are not in it.
    async fn arns(&self, _ids: &[String]) -> Result<BTreeMap<String, String>, Unreadable> {
        Ok(BTreeMap::new())
    }
}
