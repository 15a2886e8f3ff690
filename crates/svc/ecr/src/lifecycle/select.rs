//! Which images a policy takes.
//!
//! Every rule counts all images it is about, those that other rules take among them. An image that
//! a rule is about is out of reach for all rules of higher numbers, whether the rule takes it or
//! not; so each image is taken by at most one rule.

use std::time::Duration;

use wharf_base::{Glob, Timestamp};
use wharf_blobs::Digest;

use super::{Count, Policy, Rule, TagSelection};

const DAY: Duration = Duration::from_secs(24 * 3600);

/// What a policy sees of an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Candidate {
    pub digest: Digest,
    pub tags: Vec<String>,
    pub pushed_at: Timestamp,
    /// An index lists it, or it belongs to an image as a signature does: it stays as long as that
    /// does, but is counted.
    pub held: bool,
}

/// An image that is to go, as the number of its candidate, and the priority of the rule that says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Expiry {
    pub image: usize,
    pub priority: i32,
}

impl Policy {
    /// The images that are to go at `now`: by the order of rules, the oldest of each first.
    pub(crate) fn select(&self, images: &[Candidate], now: Timestamp) -> Vec<Expiry> {
        let mut claimed = vec![false; images.len()];
        let mut expiries = Vec::new();
        for rule in &self.rules {
            let about = rule.about(images);
            for image in rule.taken(images, &about, now) {
                if !claimed[image] && !images[image].held {
                    expiries.push(Expiry {
                        image,
                        priority: rule.priority,
                    });
                }
            }
            for image in about {
                claimed[image] = true;
            }
        }
        expiries
    }
}

impl Rule {
    /// The images it is about, oldest first; of the same age, by digest.
    fn about(&self, images: &[Candidate]) -> Vec<usize> {
        let mut about: Vec<usize> = (0..images.len())
            .filter(|image| self.tags.matches(&images[*image].tags))
            .collect();
        about.sort_by_key(|image| (images[*image].pushed_at, images[*image].digest));
        about
    }

    fn taken(&self, images: &[Candidate], about: &[usize], now: Timestamp) -> Vec<usize> {
        let number = match self.count {
            Count::MoreThan(kept) => about
                .len()
                .saturating_sub(usize::try_from(kept).unwrap_or(usize::MAX)),
            Count::OlderThanDays(days) => {
                let life = DAY.saturating_mul(days);
                about.partition_point(|image| now.since(images[*image].pushed_at) > life)
            }
        };
        about[..number].to_vec()
    }
}

