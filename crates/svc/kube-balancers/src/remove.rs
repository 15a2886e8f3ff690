//! The end of a cluster: nothing of its load balancers stays.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use tokio::time::sleep;

use crate::{
    cloud::{Cloud, CloudError},
    plan::plan,
};

/// Interfaces of load balancers are given back within moments; a cluster's removal is tried again where it takes longer.
const TRIES: usize = 20;
const PAUSE: Duration = Duration::from_millis(250);
const PROTECTION: &str = "deletion_protection.enabled";

/// Deletes all that was made for a cluster; whose controller has ended.
///
/// # Errors
/// Something is still there.
pub async fn remove_all(cloud: &Cloud) -> Result<(), CloudError> {
    let mut tries = 0;
    loop {
        match once(cloud).await {
            Err(error) if error.is_in_use() && tries < TRIES => tries += 1,
            other => return other,
        }
        sleep(PAUSE).await;
    }
}

async fn once(cloud: &Cloud) -> Result<(), CloudError> {
    for (name, groups) in cloud.all_bound().await? {
        for arn in groups {
            cloud.unbind(&arn, &name).await?;
        }
    }
    for (key, mut arns) in cloud.all().await? {
        let seen = cloud.see(&key, &mut arns).await?;
        // Its users asked for protection from their own hands, and the cluster goes with all that it has.
        for (arn, balancer) in &seen.balancers {
            if balancer
                .attributes
                .get(PROTECTION)
                .is_some_and(|it| it == "true")
            {
                let off = BTreeMap::from([(PROTECTION.to_owned(), "false".to_owned())]);
                cloud.set_attributes(arn.clone(), off).await?;
            }
        }
        for step in plan(None, &BTreeSet::new(), &seen) {
            cloud.act(&key, None, step, &mut arns).await?;
        }
    }
    Ok(())
}
