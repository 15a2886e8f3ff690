//! The policy of a registry as a whole: it has a say in every action on its repositories, beside the
//! policy of the repository.

use serde_json::{Value, json};
use wharf_base::Permit;
use wharf_iam::{Document, DocumentKind, document::Statement};
use wharf_service::{tags, transact};
use wharf_store::Txn;
use wharf_wire::{Call, Check};

use super::{Catalog, Registry, Setting, is_action};
use crate::{error::EcrError, named::bound_policy, records::RegistryPolicy};

const MAX_POLICY: usize = 10_240;

impl Catalog {
    /// The text of the registry's policy.
    pub(crate) async fn registry_policy(
        &self,
        registry: &Registry,
    ) -> Result<Option<String>, EcrError> {
        let key = registry.keys().registry_policy();
        let found = self.read::<RegistryPolicy>(&key).await?;
        Ok(found.map(|found| found.record.text))
    }

    /// Attaches a policy; the text as it is stored.
    pub(crate) async fn put_registry_policy(
        &self,
        call: &Call,
        registry: &Registry,
        text: String,
    ) -> Result<String, EcrError> {
        check(&text)?;
        let record = RegistryPolicy {
            text: bound_policy(call, text, "PolicyText").await?,
            unknown: Default::default(),
        };
        let key = registry.keys().registry_policy();
        let txn = Txn::new().put(key, wharf_records::encode(&record));
        self.store().txn(&call.permit, txn).await?;
        Ok(record.text)
    }

    /// Takes the policy away; its text.
    pub(crate) async fn delete_registry_policy(
        &self,
        permit: &Permit,
        registry: &Registry,
    ) -> Result<String, EcrError> {
        let key = registry.keys().registry_policy();
        Ok(transact!(self.inner.table, permit, |tx| {
            let Some(policy) = tx.find::<RegistryPolicy>(&key).await? else {
                return Err(EcrError::RegistryPolicyNotFound(registry.account.clone()));
            };
            tx.delete(&key);
            policy.text
        }))
    }

    /// Whether the registry's policy has a say in `action`: the account chose its scope.
    async fn registry_policy_is_about(
        &self,
        registry: &Registry,
        action: &str,
    ) -> Result<bool, EcrError> {
        let scope = self.setting(registry, Setting::RegistryPolicyScope);
        Ok(scope.await? == "V2" || FIRST_SCOPE.contains(&action))
    }

    /// The question with the policies that have a say in it: the repository's, if it has one, and the
    /// registry's.
    pub async fn with_policies(
        &self,
        check: Check,
        registry: &Registry,
        repository: Option<String>,
    ) -> Result<Check, EcrError> {
        let of_registry = match self.registry_policy(registry).await? {
            Some(policy)
                if self
                    .registry_policy_is_about(registry, &check.action)
                    .await? =>
            {
                Some(policy)
            }
            _ => None,
        };
        let policy = match (repository, of_registry) {
            (Some(repository), Some(registry)) => Some(joined(&repository, &registry)),
            (repository, registry) => repository.or(registry),
        };
        Ok(check.with_resource_policy(policy))
    }
}

impl Catalog {
    /// Refuses a policy of a repository by which its author could not set another one. Root of the account that has it can
    /// always.
    pub async fn keeps_access(
        &self,
        call: &Call,
        registry: &Registry,
        name: &str,
        policy: &str,
    ) -> Result<(), EcrError> {
        let open = self.open(registry, name).await?;
        let Some(dispatcher) = self.gate().filter(|_| !registry.is_of_root(&call.caller)) else {
            return Ok(());
        };
        let action = format!("{}:SetRepositoryPolicy", registry.service());
        let check = Check::new(action, registry.repository_arn(name));
        let tags = &open.repository.record.tags;
        let check = tags::of_resource(check, Some(registry.service()), tags);
        let policy = Some(policy.to_owned());
        let check = self.with_policies(check, registry, policy).await?;
        let ecr = &wharf_api_ecr::schema::SERVICE;
        match dispatcher.admit(ecr, call, &[check]).await {
            Ok(_) => Ok(()),
            Err(_) => Err(EcrError::invalid("PolicyText", LOCKED_OUT)),
        }
    }
}

/// What a policy must not do unless it is forced.
const LOCKED_OUT: &str =
    "The repository policy would prevent you from setting another repository policy in the future";

/// What a registry's policy is about in its first scope.
const FIRST_SCOPE: [&str; 3] = [
    "ecr:ReplicateImage",
    "ecr:BatchImportUpstreamImage",
    "ecr:CreateRepository",
];

/// Unlike a repository's, a registry's policy says what it is about.
fn check(text: &str) -> Result<(), EcrError> {
    let invalid = || EcrError::invalid("PolicyText", "Invalid registry policy provided");
    if text.len() > MAX_POLICY {
        return Err(invalid());
    }
    let document = Document::parse(text, DocumentKind::Resource).map_err(|_| invalid())?;
    let mut statements = document.statements.iter();
    let is_good =
        |it: &Statement| it.resources.is_some() && it.actions.values.iter().all(|it| is_action(it));
    match statements.all(is_good) {
        true => Ok(()),
        false => Err(invalid()),
    }
}

/// One policy with the statements of both. Texts that cannot be read give one that cannot, which
/// denies everything.
fn joined(repository: &str, registry: &str) -> String {
    const NEWER: &str = "2012-10-17";
    let (mut statements, mut version) = (Vec::new(), Value::Null);
    for text in [repository, registry] {
        let Ok(policy) = serde_json::from_str::<Value>(text) else {
            return String::new();
        };
        match &policy["Statement"] {
            Value::Array(all) => statements.extend(all.iter().cloned()),
            one => statements.push(one.clone()),
        }
        if policy["Version"] == NEWER || version.is_null() {
            version = policy["Version"].clone();
        }
    }
    let mut policy = json!({"Statement": statements});
    if !version.is_null() {
        policy["Version"] = version;
    }
    policy.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    const OF_REPOSITORY: &str =
        r#"{"Statement":{"Effect":"Allow","Principal":"*","Action":"ecr:ListImages"}}"#;
    const OF_REGISTRY: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"ecr:*","Resource":"*"}]}"#;

    #[test]
    fn a_registrys_policy_names_its_resources() {
        assert!(check(OF_REGISTRY).is_ok());
        for bad in [OF_REPOSITORY, "", "{}", &"x".repeat(MAX_POLICY + 1)] {
            assert!(check(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_registrys_policy_names_actions_of_ecr() {
        for (action, is_known) in [
            ("ecr:BatchImportUpstreamImage", true),
            ("ecr:Replicate*", true),
            ("ecr:ReplicateImages", false),
            ("ecr-public:PutImage", false),
        ] {
            let policy = OF_REGISTRY.replace("ecr:*", action);
            assert_eq!(check(&policy).is_ok(), is_known, "{action}");
        }
    }

    #[test]
    fn both_policies_are_one_with_all_statements() {
        let both = joined(OF_REPOSITORY, OF_REGISTRY);
        let read = Document::parse(&both, DocumentKind::Resource).unwrap();
        assert_eq!(read.statements.len(), 2);
        assert!(both.contains("2012-10-17"));
        assert_eq!(joined(OF_REPOSITORY, "{"), "");
    }
}
