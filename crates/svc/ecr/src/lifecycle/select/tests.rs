//! Policies over images: cases, and any policy against one that is worked out image by image.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

/// `age` in days.
fn image(age: u32, tags: &[&str]) -> Candidate {
    Candidate {
        digest: Digest::of(format!("{age} {tags:?}").as_bytes()),
        tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
        class: Class::Standard,
        came_at: NOW - DAY * age,
        used_at: NOW - DAY * age,
        archived_at: None,
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
    images[1].came_at = images[1].came_at - Duration::from_millis(1);
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

/// Rules of each form, as texts: (tag selection, count, action, class).
fn any_rule() -> impl Strategy<Value = (Value, Value)> {
    let tags = prop_oneof![
        Just(json!({"tagStatus": "untagged"})),
        "[ab]{1,2}".prop_map(|it| json!({"tagStatus": "tagged", "tagPrefixList": [it]})),
        "[ab]?\\*[ab]?".prop_map(|it| json!({"tagStatus": "tagged", "tagPatternList": [it]})),
    ];
    let count = prop_oneof![
        (1u32..4).prop_map(|n| json!({"countType": "imageCountMoreThan", "countNumber": n})),
        (1u32..20).prop_map(
            |n| json!({"countType": "sinceImagePushed", "countUnit": "days", "countNumber": n})
        ),
        (1u32..20).prop_map(
            |n| json!({"countType": "sinceImagePulled", "countUnit": "days", "countNumber": n})
        ),
        (90u32..110).prop_map(
            |n| json!({"countType": "sinceImageTransitioned", "countUnit": "days",
            "countNumber": n, "storageClass": "archive"})
        ),
    ];
    (tags, count, any::<bool>()).prop_map(|(tags, count, transition)| {
        let mut selection = tags;
        for (key, value) in count.as_object().unwrap() {
            selection[key] = value.clone();
        }
        let action = match selection["countType"].as_str().unwrap() {
            "sinceImagePulled" => true,
            "sinceImageTransitioned" => false,
            _ => transition,
        };
        let action = match action {
            true => json!({"type": "transition", "targetStorageClass": "archive"}),
            false => json!({"type": "expire"}),
        };
        (selection, action)
    })
}

prop_compose! {
    fn any_aged()(image in any_image(), unused in 0u32..20, archived in prop::option::of(80u32..120)) -> Candidate {
        Candidate {
            class: if archived.is_some() { Class::Archive } else { Class::Standard },
            used_at: NOW - DAY * unused,
            archived_at: archived.map(|days| NOW - DAY * days),
            ..image
        }
    }
}

/// Whether a rule's text is about an image.
fn is_about(selection: &Value, image: &Candidate) -> bool {
    let archive = selection["storageClass"] == "archive";
    let any = |list: &str, fits: &dyn Fn(&str, &str) -> bool| {
        selection[list].as_array().unwrap().iter().all(|it| {
            let it = it.as_str().unwrap();
            image.tags.iter().any(|tag| fits(it, tag))
        })
    };
    let tags = match selection["tagStatus"].as_str().unwrap() {
        "untagged" => image.tags.is_empty(),
        _ if selection["tagPrefixList"].is_array() => {
            any("tagPrefixList", &|prefix, tag| tag.starts_with(prefix))
        }
        _ => any("tagPatternList", &|pattern, tag| {
            let (head, tail) = pattern.split_once('*').unwrap();
            tag.len() >= head.len() + tail.len() && tag.starts_with(head) && tag.ends_with(tail)
        }),
    };
    tags && archive == (image.class == Class::Archive)
}

/// Whether the rule by itself would take the image.
fn would_take(selection: &Value, images: &[Candidate], image: &Candidate) -> bool {
    let number = u32::try_from(selection["countNumber"].as_u64().unwrap()).unwrap();
    let older = |from: Timestamp| NOW.since(from) > DAY * number;
    match selection["countType"].as_str().unwrap() {
        "sinceImagePushed" => older(image.came_at),
        "sinceImagePulled" => older(image.used_at),
        "sinceImageTransitioned" => older(image.archived_at.unwrap()),
        _ => {
            let newer = images.iter().filter(|it| is_about(selection, it));
            let newer = newer.filter(|it| (it.came_at, it.digest) > (image.came_at, image.digest));
            newer.count() >= number as usize
        }
    }
}

proptest! {
    /// Of each image by itself: the first rule about it decides, by what it would take alone.
    #[test]
    fn as_worked_out_image_by_image(
        mut images in prop::collection::vec(any_aged(), 0..25),
        rules in prop::collection::vec(any_rule(), 1..6),
    ) {
        for (n, image) in images.iter_mut().enumerate() {
            image.digest = Digest::of(&n.to_le_bytes());
        }
        let texts: Vec<Value> = rules.iter().zip(1..).map(|((selection, action), priority)| {
            json!({"rulePriority": priority, "selection": selection, "action": action})
        }).collect();
        // Some make no policy together; those are not about this.
        let Ok(policy) = Policy::read(&json!({"rules": texts}).to_string()) else { return Ok(()) };
        let mut got: Vec<(usize, i32, bool)> = policy.select(&images, NOW).iter()
            .map(|it| (it.image, it.priority, it.action == Action::Archive)).collect();
        got.sort_unstable();
        let mut expected = Vec::new();
        for (n, image) in images.iter().enumerate().filter(|(_, image)| !image.held) {
            let first = rules.iter().zip(1..).find(|((selection, _), _)| is_about(selection, image));
            if let Some(((selection, action), priority)) = first
                && would_take(selection, &images, image)
            {
                expected.push((n, priority, action["type"] == "transition"));
            }
        }
        prop_assert_eq!(got, expected);
    }
}
