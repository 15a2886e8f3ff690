//! Rules: made, found, changed, deleted.

use wharf_base::Permit;
use wharf_service::transact;
use wharf_wire::Call;

use super::super::{Catalog, Read, Registry};
use crate::{error::EcrError, records::PullThrough, upstream::Address};

/// ECR's quota for a registry.
const MOST: usize = 50;
/// The prefix of the rule for all names that have none; upstream, no prefix at all.
const ROOT: &str = "ROOT";

/// What the caller chooses about a new rule.
pub(crate) struct NewRule {
    pub prefix: String,
    pub url: String,
    pub upstream: Option<String>,
    pub upstream_prefix: Option<String>,
    pub credential: Option<String>,
    pub role: Option<String>,
}

impl PullThrough {
    /// The name without the rule's prefix; `None` if the rule is about other names.
    fn rest<'a>(&self, name: &'a str) -> Option<&'a str> {
        if self.prefix == ROOT {
            return Some(name);
        }
        let rest = name.strip_prefix(trimmed(&self.prefix))?;
        rest.strip_prefix('/')
    }

    /// What the repository is called in the upstream registry.
    pub(super) fn upstream_name(&self, name: &str) -> Option<String> {
        let rest = self.rest(name)?;
        Some(match self.upstream_prefix.as_str() {
            ROOT => rest.to_owned(),
            prefix => format!("{}/{rest}", trimmed(prefix)),
        })
    }

    pub(super) fn address(&self) -> Result<Address, EcrError> {
        Address::read(&self.url).ok_or_else(|| bad_url(&self.url))
    }
}

/// `team/` is `team`.
fn trimmed(prefix: &str) -> &str {
    prefix.trim_end_matches('/')
}

fn bad_url(url: &str) -> EcrError {
    let shown: String = url.chars().take(100).collect();
    EcrError::UnsupportedUpstream(format!("The upstream registry '{shown}' is not supported."))
}

impl NewRule {
    /// The address, if everything about the rule is right.
    fn check(&self, own: &Registry) -> Result<Address, EcrError> {
        let address = Address::read(&self.url).ok_or_else(|| bad_url(&self.url))?;
        if address.is_ecr() {
            let upstream = address.registry().ok_or_else(|| bad_url(&self.url))?;
            if upstream == *own {
                let text = "must not be the registry itself";
                return Err(EcrError::invalid("upstreamRegistryUrl", text));
            }
            if upstream.account != own.account && self.role.is_none() {
                let text = "the registry of another account is read by a role";
                return Err(EcrError::invalid("customRoleArn", text));
            }
        }
        check_means(&address, self.credential.as_deref(), self.role.as_deref())?;
        let known = address.known();
        if let Some(named) = &self.upstream
            && known.is_none_or(|it| it.name != named)
        {
            let text = format!("the address of {named} is another one");
            return Err(EcrError::invalid("upstreamRegistryUrl", text));
        }
        if let Some(known) = known.filter(|it| it.needs_secret && self.credential.is_none()) {
            let text = format!("{} asks for a login", known.name);
            return Err(EcrError::invalid("credentialArn", text));
        }
        Ok(address)
    }
}

/// Registries of ECR are read by roles, others by logins.
fn check_means(
    address: &Address,
    secret: Option<&str>,
    role: Option<&str>,
) -> Result<(), EcrError> {
    match address.is_ecr() {
        true if secret.is_some() => {
            let text = "registries of ECR take no login";
            Err(EcrError::invalid("credentialArn", text))
        }
        false if role.is_some() => {
            let text = "only registries of ECR are read by a role";
            Err(EcrError::invalid("customRoleArn", text))
        }
        _ => Ok(()),
    }
}

impl Catalog {
    pub(crate) async fn create_rule(
        &self,
        call: &Call,
        registry: &Registry,
        new: NewRule,
    ) -> Result<PullThrough, EcrError> {
        let address = new.check(registry)?;
        if let Some(secret) = &new.credential {
            self.try_secret(call, registry, &address, secret).await?;
        }
        let keys = registry.keys();
        let key = keys.pull_through(trimmed(&new.prefix));
        let rule = PullThrough {
            upstream: address.known().map(|it| it.name.to_owned()),
            upstream_prefix: new.upstream_prefix.unwrap_or_else(|| ROOT.to_owned()),
            prefix: new.prefix,
            url: new.url,
            credential: new.credential,
            role: new.role,
            created_at: call.now,
            updated_at: call.now,
            unknown: Default::default(),
        };
        let _turn = self.turn(registry, "").await;
        transact!(self.inner.table, &call.permit, |tx| {
            if tx.find::<PullThrough>(&key).await?.is_some() {
                let (prefix, account) = (rule.prefix, registry.account.clone());
                return Err(EcrError::RuleExists { prefix, account });
            }
            if self.inner.table.count(&keys.pull_throughs()).await? >= MOST {
                let text = format!("A registry has at most {MOST} pull through cache rules");
                return Err(EcrError::LimitExceeded(text));
            }
            tx.put(&key, &rule);
        });
        Ok(rule)
    }

