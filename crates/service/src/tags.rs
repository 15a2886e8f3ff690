//! Tags: what all services ask of them, what each one may choose, and how they take part in
//! authorisation.

pub use wharf_records::ecs::Tags;
use wharf_wire::Check;

/// Begins keys that only AWS's services set.
pub const RESERVED: &str = "aws:";

/// What a service asks of the tags of its resources, and how it words a refusal.
pub struct Rules<E> {
    /// Tags of one resource, not counting reserved ones.
    pub most: usize,
    /// Characters of a key.
    pub longest_key: usize,
    /// Characters of a value.
    pub longest_value: usize,
    /// Keys that differ by case alone are the same.
    pub fold_case: bool,
    /// What the caller reads.
    pub refused: fn(Refused<'_>) -> E,
}

/// Why tags are refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused<'a> {
    /// This key is empty or too long.
    Key(&'a str),
    /// The value of this key is too long.
    Value(&'a str),
    /// This key begins with [`RESERVED`], so callers neither set nor remove it.
    Reserved(&'a str),
    /// This key is given more than once.
    Twice(&'a str),
    /// The resource would have more tags than it may.
    TooMany,
}

impl<E> Rules<E> {
    /// The limits of most services: 50 tags, keys of 128 characters, values of 256.
    pub const fn usual(refused: fn(Refused<'_>) -> E) -> Self {
        Self {
            most: 50,
            longest_key: 128,
            longest_value: 256,
            fold_case: false,
            refused,
        }
    }

    /// The tags of a request.
    ///
    /// # Errors
    /// The service's refusal, of the first tag that breaks a rule.
    pub fn given(&self, tags: impl IntoIterator<Item = (String, String)>) -> Result<Tags, E> {
        let mut found = Tags::new();
        for (key, value) in tags {
            self.check(&key, &value)?;
            if self.same_key(&found, &key).is_some() {
                return Err((self.refused)(Refused::Twice(&key)));
            }
            found.insert(key, value);
        }
        self.within_limit(&found)?;
        Ok(found)
    }

    /// Whether a caller may set this tag.
    ///
    /// # Errors
    /// The service's refusal.
    pub fn check(&self, key: &str, value: &str) -> Result<(), E> {
        self.check_length(key, value)?;
        if is_reserved(key) {
            return Err((self.refused)(Refused::Reserved(key)));
        }
        Ok(())
    }

    /// As [`Rules::check`], for a service that may set reserved keys.
    ///
    /// # Errors
    /// The service's refusal.
    pub fn check_length(&self, key: &str, value: &str) -> Result<(), E> {
        if key.is_empty() || key.chars().count() > self.longest_key {
            return Err((self.refused)(Refused::Key(key)));
        }
        if value.chars().count() > self.longest_value {
            return Err((self.refused)(Refused::Value(key)));
        }
        Ok(())
    }

    /// Sets tags beside those there are; a key that is there gets the new value and spelling.
    ///
    /// # Errors
    /// The service's refusal of more tags than a resource may have; `to` is then of no use.
    pub fn add(&self, to: &mut Tags, more: &Tags) -> Result<(), E> {
        for (key, value) in more {
            if let Some(before) = self.same_key(to, key) {
                to.remove(&before);
            }
            to.insert(key.clone(), value.clone());
        }
        self.within_limit(to)
    }

    /// Removes keys; those that are not there are passed over.
    ///
    /// # Errors
    /// The service's refusal of a reserved key, whether it is there or not; nothing is removed then.
    pub fn remove(&self, from: &mut Tags, keys: &[String]) -> Result<(), E> {
        self.check_removed(keys.iter().map(String::as_str))?;
        for key in keys {
            if let Some(found) = self.same_key(from, key) {
                from.remove(&found);
            }
        }
        Ok(())
    }

    /// Removes tags that are named by key, or by key and value.
    ///
    /// # Errors
    /// As [`Rules::remove`].
    pub fn remove_matching<'a>(
        &self,
        from: &mut Tags,
        unwanted: impl Iterator<Item = (&'a str, Option<&'a str>)> + Clone,
    ) -> Result<(), E> {
        self.check_removed(unwanted.clone().map(|(key, _)| key))?;
        from.retain(|key, value| {
            let names = |(wanted, of): (&str, Option<&str>)| {
                wanted == key.as_str() && of.is_none_or(|it| it == value.as_str())
            };
            !unwanted.clone().any(names)
        });
        Ok(())
    }

    /// Whether a caller may remove tags with these keys.
    fn check_removed<'a>(&self, mut keys: impl Iterator<Item = &'a str>) -> Result<(), E> {
        match keys.find(|key| is_reserved(key)) {
            Some(key) => Err((self.refused)(Refused::Reserved(key))),
            None => Ok(()),
        }
    }

    /// Whether a resource may have so many tags.
    ///
    /// # Errors
    /// The service's refusal.
    pub fn within_limit(&self, tags: &Tags) -> Result<(), E> {
        let own = tags.keys().filter(|key| !is_reserved(key));
        if own.count() > self.most {
            return Err((self.refused)(Refused::TooMany));
        }
        Ok(())
    }

    fn same_key(&self, tags: &Tags, key: &str) -> Option<String> {
        if !self.fold_case {
            return tags.contains_key(key).then(|| key.to_owned());
        }
        let wanted = key.to_lowercase();
        tags.keys()
            .find(|key| key.to_lowercase() == wanted)
            .cloned()
    }
}

/// Whether only AWS's services set this key.
pub fn is_reserved(key: &str) -> bool {
    key.get(..RESERVED.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(RESERVED))
}

/// Tags in the shape of an answer, in the order of their keys.
pub fn to_wire<T>(tags: &Tags, tag: impl Fn(Option<String>, Option<String>) -> T) -> Vec<T> {
    tags.iter()
        .map(|(key, value)| tag(Some(key.clone()), Some(value.clone())))
        .collect()
}

/// Makes two functions for a contract's tag, which has these members: `given`, the tags of a request by the
/// `RULES` of the module, and `to_wire`.
#[macro_export]
macro_rules! tags_on_the_wire {
    ($tag:ident { $key:ident, $value:ident }) => {
        /// The tags of a request.
        ///
        /// # Errors
        /// The service's refusal, of the first tag that breaks a rule.
        pub fn given(tags: Option<Vec<$tag>>) -> Result<$crate::tags::Tags, ::wharf_wire::Fault> {
            let tags = tags.into_iter().flatten();
            RULES.given(tags.map(|it| {
                let (key, value) = (it.$key, it.$value);
                (key.unwrap_or_default(), value.unwrap_or_default())
            }))
        }

        /// Tags in the shape of an answer.
        pub fn to_wire(tags: &$crate::tags::Tags) -> Vec<$tag> {
            $crate::tags::to_wire(tags, |$key, $value| $tag { $key, $value })
        }
    };
}

/// Adds what a request sets to what IAM is asked: `aws:RequestTag/KEY` and `aws:TagKeys`.
pub fn requested<'a>(
    check: Check,
    tags: impl IntoIterator<Item = (Option<&'a str>, Option<&'a str>)>,
) -> Check {
    tags.into_iter().fold(check, |check, (key, value)| {
        let key = key.unwrap_or_default();
        check
            .with(&format!("aws:RequestTag/{key}"), value.unwrap_or_default())
            .with("aws:TagKeys", key)
    })
}

/// Adds the keys that a request removes to what IAM is asked: `aws:TagKeys`.
pub fn removed(check: Check, keys: Option<&[String]>) -> Check {
    let keys = keys.unwrap_or_default().iter();
    keys.fold(check, |check, key| check.with("aws:TagKeys", key))
}

/// Adds the tags of the resource to what IAM is asked: `aws:ResourceTag/KEY`, and under the prefix of
/// the service's own keys if it has them (`ec2:ResourceTag/KEY`).
pub fn of_resource(check: Check, own_prefix: Option<&str>, tags: &Tags) -> Check {
    tags.iter().fold(check, |check, (key, value)| {
        let check = check.with(&format!("aws:ResourceTag/{key}"), value);
        match own_prefix {
            Some(prefix) => check.with(&format!("{prefix}:ResourceTag/{key}"), value),
            None => check,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules() -> Rules<String> {
        Rules::usual(|refused| format!("{refused:?}"))
    }

    fn tags<const N: usize>(tags: [(&str, &str); N]) -> Vec<(String, String)> {
        tags.map(|(key, value)| (key.to_owned(), value.to_owned()))
            .into()
    }

    #[test]
    fn each_rule_has_its_refusal() {
        let (long_key, long_value) = ("é".repeat(129), "é".repeat(257));
        for (given, refused) in [
            (tags([("", "x")]), "Key(\"\")".to_owned()),
            (tags([(&long_key, "")]), format!("Key({long_key:?})")),
            (tags([("k", &long_value)]), "Value(\"k\")".to_owned()),
            (tags([("AWS:x", "")]), "Reserved(\"AWS:x\")".to_owned()),
            (tags([("k", "1"), ("k", "2")]), "Twice(\"k\")".to_owned()),
        ] {
            assert_eq!(rules().given(given).unwrap_err(), refused);
        }
        let many = (0..51).map(|n| (n.to_string(), String::new()));
        assert_eq!(rules().given(many).unwrap_err(), "TooMany");
        let longest = tags([(&"é".repeat(128), &"é".repeat(256)), ("aws", "é")]);
        assert_eq!(rules().given(longest).unwrap().len(), 2);
    }

    #[test]
    fn case_tells_keys_apart_unless_folded() {
        let both = || tags([("Key", "1"), ("key", "2")]);
        assert_eq!(rules().given(both()).unwrap().len(), 2);
        let folding = Rules {
            fold_case: true,
            ..rules()
        };
        assert_eq!(folding.given(both()).unwrap_err(), "Twice(\"key\")");
        let mut there = folding.given(tags([("Key", "1")])).unwrap();
        folding
            .add(&mut there, &folding.given(tags([("KEY", "2")])).unwrap())
            .unwrap();
        assert_eq!(there, Tags::from([("KEY".to_owned(), "2".to_owned())]));
        folding.remove(&mut there, &["key".to_owned()]).unwrap();
        assert!(there.is_empty());
    }

    #[test]
    fn a_full_resource_takes_new_values_and_reserved_keys_do_not_count() {
        let mut there = Tags::from([("aws:set-by-a-service".to_owned(), String::new())]);
        let fifty = (0..50).map(|n| (n.to_string(), String::new()));
        rules()
            .add(&mut there, &rules().given(fifty).unwrap())
            .unwrap();
        let again = rules().given(tags([("7", "new")])).unwrap();
        assert_eq!(rules().add(&mut there, &again), Ok(()));
        assert_eq!(there["7"], "new");
        let one_more = rules().given(tags([("x", "")])).unwrap();
        assert_eq!(
            rules().add(&mut there, &one_more),
            Err("TooMany".to_owned())
        );
    }

    #[test]
    fn a_tag_goes_by_key_or_by_key_and_value() {
        let mut there: Tags = tags([("a", "1"), ("b", "2"), ("c", "3")])
            .into_iter()
            .collect();
        let unwanted = [("a", None), ("b", Some("2")), ("c", Some("other"))];
        let removed = rules().remove_matching(&mut there, unwanted.into_iter());
        assert_eq!(removed, Ok(()));
        assert_eq!(there.into_keys().collect::<Vec<_>>(), ["c"]);
    }

    #[test]
    fn reserved_keys_are_removed_by_nobody() {
        let before: Tags = tags([("aws:by-a-service", "1"), ("a", "2")])
            .into_iter()
            .collect();
        let mut there = before.clone();
        for key in ["aws:by-a-service", "AWS:not-there"] {
            let refused = Err(format!("Reserved({key:?})"));
            let keys = ["a".to_owned(), key.to_owned()];
            assert_eq!(rules().remove(&mut there, &keys), refused);
            let unwanted = [("a", None), (key, Some("1"))];
            let removed = rules().remove_matching(&mut there, unwanted.into_iter());
            assert_eq!(removed, refused);
        }
        assert_eq!(there, before);
    }
}
