//! What it has of secrets and of objects.

use serde_json::json;

use super::{Estate, HOME, NAME, OWN, element, text};
use crate::routes::Server;

/// A bucket of the other account that both forms of a question name: that there is one is no secret.
const BUCKET: &str = "theirs-for-all-to-know";
/// One of the asker's own, whose objects are to be under a key of the other account.
const SEALED: &str = "own-sealed-thing";
const KEY: &str = "secret-object";
const POLICY: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"*","Resource":"*"}]}"#;

impl Estate {
    pub(super) async fn secrets(&mut self, server: &Server) {
        let made = json!({"Name": NAME, "SecretString": "hidden"});
        let made = self.call(server, ("secretsmanager", "CreateSecret"), made);
        let made = made.await;
        let (arn, version) = (text(&made, "/ARN"), text(&made, "/VersionId"));
        let (partial, suffix) = arn.rsplit_once('-').unwrap();
        self.remember(suffix);
        self.remember(&version);
        for id in [NAME, &arn, partial] {
            let versions: &[&str] = &[
                "VersionId",
                "MoveToVersionId",
                "RemoveFromVersionId",
                "ClientRequestToken",
            ];
            let members = [
                (&["SecretId", "SecretIdList"][..], id.to_owned()),
                (&["Name"], NAME.to_owned()),
                (versions, version.clone()),
                (&["VersionStage"], "AWSCURRENT".to_owned()),
                (&["KmsKeyId"], self.kms_key.clone()),
                (&["SecretString"], "mine".to_owned()),
                (&["ResourcePolicy"], POLICY.to_owned()),
            ];
            self.named("secretsmanager", &members);
        }
        let filters = json!({"Filters": [{"Key": "name", "Values": [NAME]}]});
        self.besides("secretsmanager", "ListSecrets", filters.clone());
        self.besides("secretsmanager", "BatchGetSecretValue", filters);
    }

    pub(super) async fn buckets(&mut self, server: &Server) {
        let s3 = |name: &'static str| ("s3", name);
        for name in [NAME, BUCKET] {
            let made = json!({ "Bucket": name });
            self.call(server, s3("CreateBucket"), made).await;
        }
        for own in [OWN, SEALED] {
            self.own(server, s3("CreateBucket"), json!({ "Bucket": own }))
                .await;
        }
        let kept = json!({"Bucket": BUCKET, "VersioningConfiguration": {"Status": "Enabled"}});
        self.call(server, s3("PutBucketVersioning"), kept).await;
        for bucket in [NAME, BUCKET] {
            let made = json!({"Bucket": bucket, "Key": KEY, "Body": "hidden"});
            self.call(server, s3("PutObject"), made).await;
        }
        let versions = self
            .call(
                server,
                s3("ListObjectVersions"),
                json!({ "Bucket": BUCKET }),
            )
            .await;
        let version = element(&versions, "VersionId");
        let begun = json!({"Bucket": BUCKET, "Key": KEY});
        let begun = self.call(server, s3("CreateMultipartUpload"), begun).await;
        let upload = element(&begun, "UploadId");
        for id in [KEY, &version, &upload] {
            self.remember(id);
        }
        for (bucket, owner) in [(BUCKET, HOME), (NAME, HOME), (OWN, super::STRANGER)] {
            let source = format!("{bucket}/{KEY}");
            let members = [
                (&["Bucket"][..], bucket.to_owned()),
                (&["ExpectedBucketOwner"], owner.to_owned()),
                (&["CopySource"], source),
                (
                    &["Key", "Prefix", "KeyMarker", "StartAfter"],
                    KEY.to_owned(),
                ),
                (&["VersionId"], version.clone()),
                (&["UploadId"], upload.clone()),
                (&["SSEKMSKeyId"], self.kms_key.clone()),
                (&["Policy"], POLICY.to_owned()),
            ];
            self.named("s3", &members);
        }
        let copied = |from: &str| json!({"Bucket": OWN, "Key": "copy", "CopySource": format!("{from}/{KEY}")});
        let versioned = format!("{BUCKET}/{KEY}?versionId={version}");
        let of_version = json!({"Bucket": OWN, "Key": "copy", "CopySource": versioned});
        for input in [copied(BUCKET), copied(NAME), of_version] {
            self.besides("s3", "CopyObject", input);
        }
        let deleted = json!({"Bucket": BUCKET, "Delete": {"Objects": [{"Key": KEY}]}});
        self.besides("s3", "DeleteObjects", deleted);
        for (kind, member, service) in [
            ("TopicConfigurations", "TopicArn", "sns"),
            ("QueueConfigurations", "QueueArn", "sqs"),
        ] {
            let to = format!("arn:aws:{service}:us-east-1:{HOME}:{NAME}");
            let told = json!({ kind: [{ member: to, "Events": ["s3:ObjectCreated:*"] }] });
            let input = json!({"Bucket": OWN, "NotificationConfiguration": told});
            self.besides("s3", "PutBucketNotificationConfiguration", input);
        }
        let rule = json!({"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": self.kms_key}});
        let encrypted =
            json!({"Bucket": SEALED, "ServerSideEncryptionConfiguration": {"Rules": [rule]}});
        self.besides("s3", "PutBucketEncryption", encrypted);
        let under = json!({"Bucket": OWN, "Key": "sealed", "Body": "x", "ServerSideEncryption": "aws:kms", "SSEKMSKeyId": self.kms_key});
        self.besides("s3", "PutObject", under);
    }
}
