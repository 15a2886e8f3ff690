//! Templates of repositories: how one is made that nobody made beforehand, on a push, for a replica or
//! for the first pull through a cache.

use wharf_base::{Arn, Permit, Timestamp};
use wharf_iam::{Document, DocumentKind, document::Statement};
use wharf_service::{actions, transact};

use super::{Catalog, Granter, NewRepository, Read, Registry, check_mutability};
use crate::{
    error::EcrError,
    lifecycle,
    names::valid_repository_name,
    records::{Repository, Template},
};

/// ECR's quota for a registry.
const MOST: usize = 50;
/// ECR's quota for a repository's policy, in bytes.
const MAX_POLICY: usize = 10_240;
/// The prefix of the template for all names that have none.
const ROOT: &str = "ROOT";

/// What a repository is made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MadeFor {
    Push,
    Replica,
    Cache,
}

impl MadeFor {
    fn name(self) -> &'static str {
        match self {
            Self::Push => "CREATE_ON_PUSH",
            Self::Replica => "REPLICATION",
            Self::Cache => "PULL_THROUGH_CACHE",
        }
    }
}

impl Template {
    /// How long the part of the name is that it stands for; `None` if it is about other names.
    fn fit(&self, name: &str) -> Option<usize> {
        if self.prefix == ROOT {
            return Some(0);
        }
        let prefix = self.prefix.trim_end_matches('/');
        let rest = name.strip_prefix(prefix)?;
        rest.starts_with('/').then_some(prefix.len())
    }

    /// Everything a repository made from it would have must be right now.
    fn check(&self) -> Result<(), EcrError> {
        if self.applied_for.is_empty() {
            return Err(EcrError::invalid("appliedFor", "must not be empty"));
        }
        check_mutability(&self.tag_mutability, &self.exclusion_filters)?;
        let own_key = self.encryption.as_ref().is_some_and(|it| it.key.is_some());
        let key = self.encryption.as_ref().and_then(|it| it.key.as_deref());
        if key.is_some_and(|key| !is_key_arn(key)) {
            return Err(EcrError::invalid("kmsKey", "must be the ARN of a key"));
        }
        if own_key && self.custom_role.is_none() {
            return Err(EcrError::invalid("customRoleArn", "required with kmsKey"));
        }
        if let Some(policy) = &self.policy {
            // What it names was looked at when it was given; versions before this one took any action.
            check_repository_policy(policy, "repositoryPolicy", |_| true)?;
        }
        if let Some(policy) = &self.lifecycle {
            lifecycle::Policy::read(policy).map_err(|what| {
                let text = format!("Lifecycle policy validation failure: {what}");
                EcrError::invalid("lifecyclePolicy", text)
            })?;
        }
        Ok(())
    }

    /// Who lets ECR use the key of KMS that a repository made from it has.
    fn granter(&self) -> Granter<'_> {
        let own_key = self.encryption.as_ref().and_then(|it| it.key.as_ref());
        let role = self.custom_role.as_deref().filter(|_| own_key.is_some());
        role.map_or(Granter::Account, Granter::Role)
    }

    fn repository(&self, name: &str) -> NewRepository {
        NewRepository {
            name: name.to_owned(),
            tag_mutability: self.tag_mutability.clone(),
            exclusion_filters: self.exclusion_filters.clone(),
            scan_on_push: false,
            encryption: self.encryption.clone(),
            tags: self.tags.clone(),
            policy: self.policy.clone(),
            lifecycle: self.lifecycle.clone(),
        }
    }
}

/// A role, which is of the template's account, uses the key: no name of it would do.
fn is_key_arn(text: &str) -> bool {
    let arn: Option<Arn> = text.parse().ok();
    arn.is_some_and(|arn| arn.service == "kms" && arn.resource_type() == "key")
}

/// Actions of ECR for which there is no operation.
const WITHOUT_OPERATION: [&str; 3] = [
    "BatchImportUpstreamImage",
    "GetImageCopyStatus",
    "ReplicateImage",
];

/// Whether there are actions of ECR that a policy names so.
pub(crate) fn is_action(named: &str) -> bool {
    let operations = wharf_api_ecr::schema::SERVICE.operations.iter();
    let all = operations.map(|it| it.name).chain(WITHOUT_OPERATION);
    actions::means_one(named, "ecr", all)
}