impl TagSelection {
    fn matches(&self, tags: &[String]) -> bool {
        match self {
            Self::Any => true,
            Self::Untagged => tags.is_empty(),
            Self::Prefixes(prefixes) => prefixes
                .iter()
                .all(|prefix| tags.iter().any(|tag| tag.starts_with(prefix.as_str()))),
            Self::Patterns(patterns) => patterns
                .iter()
                .map(|pattern| Glob::stars(pattern))
                .all(|pattern| tags.iter().any(|tag| pattern.matches(tag))),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

    /// `age` in days.
    fn image(age: u32, tags: &[&str]) -> Candidate {
        Candidate {
            digest: Digest::of(format!("{age} {tags:?}").as_bytes()),
            tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
            pushed_at: NOW - DAY * age,
            held: false,
        }
    }

    fn policy(selections: &[Value]) -> Policy {
        let rules: Vec<Value> = selections
            .iter()
            .zip(1..)
            .map(|(selection, priority)| {
                json!({"rulePriority": priority, "selection": selection, "action": {"type": "expire"}})
            })
            .collect();
        Policy::read(&json!({"rules": rules}).to_string()).unwrap()
    }

    fn keep(number: u32, status: &str) -> Value {
        json!({"tagStatus": status, "countType": "imageCountMoreThan", "countNumber": number})
    }

    fn keep_tagged(number: u32, list: &str, values: &[&str]) -> Value {
        json!({"tagStatus": "tagged", list: values, "countType": "imageCountMoreThan", "countNumber": number})
    }

    fn older(days: u32, status: &str) -> Value {
        json!({"tagStatus": status, "countType": "sinceImagePushed", "countUnit": "days", "countNumber": days})
    }

    /// Images as numbers, with the priorities that take them.
    fn taken(selections: &[Value], images: &[Candidate]) -> Vec<(usize, i32)> {
        let expiries = policy(selections).select(images, NOW);
        expiries.iter().map(|it| (it.image, it.priority)).collect()
    }

    #[test]
    fn all_but_the_newest_go_oldest_first() {
        let images = [
            image(1, &[]),
            image(3, &[]),
            image(2, &[]),
            image(9, &["v1"]),
        ];
        assert_eq!(taken(&[keep(1, "untagged")], &images), [(1, 1), (2, 1)]);
        assert_eq!(taken(&[keep(4, "any")], &images), []);
        assert_eq!(taken(&[keep(3, "any")], &images), [(3, 1)]);
    }

    #[test]
    fn ages_count_from_the_push() {
        let mut images = [image(13, &[]), image(14, &[]), image(15, &[])];
        assert_eq!(taken(&[older(14, "any")], &images), [(2, 1)]);
        images[1].pushed_at = images[1].pushed_at - Duration::from_millis(1);
        assert_eq!(taken(&[older(14, "any")], &images), [(2, 1), (1, 1)]);
    }

    #[test]
    fn every_prefix_needs_a_tag() {
        let images = [
            image(3, &["prod-1", "web-1"]),
            image(2, &["prod-2"]),
            image(1, &["prod-3", "web-3"]),
        ];
        let both = keep_tagged(1, "tagPrefixList", &["prod", "web"]);
        assert_eq!(taken(&[both], &images), [(0, 1)]);
        let pattern = keep_tagged(1, "tagPatternList", &["*od-*"]);
        assert_eq!(taken(&[pattern], &images), [(0, 1), (1, 1)]);
    }

    #[test]
    fn a_rule_shields_what_it_is_about_and_counts_what_others_take() {
        let images = [
            image(5, &["prod-1"]),
            image(4, &["prod-2"]),
            image(3, &[]),
            image(2, &["test"]),
        ];
        // The second rule counts four images; the two of `prod` are the first rule's alone.
        let rules = [keep_tagged(1, "tagPrefixList", &["prod"]), keep(1, "any")];
        assert_eq!(taken(&rules, &images), [(0, 1), (2, 2)]);
        // Nothing of `prod` goes by the first, nor by the second.
        let rules = [keep_tagged(2, "tagPrefixList", &["prod"]), keep(1, "any")];
        assert_eq!(taken(&rules, &images), [(2, 2)]);
    }

    #[test]
    fn what_is_held_stays_and_is_counted() {
        let mut images = [image(3, &[]), image(2, &[]), image(1, &[])];
        images[0].held = true;
        assert_eq!(taken(&[keep(1, "untagged")], &images), [(1, 1)]);
        images[2].held = true;
        assert_eq!(taken(&[keep(1, "untagged")], &images), [(1, 1)]);
    }

    prop_compose! {
        fn any_image()(age in 0u32..20, tag in prop::option::of("[ab]{1,2}"), held in prop::bool::weighted(0.2)) -> Candidate {
            let tags: Vec<&str> = tag.as_deref().into_iter().collect();
            Candidate { held, ..image(age, &tags) }
        }
    }

    proptest! {
        #[test]
        fn each_goes_once_and_only_by_the_first_rule_about_it(
            images in prop::collection::vec(any_image(), 0..20),
            kept in 1u32..5,
            days in 1u32..20,
        ) {
            let rules = policy(&[
                keep_tagged(kept, "tagPrefixList", &["a"]),
                older(days, "untagged"),
                keep(kept, "any"),
            ]);
            let expiries = rules.select(&images, NOW);
            let mut seen = std::collections::BTreeSet::new();
            for expiry in &expiries {
                let image = &images[expiry.image];
                prop_assert!(seen.insert(expiry.image));
                prop_assert!(!image.held);
                let first = match image.tags.first() {
                    Some(tag) if tag.starts_with('a') => 1,
                    Some(_) => 3,
                    None => 2,
                };
                prop_assert_eq!(expiry.priority, first);
            }
            // What is left is left by the same policy, except where counting sees less.
            let left = |tag: &str| images.iter().enumerate().filter(|(place, image)| {
                !seen.contains(place) && image.tags.iter().any(|it| it.starts_with(tag))
            }).count();
            let held = images.iter().filter(|image| image.held).count();
            prop_assert!(left("a") <= kept as usize + held);
        }
    }
}
