//! The actions of S3 that policies can name, and what each is done to, as AWS's service reference has them. Those that
//! wharf has not are among them: a policy that was written for AWS can be attached here. Pure.

use wharf_service::actions;

/// Done to a bucket.
const OF_BUCKETS: &str = "\
    CreateBucket CreateBucketMetadataTableConfiguration DeleteBucket DeleteBucketMetadataTableConfiguration \
    DeleteBucketPolicy DeleteBucketWebsite GetAccelerateConfiguration GetAnalyticsConfiguration GetBucketAbac \
    GetBucketAcl GetBucketCORS GetBucketLocation GetBucketLogging GetBucketMetadataTableConfiguration \
    GetBucketNotification GetBucketObjectLockConfiguration GetBucketOwnershipControls GetBucketPolicy \
    GetBucketPolicyStatus GetBucketPublicAccessBlock GetBucketRequestPayment GetBucketTagging GetBucketVersioning \
    GetBucketWebsite GetEncryptionConfiguration GetIntelligentTieringConfiguration GetInventoryConfiguration \
    GetLifecycleConfiguration GetMetricsConfiguration GetReplicationConfiguration ListBucket \
    ListBucketMultipartUploads ListBucketVersions ListTagsForResource PauseReplication PutAccelerateConfiguration \
    PutAnalyticsConfiguration PutBucketAbac PutBucketAcl PutBucketCORS PutBucketLogging PutBucketNotification \
    PutBucketObjectLockConfiguration PutBucketOwnershipControls PutBucketPolicy PutBucketPublicAccessBlock \
    PutBucketRequestPayment PutBucketTagging PutBucketVersioning PutBucketWebsite PutEncryptionConfiguration \
    PutIntelligentTieringConfiguration PutInventoryConfiguration PutLifecycleConfiguration PutMetricsConfiguration \
    PutReplicationConfiguration TagResource UntagResource UpdateBucketMetadataInventoryTableConfiguration \
    UpdateBucketMetadataJournalTableConfiguration";

/// Done to objects.
const OF_OBJECTS: &str = "\
    AbortMultipartUpload BypassGovernanceRetention DeleteObject DeleteObjectTagging DeleteObjectVersion \
    DeleteObjectVersionTagging GetObject GetObjectAcl GetObjectAttributes GetObjectLegalHold GetObjectRetention \
    GetObjectTagging GetObjectTorrent GetObjectVersion GetObjectVersionAcl GetObjectVersionAttributes \
    GetObjectVersionForReplication GetObjectVersionTagging GetObjectVersionTorrent InitiateReplication \
    ListMultipartUploadParts ObjectOwnerOverrideToBucketOwner PutObject PutObjectAcl PutObjectLegalHold \
    PutObjectRetention PutObjectTagging PutObjectVersionAcl PutObjectVersionTagging ReplicateDelete ReplicateObject \
    ReplicateTags RestoreObject UpdateObjectEncryption";

