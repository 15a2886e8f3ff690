//! What callers of other accounts, and those who say nothing of themselves, are let do by the policies of
//! an account's resources: `wharf iam public`. Resources and their policies are read by the operations
//! that anybody would ask, as the caller, who sees no more of them than it may.
//!
//! What is shared without a policy is read too: grants of keys, and with whom images and snapshots are
//! ([`shared`]).

mod shared;

use std::sync::Arc;

use percent_encoding::percent_decode_str;
use serde_json::{Map, Value, json};
use wharf_api_wharf::types::{ListOutsideAccessResponse, OutsideAccess};
use wharf_iam::{
    Document, DocumentKind,
    outside::{Opening, openings},
};
use wharf_svc_ecr::GALLERY_REGION;
use wharf_wire::{Call, Fault};

use crate::by_name::ByName;

/// Resources of one kind that are looked at.
const MOST: usize = 10_000;
/// Codes of those without a policy.
const NONE: [&str; 7] = [
    "NoSuchBucketPolicy",
    "RepositoryPolicyNotFoundException",
    "ResourceNotFoundException",
    "NotFoundException",
    "PolicyNotFound",
    "RegistryPolicyNotFoundException",
    "NoSuchPublicAccessBlockConfiguration",
];

/// How the resources of a kind and their policies are found.
struct Source {
    service: &'static str,
    list: &'static str,
    /// Members of the answer and of the next request that lead from page to page.
    next: Option<(&'static str, &'static str)>,
    /// The member with the list; then the member of each that names it, none for a list of names.
    found: (&'static str, Option<&'static str>),
    policy: Policy,
}

/// Where a policy stands.
enum Policy {
    /// In the list itself; with the member that is the resource's ARN.
    Listed(&'static str, &'static str),
    /// The operation that would list answers the only one there is; with what it is of.
    Alone(&'static str, &'static str),
    /// An operation answers it.
    Asked {
        operation: &'static str,
        /// The member that takes the name.
        by: &'static str,
        more: fn() -> Value,
        /// Members that lead to it.
        at: &'static [&'static str],
    },
}

fn nothing() -> Value {
    json!({})
}

const SOURCES: &[Source] = &[
    Source {
        service: "iam",
        list: "ListRoles",
        next: Some(("Marker", "Marker")),
        found: ("Roles", Some("Arn")),
        policy: Policy::Listed("AssumeRolePolicyDocument", "Arn"),
    },
    Source {
        service: "s3",
        list: "ListBuckets",
        next: Some(("ContinuationToken", "ContinuationToken")),
        found: ("Buckets", Some("Name")),
        policy: Policy::Asked {
            operation: "GetBucketPolicy",
            by: "Bucket",
            more: nothing,
            at: &["Policy"],
        },
    },
    Source {
        service: "sqs",
        list: "ListQueues",
        next: Some(("NextToken", "NextToken")),
        found: ("QueueUrls", None),
        policy: Policy::Asked {
            operation: "GetQueueAttributes",
            by: "QueueUrl",
            more: || json!({"AttributeNames": ["Policy"]}),
            at: &["Attributes", "Policy"],
        },
    },
    Source {
        service: "sns",
        list: "ListTopics",
        next: Some(("NextToken", "NextToken")),
        found: ("Topics", Some("TopicArn")),
        policy: Policy::Asked {
            operation: "GetTopicAttributes",
            by: "TopicArn",
            more: nothing,
            at: &["Attributes", "Policy"],
        },
    },
    Source {
        service: "kms",
        list: "ListKeys",
        next: Some(("NextMarker", "Marker")),
        found: ("Keys", Some("KeyArn")),
        policy: Policy::Asked {
            operation: "GetKeyPolicy",
            by: "KeyId",
            more: nothing,
            at: &["Policy"],
        },
    },
    Source {
        service: "secretsmanager",
        list: "ListSecrets",
        next: Some(("NextToken", "NextToken")),
        found: ("SecretList", Some("ARN")),
        policy: Policy::Asked {
            operation: "GetResourcePolicy",
            by: "SecretId",
            more: nothing,
            at: &["ResourcePolicy"],
        },
    },
    Source {
        service: "logs",
        list: "DescribeResourcePolicies",
        next: Some(("nextToken", "nextToken")),
        found: ("resourcePolicies", Some("policyName")),
        policy: Policy::Listed("policyDocument", "policyName"),
    },
    Source {
        service: "logs",
        list: "DescribeDestinations",
        next: Some(("nextToken", "nextToken")),
        found: ("destinations", Some("arn")),
        policy: Policy::Listed("accessPolicy", "arn"),
    },
    Source {
        service: "efs",
        list: "DescribeFileSystems",
        next: Some(("NextMarker", "Marker")),
        found: ("FileSystems", Some("FileSystemId")),
        policy: Policy::Asked {
            operation: "DescribeFileSystemPolicy",
            by: "FileSystemId",
            more: nothing,
            at: &["Policy"],
        },
    },
    Source {
        service: "ecr",
        list: "GetRegistryPolicy",
        next: None,
        found: ("", None),
        policy: Policy::Alone("policyText", "registry"),
    },
    Source {
        service: "ecr",
        list: "DescribeRepositories",
        next: Some(("nextToken", "nextToken")),
        found: ("repositories", Some("repositoryName")),
        policy: Policy::Asked {
            operation: "GetRepositoryPolicy",
            by: "repositoryName",
            more: nothing,
            at: &["policyText"],
        },
    },
    Source {
        service: "ecr-public",
        list: "DescribeRepositories",
        next: Some(("nextToken", "nextToken")),
        found: ("repositories", Some("repositoryName")),
        policy: Policy::Asked {
            operation: "GetRepositoryPolicy",
            by: "repositoryName",
            more: nothing,
            at: &["policyText"],
        },
    },
    Source {
        service: "events",
        list: "ListEventBuses",
        next: Some(("NextToken", "NextToken")),
        found: ("EventBuses", Some("Arn")),
        policy: Policy::Listed("Policy", "Arn"),
    },
];

