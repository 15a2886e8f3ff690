//! Accounts of AWS's own in whose name its services also act, one in each region. Facts.

/// Who writes logs of load balancers into buckets.
const LOAD_BALANCER_LOGS: &str = "logdelivery.elasticloadbalancing.amazonaws.com";

/// As AWS's documentation of access logs lists them. Regions that came later have none.
const LOAD_BALANCERS: [(&str, &str); 26] = [
    ("af-south-1", "098369216593"),
    ("ap-east-1", "754344448648"),
    ("ap-northeast-1", "582318560864"),
    ("ap-northeast-2", "600734575887"),
    ("ap-northeast-3", "383597477331"),
    ("ap-south-1", "718504428378"),
    ("ap-southeast-1", "114774131450"),
    ("ap-southeast-2", "783225319266"),
    ("ap-southeast-3", "589379963580"),
    ("ca-central-1", "985666609251"),
    ("cn-north-1", "638102146993"),
    ("cn-northwest-1", "037604701340"),
    ("eu-central-1", "054676820928"),
    ("eu-north-1", "897822967062"),
    ("eu-south-1", "635631232127"),
    ("eu-west-1", "156460612806"),
    ("eu-west-2", "652711504416"),
    ("eu-west-3", "009996457667"),
    ("me-south-1", "076674570225"),
    ("sa-east-1", "507241528517"),
    ("us-east-1", "127311923021"),
    ("us-east-2", "033677994240"),
    ("us-gov-east-1", "190560391635"),
    ("us-gov-west-1", "048591011584"),
    ("us-west-1", "027434742980"),
    ("us-west-2", "797873946194"),
];

/// The account of a service in a region: policies of resources that let it in let the service in.
pub fn account_of(service: &str, region: &str) -> Option<&'static str> {
    let all = LOAD_BALANCERS
        .iter()
        .filter(|_| service == LOAD_BALANCER_LOGS);
    let mut found = all.filter(|(name, _)| *name == region);
    found.next().map(|(_, account)| *account)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_has_an_account_of_load_balancers() {
        let of = |region| account_of(LOAD_BALANCER_LOGS, region);
        assert_eq!(of("us-east-1"), Some("127311923021"));
        assert_eq!(of("eu-west-3"), Some("009996457667"));
        assert_eq!(of("eu-central-2"), None, "it came later");
        assert_eq!(account_of("ecs.amazonaws.com", "us-east-1"), None);
        assert!(LOAD_BALANCERS.is_sorted());
        let is_account = |it: &(&str, &str)| crate::principal::is_account(it.1);
        assert!(LOAD_BALANCERS.iter().all(is_account));
    }
}
