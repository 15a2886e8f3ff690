//! The text of a policy, made into rules. Whatever could not be done as written is refused.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::{Count, Policy, Rule, TagSelection};

/// ECR's quota.
const MAX_RULES: usize = 50;
const MAX_WILDCARDS: usize = 4;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    rules: Vec<RuleText>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct RuleText {
    rule_priority: i32,
    #[serde(default, rename = "description")]
    _description: Option<String>,
    selection: Selection,
    action: Action,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Selection {
    tag_status: String,
    tag_pattern_list: Option<Vec<String>>,
    tag_prefix_list: Option<Vec<String>>,
    storage_class: Option<String>,
    count_type: String,
    count_unit: Option<String>,
    count_number: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Action {
    #[serde(rename = "type")]
    kind: String,
    target_storage_class: Option<String>,
}

impl Policy {
    /// Reads a policy; the error says what is wrong, in a sentence without a full stop.
    pub(crate) fn read(text: &str) -> Result<Self, String> {
        let text: Text = serde_json::from_str(text).map_err(|error| error.to_string())?;
        if text.rules.is_empty() || text.rules.len() > MAX_RULES {
            return Err(format!("a policy has 1 to {MAX_RULES} rules"));
        }
        let mut rules = text
            .rules
            .into_iter()
            .map(RuleText::checked)
            .collect::<Result<Vec<_>, _>>()?;
        rules.sort_by_key(|rule| rule.priority);
        check_together(&rules)?;
        Ok(Self { rules })
    }
}

impl RuleText {
    fn checked(self) -> Result<Rule, String> {
        let priority = self.rule_priority;
        let rule = |what: &str| format!("rule {priority}: {what}");
        if priority < 1 {
            return Err(rule("rulePriority must be at least 1"));
        }
        self.action.check().map_err(|what| rule(&what))?;
        Ok(Rule {
            priority,
            count: self.selection.count().map_err(|what| rule(&what))?,
            tags: self.selection.tags().map_err(|what| rule(&what))?,
        })
    }
}

impl Action {
    fn check(&self) -> Result<(), String> {
        match (self.kind.as_str(), &self.target_storage_class) {
            ("expire", None) => Ok(()),
            ("expire", Some(_)) => Err("targetStorageClass goes with action transition".to_owned()),
            ("transition", _) => Err(unsupported("action transition")),
            (other, _) => Err(format!("{other} is not a type of action")),
        }
    }
}

impl Selection {
    fn count(&self) -> Result<Count, String> {
        match self.storage_class.as_deref() {
            None | Some("standard") => {}
            Some("archive") => return Err(unsupported("storageClass archive")),
            Some(other) => return Err(format!("{other} is not a storage class")),
        }
        if self.count_number == 0 {
            return Err("countNumber must be at least 1".to_owned());
        }
        match (self.count_type.as_str(), self.count_unit.as_deref()) {
            ("imageCountMoreThan", None) => Ok(Count::MoreThan(self.count_number)),
            ("imageCountMoreThan", Some(_)) => {
                Err("countUnit does not go with countType imageCountMoreThan".to_owned())
            }
            ("sinceImagePushed", Some("days")) => Ok(Count::OlderThanDays(self.count_number)),
            ("sinceImagePushed", _) => {
                Err("countType sinceImagePushed needs countUnit days".to_owned())
            }
            ("sinceImagePulled", _) => {
                Err("countType sinceImagePulled needs action transition".to_owned())
            }
            ("sinceImageTransitioned", _) => {
                Err("countType sinceImageTransitioned needs storageClass archive".to_owned())
            }
            (other, _) => Err(format!("{other} is not a countType")),
        }
    }

    fn tags(self) -> Result<TagSelection, String> {
        let lists = (self.tag_prefix_list, self.tag_pattern_list);
        match (self.tag_status.as_str(), lists) {
            ("any", (None, None)) => Ok(TagSelection::Any),
            ("untagged", (None, None)) => Ok(TagSelection::Untagged),
            ("any" | "untagged", _) => Err(format!(
                "tagStatus {} takes neither tagPrefixList nor tagPatternList",
                self.tag_status
            )),
            ("tagged", (Some(prefixes), None)) => {
                check_list("tagPrefixList", &prefixes)?;
                Ok(TagSelection::Prefixes(prefixes))
            }
            ("tagged", (None, Some(patterns))) => {
                check_list("tagPatternList", &patterns)?;
                let wild = |pattern: &String| pattern.matches('*').count() > MAX_WILDCARDS;
                if patterns.iter().any(wild) {
                    return Err(format!("a pattern has at most {MAX_WILDCARDS} wildcards"));
                }
                Ok(TagSelection::Patterns(patterns))
            }
            ("tagged", _) => {
                Err("tagStatus tagged needs either tagPrefixList or tagPatternList".to_owned())
            }
            (other, _) => Err(format!("{other} is not a tagStatus")),
        }
    }
}

fn check_list(name: &str, list: &[String]) -> Result<(), String> {
    if list.is_empty() || list.iter().any(String::is_empty) {
        return Err(format!("{name} must not be empty, nor anything in it"));
    }
    Ok(())
}

/// What only shows between rules; `rules` are in the order of their priorities.
fn check_together(rules: &[Rule]) -> Result<(), String> {
    if rules
        .windows(2)
        .any(|pair| pair[0].priority == pair[1].priority)
    {
        return Err("each rule must have a rulePriority of its own".to_owned());
    }
    let any = rules
        .iter()
        .position(|rule| rule.tags == TagSelection::Any)
        .unwrap_or(rules.len());
    if any + 1 < rules.len() {
        return Err(
            "the rule with tagStatus any must have the highest rulePriority, and be the only one"
                .to_owned(),
        );
    }
    let untagged = |rule: &&Rule| rule.tags == TagSelection::Untagged;
    if rules.iter().filter(untagged).count() > 1 {
        return Err("only one rule may have tagStatus untagged".to_owned());
    }
    let mut seen = BTreeSet::new();
    for rule in rules {
        let (TagSelection::Prefixes(list) | TagSelection::Patterns(list)) = &rule.tags else {
            continue;
        };
        let patterns = matches!(rule.tags, TagSelection::Patterns(_));
        let set: BTreeSet<&String> = list.iter().collect();
        if !seen.insert((patterns, set)) {
            return Err("two rules select by the same tags".to_owned());
        }
    }
    Ok(())
}

fn unsupported(what: &str) -> String {
    format!("{what} is not supported by this version of wharf, which has no archive")
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn rule(priority: i32, selection: Value) -> Value {
        json!({"rulePriority": priority, "selection": selection, "action": {"type": "expire"}})
    }

    fn counted(status: &str) -> Value {
        json!({"tagStatus": status, "countType": "imageCountMoreThan", "countNumber": 1})
    }

    fn with(mut base: Value, key: &str, value: Value) -> Value {
        base[key] = value;
        base
    }

    fn read(rules: Value) -> Result<Policy, String> {
        Policy::read(&json!({"rules": rules}).to_string())
    }

    #[test]
    fn rules_come_in_the_order_of_their_priorities() {
        let aged = json!({"tagStatus": "tagged", "tagPrefixList": ["v"], "countType": "sinceImagePushed",
            "countUnit": "days", "countNumber": 14, "storageClass": "standard"});
        let policy = read(json!([rule(9, counted("any")), rule(2, aged)])).unwrap();
        assert_eq!(
            policy.rules,
            [
                Rule {
                    priority: 2,
                    tags: TagSelection::Prefixes(vec!["v".to_owned()]),
                    count: Count::OlderThanDays(14),
                },
                Rule {
                    priority: 9,
                    tags: TagSelection::Any,
                    count: Count::MoreThan(1),
                },
            ]
        );
    }

    #[test]
    fn refusals_say_what_is_wrong() {
        let tagged = |key: &str, list: Value| rule(1, with(counted("tagged"), key, list));
        let count = |kind: &str| rule(1, with(counted("any"), "countType", json!(kind)));
        let archived = with(counted("any"), "storageClass", json!("archive"));
        for (rules, expected) in [
            (json!([]), "a policy has 1 to 50 rules"),
            (
                json!([rule(0, counted("any"))]),
                "rule 0: rulePriority must be at least 1",
            ),
            (
                json!([rule(1, counted("tagged"))]),
                "rule 1: tagStatus tagged needs either tagPrefixList or tagPatternList",
            ),
            (
                json!([tagged("tagPrefixList", json!([]))]),
                "rule 1: tagPrefixList must not be empty, nor anything in it",
            ),
            (
                json!([tagged("tagPatternList", json!(["*a*b*c*d*"]))]),
                "rule 1: a pattern has at most 4 wildcards",
            ),
            (
                json!([rule(1, with(counted("any"), "tagPrefixList", json!(["v"])))]),
                "rule 1: tagStatus any takes neither tagPrefixList nor tagPatternList",
            ),
            (
                json!([rule(1, with(counted("any"), "countUnit", json!("days")))]),
                "rule 1: countUnit does not go with countType imageCountMoreThan",
            ),
            (
                json!([count("sinceImagePushed")]),
                "rule 1: countType sinceImagePushed needs countUnit days",
            ),
            (
                json!([count("sinceImagePulled")]),
                "rule 1: countType sinceImagePulled needs action transition",
            ),
            (
                json!([rule(1, archived)]),
                "rule 1: storageClass archive is not supported by this version of wharf, which has no archive",
            ),
            (
                json!([with(
                    rule(1, counted("any")),
                    "action",
                    json!({"type": "transition", "targetStorageClass": "archive"})
                )]),
                "rule 1: action transition is not supported by this version of wharf, which has no archive",
            ),
            (
                json!([rule(1, counted("untagged")), rule(1, counted("any"))]),
                "each rule must have a rulePriority of its own",
            ),
            (
                json!([rule(1, counted("any")), rule(2, counted("untagged"))]),
                "the rule with tagStatus any must have the highest rulePriority, and be the only one",
            ),
            (
                json!([rule(1, counted("untagged")), rule(2, counted("untagged"))]),
                "only one rule may have tagStatus untagged",
            ),
            (
                json!([
                    tagged("tagPrefixList", json!(["a", "b"])),
                    rule(
                        2,
                        with(counted("tagged"), "tagPrefixList", json!(["b", "a"]))
                    ),
                ]),
                "two rules select by the same tags",
            ),
        ] {
            assert_eq!(read(rules.clone()).unwrap_err(), expected, "{rules}");
        }
    }

    #[test]
    fn unknown_members_and_other_texts_are_refused() {
        for text in ["", "[]", "{}", r#"{"rules": 1}"#, r#"{"rules": [{}]}"#] {
            assert!(Policy::read(text).is_err(), "{text}");
        }
        let odd = with(counted("any"), "colour", json!("blue"));
        assert!(
            read(json!([rule(1, odd)]))
                .unwrap_err()
                .contains("unknown field")
        );
        let negative = with(counted("any"), "countNumber", json!(-1));
        assert!(read(json!([rule(1, negative)])).is_err());
    }
}