/// Reads policies.
pub struct Outside {
    pub operations: Arc<ByName>,
}

impl Outside {
    pub async fn list(&self, call: &Call) -> Result<ListOutsideAccessResponse, Fault> {
        let (mut open, mut unread) = (Vec::new(), Vec::new());
        let is_there = |it: &&Source| it.service != "ecr-public" || call.region == GALLERY_REGION;
        for source in SOURCES.iter().filter(is_there) {
            if let Err(fault) = self.look(call, source, &mut open, &mut unread).await {
                unread.push(why(source, source.list, &fault));
            }
        }
        for kind in shared::KINDS {
            if let Err(fault) = self.shared(call, kind, &mut open, &mut unread).await {
                unread.push(format!(
                    "ec2 {}: {}: {}",
                    kind.list, fault.code, fault.message
                ));
            }
        }
        Ok(ListOutsideAccessResponse {
            open: Some(open),
            unread: Some(unread),
        })
    }

    async fn look(
        &self,
        call: &Call,
        source: &Source,
        open: &mut Vec<OutsideAccess>,
        unread: &mut Vec<String>,
    ) -> Result<(), Fault> {
        if let Policy::Alone(member, resource) = source.policy {
            match self
                .ask(call, source.service, source.list, &json!({}))
                .await
            {
                Ok(answer) => {
                    let text = answer[member].as_str().filter(|it| !it.is_empty());
                    read(call, source, resource, text, open, unread);
                }
                Err(fault) if NONE.contains(&&*fault.code) => {}
                Err(fault) => return Err(fault),
            }
            return Ok(());
        }
        let (list, name) = source.found;
        let (mut input, mut seen) = (json!({}), 0);
        loop {
            let page = self.ask(call, source.service, source.list, &input).await?;
            for one in page[list].as_array().into_iter().flatten() {
                seen += 1;
                let name = name.map_or(one, |member| &one[member]);
                let name = name.as_str().unwrap_or_default();
                match self.policy(call, source, one, name).await {
                    Ok(Some((resource, text))) => {
                        read(call, source, &resource, Some(&text), open, unread);
                    }
                    Ok(None) => {}
                    Err(fault) => unread.push(why(source, name, &fault)),
                }
                // A key that is to be deleted lets nobody in.
                if source.service == "kms"
                    && let Err(fault) = self.grants(call, name, open).await
                    && fault.code != "KMSInvalidStateException"
                {
                    unread.push(why(source, name, &fault));
                }
            }
            let next = source.next.map(|(from, to)| (page[from].clone(), to));
            match next {
                Some((Value::String(token), to)) if seen < MOST => input = json!({to: token}),
                Some((Value::String(_), _)) => {
                    unread.push(format!("{}: more than {MOST}", source.service));
                    return Ok(());
                }
                _ => return Ok(()),
            }
        }
    }

