//! What counts are counts of.

/// Whose counts they are, and of what.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Subject {
    pub account: String,
    pub region: String,
    pub namespace: &'static str,
    pub dimensions: Vec<(&'static str, String)>,
}

impl Subject {
    /// What an account has of a resource that services have quotas of.
    pub fn resource(
        (account, region): (&str, &str),
        service: &str,
        resource: &str,
        class: &str,
    ) -> Self {
        Self {
            account: account.to_owned(),
            region: region.to_owned(),
            namespace: "AWS/Usage",
            dimensions: vec![
                ("Type", "Resource".to_owned()),
                ("Resource", resource.to_owned()),
                ("Service", service.to_owned()),
                ("Class", class.to_owned()),
            ],
        }
    }
}
