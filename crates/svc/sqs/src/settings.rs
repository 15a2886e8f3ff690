//! The attributes of a queue that can be set: what each may be, and how they read. Pure.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use wharf_iam::{Document, DocumentKind};
use wharf_service::actions;
use wharf_wire::Fault;

use crate::{
    fault,
    names::{QueueId, SERVICE},
    redrive::{Allow, Redrive},
};

/// Bytes of a message that queues take unless told otherwise, and the most there can be.
pub const MOST_BYTES: u32 = 1 << 20;
/// Bytes of a policy, as AWS has it.
pub const LONGEST_POLICY: usize = 8192;

/// What a queue was told to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    pub fifo: bool,
    pub delay_s: u32,
    pub max_bytes: u32,
    pub retention_s: u32,
    pub wait_s: u32,
    pub visibility_s: u32,
    /// JSON
    #[serde(default)]
    pub policy: Option<String>,
    #[serde(default)]
    pub redrive: Option<Redrive>,
    #[serde(default)]
    pub redrive_allow: Option<Allow>,
    #[serde(default)]
    pub kms_key: Option<String>,
    pub kms_reuse_s: u32,
    /// Sealed under a key of wharf's own where there is none of KMS.
    pub managed_sse: bool,
    #[serde(default)]
    pub content_based_dedup: bool,
    /// Ids of duplicates count in their group alone.
    #[serde(default)]
    pub dedup_in_group: bool,
    /// The throughput quota counts for each group.
    #[serde(default)]
    pub limit_per_group: bool,
}

impl Settings {
    pub fn new(fifo: bool) -> Self {
        Self {
            fifo,
            delay_s: 0,
            max_bytes: MOST_BYTES,
            retention_s: 345_600,
            wait_s: 0,
            visibility_s: 30,
            policy: None,
            redrive: None,
            redrive_allow: None,
            kms_key: None,
            kms_reuse_s: 300,
            managed_sse: true,
            content_based_dedup: false,
            dedup_in_group: false,
            limit_per_group: false,
        }
    }

    /// Sets attributes of a queue.
    ///
    /// # Errors
    /// One that is not known, cannot be set, or cannot have that value; they are then partly set.
    pub fn set(&mut self, queue: &QueueId, given: &BTreeMap<String, String>) -> Result<(), Fault> {
        for (name, value) in given {
            self.set_one(queue, name, value)?;
        }
        if given
            .get("SqsManagedSseEnabled")
            .is_some_and(|it| it == "true")
            && given.get("KmsMasterKeyId").is_some_and(|it| !it.is_empty())
        {
            return Err(wharf_api_sqs::faults::invalid_attribute_value(
                "You can use one type of server-side encryption (SSE) at one time. You can either enable \
                 KMS SSE or SQS SSE.",
            ));
        }
        if self.limit_per_group && !self.dedup_in_group {
            return Err(fault::bad_attribute("FifoThroughputLimit"));
        }
        Ok(())
    }