/// Done to what is neither, so that no statement of a bucket's policy can be about it.
const OF_OTHERS: &str = "\
    AssociateAccessGrantsIdentityCenter CreateAccessGrant CreateAccessGrantsInstance CreateAccessGrantsLocation \
    CreateAccessPoint CreateAccessPointForObjectLambda CreateJob CreateMultiRegionAccessPoint CreateStorageLensGroup \
    DeleteAccessGrant DeleteAccessGrantsInstance DeleteAccessGrantsInstanceResourcePolicy DeleteAccessGrantsLocation \
    DeleteAccessPoint DeleteAccessPointForObjectLambda DeleteAccessPointPolicy \
    DeleteAccessPointPolicyForObjectLambda DeleteJobTagging DeleteMultiRegionAccessPoint \
    DeleteStorageLensConfiguration DeleteStorageLensConfigurationTagging DeleteStorageLensGroup DescribeJob \
    DescribeMultiRegionAccessPointOperation DissociateAccessGrantsIdentityCenter GetAccessGrant \
    GetAccessGrantsInstance GetAccessGrantsInstanceForPrefix GetAccessGrantsInstanceResourcePolicy \
    GetAccessGrantsLocation GetAccessPoint GetAccessPointConfigurationForObjectLambda GetAccessPointForObjectLambda \
    GetAccessPointPolicy GetAccessPointPolicyForObjectLambda GetAccessPointPolicyStatus \
    GetAccessPointPolicyStatusForObjectLambda GetAccountPublicAccessBlock GetDataAccess GetJobTagging \
    GetMultiRegionAccessPoint GetMultiRegionAccessPointPolicy GetMultiRegionAccessPointPolicyStatus \
    GetMultiRegionAccessPointRoutes GetStorageLensConfiguration GetStorageLensConfigurationTagging \
    GetStorageLensDashboard GetStorageLensGroup ListAccessGrants ListAccessGrantsInstances ListAccessGrantsLocations \
    ListAccessPoints ListAccessPointsForObjectLambda ListAllMyBuckets ListCallerAccessGrants ListJobs \
    ListMultiRegionAccessPoints ListStorageLensConfigurations ListStorageLensGroups \
    PutAccessGrantsInstanceResourcePolicy PutAccessPointConfigurationForObjectLambda PutAccessPointPolicy \
    PutAccessPointPolicyForObjectLambda PutAccessPointPublicAccessBlock PutAccountPublicAccessBlock PutJobTagging \
    PutMultiRegionAccessPointPolicy PutStorageLensConfiguration PutStorageLensConfigurationTagging \
    SubmitMultiRegionAccessPointRoutes UpdateAccessGrantsLocation UpdateJobPriority UpdateJobStatus \
    UpdateStorageLensGroup";

/// Kinds of resources that a statement of a bucket's policy can be about.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Kinds {
    pub bucket: bool,
    pub objects: bool,
}

impl Kinds {
    pub const ALL: Self = Self {
        bucket: true,
        objects: true,
    };

    pub fn overlap(self, other: Self) -> bool {
        self.bucket && other.bucket || self.objects && other.objects
    }

    pub fn and(self, other: Self) -> Self {
        Self {
            bucket: self.bucket || other.bucket,
            objects: self.objects || other.objects,
        }
    }
}

/// What the actions that a policy names so are done to; `None` if there are none of S3.
pub fn kinds(named: &str) -> Option<Kinds> {
    let any = |all: &str| actions::means_one(named, "s3", all.split_ascii_whitespace());
    let kinds = Kinds {
        bucket: any(OF_BUCKETS),
        objects: any(OF_OBJECTS),
    };
    (kinds != Kinds::default() || any(OF_OTHERS)).then_some(kinds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_actions_are_done_to() {
        let both = Some(Kinds::ALL);
        let bucket = Some(Kinds {
            bucket: true,
            objects: false,
        });
        let objects = Some(Kinds {
            bucket: false,
            objects: true,
        });
        for (named, expected) in [
            ("*", both),
            ("s3:*", both),
            ("s3:Get*", both),
            ("S3:getobject", objects),
            ("s3:GetObject*", objects),
            ("s3:?etObject", objects),
            ("s3:GetObjectTorrent", objects),
            ("s3:ListBucket", bucket),
            ("s3:PutBucketLogging", bucket),
            ("s3:ListAllMyBuckets", Some(Kinds::default())),
            ("s3:DeleteObjekt", None),
            ("s3:Gett*", None),
            ("s3:", None),
            ("s3", None),
            ("sqs:*", None),
            ("s3*", None),
        ] {
            assert_eq!(kinds(named), expected, "{named}");
        }
    }

    /// Each that an operation here asks for; `docs/iam/s3.md` is written from the rows that ask.
    #[test]
    fn every_action_that_is_asked_for_is_known() {
        let page = include_str!("../../../../docs/iam/s3.md");
        let cells = page.lines().filter_map(|it| it.split('|').nth(2));
        let asked = cells.filter_map(|it| it.trim().strip_prefix('`')?.strip_suffix('`'));
        // Rows of condition keys list several in a cell.
        let is_one = |it: &&str| it.starts_with("s3:") && !it.contains('`');
        let asked: Vec<&str> = asked.filter(is_one).collect();
        assert!(asked.len() > 50, "{asked:?}");
        for action in asked {
            assert!(kinds(action).is_some(), "{action}");
        }
    }
}
