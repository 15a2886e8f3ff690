//! Keys of services: one a service, account and region, used through that service alone. Pure.
//!
//! Their ids follow from whose they are, so whether one may be used is known before it is made.

use aws_lc_rs::digest::{SHA256, digest};
use wharf_base::arn::partition_of;
use wharf_service::Place;

use crate::names::KeyId;

/// A service with keys of its own, and how AWS calls it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Manager {
    pub service: &'static str,
    title: &'static str,
    /// What the key says it is for.
    pub description: &'static str,
}

const MANAGERS: [Manager; 8] = [
    Manager {
        service: "ebs",
        title: "EBS",
        description: "Default key that protects my EBS volumes when no other key is defined",
    },
    Manager {
        service: "ecr",
        title: "Amazon ECR",
        description: "Default key that protects my ECR data when no other key is defined",
    },
    Manager {
        service: "elasticfilesystem",
        title: "EFS",
        description: "Default key that protects my EFS filesystems when no other key is defined",
    },
    Manager {
        service: "s3",
        title: "S3",
        description: "Default key that protects my S3 objects when no other key is defined",
    },
    Manager {
        service: "secretsmanager",
        title: "AWS Secrets Manager",
        description: "Default key that protects my Secrets Manager data when no other key is defined",
    },
    Manager {
        service: "sns",
        title: "SNS",
        description: "Default key that protects my SNS data when no other key is defined",
    },
    Manager {
        service: "sqs",
        title: "SQS",
        description: "Default key that protects my SQS messages when no other key is defined",
    },
    Manager {
        service: "ssm",
        title: "SSM",
        description: "Default key that protects my SSM parameters when no other key is defined",
    },
];

/// Who manages the key of an alias, `alias/aws/ssm`.
pub fn of_alias(alias: &str) -> Option<Manager> {
    let service = alias.strip_prefix("alias/aws/")?;
    MANAGERS.into_iter().find(|it| it.service == service)
}

impl Manager {
    pub fn alias(&self) -> String {
        format!("alias/aws/{}", self.service)
    }

    /// The service that uses it: volumes are EC2's.
    fn via(&self) -> &'static str {
        match self.service {
            "ebs" => "ec2",
            other => other,
        }
    }

    /// The id of the key of a place.
    pub fn key_id(&self, place: &Place) -> String {
        let Place { account, region } = place;
        let text = format!("kms managed key {account} {region} {}", self.service);
        let digest = digest(&SHA256, text.as_bytes());
        let mut id = [0; 16];
        id.copy_from_slice(&digest.as_ref()[..16]);
        // As those of other keys look: a random UUID.
        id[6] = id[6] & 0x0f | 0x40;
        id[8] = id[8] & 0x3f | 0x80;
        KeyId::new(id, false).to_string()
    }

    /// Who may use it: all of the account, through the service.
    pub fn policy(&self, place: &Place) -> String {
        let Self { service, title, .. } = self;
        let via = self.via();
        let Place { account, region } = place;
        let partition = partition_of(region);
        serde_json::json!({
            "Version": "2012-10-17",
            "Id": format!("auto-{service}-1"),
            "Statement": [
                {
                    "Sid": format!(
                        "Allow access through {title} for all principals in the account that are \
                         authorized to use {title}"
                    ),
                    "Effect": "Allow",
                    "Principal": {"AWS": "*"},
                    "Action": [
                        "kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*",
                        "kms:CreateGrant", "kms:DescribeKey",
                    ],
                    "Resource": "*",
                    "Condition": {"StringEquals": {
                        "kms:CallerAccount": account,
                        "kms:ViaService": format!("{via}.{region}.amazonaws.com"),
                    }},
                },
                {
                    "Sid": "Allow direct access to key metadata to the account",
                    "Effect": "Allow",
                    "Principal": {"AWS": format!("arn:{partition}:iam::{account}:root")},
                    "Action": ["kms:Describe*", "kms:Get*", "kms:List*", "kms:RevokeGrant"],
                    "Resource": "*",
                },
            ],
        })
        .to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_place_has_its_own() {
        let here = Place::new("000000000000", "us-east-1");
        let there = Place::new("000000000000", "eu-west-1");
        let ssm = of_alias("alias/aws/ssm").unwrap();
        let secrets = of_alias("alias/aws/secretsmanager").unwrap();
        let ids = [ssm.key_id(&here), ssm.key_id(&there), secrets.key_id(&here)];
        assert!(ids.iter().all(|it| KeyId::parse(it).is_some()));
        assert!(ids[0] != ids[1] && ids[0] != ids[2]);
        assert_eq!(of_alias("alias/aws/nobody"), None);
        assert_eq!(of_alias("alias/ssm"), None);
        for it in MANAGERS {
            crate::policy::check(&it.policy(&here)).unwrap();
        }
    }
}
