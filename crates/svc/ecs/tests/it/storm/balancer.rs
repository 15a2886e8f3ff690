//! What the load balancers make of their targets: they become healthy after a while, some fall ill, and
//! those that were deregistered are let go when their last connection ends.

use std::{sync::Arc, time::Duration};

use rand::Rng;
use tokio::time::sleep;

use super::Storm;

/// Between two looks at all targets.
const ROUND: Duration = Duration::from_millis(500);

pub async fn judge(storm: Arc<Storm>) {
    let mut random = storm.random();
    loop {
        sleep(ROUND).await;
        for (target, state) in storm.elbv2.all() {
            match state.as_str() {
                "initial" if random.random_bool(0.5) => {
                    storm.elbv2.turn_one(&target, "initial", "healthy");
                }
                "healthy" if !storm.is_calm() && random.random_bool(0.002) => {
                    storm.elbv2.turn_one(&target, "healthy", "unhealthy");
                }
                "draining" if random.random_bool(0.1) => storm.elbv2.drain_one(&target),
                _ => {}
            }
        }
    }
}
