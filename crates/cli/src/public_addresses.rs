//! The flags `--public-addresses` and `--elastic-addresses`: from which ranges addresses outside of VPCs
//! are given out.

use std::net::Ipv4Addr;

use wharf_server::{Cidr4, PublicAddresses};

use crate::{args::ServerArgs, problem::Problem};

/// More than anybody writes on a command line.
const MAX_RANGES: usize = 64;
/// What no network leads to a host for others, or is many networks.
const NONE_OF: [Cidr4; 4] = [
    Cidr4::new(Ipv4Addr::new(0, 0, 0, 0), 8),
    Cidr4::new(Ipv4Addr::new(127, 0, 0, 0), 8),
    Cidr4::new(Ipv4Addr::new(169, 254, 0, 0), 16),
    Cidr4::new(Ipv4Addr::new(224, 0, 0, 0), 3),
];

/// Why ranges are not given out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
enum BadRanges {
    #[error("--public-addresses takes at most {MAX_RANGES} ranges")]
    TooMany,
    #[error("--public-addresses {range} holds {used}, an address of this machine")]
    Used { range: Cidr4, used: Ipv4Addr },
    #[error("--public-addresses {range} lies in {none}, which no network leads to a machine")]
    Nowhere { range: Cidr4, none: Cidr4 },
    #[error("--public-addresses {range} overlaps with {other}")]
    Overlap { range: Cidr4, other: Cidr4 },
}

/// # Errors
/// A range that cannot be given out, or that holds an address of this machine.
pub fn of(args: &ServerArgs) -> Result<PublicAddresses, Problem> {
    let ranges = args.public_addresses.clone();
    let checked = check(&ranges, &own_addresses()?);
    checked.map_err(|bad| Problem::other(bad.to_string()))?;
    let each = usize::from(args.elastic_addresses);
    Ok(PublicAddresses::of(ranges, Some(each)))
}

fn own_addresses() -> Result<Vec<Ipv4Addr>, Problem> {
    let interfaces = nix::ifaddrs::getifaddrs()
        .map_err(|cause| Problem::caused("this machine's addresses cannot be read", cause))?;
    let addresses = interfaces.filter_map(|it| Some(it.address?.as_sockaddr_in()?.ip()));
    Ok(addresses.collect())
}

fn check(ranges: &[Cidr4], own: &[Ipv4Addr]) -> Result<(), BadRanges> {
    if ranges.len() > MAX_RANGES {
        return Err(BadRanges::TooMany);
    }
    for (number, &range) in ranges.iter().enumerate() {
        if let Some(&used) = own.iter().find(|address| range.contains(**address)) {
            return Err(BadRanges::Used { range, used });
        }
        if let Some(&none) = NONE_OF.iter().find(|none| none.overlaps(range)) {
            return Err(BadRanges::Nowhere { range, none });
        }
        if let Some(&other) = ranges[..number].iter().find(|it| it.overlaps(range)) {
            return Err(BadRanges::Overlap { range, other });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(ranges: &[&str]) -> Result<(), String> {
        let ranges: Vec<Cidr4> = ranges.iter().map(|it| it.parse().unwrap()).collect();
        let checked = check(&ranges, &[Ipv4Addr::new(192, 0, 2, 1)]);
        checked.map_err(|bad| bad.to_string())
    }

    #[test]
    fn ranges_that_mean_something_else_are_refused() {
        assert_eq!(checked(&[]), Ok(()));
        assert_eq!(checked(&["203.0.113.0/24", "198.51.100.7/32"]), Ok(()));
        for (ranges, why) in [
            (
                &["192.0.2.0/24"][..],
                "192.0.2.1, an address of this machine",
            ),
            (&["0.0.0.0/0"], "192.0.2.1"),
            (&["127.1.0.0/16"], "127.0.0.0/8"),
            (&["169.254.0.0/24"], "169.254.0.0/16"),
            (&["239.0.0.0/8"], "224.0.0.0/3"),
            (&["10.0.0.0/8", "10.1.0.0/16"], "overlaps with 10.0.0.0/8"),
        ] {
            let refused = checked(ranges).unwrap_err();
            assert!(refused.contains(why), "{refused}");
        }
        let many: Vec<String> = (0..65).map(|n| format!("203.0.113.{n}/32")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert!(checked(&many).unwrap_err().contains("64 ranges"));
    }
}
