//! How often each operation is called, as metrics under `AWS/Usage`, for the account that calls.

use wharf_vended::{Counters, Subject};
use wharf_wire::{Context, schema::ServiceSchema};

/// Counts a request whose signature holds. One that came too fast counts as throttled besides.
pub(super) fn called(
    counters: &Counters,
    cx: &Context,
    schema: &ServiceSchema,
    operation: &str,
    throttled: bool,
) {
    let Some(service) = name(schema.name) else {
        return;
    };
    let of = Subject {
        account: cx.account.clone(),
        region: cx.region.clone(),
        namespace: "AWS/Usage",
        dimensions: vec![
            ("Type", "API".to_owned()),
            ("Resource", operation.to_owned()),
            ("Service", service.to_owned()),
            ("Class", "None".to_owned()),
        ],
    };
    counters.add(&of, "CallCount", "None", 1.0);
    if throttled {
        counters.add(&of, "ThrottleCount", "None", 1.0);
    }
}

/// What the dimension calls a service, by the name of its model; `None` for what is no service of AWS.
fn name(model: &str) -> Option<&'static str> {
    Some(match model {
        "acm" => "Certificate Manager",
        "application-autoscaling" => "Application Auto Scaling",
        "cloudtrail" => "CloudTrail",
        "cloudwatch" => "CloudWatch",
        "ec2" => "EC2",
        "ecr" => "ECR",
        "ecr-public" => "ECR Public",
        "ecs" => "ECS",
        "elbv2" => "Elastic Load Balancing",
        "events" => "EventBridge",
        "iam" => "IAM",
        "inspector2" => "Inspector",
        "kms" => "KMS",
        "logs" => "Logs",
        "resourcegroupstaggingapi" => "Resource Groups Tagging API",
        "s3" => "S3",
        "scheduler" => "Scheduler",
        "secretsmanager" => "Secrets Manager",
        "sns" => "SNS",
        "sqs" => "SQS",
        "ssm" => "Systems Manager",
        "sts" => "STS",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::services::SERVICES;

    #[test]
    fn each_service_of_aws_has_a_name() {
        for row in SERVICES {
            let model = row.schema.name;
            assert_eq!(name(model).is_some(), model != "wharf", "{model}");
        }
    }
}
