//! TLS policies by AWS's names. What is never negotiated here, TLS 1.0 and 1.1 and ciphers without
//! forward secrecy, is named by no policy.

use wharf_api_elbv2::{Cipher, SslPolicy, faults};
use wharf_wire::Fault;

/// Of listeners made through the API.
pub const DEFAULT: &str = "ELBSecurityPolicy-2016-08";

#[derive(Debug)]
pub struct Policy {
    pub name: &'static str,
    /// Oldest version first.
    protocols: &'static [&'static str],
}

const BOTH: &[&str] = &["TLSv1.2", "TLSv1.3"];
const TLS12: &[&str] = &["TLSv1.2"];
const TLS13: &[&str] = &["TLSv1.3"];

/// By name.
pub const ALL: &[Policy] = &[
    of("ELBSecurityPolicy-2015-05", TLS12),
    of("ELBSecurityPolicy-2016-08", TLS12),
    of("ELBSecurityPolicy-FS-1-1-2019-08", TLS12),
    of("ELBSecurityPolicy-FS-1-2-2019-08", TLS12),
    of("ELBSecurityPolicy-FS-1-2-Res-2019-08", TLS12),
    of("ELBSecurityPolicy-FS-1-2-Res-2020-10", TLS12),
    of("ELBSecurityPolicy-FS-2018-06", TLS12),
    of("ELBSecurityPolicy-TLS-1-0-2015-04", TLS12),
    of("ELBSecurityPolicy-TLS-1-1-2017-01", TLS12),
    of("ELBSecurityPolicy-TLS-1-2-2017-01", TLS12),
    of("ELBSecurityPolicy-TLS-1-2-Ext-2018-06", TLS12),
    of("ELBSecurityPolicy-TLS13-1-0-2021-06", BOTH),
    of("ELBSecurityPolicy-TLS13-1-1-2021-06", BOTH),
    of("ELBSecurityPolicy-TLS13-1-2-2021-06", BOTH),
    of("ELBSecurityPolicy-TLS13-1-2-Ext1-2021-06", BOTH),
    of("ELBSecurityPolicy-TLS13-1-2-Ext2-2021-06", BOTH),
    of("ELBSecurityPolicy-TLS13-1-2-Res-2021-06", BOTH),
    of("ELBSecurityPolicy-TLS13-1-3-2021-06", TLS13),
];

const fn of(name: &'static str, protocols: &'static [&'static str]) -> Policy {
    Policy { name, protocols }
}

const CIPHERS_13: [&str; 3] = [
    "TLS_AES_128_GCM_SHA256",
    "TLS_AES_256_GCM_SHA384",
    "TLS_CHACHA20_POLY1305_SHA256",
];
const CIPHERS_12: [&str; 4] = [
    "ECDHE-ECDSA-AES128-GCM-SHA256",
    "ECDHE-RSA-AES128-GCM-SHA256",
    "ECDHE-ECDSA-AES256-GCM-SHA384",
    "ECDHE-RSA-AES256-GCM-SHA384",
];

/// Refuses a name that no policy has.
pub fn known(name: &str) -> Result<(), Fault> {
    if ALL.iter().any(|policy| policy.name == name) {
        return Ok(());
    }
    Err(faults::ssl_policy_not_found_exception(format!(
        "SSL policy '{name}' not found"
    )))
}

impl Policy {
    pub fn to_wire(&self) -> SslPolicy {
        let mut ciphers: Vec<&str> = Vec::new();
        if self.protocols.contains(&"TLSv1.3") {
            ciphers.extend(CIPHERS_13);
        }
        if self.protocols.contains(&"TLSv1.2") {
            ciphers.extend(CIPHERS_12);
        }
        let cipher = |(index, name): (usize, &str)| Cipher {
            name: Some(name.to_owned()),
            priority: i32::try_from(index + 1).ok(),
        };
        SslPolicy {
            ssl_protocols: Some(self.protocols.iter().map(|it| (*it).to_owned()).collect()),
            ciphers: Some(ciphers.into_iter().enumerate().map(cipher).collect()),
            name: Some(self.name.to_owned()),
            supported_load_balancer_types: Some(vec![
                "application".to_owned(),
                "network".to_owned(),
            ]),
        }
    }
}
