//! User data, in which users often put secrets; and the tokens by which machines join that are instances.

use wharf_service::{Sealing, Secrets};

use crate::{
    fleet,
    instances::providers::webhook::{fargate_pool, token_purpose},
    launch_templates,
    records::user_data_purpose,
    spot,
    table::SERVICE,
};

/// By the kinds of their records.
pub const SEALING: Sealing = Sealing {
    service: SERVICE,
    secrets: &[
        Secrets::new("instance", &["user_data"], |scope, id, _| {
            user_data_purpose(&scope.account, &scope.region, id)
        }),
        Secrets::new(
            "instance",
            &["provider", "webhook", "token"],
            |scope, id, _| token_purpose(&scope.account, &scope.region, id),
        ),
        Secrets::new("fargate-machine", &["token"], |scope, id, _| {
            fargate_pool::token_purpose(&scope.account, &scope.region, id)
        }),
        Secrets::new("spot-instances-request", &["user_data"], |scope, id, _| {
            spot::user_data_purpose(&scope.account, &scope.region, id)
        }),
        Secrets::new(
            "spot-fleet-request",
            &["body", "specifications", "user_data"],
            |scope, id, _| fleet::user_data_purpose(&scope.account, &scope.region, id),
        ),
        Secrets::new("launch-template-version", &["user_data"], |scope, id, _| {
            launch_templates::purpose(scope, id)
        }),
    ],
};
