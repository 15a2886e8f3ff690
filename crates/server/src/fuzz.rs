//! For fuzz targets: the services of the table over a folder, asked past the gateway.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;
use wharf_base::{Clock, Permit, SystemClock};
use wharf_kube_auth::mapping::Identity;
use wharf_wire::{Context, Service};

use crate::{
    services::{self, Wiring},
    start::{self, Plane, ServerConfig, StartError},
};

/// The one that works on files of the machine, which no input may name.
const ON_FILES: &str = "wharf";
/// The loops that keep what reads of ECS look at; no other runs, so that an input does the same each time.
const LOOPS: [&str; 2] = ["ECS", services::MACHINES];

/// All services but the installation's own, with a default VPC.
///
/// # Errors
/// The folder cannot be used.
///
/// # Panics
/// If there is no default VPC.
pub async fn services(
    config: &ServerConfig,
    permit: &Permit,
    cx: &Context,
    stop: &CancellationToken,
) -> Result<Vec<Arc<dyn Service>>, StartError> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let data = start::open(config).await?;
    let plane = Plane::new(config, &data, &clock);
    let planes = Arc::new(plane.planes(config, &data, stop));
    let operations = plane.operations.clone();
    let control = plane.control(config, &data, &clock, planes, operations.clone());
    let mut served = services::serve(&Wiring {
        eks: Default::default(),
        config,
        clock: &clock,
        control: &control,
        data: &data,
        plane: &plane,
        tagged: Arc::default(),
        sealing: Arc::default(),
        announcing: Arc::default(),
        s3: Arc::default(),
        scheduler: Arc::default(),
        operations,
        scaling: Arc::default(),
        destinations: Arc::default(),
        quotas: Default::default(),
    });
    let made = plane.ec2.ensure_default_vpc(permit, cx).await;
    made.expect("a default VPC");
    for it in served
        .loops
        .into_iter()
        .filter(|it| LOOPS.contains(&it.name))
    {
        tokio::spawn((it.run)(stop.clone()));
    }
    served.routes.retain(|it| it.schema().name != ON_FILES);
    Ok(served.routes)
}

/// What the ConfigMap `aws-auth` says of a role, when a member of it is this text.
pub fn aws_auth(text: &str) {
    use crate::kube::aws_auth::find;
    let session = "arn:aws:sts::000000000000:assumed-role/nodes/i-1";
    let role = "arn:aws:iam::000000000000:role/nodes";
    let who = Identity::new(session, "AROAX:i-1", role, "000000000000", "ASIA1");
    for member in ["mapRoles", "mapUsers", "mapAccounts"] {
        let map = serde_json::json!({ "data": { (member): text } });
        if let Some(mapped) = find(&map, &who) {
            let _ = mapped.needs_instance();
            let _ = mapped.user(&who, Some("ip-10-0-0-1.ec2.internal"));
        }
    }
}