    /// A resource's name in the answer, and its policy if it has one.
    async fn policy(
        &self,
        call: &Call,
        source: &Source,
        listed: &Value,
        name: &str,
    ) -> Result<Option<(String, String)>, Fault> {
        match source.policy {
            Policy::Listed(policy, arn) => {
                let text = listed[policy].as_str().filter(|it| !it.is_empty());
                // IAM's documents are encoded as in an address.
                let decode = |it: &str| percent_decode_str(it).decode_utf8_lossy().into_owned();
                let text = text.map(|it| match it.starts_with('{') {
                    true => it.to_owned(),
                    false => decode(it),
                });
                let arn = listed[arn].as_str().unwrap_or(name);
                let arn = match source.list {
                    "DescribeResourcePolicies" => format!("log groups, by the policy {arn}"),
                    _ => arn.to_owned(),
                };
                Ok(text.map(|text| (arn, text)))
            }
            Policy::Alone(..) => Ok(None),
            Policy::Asked {
                operation,
                by,
                more,
                at,
            } => {
                let mut input: Map<String, Value> = more().as_object().cloned().unwrap_or_default();
                input.insert(by.to_owned(), name.into());
                let asked = self
                    .ask(call, source.service, operation, &Value::Object(input))
                    .await;
                let answer = match asked {
                    Err(fault) if NONE.contains(&&*fault.code) => return Ok(None),
                    answer => answer?,
                };
                let found = at.iter().fold(&answer, |value, member| &value[*member]);
                let text = found.as_str().filter(|it| !it.is_empty());
                let resource = match source.service {
                    "s3" => format!("arn:aws:s3:::{name}"),
                    "ecr" => format!("repository/{name}"),
                    "ecr-public" => format!("public repository/{name}"),
                    "efs" => format!("file-system/{name}"),
                    _ => name.to_owned(),
                };
                Ok(text.map(|text| (resource, text.to_owned())))
            }
        }
    }

    /// Grants of a key to principals of other accounts.
    async fn grants(
        &self,
        call: &Call,
        key: &str,
        open: &mut Vec<OutsideAccess>,
    ) -> Result<(), Fault> {
        let (mut input, mut seen) = (json!({"KeyId": key}), 0);
        loop {
            let page = self.ask(call, "kms", "ListGrants", &input).await?;
            let grants = page["Grants"].as_array().map_or(&[][..], Vec::as_slice);
            seen += grants.len();
            let own = &call.account;
            open.extend(grants.iter().filter_map(|it| granted(it, key, own)));
            let Some(marker) = page["NextMarker"].as_str().filter(|_| seen < MOST) else {
                return Ok(());
            };
            input = json!({"KeyId": key, "Marker": marker});
        }
    }

    async fn ask(
        &self,
        call: &Call,
        service: &str,
        operation: &str,
        input: &Value,
    ) -> Result<Value, Fault> {
        self.operations
            .call_as(call.context().clone(), service, operation, input)
            .await
    }
}

/// Adds what a policy lets others do.
fn read(
    call: &Call,
    source: &Source,
    resource: &str,
    text: Option<&str>,
    open: &mut Vec<OutsideAccess>,
    unread: &mut Vec<String>,
) {
    let kind = match source.service {
        "iam" => DocumentKind::Trust,
        _ => DocumentKind::Resource,
    };
    let Some(text) = text else { return };
    match Document::parse(text, kind) {
        Ok(document) => {
            let found = openings(&document, &call.account);
            open.extend(found.into_iter().map(|it| shown(resource, it)));
        }
        Err(error) => unread.push(format!("{resource}: {error}")),
    }
}

/// What a grant lets somebody outside do. Services act for resources of the account.
fn granted(grant: &Value, key: &str, account: &str) -> Option<OutsideAccess> {
    let who = grant["GranteePrincipal"].as_str()?;
    let owner = match who.starts_with("arn:") {
        true => who.split(':').nth(4).unwrap_or_default(),
        false => who,
    };
    // A grantee that is gone is shown by its unique id, and is nobody.
    let is_gone = who.starts_with("AIDA") || who.starts_with("AROA");
    if owner == account || is_gone || who.ends_with(".amazonaws.com") {
        return None;
    }
    let operations = grant["Operations"].as_array().into_iter().flatten();
    let operations = operations.filter_map(|it| Some(format!("kms:{}", it.as_str()?)));
    let constraints = grant["Constraints"].as_object().into_iter().flatten();
    let constraint = |(kind, pairs): (&String, &Value)| {
        let pairs = pairs.as_object().into_iter().flatten();
        let pairs =
            pairs.map(|(key, value)| format!("{key}={}", value.as_str().unwrap_or_default()));
        format!("{kind} {}", pairs.collect::<Vec<_>>().join(" "))
    };
    Some(OutsideAccess {
        resource: Some(format!(
            "{key} grant {}",
            grant["GrantId"].as_str().unwrap_or_default()
        )),
        statement: None,
        who: Some(vec![who.to_owned()]),
        actions: Some(operations.collect()),
        conditions: Some(constraints.map(constraint).collect()),
    })
}

fn why(source: &Source, what: &str, fault: &Fault) -> String {
    format!(
        "{} {what}: {}: {}",
        source.service, fault.code, fault.message
    )
}

fn shown(resource: &str, opening: Opening) -> OutsideAccess {
    OutsideAccess {
        resource: Some(resource.to_owned()),
        statement: i32::try_from(opening.statement).ok(),
        who: Some(opening.who),
        actions: Some(opening.actions),
        conditions: Some(opening.conditions),
    }
}
