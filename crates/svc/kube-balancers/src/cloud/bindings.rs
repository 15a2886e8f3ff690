//! Target groups of users that objects of the cluster are bound to. A group that is bound says so in its tags, so that what it was given is
//! taken out again whatever ended in between.

use std::collections::{BTreeMap, BTreeSet};

use wharf_api_elbv2 as elb;

use super::{CLUSTER_ID_TAG, Cloud, CloudError, act, failed, read};
use crate::{
    binding::{Bound, Holder},
    stack::{Key, Target, TargetKind},
};

/// `namespace/name`
const BINDING_TAG: &str = "elbv2.k8s.aws/binding";

fn holder(tags: &BTreeMap<String, String>) -> Holder {
    let stack = tags
        .iter()
        .find_map(|(name, value)| Key::of_tag(name, value));
    match (tags.get(CLUSTER_ID_TAG), tags.get(BINDING_TAG), stack) {
        (Some(_), _, Some(_)) => Holder::Balancer,
        (Some(cluster), Some(name), None) => Holder::Binding {
            cluster: cluster.clone(),
            name: name.clone(),
        },
        _ => Holder::Users,
    }
}

impl Cloud {
    /// The groups that are bound to objects of the cluster, by `namespace/name`.
    pub async fn all_bound(&self) -> Result<BTreeMap<String, BTreeSet<String>>, CloudError> {
        let mut all: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (arn, tags) in self.tags_of(&self.all_groups().await?).await? {
            if let Holder::Binding { cluster, name } = holder(&tags)
                && cluster == self.cluster.id
            {
                all.entry(name).or_default().insert(arn);
            }
        }
        Ok(all)
    }

    /// `None` where there is no such group.
    pub async fn bound(&self, arn: &str) -> Result<Option<Bound>, CloudError> {
        let Some(shown) = read::there(self.target_group(arn).await)? else {
            return Ok(None);
        };
        let Some(targets) = read::there(self.targets(arn).await)? else {
            return Ok(None);
        };
        let tags = self.tags_of(&[arn.to_owned()]).await?;
        let tags = tags.into_iter().next().map(|(_, it)| it);
        Ok(Some(Bound {
            kind: TargetKind::read(shown.target_type.as_deref()),
            vpc: shown.vpc_id.unwrap_or_default(),
            targets,
            holder: holder(&tags.unwrap_or_default()),
        }))
    }

    /// Gives a group the targets of an object. It says whose it is before it has any.
    pub async fn fill(
        &self,
        arn: &str,
        name: &str,
        bound: &Bound,
        wanted: &BTreeSet<Target>,
    ) -> Result<bool, CloudError> {
        let holder = Holder::Binding {
            cluster: self.cluster.id.clone(),
            name: name.to_owned(),
        };
        if bound.holder != holder {
            let tag = |(key, value): (&str, &str)| elb::Tag {
                key: Some(key.to_owned()),
                value: Some(value.to_owned()),
            };
            let tags = [
                (CLUSTER_ID_TAG, self.cluster.id.as_str()),
                (BINDING_TAG, name),
            ];
            let request = elb::AddTagsInput {
                resource_arns: Some(vec![arn.to_owned()]),
                tags: Some(tags.map(tag).to_vec()),
            };
            let done = self.elb.add_tags(&self.call(), request).await;
            done.map_err(failed("tag a target group"))?;
        }
        let more: BTreeSet<Target> = wanted.difference(&bound.targets).cloned().collect();
        let fewer: BTreeSet<Target> = bound.targets.difference(wanted).cloned().collect();
        self.register(arn, &more).await?;
        self.deregister(arn, &fewer).await?;
        Ok(bound.holder != holder || !more.is_empty() || !fewer.is_empty())
    }

    /// Takes out all targets of a group and gives it back; one that is another's by now, or is gone, is left alone.
    pub async fn unbind(&self, arn: &str, name: &str) -> Result<(), CloudError> {
        let Some(bound) = self.bound(arn).await? else {
            return Ok(());
        };
        let is_own = matches!(&bound.holder, Holder::Binding { cluster, name: own } if *cluster == self.cluster.id && own == name);
        if !is_own {
            return Ok(());
        }
        let gone = ["TargetGroupNotFound"];
        act::unless(self.deregister(arn, &bound.targets).await, &gone)?;
        let request = elb::RemoveTagsInput {
            resource_arns: Some(vec![arn.to_owned()]),
            tag_keys: Some([CLUSTER_ID_TAG, BINDING_TAG].map(str::to_owned).to_vec()),
        };
        let done = self.elb.remove_tags(&self.call(), request).await;
        let done = done.map(drop).map_err(failed("untag a target group"));
        act::unless(done, &gone)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holders_by_tags() {
        let of = |tags: &[(&str, &str)]| {
            let tags = tags.iter();
            holder(
                &tags
                    .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
                    .collect(),
            )
        };
        let cluster = (CLUSTER_ID_TAG, "C1");
        assert_eq!(of(&[("Name", "x"), (BINDING_TAG, "a/b")]), Holder::Users);
        assert_eq!(
            of(&[cluster, ("service.k8s.aws/stack", "a/b")]),
            Holder::Balancer
        );
        let binding = Holder::Binding {
            cluster: "C1".to_owned(),
            name: "a/b".to_owned(),
        };
        assert_eq!(of(&[cluster, (BINDING_TAG, "a/b")]), binding);
    }
}