    /// Gives the rule another secret or role.
    pub(crate) async fn update_rule(
        &self,
        call: &Call,
        registry: &Registry,
        prefix: &str,
        secret: Option<&str>,
        role: Option<&str>,
    ) -> Result<PullThrough, EcrError> {
        let rule = self.rule(registry, prefix).await?;
        let address = rule.address()?;
        check_means(&address, secret, role)?;
        if let Some(secret) = secret {
            self.try_secret(call, registry, &address, secret).await?;
        }
        let key = registry.keys().pull_through(trimmed(prefix));
        let changed = self
            .inner
            .table
            .change(&call.permit, &key, |it: &mut PullThrough| {
                // Made anew meanwhile, it may be about another registry.
                if it.url != rule.url {
                    return Err(EcrError::Contention);
                }
                it.credential = secret.map(str::to_owned).or(it.credential.take());
                it.role = role.map(str::to_owned).or(it.role.take());
                it.updated_at = call.now;
                Ok(())
            });
        let (rule, ()) = changed
            .await?
            .ok_or_else(|| registry.missing_rule(prefix))?;
        Ok(rule)
    }

    pub(crate) async fn delete_rule(
        &self,
        permit: &Permit,
        registry: &Registry,
        prefix: &str,
    ) -> Result<PullThrough, EcrError> {
        let key = registry.keys().pull_through(trimmed(prefix));
        Ok(transact!(self.inner.table, permit, |tx| {
            let Some(rule) = tx.find::<PullThrough>(&key).await? else {
                return Err(registry.missing_rule(prefix));
            };
            tx.delete(&key);
            rule
        }))
    }

    pub(crate) async fn rule(
        &self,
        registry: &Registry,
        prefix: &str,
    ) -> Result<PullThrough, EcrError> {
        let key = registry.keys().pull_through(trimmed(prefix));
        let found: Option<Read<PullThrough>> = self.read(&key).await?;
        let found = found.ok_or_else(|| registry.missing_rule(prefix))?;
        Ok(found.record)
    }

    /// Up to `limit` rules in the order of their prefixes, behind `after`; and whether there are more.
    pub(crate) async fn rules(
        &self,
        registry: &Registry,
        after: Option<&str>,
        limit: usize,
    ) -> Result<(Vec<PullThrough>, bool), EcrError> {
        let keys = registry.keys();
        let after = after.map(|prefix| keys.pull_through(trimmed(prefix)));
        let (found, more): (Vec<Read<PullThrough>>, _) =
            self.page(keys.pull_throughs(), after, limit).await?;
        Ok((found.into_iter().map(|read| read.record).collect(), more))
    }

    /// The rule about a name: the one that says most of it.
    pub(super) async fn rule_for(
        &self,
        registry: &Registry,
        name: &str,
    ) -> Result<Option<PullThrough>, EcrError> {
        let (rules, _) = self.rules(registry, None, MOST).await?;
        let about = rules.into_iter().filter_map(|it| {
            let rest = it.rest(name)?.len();
            Some((rest, it))
        });
        Ok(about.min_by_key(|(rest, _)| *rest).map(|(_, it)| it))
    }
}

impl Registry {
    fn missing_rule(&self, prefix: &str) -> EcrError {
        EcrError::RuleNotFound {
            prefix: prefix.to_owned(),
            account: self.account.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use wharf_base::Timestamp;

    use super::*;

    #[test]
    fn names_upstream() {
        for (prefix, upstream, name, expected) in [
            ("hub", ROOT, "hub/library/debian", Some("library/debian")),
            ("hub/", ROOT, "hub/debian", Some("debian")),
            ("hub", "library", "hub/debian", Some("library/debian")),
            ("hub", "a/b/", "hub/debian", Some("a/b/debian")),
            (ROOT, ROOT, "hub/debian", Some("hub/debian")),
            (ROOT, "mirror", "debian", Some("mirror/debian")),
            ("hub", ROOT, "hub", None),
            ("hub", ROOT, "hubs/debian", None),
            ("hub", ROOT, "other/hub/debian", None),
        ] {
            let rule = PullThrough {
                prefix: prefix.to_owned(),
                url: "quay.io".to_owned(),
                upstream: None,
                upstream_prefix: upstream.to_owned(),
                credential: None,
                role: None,
                created_at: Timestamp(0),
                updated_at: Timestamp(0),
                unknown: Default::default(),
            };
            let found = rule.upstream_name(name);
            assert_eq!(found.as_deref(), expected, "{prefix} {name}");
        }
    }
}