    fn set_one(&mut self, queue: &QueueId, name: &str, value: &str) -> Result<(), Fault> {
        let bad = || fault::bad_attribute(name);
        let number = |range: std::ops::RangeInclusive<u32>| {
            let read = value.parse::<u32>().ok();
            read.filter(|it| range.contains(it)).ok_or_else(bad)
        };
        let flag = || match value.to_ascii_lowercase().as_str() {
            "true" => Ok(true),
            "false" => Ok(false),
            _ => Err(bad()),
        };
        match name {
            "DelaySeconds" => self.delay_s = number(0..=900)?,
            "MaximumMessageSize" => self.max_bytes = number(1024..=MOST_BYTES)?,
            "MessageRetentionPeriod" => self.retention_s = number(60..=1_209_600)?,
            "ReceiveMessageWaitTimeSeconds" => self.wait_s = number(0..=20)?,
            "VisibilityTimeout" => self.visibility_s = number(0..=43_200)?,
            "Policy" => self.policy = policy(value)?,
            "RedrivePolicy" => self.redrive = Redrive::parse(queue, value)?,
            "RedriveAllowPolicy" => self.redrive_allow = Allow::parse(value)?,
            "KmsMasterKeyId" => {
                self.kms_key = (!value.is_empty()).then(|| value.to_owned());
                if self.kms_key.is_some() {
                    self.managed_sse = false;
                }
            }
            "KmsDataKeyReusePeriodSeconds" => self.kms_reuse_s = number(60..=86_400)?,
            "SqsManagedSseEnabled" => {
                self.managed_sse = flag()?;
                if self.managed_sse {
                    self.kms_key = None;
                }
            }
            // A queue never changes its kind.
            "FifoQueue" if flag()? == self.fifo && self.fifo => {}
            "FifoQueue" => return Err(fault::unknown_attribute(name)),
            "ContentBasedDeduplication" if self.fifo => self.content_based_dedup = flag()?,
            "DeduplicationScope" if self.fifo => {
                self.dedup_in_group = match value {
                    "messageGroup" => true,
                    "queue" => false,
                    _ => return Err(bad()),
                }
            }
            "FifoThroughputLimit" if self.fifo => {
                self.limit_per_group = match value {
                    "perMessageGroupId" => true,
                    "perQueue" => false,
                    _ => return Err(bad()),
                }
            }
            _ => return Err(fault::unknown_attribute(name)),
        }
        Ok(())
    }

    /// The attributes as they are shown.
    pub fn shown(&self) -> BTreeMap<&'static str, String> {
        let mut all = BTreeMap::from([
            ("DelaySeconds", self.delay_s.to_string()),
            ("MaximumMessageSize", self.max_bytes.to_string()),
            ("MessageRetentionPeriod", self.retention_s.to_string()),
            ("ReceiveMessageWaitTimeSeconds", self.wait_s.to_string()),
            ("VisibilityTimeout", self.visibility_s.to_string()),
            ("SqsManagedSseEnabled", self.managed_sse.to_string()),
        ]);
        if let Some(policy) = &self.policy {
            all.insert("Policy", policy.clone());
        }
        if let Some(redrive) = &self.redrive {
            all.insert("RedrivePolicy", redrive.to_string());
        }
        if let Some(allow) = &self.redrive_allow {
            all.insert("RedriveAllowPolicy", allow.to_string());
        }
        if let Some(key) = &self.kms_key {
            all.insert("KmsMasterKeyId", key.clone());
            all.insert("KmsDataKeyReusePeriodSeconds", self.kms_reuse_s.to_string());
        }
        if self.fifo {
            let scope = ["queue", "messageGroup"][usize::from(self.dedup_in_group)];
            let limit = ["perQueue", "perMessageGroupId"][usize::from(self.limit_per_group)];
            all.extend([
                ("FifoQueue", "true".to_owned()),
                (
                    "ContentBasedDeduplication",
                    self.content_based_dedup.to_string(),
                ),
                ("DeduplicationScope", scope.to_owned()),
                ("FifoThroughputLimit", limit.to_owned()),
            ]);
        }
        all
    }
}

/// A policy to be attached; none if it is empty.
pub fn policy(text: &str) -> Result<Option<String>, Fault> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    let is_good = |it: &Document| {
        let mut named = it.statements.iter().flat_map(|it| &it.actions.values);
        text.len() <= LONGEST_POLICY && named.all(|it| is_of_queues(it))
    };
    match Document::parse(text, DocumentKind::Resource) {
        Ok(document) if is_good(&document) => Ok(Some(text.to_owned())),
        _ => Err(fault::bad_attribute("Policy")),
    }
}

/// Whether there are actions of SQS that a policy names so. What names none would be taken for a guard.
fn is_of_queues(named: &str) -> bool {
    let all = wharf_api_sqs::schema::SERVICE.operations.iter();
    actions::means_one(named, SERVICE, all.map(|it| it.name))
}

#[cfg(test)]
mod tests {
    use wharf_service::Place;

    use super::*;

