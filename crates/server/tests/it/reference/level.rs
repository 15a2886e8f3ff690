//! How far an action goes, in the words of AWS's service reference, read from its name.

/// What an action that policies name lets one do.
pub fn of(action: &str) -> &'static str {
    let name = action.split_once(':').map_or(action, |it| it.1);
    let starts = |heads: &[&str]| heads.iter().any(|head| name.starts_with(head));
    let holds = |parts: &[&str]| parts.iter().any(|part| name.contains(part));
    if starts(&["List"]) && name != "ListTagsForResource" {
        return "List";
    }
    // Policies that say who may do what, not how long or how often.
    let access = holds(&[
        "Policy",
        "Acl",
        "Permission",
        "PublicAccessBlock",
        "OwnershipControls",
        "Grant",
        "PassRole",
        "AllowVendedLogDelivery",
    ]) && !holds(&[
        "LifecyclePolicy",
        "RetentionPolicy",
        "PasswordPolicy",
        "ScalingPolicy",
        "ValidateResourcePolicy",
    ]);
    let reads = starts(&[
        "Describe",
        "Get",
        "BatchGet",
        "BatchCheck",
        "Filter",
        "Lookup",
        "Search",
        "Head",
        "Receive",
        "Validate",
        "Simulate",
        "Discover",
        "List",
        "Test",
        "StartLiveTail",
        "Export",
        "GenerateCredentialReport",
        "GenerateServiceLastAccessedDetails",
        "DecodeAuthorizationMessage",
        "Check",
    ]) && name != "ExportTask";
    match () {
        () if reads => "Read",
        () if access => "Permissions management",
        () if starts(&["Tag", "Untag", "AddTags", "RemoveTags"])
            || name.ends_with("Tagging")
            || ["CreateTags", "DeleteTags"].contains(&name) =>
        {
            "Tagging"
        }
        () => "Write",
    }
}

#[test]
fn levels() {
    for (action, level) in [
        ("ecs:ListClusters", "List"),
        ("ecs:DescribeClusters", "Read"),
        ("sqs:ReceiveMessage", "Read"),
        ("kms:Decrypt", "Write"),
        ("kms:CreateGrant", "Permissions management"),
        ("s3:PutBucketPolicy", "Permissions management"),
        ("s3:GetBucketPolicy", "Read"),
        ("logs:PutRetentionPolicy", "Write"),
        ("application-autoscaling:PutScalingPolicy", "Write"),
        ("s3:PutObjectTagging", "Tagging"),
        ("ec2:CreateTags", "Tagging"),
        ("iam:PassRole", "Permissions management"),
    ] {
        assert_eq!(of(action), level, "{action}");
    }
}
