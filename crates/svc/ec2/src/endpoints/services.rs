//! The services of wharf that endpoints lead to.

/// One of them.
#[derive(Debug, PartialEq, Eq)]
pub struct Service {
    /// What follows `com.amazonaws.REGION.` in its name.
    pub name: &'static str,
    pub gateway: bool,
    pub interface: bool,
    /// The name by which clients know it, `REGION` being the endpoint's own. Those of gateway endpoints are always
    /// known in their VPC, those of interface endpoints if the endpoint has private DNS.
    pub private_dns: &'static str,
    /// Which requests pass.
    pub takes: Taken,
    /// What its actions begin with in policies.
    pub actions: &'static str,
}

/// Requests that an endpoint takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// Calls of the API that are signed for this name.
    Api(&'static str),
    /// Of the OCI registry.
    Registry,
    /// Sockets of agents of ECS.
    Agent,
    Telemetry,
    /// Data channels of ECS Exec.
    DataChannel,
    /// Prometheus' remote write and queries.
    Prometheus,
}

/// One that is reached by interfaces, under `NAME.REGION.amazonaws.com`, where calls are signed for the same name as
/// its actions have.
macro_rules! usual {
    ($name:literal) => {
        with!(
            $name,
            Taken::Api($name),
            $name,
            concat!($name, ".REGION.amazonaws.com")
        )
    };
}

macro_rules! with {
    ($name:literal, $takes:expr, $actions:literal, $dns:expr) => {
        Service {
            name: $name,
            gateway: false,
            interface: true,
            private_dns: $dns,
            takes: $takes,
            actions: $actions,
        }
    };
}

/// In the order of their names.
pub static SERVICES: [Service; 27] = [
    usual!("application-autoscaling"),
    with!(
        "aps-workspaces",
        Taken::Prometheus,
        "aps",
        "aps-workspaces.REGION.amazonaws.com"
    ),
    usual!("autoscaling"),
    usual!("cloudtrail"),
    usual!("ec2"),
    with!(
        "ecr.api",
        Taken::Api("ecr"),
        "ecr",
        "api.ecr.REGION.amazonaws.com"
    ),
    with!(
        "ecr.dkr",
        Taken::Registry,
        "ecr",
        "*.dkr.ecr.REGION.amazonaws.com"
    ),
    usual!("ecs"),
    with!(
        "ecs-agent",
        Taken::Agent,
        "ecs",
        "ecs-a.REGION.amazonaws.com"
    ),
    with!(
        "ecs-telemetry",
        Taken::Telemetry,
        "ecs",
        "ecs-t.REGION.amazonaws.com"
    ),
    usual!("eks"),
    with!(
        "eks-auth",
        Taken::Api("eks-auth"),
        "eks-auth",
        "eks-auth.REGION.api.aws"
    ),
    usual!("elasticloadbalancing"),
    usual!("events"),
    usual!("inspector2"),
    usual!("kms"),
    usual!("logs"),
    with!(
        "monitoring",
        Taken::Api("monitoring"),
        "cloudwatch",
        "monitoring.REGION.amazonaws.com"
    ),
    Service {
        name: "s3",
        gateway: true,
        interface: false,
        private_dns: "s3.REGION.amazonaws.com",
        takes: Taken::Api("s3"),
        actions: "s3",
    },
    usual!("scheduler"),
    usual!("secretsmanager"),
    usual!("sns"),
    usual!("sqs"),
    usual!("ssm"),
    with!(
        "ssmmessages",
        Taken::DataChannel,
        "ssmmessages",
        "ssmmessages.REGION.amazonaws.com"
    ),
    usual!("sts"),
    with!(
        "tagging",
        Taken::Api("tagging"),
        "tag",
        "tagging.REGION.amazonaws.com"
    ),
];

impl Service {
    /// `com.amazonaws.us-east-1.s3`
    pub fn full_name(&self, region: &str) -> String {
        format!("com.amazonaws.{region}.{}", self.name)
    }

    pub fn private_dns_name(&self, region: &str) -> String {
        self.private_dns.replace("REGION", region)
    }

    /// `s3.us-east-1.vpce.amazonaws.com`
    pub fn base_name(&self, region: &str) -> String {
        let name: Vec<&str> = self.name.split('.').collect();
        format!("{}.{region}.vpce.amazonaws.com", name.join("."))
    }

    /// The one that is called so in a region.
    pub fn named(full_name: &str, region: &str) -> Option<&'static Self> {
        let name = full_name.strip_prefix("com.amazonaws.")?;
        let name = name.strip_prefix(region)?.strip_prefix('.')?;
        Self::short(name)
    }

    pub fn short(name: &str) -> Option<&'static Self> {
        SERVICES.iter().find(|it| it.name == name)
    }

    /// As endpoints of it are called.
    pub fn kinds(&self) -> Vec<&'static str> {
        let kinds = [(self.gateway, "Gateway"), (self.interface, "Interface")];
        kinds
            .into_iter()
            .filter(|(has, _)| *has)
            .map(|(_, kind)| kind)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_are_found_by_their_names_in_their_region() {
        assert!(SERVICES.is_sorted_by(|a, b| a.name < b.name));
        let named = |name| Service::named(name, "eu-west-1").map(|it| it.name);
        assert_eq!(named("com.amazonaws.eu-west-1.ecr.dkr"), Some("ecr.dkr"));
        for bad in [
            "com.amazonaws.us-east-1.s3",
            "s3",
            "com.amazonaws.eu-west-1.",
            "com.amazonaws.eu-west-1.s33",
        ] {
            assert_eq!(named(bad), None, "{bad}");
        }
        let registry = Service::short("ecr.dkr").unwrap();
        assert_eq!(
            registry.private_dns_name("eu-west-1"),
            "*.dkr.ecr.eu-west-1.amazonaws.com"
        );
        assert_eq!(
            registry.base_name("eu-west-1"),
            "ecr.dkr.eu-west-1.vpce.amazonaws.com"
        );
    }
}
