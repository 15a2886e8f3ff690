//! Annotations by which users say what their load balancers are like. What is not understood is told, never dropped in silence: a name
//! that AWS has and this does not refuses the object, any other of the prefix is a warning. Pure.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use wharf_base::net::{Cidr4, Cidr6};
use wharf_kube_client::Object as _;
use wharf_service::tags;

/// Why an object cannot become a load balancer, for its author.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Refused(pub String);

pub fn refused<T>(why: impl Into<String>) -> Result<T, Refused> {
    Err(Refused(why.into()))
}

/// Begins what is about one listener, and goes on with its protocol and its port.
pub const OF_LISTENERS: &str = "listener-attributes.";
/// Entries of a list or a map.
const MOST_ENTRIES: usize = 100;

/// What a kind of object may say.
pub struct Known {
    pub prefix: &'static str,
    pub had: &'static [&'static str],
    /// Families whose names go on with a name of the user's choice.
    pub families: &'static [&'static str],
    /// AWS has them; one that ends with `.` or `-` stands for all that begin so.
    pub missing: &'static [&'static str],
}

impl Known {
    /// Names that nobody knows.
    ///
    /// # Errors
    /// One is known to AWS, and is not to be had here.
    pub fn judge(&self, object: &Value) -> Result<Vec<String>, Refused> {
        let mut unknown = Vec::new();
        for name in object.map("/metadata/annotations").into_iter().flatten() {
            let Some(rest) = name.0.strip_prefix(self.prefix) else {
                continue;
            };
            let is_missing = |it: &&str| match it.ends_with(['.', '-']) {
                true => rest.starts_with(*it),
                false => rest == *it,
            };
            if self.missing.iter().any(is_missing) {
                return refused(format!("the annotation {} is not supported", name.0));
            }
            let in_family = self.families.iter().any(|it| rest.starts_with(it));
            if !self.had.contains(&rest) && !in_family {
                unknown.push(name.0.clone());
            }
        }
        Ok(unknown)
    }
}

/// Annotations of some objects; the first that has one counts.
#[derive(Clone)]
pub struct Annotations<'a> {
    prefix: &'static str,
    of: Vec<&'a Value>,
}

impl<'a> Annotations<'a> {
    pub fn new(prefix: &'static str, of: &[&'a Value]) -> Self {
        Self {
            prefix,
            of: of.to_vec(),
        }
    }

    pub fn text(&self, name: &str) -> Option<&'a str> {
        let name = format!("{}{name}", self.prefix);
        let found = self.of.iter().find_map(|it| it.annotation(&name));
        found.map(str::trim).filter(|it| !it.is_empty())
    }

    fn wrong<T>(&self, name: &str, given: &str, what: &str) -> Result<T, Refused> {
        refused(format!(
            "the annotation {}{name} must be {what}, not {given:?}",
            self.prefix
        ))
    }

    pub fn one_of(
        &self,
        name: &str,
        among: &[&'static str],
    ) -> Result<Option<&'static str>, Refused> {
        let Some(given) = self.text(name) else {
            return Ok(None);
        };
        match among.iter().find(|it| **it == given) {
            Some(found) => Ok(Some(found)),
            None => self.wrong(name, given, &format!("one of {}", among.join(", "))),
        }
    }

    pub fn truth(&self, name: &str) -> Result<Option<bool>, Refused> {
        Ok(self
            .one_of(name, &["true", "false"])?
            .map(|it| it == "true"))
    }

    pub fn number(&self, name: &str, from: i32, to: i32) -> Result<Option<i32>, Refused> {
        let Some(given) = self.text(name) else {
            return Ok(None);
        };
        match given.parse::<i32>() {
            Ok(number) if (from..=to).contains(&number) => Ok(Some(number)),
            _ => self.wrong(name, given, &format!("a number from {from} to {to}")),
        }
    }

    /// `a, b`
    pub fn list(&self, name: &str) -> Result<Vec<String>, Refused> {
        let Some(given) = self.text(name) else {
            return Ok(Vec::new());
        };
        let entries = given.split(',').map(str::trim).filter(|it| !it.is_empty());
        let mut all: Vec<String> = Vec::new();
        for entry in entries {
            if !all.iter().any(|it| it == entry) {
                all.push(entry.to_owned());
            }
        }
        if all.is_empty() || all.len() > MOST_ENTRIES {
            return self.wrong(
                name,
                given,
                &format!("a list of 1 to {MOST_ENTRIES} values"),
            );
        }
        Ok(all)
    }

    /// `a=b,c=d`
    pub fn map(&self, name: &str) -> Result<BTreeMap<String, String>, Refused> {
        let mut map = BTreeMap::new();
        for entry in self.list(name)? {
            let Some((key, value)) = entry.split_once('=') else {
                return self.wrong(name, &entry, "a list of key=value");
            };
            map.insert(key.trim().to_owned(), value.trim().to_owned());
        }
        Ok(map)
    }

    /// What is said of the attributes of listeners, by `PROTOCOL-PORT`.
    pub fn of_listeners(&self) -> Result<BTreeMap<String, BTreeMap<String, String>>, Refused> {
        let start = format!("{}{OF_LISTENERS}", self.prefix);
        let mut listeners = BTreeSet::new();
        for object in &self.of {
            let names = object.map("/metadata/annotations").into_iter().flatten();
            listeners.extend(names.filter_map(|(name, _)| name.strip_prefix(start.as_str())));
        }
        let listeners = listeners.into_iter();
        listeners
            .map(|it| Ok((it.to_owned(), self.map(&format!("{OF_LISTENERS}{it}"))?)))
            .collect()
    }

    pub fn ranges(&self, name: &str) -> Result<Vec<String>, Refused> {
        let (four, six) = self.ranges_of_both(name)?;
        match six.first() {
            Some(range) => self.wrong(name, range, "a list of IPv4 ranges"),
            None => Ok(four),
        }
    }

    /// Ranges of IPv4, and those of IPv6 beside them.
    pub fn ranges_of_both(&self, name: &str) -> Result<(Vec<String>, Vec<String>), Refused> {
        let given = self.list(name)?.into_iter();
        let (six, four): (Vec<String>, Vec<String>) =
            given.partition(|it| it.parse::<Cidr6>().is_ok());
        match four.iter().find(|it| !is_range(it)) {
            Some(range) => self.wrong(name, range, "a list of IPv4 ranges"),
            None => Ok((four, six)),
        }
    }

    pub fn json(&self, name: &str) -> Result<Option<Value>, Refused> {
        let Some(given) = self.text(name) else {
            return Ok(None);
        };
        match serde_json::from_str(given) {
            Ok(value) => Ok(Some(value)),
            Err(error) => refused(format!(
                "the annotation {}{name} is no JSON: {error}",
                self.prefix
            )),
        }
    }

    /// Tags that users add. Those by which resources are found again are not theirs to give.
    pub fn tags(&self, name: &str) -> Result<BTreeMap<String, String>, Refused> {
        let tags = self.map(name)?;
        match tags.keys().find(|it| is_reserved(it)) {
            Some(key) => self.wrong(name, key, "a list of tags that are not the platform's own"),
            None => Ok(tags),
        }
    }
}