/// A resource policy without `Resource`, which ECR refuses: the repository is implied. `is_action` knows the actions that it
/// can name.
pub fn check_repository_policy(
    policy: &str,
    parameter: &'static str,
    is_action: impl Fn(&str) -> bool,
) -> Result<(), EcrError> {
    let invalid = || EcrError::invalid(parameter, "Invalid repository policy provided");
    if policy.len() > MAX_POLICY {
        return Err(invalid());
    }
    let document = Document::parse(policy, DocumentKind::Resource).map_err(|_| invalid())?;
    let mut statements = document.statements.iter();
    let is_good =
        |it: &Statement| it.resources.is_none() && it.actions.values.iter().all(|it| is_action(it));
    match statements.all(is_good) {
        true => Ok(()),
        false => Err(invalid()),
    }
}

impl Catalog {
    pub(crate) async fn create_template(
        &self,
        permit: &Permit,
        registry: &Registry,
        template: Template,
    ) -> Result<Template, EcrError> {
        template.check()?;
        let keys = registry.keys();
        let key = keys.template(&template.prefix);
        let _turn = self.turn(registry, "").await;
        transact!(self.inner.table, permit, |tx| {
            if tx.find::<Template>(&key).await?.is_some() {
                return Err(EcrError::TemplateExists(template.prefix));
            }
            if self.inner.table.count(&keys.templates()).await? >= MOST {
                let text = format!("A registry has at most {MOST} repository creation templates");
                return Err(EcrError::LimitExceeded(text));
            }
            tx.put(&key, &template);
        });
        Ok(template)
    }

    pub(crate) async fn update_template(
        &self,
        permit: &Permit,
        registry: &Registry,
        prefix: &str,
        mut change: impl FnMut(&mut Template),
    ) -> Result<Template, EcrError> {
        let key = registry.keys().template(prefix);
        let changed = self.inner.table.change(permit, &key, |template| {
            change(template);
            Template::check(template)
        });
        let missing = || EcrError::TemplateNotFound(prefix.to_owned());
        let (template, ()) = changed.await?.ok_or_else(missing)?;
        Ok(template)
    }

    pub(crate) async fn delete_template(
        &self,
        permit: &Permit,
        registry: &Registry,
        prefix: &str,
    ) -> Result<Template, EcrError> {
        let key = registry.keys().template(prefix);
        Ok(transact!(self.inner.table, permit, |tx| {
            let Some(template) = tx.find::<Template>(&key).await? else {
                return Err(EcrError::TemplateNotFound(prefix.to_owned()));
            };
            tx.delete(&key);
            template
        }))
    }

    pub(crate) async fn template(
        &self,
        registry: &Registry,
        prefix: &str,
    ) -> Result<Option<Template>, EcrError> {
        let found = self.read(&registry.keys().template(prefix)).await?;
        Ok(found.map(|found| found.record))
    }

    /// Up to `limit` templates in the order of their prefixes, behind `after`; and whether there are more.
    pub(crate) async fn templates(
        &self,
        registry: &Registry,
        after: Option<&str>,
        limit: usize,
    ) -> Result<(Vec<Template>, bool), EcrError> {
        let keys = registry.keys();
        let after = after.map(|prefix| keys.template(prefix));
        let (found, more): (Vec<Read<Template>>, _) =
            self.page(keys.templates(), after, limit).await?;
        Ok((found.into_iter().map(|read| read.record).collect(), more))
    }

    /// The template for a name: of those that are for this, the one that says most of it.
    async fn template_for(
        &self,
        registry: &Registry,
        name: &str,
        made_for: MadeFor,
    ) -> Result<Option<Template>, EcrError> {
        let (templates, _) = self.templates(registry, None, MOST).await?;
        let fitting = templates
            .into_iter()
            .filter(|it| it.applied_for.iter().any(|what| what == made_for.name()))
            .filter_map(|it| it.fit(name).map(|length| (length, it)));
        // `ROOT` says nothing of a name.
        Ok(fitting.max_by_key(|(length, _)| *length).map(|(_, it)| it))
    }

    /// Whether a push makes the repository: it is not there, and a template is for that.
    pub async fn is_made_by_push(&self, registry: &Registry, name: &str) -> Result<bool, EcrError> {
        if self
            .store()
            .get(&registry.keys().repository(name))
            .await?
            .is_some()
        {
            return Ok(false);
        }
        let template = self.template_for(registry, name, MadeFor::Push).await?;
        Ok(template.is_some() && valid_repository_name(name))
    }