    fn set(fifo: bool, given: &[(&str, &str)]) -> Result<Settings, String> {
        let id = QueueId {
            place: Place::new("000000000000", "us-east-1"),
            name: "q".to_owned(),
        };
        let given = given
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let mut settings = Settings::new(fifo);
        let set = settings.set(&id, &given.collect());
        set.map(|()| settings).map_err(|it| it.code.into_owned())
    }

    #[test]
    fn each_has_its_range() {
        for (name, least, most) in [
            ("DelaySeconds", 0, 900),
            ("MaximumMessageSize", 1024, 1 << 20),
            ("MessageRetentionPeriod", 60, 1_209_600),
            ("ReceiveMessageWaitTimeSeconds", 0, 20),
            ("VisibilityTimeout", 0, 43_200),
            ("KmsDataKeyReusePeriodSeconds", 60, 86_400),
        ] {
            for value in [least, most] {
                let set = set(
                    false,
                    &[(name, &value.to_string()), ("KmsMasterKeyId", "k")],
                );
                assert_eq!(set.unwrap().shown()[name], value.to_string());
            }
            for value in [i64::from(least) - 1, i64::from(most) + 1] {
                let refused = set(false, &[(name, &value.to_string())]).unwrap_err();
                assert_eq!(refused, "InvalidAttributeValue", "{name} {value}");
            }
        }
    }

    #[test]
    fn a_policy_names_actions_of_queues() {
        let with = |actions: &str| {
            let policy = format!(
                r#"{{"Statement": [{{"Effect": "Deny", "Principal": "*", "Action": {actions}}}]}}"#
            );
            set(false, &[("Policy", &policy)]).map(|_| ())
        };
        for good in [
            r#""*""#,
            r#""SQS:*""#,
            r#""sqs:Receive*""#,
            r#"["sqs:sendmessage", "sqs:SendMessageBatch", "sqs:StartMessageMoveTask"]"#,
        ] {
            assert_eq!(with(good), Ok(()), "{good}");
        }
        for bad in [
            r#""sqs:SendMesage""#,
            r#""sqs:Recieve*""#,
            r#""s3:GetObject""#,
            r#"["sqs:*", "sns:Publish"]"#,
        ] {
            assert_eq!(with(bad), Err("InvalidAttributeValue".to_owned()), "{bad}");
        }
    }

    #[test]
    fn a_policy_has_its_length() {
        let policy = |length: usize| {
            let frame =
                r#"{"Statement":[{"Sid":"","Effect":"Allow","Principal":"*","Action":"sqs:*"}]}"#;
            let sid = "a".repeat(length - frame.len());
            frame.replace(r#""Sid":"""#, &format!(r#""Sid":"{sid}""#))
        };
        let longest = policy(LONGEST_POLICY);
        let shown = set(false, &[("Policy", &longest)]).unwrap().shown();
        assert_eq!(shown["Policy"], longest);
        let refused = set(false, &[("Policy", &policy(LONGEST_POLICY + 1))]);
        assert_eq!(refused.unwrap_err(), "InvalidAttributeValue");
    }

    #[test]
    fn fifo_queues_have_more() {
        let high = [
            ("FifoThroughputLimit", "perMessageGroupId"),
            ("DeduplicationScope", "messageGroup"),
        ];
        assert_eq!(set(false, &high[1..]).unwrap_err(), "InvalidAttributeName");
        assert_eq!(set(true, &high[..1]).unwrap_err(), "InvalidAttributeValue");
        let shown = set(true, &high).unwrap().shown();
        assert_eq!(shown["DeduplicationScope"], "messageGroup");
        assert_eq!(shown["FifoQueue"], "true");
        assert_eq!(
            set(false, &[("Colour", "red")]).unwrap_err(),
            "InvalidAttributeName"
        );
    }

    #[test]
    fn one_kind_of_encryption_at_a_time() {
        let kms = set(false, &[("KmsMasterKeyId", "alias/app")]).unwrap();
        assert!(!kms.managed_sse);
        let both = [("KmsMasterKeyId", "k"), ("SqsManagedSseEnabled", "true")];
        assert_eq!(set(false, &both).unwrap_err(), "InvalidAttributeValue");
    }
}
