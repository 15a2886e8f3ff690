//! Attributes of network load balancers, as the settings they stand for.

use super::attributes::{Attributes, WrongValue, value};

/// `tcp.idle_timeout.seconds`: AWS's bounds and default.
const IDLE_TIMEOUT: (u32, u32, u32) = (60, 6000, 350);

/// How long a flow over TCP may be silent.
pub fn idle_timeout_ms(listener: &Attributes) -> Result<u32, WrongValue> {
    let (least, most, default) = IDLE_TIMEOUT;
    let seconds: u32 = value(listener, "tcp.idle_timeout.seconds", default)?;
    Ok(seconds.clamp(least, most) * 1000)
}

/// Settings of a target group of a network load balancer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlowSettings {
    /// All flows of a client address go to one target.
    pub by_source: bool,
    pub proxy_protocol: bool,
    /// Targets see the client's address as the one they are called from.
    pub keeps_client: bool,
    pub deregistration_delay_ms: i64,
    /// What is left when a target's deregistration delay is over is ended; else it may go on.
    pub ends_deregistered: bool,
    /// Flows of a target that is found unhealthy are ended.
    pub ends_unhealthy: bool,
}

impl FlowSettings {
    pub fn read(group: &Attributes) -> Result<Self, WrongValue> {
        // `stickiness.type` is always `source_ip`.
        let flag = |key, default| value(group, key, default);
        let delay: u32 = value(group, "deregistration_delay.timeout_seconds", 300)?;
        Ok(Self {
            by_source: flag("stickiness.enabled", false)?,
            proxy_protocol: flag("proxy_protocol_v2.enabled", false)?,
            keeps_client: flag("preserve_client_ip.enabled", false)?,
            deregistration_delay_ms: i64::from(delay.min(3600)) * 1000,
            ends_deregistered: flag("deregistration_delay.connection_termination.enabled", false)?,
            ends_unhealthy: flag(
                "target_health_state.unhealthy.connection_termination.enabled",
                true,
            )?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_those_of_aws() {
        let none = Attributes::new();
        assert_eq!(idle_timeout_ms(&none).unwrap(), 350_000);
        let group = FlowSettings::read(&none).unwrap();
        assert_eq!(group.deregistration_delay_ms, 300_000);
        assert!(group.ends_unhealthy && !group.ends_deregistered && !group.by_source);
    }

    #[test]
    fn bounds_hold_whatever_is_told() {
        let of = |text: &str| Attributes::from([("tcp.idle_timeout.seconds".into(), text.into())]);
        assert_eq!(idle_timeout_ms(&of("4294967295")).unwrap(), 6_000_000);
        assert_eq!(idle_timeout_ms(&of("0")).unwrap(), 60_000);
        idle_timeout_ms(&of("x")).unwrap_err();
    }
}
