//! That an account has used up its share of what all accounts keep together.

/// The cause of an error, and what its caller reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShareFull {
    pub account: String,
    /// What the share is of, as in `records`.
    pub what: &'static str,
    pub most_bytes: u64,
}

impl std::fmt::Display for ShareFull {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            account,
            what,
            most_bytes,
        } = self;
        write!(
            out,
            "Account {account} holds all of the {} that its {what} may take in the control plane. \
             Nothing can be added until some of it is gone; deleting and stopping work.",
            size(*most_bytes)
        )
    }
}

impl std::error::Error for ShareFull {}

impl ShareFull {
    /// The one among the causes of `error`, if there is one.
    pub fn cause_of(error: &dyn std::error::Error) -> Option<&Self> {
        let mut next = error.source();
        while let Some(cause) = next {
            if let Some(found) = cause.downcast_ref() {
                return Some(found);
            }
            next = cause.source();
        }
        None
    }
}

/// In the largest unit that says it in whole numbers.
fn size(bytes: u64) -> String {
    let units = [(30, "GiB"), (20, "MiB"), (10, "KiB")];
    let whole = units
        .iter()
        .find(|(bits, _)| bytes > 0 && bytes.is_multiple_of(1 << bits));
    match whole {
        Some((bits, unit)) => format!("{} {unit}", bytes >> bits),
        None => format!("{bytes} bytes"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("the store")]
    struct Wrapped(#[source] ShareFull);

    #[test]
    fn it_names_what_is_full() {
        let full = |most_bytes| ShareFull {
            account: "000000000001".to_owned(),
            what: "records",
            most_bytes,
        };
        for (bytes, shown) in [
            (2 << 30, "2 GiB"),
            (1536 << 20, "1536 MiB"),
            (100 << 10, "100 KiB"),
            (1001, "1001 bytes"),
        ] {
            let text = full(bytes).to_string();
            assert!(
                text.starts_with(&format!(
                    "Account 000000000001 holds all of the {shown} that its records may take"
                )),
                "{text}"
            );
        }
        let wrapped = Wrapped(full(1));
        assert_eq!(ShareFull::cause_of(&wrapped), Some(&full(1)));
        assert_eq!(ShareFull::cause_of(&std::fmt::Error), None);
    }
}