    /// Makes the repository that a push is for, by its template. One that is there by now is as good.
    pub async fn make_for_push(
        &self,
        permit: &Permit,
        registry: &Registry,
        name: &str,
        now: Timestamp,
    ) -> Result<(), EcrError> {
        match self.template_for(registry, name, MadeFor::Push).await? {
            Some(template) => {
                let (new, granter) = (template.repository(name), template.granter());
                self.make_unless_there(permit, registry, new, granter, now)
                    .await
            }
            None => Ok(()),
        }
    }

    async fn make_unless_there(
        &self,
        permit: &Permit,
        registry: &Registry,
        new: NewRepository,
        granter: Granter<'_>,
        now: Timestamp,
    ) -> Result<(), EcrError> {
        let made = self.create_repository(permit, registry, new, granter, now);
        match made.await {
            Ok(Repository { lifecycle, .. }) => {
                if lifecycle.is_some() {
                    self.inner.work.notify_one();
                }
                Ok(())
            }
            Err(EcrError::RepositoryExists { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Makes a repository for replicas or for what is pulled through, by its template if there is one.
    pub(crate) async fn make_for(
        &self,
        made_for: MadeFor,
        permit: &Permit,
        registry: &Registry,
        name: &str,
        now: Timestamp,
    ) -> Result<(), EcrError> {
        // Most are there, and KMS has nothing to say of them.
        let key = registry.keys().repository(name);
        if self.store().get(&key).await?.is_some() {
            return Ok(());
        }
        let template = self.template_for(registry, name, made_for).await?;
        let (new, granter) = match &template {
            Some(template) => (template.repository(name), template.granter()),
            None => (NewRepository::plain(name), Granter::Account),
        };
        self.make_unless_there(permit, registry, new, granter, now)
            .await
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn template(prefix: &str) -> Template {
        Template {
            prefix: prefix.to_owned(),
            description: None,
            tags: BTreeMap::new(),
            tag_mutability: "MUTABLE".to_owned(),
            exclusion_filters: Vec::new(),
            policy: None,
            lifecycle: None,
            applied_for: vec!["CREATE_ON_PUSH".to_owned()],
            custom_role: None,
            encryption: None,
            created_at: Timestamp(0),
            updated_at: Timestamp(0),
            unknown: BTreeMap::new(),
        }
    }

    #[test]
    fn a_policy_names_actions_of_ecr() {
        let with = |actions: &str| {
            let policy = format!(
                r#"{{"Statement": {{"Effect": "Deny", "Principal": "*", "Action": {actions}}}}}"#
            );
            check_repository_policy(&policy, "PolicyText", is_action)
        };
        for good in [
            r#""*""#,
            r#""ecr:*""#,
            r#"["ecr:Batch*", "ECR:putimage", "ecr:ReplicateImage"]"#,
        ] {
            assert!(with(good).is_ok(), "{good}");
        }
        for bad in [
            r#""ecr:BatchGetImages""#,
            r#""ecr:Gett*""#,
            r#""ecr-public:PutImage""#,
            r#"["ecr:*", "s3:GetObject"]"#,
        ] {
            assert!(with(bad).is_err(), "{bad}");
        }
    }

    /// Each that an operation here asks for; `docs/iam/ecr.md` is written from the rows that ask.
    #[test]
    fn every_action_that_is_asked_for_is_known() {
        let page = include_str!("../../../../../docs/iam/ecr.md");
        let cells = page.lines().filter_map(|it| it.split('|').nth(2));
        let asked = cells.filter_map(|it| it.trim().strip_prefix('`')?.strip_suffix('`'));
        // Rows of condition keys list several in a cell.
        let is_one = |it: &&str| it.starts_with("ecr:") && !it.contains('`');
        let asked: Vec<&str> = asked.filter(is_one).collect();
        assert!(asked.len() > 30, "{asked:?}");
        for action in asked {
            assert!(is_action(action), "{action}");
        }
    }

    #[test]
    fn a_prefix_ends_at_a_slash() {
        for (prefix, name, expected) in [
            ("team", "team/app", Some(4)),
            ("team/", "team/app", Some(4)),
            ("team", "team/a/b", Some(4)),
            ("team/a", "team/a/b", Some(6)),
            ("team", "teams/app", None),
            ("team", "team", None),
            ("ROOT", "app", Some(0)),
        ] {
            assert_eq!(template(prefix).fit(name), expected, "{prefix} {name}");
        }
    }
}
