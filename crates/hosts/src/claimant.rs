//! Who claims room on a host.

/// An id of a kind: the task of an ARN, a pod, a build. In the ledger an ARN stands as it is, since it
/// says of what kind it is; any other id stands behind its kind.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Claimant {
    kind: String,
    id: String,
}

impl Claimant {
    /// `kind` is a word of letters, digits and `-`. For an ARN it must be the type of its resource.
    pub fn new(kind: &str, id: impl Into<String>) -> Self {
        let id = id.into();
        debug_assert!(is_word(kind));
        debug_assert!(arn_kind(&id).is_none_or(|found| found == kind));
        Self {
            kind: kind.to_owned(),
            id,
        }
    }

    pub fn kind(&self) -> &str {
        &self.kind
    }

    pub fn id(&self) -> &str {
        &self.id
    }

    /// Whose it is, where its id is an ARN.
    pub fn account(&self) -> Option<&str> {
        self.part(4)
    }

    /// Where it is, where its id is an ARN.
    pub fn region(&self) -> Option<&str> {
        self.part(3)
    }

    fn part(&self, number: usize) -> Option<&str> {
        arn_kind(&self.id)?;
        self.id.splitn(6, ':').nth(number)
    }

    /// The name in a ledger.
    pub fn name(&self) -> String {
        match arn_kind(&self.id) {
            Some(_) => self.id.clone(),
            None => format!("{}/{}", self.kind, self.id),
        }
    }

    /// The claimant of a name in a ledger; `None` for a name that none has.
    pub fn parse(name: &str) -> Option<Self> {
        let (kind, id) = match arn_kind(name) {
            Some(kind) => (kind, name),
            None => name.split_once('/').filter(|(kind, _)| is_word(kind))?,
        };
        Some(Self {
            kind: kind.to_owned(),
            id: id.to_owned(),
        })
    }
}

fn is_word(kind: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    !kind.is_empty() && kind.bytes().all(is_part)
}

/// The type of an ARN's resource: `arn:partition:service:region:account:type/…`.
fn arn_kind(id: &str) -> Option<&str> {
    let resource = id.strip_prefix("arn:")?.splitn(5, ':').nth(4)?;
    let (kind, _) = resource.split_once(['/', ':'])?;
    is_word(kind).then_some(kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_the_kind() {
        let task = "arn:aws:ecs:us-east-1:000000000000:task/default/1f";
        for (kind, id, name) in [
            ("task", task, task),
            ("pod", "shop/web 1", "pod/shop/web 1"),
            ("build", "arn:", "build/arn:"),
        ] {
            let claimant = Claimant::new(kind, id);
            assert_eq!(claimant.name(), name);
            assert_eq!(Claimant::parse(name), Some(claimant));
        }
        let account = |name| Claimant::parse(name).and_then(|it| it.account().map(str::to_owned));
        assert_eq!(account(task).as_deref(), Some("000000000000"));
        assert_eq!(account("pod/shop/web 1"), None);
        let at = Claimant::new("task", task);
        assert_eq!(at.region(), Some("us-east-1"));
        for name in ["", "task", "a b/c", "arn:aws:ecs:r"] {
            assert_eq!(Claimant::parse(name), None, "{name}");
        }
    }
}