/// Whether a tag is one of the platform's own, which users neither give nor take away.
pub fn is_reserved(key: &str) -> bool {
    const RESERVED: [&str; 5] = [
        "elbv2.k8s.aws/",
        "ingress.k8s.aws/",
        "service.k8s.aws/",
        "kubernetes.io/cluster/",
        "wharf:",
    ];
    tags::is_reserved(key) || RESERVED.iter().any(|it| key.starts_with(it))
}

pub fn is_range(text: &str) -> bool {
    text.parse::<Cidr4>().is_ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(annotations: &[(&str, &str)]) -> Value {
        let mut object = json!({"metadata": {"annotations": {}}});
        for (name, value) in annotations {
            object["metadata"]["annotations"][format!("x/{name}")] = json!(value);
        }
        object
    }

    #[test]
    fn names_are_known_told_or_refused() {
        let known = Known {
            prefix: "x/",
            had: &["a"],
            families: &["actions."],
            missing: &["waf"],
        };
        let fine = object(&[("a", "1"), ("actions.b", "{}"), ("typo", "")]);
        assert_eq!(known.judge(&fine), Ok(vec!["x/typo".to_owned()]));
        let error = known.judge(&object(&[("waf", "1")])).unwrap_err();
        assert_eq!(error.0, "the annotation x/waf is not supported");
        assert_eq!(known.judge(&json!({})), Ok(vec![]));
    }

    #[test]
    fn values() {
        let (first, second) = (
            object(&[
                ("n", "7"),
                ("l", " a, b,a,"),
                ("m", "k=v=w,e="),
                ("bad", "zz"),
            ]),
            object(&[
                ("n", "8"),
                ("t", "true"),
                ("r", "10.0.0.0/8"),
                ("own", "Aws:x=1"),
            ]),
        );
        let it = Annotations::new("x/", &[&first, &second]);
        assert_eq!(it.number("n", 1, 10), Ok(Some(7)));
        assert!(it.number("n", 8, 10).is_err() && it.number("bad", 0, 9).is_err());
        assert_eq!(it.list("l").unwrap(), ["a", "b"]);
        assert_eq!(it.map("m").unwrap()["k"], "v=w");
        assert!(it.map("l").is_err());
        assert_eq!(it.truth("t"), Ok(Some(true)));
        assert_eq!(
            it.truth("bad").unwrap_err().0,
            "the annotation x/bad must be one of true, false, not \"zz\""
        );
        assert_eq!(it.ranges("r").unwrap(), ["10.0.0.0/8"]);
        assert!(it.ranges("bad").is_err() && it.ranges_of_both("bad").is_err());
        let both = object(&[("r", "10.0.0.0/8,2001:db8::/32")]);
        let both = Annotations::new("x/", &[&both]);
        let (four, six) = both.ranges_of_both("r").unwrap();
        assert_eq!(
            (four[0].as_str(), six[0].as_str()),
            ("10.0.0.0/8", "2001:db8::/32")
        );
        assert!(both.ranges("r").is_err());
        assert!(it.json("bad").is_err() && it.json("none") == Ok(None));
        assert!(it.tags("own").is_err());
        let listeners = object(&[
            ("listener-attributes.TCP-80", "k=v"),
            ("listener-attributes.TCP-81", ""),
            ("l", "a=b"),
        ]);
        let said = Annotations::new("x/", &[&listeners]).of_listeners();
        let said = said.unwrap();
        assert_eq!(said["TCP-80"]["k"], "v");
        assert!(said["TCP-81"].is_empty() && said.len() == 2);
        let bad = object(&[("listener-attributes.TCP-80", "k")]);
        assert!(Annotations::new("x/", &[&bad]).of_listeners().is_err());
    }
}
